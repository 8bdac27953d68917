"""Progress on standard error: a bar per stage, or a line about slow work."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from etl.pipeline.progress import Progress as Report
from etl.pipeline.progress import is_note
from etl.query.display import clean, counted

QUIET_SECONDS = 2.0
"""Work that takes longer reports its progress."""
TERMINAL_REPORT_SECONDS, LOG_REPORT_SECONDS = 0.5, 10.0


@contextmanager
def progress_bars() -> Iterator[Report]:
    """Show a bar per stage on standard error; if that's no terminal, only notes."""
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
            if is_note(stage):
                click.echo(clean(stage), err=True)
                return
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=total)
            bars.update(tasks[stage], completed=done, total=total)

        yield report


@contextmanager
def progress(label: str) -> Iterator[Callable[[int], None]]:
    """Report slow work on standard error: seconds and rows so far.

    Yields a function that takes the number of rows so far.
    """
    rows, started, done = 0, time.monotonic(), threading.Event()
    is_terminal = sys.stderr.isatty()

    def report(count: int) -> None:
        nonlocal rows
        rows = count

    def write_lines() -> None:
        pause = QUIET_SECONDS
        while not done.wait(pause):
            pause = TERMINAL_REPORT_SECONDS if is_terminal else LOG_REPORT_SECONDS
            so_far = f", {counted(rows, 'row')}" if rows else ""
            line = clean(f"{label}: {time.monotonic() - started:.0f} s{so_far}")
            sys.stderr.write(f"\r\x1b[K{line}" if is_terminal else f"{line}\n")
            sys.stderr.flush()

    writer = threading.Thread(target=write_lines, daemon=True)
    writer.start()
    try:
        yield report
    finally:
        done.set()
        writer.join()
        if is_terminal and time.monotonic() - started > QUIET_SECONDS:
            sys.stderr.write("\r\x1b[K")
