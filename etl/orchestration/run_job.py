"""Runs a job in this process for the command line, recorded like any other run.

If DAGSTER_HOME is set, the run goes to that instance and appears in its UI. Otherwise Dagster's
record of the run ends with the process. The warehouse keeps its own history either way.
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

from etl.orchestration.labels import BY_COMMAND
from etl.orchestration.resources import watching
from etl.orchestration.retention import remove_old_logs
from etl.orchestration.run_failure import describe_failure
from etl.pipeline.ingest import Progress
from etl.settings import SettingsError

_CACHED_STORAGE = {"module": "etl.orchestration.event_log", "class": "Storage"}


@contextmanager
def instance() -> Iterator[dg.DagsterInstance]:
    """Yield the instance of DAGSTER_HOME, or else one that lives as long as this context.

    Raises SettingsError if DAGSTER_HOME is not a folder.
    """
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
            overrides["storage"] = {"custom": _CACHED_STORAGE | {"config": {"base_dir": base_dir}}}
    ref = InstanceRef.from_dir(str(folder), overrides=overrides)
    with dg.DagsterInstance.from_ref(ref) as found:
        yield found


def _absolute_folders(home: Path) -> dict[str, Any]:
    """Return the settings of dagster.yaml that name folders, resolved from DAGSTER_HOME.

    Dagster resolves them from the working directory, which can be anywhere for a command.
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
    """Run a job in this process; return the run's id and, if it failed, the failure in one line.

    `ops` is the config of the job's ops by name. Raises OSError if Dagster can't write its own
    records.
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
        failure = describe_failure(found, result.dagster_run)
        remove_old_logs(found)
        return result.run_id, failure
