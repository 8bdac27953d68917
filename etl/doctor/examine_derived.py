"""Examining the parts derived from the archive: staging, editions, run state, both databases.

Changes nothing. Does not belong here: what these parts are derived from
(`etl.doctor.examine_kept`), and the order of the parts (`etl.doctor.examine`).
"""

from __future__ import annotations

import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import duckdb

from etl.doctor.database_faults import build_faults, layout_of, open_read_only, snapshot_faults
from etl.doctor.findings import REPAIR, RUN, UPDATE, Connection, Finding, Found, or_sound
from etl.schema import tables
from etl.settings import Settings
from etl.storage import (
    checksums,
    state_file_check,
)
from etl.storage.archive import ArchiveError, Entry, RawArchive
from etl.storage.staged_batch import Batch
from etl.storage.staging import Staging
from etl.storage.state_file import STATE_VERSION
from etl.storage.state_file_check import (
    is_in_use,
    version_of,
)
from etl.warehouse import build_db, catch_up, recovery
from etl.warehouse.publish import FORGOTTEN_THROUGH, current_snapshot, snapshot_numbers

SHOWN = 5


def staging_findings(settings: Settings, con: Connection | None) -> Found:
    """Yield damaged and missing batches, and loaded rows that no batch holds."""
    stage = Staging(settings.extracted)
    found = [
        Finding("staging", "damaged", fault.path, fault.why, REPAIR)
        for batch in stage.all_batches()
        for fault in batch_faults(batch)
    ]
    if found:
        yield from found
        return
    newer = [b for b in stage.all_batches() if b.layout > tables.SCHEMA_VERSION]
    if newer:
        yield Finding("staging", "damaged", newer[0].path, "made by a newer newsactors", UPDATE)
        return
    older = [b for b in stage.all_batches() if b.layout < tables.READABLE_SINCE]
    if older:
        found.append(
            Finding("staging", "note", stage.root, f"{len(older):,} batches of an older layout",
                    f"the next {RUN} reads their articles again")
        )  # fmt: skip
    lost = [f"{first:,} to {last:,}" for first, last in stage.gaps() if not older]
    if con is not None and not older and recovery.loaded_through(con) > stage.last_sequence():
        lost.append(f"{stage.last_sequence() + 1:,} to {recovery.loaded_through(con):,}")
    if lost:
        found.append(
            Finding("staging", "damaged", stage.root, f"lost: articles {', '.join(lost)}", REPAIR)
        )
    elif con is not None and is_all_loaded(settings, con):
        other = recovery.deviating(con, stage.batches())
        if other:
            found.append(
                Finding("staging", "damaged", stage.root, f"{len(other):,} texts are loaded as "
                        "another extractor read them: a re-extraction was lost", REPAIR)
            )  # fmt: skip
    yield from or_sound("staging", stage.root, found, f"{len(stage.batches()):,} batches")


def batch_faults(batch: Batch) -> list[checksums.Fault]:
    """Return the faults of a batch; only batches of older versions may lack checksums."""
    return [*checksums.faults(batch.path), *_unreadable(batch)]


def _unreadable(batch: Batch) -> Iterator[checksums.Fault]:
    """Yield the unreadable files of a batch whose checksums are missing or damaged."""
    with suppress(checksums.DamagedError):
        if checksums.recorded(batch.path):
            return
        if batch.has_checksums:
            yield checksums.Fault(batch.path / checksums.NAME, "is missing")
    for path in batch.expected_files():
        try:
            duckdb.execute("select count(hash(t)) from read_parquet(?) t", [str(path)])
        except duckdb.Error:
            why = "cannot be read" if path.exists() else "is missing"
            yield checksums.Fault(path, why)


def is_all_loaded(settings: Settings, con: Connection) -> bool:
    """Whether everything staged is loaded, and everything with a tombstone erased.

    False if the manifest is damaged, which is a finding of its own.
    """
    try:
        tombstones = RawArchive(settings.raw).tombstones()
    except ArchiveError:
        return False
    last = str(tombstones[-1].sequence) if tombstones else None
    is_erased = build_db.get_property(con, FORGOTTEN_THROUGH) == last
    return is_erased and not build_db.pending(con, Staging(settings.extracted).batches())


def reextraction_findings(settings: Settings) -> Found:
    """Yield damage to the candidate, the former rows and the record of the last switch."""
    folder = settings.reextraction
    found = [
        Finding("reextraction", "damaged", fault.path, fault.why,
                f"{REPAIR} moves it aside; {_loss_of_edition(settings, fault.path)}")
        for fault in reextraction_faults(settings)
    ]  # fmt: skip
    count = sum(1 for path in folder.glob("*/") if not path.name.startswith("."))
    yield from or_sound("reextraction", folder, found, f"{count:,} editions")


def reextraction_faults(settings: Settings) -> list[checksums.Fault]:
    """Return the faults of the editions beside the active rows."""
    folders = [settings.reextraction, *sorted(settings.reextraction.glob("*/"))]
    found = [fault for folder in folders for fault in checksums.faults(folder)]
    for folder in folders[1:]:
        for batch in Staging(folder).all_batches():
            found += batch_faults(batch)
    return found


def _loss_of_edition(settings: Settings, path: Path) -> str:
    part = path.relative_to(settings.reextraction).parts[0]
    if part == "candidate":
        return "`newsactors reextract --diff` extracts again what is missing"
    if part == "reread":
        return "`newsactors reread` extracts again what is missing"
    if part.startswith("former-"):
        return "then the last promotion cannot be rolled back"
    return "then the default extractor reads new articles, until you promote another"


def state_findings(settings: Settings) -> Found:
    """Yield damage to the run state: the file, and rows that do not match their checksum."""
    path = settings.state_file
    if not path.exists():
        if RawArchive(settings.raw).manifest.exists():
            yield Finding("state", "damaged", path, "is missing", f"{REPAIR} restores runs and "
                          "quarantine from the published file")  # fmt: skip
        else:
            yield Finding("state", "sound", path, "nothing yet")
        return
    if is_in_use(path):
        yield Finding("state", "note", path, "a transaction is under way, or was interrupted",
                      "the next process that opens the file completes or undoes it")  # fmt: skip
        return
    if faults := state_file_check.faults(path):
        for fault in faults[:SHOWN]:
            yield Finding("state", "damaged", path, fault, REPAIR)
        return
    version = version_of(path)
    if version > STATE_VERSION:
        yield Finding("state", "damaged", path, "made by a newer newsactors", UPDATE)
        return
    yield Finding("state", "sound", path, f"layout {version}")
    if version < STATE_VERSION:
        yield Finding("state", "note", path, f"of layout {version}", "the next run upgrades it "
                      f"to layout {STATE_VERSION}")  # fmt: skip


def accounting_findings(settings: Settings, con: Connection | None) -> Found:
    """Yield the parts of before the last rebuild, and what arrived and is accounted for nowhere.

    The run state and the manifest are sound.
    """
    path = settings.state_file
    if not path.exists() or is_in_use(path) or version_of(path) < STATE_VERSION:
        return
    for part, file in catch_up.earlier_parts(settings, con):
        yield Finding(part, "damaged", file, "is of before the last rebuild",
                      f"the next {RUN} brings it up to date")  # fmt: skip
    if entries := catch_up.unsettled(settings):
        yield Finding("state", "damaged", path, f"what was rejected is not known of: "
                      f"{_names(entries)}", f"the next {RUN} reads these files again")  # fmt: skip
    elif con is not None and (entries := catch_up.unaccounted(settings, con)):
        yield Finding("state", "damaged", path, "neither published nor in quarantine: "
                      f"{_names(entries)}", f"{REPAIR} reads these files again")  # fmt: skip


def _names(entries: list[Entry]) -> str:
    return ", ".join(dict.fromkeys(entry.source_path for entry in entries))


def busy_findings(settings: Settings) -> Found:
    """Yield a note that a run is using the build file."""
    yield Finding("build", "note", settings.build_file, "a run is under way: not examined",
                  "run doctor again when it has ended")  # fmt: skip


def build_findings(settings: Settings) -> Found:
    """Yield damage to the build file, which is read completely; the caller blocks writers."""
    path = settings.build_file
    if not path.exists():
        is_lost = bool(Staging(settings.extracted).batches())
        yield Finding("build", "damaged" if is_lost else "note", path, "does not exist",
                      f"the next {RUN} or {REPAIR} loads it from staging")  # fmt: skip
        return
    if faults := build_faults(settings):
        for fault in faults[:SHOWN]:
            yield Finding("build", "damaged", path, fault, REPAIR)
        return
    with open_read_only(settings.build_file) as con:
        layout = layout_of(con, "bookkeeping.properties")
        through = recovery.loaded_through(con) if layout == tables.SCHEMA_VERSION else 0
    yield from _layout("build", path, layout, f"loaded through line {through:,}")


def _layout(part: str, path: Path, layout: int | None, what: str) -> Found:
    if layout is not None and layout > tables.SCHEMA_VERSION:
        yield Finding(part, "damaged", path, f"of layout {layout}, newer than "
                      f"{tables.SCHEMA_VERSION}", UPDATE)  # fmt: skip
    elif layout != tables.SCHEMA_VERSION:
        yield Finding(part, "note", path, f"of layout {layout}, older than "
                      f"{tables.SCHEMA_VERSION}", f"the next {RUN} rebuilds it")  # fmt: skip
    else:
        yield Finding(part, "sound", path, f"{what}, {path.stat().st_size / 1e6:,.1f} MB")


def published_findings(settings: Settings) -> Found:
    """Yield damage to the link that readers follow, and to every snapshot."""
    link, found = settings.published, list[Finding]()
    numbers = snapshot_numbers(settings.snapshots)
    if not link.exists():
        if numbers or link.is_symlink():
            yield Finding("published", "damaged", link, "the link to the published file is lost",
                          REPAIR)  # fmt: skip
        else:
            yield Finding("published", "note", link, "nothing is published yet", RUN)
        return
    current = link.resolve()
    number_read = current_snapshot(settings)
    if number_read is None:
        yield Finding("published", "damaged", link, "is not a link to a snapshot", REPAIR)
        return
    for number in sorted(numbers):
        file = settings.snapshots / str(number) / link.name
        for fault in snapshot_faults(file):
            is_read = file.resolve() == current
            found.append(
                Finding("published", "damaged", file, f"{fault}{'' if is_read else ' (not read)'}",
                        REPAIR)
            )  # fmt: skip
        found += _opened_for_writing(file)
    if any(f.level == "damaged" and f.path == current for f in found):
        yield from found
        return
    with duckdb.connect(str(current), read_only=True) as con:
        layout = layout_of(con, "loaded.warehouse_info")
    yield from _layout("published", link, layout, f"snapshot {current.parent.name}")
    if number_read < (newest := max(numbers)):
        yield Finding("published", "note", link, f"readers see snapshot {number_read}, "
                      f"not the newest, {newest}", RUN)  # fmt: skip
    yield from found


def _opened_for_writing(file: Path) -> Found:
    if build_db.wal_of(file).exists():
        yield Finding("published", "damaged", build_db.wal_of(file), "the file was opened "
                      "for writing: readers see the changes", REPAIR)  # fmt: skip
    elif file.exists() and stat.S_IMODE(file.stat().st_mode) & 0o222:
        yield Finding("published", "damaged", file, "is writable; it must be read-only",
                      REPAIR)  # fmt: skip
