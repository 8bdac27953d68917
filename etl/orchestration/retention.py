"""What Dagster keeps of old runs: the list and the history of assets stay, their logs go.

A run's own file of events takes 3.4 MB, its output three files: after 200 nights 951 MB and 804
files. Dagster never removes them (`retention` in dagster.yaml is about ticks). What it keeps in one
index stays: that runs were, how they ended, when which asset and which day was made.
"""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

import dagster as dg
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from dagster._core.storage.local_compute_log_manager import LocalComputeLogManager

KEPT_RUNS = 60
"""Two months of nights."""


def remove_old_logs(instance: dg.DagsterInstance, kept: int = KEPT_RUNS) -> int:
    """Remove the logs of all runs but the newest; returns of how many. Runs under way keep theirs.

    Only where they are files of this machine, as with the repository's dagster.yaml.
    """
    events, outputs = instance.event_log_storage, instance.compute_log_manager
    if not isinstance(events, SqliteEventLogStorage):
        return 0
    is_kept = {run.run_id for run in instance.get_runs(limit=kept)}
    is_kept |= {run.run_id for run in instance.get_runs(dg.RunsFilter(statuses=_UNFINISHED))}
    files = Path(events._base_dir).glob("*-*.db")  # of runs, by their ids
    old = [path for path in files if path.stem not in is_kept]
    for path in old:
        if isinstance(outputs, LocalComputeLogManager):
            shutil.rmtree(Path(outputs._base_dir) / path.stem, ignore_errors=True)
        for part in (path, *(path.with_name(path.name + end) for end in ("-wal", "-shm"))):
            with contextlib.suppress(FileNotFoundError):
                part.unlink()
    return len(old)


_UNFINISHED = [
    status
    for status in dg.DagsterRunStatus
    if status.name not in ("SUCCESS", "FAILURE", "CANCELED")
]
