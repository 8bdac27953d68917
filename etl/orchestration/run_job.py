"""Running a job in this process: what the command line does, recorded as any other run.

With DAGSTER_HOME set the run goes to that instance and appears in the UI's history; without it the
run's record is gone when the process ends (the warehouse keeps its own history either way).
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
import yaml
from dagster._core.instance.ref import InstanceRef
from sqlalchemy.exc import DBAPIError

from etl.orchestration.resources import BY_COMMAND, failure, watching
from etl.orchestration.retention import remove_old_logs
from etl.pipeline.progress import Progress
from etl.settings import SettingsError

_QUICK = {"module": "etl.orchestration.event_log", "class": "Storage"}


@contextmanager
def instance() -> Iterator[dg.DagsterInstance]:
    """The instance of DAGSTER_HOME, else one that lives as long as this context."""
    home = os.environ.get("DAGSTER_HOME")
    if not home:
        with dg.DagsterInstance.ephemeral() as ephemeral:
            yield ephemeral
        return
    folder = Path(home).absolute()
    if not folder.is_dir():
        raise SettingsError(f"DAGSTER_HOME={home!r} is not a folder; create it or unset it")
    overrides = _absolute_folders(folder)
    match overrides.get("storage"):
        case {"sqlite": {"base_dir": str(base_dir)}}:
            overrides["storage"] = {"custom": _QUICK | {"config": {"base_dir": base_dir}}}
    ref = InstanceRef.from_dir(str(folder), overrides=overrides)
    with dg.DagsterInstance.from_ref(ref) as found:
        yield found


def _absolute_folders(home: Path) -> dict[str, Any]:
    """Settings of dagster.yaml whose folders are relative: to DAGSTER_HOME, not to where we are.

    Dagster takes them relative to the working directory, which for a command can be anywhere.
    """
    file = home / "dagster.yaml"
    config = yaml.safe_load(file.read_text()) if file.exists() else None

    def absolute(value: Any) -> Any:
        if isinstance(value, dict):
            return {
                k: str(home / v) if k == "base_dir" and isinstance(v, str) else absolute(v)
                for k, v in value.items()
            }
        return value

    return {
        key: absolute(value) for key, value in (config or {}).items() if "base_dir" in repr(value)
    }


def run_job(
    job: dg.JobDefinition, ops: Mapping[str, Any], progress: Progress, log_level: str = "CRITICAL"
) -> tuple[str, str | None]:
    """Run a job of the code location in this process.

    Returns the run's id and, if it failed, the failure in one line. Raises OSError if Dagster
    cannot write its own records.
    """
    warnings.filterwarnings("ignore", module="dagster")
    with instance() as found, watching(progress):
        try:
            result = job.execute_in_process(
                instance=found,
                raise_on_error=False,
                run_config={
                    "ops": dict(ops),
                    "loggers": {"console": {"config": {"log_level": log_level}}},
                },
                tags=BY_COMMAND,
            )
        except DBAPIError as error:
            raise OSError(f"Dagster's records: {error.orig}") from error
        told = failure(found, result.dagster_run)
        remove_old_logs(found)
        return result.run_id, told
