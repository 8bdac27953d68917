"""The state file `state.sqlite`: its schema and versions, row checksums, and transactions.

Every row has a checksum, maintained by triggers: SQLite itself doesn't notice a changed byte in a
value. The schema version is `pragma user_version`. Opening an older file upgrades it in one
transaction; a newer file is refused.

Belongs here: DDL, upgrades, checksums, opening the file. Does not belong here: what the rows mean
(`storage.run_history`, `storage.quarantine`, `storage.seen_files`), checking and rebuilding a
damaged file (`storage.state_file_check`).
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from etl.errors import NewsactorsError

STATE_VERSION = 3
"""Schema version. Version 1 had no checksums, attempts or ETags, version 2 no archive notes."""
TABLES = ("runs", "quarantine", "attempts", "seen", "archive_notes")

_LAYOUT = """
create table if not exists runs (
  run_id text primary key, kind text not null, status text not null, pid integer not null,
  started_at text not null, finished_at text, files_seen integer not null default 0,
  files_new integer not null default 0, articles_new integer not null default 0,
  versions_new integer not null default 0, quarantined integer not null default 0, error text,
  newsactors_version text not null, extractor_version text not null, crc integer);
create table if not exists quarantine (
  source_sha256 text not null, source_path text not null, item integer not null,
  reason text not null, detail text not null, remedy text not null,
  first_seen_at text not null, run_id text not null, crc integer,
  primary key (source_sha256, source_path, item));
create index if not exists quarantine_by_path on quarantine (source_path);
create table if not exists attempts (
  source_path text not null, item integer not null, source_sha256 text not null,
  run_id text not null, at text not null, outcome text not null, detail text not null, crc integer,
  primary key (source_path, item, source_sha256, run_id));
create table if not exists seen (
  source_path text primary key, sha256 text not null, sequence integer not null,
  size integer, mtime_ns integer, etag text, crc integer);
create table if not exists archive_notes (
  name text primary key, value text not null, crc integer);
"""
_ADDED = (("seen", "etag", "text"), *((table, "crc", "integer") for table in TABLES))
"""Columns that older schema versions lack."""


class StateError(NewsactorsError):
    """The state file cannot be used; the message says why and what to do."""


def row_crc(*values: object) -> int:
    """Return the checksum of a row: its values in the order of the table's columns."""
    return zlib.crc32(json.dumps(values, ensure_ascii=False).encode("utf-8", "backslashreplace"))


def columns_of(con: sqlite3.Connection, table: str) -> list[str]:
    """Return the columns of a table, without the checksum."""
    return [name for name in _all_columns(con, table) if name != "crc"]


def _all_columns(con: sqlite3.Connection, table: str) -> list[str]:
    return [name for (name,) in con.execute("select name from pragma_table_info(?)", [table])]


def ensure_schema(con: sqlite3.Connection) -> None:
    """Create the tables, or upgrade those of an older version, in one transaction.

    Raises StateError if a newer newsactors created them.
    """
    con.create_function("row_crc", -1, row_crc, deterministic=True)
    if _version(con) == STATE_VERSION:
        return
    con.execute("begin immediate")
    if (version := _version(con)) > STATE_VERSION:  # read again: another process may have upgraded
        con.rollback()
        raise StateError(
            f"it has layout {version}, this newsactors knows {STATE_VERSION}: "
            "update newsactors; nothing was changed"
        )
    for statement in _LAYOUT.split(";")[:-1]:
        con.execute(statement)
    for table, column, kind in _ADDED:
        if column not in _all_columns(con, table):
            con.execute(f"alter table {table} add column {column} {kind}")
    for table in TABLES:
        columns = columns_of(con, table)
        con.execute(f"update {table} set crc = row_crc({', '.join(columns)})")
        new = ", ".join(f"new.{column}" for column in columns)
        for event in ("insert", f"update of {', '.join(columns)}"):
            con.execute(
                f"create trigger if not exists {table}_{event.split()[0]} after {event} on {table} "
                f"begin update {table} set crc = row_crc({new}) where rowid = new.rowid; end"
            )
    con.execute(f"pragma user_version = {STATE_VERSION}")
    con.commit()


def _version(con: sqlite3.Connection) -> int:
    (version,) = con.execute("pragma user_version").fetchone()
    return int(version)


class StateFile:
    """The state file, opened for one transaction at a time. Safe for concurrent processes."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Open the file for one transaction, committed on success and rolled back on an error.

        Raises StateError if the file is damaged or a newer newsactors created it.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if not self.path.exists():
            # SQLite would make it writable for its owner only, whatever the umask of a group.
            self.path.touch()
        con = sqlite3.connect(self.path, timeout=60)
        try:
            try:
                ensure_schema(con)
            except StateError as error:
                raise StateError(f"{self.path}: {error}") from None
            with con:
                yield con
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError | sqlite3.IntegrityError):
                raise
            raise StateError(
                f"{self.path} is damaged ({error}); run `newsactors doctor --repair` to rebuild it"
            ) from error
        finally:
            con.close()


def now() -> str:
    """Return the current time (UTC, ISO 8601) as the state file stores it."""
    return datetime.now(UTC).isoformat()
