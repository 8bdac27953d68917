"""`newsactors actors`: the group, and the commands that record corrections of actors.

Belongs here: their options and arguments.
Does not belong here: the commands that only read (`etl.cli.actors`), recording and reporting
(`etl.cli.record_correction`), and what corrections mean (`etl.corrections`).

Exit codes: 0 applied, or recorded for the run in progress; 1 refused or failed; 2 usage. A name
that fits several actors is refused with their ids.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from datetime import date
from typing import Any

import click

from etl.cli import terminal
from etl.cli.actors import correction_summary, history, list_actors, show, suggest
from etl.cli.options import Day, json_option, verbose_option
from etl.cli.record_correction import apply_recorded, record_correction, refusals
from etl.cli.relink import relink
from etl.corrections.csv_file import read_corrections
from etl.corrections.records import TYPES, UNDO
from etl.pipeline.apply_corrections import is_correction_due
from etl.query import display
from etl.query.correction_history import published_history, without_effect
from etl.settings import Settings


@click.group()
def actors() -> None:
    """Show actors and correct their identities.

    A correction is a row in $NEWSACTORS_REGISTRY/corrections.csv: who decided what, when and why.
    It is applied to the published articles without reading them again, and to future articles.
    `undo` reverts it and leaves no trace in the counts. You can also edit the file by hand and then
    run `newsactors actors apply`.

    Give an actor A by its id or its whole name. If a name fits several actors, they are listed.

    \b
    Look:     newsactors actors list --type PERSON
              newsactors actors show "Nadia Verholt"
              newsactors actors suggest
    Correct:  newsactors actors merge "N. Verholt" "Nadia Verholt" --because "same person"
              newsactors actors history
              newsactors actors undo C0123456789ab
    """


for command in (list_actors, show, suggest, history, relink):
    actors.add_command(command)

_because = click.option(
    "--because", required=True, metavar="WHY", help="The reason; stored with the correction."
)
_author = click.option("--author", metavar="WHO", help="Who decided; default: git's user.name.")
_dry_run = click.option("--dry-run", is_flag=True, help="Only show what would change.")
_later = click.option("--later", is_flag=True, help="Only record it; the next run applies it.")


def _recording(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of every command that records a correction."""
    for option in (_author, _dry_run, _later, json_option, verbose_option):
        command = option(command)
    return click.pass_obj(command)


@actors.command()
@click.argument("actor", metavar="A")
@click.argument("into", metavar="B")
@_because
@_recording
def merge(settings: Settings, actor: str, into: str, **options: Any) -> None:
    """Merge A into B: they are one actor, with the id and the name of B.

    The id of A keeps working. Refused if A and B were marked as distinct.

    \b
    Example:
      newsactors actors merge "N. Verholt" "Nadia Verholt" --because "initial in headlines"
    """
    record_correction(settings, "merge", [("actor", actor), ("into", into)], options)


@actors.command()
@click.argument("actor", metavar="A")
@click.option(
    "--article", multiple=True, metavar="ID", help="Mentions in this article; may be repeated."
)
@click.option(
    "--name",
    multiple=True,
    help="Mentions whose fullest form in the article is this; may be repeated.",
)
@click.option("--surface", multiple=True, hidden=True, help="The same as --name.")
@click.option("--outlet", multiple=True, help="Mentions in this outlet; may be repeated.")
@click.option("--from", "from_day", type=Day(), help="Mentions from this day or month on.")
@click.option("--to", "to_day", type=Day(end=True), help="Mentions up to this day or month.")
@click.option("--into", metavar="B", help="Assign them to B; default: a new actor.")
@_because
@_recording
def split(
    settings: Settings,
    actor: str,
    article: tuple[str, ...],
    name: tuple[str, ...],
    surface: tuple[str, ...],
    outlet: tuple[str, ...],
    from_day: date | None,
    to_day: date | None,
    into: str | None,
    **options: Any,
) -> None:
    """Split some mentions off A, because they refer to another actor.

    Moves the mentions that match all of the options, in future articles too. Refused if no mention
    matches, or every one.

    \b
    Examples:
      newsactors actors split "John Smith" --outlet "Harbour Courier" --because "their own editor"
      newsactors actors split "John Smith" --name "Smith" --from 2025-06 --into "Ann Smith" \\
        --because "she is meant since the vote"
    """
    pairs = [("actor", actor), *(("article", i) for i in article)]
    pairs += [("name", n) for n in (*name, *surface)] + [("outlet", o) for o in outlet]
    pairs += [("from", from_day.isoformat())] if from_day else []
    pairs += [("to", to_day.isoformat())] if to_day else []
    if len(pairs) == 1:
        raise click.UsageError("say what to split off: --article, --name, --outlet, --from or --to")
    pairs += [("into", into)] if into else []
    record_correction(settings, "split", pairs, options)


@actors.command()
@click.argument("spelling")
@click.argument("actor", metavar="A", required=False)
@click.option("--new", is_flag=True, help="Instead of A: a new actor.")
@_because
@_recording
def alias(settings: Settings, spelling: str, actor: str | None, new: bool, **options: Any) -> None:
    """Assign SPELLING to A, in every article.

    SPELLING must equal the fullest form of the name in an article exactly.

    \b
    Examples:
      newsactors actors alias "Sel. Krayle" "Sebastian Krayle" --because "a typing error"
      newsactors actors alias "the Sound" --new --because "the strait, not the newspaper"
    """
    if (actor is None) != new:
        raise click.UsageError("say whose spelling it is: give an actor, or --new")
    pairs = [("spelling", spelling), *([("actor", actor)] if actor else [])]
    record_correction(settings, "alias", pairs, options)


@actors.command()
@click.argument("actor", metavar="A")
@click.argument("other", metavar="B")
@_because
@_recording
def distinct(settings: Settings, actor: str, other: str, **options: Any) -> None:
    """Mark A and B as different actors: never merge or suggest them.

    \b
    Example:
      newsactors actors distinct "John Smith" "Jon Smith" --because "a senator and an editor"
    """
    record_correction(settings, "distinct", [("actor", actor), ("other", other)], options)


@actors.command()
@click.argument("actor", metavar="A")
@click.argument("name")
@_because
@_recording
def rename(settings: Settings, actor: str, name: str, **options: Any) -> None:
    """Call A by NAME, whatever most articles call it.

    \b
    Example:
      newsactors actors rename "Sound Maritime" "Sound Maritime Authority" --because "in full"
    """
    record_correction(settings, "rename", [("actor", actor), ("name", name)], options)


@actors.command("type")
@click.argument("actor", metavar="A")
@click.argument("type_", metavar="TYPE", type=click.Choice(TYPES, case_sensitive=False))
@_because
@_recording
def type_(settings: Settings, actor: str, type_: str, **options: Any) -> None:
    """Set the TYPE of A: PERSON, ORG, GPE, LOC, NORP, FAC or OTHER.

    \b
    Example:
      newsactors actors type "Hesper" OTHER --because "a storm"
    """
    record_correction(settings, "type", [("actor", actor), ("type", type_)], options)


@actors.command()
@click.argument("article_id")
@click.option("--date", "day", type=Day(), help="The day it was published.")
@click.option("--outlet", help="The outlet that published it.")
@_because
@_recording
def article(
    settings: Settings, article_id: str, day: date | None, outlet: str | None, **options: Any
) -> None:
    """Correct the date or the outlet of ARTICLE_ID.

    \b
    Example:
      newsactors actors article 3f2a… --date 2025-06-05 --because "the site shows the day of print"
    """
    pairs = [("article", article_id)]
    pairs += [("date", day.isoformat())] if day else []
    pairs += [("outlet", outlet)] if outlet else []
    if len(pairs) == 1:
        raise click.UsageError("say what is wrong: --date, --outlet, or both")
    record_correction(settings, "article", pairs, options)


@actors.command()
@click.argument("correction", metavar="ID")
@click.option("--because", default="", metavar="WHY", help="The reason; stored with the undo.")
@_recording
def undo(settings: Settings, correction: str, **options: Any) -> None:
    """Undo the correction ID: the rows become what they would be without it.

    Refused if later corrections depend on it; they are listed. `newsactors actors history` shows
    the ids. You can record an undone correction again.
    """
    record_correction(settings, UNDO, [], options, undoes=correction)


@actors.command()
@click.option("--strict", is_flag=True, help="Exit with 1 if any row is without effect.")
@json_option
@verbose_option
@click.pass_obj
def apply(settings: Settings, strict: bool, as_json: bool, verbose: bool) -> None:
    """Apply corrections.csv to the published file, for example after editing it by hand.

    Waits for a run in progress. Lists the rows without effect and why: 'skipped' contradicts
    itself or an earlier row, 'idle' names what is in no article.
    """
    started = time.monotonic()
    with refusals():
        read_corrections(settings)
    is_due = is_correction_due(settings)
    if is_due:
        apply_recorded(settings, verbose)
    idle = without_effect(published_history(settings, read_corrections(settings)))
    seconds = time.monotonic() - started
    if as_json:
        report = {"applied": is_due, "seconds": round(seconds, 1), "without_effect": idle}
        click.echo(terminal.as_json(report, indent=2))
    else:
        click.echo(f"applied in {seconds:.1f} s" if is_due else "nothing new to apply", err=True)
        for row in idle:
            where = f"line {row['line']}: {correction_summary(row)}: {row['detail']}"
            click.echo(display.clean(f"{row['status']}: {where}"), err=True)
    if strict and idle:
        sys.exit(1)
