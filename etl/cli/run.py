"""What the commands share that change a warehouse: running a job, progress, common options.

Belongs here: how a command runs a job through Dagster and says how it went. Does not belong here:
any one command.
"""

from __future__ import annotations

import atexit
import contextlib
import errno
import gc
import importlib
import sqlite3
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import click
import duckdb

from etl.cli.progress import progress_bars
from etl.errors import NewsactorsError, first_line
from etl.query import display
from etl.settings import Settings
from etl.storage.run_state import Attempt, Rejected, Run, State

if TYPE_CHECKING:
    from dagster import JobDefinition

MOST_RUNS_AFTER = 3
"""Of those that follow a run because corrections came at its very end."""


class Commands(click.Group):
    """A group whose commands report errors of ours, disks and databases in a line, and exit 1."""

    load_job: Callable[[str], JobDefinition]
    """Returns the Dagster job of a name; `etl.__main__` sets it."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that was asked for."""
        try:
            return super().invoke(ctx)
        except NewsactorsError as error:
            raise click.ClickException(display.clean(error, lines=True)) from None
        except (OSError, sqlite3.Error, duckdb.Error) as error:
            if isinstance(error, OSError) and error.errno == errno.EPIPE:
                raise  # who reads the output has gone: click ends in silence
            raise click.ClickException(
                f"{display.clean(first_line(error))}; mend that and run again: "
                "what was published is as it was, and what was done is kept"
            ) from error


def collect_rarely() -> None:
    """Look for garbage seldom, and not at all at the end of the process.

    Dagster and dbt make some two million objects that stay until then: of a correction that takes
    6.5 s over 840 articles, 0.8 s went into going through them, and 0.9 s more at the exit.
    """
    gc.set_threshold(100_000, 50, 50)
    atexit.register(gc.freeze)


def prepare_to_run() -> None:
    """Begin to import what `run_job` needs, while the caller still waits for DuckDB.

    Importing Dagster and dbt takes 2.5 s of processor time; 0.7 s less pass until a correction of
    10,000 articles is published.
    """

    def load() -> None:
        with contextlib.suppress(ImportError):  # `run_job` says it
            importlib.import_module("dagster")
            importlib.import_module("dagster_dbt")

    threading.Thread(target=load, daemon=True).start()


def run_job(settings: Settings, job: str, ops: Mapping[str, Any], verbose: bool) -> Run:
    """Run a job and return its row of the history; ClickException where it failed.

    Corrections that were recorded while it held the writer lock, after it had looked for the last
    time, are applied by another run: nobody else would.
    """
    from etl.pipeline import (  # with all that they import, for commands that run nothing
        apply_corrections,
        stages,
    )

    done = _run_job(settings, job, ops, verbose)
    for _ in range(MOST_RUNS_AFTER):
        if not (settings.published.exists() and stages.is_correction_due(settings)):
            break
        _run_job(settings, apply_corrections.job_for_corrections(settings), {}, verbose)
    return done


def _run_job(settings: Settings, job: str, ops: Mapping[str, Any], verbose: bool) -> Run:
    from etl.orchestration.run_job import run_job as run_in_process  # importing Dagster takes 1 s

    State(settings.state_file).runs(1)  # raises StateError: the run couldn't record why it failed
    root = click.get_current_context().find_root().command
    assert isinstance(root, Commands)
    with progress_bars() as report:
        log_level = "INFO" if verbose else "CRITICAL"
        run_id, failed = run_in_process(root.load_job(job), ops, report, log_level)
    run = next((r for r in State(settings.state_file).runs() if r.run_id == run_id), None)
    if run is None:
        raise click.ClickException(failed or "the run never began; try again with --verbose")
    if run.status != "success":
        told = run.error or failed or "the end of the run could not be recorded; is the disk full?"
        raise click.ClickException(display.clean(told, lines=True))
    return run


def as_row(record: Run | Rejected | Attempt) -> dict[str, object]:
    """A record of the run state as JSON-ready values."""
    return {name: getattr(record, name) for name in record.__dataclass_fields__}
