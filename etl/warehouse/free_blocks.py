"""Free blocks of the build file: how many there are, and rewriting the file without them.

Belongs here: DuckDB's blocks in use, and the compact copy of the build file. Does not belong here:
copying blocks to a snapshot (`warehouse.block_copy`), files of the archive (`storage.compaction`).

A refresh replaces rows of many tables in one transaction, so it writes new blocks while the old
ones are in use. Later runs fill those, but DuckDB shortens a file only if its last blocks are free.
Of 48 articles, 4 extracted again left a file of 20 MB instead of 14 MB (docs/adr/0042).
"""

from __future__ import annotations

import logging
import shutil
from dataclasses import dataclass
from pathlib import Path

import duckdb

from etl.storage.files import sync_directory, sync_file
from etl.warehouse import build_db

_LOG = logging.getLogger(__name__)

SPARSE = 0.2
"""The share of free blocks from which a file is rewritten. A first ingest leaves 0.02, a refresh
of a small file 0.25; a night of a large file changes few blocks."""
GROWN = 1.25
"""Likewise the growth since then: replaced rows also leave blocks in use that hold few rows. Of 124
articles, 3 extracted again took the file from 16 to 25 MB, with only 0.14 of its blocks free."""
COMPACT_SIZE = "compact_size"
"""Property: the bytes of the file when it was last rewritten, or first looked at."""
LARGEST = 256 << 20
"""Bytes of the largest file that is rewritten: that takes about a second for each 30 MB. Larger
files keep their free blocks, which the next runs fill."""


@dataclass(frozen=True)
class Blocks:
    """The blocks of a DuckDB file, and the bytes of one."""

    size: int
    total: int
    free: int

    @property
    def free_bytes(self) -> int:
        """The bytes of the free blocks."""
        return self.size * self.free

    @property
    def share_free(self) -> float:
        """Free blocks of all, 0..1."""
        return self.free / self.total if self.total else 0.0


def blocks_of(con: duckdb.DuckDBPyConnection) -> Blocks:
    """The blocks of the database that is open."""
    row = con.execute(
        "select block_size, total_blocks, free_blocks from pragma_database_size() "
        "where database_name = current_database()"
    ).fetchone()
    return Blocks(*row) if row else Blocks(0, 0, 0)


def compact(path: Path) -> bool:
    """Rewrite the build file if much of it is free or it grew; return whether that was done.

    The caller holds the writer lock and no connection to the file. The new file has the same rows
    in the same order, the same views, macros and comments. A kill leaves the old file or the new
    one. If the copy fails, the old file stays and a warning is logged.
    """
    copy = path.with_name(f"{path.name}.compact")
    remove(copy)  # of a run that was killed
    size = path.stat().st_size
    if size > LARGEST or shutil.disk_usage(path.parent).free < 2 * size:
        return False
    with build_db.open_build(path) as con:
        known = build_db.get_property(con, COMPACT_SIZE)
        if known is None:
            build_db.set_property(con, COMPACT_SIZE, str(size))
        if blocks_of(con).share_free < SPARSE and size <= GROWN * int(known or size):
            return False
    try:
        _copy(path, copy)
    except (duckdb.Error, OSError) as error:
        remove(copy)
        _LOG.warning("the build file keeps its free blocks, for a copy failed: %s", error)
        return False
    copy.replace(path)
    sync_directory(path.parent)
    return True


def _copy(path: Path, copy: Path) -> None:
    with duckdb.connect() as con:
        con.execute("set temp_directory = $folder", {"folder": f"{path}.tmp"})
        for name, file, mode in (("old", path, " (read_only)"), ("new", copy, "")):
            con.execute(f"attach '{str(file).replace(chr(39), chr(39) * 2)}' as {name}{mode}")
        con.execute("copy from database old to new")
        con.execute("checkpoint new")
        con.execute("use new")
        build_db.set_property(con, COMPACT_SIZE, str(copy.stat().st_size))
        con.execute("use memory")
    sync_file(copy)


def remove(copy: Path) -> None:
    """Remove an unfinished copy and its write-ahead log, if there is one."""
    copy.unlink(missing_ok=True)
    build_db.wal_of(copy).unlink(missing_ok=True)
