"""Records a correction, applies it, and reports the effect.

Belongs here: what every recording command of `newsactors actors` does with its arguments.
Does not belong here: options (`etl.cli.corrections`), and checking a correction
(`etl.pipeline.submit_correction`).
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import click
import duckdb

from etl.cli import terminal
from etl.cli.answers import EXIT_ERROR, exit_unknown_name
from etl.cli.run import prepare_to_run, run_job
from etl.corrections.csv_file import corrections_file, read_corrections
from etl.corrections.lease import CorrectionsLease
from etl.corrections.plan import make_plan
from etl.corrections.records import UNDO, Correction
from etl.errors import NewsactorsError, first_line
from etl.pipeline import apply_corrections, submit_correction
from etl.pipeline.progress import WAITING
from etl.pipeline.submit_correction import Effect
from etl.query import display
from etl.query.names import NameNotFoundError, names_of
from etl.query.published import open_published
from etl.settings import Settings

Pairs = Sequence[tuple[str, str]]
SHOWN_MOVES = 5


def record_correction(
    settings: Settings, action: str, pairs: Pairs, options: dict[str, Any], undoes: str = ""
) -> None:
    """Resolve names in `pairs`, record the correction, apply it unless told otherwise, and report.

    `options` are those of `etl.cli.corrections`: because, author, dry_run, later, as_json, verbose.
    Raises ClickException, or Exit with code 1, if the correction is refused.
    """
    started = time.monotonic()
    if not options["dry_run"] and not options["later"]:
        prepare_to_run()
    with refusals():
        arguments, ids = _resolved(settings, pairs)
        new, effect = submit_correction.submit_correction(
            settings,
            action,
            arguments,
            because=options["because"],
            author=submit_correction.author_of(options["author"]),
            undoes=undoes,
            dry_run=options["dry_run"],
        )
        with open_published(settings) as con:
            moved = [row[key] for row in effect.moves for key in ("from_entity_id", "to_entity_id")]
            names = names_of(con, [*ids, *moved])
    state = "dry run" if options["dry_run"] else "recorded"
    if (
        state == "recorded"
        and not options["later"]
        and not CorrectionsLease(settings).is_held_elsewhere()
    ):
        try:
            apply_recorded(settings, options["verbose"])
        except (NewsactorsError, click.ClickException) as error:
            message = f"recorded as {new.id}, but not applied yet: {error}"
            raise click.ClickException(display.clean(message, lines=True)) from None
        state = "published"
    seconds = time.monotonic() - started
    if options["as_json"]:
        _print_json(new, effect, state, seconds)
        return
    _print_effect(effect, names, is_dry_run=state == "dry run")
    if state == "published":
        undo = f"to undo it: newsactors actors undo {new.id}" if new.action != UNDO else ""
        click.echo(f"recorded as {new.id} and published, in {seconds:.1f} s; {undo}", err=True)
    elif state == "recorded" and options["later"]:
        click.echo(f"recorded as {new.id}; `newsactors actors apply` applies it", err=True)
    elif state == "recorded":
        click.echo(
            f"recorded as {new.id} in {corrections_file(settings)}; another process is writing to "
            "the warehouse: that run applies it, or else the next (`newsactors actors apply`)",
            err=True,
        )


@contextmanager
def refusals() -> Iterator[None]:
    """Report an unknown name with candidates, and a disk or database error in one line; exit 1."""
    try:
        yield
    except NameNotFoundError as error:
        raise exit_unknown_name(error, "Give the id.", EXIT_ERROR) from None
    except (OSError, duckdb.Error) as error:
        raise click.ClickException(display.clean(first_line(error))) from None


def apply_recorded(settings: Settings, verbose: bool) -> None:
    """Apply the recorded corrections and publish. Raises ClickException if the run failed."""
    job = apply_corrections.job_for_corrections(
        settings, on_wait=lambda: click.echo(WAITING, err=True)
    )
    if job is not None:
        run_job(settings, job, {}, verbose)


def _resolved(settings: Settings, pairs: Pairs) -> tuple[list[tuple[str, str]], list[str]]:
    """Return the arguments with ids in place of actor names, and these ids."""
    plan = make_plan(read_corrections(settings))
    arguments, ids = [], []
    with open_published(settings) as con:
        for key, value in pairs:
            if key in ("actor", "into", "other"):
                ids.append(submit_correction.actor(con, plan, value))
                arguments.append((key, ids[-1]))
            else:
                arguments.append((key, value))
    return arguments, ids


def _print_json(new: Correction, effect: Effect, state: str, seconds: float) -> None:
    report = {
        "correction_id": None if state == "dry run" else new.id,
        "action": new.action,
        "arguments": [list(pair) for pair in new.arguments],
        "undoes": new.undoes or None,
        "because": new.because,
        "author": new.author,
        "state": state,
        "minted_entity_id": None if state == "dry run" else effect.minted_entity_id,
        "mentions": effect.mentions,
        "articles": effect.articles,
        "moves": effect.moves,
        "notes": effect.notes,
        "seconds": round(seconds, 1),
    }
    click.echo(terminal.as_json(report, indent=2))


def _print_effect(effect: Effect, names: dict[str, str], *, is_dry_run: bool) -> None:
    def label(entity_id: str) -> str:
        name = names.get(entity_id)
        return f"{name} ({entity_id})" if name else f"a new actor ({entity_id})"

    moved = _counts(effect.mentions, effect.articles)
    verb = "would move" if is_dry_run else "move"
    click.echo(display.clean(f"{moved} {verb}" + (":" if effect.moves else "")))
    for row in effect.moves[:SHOWN_MOVES]:
        line = f"from {label(row['from_entity_id'])} to {label(row['to_entity_id'])}: "
        click.echo(f"  {display.clean(line + _counts(row['mentions'], row['articles']))}")
    if len(effect.moves) > SHOWN_MOVES:
        click.echo(f"  … and {len(effect.moves) - SHOWN_MOVES} more")
    for note in effect.notes:
        click.echo(display.clean(f"note: {note}"), err=True)


def _counts(mentions: int, articles: int) -> str:
    return f"{display.counted(mentions, 'mention')}, {display.counted(articles, 'article')}"
