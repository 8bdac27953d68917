"""List of all actors, with a search field."""

from __future__ import annotations

from etl.explorer.blocks import Block, Choice, Column, Form, Input, Link, Page, Section, Table
from etl.explorer.view_request import ViewRequest
from etl.explorer.views.links import TYPES, to_actor, to_articles

PAGE_ROWS = 50

_ACTORS = """
select entity_id, name, type, article_count, statement_count, first_seen, last_seen,
  count(*) over () as actor_total
from entities where $type = '' or type = $type
order by article_count desc, mention_count desc, name, entity_id limit $limit offset $offset
"""


def actor_list(request: ViewRequest) -> Page:
    """Return the actors by number of articles, optionally of one type."""
    page, actor_type = request.page(), request.one_of("type", ["", *TYPES])
    parameters = {"type": actor_type or None, "page": page if page > 1 else None}
    rows = request.rows(
        _ACTORS,
        type=actor_type,
        limit=request.row_limit(PAGE_ROWS),
        offset=(page - 1) * PAGE_ROWS,
    )
    total = rows[0]["actor_total"] if rows else 0
    columns = [
        Column("name", "Actor", link=to_actor),
        Column("type", "Type", "type"),
        Column("article_count", "Articles", "count", link=to_articles()),
        Column("statement_count", "Statements", "count"),
        Column("first_seen", "First mentioned", "day"),
        Column("last_seen", "Last mentioned", "day"),
    ]
    name_input = Input("name", "Name of an actor", kind="actor", hint="any spelling")
    types = [("all", Link("actor"), not actor_type)]
    types += [(name, Link("actor", {"type": t}), t == actor_type) for t, name in TYPES.items()]
    has_more = page * PAGE_ROWS < total
    table = Table(
        "actors",
        "Actors by number of articles",
        columns,
        rows,
        "No actors yet." if page == 1 else "There are no more pages.",
        total=total,
        more=Link("actor", parameters | {"page": page + 1}) if has_more else None,
    )
    blocks: list[Block] = [Form("actor", [name_input], "Show"), Choice("Type", types), table]
    return Page("actor", "Find an actor", [Section("", blocks)], parameters=parameters)
