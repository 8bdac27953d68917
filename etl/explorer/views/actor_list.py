"""The list of actors, with a search field."""

from __future__ import annotations

from etl.explorer.blocks import Block, Choice, Column, Form, Input, Link, Page, Row, Section, Table
from etl.explorer.view_request import ViewRequest
from etl.explorer.views.links import TYPES, to_actor

PAGE_ROWS = 50

_SEARCH = """
select entity_id, name, type, article_count, utterance_count, first_seen, last_seen,
  count(*) over () as actor_total
from entities where $type = '' or type = $type
order by article_count desc, mention_count desc, name, entity_id limit $limit offset $offset
"""


def actor_list(request: ViewRequest) -> Page:
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
