"""Quarantine in the state file: items that could not be read, and the attempts to read them.

Belongs here: entering items, removing those that were read since, and recording each attempt.
Does not belong here: why an item is rejected (`etl.readers`), showing and retrying items
(`etl.pipeline.quarantine`).
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

import pyarrow as pa

from etl.schema import tables
from etl.storage.state_file import StateFile, now

Key: TypeAlias = tuple[str, int, str]
"""What an item is known by: path of its file, number, hash of the file's bytes."""


@dataclass(frozen=True, slots=True)
class QuarantinedItem:
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


class QuarantineLog(StateFile):
    """The quarantine and attempts tables of the state file; each method is one transaction."""

    def settle_items(
        self, read: Iterable[tuple[str, str]], rejected: Sequence[QuarantinedItem], run_id: str
    ) -> int:
        """Replace what is in quarantine for the paths that a run read, and return what is new.

        `read` holds (source_path, sha256) of every file just read, in the order of the manifest; a
        path that is read again leaves the quarantine unless its last bytes are rejected.
        """
        last = dict(read)
        now = {r.key: r for r in rejected if last.get(r.source_path) == r.source_sha256}
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
                key: "read" if last[key[0]] == key[2] else "replaced" for key in before - now.keys()
            }
            self._settle(con, now.values(), left, run_id)
        return len(now.keys() - before)

    def settle_unreadable(
        self, rejected: Sequence[QuarantinedItem], was_looked_at: Callable[[str], bool], run_id: str
    ) -> int:
        """Replace the files that could not be opened, and return how many are new.

        A path that `was_looked_at` and is not among them any more was mended or taken away. What
        stays keeps the run that first met it.
        """
        now = {r.key for r in rejected}
        with self.transaction() as con:
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
        con: sqlite3.Connection,
        rejected: Iterable[QuarantinedItem],
        left: Mapping[Key, str],
        run_id: str,
    ) -> None:
        """Enter what is rejected, remove what left, and note either as an attempt of the run."""
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
        """What is set aside, by path."""
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
        """What became of items, oldest first: all of it, that of a run, or only how items left."""
        wanted = ["run_id = ?"] if run_id is not None else []
        if is_left:
            # An item that came back after it had left is in quarantine, and not among these.
            wanted.append(
                f"outcome in {LEFT} and (source_path, item, source_sha256) "
                "not in (select source_path, item, source_sha256 from quarantine)"
            )
        with self.transaction() as con:
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


def quarantine_table(rejected: Sequence[QuarantinedItem]) -> pa.Table:
    """The quarantine as rows of `loaded.quarantine`."""
    names = tables.QUARANTINE.arrow_schema.names
    return pa.Table.from_pylist(
        [{name: getattr(r, name) for name in names} for r in rejected],
        tables.QUARANTINE.arrow_schema,
    )
