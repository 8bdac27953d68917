"""How an actor is covered: mentioned or quoted, by which outlets, and with which other actors."""

from __future__ import annotations

from datetime import date
from typing import Any

from etl.explorer import charts
from etl.explorer.blocks import Chart, Column, Link, Note, Row, Table, UrlFor
from etl.explorer.view_request import ViewRequest
from etl.explorer.views.links import to_actor, to_period_articles
from etl.explorer.views.outlet import to_outlet
from etl.explorer.views.periods import fill_gaps, midpoint, period_name
from etl.query.display import counted

MAX_BARS, MAX_GRID_OUTLETS = 12, 12

_VOICE = """
select period_start, sum(article_count)::bigint as article_count,
  sum(quoted_article_count)::bigint as quoted_article_count,
  sum(talked_about_article_count)::bigint as talked_about_article_count,
  sum(unheard_article_count)::bigint as unheard_article_count,
  sum(statement_count)::bigint as statement_count,
  sum(talked_about_statement_count)::bigint as talked_about_statement_count
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
    count(*) filter (statement_count > 0) as quoted_article_count,
    sum(statement_count)::bigint as statement_count
  from actor_articles
  where entity_id = $id and outlet is not null
    and ($since::date is null or published_on >= $since::date)
    and ($until::date is null or published_on <= $until::date)
  group by 1
)
select outlet, own.article_count, article_count / article_total as share_of_articles,
  quoted_article_count, statement_count, article_total
from own join total using (outlet) order by 2 desc, 1
"""
_OUTLET_MONTHS = """
select outlet, date_trunc('month', published_on)::date as period_start,
  count(*)::bigint as article_count, sum(count(*)) over (partition by outlet) as total
from actor_articles
where entity_id = $id and outlet is not null and published_on is not null and mention_count > 0
  and ($since::date is null or published_on >= $since::date)
  and ($until::date is null or published_on <= $until::date)
group by 1, 2 order by total desc, 1, 2
"""
_CO_MENTIONS = """
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
"""Column, label, and the articles view's value of `how`, for each line."""


def voice(
    request: ViewRequest, entity: Row, since: date | None, until: date | None
) -> Chart | Note:
    """Return the chart of articles that mention, quote or talk about the actor, by month."""
    entity_id = entity["entity_id"]
    rows = fill_gaps(request.rows(_VOICE, id=entity_id, since=since, until=until), "month")
    if not rows:
        return Note("No dated articles in this period.")
    for row in rows:
        row["period"] = period_name(row["period_start"], "month")

    def articles(how: str) -> Any:
        return lambda row: to_period_articles(
            row["period_start"], "month", actor=entity_id, how=how
        )

    def draw(url_for: UrlFor) -> dict[str, Any]:
        points = [
            {
                "at": midpoint(row["period_start"], "month"),
                "period": row["period"],
                "name": label,
                "n": row[key],
                "href": url_for(articles(how)(row)),
            }
            for row in rows
            for key, label, how in _VOICES
        ]
        labels = [label for _, label, _ in _VOICES]
        return charts.small_multiples(points, "n", label="articles", names=labels)

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
            "Talked about, not quoted",
            "count",
            link=articles("unheard"),
        ),
        Column("statement_count", "Statements by the actor", "count"),
        Column("talked_about_statement_count", "Statements about the actor", "count"),
    ]
    total = sum(row["article_count"] for row in rows)
    quoted = sum(row["quoted_article_count"] for row in rows)
    title = f"{entity['name']} is mentioned in {counted(total, 'article')} and quoted in {quoted:,}"
    table = Table("voice", "Mentioned and quoted, by month", columns, rows)
    return Chart(draw, title, table, "Articles by month")


def by_outlet(
    request: ViewRequest, entity: Row, since: date | None, until: date | None
) -> Chart | Note:
    """Return the chart of articles by outlet."""
    entity_id = entity["entity_id"]
    rows = request.rows(_OUTLETS, id=entity_id, since=since, until=until)
    if not rows:
        return Note("No outlet is known for these articles.")

    def articles(row: Row) -> Link:
        parameters = {"actor": entity_id, "outlet": row["outlet"], "from": since, "to": until}
        return Link("articles", parameters)

    def draw(url_for: UrlFor) -> dict[str, Any]:
        bars = [row | {"href": url_for(articles(row))} for row in rows[:MAX_BARS]]
        values = [("article_count", "mentioned"), ("quoted_article_count", "quoted")]
        return charts.bars(bars, "outlet", values, label="articles")

    columns = [
        Column("outlet", "Outlet", link=to_outlet),
        Column("article_count", "Articles", "count", link=articles),
        Column("share_of_articles", "Share of the outlet’s articles", "share"),
        Column("quoted_article_count", "Quoted in", "count"),
        Column("statement_count", "Statements", "count"),
        Column("article_total", "All articles of the outlet", "count"),
    ]
    title = (
        f"{rows[0]['outlet']} mentions {entity['name']} most often, in "
        f"{counted(rows[0]['article_count'], 'article')}"
    )
    table = Table("outlets", "Articles by outlet", columns, rows)
    return Chart(draw, title, table, "Articles by outlet")


def outlet_months(
    request: ViewRequest, entity: Row, since: date | None, until: date | None
) -> Chart | Note:
    """Return the grid of articles by outlet and month."""
    entity_id = entity["entity_id"]
    rows = request.rows(_OUTLET_MONTHS, id=entity_id, since=since, until=until)
    months = sorted({row["period_start"] for row in rows})
    ends = [{"period_start": month} for month in (months[0], months[-1])] if months else []
    if len(months) < 2:
        return Note("One month of articles: there is nothing to compare yet.")

    def articles(row: Row) -> Link:
        return to_period_articles(
            row["period_start"], "month", actor=entity_id, outlet=row["outlet"]
        )

    def draw(url_for: UrlFor) -> dict[str, Any]:
        # All months in between as well, so that equal distances are equal times.
        months = [row["period_start"] for row in fill_gaps(ends, "month")]
        counts = {(row["outlet"], row["period_start"]): row["article_count"] for row in rows}
        outlets = list(dict.fromkeys(row["outlet"] for row in rows))[:MAX_GRID_OUTLETS]
        cells = [
            {
                "at": month.isoformat(),
                "period": period_name(month, "month"),
                "name": outlet,
                "n": counts.get((outlet, month), 0),
                "href": url_for(articles({"period_start": month, "outlet": outlet})),
            }
            for outlet in outlets
            for month in months
        ]
        return charts.heat_map(cells, label="articles")

    columns = [
        Column("outlet", "Outlet"),
        Column("period_start", "Month", "month"),
        Column("article_count", "Articles", "count", link=articles),
    ]
    most = max(rows, key=lambda row: row["article_count"])
    title = (
        f"{most['outlet']} wrote most about {entity['name']} in "
        f"{period_name(most['period_start'], 'month')}"
    )
    table = Table("outlet_months", "Articles by outlet and month", columns, rows)
    return Chart(
        draw, title, table, "Articles by outlet and month; the stronger the colour, the more"
    )


def co_mentions(request: ViewRequest, entity: Row, since: date | None, until: date | None) -> Table:
    """Return the actors that most often share a story with this actor."""
    entity_id = entity["entity_id"]

    def articles(row: Row) -> Link:
        return Link("articles", {"actor": entity_id, "with": row["entity_id"]})

    def comparison(row: Row) -> Link:
        return Link("compare", {"actor": [entity_id, row["entity_id"]]})

    columns = [
        Column("name", "Actor", link=to_actor),
        Column("story_count", "Stories with both", "count"),
        Column(
            "expected_story_count",
            "Expected by chance",
            "number",
            tooltip="Stories that would mention both if the two were mentioned independently",
        ),
        Column("articles", "", "action", link=articles),
        Column("compare", "", "action", link=comparison),
    ]
    labels = {"articles": "articles", "compare": "compare"}
    rows = request.rows(_CO_MENTIONS, id=entity_id, since=since, until=until)
    return Table(
        "together",
        "Actors in the same stories",
        columns,
        [row | labels for row in rows],
        "No other actor is mentioned in at least two of the same stories in a month.",
    )
