"""Examining every part of a warehouse, without changing anything.

Belongs here: the order of the parts, the locks, and the folder as a whole. Does not belong here:
the parts themselves (`etl.doctor.examine_kept`, `etl.doctor.examine_derived`).

Readers are not disturbed. While the build file is read, the writer lock is shared, because DuckDB
would refuse the file to a writer: a run that starts then waits, as for another run. If a run is
under way, the build file is skipped, and a note says so.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

from etl.doctor.database_faults import open_read_only
from etl.doctor.examine_derived import (
    accounting_findings,
    build_findings,
    busy_findings,
    published_findings,
    reextraction_findings,
    staging_findings,
    state_findings,
)
from etl.doctor.examine_kept import (
    archive_findings,
    corrections_findings,
    ledger_findings,
    manifest_findings,
)
from etl.doctor.findings import Finding, Found, is_sound, or_sound
from etl.settings import Settings
from etl.storage import permissions
from etl.storage.archive import RawArchive
from etl.storage.files import shared_lock
from etl.warehouse import archive_link, build_db
from etl.warehouse.publish import FREE_SPACE_FACTOR


def is_run_under_way(settings: Settings) -> bool:
    """Whether a process is writing to the warehouse."""
    with ExitStack() as stack:
        locks = (settings.writer_lock, RawArchive(settings.raw).intake_lock)
        return not all(stack.enter_context(shared_lock(lock)) for lock in locks)


def examine(settings: Settings) -> list[Finding]:
    """Return all findings, at least one per part, in the order of PARTS."""
    is_busy = is_run_under_way(settings)
    with ExitStack() as stack:
        may_read = stack.enter_context(shared_lock(settings.writer_lock))
        build = list(build_findings(settings) if may_read else busy_findings(settings))
        con = (
            stack.enter_context(open_read_only(settings.build_file))
            if all(finding.level == "sound" for finding in build)
            else None
        )
        ledger = list(ledger_findings(settings, con))
        corrections = list(corrections_findings(settings, con))
        staging = list(staging_findings(settings, con))
        mismatch = archive_link.compare(settings, con)
        state = list(state_findings(settings))
        if mismatch is None and is_sound(state):
            state += accounting_findings(settings, con)
    return [
        *manifest_findings(settings, mismatch),
        *archive_findings(settings),
        *ledger,
        *corrections,
        *staging,
        *reextraction_findings(settings),
        *state,
        *build,
        *published_findings(settings),
        *_folder(settings, is_busy=is_busy),
    ]


def _folder(settings: Settings, *, is_busy: bool) -> Found:
    home, found = settings.home, list[Finding]()
    if is_busy:
        found.append(Finding("folder", "note", home, "a run is under way", ""))
    else:
        for path in leftovers(settings):
            found.append(Finding("folder", "note", path, "left by a run that was killed",
                                 "the next run removes or replaces it"))  # fmt: skip
    if foreign := permissions.foreign_paths(settings):
        found.append(Finding("folder", "damaged", home, permissions.describe(foreign),
                             permissions.remedy(settings)))  # fmt: skip
    if settings.damaged.exists():
        found.append(Finding("folder", "note", settings.damaged, "files that repairs moved aside",
                             "inspect and delete them"))  # fmt: skip
    if home.exists() and settings.build_file.exists():
        free = shutil.disk_usage(home).free
        needed = FREE_SPACE_FACTOR * settings.build_file.stat().st_size
        if free < needed:
            found.append(
                Finding("folder", "damaged", home, f"{free / 1e6:,.0f} MB free, "
                        f"{needed / 1e6:,.0f} MB needed to publish", "free some space")
            )  # fmt: skip
    yield from or_sound("folder", home, found, "")


def leftovers(settings: Settings) -> list[Path]:
    """Return the unfinished files that killed runs left."""
    folders: list[tuple[Path, Callable[[Path], Iterator[Path]]]] = [
        (settings.snapshots, lambda f: f.glob(".*.tmp")),
        (settings.extracted, lambda f: f.glob(".*")),
        (settings.raw, lambda f: f.glob("objects/*/*.tmp")),
        (settings.identity_ledger, lambda f: f.glob("*.tmp")),
        (settings.build_file.parent, lambda f: f.glob("*.compact*")),
    ]
    found = [path for folder, glob in folders if folder.exists() for path in glob(folder)]
    if build_db.wal_of(settings.build_file).exists():
        found.append(build_db.wal_of(settings.build_file))
    return sorted(found)
