"""Reading the build file and the published file whole, to know whether they are sound.

DuckDB keeps a checksum with each block of 256 KiB and asks it whenever a block is read from disk
(1.5.5: of 352 flipped bits in headers and blocks it refused to read 339; the other 13 were in
blocks that no table uses, and every row came back as it was). So a scan of all columns of all
tables finds what matters. Of a published file the checksum noted at its publish says more: it
covers every byte.
Does not belong here: other files, and what to do about damage.
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
"""Checks of what follows a load, with the property that says it was done."""


def open_read_only(file: Path) -> duckdb.DuckDBPyConnection:
    """A connection that changes nothing; a log beside the file is read and left."""
    con = duckdb.connect(str(file), read_only=True)
    con.execute("set TimeZone = 'UTC'")
    return con


def layout_of(con: duckdb.DuckDBPyConnection, table: str) -> int | None:
    """The layout that a file says it has, in one of its two tables of properties."""
    try:
        row = con.execute(f"select value from {table} where property = 'schema_version'").fetchone()
    except duckdb.CatalogException:
        return None
    return int(row[0]) if row else None


def build_faults(settings: Settings) -> list[str]:
    """What is amiss with the build file; the caller keeps writers off. An older layout is not."""
    try:
        with open_read_only(settings.build_file) as con:
            _scan(con)
            if layout_of(con, "bookkeeping.properties") != tables.SCHEMA_VERSION:
                return []
            problems = checks.check_loaded(con)
            generation = build_db.get_property(con, "generation") or ""
            for name, check in LINKED_STAGES:
                # Else it is due: a run was killed before it came to that.
                stamp = build_db.get_property(con, name) or ""
                if stamp.partition("+")[0] == generation:
                    problems += check(con)
            return [str(problem) for problem in problems]
    except (duckdb.Error, ValueError, NewsactorsError) as error:
        return [_first_line(error)]


def snapshot_faults(file: Path) -> list[str]:
    """What is amiss with a published file, of this or an older version."""
    if not file.exists():
        return ["is missing"]
    if found := checksums.faults(file.parent):
        return [fault.why for fault in found if fault.path == file] or [
            f"{fault.path.name} {fault.why}" for fault in found
        ]
    try:
        if (known := block_copy.noted(file)) is not None:
            return [] if known.is_of(file) else [checksums.ALTERED]
        if checksums.noted(file.parent):
            return []  # of an older version, which noted the whole file
        with open_read_only(file) as con:
            _scan(con)
    except (duckdb.Error, OSError, NewsactorsError) as error:
        return [_first_line(error)]
    return []


@contextmanager
def sound_snapshot(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection | None]:
    """A connection to the newest sound snapshot of today's layout; None where there is none."""
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
    """A connection to a sound schema `loaded`: the build file's, else that of a snapshot.

    None where there is none of today's layout. The caller holds the writer lock.
    """
    if settings.build_file.exists() and not build_faults(settings):
        with open_read_only(settings.build_file) as con:
            if layout_of(con, "bookkeeping.properties") == tables.SCHEMA_VERSION:
                yield con
                return
    with sound_snapshot(settings) as snapshot:
        yield snapshot


def _scan(con: duckdb.DuckDBPyConnection) -> None:
    """Read every value of every table. Raises duckdb.Error where a block is damaged."""
    for name, table in con.execute(
        "select schema_name, table_name from duckdb_tables() where not internal and not temporary"
    ).fetchall():
        con.execute(f'select bit_xor(hash(t)) from "{name}"."{table}" as t').fetchall()


def _first_line(error: Exception) -> str:
    return next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
