"""What is published, as rows to compare: two warehouses, or one before and after.

Belongs here: what of the tables two runs must agree on. Does not belong here: how they came about.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb

Rows = dict[str, list[tuple[Any, ...]]]

NOT_COMPARED = ("corrections", "ingest_runs", "warehouse_info")
"""Tables of schema `main` that tell of what was done, not of what came of it."""
OF_A_RUN = "run_id|attempts|.*_at|.*_run"
"""Columns that say when and by which run something came: two runs never agree on them."""


def rows(con: duckdb.DuckDBPyConnection, relation: str) -> list[tuple[Any, ...]]:
    """The rows of a relation in an order of their own, run ids and times aside."""
    found = con.execute(
        f"select columns(c -> not regexp_full_match(c, ?)) from {relation}", [OF_A_RUN]
    ).fetchall()
    return sorted(found, key=repr)


def published_rows(file: Path) -> Rows:
    """All that a published file says of articles and actors."""
    with duckdb.connect(str(file.resolve()), read_only=True) as con:
        names = con.execute(
            "select table_name from information_schema.tables where table_schema = 'main' "
            "and not list_contains(?, table_name) order by 1",
            [list(NOT_COMPARED)],
        ).fetchall()
        return {name: rows(con, f"main.{name}") for (name,) in names}


def difference(found: Mapping[str, Any], expected: Mapping[str, Any]) -> str:
    """The tables that differ, with one row that only one of them has; empty for none."""
    told = []
    for name in sorted(found.keys() | expected.keys()):
        here, there = found.get(name, []), expected.get(name, [])
        if here != there:
            odd = [r for r in here if r not in there][:1] or [r for r in there if r not in here][:1]
            told.append(f"{name}: {len(here)} rows for {len(there)}, such as {str(odd)[:300]}")
    return "; ".join(told)
