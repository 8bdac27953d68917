"""Whether the state file is sound, and making it again from what else is known.

Belongs here: reading the file as it is, changing nothing, and filling a new one. Does not belong
here: its daily use (`state`).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
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
"""What SQLite writes at these places of a file of ours: page size, versions, encoding."""

Row = dict[str, Any]


def is_in_use(path: Path) -> bool:
    """Whether a transaction is under way, or was cut off: the next to open the file ends it."""
    return path.with_name(f"{path.name}-journal").exists()


def version_of(path: Path) -> int:
    """The layout of a file that can be read. Raises sqlite3.Error."""
    with closing(_open(path)) as con:
        # The first layout said nothing of itself.
        return int(con.execute("pragma user_version").fetchone()[0]) or 1


def faults(path: Path) -> list[str]:
    """What is amiss with the file: its structure, its header, rows that are not as written."""
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
                    found.append("its tables are not as they were made")
            for table in TABLES:
                bad = sum(not is_sound for _, is_sound in _rows(con, table))
                if bad:
                    found.append(f"{bad:,} rows of {table} are not as they were written")
    except (sqlite3.Error, UnicodeDecodeError) as error:
        found.append(f"it cannot be read: {error}")
    return found


def restore(
    path: Path, damaged: Path | None, published: duckdb.DuckDBPyConnection | None, raw: RawArchive
) -> None:
    """Make the file anew: sound rows of the damaged one, else what was published, the manifest.

    What was seen of the inbox is filled from the manifest: files are looked at again, not read.
    """
    sound = {table: _sound_rows(damaged, table) for table in TABLES}
    state = State(path)
    state.catch_up(raw)
    with closing(sqlite3.connect(path)) as con, con:
        ensure_schema(con)
        # Above what is known otherwise, which is as of the last publish.
        if published is not None:
            runs = [_of_run(row) for row in _published(published, tables.INGEST_RUNS)]
            _insert(con, "runs", runs, "ignore")
            rejected = _published(published, tables.QUARANTINE)
            for row in rejected:
                del row["attempts"], row["quarantine_id"]  # told by other columns
            _insert(con, "quarantine", rejected, "ignore")
        for table, rows in sound.items():
            _insert(con, table, rows, "replace")


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
    """The rows of a table, and whether each is as it was written."""
    columns = columns_of(con, table)
    for *values, crc in con.execute(f"select {', '.join(columns)}, crc from {table}"):
        try:
            is_sound = row_crc(*values) == crc
        except TypeError:  # a blob, which is never written
            is_sound = False
        yield dict(zip(columns, values, strict=True)), is_sound


def _sound_rows(path: Path | None, table: str) -> list[Row]:
    """As many sound rows as can be read."""
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
        row |= {"status": "failure", "error": "what became of it is lost"}
    return row | {"pid": 0}


def _insert(con: sqlite3.Connection, table: str, rows: Sequence[Row], on_conflict: str) -> None:
    for row in rows:
        con.execute(
            f"insert or {on_conflict} into {table} ({', '.join(row)}) "
            f"values ({', '.join('?' * len(row))})",
            list(row.values()),
        )
