"""Switching the active rows to a candidate, and back."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import nullcontext

import duckdb
import pyarrow as pa

from etl.pipeline.errors import InputError
from etl.pipeline.extractor_in_use import name_in_use, ready_extractor
from etl.pipeline.load import load_staged
from etl.pipeline.progress import Progress
from etl.pipeline.reextract import (
    Reextraction,
    candidate_reextraction,
    chosen_outlets,
    due_contents,
    open_published_or_fail,
)
from etl.pipeline.stage_articles import Staged
from etl.query.overview import open_published
from etl.schema.tables import SCHEMA_VERSION
from etl.settings import Settings
from etl.storage import editions
from etl.storage.archive import RawArchive
from etl.storage.editions import Edition, Switch
from etl.storage.files import exclusive_lock
from etl.storage.staging import STAGED_TABLES, Staging
from etl.warehouse import build_db

FORMER_ARTICLES = 10_000
"""Articles a batch of former rows: going back reads a batch at a time."""
SPACE_FACTOR = 3
"""Space that must be free before a switch, in sizes of what is switched to: the batch, the rows
that it replaces, and some air."""


def promote(
    settings: Settings, run_id: str, lock_for_writing: Callable[[], None], progress: Progress
) -> Staged:
    """Put the candidate's rows among the active ones; a load and a publish are to follow.

    Articles that came since it was built are extracted too. A candidate for all articles also
    makes its extractor the one that reads new articles. What is replaced is kept for `roll_back`.
    Raises InputError where there is no candidate, or one that cannot be promoted.
    """
    edition = editions.candidate(settings)
    if edition is None:
        return _finished(settings, run_id, "promote", lock_for_writing)
    extractor = ready_extractor(
        edition.extractor, "make another candidate with `newsactors reextract --diff`"
    )
    wanted = Edition(extractor.name, extractor.version, edition.choice)
    if edition != wanted:
        raise InputError(
            f"the candidate was made by {_made_by(edition)}, installed is {_made_by(wanted)}; "
            "make another with `newsactors reextract --diff`"
        )
    filling = candidate_reextraction(settings, edition, extractor, progress)
    with open_published_or_fail(settings) as published:
        outlets = chosen_outlets(published, edition.choice)
        filling.fill(published, due_contents(published, edition, outlets))
    lock_for_writing()
    with exclusive_lock(RawArchive(settings.raw).intake_lock):
        load_staged(settings, run_id)
        if editions.candidate(settings) is None:
            return _finished(settings, run_id, "promote", lock_for_writing)
        with build_db.open_build(settings.build_file) as con:
            due = due_contents(con, edition, outlets)
            filling.fill(con, due, nullcontext)
            extracted = filling.rows.contents()
            contents = pa.array([c for c in due if c in extracted], pa.string())
            in_use = name_in_use(settings)
            takes_over = edition.choice.is_all and edition.extractor != in_use
            if not len(contents) and not takes_over:
                raise InputError(
                    f"nothing to promote: all of the candidate ({edition.choice}) is by "
                    f"{edition.version} already"
                )
            _check_space(settings, filling.rows)
            number = _next_number(settings, con)
            _keep(con, contents, editions.former_rows(settings, number))
            sequence = build_db.loaded_through(con)["ingest"]
        last = editions.last_switch(settings)
        pinned = last.extractor if last else None
        to = Switch(
            "promote", number, sequence, len(contents), edition,
            extractor=edition.extractor if takes_over else pinned, former_extractor=pinned,
        )  # fmt: skip
        return _switch(settings, to, filling.rows, contents)


def roll_back(
    settings: Settings, run_id: str, lock_for_writing: Callable[[], None], progress: Progress
) -> Staged:
    """Put back what the last promotion replaced; a load and a publish are to follow.

    Where the promotion was for all articles, those that came since are extracted by the extractor
    that is in use again, unless that is the version taken back. Raises InputError where the last
    switch was no promotion.
    """
    last = editions.last_switch(settings)
    if last is None or last.kind != "promote":
        return _finished(settings, run_id, "rollback", lock_for_writing)
    if last.edition.layout != SCHEMA_VERSION:
        raise InputError(
            f"what was replaced has layout {last.edition.layout}, this newsactors writes layout "
            f"{SCHEMA_VERSION}: it cannot be put back; extract again with `newsactors reextract`"
        )
    former = last.former_extractor or settings.extractor
    extractor = ready_extractor(former, "it was in use before the promotion: install it first")
    rows = editions.former_rows(settings, last.number)
    filling = Reextraction(settings, extractor, rows, progress)

    def since(con: duckdb.DuckDBPyConnection) -> list[str]:
        if not last.edition.choice.is_all or extractor.version == last.edition.version:
            return []
        return _came_since(con, last)

    if rows.batches() and settings.published.exists():
        with open_published(settings) as published:
            filling.fill(published, since(published))
    lock_for_writing()
    with exclusive_lock(RawArchive(settings.raw).intake_lock):
        load_staged(settings, run_id)
        if editions.last_switch(settings) != last:
            return _finished(settings, run_id, "rollback", lock_for_writing)
        if not rows.batches():
            raise InputError(f"what batch {last.number} replaced is lost: {rows.root} is not there")
        with build_db.open_build(settings.build_file) as con:
            filling.fill(con, since(con), nullcontext)
            number = _next_number(settings, con)
            sequence = build_db.loaded_through(con)["ingest"]
        _check_space(settings, rows)
        contents = pa.array(sorted(rows.contents()), pa.string())
        to = Switch(
            "rollback", number, sequence, len(contents), last.edition,
            extractor=last.former_extractor, former_extractor=None,
        )  # fmt: skip
        return _switch(settings, to, rows, contents)


def _keep(con: duckdb.DuckDBPyConnection, contents: pa.Array, rows: Staging) -> None:
    """Stage what is loaded for these article versions, to go back to it."""
    for number, start in enumerate(range(0, len(contents) or 1, FORMER_ARTICLES), start=1):
        some = contents.slice(start, FORMER_ARTICLES)
        tables = {name: build_db.extraction_of(con, name, some) for name in STAGED_TABLES}
        rows.write("reextract", number, number, "former", tables)


def _switch(settings: Settings, to: Switch, rows: Staging, contents: pa.Array) -> Staged:
    editions.switch(settings, to, {name: rows.rows(name, contents) for name in STAGED_TABLES})
    batches = [b for b in Staging(settings.extracted).batches() if b.kind == "reextract"]
    return Staged([b for b in batches if b.last == to.number], to.articles)


def _made_by(edition: Edition) -> str:
    return f"{edition.version} (layout {edition.layout})"


def _finished(
    settings: Settings, run_id: str, kind: editions.Kind, lock_for_writing: Callable[[], None]
) -> Staged:
    """Nothing to stage: fine where that was done and its publish is still due, else InputError."""
    last = editions.last_switch(settings)
    if last is not None and last.kind == kind:
        lock_for_writing()
        if load_staged(settings, run_id).is_publish_due:
            return Staged()
    if kind == "promote":
        raise InputError("nothing to promote; make a candidate with `newsactors reextract --diff`")
    raise InputError(
        "nothing to roll back: nothing was promoted"
        if last is None
        else f"nothing to roll back: {last.edition.version} was taken back already"
    )


def _came_since(con: duckdb.DuckDBPyConnection, promotion: Switch) -> list[str]:
    """The article versions that came after a promotion and were read by what it promoted."""
    found = con.execute(
        "select content_sha256 from loaded.article_versions where extractor_version = ? "
        "and first_sequence > ? order by first_sequence, content_sha256",
        [promotion.edition.version, promotion.sequence],
    ).fetchall()
    return [content for (content,) in found]


def _next_number(settings: Settings, con: duckdb.DuckDBPyConnection) -> int:
    loaded = build_db.loaded_through(con)["reextract"]
    return max(Staging(settings.extracted).next_number(), loaded + 1)


def _check_space(settings: Settings, rows: Staging) -> None:
    needed = SPACE_FACTOR * sum(f.stat().st_size for f in rows.root.rglob("*") if f.is_file())
    free = shutil.disk_usage(settings.home).free
    if free < needed:
        raise InputError(
            f"{free / 1e6:.0f} MB free at {settings.home}, {needed / 1e6:.0f} MB needed; free some "
            "space and run again (what was extracted is kept)"
        )
