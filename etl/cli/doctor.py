"""`newsactors doctor`: the state of every part, and putting it right.

Belongs here: options, layout and exit codes. Does not belong here: looking and healing
(`etl.doctor`).
"""

from __future__ import annotations

import sqlite3
import sys

import click
import duckdb
from rich.table import Table
from rich.text import Text

from etl.cli import terminal
from etl.cli.run import json_option, run_job, verbose_option
from etl.doctor import repair
from etl.doctor.examine import examine
from etl.doctor.findings import Finding, is_sound
from etl.pipeline.progress import WAITING
from etl.query import display, export, published
from etl.settings import Settings
from etl.storage.archive import ArchiveError
from etl.storage.run_state import StateError
from etl.storage.staging import StagingError
from etl.warehouse.build_db import BuildError

_STYLES = {"sound": "green", "note": "yellow", "damaged": "red"}
_REFUSALS = (ArchiveError, BuildError, StagingError, StateError, OSError)


@click.command()
@click.option("--repair", "is_repaired", is_flag=True, help="Heal what can be healed, and publish.")
@json_option
@verbose_option
@click.pass_obj
def doctor(settings: Settings, is_repaired: bool, as_json: bool, verbose: bool) -> None:
    """Whether everything that is kept is as it was written.

    Reads all of it and compares checksums: archive, manifest, ledger, corrections, staging, run
    state, build file and published files. Changes nothing, and disturbs neither readers nor runs;
    what a run under way is changing is left out.

    With --repair each damaged part is moved to damaged/ under the warehouse and made again: the
    manifest by its copy, originals from the inbox, the ledger, staging and run state by what is
    loaded and published, the rest from the archive. What cannot be is named, with what is lost.

    Exit codes: 0 all is sound (notes included), 1 something is damaged, also after --repair.
    """
    done: list[str] = []
    try:
        if is_repaired and not is_sound(examine(settings)):
            for line in repair.repair(settings, lambda: click.echo(WAITING, err=True)):
                done.append(line)
                click.echo(display.clean(line), err=True)
            run_job(settings, "rebuild", {}, verbose)
            done += repair.tidy(settings)
        findings = examine(settings)
    except _REFUSALS as error:
        raise click.ClickException(display.clean(error, lines=True)) from None
    except (duckdb.Error, sqlite3.Error) as error:
        raise click.ClickException(published.first_line(error)) from None
    if as_json:
        click.echo(
            export.to_json(
                {
                    "home": str(settings.home),
                    "is_sound": is_sound(findings),
                    "parts": [finding.as_dict() for finding in findings],
                    "repaired": done,
                },
                indent=2,
            )
        )
    else:
        terminal.console().print(_table(settings, findings))
    if not is_sound(findings):
        sys.exit(1)


def _table(settings: Settings, findings: list[Finding]) -> Table:
    table = Table(box=None, pad_edge=False)
    for name in ("part", "state", "what", "where", "what to do"):
        table.add_column(name, overflow="fold")
    for finding in findings:
        path = finding.path
        where = path.relative_to(settings.home) if path.is_relative_to(settings.home) else path
        table.add_row(
            finding.part,
            Text(finding.level, style=_STYLES[finding.level]),
            Text(display.clean(finding.what)),
            Text(display.clean(str(where))),
            Text(display.clean(finding.remedy)),
        )
    return table
