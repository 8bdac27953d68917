"""Some days as a static site: the same pages as files, to be mailed or put on any web server.

Belongs here: which pages a report has, and where its links lead. Does not belong here: what stands
on them (`views`). A folder holds all that it needs: nothing is fetched, no server is asked. Texts
of articles are left out, for they belong to their outlets; each actor's page lists its articles.
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
from etl.explorer.views import VIEWS
from etl.explorer.views.period import MOST_ACTORS, days
from etl.query.names import prepare_folding
from etl.query.published import ReadError, open_published
from etl.settings import Settings

ACTORS = MOST_ACTORS
MARKER = "newsactors-report.txt"
"""A folder with this file may be written anew."""


@dataclass(frozen=True)
class Report:
    """What was written."""

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
    """Write the report of some days to a folder; `index.html` is its first page.

    It takes the place of a report that is there only when it is complete. Raises ReadError where
    the folder holds anything else, or nothing is published.
    """
    out = out.absolute()
    if out.exists() and any(out.iterdir()) and not (out / MARKER).exists():
        raise ReadError(f"{out} holds other files: name a new folder, or empty it")
    making = out.with_name(f".{out.name}.part")
    shutil.rmtree(making, ignore_errors=True)
    try:
        making.mkdir(parents=True)
        with open_published(settings) as con:
            prepare_folding(con)
            asked = {"from": [str(since or "")], "to": [str(until or "")]}
            ask = ViewRequest(con, settings, asked)
            first, last = days(ask)
            pages = _pages(ask, making, first, last, actors, on_page)
        (making / MARKER).write_text(f"newsactors {__version__}, {first} to {last}\n")
        shutil.rmtree(out, ignore_errors=True)
        making.rename(out)
    except OSError as error:
        raise ReadError(f"cannot write {out}: {error.strerror or error}") from error
    finally:
        shutil.rmtree(making, ignore_errors=True)
    return Report(out, first, last, pages)


def _pages(
    ask: ViewRequest,
    folder: Path,
    since: date,
    until: date,
    actors: int,
    on_page: Callable[[int, int], object],
) -> int:
    asked = {"from": [str(since)], "to": [str(until)]}
    index = VIEWS["period"](ViewRequest(ask.con, ask.settings, asked))
    rows = {name: table.rows for name, table in index.tables.items()}
    listed = [*rows.get("actors", [])[:actors], *rows.get("spikes", [])]
    ids = {row["entity_id"] for row in listed}
    total = 1 + len(ids)

    def address(link: Link | None) -> str | None:
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

    made = datetime.now().strftime("%Y-%m-%d %H:%M")
    frame = {
        "static": "static/",
        "is_live": False,
        "home": Link("period"),
        "links": [("period", f"{since} to {until}", "index.html")],
        "footer": f"newsactors {__version__}, made on {made} of articles from {since} to {until}.",
    }
    (folder / "static").mkdir()
    for file in rendering.STATIC.iterdir():
        shutil.copyfile(file, folder / "static" / file.name)
    (folder / "static" / "vega.js").write_text(rendering.vega())
    (folder / "index.html").write_text(rendering.html(_still(index), address, **frame))
    on_page(1, total)
    for number, entity_id in enumerate(sorted(ids), start=2):
        about = asked | {"id": [entity_id], "by": ["day" if (until - since).days < 93 else "week"]}
        page = VIEWS["actor"](ViewRequest(ask.con, ask.settings, about))
        listing = VIEWS["articles"](
            ViewRequest(ask.con, ask.settings, asked | {"actor": [entity_id]})
        )
        behind = Section("Articles", [listing.tables["articles"]], anchor="articles")
        page = Page(page.view, page.title, [*page.sections, behind], page.lead, page.parameters)
        (folder / f"actor-{entity_id}.html").write_text(
            rendering.html(_still(page), address, **frame)
        )
        on_page(number, total)
    return total


def _still(page: Page) -> Page:
    """A page without what only a server can answer."""

    def stays(block: Block) -> bool:
        return not isinstance(block, Form | Choice) and not (
            isinstance(block, Table) and block.name == "suggestions"
        )

    def kept_of(block: Block) -> Block:
        if not isinstance(block, Table):
            return block
        return replace(block, columns=[c for c in block.columns if c.kind != "action"])

    sections = [
        Section(s.title, kept, s.about, s.anchor)
        for s in page.sections
        if (kept := [kept_of(block) for block in s.blocks if stays(block)])
    ]
    return Page(page.view, page.title, sections, page.lead, page.parameters, page.heading)
