"""Checks the state file for damage, and rebuilds it from other sources.

Belongs here: inspecting the file read-only, and filling a new one. Does not belong here: everyday
use (`storage.run_state`).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import duckdb

from etl.schema import tables
from etl.storage.archive import RawArchive
from etl.storage.run_state import State
from etl.storage.state_file import STATE_VERSION, TABLES, columns_of, ensure_schema, row_crc

_HEADER = {16: b"\x10\x00\x01\x01\x00\x40\x20\x20", 44: b"\0\0\0\4", 56: b"\0\0\0\1"}
"""Bytes by offset that SQLite writes into our file: page size, versions, text encoding."""

Row = dict[str, Any]


def is_in_use(path: Path) -> bool:
    """Whether a transaction is open or was interrupted; the next process to open it ends it."""
    return path.with_name(f"{path.name}-journal").exists()


def version_of(path: Path) -> int:
    """Return the schema version of a readable file. Raises sqlite3.Error."""
    with closing(_open(path)) as con:
        # Version 1 recorded no version.
        return int(con.execute("pragma user_version").fetchone()[0]) or 1


def faults(path: Path) -> list[str]:
    """Return what is damaged: the header, the structure, or rows that fail their checksum."""
    header = path.read_bytes()[:100]
    found = [
        f"the header is damaged at byte {at}"
        for at, want in _HEADER.items()
        if header[at : at + len(want)] != want
    ]
    try:
        with closing(_open(path)) as con:
            rows = con.execute("pragma integrity_check").fetchall()
            found += [str(why) for (why,) in rows if why != "ok"]
            if con.execute("pragma user_version").fetchone() != (STATE_VERSION,):
                return found
            with closing(sqlite3.connect(":memory:")) as fresh:
                ensure_schema(fresh)
                if _layout(con) != _layout(fresh):
                    found.append("its tables differ from their definition")
            for table in TABLES:
                bad = sum(not is_sound for _, is_sound in _rows(con, table))
                if bad:
                    found.append(f"{bad:,} rows of {table} fail their checksum")
    except (sqlite3.Error, UnicodeDecodeError) as error:
        found.append(f"it cannot be read: {error}")
    return found


def restore(
    path: Path, damaged: Path | None, published: duckdb.DuckDBPyConnection | None, raw: RawArchive
) -> None:
    """Rebuild the file from sound rows of the damaged one, published rows, and the manifest.

    Seen files that are only known from the manifest have no size or time, so the next run hashes
    them again but does not read them again.
    """
    sound = {table: _sound_rows(damaged, table) for table in TABLES}
    state = State(path)
    state.catch_up(raw)
    # Published rows are as old as the last publish, so sound rows of the file replace them.
    if published is not None:
        add_published(path, published)
    with closing(sqlite3.connect(path)) as con, con:
        ensure_schema(con)
        for table, rows in sound.items():
            _insert(con, table, rows, "replace")
    # What was damaged may have been in quarantine: the next run completes it.
    state.begin_reading(state.reading())


def add_published(
    path: Path, published: duckdb.DuckDBPyConnection, paths: Collection[str] | None = None
) -> None:
    """Add published runs and quarantined items that the file lacks.

    With `paths`, only the items of these files, whose items are replaced.
    """
    runs = [_of_run(row) for row in _published(published, tables.INGEST_RUNS)]
    rejected = _published(published, tables.QUARANTINE)
    for row in rejected:
        del row["attempts"], row["quarantine_id"]  # derived from other columns
    if paths is not None:
        rejected = [row for row in rejected if row["source_path"] in paths]
    with closing(sqlite3.connect(path)) as con, con:
        ensure_schema(con)
        con.executemany(
            "delete from quarantine where source_path = ? and source_sha256 <> ''",
            [(name,) for name in paths or ()],
        )
        _insert(con, "runs", runs, "ignore")
        _insert(con, "quarantine", rejected, "ignore")


def _open(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)


def _layout(con: sqlite3.Connection) -> list[tuple[Any, ...]]:
    found = []
    for table in TABLES:
        columns = con.execute(
            'select name, type, "notnull", dflt_value, pk from pragma_table_info(?)', [table]
        )
        found += columns.fetchall()
    return (
        found
        + con.execute(
            "select name, sql from sqlite_schema where type = 'trigger' order by 1"
        ).fetchall()
    )


def _rows(con: sqlite3.Connection, table: str) -> Iterable[tuple[Row, bool]]:
    """Yield the rows of a table, and whether each matches its checksum."""
    columns = columns_of(con, table)
    for *values, crc in con.execute(f"select {', '.join(columns)}, crc from {table}"):
        try:
            is_sound = row_crc(*values) == crc
        except TypeError:  # a blob, which is never written
            is_sound = False
        yield dict(zip(columns, values, strict=True)), is_sound


def _sound_rows(path: Path | None, table: str) -> list[Row]:
    """Return the sound rows that can still be read."""
    found: list[Row] = []
    if path is not None:
        with suppress(sqlite3.Error, UnicodeDecodeError), closing(_open(path)) as con:
            found.extend(row for row, is_sound in _rows(con, table) if is_sound)
    return found


def _published(con: duckdb.DuckDBPyConnection, table: tables.Table) -> list[Row]:
    rows: list[Row] = con.execute(f"from loaded.{table.name}").to_arrow_table().to_pylist()
    return [
        {name: v.isoformat() if hasattr(v, "isoformat") else v for name, v in row.items()}
        for row in rows
    ]


def _of_run(row: Row) -> Row:
    if row["status"] == "running":
        row |= {"status": "failure", "error": "its outcome is lost"}
    return row | {"pid": 0}


def _insert(con: sqlite3.Connection, table: str, rows: Sequence[Row], on_conflict: str) -> None:
    for row in rows:
        con.execute(
            f"insert or {on_conflict} into {table} ({', '.join(row)}) "
            f"values ({', '.join('?' * len(row))})",
            list(row.values()),
        )
