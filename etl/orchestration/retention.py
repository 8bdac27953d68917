"""Deletes the logs of old Dagster runs; keeps the list of runs and the history of assets.

A run's event file takes 3.4 MB and its output three files: after 200 nightly runs, 951 MB and 804
files. Dagster never deletes them (`retention` in dagster.yaml covers ticks only). Its index stays:
which runs there were, how they ended, and when each asset and day was materialized.
"""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

import dagster as dg
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from dagster._core.storage.local_compute_log_manager import LocalComputeLogManager

KEPT_RUNS = 60
"""Two months of nightly runs."""


def remove_old_logs(instance: dg.DagsterInstance, kept: int = KEPT_RUNS) -> int:
    """Delete the logs of all but the newest `kept` runs; return how many runs lost theirs.

    Runs in progress keep their logs. Does nothing unless the logs are local files, as they are with
    the repository's dagster.yaml.
    """
    events, outputs = instance.event_log_storage, instance.compute_log_manager
    if not isinstance(events, SqliteEventLogStorage):
        return 0
    is_kept = {run.run_id for run in instance.get_runs(limit=kept)}
    is_kept |= {run.run_id for run in instance.get_runs(dg.RunsFilter(statuses=_UNFINISHED))}
    files = Path(events._base_dir).glob("*-*.db")  # one per run, named by its id
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
