"""One actor: how often, since when, heard or talked about, its roles and outlets, with whom."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from etl.explorer import charts
from etl.explorer.blocks import (
    Block,
    Chart,
    Choice,
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
from etl.explorer.name_search import NameSearch
from etl.explorer.view_request import ViewRequest
from etl.explorer.views.counting import counting
from etl.explorer.views.links import TYPES, last_day, middle, period_name, to_actor, type_name
from etl.explorer.views.over_time import over_time
from etl.explorer.views.parts import without_gaps
from etl.explorer.views.quotes import as_quote, find_quotes, quote_columns
from etl.query.display import counted

PAGE_ROWS, QUOTES_SHOWN = 50, 8

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
_SEARCH = """
select entity_id, name, type, article_count, utterance_count, first_seen, last_seen,
  count(*) over () as actor_total
from entities where $type = '' or type = $type
order by article_count desc, mention_count desc, name, entity_id limit $limit offset $offset
"""


def actor(request: ViewRequest) -> Page:
    """The page of one actor; without one, the search."""
    wanted = request.text("id") or request.text("name")
    if not wanted:
        return _search(request)
    found = request.actor(wanted)
    who = request.rows(_ALL, id=found["entity_id"])[0]
    chosen = counting(request)
    since, until = request.days()
    here = {
        "id": who["entity_id"],
        **chosen.parameters,
        "from": since,
        "to": until,
    }
    asked = {"id": who["entity_id"], "since": since, "until": until}
    covered = _covered(since, until)
    sections = [
        Section("", [_figures(who), *_also_meant(request, who)]),
        Section("Over time", over_time(request, who, here, chosen, asked)),
        Section(
            "Mentioned and quoted", [_voice(request, who, asked)], _ABOUT_VOICE + covered("month")
        ),
        Section("Outlets", [_outlets(request, who, asked)], covered("day")),
        Section(
            "In the same stories",
            [_company(request, who, asked)],
            _ABOUT_COMPANY + covered("month"),
        ),
        Section("Titles", [_roles(request, who)], "Of all days." if since or until else ""),
        Section("Quotes, newest first", [_newest_quotes(request, who, asked)], covered("day")),
        Section("Names", [_names(who)]),
    ]
    return Page("actor", who["name"], sections, _lead(who), here)


def _covered(since: date | None, until: date | None) -> Callable[[str], str]:
    """What of the days asked for a part of the page covers: monthly counts know whole months."""

    def words(grain: str) -> str:
        first = since and (since.replace(day=1) if grain == "month" else since)
        last = until and last_day(until, grain)
        if first and last:
            return f" From {first} to {last}."
        return f" Since {first}." if first else f" Until {last}." if last else ""

    return words


def _also_meant(request: ViewRequest, who: Row) -> list[Note]:
    """The others that what the visitor typed may mean."""
    typed = request.text("asked") or request.text("name")
    if not typed:
        return []
    names = request.remembered("names", lambda: NameSearch(request.con))
    found = [row for row in names.starting_with(typed) if row["entity_id"] != who["entity_id"]]
    links = [(row["name"], Link("actor", {"id": row["entity_id"]})) for row in found[:5]]
    return [Note(f"“{typed}” may also be", links=links)] if links else []


_ABOUT_VOICE = (
    "A month's articles: all that mention the actor, those with its own words, and those in which "
    "others speak about it."
)
_ABOUT_COMPANY = (
    "Stories that name both, in months with at least two. To be named together is no relation; "
    "read why."
)


def _lead(who: Row) -> str:
    lead = type_name(who)
    if who["first_seen"]:
        lead += f", first seen on {who['first_seen']}, last on {who['last_seen']}"
    return lead + " in the articles that were read"


def _search(request: ViewRequest) -> Page:
    page, kind = request.page(), request.one_of("type", ["", *TYPES])
    here = {"type": kind or None, "page": page if page > 1 else None}
    rows = request.rows(
        _SEARCH,
        type=kind,
        limit=request.most(PAGE_ROWS),
        offset=(page - 1) * PAGE_ROWS,
    )
    total = rows[0]["actor_total"] if rows else 0
    columns = [
        Column("name", "Actor", link=to_actor),
        Column("type", "Type", "type"),
        Column("article_count", "Articles", "count", link=_articles_of),
        Column("utterance_count", "Utterances", "count"),
        Column("first_seen", "First seen", "day"),
        Column("last_seen", "Last seen", "day"),
    ]
    form = Form(
        "actor", [Input("name", "Name of an actor", kind="actor", hint="any spelling")], "Show"
    )
    kinds = [("all", Link("actor"), not kind)]
    kinds += [(name, Link("actor", {"type": t}), t == kind) for t, name in TYPES.items()]
    table = Table(
        "actors",
        "Those in most articles",
        columns,
        rows,
        "No actor is known yet." if page == 1 else "There are not so many pages.",
        total=total,
        more=Link("actor", here | {"page": page + 1}) if page * PAGE_ROWS < total else None,
    )
    blocks: list[Block] = [form, Choice("Show", kinds), table]
    return Page("actor", "Find an actor", [Section("", blocks)], parameters=here)


def _articles_of(row: Row) -> Link:
    return Link("articles", {"actor": row["entity_id"]})


def _figures(who: Row) -> Figures:
    articles = {"actor": who["entity_id"]}
    return Figures(
        [
            Figure(
                "articles",
                who["article_count"],
                link=Link("articles", articles),
                note="of all days",
            ),
            Figure("mentions", who["mention_count"], note="by name, description or pronoun"),
            Figure(
                "utterances",
                who["utterance_count"],
                link=Link("quotes", {"speaker": who["entity_id"]}),
                note="of its own; a broken one is several quotes",
            ),
        ]
    )


_VOICES = [
    ("article_count", "mentioned", ""),
    ("quoted_article_count", "quoted", "quoted"),
    ("talked_about_article_count", "talked about by others", "talked_about"),
]


def _voice(request: ViewRequest, who: Row, asked: dict[str, Any]) -> Chart | Note:
    rows = without_gaps(request.rows(_VOICE, **asked), "month")
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
                "at": middle(row["period_start"], "month"),
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


def _outlets(request: ViewRequest, who: Row, asked: dict[str, Any]) -> Chart | Note:
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


def _company(request: ViewRequest, who: Row, asked: dict[str, Any]) -> Table:
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


def _roles(request: ViewRequest, who: Row) -> Table:
    columns = [
        Column("role", "Title"),
        Column("first_on", "First", "day"),
        Column("last_on", "Last", "day"),
        Column("mention_count", "Mentions", "count"),
        Column("outlet_count", "Outlets", "count"),
    ]
    rows = request.rows(_ROLES, id=who["entity_id"])
    return Table("roles", "Titles as written", columns, rows, "No title stands beside its name.")


def _newest_quotes(request: ViewRequest, who: Row, asked: dict[str, Any]) -> Quotes:
    wanted = {"speaker": who["entity_id"], "since": asked["since"], "until": asked["until"]}
    wanted |= {"kind": None, "outlet": None, "group": None}
    rows = find_quotes(request, wanted, limit=request.most(QUOTES_SHOWN))
    total = rows[0]["quote_total"] if rows else 0
    quotes: list[Quote] = [as_quote(row, with_speaker=False) for row in rows]
    table = Table(
        "quotes",
        "Quotes",
        quote_columns(),
        rows,
        "No words of its own were found.",
        total=total,
        more=Link(
            "quotes",
            {"speaker": who["entity_id"], "from": asked["since"], "to": asked["until"]},
        )
        if total > QUOTES_SHOWN
        else None,
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
