"""A query that the reader types, with its rows, and a chart if they have the shape of one.

Belongs here: the page. Does not belong here: which SQL may run (`etl.query.export`), the locked
connection (`etl.warehouse.snapshot_connection`).

The query runs on the connection of all pages: it can't write, read other files or use the network.
It ends after NEWSACTORS_PAGE_SECONDS, and when the browser leaves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import duckdb
import pyarrow as pa

from etl.errors import first_line
from etl.explorer import charts
from etl.explorer.blocks import (
    Block,
    Chart,
    Choice,
    Column,
    Form,
    Input,
    Kind,
    Link,
    Note,
    Page,
    Row,
    Section,
    Table,
)
from etl.explorer.view_request import MAX_EXPORTED_ROWS, ViewRequest
from etl.query.export import stream_query
from etl.query.published import ReadError

MAX_ROWS = 500
"""Rows on the page; an export has MAX_EXPORTED_ROWS."""
MAX_QUERY_CHARACTERS = 20_000
MAX_BARS, MAX_POINTS, MAX_LINES = 30, 2_000, 6
_QUESTION = re.compile(r"^-- (?P<title>.+)\n(?P<query>(?:(?!-- ).*\n?)+)", re.M)
_SCHEMA = """
select t.table_name, coalesce(t.comment, '') as about,
  string_agg(c.column_name, ', ' order by c.column_index) as columns
from (
  select database_name, schema_name, table_name, comment from duckdb_tables()
  union all select database_name, schema_name, view_name, comment from duckdb_views()
) t join duckdb_columns() c using (database_name, schema_name, table_name)
where t.schema_name = 'main' and t.database_name = current_database()
group by all order by t.table_name
"""


@dataclass(frozen=True)
class Result:
    """Rows of a query, and whether there are more."""

    rows: list[Row]
    kinds: dict[str, Kind]
    """By column, how its values are shown."""
    has_more: bool


def sql(request: ViewRequest) -> Page:
    """Return the page of `query`, or of the questions to start from."""
    query = request.text("query")[:MAX_QUERY_CHARACTERS]
    field = Input("query", "Query", query, "code", hint="from entities limit 10")
    blocks: list[Block] = [Form("sql", [field], "Run"), _questions(query)]
    if query:
        blocks += _answer(request, query)
    schema = Table(
        "schema",
        "Published tables",
        [Column("table_name", "Table"), Column("about", "What it holds", "long"),
         Column("columns", "Columns", "long")],
        request.rows(_SCHEMA),
    )  # fmt: skip
    sections = [Section("", blocks), Section("Tables", [schema])]
    return Page("sql", "SQL", sections, _LEAD, {"query": query or None})


_LEAD = (
    "Read-only SQL on the published tables, in DuckDB’s dialect. The address of the page holds the "
    "query and can be shared."
)


def starting_questions() -> Iterator[tuple[str, str]]:
    """Yield the title and the query of each question to start from."""
    text = files("etl.explorer").joinpath("questions.sql").read_text("utf-8")
    for match in _QUESTION.finditer(text):
        yield match["title"], match["query"].strip()


def _questions(query: str) -> Choice:
    options = [(t, Link("sql", {"query": q}), q == query) for t, q in starting_questions()]
    return Choice("Start from", options)


def _answer(request: ViewRequest, query: str) -> list[Block]:
    try:
        result = _run(request, query)
    except ReadError as error:
        return [Note(f"This can't run: {error}.", is_warning=True)]
    except (duckdb.InterruptException, duckdb.OutOfMemoryException):
        raise
    except duckdb.Error as error:
        return [Note(f"DuckDB says: {first_line(error)}", is_warning=True)]
    columns = [Column(name, name, kind) for name, kind in result.kinds.items()]
    table = Table("result", "Result", columns, result.rows, "The query returns no rows.")
    blocks: list[Block] = [_chart(result, table) or table]
    if result.has_more:
        blocks.append(
            Note(
                f"The first {MAX_ROWS} rows. The CSV and Parquet files have up to "
                f"{MAX_EXPORTED_ROWS:,}; `newsactors sql` has no limit."
            )
        )
    return blocks


def _run(request: ViewRequest, query: str) -> Result:
    limit = request.row_limit(MAX_ROWS)
    reader = stream_query(request.con, query)
    names = _distinct(reader.schema.names)
    rows: list[Row] = []
    for batch in reader:
        columns = [batch.column(n).to_pylist() for n in range(batch.num_columns)]
        rows += [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]
        if len(rows) > limit:
            break
    kinds = {name: _kind(field.type) for name, field in zip(names, reader.schema, strict=True)}
    return Result(rows[:limit], kinds, len(rows) > limit)


def _distinct(names: Sequence[str]) -> list[str]:
    """Return column names of which none is used twice: "n", "n_2"."""
    found: list[str] = []
    for name in names:
        number, unique = 1, name
        while unique in found:
            number += 1
            unique = f"{name}_{number}"
        found.append(unique)
    return found


def _kind(of: pa.DataType) -> Kind:
    if pa.types.is_integer(of) or pa.types.is_floating(of) or pa.types.is_decimal(of):
        return "raw"
    if pa.types.is_timestamp(of):
        return "time"
    return "day" if pa.types.is_date(of) else "long"


def _chart(result: Result, table: Table) -> Chart | None:
    """Return a chart of the rows, if they have the shape of one.

    A day and a number are a line, with a name a line for each name; a name and a number are bars.
    """
    kinds, rows = result.kinds, result.rows
    numbers = [name for name, kind in kinds.items() if kind == "raw"]
    days = [name for name, kind in kinds.items() if kind in ("day", "time")]
    texts = [name for name, kind in kinds.items() if kind == "long"]
    if len(rows) < 2 or not numbers or len(texts) > 1 or len(days) > 1:
        return None
    value = numbers[0]
    names = {_name(row, texts) for row in rows}
    if days:
        places = {(row[days[0]], _name(row, texts)) for row in rows}
        if len(names) > MAX_LINES or not len(places) == len(rows) <= MAX_POINTS:
            return None
        title = f"{value} by {days[0]}"
        return Chart(lambda _: _lines(rows, days[0], value, texts), title, table, shows_table=True)
    if texts and len(names) == len(rows) <= MAX_BARS:
        title = f"{value} by {texts[0]}"
        return Chart(lambda _: _bars(rows, texts, value), title, table, shows_table=True)
    return None


def _name(row: Row, texts: Sequence[str]) -> str:
    """Return the value of the one column of text, or nothing if there is no such column."""
    return "".join(str(row[name]) if row[name] is not None else "–" for name in texts)


def _lines(rows: Sequence[Row], day: str, value: str, texts: Sequence[str]) -> dict[str, Any]:
    points = [
        {
            "at": row[day].isoformat()[:10],
            "period": str(row[day]),
            "name": _name(row, texts) or value,
            "n": _number(row[value]),
            "href": None,
        }
        for row in sorted(rows, key=lambda row: str(row[day]))
        if row[day] is not None
    ]
    names = list(dict.fromkeys(point["name"] for point in points))
    return charts.lines(points, "n", label=value, names=names)


def _bars(rows: Sequence[Row], texts: Sequence[str], value: str) -> dict[str, Any]:
    bars = [{"name": _name(row, texts), "n": _number(row[value])} for row in rows]
    return charts.bars(bars, "name", [("n", value)], label=value)


def _number(value: Any) -> float:
    return float(value) if value is not None else 0.0
