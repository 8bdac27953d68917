"""`newsactors sql` and `export`: rows of any query or table, as a table or a file.

Does not belong here: file formats (`etl.query.export`), and layout (`etl.cli.tables`).
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import click

from etl.cli import tables, terminal
from etl.cli.answers import reading_command
from etl.cli.options import excel_option
from etl.cli.progress import progress
from etl.query import display, export
from etl.query.bounded_query import bounded_query
from etl.query.published import open_published
from etl.settings import Settings

SUFFIXES = {".csv": "csv", ".parquet": "parquet", ".json": "json", ".jsonl": "jsonl"}

out_option = click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Write to this file; - is standard output.",
)


@click.command()
@click.argument("query")
@click.option(
    "--format", "form", type=click.Choice(["table", *export.FORMATS]), help="Default: table."
)
@out_option
@click.option(
    "--rows",
    "shown_rows",
    default=50,
    show_default=True,
    type=click.IntRange(1),
    help="Rows to show as a table.",
)
@excel_option
@click.pass_obj
@reading_command
def sql(
    settings: Settings,
    query: str,
    form: str | None,
    out: Path | None,
    shown_rows: int,
    excel_safe: bool,
) -> None:
    """Run a read-only SQL query on the published warehouse.

    QUERY is one DuckDB query, optionally after `create temp …` statements; - reads it from standard
    input. It can't write, read other files or use the network. A table shows the first rows; the
    other formats contain all rows. The default format follows the extension of --out. Ctrl-C ends a
    query; NEWSACTORS_SQL_SECONDS and NEWSACTORS_SQL_MEMORY limit it (docs/operations.md).

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
        known = ", ".join(export.FORMATS)
        raise click.UsageError(f"a table is for the screen only: give --format {known}")
    if query.endswith(".sql") and Path(query).exists():
        raise click.UsageError(f"QUERY is SQL, not a file: newsactors sql - < {query}")
    if query == "-":
        query = sys.stdin.read()
    with (
        open_published(settings, memory=settings.sql_memory) as connection,
        progress("querying") as report,
        bounded_query(connection, query, settings) as reader,
    ):
        if form != "table":
            _write(reader, cast(export.Format, form), out, report, excel_safe=excel_safe)
            return
        shown: list[tuple[Any, ...]] = []
        total = 0
        for batch in reader:
            head = batch.slice(0, max(0, shown_rows - len(shown)))
            shown += zip(*map(export.values, head.columns), strict=True)
            total += batch.num_rows
            report(total)
        names = reader.schema.names
    terminal.show(tables.result_table(names, shown, total))


@click.command("export")
@click.argument("table")
@click.option("--format", "form", type=click.Choice(export.FORMATS), help="Default: csv.")
@out_option
@excel_option
@click.pass_obj
@reading_command
def export_table(
    settings: Settings, table: str, form: str | None, out: Path | None, excel_safe: bool
) -> None:
    """Write all rows of a published TABLE.

    The file appears once it is complete; until then it is called FILE.part. The default format
    follows the extension of --out. `json` is one array, `jsonl` one object per line. In CSV, lists
    are JSON.

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
    with (
        open_published(settings) as connection,
        progress(f"exporting {table}") as report,
        export.stream_table(connection, table) as reader,
    ):
        _write(reader, cast(export.Format, form), out, report, excel_safe=excel_safe)


def _format_of(out: Path | None, default: str) -> str:
    return SUFFIXES.get(out.suffix.lower(), default) if out else default


def _write(
    reader: export.BatchReader,
    form: export.Format,
    out: Path | None,
    report: Callable[[int], None],
    *,
    excel_safe: bool = False,
) -> None:
    if out is None:
        if form == "parquet" and sys.stdout.isatty():
            raise click.UsageError("a terminal can't show Parquet: give --out FILE")
        with terminal.standard_output() as sink:
            export.write_rows(reader, sink, form, excel_safe=excel_safe, on_rows=report)
        return
    with export.replacing(out) as sink:
        count = export.write_rows(reader, sink, form, excel_safe=excel_safe, on_rows=report)
    kind = "" if out.suffix.lower() in SUFFIXES else f" as {form}"
    click.echo(f"{display.counted(count, 'row')} written to {display.clean(out)}{kind}", err=True)
