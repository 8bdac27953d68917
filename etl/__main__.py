"""The `newsactors` command together with the Dagster jobs that it runs.

The jobs are passed to the command line here, so that `etl.cli` doesn't import `etl.definitions`.
Only commands that run a job load them: importing Dagster and the definitions takes 2 s.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from etl.cli.main import main

if TYPE_CHECKING:
    from dagster import JobDefinition


__all__ = ["load_job", "main"]


def load_job(name: str) -> JobDefinition:
    """Return the job with this name from the code location."""
    from etl.definitions import defs

    return defs.resolve_job_def(name)


main.load_job = load_job

if __name__ == "__main__":
    main()
