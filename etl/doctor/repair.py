"""Repairing damaged parts, each from what it was derived from or from a copy.

Nothing is deleted. Damaged files are moved to `damaged/` under the warehouse, and only if there is
a replacement or nothing can be read from them. The order follows the dependencies: manifest,
archive, ledger, staging, state; then the build file and the published file, which a run rebuilds
from those. A repair that was killed can be run again.

Does not belong here: finding damage (`etl.doctor.examine`).
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from etl.doctor import examine_derived, examine_kept
from etl.doctor.database_faults import build_faults, snapshot_faults, sound_loaded, sound_snapshot
from etl.linking.ledger import Ledger
from etl.linking.ledger_recovery import lost_decisions
from etl.settings import Location, Settings, location
from etl.storage import (
    checksums,
    inbox,
    manifest_copies,
    state_file_check,
)
from etl.storage.archive import ChangedError, RawArchive
from etl.storage.files import exclusive_lock
from etl.storage.manifest_copies import compare
from etl.storage.staged_batch import Batch
from etl.storage.staging import Staging
from etl.storage.state_file_check import (
    is_in_use,
    restore,
)
from etl.storage.writer_lock import WriterLock
from etl.warehouse import archive_link, build_db, catch_up, publish, recovery
from etl.warehouse.build_db import new_generation

Done = Iterator[str]
Connection = duckdb.DuckDBPyConnection


def repair(settings: Settings, on_wait: Callable[[], None]) -> Done:
    """Repair what can be repaired, and yield a line for each action, and for each loss.

    Waits for the writer lock. A run of the job `rebuild` is to follow.
    """
    with WriterLock(settings, on_wait), exclusive_lock(RawArchive(settings.raw).intake_lock):
        aside = _Aside(settings)
        yield from _published_link(settings, aside)
        with sound_loaded(settings) as con:
            is_rewritten = yield from _manifest(settings, aside, con)
            yield from _archive(settings, aside)
            yield from _ledger(settings, aside, con)
            yield from _staging(settings, aside, con)
            yield from _reextraction(settings, aside)
            yield from _state(settings, aside)
            yield from _unaccounted(settings, con)
        yield from _build(settings, aside)
        if is_rewritten:
            archive_link.note_repaired(settings)
            RawArchive(settings.raw).repair_marker.unlink(missing_ok=True)


def tidy(settings: Settings) -> Done:
    """After the run, move aside damaged snapshots that the link no longer leads to."""
    with WriterLock(settings):
        aside = _Aside(settings)
        current = settings.published.resolve().parent
        for number in sorted(publish.snapshot_numbers(settings.snapshots)):
            folder = settings.snapshots / str(number)
            if folder.resolve() != current and snapshot_faults(folder / publish.FILE):
                yield f"moved aside: {aside.move(folder)}"


class _Aside:
    """Moves damaged files into one folder per repair, where they keep their paths."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.folder = settings.damaged_at(datetime.now(UTC))

    def move(self, path: Path) -> Path:
        """Move a file or folder aside."""
        target = self._target(path)
        shutil.move(path, target)  # the registry may be on another disk
        return target

    def copy(self, path: Path) -> None:
        """Keep a copy of a file that is replaced in place."""
        if path.exists():
            shutil.copy2(path, self._target(path))

    def _target(self, path: Path) -> Path:
        for root, name in ((self.settings.home, ""), (self.settings.registry, "registry")):
            if path.is_relative_to(root):
                target = self.folder / name / path.relative_to(root)
                break
        else:
            target = self.folder / path.name
        target.parent.mkdir(parents=True, exist_ok=True)
        return target


def _manifest(
    settings: Settings, aside: _Aside, con: Connection | None
) -> Generator[str, None, bool]:
    """Repair the manifest; return whether this or an unfinished repair wrote it again."""
    archive = RawArchive(settings.raw)
    # A repair that was killed may have written the manifest, and not the positions in it.
    is_unfinished = archive.repair_marker.exists()
    mismatch = archive_link.compare(settings, con)
    is_shorter = mismatch is not None and mismatch.is_shorter
    compared = compare(archive, mismatch.through if mismatch and is_shorter else 0)
    if compared.is_sound:
        return is_unfinished
    archive.repair_marker.touch()
    for path in (archive.manifest, archive.manifest_copy):
        aside.copy(path)
    known = recovery.arrivals(con, compared.lost) if con and compared.lost else {}
    if mismatch is not None and is_shorter:
        known |= {entry.sequence: entry for entry in mismatch.lost}
    manifest_copies.repair(archive, compared, known)
    for sequence in compared.lost:
        yield (
            f"line {sequence} of the manifest: restored from what is loaded"
            if sequence in known
            else f"LOST: line {sequence} of the manifest; what arrived or was forgotten is unknown"
        )
    yield f"the manifest was repaired, {compared.count:,} lines"
    return True


def _archive(settings: Settings, aside: _Aside) -> Done:
    archive = RawArchive(settings.raw)
    for sha256, (_, paths) in examine_kept.damaged_objects(settings).items():
        path = archive.object_path(sha256)
        if original := _archived_again(settings, sha256, paths, aside):
            yield f"archived again from {original}"
            continue
        if not path.exists():
            # A run skips a damaged file, such as an empty one, but stops at a missing one.
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        yield f"LOST: the original of {', '.join(paths)} ({sha256}); its articles stay"


def _archived_again(
    settings: Settings, sha256: str, paths: list[str], aside: _Aside
) -> Location | None:
    """Return where these bytes were found: at their source, else in an inbox on disk."""
    home, archive = settings.inbox, RawArchive(settings.raw)
    roots = [home / p if isinstance(home, Path) and "://" not in p else location(p) for p in paths]
    if isinstance(home, Path):
        roots.append(home)
    for root in roots:
        with TemporaryDirectory(prefix="newsactors-") as folder, suppress(inbox.LocationError):
            ready = inbox.scan([root], home, 0, wait=False).ready
            limit = settings.limits.file_bytes
            for source, opened in inbox.opened(ready, roots, limit, Path(folder)):
                try:
                    with opened as file:
                        if RawArchive.digest(file)[0] != sha256:
                            continue
                        if (path := archive.object_path(sha256)).exists():
                            aside.move(path)
                        archive.put(file, sha256)
                        return source.path
                except (inbox.UnreadableError, FileNotFoundError, ChangedError):
                    continue
    return None


def _ledger(settings: Settings, aside: _Aside, con: Connection | None) -> Done:
    ledger = Ledger(settings.identity_ledger)
    damaged, are_checksums_damaged = examine_kept.ledger_damage(ledger)
    files = examine_kept.sound_files(ledger, damaged)
    if con is None and not damaged and not are_checksums_damaged:
        return
    lost = None
    if con is not None:
        lost = lost_decisions(con, ledger, files, is_damaged=bool(damaged))
    for name in damaged:
        if (ledger.folder / name).exists():
            aside.move(ledger.folder / name)
    if are_checksums_damaged:
        aside.move(ledger.folder / checksums.NAME)
        checksums.record_all(ledger.folder)
        yield "the checksums of the ledger were computed again"
    for name in damaged:
        ledger.blank(name)
    if lost is not None and lost.num_rows:
        ledger.append(lost)
        yield f"entered in the ledger again from the links: {lost.num_rows:,} decisions"
    if damaged:
        shown = ", ".join(damaged)
        yield (
            f"LOST: {shown} of the ledger; names that were only there are resolved again"
            if lost is None
            else f"rebuilt from the links: {shown} of the ledger"
        )


def _staging(settings: Settings, aside: _Aside, con: Connection | None) -> Done:
    stage = Staging(settings.extracted)
    damaged = [batch for batch in stage.all_batches() if examine_derived.batch_faults(batch)]
    for batch in damaged:
        yield from _batch(batch, aside)
    if con is None:
        return  # the run reads the missing articles from the archive
    last, through = stage.last_sequence(), recovery.loaded_through(con)
    for first, end in [*stage.gaps(), (last + 1, through)]:
        if first <= min(end, through):
            recovery.stage_range(con, stage, first, min(end, through))
            yield f"staged again from what is loaded: lines {first:,} to {min(end, through):,}"
    # A re-extraction that is staged and not loaded yet is not damage.
    numbers = [batch.last for batch in damaged if batch.kind == "reextract"]
    is_all_loaded = recovery.has_bookkeeping(con) and examine_derived.is_all_loaded(settings, con)
    if (numbers or is_all_loaded) and (other := recovery.deviating(con, stage.batches())):
        # With the number of a batch that was loaded, it is not loaded again.
        recovery.stage_extraction(con, stage, other, max(numbers, default=stage.next_number()))
        yield f"staged again as loaded: the extraction of {len(other):,} texts"
    # A snapshot may hold articles that were forgotten later.
    stage.drop(RawArchive(settings.raw).forgotten())


def _batch(batch: Batch, aside: _Aside) -> Done:
    faults = examine_derived.batch_faults(batch)
    if not faults:
        return
    if {fault.path.name for fault in faults} == {checksums.NAME}:
        checksums.record_all(batch.path)
        yield f"the checksums of {batch.name} were computed again"
    else:
        yield f"moved aside: {aside.move(batch.path)}"


def _reextraction(settings: Settings, aside: _Aside) -> Done:
    folder = settings.reextraction
    for fault in examine_derived.reextraction_faults(settings):
        path = fault.path
        if not path.exists() and not path.parent.exists():
            continue  # moved with its folder
        top = folder / path.relative_to(folder).parts[0]
        if top.name.startswith("former-"):
            yield f"LOST: the rollback of the last promotion; moved aside: {aside.move(top)}"
        elif path.parent in (folder, folder / "candidate"):
            for file in (path, path.parent / checksums.NAME):
                if file.exists():
                    yield f"moved aside: {aside.move(file)}"
            checksums.record_all(path.parent)
        else:
            yield f"moved aside: {aside.move(path.parent)}"


def _state(settings: Settings, aside: _Aside) -> Done:
    path = settings.state_file
    archive = RawArchive(settings.raw)
    if not archive.manifest.exists() or (path.exists() and is_in_use(path)):
        return
    if path.exists() and not state_file_check.faults(path):
        return
    damaged = aside.move(path) if path.exists() else None
    with sound_snapshot(settings) as published:
        restore(path, damaged, published, archive)
    yield "the run state was rebuilt: runs and quarantine as far as they are known"


def _unaccounted(settings: Settings, con: Connection | None) -> Done:
    """Enter what is accounted for nowhere in the manifest again; the run that follows reads it."""
    if con is None or not settings.state_file.exists() or catch_up.unsettled(settings):
        return
    found = catch_up.unaccounted(settings, con)
    if found:
        RawArchive(settings.raw).append_again(found, "repair")
    for entry in found:
        yield f"read again, because it was accounted for nowhere: {entry.source_path}"


def _build(settings: Settings, aside: _Aside) -> Done:
    path = settings.build_file
    if path.exists() and build_faults(settings):
        for file in (path, build_db.wal_of(path)):
            if file.exists():
                yield f"moved aside, to be loaded again: {aside.move(file)}"
    if settings.published.exists() and snapshot_faults(settings.published.resolve()):
        with build_db.open_build(path) as con:
            new_generation(con)  # makes a publish due
        yield "the published file is damaged: to be published again"


def _published_link(settings: Settings, aside: _Aside) -> Done:
    """Point readers at the newest sound snapshot if the link is lost or leads to a damaged one."""
    link = settings.published
    for number in sorted(publish.snapshot_numbers(settings.snapshots)):
        file = settings.snapshots / str(number) / link.name
        if (wal := build_db.wal_of(file)).exists():
            yield f"moved aside, because readers would replay it: {aside.move(wal)}"
        if file.exists() and file.stat().st_mode & 0o222:
            file.chmod(0o444)
    sound = [
        number
        for number in sorted(publish.snapshot_numbers(settings.snapshots), reverse=True)
        if not snapshot_faults(settings.snapshots / str(number) / link.name)
    ]
    for number in publish.snapshot_numbers(settings.snapshots) - set(sound):
        # The next publish removes it; until then the link may lead to it.
        aside.copy(settings.snapshots / str(number) / link.name)
    is_linked = link.is_symlink() and link.exists()
    if is_linked and not snapshot_faults(link.resolve()):
        return
    if link.exists() and not link.is_symlink():
        yield f"moved aside: {aside.move(link)}"
    if sound:
        publish.point_at(settings, sound[0])
        yield f"readers now see snapshot {sound[0]}"
