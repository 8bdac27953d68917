"""Running a job in this process, as the command line does; Dagster records it like any other run.

The run appears in the UI's history of the instance in DAGSTER_HOME (`orchestration.instance`). The
warehouse keeps its own history too.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import dagster as dg
from sqlalchemy.exc import DBAPIError

from etl.orchestration.instance import open_instance
from etl.orchestration.labels import BY_COMMAND
from etl.orchestration.requests import RefusedError, console_log_level
from etl.orchestration.resources import watching
from etl.orchestration.retention import remove_old_logs
from etl.orchestration.run_failure import describe_failure
from etl.pipeline.errors import InputError
from etl.pipeline.progress import Progress


def run_job(
    job: dg.JobDefinition,
    request: Mapping[str, Any],
    progress: Progress,
    log_level: str = "CRITICAL",
) -> tuple[str, str | None]:
    """Run a job in this process; return the run's id and, if it failed, the failure in one line.

    `request` is the config of the job (`orchestration.requests`). Raises InputError if it is
    refused, and OSError if Dagster can't write its own records.
    """
    warnings.filterwarnings("ignore", module="dagster")
    with open_instance() as found, watching(progress), console_log_level(log_level):
        try:
            result = job.execute_in_process(
                instance=found,
                raise_on_error=False,
                run_config=dict(request),
                tags=BY_COMMAND,
            )
        except RefusedError as error:
            raise InputError(str(error)) from None
        except DBAPIError as error:
            raise OSError(f"Dagster's records: {error.orig}") from error
        failure = describe_failure(found, result.dagster_run)
        remove_old_logs(found)
        return result.run_id, failure
