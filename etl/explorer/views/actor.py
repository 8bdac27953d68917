"""One actor: how often, since when, heard or talked about, its roles and outlets, with whom."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from etl.explorer.blocks import (
    Column,
    Figure,
    Figures,
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
from etl.explorer.views.actor_coverage import by_outlet, co_mentions, mentioned_and_quoted
from etl.explorer.views.actor_list import actor_list
from etl.explorer.views.links import type_name
from etl.explorer.views.over_time import over_time
from etl.explorer.views.periods import last_day
from etl.explorer.views.quotes import as_quote, find_quotes, quote_columns
from etl.explorer.views.series_options import series_options

QUOTES_SHOWN = 8

_ALL = "select * from entities where entity_id = $id"
_ROLES = """
select role, first_on, last_on, mention_count, article_count, outlet_count from actor_roles
where entity_id = $id and not is_courtesy order by mention_count desc, role limit 12
"""


def actor(request: ViewRequest) -> Page:
    """The page of one actor; without one, the search."""
    wanted = request.text("id") or request.text("name")
    if not wanted:
        return actor_list(request)
    found = request.actor(wanted)
    who = request.rows(_ALL, id=found["entity_id"])[0]
    chosen = series_options(request)
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
            "Mentioned and quoted",
            [mentioned_and_quoted(request, who, asked)],
            _ABOUT_VOICE + covered("month"),
        ),
        Section("Outlets", [by_outlet(request, who, asked)], covered("day")),
        Section(
            "In the same stories",
            [co_mentions(request, who, asked)],
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
