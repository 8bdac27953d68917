"""`newsactors actors relink`: what deciding all names anew would change, and doing it.

Belongs here: options and layout. Does not belong here: deciding (`etl.linking`), and corrections,
which hold whatever is decided (`etl.cli.corrections`).
"""

from __future__ import annotations

import click

from etl.cli.options import verbose_option
from etl.cli.run import run_job
from etl.corrections.csv_file import read_corrections
from etl.corrections.plan import make_plan
from etl.linking.ledger import Ledger
from etl.linking.relink import Change, preview
from etl.query import display, export
from etl.query.published import open_published
from etl.settings import Settings

SHOWN = 30


@click.command()
@click.option("--apply", "is_applied", is_flag=True, help="Do it, and publish.")
@click.option("--json", "as_json", is_flag=True, help="Print the changes as JSON.")
@verbose_option
@click.pass_obj
def relink(settings: Settings, is_applied: bool, as_json: bool, verbose: bool) -> None:
    """Decide anew which names are one actor; without --apply only show the difference.

    A name is decided when it first comes, and later articles follow; so early decisions were made
    knowing little. This decides all of them with what is known today. Actors keep their ids where
    most of their texts stay together. Corrections are applied on top, as ever.
    """
    if not settings.published.exists():
        raise click.ClickException("nothing is published yet: run `newsactors ingest` first")
    plan = make_plan(read_corrections(settings))
    with open_published(settings, readable=settings.identity_ledger) as con:
        changes = preview(con, Ledger(settings.identity_ledger), plan)
        names = dict(con.execute("select entity_id, name from main.entities").fetchall())
    rows = [_row(change, names) for change in changes]
    if as_json:
        click.echo(export.to_json(rows, indent=2))
    else:
        _show(rows)
    if is_applied and changes:
        run_job(settings, "relink", {}, verbose)
        click.echo("decided anew and published", err=True)
    elif changes and not as_json:
        click.echo("nothing was changed; --apply does it", err=True)


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
        when = f" ({str(row['scope']).replace('|', ', ').rstrip(', ')})" if row["scope"] else ""
        before = row["from_name"] or row["from_entity_id"]
        after = row["to_name"] or f"an actor of its own, {row['to_entity_id']}"
        line = f"{row['name']}{when}: {before} -> {after}, in {row['texts']} texts, {row['method']}"
        click.echo(display.clean(line))
    if len(rows) > SHOWN:
        click.echo(f"… and {len(rows) - SHOWN} names more; --json shows all")
    if not rows:
        click.echo("nothing would change")
