"""Lists of strings as relations that the queries of linking join.

Belongs here: handing values from Python to DuckDB. Does not belong here: the queries (`forms`,
`link`, `shared_context`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import duckdb
import pyarrow as pa


def register_strings(
    con: duckdb.DuckDBPyConnection, name: str, columns: Mapping[str, Iterable[str]]
) -> None:
    """Register a relation of columns of strings; the caller unregisters it."""
    arrays = {column: pa.array(list(values), pa.string()) for column, values in columns.items()}
    con.register(name, pa.table(arrays))
