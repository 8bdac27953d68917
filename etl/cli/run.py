"""Running a Dagster job from a command, and reporting errors of all commands.

Does not belong here: any one command, and the run itself (`etl.orchestration.run_job`).
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
from etl.storage import permissions
from etl.storage.quarantine import Attempt, QuarantinedItem
from etl.storage.run_history import Run
from etl.storage.run_state import State

if TYPE_CHECKING:
    from dagster import JobDefinition


class Commands(click.Group):
    """A group that reports our errors, and those of disks and databases, as a message and exit 1.

    This covers the commands of its subgroups too.
    """

    load_job: Callable[[str], JobDefinition]
    """Returns the Dagster job with a given name; `etl.__main__` sets this attribute."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the requested command."""
        try:
            return super().invoke(ctx)
        except NewsactorsError as error:
            raise click.ClickException(display.clean(error, lines=True)) from None
        except (OSError, sqlite3.Error, duckdb.Error) as error:
            if isinstance(error, OSError) and error.errno == errno.EPIPE:
                raise  # the reader closed the pipe: click exits silently
            raise click.ClickException(
                f"{display.clean(first_line(error))}; fix that and run again: "
                "the published file is unchanged, and completed work is kept"
            ) from error


def collect_rarely() -> None:
    """Collect garbage rarely, and not at all when the process exits.

    Dagster and dbt create some two million objects that live until then. Of the 6.5 s that a
    correction took over 840 articles, 0.8 s went into scanning them, and 0.9 s more at the exit.
    """
    gc.set_threshold(100_000, 50, 50)
    atexit.register(gc.freeze)


def prepare_to_run() -> None:
    """Start importing what `run_job` needs in a thread, while the caller waits for DuckDB.

    Importing Dagster and dbt takes 2.5 s of processor time. Starting early publishes a correction
    of 10,000 articles 0.7 s sooner.
    """

    def load() -> None:
        with contextlib.suppress(ImportError):  # `run_job` reports it
            importlib.import_module("dagster")
            importlib.import_module("dagster_dbt")

    threading.Thread(target=load, daemon=True).start()


def run_job(settings: Settings, job: str, request: Mapping[str, Any], verbose: bool) -> Run:
    """Run a job and return its row of the history. Raises ClickException if it failed.

    Raises InputError if the request is refused: then there is no run.
    """
    from etl.orchestration.run_job import run_job as run_in_process  # importing Dagster takes 1 s

    if not settings.home.exists():
        click.echo(f"New warehouse: {settings.home} (NEWSACTORS_HOME names another)", err=True)
    permissions.require_writable(settings)
    State(settings.state_file).runs(1)  # raises StateError: the run couldn't record its failure
    root = click.get_current_context().find_root().command
    assert isinstance(root, Commands)
    with progress_bars() as report:
        log_level = "INFO" if verbose else "CRITICAL"
        run_id, failure = run_in_process(root.load_job(job), request, report, log_level)
    run = next((r for r in State(settings.state_file).runs() if r.run_id == run_id), None)
    if run is None:
        raise click.ClickException(failure or "the run did not start; try again with --verbose")
    if run.status != "success":
        reason = run.error or failure
        reason = reason or "the end of the run could not be recorded; is the disk full?"
        raise click.ClickException(display.clean(reason, lines=True))
    return run


def as_row(record: Run | QuarantinedItem | Attempt) -> dict[str, object]:
    """Return a record of the run state as JSON-ready values."""
    return {name: getattr(record, name) for name in record.__dataclass_fields__}
