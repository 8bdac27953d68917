"""The history of runs, kept in the state file.

Belongs here: starting, counting, ending and listing runs. Does not belong here: the steps of a run
(Dagster's event log), the other tables of the state file (`storage.run_state` joins them).
"""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyarrow as pa

from etl import __version__
from etl.schema import tables
from etl.storage.state_file import StateFile, now


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


def _is_alive(pid: int, started_at: str) -> bool:
    """Whether the process that started a run still exists.

    After a reboot another process may have its id: one that began after the run isn't it.
    """
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # another user's
    began = _beginning_of(pid)
    return began is None or began <= datetime.fromisoformat(started_at).timestamp() + 1


def _beginning_of(pid: int) -> float | None:
    """Return when a process began, in seconds since 1970; None where the system can't tell."""
    try:
        # The name of the program, in parentheses, may hold spaces.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        boot = re.search(r"^btime (\d+)$", Path("/proc/stat").read_text(), re.MULTILINE)
    except OSError:
        return None
    ticks = int(fields[19])
    return int(boot[1]) + ticks / os.sysconf("SC_CLK_TCK") if boot else None


class RunHistory(StateFile):
    """The `runs` table of the state file; each method is one transaction."""

    def start_run(self, run_id: str, kind: str, extractor_version: str) -> None:
        """Record the start of a run, and close runs whose process died as killed."""
        with self.transaction() as con:
            for other, pid, started_at in con.execute(
                "select run_id, pid, started_at from runs where status = 'running'"
            ).fetchall():
                if not _is_alive(pid, started_at):
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
                [run_id, kind, os.getpid(), now(), __version__, extractor_version],
            )

    def add_counts(self, run_id: str, **counts: int) -> None:
        """Add to the counters of a run, for example `files_new=3`."""
        known = {"files_seen", "files_new", "articles_new", "versions_new", "quarantined"}
        assert counts.keys() <= known, counts
        with self.transaction() as con:
            for name, count in counts.items():
                con.execute(
                    f"update runs set {name} = {name} + ? where run_id = ?", [count, run_id]
                )

    def finish_run(self, run_id: str, error: str | None = None) -> None:
        """Record the end of a run: a success unless an error is given or already recorded."""
        with self.transaction() as con:
            con.execute(
                "update runs set finished_at = ?, error = coalesce(error, ?), status = case "
                "when coalesce(error, ?) is null then 'success' else 'failure' end "
                "where run_id = ?",
                [now(), error, error, run_id],
            )

    def record_note(self, run_id: str, kind: str, note: str) -> None:
        """Record a decision of the user, such as an accepted loss, as a completed run."""
        self.start_run(run_id, kind, "")
        with self.transaction() as con:
            con.execute(
                "update runs set status = 'success', finished_at = ?, error = ? where run_id = ?",
                [now(), note, run_id],
            )

    def runs(self, limit: int | None = None) -> list[Run]:
        """Return the runs, newest first."""
        with self.transaction() as con:
            con.row_factory = sqlite3.Row
            rows = con.execute(
                "select * from runs order by started_at desc, rowid desc limit ?",
                [-1 if limit is None else limit],
            ).fetchall()
        runs = []
        for row in rows:
            values = {name: row[name] for name in tables.INGEST_RUNS.arrow_schema.names}
            if row["status"] == "running" and not _is_alive(row["pid"], row["started_at"]):
                values |= {"status": "failure", "error": "the process was killed"}
            for name in ("started_at", "finished_at"):
                values[name] = values[name] and datetime.fromisoformat(values[name])
            runs.append(Run(**values))
        return runs


def runs_table(runs: Sequence[Run]) -> pa.Table:
    """Return runs as rows of `loaded.ingest_runs`."""
    names = tables.INGEST_RUNS.arrow_schema.names
    return pa.Table.from_pylist(
        [{name: getattr(run, name) for name in names} for run in runs],
        tables.INGEST_RUNS.arrow_schema,
    )
