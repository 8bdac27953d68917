"""Publishing: a read-only snapshot of the build file, and the symlink that readers open.

Belongs here: making, switching and removing snapshots. Does not belong here: copying by blocks
(`warehouse.block_copy`), which stages must have run (`warehouse.stage_markers`).

A snapshot is a copy of the build file. If possible, the snapshot before the published one, which
would be removed, is updated instead: a nightly run changes few blocks of a large file. That needs
a snapshot that nobody has open and nobody wrote to (docs/adr/0023).

Readers keep the snapshot that they opened for as long as they like; the next publish replaces the
symlink, never a file under them. If somebody opened a snapshot read-write, its leftover write-ahead
log stays beside that snapshot and is never replayed into another (measured: with a plain file in
place of the symlink it is).
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

import duckdb

from etl import __version__
from etl.errors import NewsactorsError
from etl.schema import tables
from etl.settings import Settings
from etl.storage import checksums
from etl.storage.files import copy, is_open_elsewhere, sync_directory, sync_file
from etl.storage.quarantine import quarantine_table
from etl.storage.run_history import runs_table
from etl.storage.run_state import State
from etl.warehouse import block_copy, build_db, free_blocks
from etl.warehouse.internal_relations import mark_internal
from etl.warehouse.snapshot_connection import connect_snapshot

T = TypeVar("T")

FILE = "news.duckdb"
KEPT_SNAPSHOTS = 2
FORGOTTEN_THROUGH = "forgotten_through"
"""Property: the manifest sequence of the last forgotten article, empty for none."""
SETTLED_THROUGH = "settled_through"
"""Property: the manifest line up to which the published quarantine holds what was rejected."""
READING = "reading"
"""Property: the id of the reading (`warehouse.catch_up`), empty before the first rebuild."""
CORRECTIONS = "corrections"
"""Property: the digest of the applied corrections, empty for none."""
FREE_SPACE_FACTOR = 2
"""Free space that a publish requires, in sizes of the build file: one for the copy, one for what
the next nightly run spills and adds. If nothing is copied, the second is enough."""


class PublishError(NewsactorsError):
    """Nothing was published and readers see what they saw before; the message says why."""


@dataclass(frozen=True)
class Published:
    """A publish: the file of the snapshot, its size in bytes, and the days that changed."""

    path: Path
    size: int
    touched_days: tuple[date, ...]


def published_property(settings: Settings, name: str) -> str | None:
    """A property of the published file (see `warehouse_info`), None if it is not there."""
    return (published_properties(settings) or {}).get(name)


def published_properties(settings: Settings) -> Mapping[str, str] | None:
    """All properties of the published file, None if there is none or it can't be read."""
    return _properties(settings, settings.published.resolve())


def published_through(settings: Settings) -> int:
    """The highest manifest sequence that is published, 0 for none."""
    query = "select max(sequence) from loaded.article_sources"
    row = read_published(settings, lambda con: con.execute(query).fetchone())
    return (row and row[0]) or 0


def read_published(settings: Settings, read: Callable[[duckdb.DuckDBPyConnection], T]) -> T | None:
    """Return what `read` finds in the published file.

    None if there is no such file, or it is damaged or of another version.
    """
    try:
        with connect_snapshot(settings.published.resolve(), settings.time_zone) as con:
            return read(con)
    except duckdb.Error:
        return None


def _properties(settings: Settings, file: Path) -> Mapping[str, str] | None:
    try:
        about = file.stat()
        return _read_properties(file, settings.time_zone, (about.st_ino, about.st_mtime_ns))
    except (OSError, duckdb.Error):
        return None  # unreadable: a publish is due, and the snapshot is not worth keeping


@lru_cache(maxsize=8)
def _read_properties(file: Path, time_zone: str, identity: tuple[int, int]) -> Mapping[str, str]:
    """Read the properties of a snapshot, once a process: opening it takes 20 ms.

    A run asks ten times. `identity` tells a snapshot from its successor at the same path.
    """
    with connect_snapshot(file, time_zone) as con:
        return properties_of(con)


def properties_of(snapshot: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """All properties of an open snapshot."""
    return dict(snapshot.execute("from loaded.warehouse_info").fetchall())


def publish(settings: Settings, run_id: str, properties: dict[str, str]) -> Published:
    """Copy the build file to a new snapshot and point readers at it.

    The caller holds the writer lock and has the build file closed. `properties` go to
    `warehouse_info`. Raises PublishError if disk space is short.
    """
    with build_db.open_build(settings.build_file) as con:
        generation = build_db.get_property(con, "generation") or ""
        _write_run_state(con, settings, run_id, properties | {"generation": generation})
        mark_internal(con)
        con.execute("checkpoint")
        days = tuple(
            day
            for (day,) in con.execute(
                "select distinct published_on from bookkeeping.touched_days order by 1"
            ).fetchall()
        )
    free_blocks.compact(settings.build_file)
    number = 1 + max(snapshot_numbers(settings.snapshots), default=0)
    temporary = settings.snapshots / f".{number}.tmp"
    shutil.rmtree(temporary, ignore_errors=True)
    file = temporary / FILE
    digests = block_copy.hashes(settings.build_file)
    if not _update_former_snapshot(settings, file, digests):
        _require_space(settings, FREE_SPACE_FACTOR)
        temporary.mkdir(parents=True)
        copy(settings.build_file, file)
    file.chmod(0o444)
    sync_file(file)
    block_copy.note(file, digests)
    snapshot = settings.snapshots / str(number)
    temporary.rename(snapshot)
    sync_directory(settings.snapshots)

    point_at(settings, number)
    prune(settings)
    file = snapshot / FILE
    return Published(file, file.stat().st_size, days)


def _update_former_snapshot(settings: Settings, file: Path, digests: Sequence[str]) -> bool:
    """Turn the snapshot before the published one into the next one; return whether that worked.

    It does not if there is none, somebody has it open, it was written to, or it belongs to another
    user.
    """
    former = former_snapshot(settings)
    if former is None or not _is_ours(former):
        return False
    known = _as_published(former)
    if known is None:
        return False
    _require_space(settings, FREE_SPACE_FACTOR - 1)
    former.parent.rename(file.parent)  # nobody finds it as a snapshot any more
    file.chmod(0o644)
    if is_open_elsewhere(file):
        file.chmod(0o444)
        file.parent.rename(former.parent)
        return False
    block_copy.write(settings.build_file, file, block_copy.differing(digests, known.digests))
    return True


def _is_ours(file: Path) -> bool:
    """Whether this user may change the mode of the file and write beside it."""
    is_owner = os.geteuid() in (0, file.stat().st_uid)
    return is_owner and os.access(file.parent, os.W_OK | os.X_OK)


def _as_published(file: Path) -> block_copy.Noted | None:
    """The block hashes of a snapshot; None if somebody wrote to it or beside it since."""
    if {path.name for path in file.parent.iterdir()} != {
        file.name, block_copy.list_of(file).name, checksums.NAME
    }:  # fmt: skip
        return None
    try:
        known = block_copy.noted(file)
    except checksums.DamagedError:
        return None
    return known if known and known.changed == file.stat().st_mtime_ns else None


def _require_space(settings: Settings, factor: int) -> None:
    """Raise PublishError if less is free than `factor` times the size of the build file."""
    needed = factor * settings.build_file.stat().st_size
    free = shutil.disk_usage(settings.home).free
    if free < needed:
        raise PublishError(
            f"{free / 1e6:.0f} MB free at {settings.home}, {needed / 1e6:.0f} MB "
            "needed to publish; free some space and run again (loaded data is kept)"
        )


def point_at(settings: Settings, number: int) -> None:
    """Point the symlink that readers open at this snapshot."""
    link = settings.home / ".news.duckdb.tmp"
    link.unlink(missing_ok=True)
    link.symlink_to(Path("snapshots") / str(number) / FILE)
    link.replace(settings.published)
    sync_directory(settings.home)


def prune(settings: Settings) -> None:
    """Remove old snapshots; a reader that has one open keeps it until it closes it.

    The published snapshot stays, and so do older ones up to KEPT_SNAPSHOTS in all, unless an
    article was forgotten since: no file that we keep may hold it. The caller holds the writer lock.
    """
    current = current_snapshot(settings)
    if current is None:
        return
    forgotten = published_property(settings, FORGOTTEN_THROUGH)
    kept = 1
    for number in sorted(snapshot_numbers(settings.snapshots) - {current}, reverse=True):
        folder = settings.snapshots / str(number)
        if (
            number < current  # else a publish was killed before its last step
            and kept < KEPT_SNAPSHOTS
            and (_properties(settings, folder / FILE) or {}).get(FORGOTTEN_THROUGH) == forgotten
        ):
            kept += 1
        else:
            shutil.rmtree(folder, ignore_errors=True)
    for leftover in settings.snapshots.glob(".*.tmp"):
        shutil.rmtree(leftover, ignore_errors=True)


def former_snapshot(settings: Settings) -> Path | None:
    """The file that was published before the current one; None if it was not kept."""
    current = current_snapshot(settings)
    if current is None:
        return None
    older = [number for number in snapshot_numbers(settings.snapshots) if number < current]
    return settings.snapshots / str(max(older)) / FILE if older else None


def current_snapshot(settings: Settings) -> int | None:
    """The number of the snapshot that readers see; None if the link leads to none.

    Tools that copy what a link leads to (`cp -L`, `rsync -L`, many archivers) leave a plain file.
    """
    link = settings.published
    folder = link.resolve().parent
    is_linked = (
        link.is_symlink() and link.exists() and folder.parent == settings.snapshots.resolve()
    )
    return int(folder.name) if is_linked and folder.name.isdigit() else None


def snapshot_numbers(snapshots: Path) -> set[int]:
    """The numbers of the existing snapshots."""
    if not snapshots.exists():
        return set()
    return {int(path.name) for path in snapshots.iterdir() if path.name.isdigit()}


def _write_run_state(
    con: duckdb.DuckDBPyConnection, settings: Settings, run_id: str, properties: dict[str, str]
) -> None:
    """Write the runs, the quarantine and the properties of this publish to the build file."""
    state = State(settings.state_file)
    now = datetime.now(UTC)
    runs = [
        # Readers see the row of this run once it has succeeded.
        replace(run, status="success", finished_at=now) if run.run_id == run_id else run
        for run in state.runs()
    ]
    info = {
        "newsactors_version": __version__,
        "schema_version": str(tables.SCHEMA_VERSION),
        "published_at": now.isoformat(timespec="seconds"),
        "published_by_run": run_id,
        **properties,
    }
    with build_db.transaction(con):
        for table, rows in (
            (tables.INGEST_RUNS, runs_table(runs)),
            (tables.QUARANTINE, quarantine_table(state.quarantine())),
        ):
            con.register("rows", rows)
            con.execute(f"delete from loaded.{table.name}")
            con.execute(f"insert into loaded.{table.name} by name select * from rows")
            con.unregister("rows")
        con.execute("delete from loaded.warehouse_info")
        con.executemany(
            "insert into loaded.warehouse_info values (?, ?)", [list(i) for i in info.items()]
        )
