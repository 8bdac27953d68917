"""The published tables as rows to compare: of two warehouses, or of one before and after.

Belongs here: the tables and columns on which two runs must agree. Does not belong here: running
commands (`bench.faults.warehouse_harness`).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb

Rows = dict[str, list[tuple[Any, ...]]]

NOT_COMPARED = ("corrections", "ingest_runs", "warehouse_info")
"""Tables of schema `main` that log runs and corrections rather than hold results."""
OF_A_RUN = "run_id|attempts|.*_at|.*_run"
"""Columns with times and run ids, which differ in every run."""


def rows(con: duckdb.DuckDBPyConnection, relation: str) -> list[tuple[Any, ...]]:
    """Return the rows of a relation, sorted, without run ids and times."""
    found = con.execute(
        f"select columns(c -> not regexp_full_match(c, ?)) from {relation}", [OF_A_RUN]
    ).fetchall()
    return sorted(found, key=repr)


def published_rows(file: Path) -> Rows:
    """Return the comparable rows of a published file, by table."""
    with duckdb.connect(str(file.resolve()), read_only=True) as con:
        names = con.execute(
            "select table_name from information_schema.tables where table_schema = 'main' "
            "and not list_contains(?, table_name) order by 1",
            [list(NOT_COMPARED)],
        ).fetchall()
        return {name: rows(con, f"main.{name}") for (name,) in names}


def difference(found: Mapping[str, Any], expected: Mapping[str, Any]) -> str:
    """Describe the tables that differ, with one row unique to one side; empty if none do."""
    differences = []
    for name in sorted(found.keys() | expected.keys()):
        here, there = found.get(name, []), expected.get(name, [])
        if here != there:
            only_here = [r for r in here if r not in there]
            only_there = [r for r in there if r not in here]
            example = (only_here or only_there)[:1]
            differences.append(
                f"{name}: {len(here)} rows instead of {len(there)}, such as {str(example)[:300]}"
            )
    return "; ".join(differences)
