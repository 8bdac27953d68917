"""Pages for requests that cannot be answered."""

from __future__ import annotations

from collections.abc import Mapping

from etl.explorer.blocks import Column, Link, Note, Page, Row, Section, Table
from etl.explorer.view_request import NotFoundError
from etl.explorer.views.links import to_actor


def missing_page(view: str) -> Page:
    """Return the page for an unknown URL."""
    note = Note("This page does not exist.", links=[("Go to the first page", Link("home"))])
    return Page(view, "Page not found", [Section("", [note])])


def error_page(view: str, title: str, message: str) -> Page:
    """Return a page with one warning."""
    return Page(view, title, [Section("", [Note(message, is_warning=True)])])


def disambiguation_page(
    view: str, error: NotFoundError, parameters: Mapping[str, list[str]]
) -> Page:
    """Return the actors that a name may refer to.

    Each links to the requested page, with the name replaced by that actor's id.
    """

    def with_candidate(row: Row) -> Link | None:
        replaced = {
            key: [row["entity_id"] if value == error.name else value for value in values]
            for key, values in parameters.items()
        }
        return Link(view, replaced) if error.name else to_actor(row)

    columns = [
        Column("name", "Actor", link=with_candidate),
        Column("type", "Type", "type"),
        Column("article_count", "Articles", "count"),
    ]
    rows: list[Row] = list(error.candidates)
    blocks: list[Note | Table] = [Note(str(error), is_warning=True)]
    if rows:
        blocks.append(Table("candidates", "Did you mean", columns, rows))
    title = "Which actor do you mean?" if rows else "Not found"
    return Page(view, title, [Section("", blocks)])
