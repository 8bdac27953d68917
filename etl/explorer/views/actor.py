"""Page of one actor: coverage over time, outlets, co-mentions, titles, quotes, names.

Belongs here: the order of the sections, and the short ones. Does not belong here: the charts
(`etl.explorer.views.over_time`, `etl.explorer.views.actor_coverage`).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from etl.explorer.blocks import (
    Column,
    Figure,
    Figures,
    Link,
    Note,
    Page,
    Quotes,
    Row,
    Section,
    Table,
)
from etl.explorer.name_search import NameSearch
from etl.explorer.view_request import ViewRequest
from etl.explorer.views.actor_coverage import by_outlet, co_mentions, outlet_months, voice
from etl.explorer.views.actor_list import actor_list
from etl.explorer.views.links import type_name
from etl.explorer.views.over_time import over_time
from etl.explorer.views.periods import last_day, newest_day
from etl.explorer.views.quotes import QuoteFilter, as_quote, find_quotes, quote_columns
from etl.explorer.views.series_options import series_options

MAX_QUOTES = 8
MAX_ALTERNATIVES = 5

_ENTITY = "select * from entities where entity_id = $id"
_TITLES = """
select role, first_on, last_on, mention_count, article_count, outlet_count from actor_roles
where entity_id = $id and not is_courtesy order by mention_count desc, role limit 12
"""


def actor(request: ViewRequest) -> Page:
    """Return the page of one actor, or the list of actors if none is given."""
    value = request.text("id") or request.text("name")
    if not value:
        return actor_list(request)
    entity = request.rows(_ENTITY, id=request.find_actor(value)["entity_id"])[0]
    entity_id = entity["entity_id"]
    options = series_options(request, entity["first_seen"], newest_day(request))
    since, until = request.date_range()
    parameters = {"id": entity_id, **options.parameters, "from": since, "to": until}
    covered = _covered_dates(since, until)
    sections = [
        Section("", [_figures(entity), *_alternatives(request, entity)], layout="plain"),
        Section("Over time", over_time(request, entity, parameters, options)),
        Section(
            "Mentioned, quoted, talked about",
            [voice(request, entity, since, until)],
            _ABOUT_VOICE + covered("month"),
        ),
        Section(
            "Outlets",
            [by_outlet(request, entity, since, until)],
            covered("day").strip(),
        ),
        Section("Outlets over time", [outlet_months(request, entity, since, until)]),
        Section("Latest quotes", [_latest_quotes(request, entity, since, until)], covered("day")),
        Section(
            "Mentioned together with",
            [co_mentions(request, entity, since, until)],
            _ABOUT_CO_MENTIONS + covered("month"),
            layout="half",
        ),
        Section(
            "Titles",
            [_titles(request, entity)],
            "All dates." if since or until else "",
            layout="half",
        ),
        Section("Names", [_names(entity)]),
    ]
    return Page("actor", entity["name"], sections, _lead(entity), parameters)


_ABOUT_VOICE = (
    "Articles per month that mention the actor, that quote the actor, and in which other speakers "
    "talk about the actor."
)
_ABOUT_CO_MENTIONS = (
    "Stories that mention both actors, counted in months with at least two of them. Being "
    "mentioned together does not mean that two actors are connected: read the articles."
)


def _covered_dates(since: date | None, until: date | None) -> Callable[[str], str]:
    """Return a function that names the dates a section covers; monthly data has whole months."""

    def sentence(grain: str) -> str:
        first = since and (since.replace(day=1) if grain == "month" else since)
        last = until and last_day(until, grain)
        if first and last:
            return f" From {first} to {last}."
        return f" Since {first}." if first else f" Until {last}." if last else ""

    return sentence


def _alternatives(request: ViewRequest, entity: Row) -> list[Note]:
    """Return links to other actors that the typed name may refer to."""
    typed = request.text("asked") or request.text("name")
    if not typed:
        return []
    names = request.cached("names", lambda: NameSearch(request.con))
    others = [r for r in names.starting_with(typed) if r["entity_id"] != entity["entity_id"]]
    links = [
        (row["name"], Link("actor", {"id": row["entity_id"]})) for row in others[:MAX_ALTERNATIVES]
    ]
    return [Note(f"“{typed}” may also be", links=links)] if links else []


def _lead(entity: Row) -> str:
    lead = type_name(entity)
    if entity["first_seen"]:
        lead += f", first mentioned on {entity['first_seen']}, last on {entity['last_seen']}"
    return lead


def _figures(entity: Row) -> Figures:
    entity_id = entity["entity_id"]
    return Figures(
        [
            Figure(
                "articles",
                entity["article_count"],
                link=Link("articles", {"actor": entity_id}),
                note="all dates",
            ),
            Figure("mentions", entity["mention_count"], note="by name, description or pronoun"),
            Figure(
                "statements",
                entity["statement_count"],
                link=Link("quotes", {"speaker": entity_id, "act": "statement"}),
                note="what the actor says, not thinks or wants",
            ),
        ]
    )


def _titles(request: ViewRequest, entity: Row) -> Table:
    columns = [
        Column("role", "Title"),
        Column("first_on", "First", "day"),
        Column("last_on", "Last", "day"),
        Column("mention_count", "Mentions", "count"),
        Column("outlet_count", "Outlets", "count"),
    ]
    rows = request.rows(_TITLES, id=entity["entity_id"])
    return Table("roles", "Titles as written", columns, rows, "No titles found.")


def _latest_quotes(
    request: ViewRequest, entity: Row, since: date | None, until: date | None
) -> Quotes:
    speaker = entity["entity_id"]
    rows = find_quotes(
        request,
        QuoteFilter(speaker=speaker, since=since, until=until),
        limit=request.row_limit(MAX_QUOTES),
    )
    total = rows[0]["utterance_total"] if rows else 0
    more = Link("quotes", {"speaker": speaker, "from": since, "to": until})
    table = Table(
        "quotes",
        "Quotes, newest first",
        quote_columns(),
        rows,
        "No quotes found.",
        total=total,
        more=more if total > MAX_QUOTES else None,
    )
    return Quotes([as_quote(row, with_speaker=False) for row in rows], table)


def _names(entity: Row) -> Note:
    aliases = ", ".join(f"“{form}”" for form in entity["aliases"] or [])
    text = f"Also called {aliases}." if aliases else "No other names found."
    return Note(
        f"{text} Actor id: {entity['entity_id']}.",
        links=[("Correct this actor", Link("corrections", {"actor": entity["entity_id"]}))],
    )
