"""One actor: how often, since when, heard or talked about, its roles and outlets, with whom."""

from __future__ import annotations

from typing import Any

from explorer import charts
from explorer.asking import Ask
from explorer.blocks import (
    Chart,
    Column,
    Figure,
    Figures,
    Form,
    Input,
    Link,
    Note,
    Page,
    Quote,
    Quotes,
    Row,
    Section,
    Table,
)
from explorer.views.counting import counting
from explorer.views.links import last_day, period_name, to_actor
from explorer.views.over_time import over_time
from explorer.views.quotes import as_quote, quote_columns

QUOTES_SHOWN = 8

_ALL = "select * from entities where entity_id = $id"
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
_ROLES = """
select role, first_on, last_on, mention_count, article_count, outlet_count from actor_roles
where entity_id = $id and not is_courtesy order by mention_count desc, role limit 12
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
_QUOTES = """
select q.quote_id, q.text, q.kind, q.cue, q.speaker_entity_id, e.name as speaker_name,
  q.speaker_surface, q.confidence, q.speaker_confidence, q.quote_group_id, g.quote_count,
  a.article_id, a.headline, a.outlet, a.published_on
from quotes q join article_metadata a using (article_id)
left join entities e on e.entity_id = q.speaker_entity_id
left join quote_groups g using (quote_group_id)
where q.speaker_entity_id = $id
  and ($since::date is null or a.published_on >= $since::date)
  and ($until::date is null or a.published_on <= $until::date)
order by a.published_on desc nulls last, a.article_id, q.part desc, q.char_start limit $limit
"""


def actor(ask: Ask) -> Page:
    """The page of one actor; without one, the search."""
    wanted = ask.text("id") or ask.text("name")
    if not wanted:
        return _search(ask)
    found = ask.actor(wanted)
    who = ask.rows(_ALL, id=found["entity_id"])[0]
    chosen = counting(ask)
    since, until = ask.day("from"), ask.day("to")
    here = {
        "id": who["entity_id"],
        **chosen.parameters,
        "from": since,
        "to": until,
    }
    asked = {"id": who["entity_id"], "since": since, "until": until}
    sections = [
        Section("", [_figures(who)]),
        Section("Over time", over_time(ask, who, here, chosen, asked)),
        Section(
            "Mentioned and quoted",
            [_voice(ask, who, asked)],
            "A month's articles: all that mention it, those with words of its own, and those in "
            "which others speak about it.",
        ),
        Section("Outlets", [_outlets(ask, who, asked)]),
        Section("In the same stories", [_company(ask, who, asked)], _ABOUT_COMPANY),
        Section("Titles it bore", [_roles(ask, who)]),
        Section("Quotes, newest first", [_newest_quotes(ask, who, asked)]),
        Section("Names it goes by", [_names(who)]),
    ]
    return Page("actor", who["name"], sections, _lead(who), here)


_ABOUT_COMPANY = (
    "Stories that name both, in months with at least two. To be named together is no relation; "
    "read why."
)
_TYPES = {
    "PERSON": "person",
    "ORG": "organisation",
    "GPE": "country, state or city",
    "LOC": "place",
    "NORP": "nationality, religion or party",
    "FAC": "building or facility",
    "OTHER": "other",
}


def _lead(who: Row) -> str:
    lead = _TYPES.get(who["type"]) or str(who["type"])
    if who["first_seen"]:
        lead += f", first seen on {who['first_seen']}, last on {who['last_seen']}"
    return lead + " in the articles that were read"


def _search(ask: Ask) -> Page:
    top = ask.rows(
        "select entity_id, name, type, article_count, utterance_count, first_seen, last_seen "
        "from entities order by article_count desc, mention_count desc, name limit 30"
    )
    columns = [
        Column("name", "Actor", link=to_actor),
        Column("type", "Type"),
        Column("article_count", "Articles", "count", link=_articles_of),
        Column("utterance_count", "Utterances", "count"),
        Column("first_seen", "First seen", "day"),
        Column("last_seen", "Last seen", "day"),
    ]
    form = Form(
        "actor", [Input("name", "Name of an actor", kind="actor", hint="any spelling")], "Show"
    )
    table = Table("actors", "Those in most articles", columns, top, "No actor is known yet.")
    return Page("actor", "Find an actor", [Section("", [form, table])])


def _articles_of(row: Row) -> Link:
    return Link("articles", {"actor": row["entity_id"]})


def _figures(who: Row) -> Figures:
    articles = {"actor": who["entity_id"]}
    return Figures(
        [
            Figure("articles mention it", who["article_count"], link=Link("articles", articles)),
            Figure("mentions", who["mention_count"], note="by name, description or pronoun"),
            Figure(
                "utterances by it",
                who["utterance_count"],
                link=Link("quotes", {"speaker": who["entity_id"]}),
            ),
        ]
    )


_VOICES = [
    ("article_count", "mention it", ""),
    ("quoted_article_count", "quote it", "quoted"),
    ("talked_about_article_count", "others talk about it", "talked_about"),
]


def _voice(ask: Ask, who: Row, asked: dict[str, Any]) -> Chart | Note:
    rows = ask.rows(_VOICE, **asked)
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
                "period_start": row["period_start"].isoformat(),
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
        Column("article_count", "Mention it", "count", link=articles("")),
        Column("quoted_article_count", "Quote it", "count", link=articles("quoted")),
        Column(
            "talked_about_article_count",
            "Others talk about it",
            "count",
            link=articles("talked_about"),
        ),
        Column(
            "unheard_article_count",
            "Of these, without its own words",
            "count",
            link=articles("unheard"),
        ),
        Column("utterance_count", "Its utterances", "count"),
        Column("talked_about_utterance_count", "Utterances about it", "count"),
    ]
    total = sum(row["article_count"] for row in rows)
    quoted = sum(row["quoted_article_count"] for row in rows)
    alt = f"Of {total:,} articles {quoted:,} quote {who['name']}. The numbers are in the table."
    return Chart(draw, alt, Table("voice", "Mentioned and quoted, by month", columns, rows))


def _outlets(ask: Ask, who: Row, asked: dict[str, Any]) -> Chart | Note:
    rows = ask.rows(_OUTLETS, **asked)
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
        values = [("article_count", "mention it"), ("quoted_article_count", "quote it")]
        return charts.bars(drawn, "outlet", values, label="articles")

    columns = [
        Column("outlet", "Outlet", link=articles),
        Column("article_count", "Articles", "count", link=articles),
        Column("share_of_articles", "Of its articles", "share"),
        Column("quoted_article_count", "Quote it", "count"),
        Column("utterance_count", "Utterances", "count"),
        Column("article_total", "All its articles", "count"),
    ]
    alt = f"{rows[0]['outlet']} has most articles on it, {rows[0]['article_count']:,}."
    return Chart(draw, alt, Table("outlets", "By outlet", columns, rows))


def _company(ask: Ask, who: Row, asked: dict[str, Any]) -> Table:
    def both(row: Row) -> Link:
        return Link("articles", {"actor": who["entity_id"], "with": row["entity_id"]})

    def compared(row: Row) -> Link:
        return Link("compare", {"actor": [who["entity_id"], row["entity_id"]]})

    columns = [
        Column("name", "Actor", link=to_actor),
        Column("type", "Type"),
        Column("story_count", "Stories with both", "count"),
        Column(
            "expected_story_count",
            "By chance",
            "number",
            about="Had the two nothing to do with each other",
        ),
        Column("since", "Since", "day"),
        Column("articles", "", link=both),
        Column("compare", "", link=compared),
    ]
    words = {"articles": "articles", "compare": "compare"}
    rows = [row | words for row in ask.rows(_WITH, **asked)]
    return Table("together", "Named in the same stories", columns, rows, "With nobody twice.")


def _roles(ask: Ask, who: Row) -> Table:
    columns = [
        Column("role", "Title"),
        Column("first_on", "First", "day"),
        Column("last_on", "Last", "day"),
        Column("mention_count", "Mentions", "count"),
        Column("outlet_count", "Outlets", "count"),
    ]
    rows = ask.rows(_ROLES, id=who["entity_id"])
    return Table("roles", "Titles as written", columns, rows, "No title stands beside its name.")


def _newest_quotes(ask: Ask, who: Row, asked: dict[str, Any]) -> Quotes:
    rows = ask.rows(_QUOTES, limit=QUOTES_SHOWN, **asked)
    quotes: list[Quote] = [as_quote(row, with_speaker=False) for row in rows]
    table = Table(
        "quotes",
        "Quotes",
        quote_columns(),
        rows,
        "No words of its own were found.",
        more=Link(
            "quotes",
            {"speaker": who["entity_id"], "from": asked["since"], "to": asked["until"]},
        ),
    )
    return Quotes(quotes, table)


def _names(who: Row) -> Note:
    others = ", ".join(f"“{form}”" for form in who["aliases"] or [])
    text = f"Also as {others}." if others else "Under this name only."
    return Note(
        f"{text} Its id is {who['entity_id']}.",
        links=[("Is it two, or one with another? Correct it", _to_corrections(who))],
    )


def _to_corrections(who: Row) -> Link:
    return Link("corrections", {"actor": who["entity_id"]})
