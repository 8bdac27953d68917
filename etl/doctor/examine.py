"""Looking at every part of a warehouse, changing nothing: the whole, the archive, what was decided.

Readers are not disturbed. A run that starts while the build file is read waits for that, as it
would for another run: for that time the writer lock is shared, because DuckDB would refuse the file
to a writer. Where a run is under way, the build file is left out, and that is said.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import duckdb

from etl.corrections.csv_file import RegistryError, corrections_file, read_corrections
from etl.doctor.databases import open_read_only
from etl.doctor.examine_made import (
    build_findings,
    busy_findings,
    published_findings,
    reextraction_findings,
    staging_findings,
    state_findings,
)
from etl.doctor.findings import REPAIR, RUN, UPDATE, Connection, Finding, Found, or_sound
from etl.linking.ledger import LEDGER_VERSION, Ledger, LedgerError, version_of
from etl.linking.ledger_recovery import lost_decisions
from etl.readers.field_mapping import MappingError, load_mappings
from etl.settings import Settings
from etl.storage import checksums, manifest
from etl.storage.archive import ArchiveError, RawArchive
from etl.storage.files import shared_lock
from etl.warehouse import build_db
from etl.warehouse.publish import FREE_SPACE_FACTOR

SHOWN = 5


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
        built = list(build_findings(settings) if may_read else busy_findings(settings))
        con = (
            stack.enter_context(open_read_only(settings.build_file))
            if all(finding.level == "sound" for finding in built)
            else None
        )
        ledger = list(_ledger(settings, con))
        staging = list(staging_findings(settings, con))
    return [
        *_manifest(settings),
        *_archive(settings),
        *ledger,
        *_corrections(settings),
        *staging,
        *reextraction_findings(settings),
        *state_findings(settings),
        *built,
        *published_findings(settings),
        *_folder(settings, is_busy=is_busy),
    ]


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
    yield from or_sound("manifest", archive.manifest, found, f"{compared.count:,} lines")


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
    yield from or_sound("archive", archive.root / "objects", found, f"{count:,} files")


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
    yield from or_sound("ledger", ledger.folder, found, f"{len(files):,} files")


def _is_linked(con: Connection) -> bool:
    """Whether the links are those of all that is loaded, forgetting included."""
    linked = build_db.get_property(con, "linked_generation") or ""
    return linked.partition("+")[0] == build_db.get_property(con, "generation")


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
    yield from or_sound("corrections", path, found, f"{count:,} corrections")


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
    yield from or_sound("folder", home, found, "")


def leftovers(settings: Settings) -> list[Path]:
    """What killed runs left of unfinished work."""
    folders: list[tuple[Path, Callable[[Path], Iterator[Path]]]] = [
        (settings.snapshots, lambda f: f.glob(".*.tmp")),
        (settings.extracted, lambda f: f.glob(".*")),
        (settings.raw, lambda f: f.glob("objects/*/*.tmp")),
        (settings.identity_ledger, lambda f: f.glob("*.tmp")),
    ]
    found = [path for folder, glob in folders if folder.exists() for path in glob(folder)]
    if build_db.wal_of(settings.build_file).exists():
        found.append(build_db.wal_of(settings.build_file))
    return sorted(found)
