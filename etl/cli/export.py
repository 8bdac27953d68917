"""`newsactors sql` and `export`: rows of any query or table, as a table or a file."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import click
import pyarrow as pa

from etl.cli import tables, terminal
from etl.cli.answers import reading_command
from etl.cli.options import excel_option
from etl.cli.progress import progress
from etl.query import display, export
from etl.query.published import open_published
from etl.settings import Settings

SUFFIXES = {".csv": "csv", ".parquet": "parquet", ".json": "json", ".jsonl": "jsonl"}


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
@click.pass_obj
@reading_command
def sql(
    settings: Settings, query: str, form: str | None, out: Path | None, most: int, excel_safe: bool
) -> None:
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
    with open_published(settings) as connection, progress("querying") as report:
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
    terminal.show(tables.result_table(reader.schema.names, shown, total))


@click.command("export")
@click.argument("table")
@click.option("--format", "form", type=click.Choice(export.FORMATS), help="Default: csv.")
@click.option("--out", type=click.Path(path_type=Path), help="Write here; - is standard output.")
@excel_option
@click.pass_obj
@reading_command
def export_table(
    settings: Settings, table: str, form: str | None, out: Path | None, excel_safe: bool
) -> None:
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
    with open_published(settings) as connection, progress(f"exporting {table}") as report:
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
