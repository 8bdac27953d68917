"""Looking at every part of a warehouse, changing nothing.

Readers are not disturbed. A run that starts while the build file is read waits for that, as it
would for another run: for that time the writer lock is shared, because DuckDB would refuse the file
to a writer. Where a run is under way, the build file is left out, and that is said.
"""

from __future__ import annotations

import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import duckdb

from etl import schema
from etl.actors.ledger import LEDGER_VERSION, Ledger, LedgerError, version_of
from etl.actors.recovery import lost_decisions
from etl.doctor.databases import build_faults, layout_of, snapshot_faults
from etl.doctor.findings import Finding
from etl.readers.mappings import MappingError, load_mappings
from etl.settings import Settings
from etl.store import build, checksums, manifest, recovery, state_check
from etl.store.archive import ArchiveError, RawArchive
from etl.store.files import shared_lock
from etl.store.publish import FORGOTTEN_THROUGH, FREE_SPACE_FACTOR, snapshot_numbers
from etl.store.registry import RegistryError, corrections_file, read_corrections
from etl.store.staging import Batch, Staging
from etl.store.state import STATE_VERSION

RUN = "`newsactors ingest`"
REPAIR = "`newsactors doctor --repair`"
UPDATE = "update newsactors"
SHOWN = 5

Found = Iterator[Finding]
Connection = duckdb.DuckDBPyConnection


def is_run_under_way(settings: Settings) -> bool:
    """Whether somebody writes to the warehouse at this moment."""
    with ExitStack() as stack:
        locks = (settings.writer_lock, RawArchive(settings.raw).intake_lock)
        return not all(stack.enter_context(shared_lock(lock)) for lock in locks)


def examine(settings: Settings) -> list[Finding]:
    """All findings, at least one a part, in the order of PARTS."""
    is_busy = is_run_under_way(settings)
    with ExitStack() as stack:
        may_read = stack.enter_context(shared_lock(settings.writer_lock))
        built = list(_build(settings) if may_read else _busy(settings))
        con = stack.enter_context(open_sound(settings)) if is_usable(built) else None
        ledger = list(_ledger(settings, con))
        staging = list(_staging(settings, con))
    return [
        *_manifest(settings),
        *_archive(settings),
        *ledger,
        *_corrections(settings),
        *staging,
        *_reextraction(settings),
        *_state(settings),
        *built,
        *_published(settings),
        *_folder(settings, is_busy=is_busy),
    ]


def is_usable(built: list[Finding]) -> bool:
    """Whether the build file can be asked about the other parts."""
    return all(finding.level == "sound" for finding in built)


def open_sound(settings: Settings) -> Connection:
    """The build file, read-only."""
    con = duckdb.connect(str(settings.build_file), read_only=True)
    con.execute("set TimeZone = 'UTC'")
    return con


def _or_sound(part: str, path: Path, found: list[Finding], what: str) -> Found:
    if not any(finding.level == "amiss" for finding in found):
        yield Finding(part, "sound", path, what)
    yield from found


# The archive


def _manifest(settings: Settings) -> Found:
    archive = RawArchive(settings.raw)
    compared = manifest.compare(archive)
    found = []
    for path, sequences in compared.damaged.items():
        if healed := sorted(set(sequences) - set(compared.lost)):
            other = "its copy" if path == archive.manifest else "the manifest"
            found.append(
                Finding("manifest", "amiss", path, f"damaged or missing: {_lines(healed)}; {other} "
                        "holds them", REPAIR)
            )  # fmt: skip
    if compared.lost:
        found.append(
            Finding("manifest", "amiss", archive.manifest, f"lost in both copies: "
                    f"{_lines(compared.lost)}", f"restore it from a backup, or {REPAIR}: what is "
                    "loaded says what came")
        )  # fmt: skip
    if compared.disputed:
        found.append(
            Finding("manifest", "amiss", archive.manifest, "differs from its copy, without a "
                    f"checksum to decide: {_lines(compared.disputed)}", "compare them by hand, or "
                    f"{REPAIR}, which keeps the manifest's")
        )  # fmt: skip
    if compared.behind:
        found.append(
            Finding("manifest", "note", archive.manifest_copy, f"the copy is {compared.behind:,} "
                    "lines behind", f"the next {RUN} that brings something new brings it up")
        )  # fmt: skip
    yield from _or_sound("manifest", archive.manifest, found, f"{compared.count:,} lines")


def _lines(sequences: list[int]) -> str:
    shown = ", ".join(map(str, sequences[:SHOWN]))
    more = f" and {len(sequences) - SHOWN:,} more" if len(sequences) > SHOWN else ""
    return f"line{'s' if len(sequences) > 1 else ''} {shown}{more}"


def damaged_objects(settings: Settings) -> dict[str, tuple[str, list[str]]]:
    """By hash of archived bytes that are not as they came: what is amiss, and the paths they had.

    Lines of the manifest that cannot be read are passed over.
    """
    archive = RawArchive(settings.raw)
    paths: dict[str, list[str]] = {}
    for entry in archive.readable_entries():
        if entry.is_arrival:
            paths.setdefault(entry.sha256, []).append(entry.source_path)
    found = {}
    for sha256, names in paths.items():
        try:
            archive.check(sha256)
        except ArchiveError as error:
            found[sha256] = (str(error).partition("; ")[0], sorted(set(names)))
    # Asked last: somebody may have forgotten an article meanwhile.
    forgotten = {h for e in archive.readable_entries() for h in e.forgets}
    return {sha256: why for sha256, why in found.items() if sha256 not in forgotten}


def _archive(settings: Settings) -> Found:
    archive = RawArchive(settings.raw)
    found = [
        Finding("archive", "amiss", archive.object_path(sha256), f"{why} (it came as "
                f"{', '.join(paths[:SHOWN])})", f"put the original back where it was and {REPAIR}, "
                "or restore this file from a backup")
        for sha256, (why, paths) in damaged_objects(settings).items()
    ]  # fmt: skip
    count = sum(1 for _ in archive.root.glob("objects/*/*.zst"))
    yield from _or_sound("archive", archive.root / "objects", found, f"{count:,} files")


# What was decided


def ledger_damage(ledger: Ledger) -> tuple[list[str], bool]:
    """The names of files that are damaged or missing, and whether the notes of checksums are."""
    try:
        noted = set(checksums.noted(ledger.folder))
        damaged = {fault.path.name for fault in checksums.faults(ledger.folder)}
        are_notes_damaged = False
    except checksums.DamagedError:
        noted, damaged, are_notes_damaged = set(), set(), True
    there = {path.name for path in ledger.folder.glob("*.parquet")}
    for name in there - damaged:
        try:
            version_of(ledger.folder / name)
            duckdb.execute("select max(columns(*)) from read_parquet(?)",
                           [str(ledger.folder / name)])  # fmt: skip
        except (LedgerError, duckdb.Error):
            damaged.add(name)
    last = max((int(name.partition(".")[0]) for name in noted | there), default=0)
    missing = {f"{number:06}.parquet" for number in range(1, last + 1)} - there
    return sorted(damaged | missing), are_notes_damaged


def sound_files(ledger: Ledger, damaged: list[str]) -> list[Path]:
    """The files of the ledger that can be trusted, in order."""
    return sorted(p for p in ledger.folder.glob("*.parquet") if p.name not in damaged)


def _ledger(settings: Settings, con: Connection | None) -> Found:
    ledger = Ledger(settings.identity_ledger)
    damaged, are_notes_damaged = ledger_damage(ledger)
    files = sound_files(ledger, damaged)
    found = [
        Finding("ledger", "amiss", ledger.folder / name, "is damaged or missing",
                f"restore it from a backup, or {REPAIR}: it is made again from the links")
        for name in damaged
    ]  # fmt: skip
    if are_notes_damaged:
        path = ledger.folder / checksums.NAME
        found.append(Finding("ledger", "amiss", path, "the notes of checksums are damaged", REPAIR))
    if newer := [file for file in files if version_of(file) > LEDGER_VERSION]:
        found.append(Finding("ledger", "amiss", newer[0], "made by a newer newsactors", UPDATE))
    elif not damaged and con is not None and _is_linked(con):
        lost = lost_decisions(con, ledger, files, is_damaged=False).num_rows
        if lost:
            found.append(
                Finding("ledger", "amiss", ledger.folder, f"{lost:,} names are linked and not "
                        "in it", f"restore it from a backup, or {REPAIR}: what is linked is "
                        "entered again")
            )  # fmt: skip
    yield from _or_sound("ledger", ledger.folder, found, f"{len(files):,} files")


def _is_linked(con: Connection) -> bool:
    """Whether the links are those of all that is loaded, forgetting included."""
    linked = build.get_property(con, "linked_generation") or ""
    return linked.partition("+")[0] == build.get_property(con, "generation")


def _corrections(settings: Settings) -> Found:
    path = corrections_file(settings)
    found, count = [], 0
    try:
        count = len(read_corrections(settings))
    except RegistryError as error:
        found.append(
            Finding("corrections", "amiss", path, str(error), "mend this line; it is yours, and "
                    "nothing here changes it")
        )  # fmt: skip
    try:
        load_mappings(settings.field_mappings)
    except MappingError as error:
        found.append(
            Finding("corrections", "amiss", settings.field_mappings, str(error), "mend it")
        )
    yield from _or_sound("corrections", path, found, f"{count:,} corrections")


# What was extracted


def _staging(settings: Settings, con: Connection | None) -> Found:
    stage = Staging(settings.extracted)
    found = [
        Finding("staging", "amiss", fault.path, fault.why, REPAIR)
        for batch in stage.every_batch()
        for fault in batch_faults(batch)
    ]
    if found:
        yield from found
        return
    newer = [b for b in stage.every_batch() if b.layout > schema.SCHEMA_VERSION]
    if newer:
        yield Finding("staging", "amiss", newer[0].path, "made by a newer newsactors", UPDATE)
        return
    older = [b for b in stage.every_batch() if b.layout < schema.SCHEMA_VERSION]
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
            Finding("staging", "amiss", stage.root, f"lost: articles {', '.join(lost)}", REPAIR)
        )
    elif con is not None and is_all_loaded(settings, con):
        other = recovery.deviating(con, stage.batches())
        if other:
            found.append(
                Finding("staging", "amiss", stage.root, f"{len(other):,} texts are loaded as "
                        "another extractor saw them: a re-extraction was lost", REPAIR)
            )  # fmt: skip
    yield from _or_sound("staging", stage.root, found, f"{len(stage.batches()):,} batches")


def batch_faults(batch: Batch) -> list[checksums.Fault]:
    """What is not as it was written in a batch; notes that are missing are only of older ones."""
    return [*checksums.faults(batch.path), *_unreadable(batch)]


def _unreadable(batch: Batch) -> Iterator[checksums.Fault]:
    """Files of a batch without sound notes that cannot be read whole."""
    try:
        if checksums.noted(batch.path):
            return
    except checksums.DamagedError:
        pass
    for path in batch.expected_files():
        try:
            duckdb.execute("select count(hash(t)) from read_parquet(?) t", [str(path)])
        except duckdb.Error:
            why = "cannot be read" if path.exists() else "is missing"
            yield checksums.Fault(path, why)


def is_all_loaded(settings: Settings, con: Connection) -> bool:
    """Whether all that is staged is loaded, and all that is to be forgotten forgotten."""
    stones = RawArchive(settings.raw).tombstones()
    last = str(stones[-1].sequence) if stones else None
    is_forgotten = build.get_property(con, FORGOTTEN_THROUGH) == last
    return is_forgotten and not build.pending(con, Staging(settings.extracted).batches())


def _reextraction(settings: Settings) -> Found:
    folder = settings.reextraction
    found = [
        Finding("reextraction", "amiss", fault.path, fault.why,
                f"{REPAIR} moves it aside; {_of_reextraction(settings, fault.path)}")
        for fault in reextraction_faults(settings)
    ]  # fmt: skip
    count = sum(1 for path in folder.glob("*/") if not path.name.startswith("."))
    yield from _or_sound("reextraction", folder, found, f"{count:,} editions")


def reextraction_faults(settings: Settings) -> list[checksums.Fault]:
    """What is not as it was written beside the active rows."""
    folders = [settings.reextraction, *sorted(settings.reextraction.glob("*/"))]
    found = [fault for folder in folders for fault in checksums.faults(folder)]
    for folder in folders[1:]:
        for batch in Staging(folder).every_batch():
            found += batch_faults(batch)
    return found


def _of_reextraction(settings: Settings, path: Path) -> str:
    part = path.relative_to(settings.reextraction).parts[0]
    if part == "candidate":
        return "`newsactors reextract --diff` extracts again what is missing"
    if part.startswith("former-"):
        return "then the last promotion cannot be rolled back"
    return "then the default extractor reads new articles, until you promote another"


# Files that databases are


def _state(settings: Settings) -> Found:
    path = settings.state_file
    if not path.exists():
        if RawArchive(settings.raw).manifest.exists():
            yield Finding("state", "amiss", path, "is missing", f"{REPAIR} takes runs and "
                          "quarantine from what is published")  # fmt: skip
        else:
            yield Finding("state", "sound", path, "nothing yet")
        return
    if state_check.is_in_use(path):
        yield Finding("state", "note", path, "a transaction is under way, or was cut off",
                      "the next to open it ends that")  # fmt: skip
        return
    if faults := state_check.faults(path):
        for fault in faults[:SHOWN]:
            yield Finding("state", "amiss", path, fault, REPAIR)
        return
    version = state_check.version_of(path)
    if version > STATE_VERSION:
        yield Finding("state", "amiss", path, "made by a newer newsactors", UPDATE)
        return
    yield Finding("state", "sound", path, f"layout {version}")
    if version < STATE_VERSION:
        yield Finding("state", "note", path, f"of layout {version}", "the next run brings it up "
                      f"to layout {STATE_VERSION}")  # fmt: skip


def _busy(settings: Settings) -> Found:
    yield Finding("build", "note", settings.build_file, "a run is under way: not looked at",
                  "ask again when it is done")  # fmt: skip


def _build(settings: Settings) -> Found:
    path = settings.build_file
    if not path.exists():
        is_lost = bool(Staging(settings.extracted).batches())
        yield Finding("build", "amiss" if is_lost else "note", path, "is not there",
                      f"the next {RUN} or {REPAIR} loads it from staging")  # fmt: skip
        return
    if faults := build_faults(settings):
        for fault in faults[:SHOWN]:
            yield Finding("build", "amiss", path, fault, REPAIR)
        return
    with open_sound(settings) as con:
        layout = layout_of(con, "bookkeeping.properties")
        through = recovery.loaded_through(con) if layout == schema.SCHEMA_VERSION else 0
    yield from _layout("build", path, layout, f"loaded through line {through:,}")


def _layout(part: str, path: Path, layout: int | None, what: str) -> Found:
    if layout is not None and layout > schema.SCHEMA_VERSION:
        yield Finding(part, "amiss", path, f"of layout {layout}, newer than "
                      f"{schema.SCHEMA_VERSION}", UPDATE)  # fmt: skip
    elif layout != schema.SCHEMA_VERSION:
        yield Finding(part, "note", path, f"of layout {layout}, older than "
                      f"{schema.SCHEMA_VERSION}", f"the next {RUN} makes it again")  # fmt: skip
    else:
        yield Finding(part, "sound", path, f"{what}, {path.stat().st_size / 1e6:,.1f} MB")


def _published(settings: Settings) -> Found:
    link, found = settings.published, list[Finding]()
    numbers = snapshot_numbers(settings.snapshots)
    if not link.exists():
        if numbers or link.is_symlink():
            yield Finding("published", "amiss", link, "the link to what is published is lost",
                          REPAIR)  # fmt: skip
        else:
            yield Finding("published", "note", link, "nothing is published yet", RUN)
        return
    current = link.resolve()
    if not link.is_symlink() or settings.snapshots.resolve() not in current.parents:
        yield Finding("published", "amiss", link, "is no link to a snapshot", REPAIR)
        return
    for number in sorted(numbers):
        file = settings.snapshots / str(number) / link.name
        for fault in snapshot_faults(file):
            is_read = file.resolve() == current
            found.append(
                Finding("published", "amiss", file, f"{fault}{'' if is_read else ' (not read)'}",
                        REPAIR)
            )  # fmt: skip
        found += _opened_for_writing(file)
    if any(f.level == "amiss" and f.path == current for f in found):
        yield from found
        return
    with duckdb.connect(str(current), read_only=True) as con:
        layout = layout_of(con, "loaded.warehouse_info")
    yield from _layout("published", link, layout, f"snapshot {current.parent.name}")
    yield from found


def _opened_for_writing(file: Path) -> Found:
    if build.wal_of(file).exists():
        yield Finding("published", "amiss", build.wal_of(file), "somebody opened the file "
                      "read-write: readers see what they changed", REPAIR)  # fmt: skip
    elif file.exists() and stat.S_IMODE(file.stat().st_mode) & 0o222:
        yield Finding("published", "amiss", file, "can be written to; it is to be read-only",
                      REPAIR)  # fmt: skip


# The folder


def _folder(settings: Settings, *, is_busy: bool) -> Found:
    home, found = settings.home, list[Finding]()
    if is_busy:
        found.append(Finding("folder", "note", home, "a run is under way", ""))
    else:
        for path in leftovers(settings):
            found.append(Finding("folder", "note", path, "left by a run that was killed",
                                 "the next run removes or replaces it"))  # fmt: skip
    if settings.damaged.exists():
        found.append(Finding("folder", "note", settings.damaged, "what repairs moved aside",
                             "yours to look at and delete"))  # fmt: skip
    if home.exists() and settings.build_file.exists():
        free = shutil.disk_usage(home).free
        needed = FREE_SPACE_FACTOR * settings.build_file.stat().st_size
        if free < needed:
            found.append(
                Finding("folder", "amiss", home, f"{free / 1e6:,.0f} MB free, {needed / 1e6:,.0f} "
                        "MB needed to publish", "free some space")
            )  # fmt: skip
    yield from _or_sound("folder", home, found, "")


def leftovers(settings: Settings) -> list[Path]:
    """What killed runs left of unfinished work."""
    folders: list[tuple[Path, Callable[[Path], Iterator[Path]]]] = [
        (settings.snapshots, lambda f: f.glob(".*.tmp")),
        (settings.extracted, lambda f: f.glob(".*")),
        (settings.raw, lambda f: f.glob("objects/*/*.tmp")),
        (settings.identity_ledger, lambda f: f.glob("*.tmp")),
    ]
    found = [path for folder, glob in folders if folder.exists() for path in glob(folder)]
    if build.wal_of(settings.build_file).exists():
        found.append(build.wal_of(settings.build_file))
    return sorted(found)
