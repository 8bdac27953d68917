"""`newsactors actors relink`: shows what resolving all names again would change, and does it.

Belongs here: options and layout.
Does not belong here: resolving names (`etl.linking`), and corrections, which apply in any case
(`etl.cli.corrections`).
"""

from __future__ import annotations

import click

from etl.cli import terminal
from etl.cli.options import json_option, verbose_option
from etl.cli.run import run_job
from etl.corrections.csv_file import read_corrections
from etl.corrections.plan import make_plan
from etl.linking.ledger import Ledger
from etl.linking.relink import Change, preview
from etl.query import display
from etl.query.published import open_published
from etl.settings import Settings

SHOWN = 30


@click.command()
@click.option("--apply", "is_applied", is_flag=True, help="Make the changes, and publish.")
@json_option
@verbose_option
@click.pass_obj
def relink(settings: Settings, is_applied: bool, as_json: bool, verbose: bool) -> None:
    """Resolve all names to actors again; without --apply only show the difference.

    A full name is resolved when it is first seen, and later articles never change that. So early
    decisions were based on few articles. This resolves every name with everything known today.
    Actors keep their ids if most of their texts stay together. Corrections still apply on top.
    """
    if not settings.published.exists():
        raise click.ClickException("nothing is published yet: run `newsactors ingest` first")
    plan = make_plan(read_corrections(settings))
    with open_published(settings, readable=settings.identity_ledger) as con:
        changes = preview(con, Ledger(settings.identity_ledger), plan)
        names = dict(con.execute("select entity_id, name from main.entities").fetchall())
    rows = [_row(change, names) for change in changes]
    if as_json:
        click.echo(terminal.as_json(rows, indent=2))
    else:
        _show(rows)
    if is_applied and changes:
        run_job(settings, "relink", {}, verbose)
        click.echo("relinked and published", err=True)
    elif changes and not as_json:
        click.echo("nothing was changed; --apply makes these changes", err=True)


def _row(change: Change, names: dict[str, str]) -> dict[str, object]:
    decision = change.decision
    return {
        "name": decision.form.name,
        "type": decision.form.type,
        "scope": decision.form.scope,
        "texts": decision.form.texts,
        "from_entity_id": change.before,
        "from_name": names.get(change.before),
        "to_entity_id": decision.entity_id,
        "to_name": names.get(decision.entity_id),
        "method": decision.method,
        "confidence": decision.confidence,
        "evidence": decision.evidence,
    }


def _show(rows: list[dict[str, object]]) -> None:
    for row in rows[:SHOWN]:
        scope = f" ({str(row['scope']).replace('|', ', ').rstrip(', ')})" if row["scope"] else ""
        before = row["from_name"] or row["from_entity_id"]
        after = row["to_name"] or f"a new actor, {row['to_entity_id']}"
        line = (
            f"{row['name']}{scope}: {before} -> {after}, in {row['texts']} texts, {row['method']}"
        )
        click.echo(display.clean(line))
    if len(rows) > SHOWN:
        click.echo(f"… and {len(rows) - SHOWN} more names; --json shows all")
    if not rows:
        click.echo("nothing would change")
