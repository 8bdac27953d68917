"""`newsactors doctor`: checks every part of the warehouse, and repairs it on request.

Belongs here: options, layout and exit codes.
Does not belong here: checking and repairing (`etl.doctor`).
"""

from __future__ import annotations

import sqlite3
import sys

import click
import duckdb
from rich.table import Table
from rich.text import Text

from etl.cli import terminal
from etl.cli.options import json_option, verbose_option
from etl.cli.run import run_job
from etl.doctor import repair
from etl.doctor.examine import examine
from etl.doctor.findings import Finding, is_sound
from etl.errors import first_line
from etl.pipeline.progress import WAITING
from etl.query import display
from etl.settings import Settings

_STYLES = {"sound": "green", "note": "yellow", "damaged": "red"}


@click.command()
@click.option(
    "--repair", "is_repaired", is_flag=True, help="Repair what can be repaired, and publish."
)
@json_option
@verbose_option
@click.pass_obj
def doctor(settings: Settings, is_repaired: bool, as_json: bool, verbose: bool) -> None:
    """Check that every stored file is as it was written.

    Reads everything and compares checksums: archive, manifest, ledger, corrections, staging, run
    state, build file and published files. It changes nothing and disturbs neither readers nor runs;
    files that a run in progress is changing are skipped.

    --repair moves each damaged part to damaged/ in the warehouse and restores it: the manifest from
    its copy, originals from the inbox, the ledger, staging and run state from loaded and published
    rows, the rest from the archive. If a part can't be restored, it reports what is lost.

    Exit codes: 0 everything is sound (notes included), 1 something is damaged, also after --repair.
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
    except (OSError, duckdb.Error, sqlite3.Error) as error:
        raise click.ClickException(display.clean(first_line(error))) from None
    if as_json:
        click.echo(
            terminal.as_json(
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
