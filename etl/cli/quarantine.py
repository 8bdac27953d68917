"""`newsactors quarantine`: list, show, retry and export items that could not be read.

Belongs here: options, messages and layout.
Does not belong here: selecting, reading and exporting items (`etl.pipeline.quarantine`), and
retrying them (`etl.pipeline.retry_quarantined`, as a Dagster job).

Exit codes: 0 success, 1 error (with --strict: an item stayed in quarantine), 2 usage, 3 no such
item.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, get_args

import click
from rich import box
from rich.table import Table
from rich.text import Text

from etl.cli import terminal
from etl.cli.answers import EXIT_NOT_FOUND
from etl.cli.options import Day, json_option, verbose_option
from etl.cli.progress import progress
from etl.cli.run import as_row, run_job
from etl.pipeline.progress import WAITING
from etl.pipeline.quarantine import (
    Look,
    QuarantineFilter,
    UnknownItemError,
    choose,
    export_items,
    look,
)
from etl.query import display
from etl.readers.base import Reason
from etl.settings import Settings
from etl.storage.quarantine import LEFT, Attempt, QuarantinedItem
from etl.storage.run_state import State
from etl.warehouse import catch_up

REASONS = (*get_args(Reason), "extraction_failed")
ITEM_WIDTH = 60
_SHOW_PRINTS = "`newsactors quarantine show` prints an entry for it"
"""In remedies of the readers. `show` prints the entry itself."""


@click.group()
def quarantine() -> None:
    """Show, retry and export items that could not be read.

    Nothing is lost: the bytes are archived. An item is a file, or one record in a file. It stays in
    quarantine until it can be read, or its file is replaced or removed.

    \b
    Examples:
      newsactors quarantine list --reason unmapped
      newsactors quarantine show 3f9a
      newsactors quarantine retry --reason unmapped     # after fixing fields.yaml
      newsactors quarantine export rejected/ --path '*.pdf'
    """


def filter_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that select items; the command gets them as one QuarantineFilter."""

    @functools.wraps(command)
    def with_filter(
        *args: Any,
        reasons: tuple[str, ...],
        run_id: str,
        path: str,
        since: date | None,
        **options: Any,
    ) -> Any:
        return command(
            *args, selection=QuarantineFilter((), reasons, run_id, path, since), **options
        )

    for option in reversed(
        (
            click.option(
                "--reason",
                "reasons",
                multiple=True,
                type=click.Choice(REASONS),
                metavar="REASON",
                help=f"Only {', '.join(REASONS)}; may be given several times.",
            ),
            click.option(
                "--run", "run_id", default="", help="Only items that this run quarantined."
            ),
            click.option("--path", default="", help="Only items in files that match this glob."),
            click.option(
                "--since", type=Day(), help="Only items first quarantined on or after this day."
            ),
        )
    ):
        with_filter = option(with_filter)
    return with_filter


def _chosen(settings: Settings, selection: QuarantineFilter) -> list[QuarantinedItem]:
    try:
        return choose(State(settings.state_file).quarantine(), selection)
    except UnknownItemError as error:
        click.echo(f"Error: {display.clean(error)}", err=True)
        raise click.exceptions.Exit(EXIT_NOT_FOUND) from None


def _as_row(item: QuarantinedItem | Attempt) -> dict[str, object]:
    return {"quarantine_id": item.quarantine_id} | as_row(item)


@quarantine.command("list")
@filter_options
@click.option("--left", is_flag=True, help="Items that left: read, replaced or removed since.")
@click.option(
    "--limit",
    default=50,
    show_default=True,
    type=click.IntRange(1),
    help="Maximum number of items to show.",
)
@json_option
@click.pass_obj
def list_items(
    settings: Settings, selection: QuarantineFilter, left: bool, limit: int, as_json: bool
) -> None:
    """List the items in quarantine, by file; --json prints all of them, with remedies.

    For all rows as a table: `newsactors export quarantine`.

    \b
    Examples:
      newsactors quarantine list --since 2025-06 --path 'feeds/*'
      newsactors quarantine list --json | jq -r '.[].remedy' | sort | uniq -c
    """
    if catch_up.is_behind(settings):
        click.echo("note: a part of the warehouse was lost or is older than the others; the next "
                   "`newsactors ingest` completes this list", err=True)  # fmt: skip
    if left:
        if selection:
            raise click.UsageError("--left shows every item that left; remove the other filters")
        last = {a.quarantine_id: a for a in State(settings.state_file).attempts(is_left=True)}
        _print_left(list(last.values()), limit, as_json)
        return
    found = _chosen(settings, selection)
    if as_json:
        click.echo(terminal.as_json([_as_row(r) for r in found], indent=2))
        return
    if not found:
        click.echo("Nothing in quarantine matches." if selection else "Nothing in quarantine.")
        return
    table = _table("id", "file", "item", "reason", "detail", "tried")
    for r in found[:limit]:
        table.add_row(
            r.quarantine_id,
            Text(display.clean(r.source_path)),
            str(r.item),
            r.reason,
            Text(display.clean(r.detail)[:ITEM_WIDTH]),
            str(r.attempts),
        )
    terminal.show(table)
    _note(len(found), limit)


def _print_left(found: Sequence[Attempt], limit: int, as_json: bool) -> None:
    if as_json:
        click.echo(terminal.as_json([_as_row(a) for a in found], indent=2))
        return
    table = _table("id", "file", "item", "left at (UTC)", "as", "run")
    for a in found[:limit]:
        at = f"{a.at:%Y-%m-%d %H:%M}"
        file = Text(display.clean(a.source_path))
        table.add_row(a.quarantine_id, file, str(a.item), at, a.outcome, a.run_id)
    terminal.show(table)
    _note(len(found), limit)


def _table(*names: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    for name in names:
        table.add_column(name, no_wrap=name == "id", overflow="fold")
    return table


def _note(total: int, limit: int) -> None:
    more = f", {limit:,} shown: raise --limit" if total > limit else ""
    click.echo(f"{display.counted(total, 'item')}{more}", err=True)


@quarantine.command()
@click.argument("item_id", metavar="ID")
@json_option
@click.pass_obj
def show(settings: Settings, item_id: str, as_json: bool) -> None:
    """Show why ID was quarantined, what to do, later attempts, and an excerpt.

    The first digits of an id are enough. The excerpt is the record itself if the format has one
    record per line, otherwise the beginning of the file. Control codes are removed from it.
    """
    state = State(settings.state_file)
    history = [a for a in state.attempts() if a.quarantine_id.startswith(item_id)]
    if not any(r.quarantine_id.startswith(item_id) for r in state.quarantine()) and history:
        _show_left(history, as_json)
        return
    (item,) = _chosen(settings, QuarantineFilter((item_id,)))
    history = [a for a in history if a.quarantine_id == item.quarantine_id]
    with progress("reading up to the item"):
        seen = look(settings, item)
    if as_json:
        found: dict[str, object] = {"archived_at_path": None, "excerpt": None}
        if seen is not None:
            found = {
                "archived_at_path": str(seen.object_path),
                "excerpt": seen.excerpt.decode("utf-8", "replace"),
                "is_read_today": seen.is_read_today,
                "draft_mapping": seen.draft or None,
            }
        tried = {"tried": [as_row(a) for a in history]}
        click.echo(terminal.as_json(_as_row(item) | found | tried, indent=2))
        return
    for name, value in (
        ("id", item.quarantine_id),
        ("file", item.source_path),
        ("item", item.item),
        ("reason", item.reason),
        ("detail", item.detail),
        ("remedy", _remedy(item, seen)),
        ("set aside", f"{item.first_seen_at:%Y-%m-%d %H:%M} UTC by run {item.run_id}"),
    ):
        click.echo(f"{name:<10} {display.clean(value)}")
    _show_history(history)
    _show_look(item, seen)
    if seen is not None and seen.draft:
        _show_draft(settings, seen.draft)


def _remedy(item: QuarantinedItem, seen: Look | None) -> str:
    """Return the remedy; the entry that it refers to stands below."""
    if seen is not None and seen.draft:
        return item.remedy.replace(_SHOW_PRINTS, "an entry for it stands below")
    return item.remedy


def _show_left(history: Sequence[Attempt], as_json: bool) -> None:
    if as_json:
        click.echo(terminal.as_json([_as_row(a) for a in history], indent=2))
        return
    click.echo(display.clean(f"{history[-1].source_path}, item {history[-1].item}: has left"))
    _show_history(history)


def _show_history(history: Sequence[Attempt]) -> None:
    for a in history:
        outcome = a.outcome if a.outcome in LEFT else f"{a.outcome}: {a.detail}"
        line = f"{a.at:%Y-%m-%d %H:%M} UTC by run {a.run_id}: {outcome}"
        click.echo(f"{'tried':<10} {display.clean(line)}")


def _show_look(item: QuarantinedItem, seen: Look | None) -> None:
    if seen is None:
        click.echo(f"{'archived':<10} no: its bytes could not be read")
        return
    where = display.clean(f"{seen.object_path} (zstd), {seen.size:,} bytes")
    click.echo(f"{'archived':<10} {where}")
    if seen.is_read_today:
        click.echo(
            f"{'today':<10} it can be read: newsactors quarantine retry {item.quarantine_id}"
        )
    click.echo("the record:" if seen.is_record else "the file begins:")
    shown = seen.excerpt.decode("utf-8", "replace")
    if shown.count("\N{REPLACEMENT CHARACTER}") > len(shown) // 10 or "\0" in shown:
        click.echo(f"  (binary) {seen.excerpt[:32].hex(' ')} …")
        return
    for line in shown.splitlines():
        click.echo(f"  {display.clean(line)}")


def _show_draft(settings: Settings, draft: str) -> None:
    path = display.clean(settings.field_mappings)
    click.echo(f"what the fields may be; check it, and add it to {path}:")
    click.echo(display.clean(draft, lines=True), nl=False)
    click.echo("# then: newsactors quarantine retry --reason unmapped")


@quarantine.command()
@click.argument("ids", nargs=-1, metavar="[ID]...")
@filter_options
@click.option("--all", "is_all", is_flag=True, help="Retry everything in quarantine.")
@click.option("--strict", is_flag=True, help="Exit with 1 if any of the items stays in quarantine.")
@json_option
@verbose_option
@click.pass_obj
def retry(
    settings: Settings,
    ids: tuple[str, ...],
    selection: QuarantineFilter,
    is_all: bool,
    strict: bool,
    as_json: bool,
    verbose: bool,
) -> None:
    """Read items again with the current readers, settings and fields.yaml, and publish the result.

    This reads the archived bytes, so the files need not exist any more; a file that could not be
    opened is read from its old path. The whole file of an item is read again; records that were
    read before don't change. Items that can be read now leave the quarantine; `quarantine show`
    still shows their history.

    \b
    Examples:
      newsactors quarantine retry 3f9a 77b0
      newsactors quarantine retry --reason unmapped --path 'dumps/*'
      newsactors quarantine retry --all --strict
    """
    selection = replace(selection, ids=ids)
    if is_all == bool(selection):
        raise click.UsageError("select items by id or option, or give --all, but not both")
    catch_up.catch_up(settings, lambda: click.echo(WAITING, err=True))
    chosen = _chosen(settings, selection)
    if not chosen:
        click.echo("Nothing in quarantine matches.", err=True)
        return
    wanted = [] if is_all else [r.quarantine_id for r in chosen]
    run = run_job(settings, "retry", {"items": wanted}, verbose)
    state = State(settings.state_file)
    stays = {r.quarantine_id for r in state.quarantine()}
    kept = [r for r in chosen if r.quarantine_id in stays]
    if as_json:
        tried = [_as_row(a) for a in state.attempts(run_id=run.run_id)]
        click.echo(terminal.as_json({**as_row(run), "tried": tried}, indent=2))
    else:
        click.echo(
            f"{display.counted(len(chosen), 'item')} tried: {len(chosen) - len(kept):,} left the "
            f"quarantine, {len(kept):,} stayed; {run.articles_new:,} new articles",
            err=True,
        )
    if strict and kept:
        sys.exit(1)


@quarantine.command("export")
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
@click.argument("ids", nargs=-1, metavar="[ID]...")
@filter_options
@click.pass_obj
def export_to(
    settings: Settings, folder: Path, ids: tuple[str, ...], selection: QuarantineFilter
) -> None:
    """Write the rejected bytes into DIR, which must be new or empty, with an index.csv.

    By default this exports everything. A record that is one line of its file is written alone;
    otherwise the whole file is written once. File names are safe for shells. Text that a
    spreadsheet would run as a formula gets an apostrophe in front.

    \b
    Examples:
      newsactors quarantine export rejected/
      newsactors quarantine export rejected/ --reason malformed --path '*.jsonl'
    """
    chosen = _chosen(settings, replace(selection, ids=ids))
    try:
        with progress("writing items") as report:
            written = export_items(settings, chosen, folder, report)
    except OSError as error:
        raise click.ClickException(display.clean(error)) from None
    click.echo(
        display.clean(
            f"{display.counted(len(chosen), 'item')} in {display.counted(written, 'file')} and "
            f"index.csv written to {folder}"
        ),
        err=True,
    )
