"""`newsactors actors`: the commands that record corrections of actors.

Belongs here: options, messages, exit codes of what changes something. Does not belong here: the
commands that only look (`etl.cli.actors`), checking and recording (`etl.pipeline.submit_correction`), what
corrections mean (`etl.linking`).

Exit codes: 0 done, or recorded for the run under way; 1 refused or failed; 2 usage. A name that may
be several actors is refused with their ids.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any

import click
import duckdb

from etl.cli import terminal
from etl.cli.actors import history, list_actors, show, suggest
from etl.cli.read import Day
from etl.cli.relink import relink
from etl.cli.run import prepare_to_run, run_job, verbose_option
from etl.corrections.csv_file import RegistryError, corrections_file, read_corrections
from etl.corrections.plan import make_plan
from etl.corrections.records import TYPES, UNDO, Correction, CorrectionError
from etl.pipeline import apply_corrections, stages, submit_correction
from etl.pipeline.submit_correction import Effect
from etl.query import display, export, published
from etl.query.actors import names_of
from etl.settings import Settings
from etl.storage.writer_lock import WriterLock
from etl.warehouse.build_db import BuildError

Pairs = Sequence[tuple[str, str]]


@click.group()
def actors() -> None:
    """Who is who: look at actors, and correct them.

    A correction is a row in $NEWSACTORS_REGISTRY/corrections.csv: who decided what, when and why.
    It is applied to what is published, no article is read again, and holds for articles to come.
    `undo` takes it back without a trace in the counts. Edit the file by hand if you like, and then
    run `newsactors actors apply`.

    An actor A is its id or its whole name; where a name may be several actors, they are listed.

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

_because = click.option("--because", required=True, metavar="WHY", help="Why; kept with it.")
_author = click.option("--author", metavar="WHO", help="Who decides; default: git's user.name.")
_dry_run = click.option("--dry-run", is_flag=True, help="Only say what would change.")
_later = click.option("--later", is_flag=True, help="Only record; the next run applies it.")
_json = click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")


def _recording(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that all commands have that record a correction."""
    for option in (_author, _dry_run, _later, _json, verbose_option):
        command = option(command)
    return click.pass_obj(command)


@actors.command()
@click.argument("actor", metavar="A")
@click.argument("into", metavar="B")
@_because
@_recording
def merge(settings: Settings, actor: str, into: str, **options: Any) -> None:
    """A and B are one actor, which keeps the id and the name of B.

    A's id goes on working. Refused where they were said to be distinct.

    \b
    Example:
      newsactors actors merge "N. Verholt" "Nadia Verholt" --because "initial in headlines"
    """
    _record(settings, "merge", [("actor", actor), ("into", into)], options)


@actors.command()
@click.argument("actor", metavar="A")
@click.option("--article", multiple=True, metavar="ID", help="In this article; may be repeated.")
@click.option(
    "--name", multiple=True, help="Where this is the fullest form of the name; may be repeated."
)
@click.option("--surface", multiple=True, hidden=True, help="The same as --name.")
@click.option("--outlet", multiple=True, help="In this outlet; may be repeated.")
@click.option("--from", "from_day", type=Day(), help="From this day, or month.")
@click.option("--to", "to_day", type=Day(end=True), help="To this day, or month.")
@click.option("--into", metavar="B", help="It is B; without, a new actor.")
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
    """Part of what is counted as A is somebody else: what fits all of the options.

    Holds for articles to come, too. Refused where nothing fits, or everything.

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
        raise click.UsageError("say what is split off: --article, --name, --outlet, --from, --to")
    pairs += [("into", into)] if into else []
    _record(settings, "split", pairs, options)


@actors.command()
@click.argument("spelling")
@click.argument("actor", metavar="A", required=False)
@click.option("--new", is_flag=True, help="Instead of A: an actor of its own.")
@_because
@_recording
def alias(settings: Settings, spelling: str, actor: str | None, new: bool, **options: Any) -> None:
    """Whoever an article calls SPELLING is A.

    SPELLING is the fullest form of the name in an article, letter by letter.

    \b
    Examples:
      newsactors actors alias "Sel. Krayle" "Sebastian Krayle" --because "a typing error"
      newsactors actors alias "the Sound" --new --because "the strait, not the newspaper"
    """
    if (actor is None) != new:
        raise click.UsageError("say whose it is: an actor, or --new")
    pairs = [("spelling", spelling), *([("actor", actor)] if actor else [])]
    _record(settings, "alias", pairs, options)


@actors.command()
@click.argument("actor", metavar="A")
@click.argument("other", metavar="B")
@_because
@_recording
def distinct(settings: Settings, actor: str, other: str, **options: Any) -> None:
    """A and B are never to be merged, by nobody, and not to be suggested again.

    \b
    Example:
      newsactors actors distinct "John Smith" "Jon Smith" --because "a senator and an editor"
    """
    _record(settings, "distinct", [("actor", actor), ("other", other)], options)


@actors.command()
@click.argument("actor", metavar="A")
@click.argument("name")
@_because
@_recording
def rename(settings: Settings, actor: str, name: str, **options: Any) -> None:
    """A is to be called NAME, whatever most articles say.

    \b
    Example:
      newsactors actors rename "Sound Maritime" "Sound Maritime Authority" --because "in full"
    """
    _record(settings, "rename", [("actor", actor), ("name", name)], options)


@actors.command("type")
@click.argument("actor", metavar="A")
@click.argument("type_", metavar="TYPE", type=click.Choice(TYPES, case_sensitive=False))
@_because
@_recording
def type_(settings: Settings, actor: str, type_: str, **options: Any) -> None:
    """A is a TYPE: PERSON, ORG, GPE, LOC, NORP, FAC or OTHER.

    \b
    Example:
      newsactors actors type "Hesper" OTHER --because "a storm"
    """
    _record(settings, "type", [("actor", actor), ("type", type_)], options)


@actors.command()
@click.argument("article_id")
@click.option("--date", "day", type=Day(), help="The day on which it was published.")
@click.option("--outlet", help="The outlet that published it.")
@_because
@_recording
def article(
    settings: Settings, article_id: str, day: date | None, outlet: str | None, **options: Any
) -> None:
    """The date or the outlet of ARTICLE_ID is another than was read.

    \b
    Example:
      newsactors actors article 3f2a… --date 2025-06-05 --because "the site shows the day of print"
    """
    pairs = [("article", article_id)]
    pairs += [("date", day.isoformat())] if day else []
    pairs += [("outlet", outlet)] if outlet else []
    if len(pairs) == 1:
        raise click.UsageError("say what is wrong: --date, --outlet, or both")
    _record(settings, "article", pairs, options)


@actors.command()
@click.argument("correction", metavar="ID")
@click.option("--because", default="", metavar="WHY", help="Why; kept with it.")
@_recording
def undo(settings: Settings, correction: str, **options: Any) -> None:
    """Take back the correction ID: the rows are again what they would be without it.

    Refused while later corrections depend on it; they are named. `newsactors actors history` has the
    ids. What was undone can be recorded again.
    """
    _record(settings, UNDO, [], options, undoes=correction)


@actors.command()
@_json
@verbose_option
@click.pass_obj
def apply(settings: Settings, as_json: bool, verbose: bool) -> None:
    """Apply corrections.csv to what is published, as after editing it by hand.

    Waits for a run that is under way. Corrections that no longer apply are named.
    """
    started = time.monotonic()
    with _refusals():
        read_corrections(settings)
    is_due = stages.is_correction_due(settings)
    if is_due:
        _apply(settings, verbose)
    seconds = time.monotonic() - started
    if as_json:
        click.echo(export.to_json({"applied": is_due, "seconds": round(seconds, 1)}, indent=2))
    else:
        click.echo(f"applied, in {seconds:.1f} s" if is_due else "nothing new to apply", err=True)


@contextmanager
def _refusals() -> Iterator[None]:
    """Turn what can be wrong with a correction into a message and exit code 1."""
    try:
        yield
    except published.NameNotFoundError as error:
        shown = repr(display.clean(error.name))
        why = f"{shown} may be several actors" if error.ambiguous else f"no actor is named {shown}"
        click.echo(f"Error: {why}" + ("; did you mean:" if error.candidates else ""), err=True)
        if error.candidates:
            terminal.console(stderr=True).print(terminal.candidates(error.candidates))
            click.echo("Give the id.", err=True)
        raise click.exceptions.Exit(1) from None
    except (CorrectionError, RegistryError, published.ReadError) as error:
        raise click.ClickException(display.clean(error, lines=True)) from None
    except (OSError, duckdb.Error) as error:
        raise click.ClickException(display.clean(published.first_line(error))) from None


def _record(
    settings: Settings, action: str, pairs: Pairs, options: dict[str, Any], undoes: str = ""
) -> None:
    """Find whom names mean, record, apply, and say what came of it."""
    started = time.monotonic()
    if not options["dry_run"] and not options["later"]:
        prepare_to_run()
    with _refusals():
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
        with published.open_published(settings) as con:
            moved = [row[key] for row in effect.moves for key in ("from_entity_id", "to_entity_id")]
            names = names_of(con, [*ids, *moved])
    state = "dry run" if options["dry_run"] else "recorded"
    if state == "recorded" and not options["later"] and not WriterLock(settings).is_taken():
        try:
            _apply(settings, options["verbose"])
        except click.ClickException as error:
            raise click.ClickException(
                f"recorded as {new.id}, but not applied yet: {error.message}"
            ) from None
        state = "published"
    seconds = time.monotonic() - started
    if options["as_json"]:
        _print_json(new, effect, state, seconds)
    else:
        _say(settings, new, effect, names, state, seconds, is_later=options["later"])


def _meant(settings: Settings, pairs: Pairs) -> tuple[list[tuple[str, str]], list[str]]:
    """The arguments with ids for names and outlets as published, and these ids."""
    plan = make_plan(read_corrections(settings))
    found, ids = [], []
    with published.open_published(settings) as con:
        for key, value in pairs:
            meant = value
            if key in ("actor", "into", "other"):
                meant = submit_correction.actor(con, plan, value)
                ids.append(meant)
            found.append((key, meant))
    return found, ids


def _apply(settings: Settings, verbose: bool) -> None:
    try:
        job = apply_corrections.job_for_corrections(settings)
    except BuildError as error:
        raise click.ClickException(str(error)) from None
    run_job(settings, job, {}, verbose)


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
