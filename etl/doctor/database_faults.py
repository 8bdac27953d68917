"""Whether the build file and the published files are sound: they are read completely.

DuckDB keeps a checksum with each block of 256 KiB and verifies it whenever it reads the block from
disk (1.5.5: of 352 flipped bits in headers and blocks it refused to read 339; the other 13 were in
blocks that no table uses, and every row was returned unchanged). So a scan of all columns of all
tables finds every fault that matters. For a published file, the checksum noted at its publish is
stronger: it covers every byte.

Does not belong here: other files, and what to do about damage (`etl.doctor.repair`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from etl.errors import NewsactorsError
from etl.schema import tables
from etl.settings import Settings
from etl.storage import checksums
from etl.warehouse import block_copy, build_db, checks
from etl.warehouse.publish import FILE, snapshot_numbers

LINKED_STAGES = (
    ("linked_generation", checks.check_links),
    ("storied_generation", checks.check_stories),
)
"""Checks of the stages after a load, with the property that notes when the stage ran."""


def open_read_only(file: Path) -> duckdb.DuckDBPyConnection:
    """Open a database read-only; a write-ahead log beside the file is read and left in place."""
    con = duckdb.connect(str(file), read_only=True)
    con.execute("set TimeZone = 'UTC'")
    return con


def layout_of(con: duckdb.DuckDBPyConnection, table: str) -> int | None:
    """Return the layout recorded in this table of properties; None if there is none."""
    try:
        row = con.execute(f"select value from {table} where property = 'schema_version'").fetchone()
    except duckdb.CatalogException:
        return None
    return int(row[0]) if row else None


def build_faults(settings: Settings) -> list[str]:
    """Return the faults of the build file (an older layout is none); the caller blocks writers."""
    try:
        with open_read_only(settings.build_file) as con:
            _scan(con)
            if layout_of(con, "bookkeeping.properties") != tables.SCHEMA_VERSION:
                return []
            problems = checks.check_loaded(con)
            generation = build_db.get_property(con, "generation") or ""
            for name, check in LINKED_STAGES:
                # Otherwise the stage is due: a run was killed before it.
                stamp = build_db.get_property(con, name) or ""
                if stamp.partition("+")[0] == generation:
                    problems += check(con)
            return [str(problem) for problem in problems]
    except (duckdb.Error, ValueError, NewsactorsError) as error:
        return [_first_line(error)]


def snapshot_faults(file: Path) -> list[str]:
    """Return the faults of a published file, made by this or an older version."""
    if not file.exists():
        return ["is missing"]
    if found := checksums.faults(file.parent):
        return [fault.why for fault in found if fault.path == file] or [
            f"{fault.path.name} {fault.why}" for fault in found
        ]
    try:
        if (known := block_copy.noted(file)) is not None:
            return [] if known.is_of(file) else [checksums.ALTERED]
        if checksums.recorded(file.parent):
            return []  # made by an older version, which noted a checksum of the whole file
        with open_read_only(file) as con:
            _scan(con)
    except (duckdb.Error, OSError, NewsactorsError) as error:
        return [_first_line(error)]
    return []


@contextmanager
def sound_snapshot(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection | None]:
    """Yield a connection to the newest sound snapshot of the current layout, or None."""
    for number in sorted(snapshot_numbers(settings.snapshots), reverse=True):
        file = settings.snapshots / str(number) / FILE
        if not snapshot_faults(file):
            with open_read_only(file) as con:
                if layout_of(con, "loaded.warehouse_info") == tables.SCHEMA_VERSION:
                    yield con
                    return
    yield None


@contextmanager
def sound_loaded(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection | None]:
    """Yield a connection to a sound schema `loaded`: the build file's, else a snapshot's.

    Yields None if there is none of the current layout. The caller holds the writer lock.
    """
    if settings.build_file.exists() and not build_faults(settings):
        with open_read_only(settings.build_file) as con:
            if layout_of(con, "bookkeeping.properties") == tables.SCHEMA_VERSION:
                yield con
                return
    with sound_snapshot(settings) as snapshot:
        yield snapshot


def _scan(con: duckdb.DuckDBPyConnection) -> None:
    """Read every value of every table. Raises duckdb.Error if a block is damaged."""
    for name, table in con.execute(
        "select schema_name, table_name from duckdb_tables() where not internal and not temporary"
    ).fetchall():
        con.execute(f'select bit_xor(hash(t)) from "{name}"."{table}" as t').fetchall()


def _first_line(error: Exception) -> str:
    return next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
