"""Quarantine, kept in the state file: items that could not be read, and each attempt to read them.

Belongs here: adding items, removing those that were read since, recording attempts. Does not belong
here: why an item is rejected (`etl.readers`), showing and retrying items
(`etl.pipeline.quarantine`).
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

import pyarrow as pa

from etl.schema import tables
from etl.storage.state_file import StateFile, now

Key: TypeAlias = tuple[str, int, str]
"""Identifies an item: path of its file, item number, hash of the file's bytes."""


@dataclass(frozen=True, slots=True)
class QuarantinedItem:
    """An item in quarantine: why, the details, what to do, and how many runs tried to read it."""

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
    """The outcome of an item in one run: 'read', 'replaced' by other bytes, 'gone', or a reason."""

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
"""Outcomes that take an item out of quarantine."""


def quarantine_id(key: Key) -> str:
    """Return an item's id for people: 15 hexadecimal digits, enough for a million items."""
    return hashlib.sha256("\0".join(map(str, key)).encode()).hexdigest()[:15]


class QuarantineLog(StateFile):
    """The `quarantine` and `attempts` tables; each method is one transaction."""

    def settle_items(
        self,
        read: Iterable[tuple[str, str]],
        rejected: Sequence[QuarantinedItem],
        run_id: str,
        is_elsewhere: Callable[[str, str], bool] = lambda path, sha256: False,
    ) -> int:
        """Update quarantine for the paths that a run read; return how many items are new.

        `read` holds (source_path, sha256) of every file just read, in manifest order. A path that
        was read again leaves quarantine unless its last bytes are rejected. Items of other bytes
        stay if those bytes `is_elsewhere`: the file of another inbox has the same path.
        """
        last = dict(read)
        current = {r.key: r for r in rejected if last.get(r.source_path) == r.source_sha256}
        with self.transaction() as con:
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
                key: "read" if last[key[0]] == key[2] else "replaced"
                for key in before - current.keys()
                if last[key[0]] == key[2] or not is_elsewhere(key[0], key[2])
            }
            self._settle(con, current.values(), left, run_id)
        return len(current.keys() - before)

    def settle_unreadable(
        self, rejected: Sequence[QuarantinedItem], was_looked_at: Callable[[str], bool], run_id: str
    ) -> int:
        """Update the files that could not be opened; return how many are new.

        A path that `was_looked_at` but is no longer among them was fixed or removed. A file that
        stays keeps the id of the run that first rejected it.
        """
        current = {r.key for r in rejected}
        with self.transaction() as con:
            before = set(
                con.execute(
                    "select source_path, item, source_sha256 from quarantine "
                    "where source_sha256 = ''"
                )
            )
            left = {key: "gone" for key in before - current if was_looked_at(key[0])}
            self._settle(con, rejected, left, run_id)
        return len(current - before)

    def leave_lost(self, arrived: Container[tuple[str, str]]) -> None:
        """Let the items leave whose file's path and hash never `arrived`: their bytes are lost."""
        lost = {r.key: "gone" for r in self.quarantine()
                if r.source_sha256 and (r.source_path, r.source_sha256) not in arrived}  # fmt: skip
        with self.transaction() as con:
            self._settle(con, [], lost, "accept_loss")

    @staticmethod
    def _settle(
        con: sqlite3.Connection,
        rejected: Iterable[QuarantinedItem],
        left: Mapping[Key, str],
        run_id: str,
    ) -> None:
        """Insert rejected items, delete those that left, and record both as attempts of the run."""
        rejected, at = list(rejected), now()
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

    def quarantine(self) -> list[QuarantinedItem]:
        """Return the items in quarantine, by path."""
        with self.transaction() as con:
            con.row_factory = sqlite3.Row
            rows = con.execute(
                "select source_sha256, source_path, item, reason, detail, remedy, first_seen_at, "
                "run_id, max(1, (select count(*) from attempts as a "
                "where (a.source_path, a.item, a.source_sha256) = "
                "(q.source_path, q.item, q.source_sha256))) as attempts "
                "from quarantine as q order by source_path, item, source_sha256"
            ).fetchall()
        return [
            QuarantinedItem(
                **{**dict(row), "first_seen_at": datetime.fromisoformat(row["first_seen_at"])}
            )
            for row in rows
        ]

    def attempts(self, *, run_id: str | None = None, is_left: bool = False) -> list[Attempt]:
        """Return the attempts, oldest first: all, of one run, or only those by which items left."""
        conditions = ["run_id = ?"] if run_id is not None else []
        if is_left:
            # An item that left and came back is in quarantine, so it is not listed.
            conditions.append(
                f"outcome in {LEFT} and (source_path, item, source_sha256) "
                "not in (select source_path, item, source_sha256 from quarantine)"
            )
        with self.transaction() as con:
            rows = con.execute(
                "select source_path, item, source_sha256, run_id, at, outcome, detail "
                f"from attempts where {' and '.join(conditions) or 'true'} order by at, "
                "source_path, item",
                [run_id] if run_id is not None else [],
            ).fetchall()
        return [
            Attempt(path, item, sha256, run, datetime.fromisoformat(at), outcome, detail)
            for path, item, sha256, run, at, outcome, detail in rows
        ]


def quarantine_table(rejected: Sequence[QuarantinedItem]) -> pa.Table:
    """Return the items as rows of `loaded.quarantine`."""
    names = tables.QUARANTINE.arrow_schema.names
    return pa.Table.from_pylist(
        [{name: getattr(r, name) for name in names} for r in rejected],
        tables.QUARANTINE.arrow_schema,
    )
