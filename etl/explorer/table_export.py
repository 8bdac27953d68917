"""Tables of a page as CSV and Parquet files."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from etl.explorer.blocks import Table
from etl.query.export import Format, plain, write_rows

MEDIA_TYPES: Mapping[str, str] = {
    "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
}
"""Media types by file extension."""


def exported(table: Table, extension: Format) -> bytes:
    """Return all rows of a table as a file, with every column that holds plain values."""
    keys = list(dict.fromkeys(key for row in table.rows for key in row))
    columns = {key: [_plain(row.get(key)) for row in table.rows] for key in keys if key != "to"}
    arrays = pa.table({key: pa.array(values) for key, values in columns.items()})
    sink = io.BytesIO()
    write_rows(arrays.to_reader(), sink, extension, excel_safe=True)
    return sink.getvalue()


def _plain(value: Any) -> Any:
    return value if not isinstance(value, list | dict) else ", ".join(map(str, plain(value)))
