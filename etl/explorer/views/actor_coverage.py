"""How an actor is covered: mentioned or quoted, in which outlets, and with which other actors."""

from __future__ import annotations

from typing import Any

from etl.explorer import charts
from etl.explorer.blocks import Chart, Column, Link, Note, Row, Table
from etl.explorer.view_request import ViewRequest
from etl.explorer.views.links import to_actor
from etl.explorer.views.periods import fill_gaps, last_day, midpoint, period_name
from etl.query.display import counted

_VOICE = """
select period_start, sum(article_count)::bigint as article_count,
  sum(quoted_article_count)::bigint as quoted_article_count,
  sum(talked_about_article_count)::bigint as talked_about_article_count,
  sum(unheard_article_count)::bigint as unheard_article_count,
  sum(utterance_count)::bigint as utterance_count,
  sum(talked_about_utterance_count)::bigint as talked_about_utterance_count
from actor_voice_monthly where entity_id = $id
  and ($since::date is null or period_start >= date_trunc('month', $since::date))
  and ($until::date is null or period_start <= $until::date)
group by 1 order by 1
"""
_OUTLETS = """
with total as (
  select outlet, count(*) as article_total from article_metadata
  where outlet is not null and ($since::date is null or published_on >= $since::date)
    and ($until::date is null or published_on <= $until::date)
  group by 1
),
own as (
  select outlet, count(*) filter (mention_count > 0) as article_count,
    count(*) filter (utterance_count > 0) as quoted_article_count,
    sum(utterance_count)::bigint as utterance_count
  from actor_articles
  where entity_id = $id and outlet is not null
    and ($since::date is null or published_on >= $since::date)
    and ($until::date is null or published_on <= $until::date)
  group by 1
)
select outlet, own.article_count, article_count / article_total as share_of_articles,
  quoted_article_count, utterance_count, article_total
from own join total using (outlet) order by 2 desc, 1
"""
_WITH = """
with pairs as (
  select case when entity_id_a = $id then entity_id_b else entity_id_a end as entity_id,
    story_count, article_count, expected_story_count, npmi, period_start
  from actor_pairs_monthly
  where (entity_id_a = $id or entity_id_b = $id)
    and ($since::date is null or period_start >= date_trunc('month', $since::date))
    and ($until::date is null or period_start <= $until::date)
)
select entity_id, name, type, sum(story_count)::bigint as story_count,
  sum(pairs.article_count)::bigint as article_count,
  sum(expected_story_count) as expected_story_count, min(period_start) as since
from pairs join entities using (entity_id)
group by 1, 2, 3 order by 4 desc, 2, 1 limit 15
"""


_VOICES = [
    ("article_count", "mentioned", ""),
    ("quoted_article_count", "quoted", "quoted"),
    ("talked_about_article_count", "talked about by others", "talked_about"),
]


def mentioned_and_quoted(request: ViewRequest, who: Row, asked: dict[str, Any]) -> Chart | Note:
    rows = fill_gaps(request.rows(_VOICE, **asked), "month")
    if not rows:
        return Note("In no dated article of these days.")
    for row in rows:
        row["period"] = period_name(row["period_start"], "month")

    def articles(how: str) -> Any:
        return lambda row: Link(
            "articles",
            {
                "actor": who["entity_id"],
                "from": row["period_start"],
                "to": last_day(row["period_start"], "month"),
                "how": how,
            },
        )

    def draw(address: Any) -> dict[str, Any]:
        drawn = [
            {
                "at": midpoint(row["period_start"], "month"),
                "period": row["period"],
                "name": name,
                "n": row[key],
                "href": address(articles(how)(row)),
            }
            for row in rows
            for key, name, how in _VOICES
        ]
        return charts.lines(drawn, "n", label="articles", names=[name for _, name, _ in _VOICES])

    columns = [
        Column("period", "Month"),
        Column("article_count", "Mentioned", "count", link=articles("")),
        Column("quoted_article_count", "Quoted", "count", link=articles("quoted")),
        Column(
            "talked_about_article_count",
            "Talked about",
            "count",
            link=articles("talked_about"),
        ),
        Column(
            "unheard_article_count",
            "Of these, without own words",
            "count",
            link=articles("unheard"),
        ),
        Column("utterance_count", "Own utterances", "count"),
        Column("talked_about_utterance_count", "Utterances about", "count"),
    ]
    total = sum(row["article_count"] for row in rows)
    quoted = sum(row["quoted_article_count"] for row in rows)
    alt = (
        f"{counted(total, 'article')}, of which {quoted:,} with words of {who['name']}. "
        "The numbers are in the table."
    )
    return Chart(draw, alt, Table("voice", "Mentioned and quoted, by month", columns, rows))


def by_outlet(request: ViewRequest, who: Row, asked: dict[str, Any]) -> Chart | Note:
    rows = request.rows(_OUTLETS, **asked)
    if not rows:
        return Note("No outlet of these articles is known.")

    def articles(row: Row) -> Link:
        return Link(
            "articles",
            {
                "actor": who["entity_id"],
                "outlet": row["outlet"],
                "from": asked["since"],
                "to": asked["until"],
            },
        )

    def draw(address: Any) -> dict[str, Any]:
        drawn = [row | {"href": address(articles(row))} for row in rows[:20]]
        values = [("article_count", "mentioned"), ("quoted_article_count", "quoted")]
        return charts.bars(drawn, "outlet", values, label="articles")

    columns = [
        Column("outlet", "Outlet", link=articles),
        Column("article_count", "Articles", "count", link=articles),
        Column("share_of_articles", "Of its articles", "share"),
        Column("quoted_article_count", "Quoted", "count"),
        Column("utterance_count", "Utterances", "count"),
        Column("article_total", "All its articles", "count"),
    ]
    alt = f"{rows[0]['outlet']} has most articles on it, {rows[0]['article_count']:,}."
    return Chart(draw, alt, Table("outlets", "By outlet", columns, rows))


def co_mentions(request: ViewRequest, who: Row, asked: dict[str, Any]) -> Table:
    def both(row: Row) -> Link:
        return Link("articles", {"actor": who["entity_id"], "with": row["entity_id"]})

    def compared(row: Row) -> Link:
        return Link("compare", {"actor": [who["entity_id"], row["entity_id"]]})

    columns = [
        Column("name", "Actor", link=to_actor),
        Column("type", "Type", "type"),
        Column("story_count", "Stories with both", "count"),
        Column(
            "expected_story_count",
            "By chance",
            "number",
            about="Stories that would name both by accident, were each named as often as it is",
        ),
        Column("since", "Since", "month"),
        Column("articles", "", "action", link=both),
        Column("compare", "", "action", link=compared),
    ]
    words = {"articles": "articles", "compare": "compare"}
    rows = [row | words for row in request.rows(_WITH, **asked)]
    return Table("together", "Named in the same stories", columns, rows, "With nobody twice.")
