"""The `newsactors` command, assembled: the command line and the Dagster jobs that it runs.

The jobs are passed in from here, so that `cli` does not import `definitions`. They are loaded only
by commands that run one: importing Dagster and the definitions takes 2 s.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from etl.cli.main import main

if TYPE_CHECKING:
    from dagster import JobDefinition


__all__ = ["load_job", "main"]


def load_job(name: str) -> JobDefinition:
    """The job of this name from the code location."""
    from etl.definitions import defs

    return defs.resolve_job_def(name)


main.load_job = load_job

if __name__ == "__main__":
    main()
