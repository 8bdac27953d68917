"""Switching the active rows to those of a candidate, and back.

Belongs here: the order of steps that makes a kill harmless. Does not belong here: building a
candidate (`etl.pipeline.reextract`), what it would change (`etl.pipeline.compare`), the files
(`etl.storage.editions`, `etl.storage.staging`), loading and publishing.

Promotion and rollback take the writer lock first, then the intake lock for the last articles and
the switch. So nothing arrives in between, and what arrives later is read by the extractor then in
use.
"""

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
from etl.query.published import open_published
from etl.schema.tables import READABLE_SINCE, SCHEMA_VERSION
from etl.settings import Settings
from etl.storage import editions
from etl.storage.archive import RawArchive
from etl.storage.editions import Edition, Switch
from etl.storage.files import exclusive_lock
from etl.storage.run_state import State
from etl.storage.staged_tables import STAGED_TABLES
from etl.storage.staging import Staging
from etl.warehouse import build_db

NO_CANDIDATE = "nothing to promote; make a candidate with `newsactors reextract --diff`"
FORMER_ARTICLES = 10_000
"""Articles per batch of former rows: a rollback reads one batch at a time."""
SPACE_FACTOR = 3
"""Free space required before a switch, as a multiple of the size of the new rows: the batch, the
rows that it replaces, and a reserve."""


def promote(
    settings: Settings, run_id: str, lock_for_writing: Callable[[], None], progress: Progress
) -> Staged:
    """Put the candidate's rows among the active ones; a load and a publish are to follow.

    Articles that arrived after it was built are extracted too. If the candidate is for all
    articles, its extractor reads new articles from now on. Replaced rows are kept for `roll_back`.
    Raises InputError if there is no candidate or it cannot be promoted.
    """
    edition = editions.candidate(settings)
    if edition is None:
        return _finished(settings, run_id, "promote", lock_for_writing)
    extractor = ready_extractor(
        edition.extractor, "make another candidate with `newsactors reextract --diff`"
    )
    wanted = Edition(extractor.name, extractor.version, edition.selection)
    if edition != wanted:
        raise InputError(
            f"the candidate was made by {_made_by(edition)}, installed is {_made_by(wanted)}; "
            "make another with `newsactors reextract --diff`"
        )
    reextraction = candidate_reextraction(settings, edition, extractor, progress)
    with open_published_or_fail(settings) as published:
        outlets = chosen_outlets(published, edition.selection)
        reextraction.fill(published, due_contents(published, edition, outlets))
    lock_for_writing()
    with exclusive_lock(RawArchive(settings.raw).intake_lock):
        load_staged(settings, run_id)
        if editions.candidate(settings) is None:
            return _finished(settings, run_id, "promote", lock_for_writing)
        with build_db.open_build(settings.build_file) as con:
            due = due_contents(con, edition, outlets)
            reextraction.fill(con, due, nullcontext)
            extracted = reextraction.rows.content_hashes()
            contents = pa.array([c for c in due if c in extracted], pa.string())
            in_use = name_in_use(settings)
            takes_over = edition.selection.is_all and edition.extractor != in_use
            if not len(contents) and not takes_over:
                raise InputError(
                    f"nothing to promote: all of the candidate ({edition.selection}) is by "
                    f"{edition.version} already"
                )
            _check_space(settings, reextraction.rows)
            number = _next_number(settings, con)
            _keep_former_rows(con, contents, editions.former_rows(settings, number))
            sequence = build_db.loaded_through(con)["ingest"]
        last = editions.last_switch(settings)
        pinned = last.extractor if last else None
        switch = Switch(
            "promote", number, sequence, len(contents), edition,
            extractor=edition.extractor if takes_over else pinned, former_extractor=pinned,
        )  # fmt: skip
        return _switch(settings, switch, reextraction.rows, contents)


def roll_back(
    settings: Settings, run_id: str, lock_for_writing: Callable[[], None], progress: Progress
) -> Staged:
    """Restore the rows that the last promotion replaced; a load and a publish are to follow.

    If the promotion was for all articles, the former extractor extracts those that arrived since,
    unless it has the same version. Raises InputError if the last switch was not a promotion.
    """
    last = editions.last_switch(settings)
    if last is None or last.kind != "promote":
        return _finished(settings, run_id, "rollback", lock_for_writing)
    if last.edition.layout < READABLE_SINCE:
        raise InputError(
            f"the replaced rows have layout {last.edition.layout}, this newsactors writes layout "
            f"{SCHEMA_VERSION}: they cannot be restored; extract again with `newsactors reextract`"
        )
    former = last.former_extractor or settings.extractor
    extractor = ready_extractor(former, "it was in use before the promotion: install it first")
    rows = editions.former_rows(settings, last.number)
    reextraction = Reextraction(settings, extractor, rows, progress)

    def arrived_since(con: duckdb.DuckDBPyConnection) -> list[str]:
        if not last.edition.selection.is_all or extractor.version == last.edition.version:
            return []
        return _read_since(con, last)

    if rows.batches() and settings.published.exists():
        with open_published(settings) as published:
            reextraction.fill(published, arrived_since(published))
    lock_for_writing()
    with exclusive_lock(RawArchive(settings.raw).intake_lock):
        load_staged(settings, run_id)
        if editions.last_switch(settings) != last:
            return _finished(settings, run_id, "rollback", lock_for_writing)
        if not rows.batches():
            raise InputError(
                f"the rows that batch {last.number} replaced are lost: {rows.root} does not exist"
            )
        with build_db.open_build(settings.build_file) as con:
            reextraction.fill(con, arrived_since(con), nullcontext)
            number = _next_number(settings, con)
            sequence = build_db.loaded_through(con)["ingest"]
        _check_space(settings, rows)
        contents = pa.array(sorted(rows.content_hashes()), pa.string())
        switch = Switch(
            "rollback", number, sequence, len(contents), last.edition,
            extractor=last.former_extractor, former_extractor=None,
        )  # fmt: skip
        return _switch(settings, switch, rows, contents)


def _keep_former_rows(con: duckdb.DuckDBPyConnection, contents: pa.Array, rows: Staging) -> None:
    """Stage the loaded rows of these article versions, so that a rollback can restore them."""
    for number, start in enumerate(range(0, len(contents) or 1, FORMER_ARTICLES), start=1):
        some = contents.slice(start, FORMER_ARTICLES)
        tables = {name: build_db.extraction_of(con, name, some) for name in STAGED_TABLES}
        rows.write("reextract", number, number, "former", tables)


def _switch(settings: Settings, switch: Switch, rows: Staging, contents: pa.Array) -> Staged:
    editions.switch(settings, switch, {name: rows.rows(name, contents) for name in STAGED_TABLES})
    batches = [b for b in Staging(settings.extracted).batches() if b.kind == "reextract"]
    return Staged([b for b in batches if b.last == switch.number], switch.articles)


def _made_by(edition: Edition) -> str:
    return f"{edition.version} (layout {edition.layout})"


def _finished(
    settings: Settings, run_id: str, kind: editions.Kind, lock_for_writing: Callable[[], None]
) -> Staged:
    """Return an empty result if the switch still has to be published, else raise InputError."""
    last = editions.last_switch(settings)
    if last is not None and last.kind == kind:
        lock_for_writing()
        if load_staged(settings, run_id).is_publish_due:
            return Staged()
    if kind == "promote":
        raise InputError(NO_CANDIDATE)
    raise InputError(_no_promotion(last))


def _no_promotion(last: Switch | None) -> str:
    if last is None:
        return "nothing to roll back: nothing was promoted"
    return f"nothing to roll back: {last.edition.version} was rolled back already"


def require_candidate(settings: Settings) -> None:
    """Raise InputError if `promote` would find no candidate and no promotion to complete."""
    if editions.candidate(settings) is None and not _is_unfinished(settings, "promote"):
        raise InputError(NO_CANDIDATE)


def require_promotion(settings: Settings) -> None:
    """Raise InputError if `roll_back` would find no promotion and no rollback to complete."""
    last = editions.last_switch(settings)
    if (last is None or last.kind != "promote") and not _is_unfinished(settings, "rollback"):
        raise InputError(_no_promotion(last))


def _is_unfinished(settings: Settings, kind: editions.Kind) -> bool:
    """Whether the last switch is of this kind, and no run of this kind has completed it."""
    last = editions.last_switch(settings)
    if last is None or last.kind != kind:
        return False
    runs = [run for run in State(settings.state_file).runs() if run.kind == kind]
    return not runs or runs[0].status != "success"


def _read_since(con: duckdb.DuckDBPyConnection, promotion: Switch) -> list[str]:
    """Return the article versions that arrived after a promotion and that its extractor read."""
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
