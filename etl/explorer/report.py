"""Static report: the pages of a period as files, for mailing or for any web server.

Belongs here: the selection of pages, and the URLs within the report. Does not belong here: the
contents of pages (`etl.explorer.views`). The folder is self-contained: it needs no network and no
server. It leaves out the texts of articles, which belong to their outlets; each actor's page lists
its articles.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from etl import __version__
from etl.explorer import rendering
from etl.explorer.blocks import Block, Choice, Form, Link, Page, Section, Table
from etl.explorer.view_request import ViewRequest
from etl.explorer.views import build_page
from etl.explorer.views.period import MAX_ACTORS, reported_days
from etl.explorer.views.periods import grain_for
from etl.query import published
from etl.query.names import prepare_folding
from etl.query.published import ReadError
from etl.settings import Settings

ACTORS = MAX_ACTORS
MARKER = "newsactors-report.txt"
"""Marks a folder as a report, which may be overwritten."""


@dataclass(frozen=True)
class Report:
    """A written report."""

    out: Path
    since: date
    until: date
    pages: int


def write(
    settings: Settings,
    out: Path,
    since: date | None = None,
    until: date | None = None,
    *,
    actors: int = ACTORS,
    on_page: Callable[[int, int], object] = lambda done, total: None,
) -> Report:
    """Write the report of a period to a folder; `index.html` is its first page.

    An existing report is replaced only when the new one is complete. Raises ReadError if the folder
    holds other files, or if nothing is published.
    """
    out = out.absolute()
    if out.exists() and not out.is_dir():
        raise ReadError(f"{out} is a file; a report is a folder: name a new one")
    if out.exists() and any(out.iterdir()) and not (out / MARKER).exists():
        raise ReadError(f"{out} holds other files: name a new folder, or empty this one")
    partial = out.with_name(f".{out.name}.part")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        partial.mkdir(parents=True)
        with published.open_published(settings) as con:
            prepare_folding(con)
            parameters = {"from": [str(since or "")], "to": [str(until or "")]}
            request = ViewRequest(con, settings, parameters)
            first, last = reported_days(request)
            pages = _write_pages(request, partial, first, last, actors, on_page)
        (partial / MARKER).write_text(f"newsactors {__version__}, {first} to {last}\n")
        shutil.rmtree(out, ignore_errors=True)
        partial.rename(out)
    except OSError as error:
        raise ReadError(f"cannot write {out}: {error.strerror or error}") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return Report(out, first, last, pages)


def _write_pages(
    request: ViewRequest,
    folder: Path,
    since: date,
    until: date,
    actors: int,
    on_page: Callable[[int, int], object],
) -> int:
    parameters = {"from": [str(since)], "to": [str(until)]}

    def build(view: str, **more: list[str]) -> Page:
        pages = ViewRequest(request.con, request.settings, parameters | more, request.cache)
        return build_page(view, pages)

    index = build("period")
    rows = {name: table.rows for name, table in index.tables.items()}
    listed = [*rows.get("actors", [])[:actors], *rows.get("spikes", [])]
    ids = {row["entity_id"] for row in listed}
    total = 1 + len(ids)

    def url_for(link: Link | None) -> str | None:
        if link is None:
            return None
        if link.view == "period":
            return "index.html"
        if link.view == "actor" and link.parameters.get("id") in ids:
            return f"actor-{link.parameters['id']}.html"
        if link.view == "articles" and "with" in link.parameters:
            return None
        if link.view == "articles" and link.parameters.get("actor") in ids:
            return f"actor-{link.parameters['actor']}.html#articles"
        return None

    created_at = datetime.now().strftime("%Y-%m-%d %H:%M")
    frame = {
        "static": "static/",
        "is_live": False,
        "home": Link("period"),
        "links": [("period", f"{since} to {until}", "index.html")],
        "footer": f"newsactors {__version__}. Articles from {since} to {until}. "
        f"Created on {created_at}.",
    }
    (folder / "static").mkdir()
    for file in rendering.STATIC.iterdir():
        shutil.copyfile(file, folder / "static" / file.name)
    (folder / "static" / "vega.js").write_text(rendering.vega())
    (folder / "index.html").write_text(rendering.html(_static(index), url_for, **frame))
    on_page(1, total)
    grain = grain_for(since, until)
    for number, entity_id in enumerate(sorted(ids), start=2):
        page = build("actor", id=[entity_id], by=[grain])
        listing = build("articles", actor=[entity_id]).tables["articles"]
        articles = Section("Articles", [listing], anchor="articles")
        page = replace(page, sections=[*page.sections, articles])
        html = rendering.html(_static(page), url_for, **frame)
        (folder / f"actor-{entity_id}.html").write_text(html)
        on_page(number, total)
    return total


def _static(page: Page) -> Page:
    """Return a page without the parts that need a server."""

    def is_static(block: Block) -> bool:
        return not isinstance(block, Form | Choice)

    def without_actions(block: Block) -> Block:
        if not isinstance(block, Table):
            return block
        return replace(block, columns=[c for c in block.columns if c.kind != "action"])

    sections = [
        replace(section, blocks=blocks)
        for section in page.sections
        if (blocks := [without_actions(block) for block in section.blocks if is_static(block)])
    ]
    return replace(page, sections=sections)
