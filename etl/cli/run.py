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
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click
import duckdb
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from etl.errors import NewsactorsError
from etl.pipeline.errors import InputError
from etl.pipeline.preview import preview
from etl.pipeline.progress import WAITING
from etl.pipeline.progress import Progress as Report
from etl.query import display, export, published
from etl.settings import Location, Settings
from etl.storage.run_state import Attempt, Rejected, Run, State, StateError

if TYPE_CHECKING:
    from dagster import JobDefinition

verbose_option = click.option("-v", "--verbose", is_flag=True, help="Show Dagster's log.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")


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
                f"{display.clean(published.first_line(error))}; mend that and run again: "
                "what was published is as it was, and what was done is kept"
            ) from error


@contextmanager
def progress_bars() -> Iterator[Report]:
    """Bars on standard error, one a stage; where that is not a terminal only that it waits."""
    console = Console(stderr=True)
    bars = Progress(
        TextColumn("{task.description:<17}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    tasks: dict[str, Any] = {}
    with bars:

        def report(stage: str, done: int, total: int) -> None:
            if stage == WAITING:
                click.echo(WAITING, err=True)
                return
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=total)
            bars.update(tasks[stage], completed=done, total=total)

        yield report


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
    """Run a job and return its row of the history; ClickException where it failed."""
    from etl.orchestration.run_job import run_job as run_in_process  # importing Dagster takes 1 s

    try:
        State(settings.state_file).runs(1)  # else the run could not even say why it failed
    except StateError as error:
        raise click.ClickException(str(error)) from None
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


def show_preview(settings: Settings, places: Sequence[Location], as_json: bool) -> int:
    """Print what files would become, as they are read; returns how many items would be set aside.

    As JSON it is one list, an item a line.
    """
    rejected = count = 0
    try:
        for row in preview(settings, places):
            if as_json:
                click.echo(("[" if not count else ",\n") + export.to_json(row.as_dict()), nl=False)
            else:
                click.echo("  ".join(map(display.clean, row.values())))
            count += 1
            rejected += row.reason is not None
    except InputError as error:
        raise click.ClickException(display.clean(error, lines=True)) from None
    if as_json:
        click.echo("]" if count else "[]")
    click.echo(
        f"{count - rejected:,} articles, {rejected:,} to quarantine; nothing was written", err=True
    )
    return rejected
