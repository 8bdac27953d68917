"""Records a correction that a command of `newsactors actors` was given, applies it, and reports it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import click
import duckdb

from etl.cli.answers import EXIT_ERROR, exit_unknown_name
from etl.cli.run import prepare_to_run, run_job
from etl.corrections.csv_file import corrections_file, read_corrections
from etl.corrections.plan import make_plan
from etl.corrections.records import UNDO, Correction
from etl.errors import NewsactorsError, first_line
from etl.pipeline import apply_corrections, submit_correction
from etl.pipeline.submit_correction import Effect
from etl.query import display, export
from etl.query.names import NameNotFoundError, names_of
from etl.query.published import open_published
from etl.settings import Settings
from etl.storage.writer_lock import WriterLock

Pairs = Sequence[tuple[str, str]]


def record_correction(
    settings: Settings, action: str, pairs: Pairs, options: dict[str, Any], undoes: str = ""
) -> None:
    """Find whom names mean, record, apply, and say what came of it."""
    started = time.monotonic()
    if not options["dry_run"] and not options["later"]:
        prepare_to_run()
    with refusals():
        meant, ids = _meant(settings, pairs)
        new, effect = submit_correction.submit_correction(
            settings,
            action,
            meant,
            because=options["because"],
            author=submit_correction.author_of(options["author"]),
            undoes=undoes,
            dry_run=options["dry_run"],
        )
        with open_published(settings) as con:
            moved = [row[key] for row in effect.moves for key in ("from_entity_id", "to_entity_id")]
            names = names_of(con, [*ids, *moved])
    state = "dry run" if options["dry_run"] else "recorded"
    if state == "recorded" and not options["later"] and not WriterLock(settings).is_taken():
        try:
            apply_recorded(settings, options["verbose"])
        except (NewsactorsError, click.ClickException) as error:
            message = f"recorded as {new.id}, but not applied yet: {error}"
            raise click.ClickException(display.clean(message, lines=True)) from None
        state = "published"
    seconds = time.monotonic() - started
    if options["as_json"]:
        _print_json(new, effect, state, seconds)
    else:
        _say(settings, new, effect, names, state, seconds, is_later=options["later"])


@contextmanager
def refusals() -> Iterator[None]:
    """Turn what can be wrong with a correction into a message and exit code 1."""
    try:
        yield
    except NameNotFoundError as error:
        raise exit_unknown_name(error, "Give the id.", EXIT_ERROR) from None
    except (OSError, duckdb.Error) as error:
        raise click.ClickException(display.clean(first_line(error))) from None


def _meant(settings: Settings, pairs: Pairs) -> tuple[list[tuple[str, str]], list[str]]:
    """The arguments with ids for names and outlets as published, and these ids."""
    plan = make_plan(read_corrections(settings))
    found, ids = [], []
    with open_published(settings) as con:
        for key, value in pairs:
            meant = value
            if key in ("actor", "into", "other"):
                meant = submit_correction.actor(con, plan, value)
                ids.append(meant)
            found.append((key, meant))
    return found, ids


def apply_recorded(settings: Settings, verbose: bool) -> None:
    run_job(settings, apply_corrections.job_for_corrections(settings), {}, verbose)


def _print_json(new: Correction, effect: Effect, state: str, seconds: float) -> None:
    said = {
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
    click.echo(export.to_json(said, indent=2))


def _say(
    settings: Settings,
    new: Correction,
    effect: Effect,
    names: dict[str, str],
    state: str,
    seconds: float,
    *,
    is_later: bool,
) -> None:
    def called(entity_id: str) -> str:
        name = names.get(entity_id)
        return f"{name} ({entity_id})" if name else f"a new actor ({entity_id})"

    moved = ", ".join(
        (
            display.counted(effect.mentions, "mention"),
            display.counted(effect.articles, "article"),
        )
    )
    verb = "would move" if state == "dry run" else "move"
    click.echo(display.clean(f"{moved} {verb}" + (":" if effect.moves else "")))
    for row in effect.moves[:5]:
        line = (
            f"from {called(row['from_entity_id'])} to {called(row['to_entity_id'])}: "
            f"{display.counted(row['mentions'], 'mention')}, "
            f"{display.counted(row['articles'], 'article')}"
        )
        click.echo(f"  {display.clean(line)}")
    if len(effect.moves) > 5:
        click.echo(f"  … and {len(effect.moves) - 5} more")
    for note in effect.notes:
        click.echo(display.clean(f"note: {note}"), err=True)
    if state == "published":
        click.echo(
            f"recorded as {new.id} and published, in {seconds:.1f} s; "
            + (f"to take it back: newsactors actors undo {new.id}" if new.action != UNDO else ""),
            err=True,
        )
    elif state == "recorded" and is_later:
        click.echo(f"recorded as {new.id}; `newsactors actors apply` applies it", err=True)
    elif state == "recorded":
        click.echo(
            f"recorded as {new.id} in {corrections_file(settings)}; another process is writing to "
            "the warehouse: that run applies it, or else the next (`newsactors actors apply`)",
            err=True,
        )
