"""Run state that must outlive a failed run: runs, quarantine, and what was seen in the inbox.

Kept in SQLite rather than in the build database, because several processes write it while one of
them holds that. `publish` copies runs and quarantine into the published file. Losing this file
loses the history of runs and nothing else: `seen` is filled again from the manifest.

Every row carries a checksum, which triggers keep: SQLite itself does not notice a changed byte in
a value. The layout's version is `pragma user_version`; an older file is brought up to it in one
transaction when it is opened, a newer one is refused.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

import pyarrow as pa

from etl import __version__
from etl.errors import NewsactorsError
from etl.schema import tables
from etl.storage.archive import RawArchive
from etl.storage.source_file import SourceFile

STATE_VERSION = 2
"""Of the layout: 1 had no checksums, attempts and ETags."""
TABLES = ("runs", "quarantine", "attempts", "seen")

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
"""
_ADDED = (("seen", "etag", "text"), *((table, "crc", "integer") for table in TABLES))
"""Columns that the tables of an older layout lack."""

Key: TypeAlias = tuple[str, int, str]
"""What an item is known by: path of its file, number, hash of the file's bytes."""


class StateError(NewsactorsError):
    """The state file cannot be used; the message says why and what to do."""


def row_crc(*values: object) -> int:
    """The checksum of a row, of its values in the order of the table's columns."""
    return zlib.crc32(json.dumps(values, ensure_ascii=False).encode("utf-8", "backslashreplace"))


def columns_of(con: sqlite3.Connection, table: str, but: str = "crc") -> list[str]:
    """The columns of a table, without the checksum."""
    found = con.execute("select name from pragma_table_info(?) where name <> ?", [table, but])
    return [name for (name,) in found]


def lay_out(con: sqlite3.Connection) -> None:
    """Make the tables, or bring those of an older layout up to date, in one transaction.

    Raises StateError where a newer newsactors made them.
    """
    con.create_function("row_crc", -1, row_crc, deterministic=True)
    if _version(con) == STATE_VERSION:
        return
    con.execute("begin immediate")
    if (version := _version(con)) > STATE_VERSION:  # asked again: another may have been quicker
        con.rollback()
        raise StateError(
            f"it has layout {version}, this newsactors knows {STATE_VERSION}: "
            "update newsactors; nothing was changed"
        )
    for statement in _LAYOUT.split(";")[:-1]:
        con.execute(statement)
    for table, column, kind in _ADDED:
        if column not in columns_of(con, table, but=""):
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


@dataclass(frozen=True, slots=True)
class Rejected:
    """An item set aside: why, what exactly, what to do about it, and how many runs tried it."""

    source_sha256: str
    source_path: str
    item: int
    reason: str
    detail: str
    remedy: str
    first_seen_at: datetime
    run_id: str
    attempts: int = 1

    @property
    def key(self) -> Key:
        return self.source_path, self.item, self.source_sha256

    @property
    def quarantine_id(self) -> str:
        return quarantine_id(self.key)


@dataclass(frozen=True, slots=True)
class Attempt:
    """What became of an item in one run: 'read', 'replaced' by other bytes, 'gone', or a reason."""

    source_path: str
    item: int
    source_sha256: str
    run_id: str
    at: datetime
    outcome: str
    detail: str

    @property
    def quarantine_id(self) -> str:
        return quarantine_id((self.source_path, self.item, self.source_sha256))


LEFT = ("read", "replaced", "gone")
"""Outcomes of an attempt after which an item is no longer in quarantine."""


def quarantine_id(key: Key) -> str:
    """The name of an item for people: 15 hexadecimal digits, so that a million differ."""
    return hashlib.sha256("\0".join(map(str, key)).encode()).hexdigest()[:15]


@dataclass(frozen=True)
class Run:
    """One row of the run history; times are in UTC."""

    run_id: str
    kind: str
    status: str
    started_at: datetime
    finished_at: datetime | None
    files_seen: int
    files_new: int
    articles_new: int
    versions_new: int
    quarantined: int
    error: str | None
    newsactors_version: str
    extractor_version: str


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


class State:
    """The state file. Each method is one transaction; any number of processes may use it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        con = sqlite3.connect(self.path, timeout=60)
        try:
            try:
                lay_out(con)
            except StateError as error:
                raise StateError(f"{self.path}: {error}") from None
            with con:
                yield con
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError | sqlite3.IntegrityError):
                raise
            raise StateError(
                f"{self.path} is damaged ({error}); `newsactors doctor --repair` makes it again"
            ) from error
        finally:
            con.close()

    # Runs

    def start_run(self, run_id: str, kind: str, extractor_version: str) -> None:
        """Record that a run began; runs whose process died are closed as killed."""
        with self._open() as con:
            for other, pid in con.execute(
                "select run_id, pid from runs where status = 'running'"
            ).fetchall():
                if not _is_alive(pid):
                    con.execute(
                        "update runs set status = 'failure', error = 'the process was killed' "
                        "where run_id = ?",
                        [other],
                    )
            con.execute(
                "insert into runs (run_id, kind, status, pid, started_at, newsactors_version, "
                "extractor_version) values (?, ?, 'running', ?, ?, ?, ?) "
                "on conflict (run_id) do update set status = 'running', pid = excluded.pid, "
                "finished_at = null, error = null",
                [run_id, kind, os.getpid(), _now(), __version__, extractor_version],
            )

    def add_counts(self, run_id: str, **counts: int) -> None:
        """Add to the counters of a run (`files_new=3`)."""
        known = {"files_seen", "files_new", "articles_new", "versions_new", "quarantined"}
        assert counts.keys() <= known, counts
        with self._open() as con:
            for name, count in counts.items():
                con.execute(
                    f"update runs set {name} = {name} + ? where run_id = ?", [count, run_id]
                )

    def finish_run(self, run_id: str, error: str | None = None) -> None:
        """Record the end of a run: a success unless an error was noted or is given."""
        with self._open() as con:
            con.execute(
                "update runs set finished_at = ?, error = coalesce(error, ?), status = case "
                "when coalesce(error, ?) is null then 'success' else 'failure' end "
                "where run_id = ?",
                [_now(), error, error, run_id],
            )

    def runs(self, limit: int | None = None) -> list[Run]:
        """The runs, newest first."""
        with self._open() as con:
            con.row_factory = sqlite3.Row
            rows = con.execute(
                "select * from runs order by started_at desc, rowid desc limit ?",
                [-1 if limit is None else limit],
            ).fetchall()
        runs = []
        for row in rows:
            values = {name: row[name] for name in tables.INGEST_RUNS.arrow_schema.names}
            if row["status"] == "running" and not _is_alive(row["pid"]):
                values |= {"status": "failure", "error": "the process was killed"}
            for name in ("started_at", "finished_at"):
                values[name] = values[name] and datetime.fromisoformat(values[name])
            runs.append(Run(**values))
        return runs

    # Quarantine

    def settle_items(
        self, read: Iterable[tuple[str, str]], rejected: Sequence[Rejected], run_id: str
    ) -> int:
        """Replace what is in quarantine for the paths that a run read, and return what is new.

        `read` holds (source_path, sha256) of every file just read, in the order of the manifest; a
        path that is read again leaves the quarantine unless its last bytes are rejected.
        """
        last = dict(read)
        now = {r.key: r for r in rejected if last.get(r.source_path) == r.source_sha256}
        with self._open() as con:
            before: set[Key] = set()
            for path in last:
                before.update(
                    con.execute(
                        "select source_path, item, source_sha256 from quarantine "
                        "where source_path = ? and source_sha256 <> ''",
                        [path],
                    )
                )
            left = {
                key: "read" if last[key[0]] == key[2] else "replaced" for key in before - now.keys()
            }
            self._settle(con, now.values(), left, run_id)
        return len(now.keys() - before)

    def settle_unreadable(
        self, rejected: Sequence[Rejected], was_looked_at: Callable[[str], bool], run_id: str
    ) -> int:
        """Replace the files that could not be opened, and return how many are new.

        A path that `was_looked_at` and is not among them any more was mended or taken away. What
        stays keeps the run that first met it.
        """
        now = {r.key for r in rejected}
        with self._open() as con:
            before = set(
                con.execute(
                    "select source_path, item, source_sha256 from quarantine "
                    "where source_sha256 = ''"
                )
            )
            left = {key: "gone" for key in before - now if was_looked_at(key[0])}
            self._settle(con, rejected, left, run_id)
        return len(now - before)

    @staticmethod
    def _settle(
        con: sqlite3.Connection, rejected: Iterable[Rejected], left: Mapping[Key, str], run_id: str
    ) -> None:
        """Enter what is rejected, remove what left, and note either as an attempt of the run."""
        rejected, at = list(rejected), _now()
        con.executemany(
            "delete from quarantine where source_path = ? and item = ? and source_sha256 = ?", left
        )
        con.executemany(
            "insert into quarantine (source_sha256, source_path, item, reason, detail, remedy, "
            "first_seen_at, run_id) values (?, ?, ?, ?, ?, ?, ?, ?) "
            "on conflict do update set reason = excluded.reason, detail = excluded.detail, "
            "remedy = excluded.remedy",
            [
                (
                    r.source_sha256,
                    r.source_path,
                    r.item,
                    r.reason,
                    r.detail,
                    r.remedy,
                    r.first_seen_at.isoformat(),
                    r.run_id,
                )
                for r in rejected
            ],
        )
        con.executemany(
            "insert or replace into attempts (source_path, item, source_sha256, run_id, at, "
            "outcome, detail) values (?, ?, ?, ?, ?, ?, ?)",
            [(*r.key, run_id, at, r.reason, r.detail) for r in rejected]
            + [(*key, run_id, at, outcome, "") for key, outcome in left.items()],
        )

    def quarantine(self) -> list[Rejected]:
        """What is set aside, by path."""
        with self._open() as con:
            con.row_factory = sqlite3.Row
            rows = con.execute(
                "select source_sha256, source_path, item, reason, detail, remedy, first_seen_at, "
                "run_id, max(1, (select count(*) from attempts as a "
                "where (a.source_path, a.item, a.source_sha256) = "
                "(q.source_path, q.item, q.source_sha256))) as attempts "
                "from quarantine as q order by source_path, item, source_sha256"
            ).fetchall()
        return [
            Rejected(**{**dict(row), "first_seen_at": datetime.fromisoformat(row["first_seen_at"])})
            for row in rows
        ]

    def attempts(self, *, run_id: str | None = None, is_left: bool = False) -> list[Attempt]:
        """What became of items, oldest first: all of it, that of a run, or only how items left."""
        wanted = ["run_id = ?"] if run_id is not None else []
        if is_left:
            # An item that came back after it had left is in quarantine, and not among these.
            wanted.append(
                f"outcome in {LEFT} and (source_path, item, source_sha256) "
                "not in (select source_path, item, source_sha256 from quarantine)"
            )
        with self._open() as con:
            rows = con.execute(
                "select source_path, item, source_sha256, run_id, at, outcome, detail "
                f"from attempts where {' and '.join(wanted) or 'true'} order by at, source_path, "
                "item",
                [run_id] if run_id is not None else [],
            ).fetchall()
        return [
            Attempt(path, item, sha256, run, datetime.fromisoformat(at), outcome, detail)
            for path, item, sha256, run, at, outcome, detail in rows
        ]

    # Seen files

    def catch_up(self, archive: RawArchive) -> None:
        """Bring `seen` up to the manifest (after a kill, a retry, or when the state file is new).

        What was noted of a file stays where its bytes are those of its last arrival.
        """
        with self._open() as con:
            (last,) = con.execute("select coalesce(max(sequence), 0) from seen").fetchone()
            con.executemany(
                "insert into seen (source_path, sha256, sequence) values (?, ?, ?) "
                "on conflict (source_path) do update set sequence = excluded.sequence, "
                "sha256 = excluded.sha256, "
                "size = case when sha256 = excluded.sha256 then size end",
                (
                    (e.source_path, e.sha256, e.sequence)
                    for e in archive.entries(last)
                    if e.is_arrival
                ),
            )

    def unseen(self, candidates: Iterable[SourceFile]) -> list[SourceFile]:
        """The candidates whose size, time or ETag differs from when they were last read."""
        with self._open() as con:
            known = {
                path: (size, mtime, etag or "")
                for path, size, mtime, etag in con.execute(
                    "select source_path, size, mtime_ns, etag from seen"
                )
            }
        return [c for c in candidates if known.get(c.source_path) != (c.size, c.mtime_ns, c.etag)]

    def seen_sha256(self, source_paths: Sequence[str]) -> dict[str, str]:
        """The hash under which each of these paths was last archived."""
        with self._open() as con:
            found = {}
            for path in source_paths:
                row = con.execute(
                    "select sha256 from seen where source_path = ?", [path]
                ).fetchone()
                if row:
                    found[path] = row[0]
        return found

    def mark_seen(self, files: Iterable[tuple[SourceFile, str, int]]) -> None:
        """Remember files as read: (file, hash, manifest sequence; 0 where none was written)."""
        with self._open() as con:
            con.executemany(
                "insert into seen (source_path, sha256, sequence, size, mtime_ns, etag) "
                "values (?, ?, ?, ?, ?, ?) on conflict (source_path) do update set "
                "sha256 = excluded.sha256, sequence = max(sequence, excluded.sequence), "
                "size = excluded.size, mtime_ns = excluded.mtime_ns, etag = excluded.etag",
                [
                    (c.source_path, sha, sequence, c.size, c.mtime_ns, c.etag)
                    for c, sha, sequence in files
                ],
            )


def _now() -> str:
    return datetime.now(UTC).isoformat()


def runs_table(runs: Sequence[Run]) -> pa.Table:
    """Runs as rows of `loaded.ingest_runs`."""
    names = tables.INGEST_RUNS.arrow_schema.names
    return pa.Table.from_pylist(
        [{name: getattr(run, name) for name in names} for run in runs],
        tables.INGEST_RUNS.arrow_schema,
    )


def quarantine_table(rejected: Sequence[Rejected]) -> pa.Table:
    """The quarantine as rows of `loaded.quarantine`."""
    names = tables.QUARANTINE.arrow_schema.names
    return pa.Table.from_pylist(
        [{name: getattr(r, name) for name in names} for r in rejected],
        tables.QUARANTINE.arrow_schema,
    )
