"""Examining the parts that others cannot replace: manifest, archive, ledger, corrections.

Changes nothing. Does not belong here: parts derived from these (`etl.doctor.examine_derived`), and
repairing them (`etl.doctor.repair`).
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from etl.corrections.csv_file import RegistryError, corrections_file, read_corrections
from etl.doctor.findings import REPAIR, RUN, UPDATE, Connection, Finding, Found, or_sound
from etl.linking.ledger import LEDGER_VERSION, Ledger, LedgerError, version_of
from etl.linking.ledger_recovery import lost_decisions
from etl.readers.field_mapping import MappingError, load_mappings
from etl.settings import Settings
from etl.storage import checksums
from etl.storage.archive import ArchiveError, RawArchive
from etl.storage.manifest_copies import compare
from etl.warehouse import build_db
from etl.warehouse.archive_link import Mismatch

SHOWN = 5


def manifest_findings(settings: Settings, mismatch: Mismatch | None) -> Found:
    """Yield the state of the manifest and its copy, and whether other parts were made from it."""
    archive = RawArchive(settings.raw)
    compared = compare(archive)
    found = []
    if mismatch is not None:
        found.append(
            Finding("manifest", "damaged", archive.manifest, mismatch.describe(), mismatch.remedy())
        )
    for path, sequences in compared.damaged.items():
        if repairable := sorted(set(sequences) - set(compared.lost)):
            other = "its copy" if path == archive.manifest else "the manifest"
            found.append(
                Finding("manifest", "damaged", path, f"damaged or missing: {_lines(repairable)}; "
                        f"{other} holds them", REPAIR)
            )  # fmt: skip
    if compared.lost:
        found.append(
            Finding("manifest", "damaged", archive.manifest, f"lost in both copies: "
                    f"{_lines(compared.lost)}", f"restore it from a backup, or {REPAIR}: what is "
                    "loaded says what arrived")
        )  # fmt: skip
    if compared.disputed:
        found.append(
            Finding("manifest", "damaged", archive.manifest, "differs from its copy, without a "
                    f"checksum to decide: {_lines(compared.disputed)}", "compare them by hand, or "
                    f"{REPAIR}, which keeps the manifest's lines")
        )  # fmt: skip
    if compared.behind:
        found.append(
            Finding("manifest", "note", archive.manifest_copy, f"the copy is {compared.behind:,} "
                    "lines behind", f"the next {RUN} that archives something updates it")
        )  # fmt: skip
    yield from or_sound("manifest", archive.manifest, found, f"{compared.count:,} lines")


def _lines(sequences: list[int]) -> str:
    shown = ", ".join(map(str, sequences[:SHOWN]))
    more = f" and {len(sequences) - SHOWN:,} more" if len(sequences) > SHOWN else ""
    return f"line{'s' if len(sequences) > 1 else ''} {shown}{more}"


def damaged_objects(settings: Settings) -> dict[str, tuple[str, list[str]]]:
    """Return the damaged originals by hash: what is wrong, and the paths they were read from.

    Lines of the manifest that cannot be read are skipped.
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
    # Read last: an article may have been forgotten in the meantime.
    forgotten = {h for e in archive.readable_entries() for h in e.forgets}
    return {sha256: why for sha256, why in found.items() if sha256 not in forgotten}


def archive_findings(settings: Settings) -> Found:
    """Yield the originals whose bytes have changed."""
    archive = RawArchive(settings.raw)
    found = [
        Finding("archive", "damaged", archive.object_path(sha256), f"{why} (original: "
                f"{', '.join(paths[:SHOWN])})", f"put the original back where it was and {REPAIR}, "
                "or restore this file from a backup")
        for sha256, (why, paths) in damaged_objects(settings).items()
    ]  # fmt: skip
    count = sum(1 for _ in archive.root.glob("objects/*/*.zst"))
    yield from or_sound("archive", archive.root / "objects", found, f"{count:,} files")


def ledger_damage(ledger: Ledger) -> tuple[list[str], bool]:
    """Return the names of damaged or missing files, and whether the checksums are damaged."""
    try:
        noted = set(checksums.recorded(ledger.folder))
        damaged = {fault.path.name for fault in checksums.faults(ledger.folder)}
        are_checksums_damaged = False
    except checksums.DamagedError:
        noted, damaged, are_checksums_damaged = set(), set(), True
    existing = {path.name for path in ledger.folder.glob("*.parquet")}
    for name in existing - damaged:
        try:
            version_of(ledger.folder / name)
            duckdb.execute("select max(columns(*)) from read_parquet(?)",
                           [str(ledger.folder / name)])  # fmt: skip
        except (LedgerError, duckdb.Error):
            damaged.add(name)
    last = max((int(name.partition(".")[0]) for name in noted | existing), default=0)
    missing = {f"{number:06}.parquet" for number in range(1, last + 1)} - existing
    return sorted(damaged | missing), are_checksums_damaged


def sound_files(ledger: Ledger, damaged: list[str]) -> list[Path]:
    """Return the files of the ledger that are not damaged, in order."""
    return sorted(p for p in ledger.folder.glob("*.parquet") if p.name not in damaged)


def ledger_findings(settings: Settings, con: Connection | None) -> Found:
    """Yield the state of the identity ledger; `con` is open on the build file if it is sound."""
    ledger = Ledger(settings.identity_ledger)
    damaged, are_checksums_damaged = ledger_damage(ledger)
    files = sound_files(ledger, damaged)
    found = [
        Finding("ledger", "damaged", ledger.folder / name, "is damaged or missing",
                f"restore it from a backup, or {REPAIR}: it is rebuilt from the links")
        for name in damaged
    ]  # fmt: skip
    if are_checksums_damaged:
        path = ledger.folder / checksums.NAME
        found.append(Finding("ledger", "damaged", path, "the list of checksums is damaged", REPAIR))
    if newer := [file for file in files if version_of(file) > LEDGER_VERSION]:
        found.append(Finding("ledger", "damaged", newer[0], "made by a newer newsactors", UPDATE))
    elif not damaged and con is not None and _is_linked(con):
        lost = lost_decisions(con, ledger, files, is_damaged=False).num_rows
        if lost:
            found.append(
                Finding("ledger", "damaged", ledger.folder, f"{lost:,} names are linked and not "
                        "in it", f"restore it from a backup, or {REPAIR}: the links are "
                        "entered again")
            )  # fmt: skip
    yield from or_sound("ledger", ledger.folder, found, f"{len(files):,} files")


def _is_linked(con: Connection) -> bool:
    """Whether everything that is loaded is linked, after forgotten articles were removed."""
    linked = build_db.get_property(con, "linked_generation") or ""
    return linked.partition("+")[0] == build_db.get_property(con, "generation")


def _applied(con: Connection) -> set[str]:
    rows = con.execute("select correction_id from loaded.corrections").fetchall()
    return {correction_id for (correction_id,) in rows}


def corrections_findings(settings: Settings, con: Connection | None) -> Found:
    """Yield the lines of `corrections.csv` and `fields.yaml` that cannot be read.

    And corrections that are applied in the build file, on which `con` is open, and not on file.
    """
    path = corrections_file(settings)
    found, count = [], 0
    try:
        corrections = read_corrections(settings)
        count = len(corrections)
        if con is not None and (gone := _applied(con) - {c.id for c in corrections}):
            found.append(
                Finding("corrections", "note", path, "applied and no longer in the file: "
                        f"{', '.join(sorted(gone))}", "restore the file from a backup, or the next "
                        f"{RUN} takes back what they did")
            )  # fmt: skip
    except RegistryError as error:
        found.append(
            Finding("corrections", "damaged", path, str(error), "fix this line; newsactors never "
                    "changes it")
        )  # fmt: skip
    try:
        load_mappings(settings.field_mappings)
    except MappingError as error:
        found.append(
            Finding("corrections", "damaged", settings.field_mappings, str(error), "fix it")
        )
    yield from or_sound("corrections", path, found, f"{count:,} corrections")
