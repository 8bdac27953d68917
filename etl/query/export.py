"""Streams the rows of any published table or query to CSV, Parquet or JSON.

Belongs here: Arrow record batches on their way to a file or pipe, the form of a value in each
format, and the atomic replacement of a file.
Does not belong here: the queries of the reading commands (`etl.query`), and layout for a screen
(`etl.cli.tables`).

Memory holds one batch (one row group for Parquet), whatever the number of rows. DuckDB's own cache
stays within its `memory_limit`.

Close a reader before its connection (`with stream_query(…) as reader`). While an open reader of a
closed connection exists, for example in the traceback of an error, DuckDB 1.5.5 hangs when the same
process opens the file again.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO, Literal, TypeAlias

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from etl.query.published import ReadError, as_utf8, identifier, relations

Format = Literal["csv", "parquet", "json", "jsonl"]
FORMATS: tuple[Format, ...] = ("csv", "parquet", "json", "jsonl")

BATCH_ROWS = 2_048
"""Rows per batch, as in DuckDB: with 10,000, JSON of `articles` took 160 MB and 3 s more."""
ROW_GROUP_ROWS, ROW_GROUP_BYTES = 120_000, 64 << 20
"""A Parquet row group ends at whichever limit comes first."""

_FORMULA = r"^([=+\-@\t\r])"

_DAY = 86_400
_PYTHON_DAYS = (-719_162, 2_932_896)
"""The years 1 to 9999, which Python's dates span, in days from 1970."""
_UNITS = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}


@dataclass(frozen=True)
class Batches:
    """The rows of a query, batch by batch."""

    schema: pa.Schema
    batches: Iterator[pa.RecordBatch]

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        return self.batches


BatchReader: TypeAlias = pa.RecordBatchReader | Batches


def stream_table(connection: duckdb.DuckDBPyConnection, table: str) -> pa.RecordBatchReader:
    """Stream all rows of a published table or view in batches.

    Raises ReadError, which lists the tables, if there is no such table.
    """
    known = relations(connection)
    if table not in known:
        raise ReadError(f"no table {table!r}; there are: {', '.join(known)}")
    return connection.execute(f"from main.{identifier(table)}").to_arrow_reader(BATCH_ROWS)


def stream_query(connection: duckdb.DuckDBPyConnection, sql: str) -> pa.RecordBatchReader:
    """Stream the rows of a query typed by a user in batches.

    `sql` is one query, optionally preceded by `create temp …` statements (DuckDB itself creates one
    for a `pivot`). Raises ReadError for anything else, and duckdb.Error if the SQL fails.
    """
    statements = connection.extract_statements(as_utf8(sql))
    kinds = [statement.type for statement in statements]
    queries = (duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN)
    if not kinds:
        raise ReadError("the query is empty")
    if any(kind not in (*queries, duckdb.StatementType.CREATE) for kind in kinds):
        raise ReadError("only queries run here: the published file is read-only")
    if kinds[-1] not in queries or sum(kind in queries for kind in kinds) != 1:
        raise ReadError("give one query; only `create temp …` statements may come before it")
    for statement in statements[:-1]:
        connection.execute(statement)
    return connection.execute(statements[-1]).to_arrow_reader(BATCH_ROWS)


def plain(value: Any) -> Any:
    """Return a value in a form that JSON can hold.

    Dates and times become ISO 8601 text, bytes become hex, NaN becomes null. Whole numbers stay
    exact; other decimals become doubles. An interval becomes "1 months 2 days 3.5 seconds".
    """
    match value:
        case float():
            return value if math.isfinite(value) else None
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case date() | time():
            return value.isoformat()
        case pa.MonthDayNano():
            seconds = value.nanoseconds / 1e9
            return f"{value.months} months {value.days} days {seconds:g} seconds"
        case timedelta():
            return value.total_seconds()
        case bytes():
            return value.hex()
        case dict():
            return {str(key): plain(item) for key, item in value.items()}
        case list() | tuple():
            return [plain(item) for item in value]
    return value


def values(column: pa.Array) -> list[Any]:
    """Return the values of a column, with DuckDB's text for a date or time beyond Python's.

    These are infinity, years before 1 and after 9999, and 24:00:00.
    """
    bounds = _python_bounds(column.type)
    try:
        if bounds is None or _is_within(column, bounds):
            return list(column.to_pylist())
    except (OverflowError, ValueError):  # in a list or struct
        return _texts(column)
    low, high = bounds
    pairs = zip(_numbers(column).to_pylist(), column, _texts(column), strict=True)
    return [
        text if number is not None and not low <= number <= high else value.as_py()
        for number, value, text in pairs
    ]


def _python_bounds(type_: pa.DataType) -> tuple[int, int] | None:
    """Return the least and the greatest number that Python's type for this type holds."""
    if pa.types.is_date32(type_):
        return _PYTHON_DAYS
    if pa.types.is_time64(type_):
        return 0, _DAY * _UNITS[type_.unit] - 1
    if not pa.types.is_timestamp(type_):
        return None
    if type_.unit == "ns":
        return -(2**63) + 2, 2**63 - 2  # the years 1677 to 2262; the numbers beyond are infinity
    first, last = _PYTHON_DAYS
    # The last days may be beyond in another time zone.
    return (first + 1) * _DAY * _UNITS[type_.unit], (last - 1) * _DAY * _UNITS[type_.unit]


def _numbers(column: pa.Array) -> pa.Array:
    return column.view(pa.int32() if pa.types.is_date32(column.type) else pa.int64())


def _is_within(column: pa.Array, bounds: tuple[int, int]) -> bool:
    found = pc.min_max(_numbers(column)).as_py()
    return found["min"] is None or (bounds[0] <= found["min"] and found["max"] <= bounds[1])


def _texts(column: pa.Array) -> list[str | None]:
    """Return the values as DuckDB prints them."""
    with duckdb.connect() as con:
        if zone := getattr(column.type, "tz", None):
            con.execute("set TimeZone = $zone", {"zone": zone})
        rows = con.from_arrow(pa.table({"value": column})).project("value::varchar").fetchall()
    return [text for (text,) in rows]


def _escaped(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"


def to_json(value: Any, indent: int | None = None) -> str:
    """Return valid JSON that is safe to print: control and direction characters are escaped."""
    text = json.dumps(plain(value), ensure_ascii=False, allow_nan=False, indent=indent)
    return re.sub("[\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]", _escaped, text)


def _is_flat(type_: pa.DataType) -> bool:
    return not (
        pa.types.is_nested(type_)
        or pa.types.is_binary(type_)
        or pa.types.is_large_binary(type_)
        or pa.types.is_interval(type_)
    )


def _csv_column(column: pa.Array, excel_safe: bool) -> pa.Array:
    """Return a column in a form that CSV can hold: lists and structs as JSON, times as ISO 8601."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if not _is_flat(column.type):
        texts = [None if v is None else plain(v) for v in values(column)]
        texts = [v if v is None or isinstance(v, str) else to_json(v) for v in texts]
        column = pa.array(texts, pa.string())
    elif (
        pa.types.is_timestamp(column.type)
        or pa.types.is_time(column.type)
        or (pa.types.is_date32(column.type) and not _is_within(column, _PYTHON_DAYS))
    ):
        column = pa.array([plain(value) for value in values(column)], pa.string())
    if excel_safe and pa.types.is_string(column.type):
        column = pc.replace_substring_regex(column, _FORMULA, r"'\1")
    return column


def _csv_names(schema: pa.Schema, excel_safe: bool) -> list[str]:
    return [re.sub(_FORMULA, r"'\1", name) if excel_safe else name for name in schema.names]


def _write_csv(reader: BatchReader, sink: BinaryIO, excel_safe: bool) -> Iterator[int]:
    names = _csv_names(reader.schema, excel_safe)
    header = ",".join('"' + name.replace('"', '""') + '"' for name in names)
    sink.write(header.encode() + b"\n")
    options = pa.csv.WriteOptions(include_header=False)
    for batch in reader:
        columns = [_csv_column(column, excel_safe) for column in batch.columns]
        pa.csv.write_csv(pa.RecordBatch.from_arrays(columns, names), sink, options)
        yield batch.num_rows


def _write_parquet(reader: BatchReader, sink: BinaryIO) -> Iterator[int]:
    with pa.parquet.ParquetWriter(sink, reader.schema, compression="zstd") as writer:
        held: list[pa.RecordBatch] = []
        held_rows = held_bytes = 0
        for batch in reader:
            held.append(batch)
            held_rows, held_bytes = held_rows + batch.num_rows, held_bytes + batch.nbytes
            if held_rows >= ROW_GROUP_ROWS or held_bytes >= ROW_GROUP_BYTES:
                writer.write_table(pa.Table.from_batches(held), ROW_GROUP_ROWS * 2)
                held, held_rows, held_bytes = [], 0, 0
            yield batch.num_rows
        if held:
            writer.write_table(pa.Table.from_batches(held), ROW_GROUP_ROWS * 2)


def _write_json(reader: BatchReader, sink: BinaryIO, lines: bool) -> Iterator[int]:
    before, between, after = (b"", b"\n", b"\n") if lines else (b"[\n", b",\n", b"\n]\n")
    sink.write(before)
    is_first = True
    for batch in reader:
        columns = [values(column) for column in batch.columns]
        texts = [
            to_json(dict(zip(batch.schema.names, row, strict=True))).encode()
            for row in zip(*columns, strict=True)
        ]
        if texts:
            sink.write((b"" if is_first else between) + between.join(texts))
            is_first = False
        yield batch.num_rows
    if not (lines and is_first):
        sink.write(after)


def write_rows(
    reader: BatchReader,
    sink: BinaryIO,
    form: Format,
    *,
    excel_safe: bool = False,
    on_rows: Callable[[int], object] = lambda _: None,
) -> int:
    """Write all rows to a binary stream; return how many. `on_rows` gets the count after a batch.

    CSV is RFC 4180 in UTF-8 with LF: text is quoted, null is an empty field without quotes.
    `excel_safe` puts an apostrophe before text that a spreadsheet would run as a formula.
    Raises ReadError if the format can't hold a column, such as a union in Parquet.
    """
    writers: dict[Format, Callable[[], Iterator[int]]] = {
        "csv": lambda: _write_csv(reader, sink, excel_safe),
        "parquet": lambda: _write_parquet(reader, sink),
        "json": lambda: _write_json(reader, sink, lines=False),
        "jsonl": lambda: _write_json(reader, sink, lines=True),
    }
    repeated = [name for name in reader.schema.names if reader.schema.names.count(name) > 1]
    if repeated and form != "csv":
        raise ReadError(
            f"two columns are named {repeated[0]!r}, and {form} needs unique names: rename one "
            "with `as`"
        )
    written = 0
    try:
        for count in writers[form]():
            written += count
            on_rows(written)
    except pa.ArrowNotImplementedError as error:
        raise ReadError(f"{form} cannot hold a column of this result: {error}") from error
    return written


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Yield a stream into `path` + `.part`, which replaces `path` only after success.

    Raises ReadError if the file can't be written; an existing file then stays as it was.
    """
    if path.is_dir():
        raise ReadError(f"cannot write {path}: it is a folder; name a file in it")
    part = path.with_name(path.name + ".part")
    try:
        try:
            with part.open("wb") as sink:
                yield sink
            part.replace(path)
        except BaseException:
            with suppress(OSError):
                part.unlink()
            raise
    except OSError as error:
        raise ReadError(f"cannot write {path}: {_why_not(path, error)}") from error


def _why_not(path: Path, error: OSError) -> str:
    if not path.parent.is_dir():
        return f"there is no folder {path.parent}; create it, or name another file"
    return error.strerror or str(error)
