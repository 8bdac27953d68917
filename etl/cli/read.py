"""The reading half of the `newsactors` command: top, timeline, quotes, sql and export.

Belongs here: options, exit codes, and where output goes. Does not belong here: SQL
(`etl.query.published`), file formats (`etl.query.export`), layout (`etl.cli.terminal`), and every command that
changes a warehouse (`etl.cli.main`, which calls `register`).

Exit codes: 0 done, 1 error, 2 usage, 3 a name or outlet that is not known or not certain.
Standard output holds the answer and nothing else; notes and progress go to standard error.
"""

from __future__ import annotations

import calendar
import functools
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any, ParamSpec, cast, get_args

import click
import duckdb
import pyarrow as pa

from etl.cli import terminal
from etl.domain import EntityType
from etl.query import display, export, published
from etl.settings import Settings, SettingsError

P = ParamSpec("P")

EXIT_ERROR, EXIT_NOT_FOUND = 1, 3
SUFFIXES = {".csv": "csv", ".parquet": "parquet", ".json": "json", ".jsonl": "jsonl"}


class Day(click.ParamType[date]):
    """A day as YYYY-MM-DD, or a month as YYYY-MM: its first day, or its last with `end`."""

    name = "day"

    def __init__(self, *, end: bool = False) -> None:
        self.end = end

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        if isinstance(value, date):
            return value
        digits = str(value).split("-")
        try:
            if [len(part) for part in digits] not in ([4, 2, 2], [4, 2]):
                raise ValueError
            if not all(part.isascii() and part.isdigit() for part in digits):
                raise ValueError
            year, month, *days = map(int, digits)
            last = calendar.monthrange(year, month)[1] if self.end else 1
            return date(year, month, days[0] if days else last)
        except ValueError:
            self.fail(f"{value!r} is not a date; write YYYY-MM-DD or YYYY-MM", param, ctx)


def _fail(message: str, code: int = EXIT_ERROR) -> click.exceptions.Exit:
    click.echo(f"Error: {display.clean(message, lines=True)}", err=True)
    return click.exceptions.Exit(code)


def answers(command: Callable[P, None]) -> Callable[P, None]:
    """Turn what can go wrong while reading into a message and an exit code."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
            sys.stdout.flush()
        except BrokenPipeError:
            # Whoever read us has seen enough (`| head`): no message, nothing left to flush.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        except published.NameNotFoundError as error:
            raise _unknown_name(error) from None
        except published.OutletNotFoundError as error:
            raise _fail(str(error), EXIT_NOT_FOUND) from None
        except (published.ReadError, SettingsError) as error:
            raise _fail(str(error)) from None
        except duckdb.InterruptException:
            raise KeyboardInterrupt from None
        except (duckdb.Error, pa.ArrowException) as error:
            lines = [line for line in str(error).splitlines() if line.strip()]
            raise _fail("\n".join(lines)) from None

    return run


def _unknown_name(error: published.NameNotFoundError) -> click.exceptions.Exit:
    shown = repr(display.clean(error.name))
    why = f"{shown} may be several actors" if error.ambiguous else f"no actor is named {shown}"
    click.echo(f"Error: {why}" + ("; did you mean:" if error.candidates else ""), err=True)
    if error.candidates:
        terminal.console(stderr=True).print(terminal.candidates(error.candidates))
        click.echo("Give a name as listed, or the id.", err=True)
    return click.exceptions.Exit(EXIT_NOT_FOUND)


@contextmanager
def _published() -> Iterator[duckdb.DuckDBPyConnection]:
    context = click.get_current_context(silent=True)
    settings = context.find_object(Settings) if context else None
    with published.open_published(settings or Settings.from_env()) as connection:
        yield connection


def _period(
    from_day: date | None, to_day: date | None, outlet: str | None = None
) -> published.Period:
    if from_day and to_day and from_day > to_day:
        raise click.UsageError(f"--from {from_day} is after --to {to_day}")
    return published.Period(from_day, to_day, outlet)


def _print_json(rows: list[published.Row], leave_out: tuple[str, ...] = ()) -> None:
    kept = [{k: v for k, v in row.items() if k not in leave_out} for row in rows]
    click.echo(export.to_json(kept, indent=2))


def _entity(connection: duckdb.DuckDBPyConnection, name: str) -> published.Row:
    entity, others = published.resolve(connection, name)
    if others:
        more = "; ".join(f"{row['name']} ({row['entity_id']})" for row in others[:3])
        click.echo(display.clean(f"note: {name!r} could also be {more}"), err=True)
    return entity


from_option = click.option("--from", "from_day", type=Day(), help="First day, or month.")
to_option = click.option("--to", "to_day", type=Day(end=True), help="Last day, or month.")
outlet_option = click.option("--outlet", help="Only articles of this outlet (case ignored).")
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON and nothing else.")
excel_option = click.option(
    "--excel-safe", is_flag=True, help="CSV: put ' before text that starts like a formula (=+-@)."
)


def limit_option(default: int) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """`--limit`, at least 1."""
    return click.option(
        "--limit", default=default, show_default=True, type=click.IntRange(1), help="Rows at most."
    )


@click.command()
@limit_option(20)
@click.option(
    "--type",
    "type_",
    type=click.Choice(get_args(EntityType), case_sensitive=False),
    metavar="TYPE",
    help=f"Only {', '.join(get_args(EntityType))}.",
)
@from_option
@to_option
@outlet_option
@json_option
@answers
def top(
    limit: int,
    type_: str | None,
    from_day: date | None,
    to_day: date | None,
    outlet: str | None,
    as_json: bool,
) -> None:
    """Who appears in most articles, and when.

    Ranked by articles, then mentions. The share is of all articles of the period and outlet; with
    --from or --to, articles without a date are left out. A dot in a sparkline is a week with none.

    \b
    Examples:
      newsactors top
      newsactors top --type PERSON --from 2025-01 --to 2025-03
      newsactors top --outlet "Harbour Courier" --limit 50 --json
    """
    period = _period(from_day, to_day)
    with _published() as connection:
        outlet = published.known_outlet(connection, outlet)
        period = published.Period(from_day, to_day, outlet)
        rows = published.top_actors(connection, period, type=type_, limit=limit)
    if as_json:
        _print_json(rows, ("actor_total", "article_total"))
        return
    if not rows:
        click.echo("No actors in this period.")
        return
    title = " ".join(
        part
        for part in (
            f"Top {type_ or 'actors'}",
            f"from {from_day}" if from_day else "",
            f"to {to_day}" if to_day else "",
            f"in {outlet}" if outlet else "",
        )
        if part
    )
    terminal.show(terminal.top_table(rows, title, width=terminal.console().width))


@click.command()
@click.argument("name")
@click.option(
    "--by",
    "grain",
    type=click.Choice(["day", "week", "month"]),
    default="week",
    show_default=True,
    help="Length of a period; weeks start on Monday.",
)
@from_option
@to_option
@json_option
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV and nothing else.")
@answers
def timeline(
    name: str,
    grain: published.Grain,
    from_day: date | None,
    to_day: date | None,
    as_json: bool,
    as_csv: bool,
) -> None:
    """How often NAME appears over time, empty periods included.

    NAME is a name, an alias, part of one, or an entity id; case and accents do not matter. Where
    several actors may be meant, or none is, the likely ones are listed and the exit code is 3.
    Periods are whole: --from 2025-01-15 --by month starts with all of January.
    Without --from and --to it runs from the first appearance to the last day of the warehouse.

    \b
    Examples:
      newsactors timeline "Nadia Verholt"
      newsactors timeline verholt --by month --from 2025-05
      newsactors timeline verholt --by day --csv > verholt.csv
    """
    if as_json and as_csv:
        raise click.UsageError("--json and --csv exclude each other")
    _period(from_day, to_day)
    with _published() as connection:
        entity = _entity(connection, name)
        rows = published.timeline(connection, entity, grain, from_day, to_day)
    if as_json:
        shown = {k: entity[k] for k in ("entity_id", "name", "type")}
        click.echo(export.to_json({**shown, "by": grain, "periods": rows}, indent=2))
        return
    if as_csv:
        _write_csv(rows)
        return
    heading = terminal.entity_heading(entity)
    if not rows:
        terminal.show(heading)
        click.echo("No dated article in this period.")
        return
    width = terminal.console().width
    terminal.show(terminal.timeline_chart(rows, heading, grain, width=width))


def _write_csv(rows: list[published.Row]) -> None:
    if rows:
        table = pa.Table.from_pylist(rows)
        with terminal.standard_output() as sink:
            export.write_rows(table.to_reader(), sink, "csv")


@click.command()
@click.argument("text", required=False)
@click.option("--by", "speaker", metavar="NAME", help="Only this speaker; as in `timeline`.")
@from_option
@to_option
@outlet_option
@limit_option(20)
@json_option
@answers
def quotes(
    text: str | None,
    speaker: str | None,
    from_day: date | None,
    to_day: date | None,
    outlet: str | None,
    limit: int,
    as_json: bool,
) -> None:
    """What was said, by whom, and where it stands; newest first.

    Without TEXT and --by all quotes are shown. TEXT is found anywhere in a quote, whatever its
    case, line breaks or style of apostrophe. The span in brackets, such as body[120:180], counts
    characters of the article with that id.

    \b
    Examples:
      newsactors quotes "climate change"
      newsactors quotes --by "Coraline Ashgrove" --from 2025-06
      newsactors quotes bank --by krayle --json
    """
    _period(from_day, to_day)
    with _published() as connection:
        period = published.Period(from_day, to_day, published.known_outlet(connection, outlet))
        entity_id = _entity(connection, speaker)["entity_id"] if speaker else None
        rows = published.quotes(connection, period, speaker=entity_id, words=text, limit=limit)
    if as_json:
        _print_json(rows, ("quote_total",))
        return
    if not rows:
        click.echo("No quotes found.")
        return
    pattern = published.text_pattern(text) if text and text.strip() else None
    is_plain = not terminal.console().is_terminal
    terminal.show(terminal.quote_list(rows, pattern, plain=is_plain), wrap=not is_plain)


@click.command()
@click.argument("query")
@click.option(
    "--format", "form", type=click.Choice(["table", *export.FORMATS]), help="Default: table."
)
@click.option("--out", type=click.Path(path_type=Path), help="Write here; - is standard output.")
@click.option(
    "--rows", "most", default=50, show_default=True, type=click.IntRange(1), help="Rows of a table."
)
@excel_option
@answers
def sql(query: str, form: str | None, out: Path | None, most: int, excel_safe: bool) -> None:
    """Run a read-only SQL query on the published warehouse.

    QUERY is DuckDB SQL; - reads it from standard input. It holds one query, before which `create
    temp …` may stand. It can neither write, nor read other files, nor fetch. A table shows the
    first rows; the other formats hold all. The format follows the ending of --out.

    \b
    Examples:
      newsactors sql "select name, type from entities order by name limit 5"
      newsactors sql "from actor_daily where rank = 1" --out leaders.parquet
      newsactors sql - --format csv < question.sql | head
    """
    out = None if out == Path("-") else out
    form = form or _format_of(out, "table")
    if excel_safe and form != "csv":
        raise click.UsageError("--excel-safe is for CSV: give --format csv")
    if form == "table" and out:
        raise click.UsageError("a table is for the screen: give --format csv, parquet, json, jsonl")
    if query == "-":
        query = sys.stdin.read()
    with _published() as connection, terminal.progress("querying") as report:
        reader = export.stream_query(connection, query)
        if form != "table":
            _write(reader, cast(export.Format, form), out, report, excel_safe=excel_safe)
            return
        shown: list[tuple[Any, ...]] = []
        total = 0
        for batch in reader:
            head = batch.slice(0, max(0, most - len(shown)))
            shown += zip(*(column.to_pylist() for column in head.columns), strict=True)
            total += batch.num_rows
            report(total)
    terminal.show(terminal.result_table(reader.schema.names, shown, total))


@click.command("export")
@click.argument("table")
@click.option("--format", "form", type=click.Choice(export.FORMATS), help="Default: csv.")
@click.option("--out", type=click.Path(path_type=Path), help="Write here; - is standard output.")
@excel_option
@answers
def export_table(table: str, form: str | None, out: Path | None, excel_safe: bool) -> None:
    """Write all rows of a published TABLE, however many.

    A file appears only when it is complete; until then it is called FILE.part. The format follows
    the ending of --out. `json` is one array, `jsonl` one object a line. Lists are JSON in CSV.

    \b
    Examples:
      newsactors export mentions --out mentions.parquet
      newsactors export entities --excel-safe --out actors.csv
      newsactors export quotes --format jsonl | jq .text
    """
    out = None if out == Path("-") else out
    form = form or _format_of(out, "csv")
    if excel_safe and form != "csv":
        raise click.UsageError("--excel-safe is for CSV")
    with _published() as connection, terminal.progress(f"exporting {table}") as report:
        reader = export.stream_table(connection, table)
        _write(reader, cast(export.Format, form), out, report, excel_safe=excel_safe)


def _format_of(out: Path | None, default: str) -> str:
    return SUFFIXES.get(out.suffix.lower(), default) if out else default


def _write(
    reader: pa.RecordBatchReader,
    form: export.Format,
    out: Path | None,
    report: Callable[[int], None],
    *,
    excel_safe: bool = False,
) -> None:
    if out is None:
        if form == "parquet" and sys.stdout.isatty():
            raise click.UsageError("parquet is not for a terminal: give --out FILE")
        with terminal.standard_output() as sink:
            export.write_rows(reader, sink, form, excel_safe=excel_safe, on_rows=report)
        return
    with export.replacing(out) as sink:
        count = export.write_rows(reader, sink, form, excel_safe=excel_safe, on_rows=report)
    click.echo(f"{display.counted(count, 'row')} written to {display.clean(out)}", err=True)


def register(group: click.Group) -> None:
    """Add the reading commands to the `newsactors` command."""
    for command in (top, timeline, quotes, sql, export_table):
        group.add_command(command)
