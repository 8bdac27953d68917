"""Bringing run state and staging up to date if one of them was lost, or is older than the rest.

The run state alone knows what is in quarantine, and the staging alone what was read. Each publish
leaves copies of both in the build file and in the published file. A *reading* is all that was read
since the last rebuild: each part records its id, because a rebuild adds no line to the manifest.

Belongs here: which part is behind, and what the others know of it. Does not belong here: comparing
the parts with the archive (`warehouse.archive_link`), reading again what no part knows
(`etl.pipeline.stage_articles`), damaged files (`etl.doctor`).
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Container
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from etl.settings import Settings
from etl.storage import state_file_check
from etl.storage.archive import Entry, RawArchive
from etl.storage.files import exclusive_lock
from etl.storage.run_state import State
from etl.storage.staging import Staging
from etl.storage.writer_lock import WriterLock
from etl.warehouse import archive_link, build_db, recovery
from etl.warehouse.publish import (
    READING,
    SETTLED_THROUGH,
    properties_of,
    published_property,
    read_published,
)


def new_reading() -> str:
    """Return the id of a new reading; a later one is greater."""
    return f"{datetime.now(UTC).isoformat()} {uuid.uuid4().hex[:8]}"


def catch_up(settings: Settings, on_wait: Callable[[], None] | None = None) -> None:
    """Bring run state and staging up to date if they are behind. The caller holds no lock.

    Raises ArchiveMismatchError if the archive is not the one that the parts were made from.
    """
    if is_behind(settings):
        with WriterLock(settings, on_wait):
            catch_up_locked(settings)


def catch_up_locked(settings: Settings) -> None:
    """Bring run state, staging and build file up to date; the caller holds the writer lock.

    A build file of an earlier reading is removed: it is loaded again from staging. Raises
    ArchiveMismatchError as `catch_up` does.
    """
    with ExitStack() as stack:
        build = None
        if settings.build_file.exists():
            # One that is damaged or of another version is for the load.
            with suppress(build_db.BuildError):
                build = stack.enter_context(build_db.open_build(settings.build_file))
        archive_link.require(settings, build)
        if not RawArchive(settings.raw).manifest.exists():
            return
        reading = _reading(settings, build)
        if build is not None and _of_build(build) < reading and recovery.loaded_through(build):
            build.close()
            build_db.remove_build(settings.build_file)
            build = None
        if is_behind(settings, reading):
            stack.enter_context(exclusive_lock(RawArchive(settings.raw).intake_lock))
            _catch_up_state(settings, build, reading)
            _catch_up_staging(settings, build, reading)


def is_behind(settings: Settings, reading: str | None = None) -> bool:
    """Whether run state or staging may know less than the other parts. Doesn't open the build file.

    `reading` is the latest that any part knows of.
    """
    archive, state, stage = _parts(settings)
    if not archive.manifest.exists():
        return False
    ids = {state.reading(), *([stage.reading()] if stage.all_batches() else [])}
    return (
        len(ids | ({reading} - {None})) > 1
        or (state.loaded_through() is None and settings.build_file.exists())
        or state.settled_through() < stage.staged_through()
        or bool(stage.gaps(state.loaded_through() or 0))
        or any(entry.is_arrival for entry in archive.entries(state.last_seen_sequence()))
    )


def unsettled(settings: Settings) -> list[Entry]:
    """Return the arrivals that are staged, and of which the run state doesn't know the rejections.

    Their rejected items are in quarantine as far as another part knew of them.
    """
    archive, state, stage = _parts(settings)
    through = stage.staged_through()
    return [
        entry
        for entry in archive.entries(state.settled_through())
        if entry.sequence <= through and entry.is_arrival
    ]


def unaccounted(settings: Settings, build: duckdb.DuckDBPyConnection) -> list[Entry]:
    """Return the loaded arrivals that have no article, nothing in quarantine and no tombstone.

    A file whose path later got other bytes may have been in quarantine until then.
    """
    archive, state, _ = _parts(settings)
    through = recovery.loaded_through(build)
    last = {
        e.source_path: e
        for e in archive.readable_entries()
        if e.is_arrival and e.sequence <= through
    }
    found = build.execute("select distinct source_sha256 from loaded.article_sources").fetchall()
    known: Container[str] = (
        {sha256 for (sha256,) in found}
        | {item.source_sha256 for item in state.quarantine()}
        | archive.forgotten()
    )
    return [entry for entry in last.values() if entry.sha256 not in known]


def earlier_parts(
    settings: Settings, build: duckdb.DuckDBPyConnection | None
) -> list[tuple[str, Path]]:
    """Return the parts that are of before the last rebuild: their names and paths."""
    _, state, stage = _parts(settings)
    parts = [("state", settings.state_file, state.reading())]
    if stage.all_batches():
        parts.append(("staging", settings.extracted, stage.reading()))
    if build is not None and recovery.loaded_through(build):
        parts.append(("build", settings.build_file, _of_build(build)))
    reading = _reading(settings, build)
    return [(name, path) for name, path, known in parts if known < reading]


def _parts(settings: Settings) -> tuple[RawArchive, State, Staging]:
    return RawArchive(settings.raw), State(settings.state_file), Staging(settings.extracted)


def _reading(settings: Settings, build: duckdb.DuckDBPyConnection | None) -> str:
    """Return the latest reading that any part knows of."""
    _, state, stage = _parts(settings)
    known = [state.reading(), stage.reading(), _of_build(build) if build else ""]
    if archive_link.is_published_usable(settings):
        known.append(published_property(settings, READING) or "")
    return max(known)


def _of_build(build: duckdb.DuckDBPyConnection) -> str:
    return build_db.get_property(build, READING) or ""


def _catch_up_state(
    settings: Settings, build: duckdb.DuckDBPyConnection | None, reading: str
) -> None:
    """Take from the build file or the published file what the run state doesn't know."""
    archive, state, _ = _parts(settings)
    state.catch_up(archive)
    if state.reading() < reading:
        state.begin_reading(reading)

    def settle(con: duckdb.DuckDBPyConnection) -> None:
        properties = properties_of(con)
        # Versions that recorded no such line published all that was rejected.
        through = int(properties.get(SETTLED_THROUGH) or recovery.loaded_through(con))
        if properties.get(READING, "") == reading and through > state.settled_through():
            lines = archive.entries(state.settled_through())
            paths = {e.source_path for e in lines if e.sequence <= through}
            state_file_check.add_published(settings.state_file, con, paths)
            state.settle_through(through)

    # A file that is damaged or of another version has nothing to add.
    if build is not None:
        with suppress(duckdb.Error):
            settle(build)
    if archive_link.is_published_usable(settings):
        read_published(settings, settle)
    if build is not None:
        state.set_loaded_through(recovery.loaded_through(build))


def _catch_up_staging(
    settings: Settings, build: duckdb.DuckDBPyConnection | None, reading: str
) -> None:
    """Stage from the build file what is loaded and not staged.

    Read again from the archive, it could differ from what is loaded: a limit or a mapping may have
    changed. Lines that are loaded are not loaded again, so what differs would be lost.
    """
    archive, _, stage = _parts(settings)
    if stage.reading() < reading and stage.all_batches():
        stage.clear()
    if build is None:
        return
    missing = stage.gaps(recovery.loaded_through(build))
    for first, last in missing:
        recovery.stage_range(build, stage, first, last)
    if missing:
        stage.drop(archive.forgotten())  # a tombstone that the next load acts on
        stage.set_reading(reading)
        archive_link.note_staged(settings)
