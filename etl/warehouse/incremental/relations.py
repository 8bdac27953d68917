"""Where SQL reads relations, and the same SQL reading a selection of their rows.

Belongs here: everything that looks into the text of compiled SQL. Does not belong here: which rows
are selected (`warehouse.incremental.row_filter`).

sqlglot parses the SQL; the selections are spliced into the text at the positions that it reports.
DuckDB therefore runs what dbt compiled, but for the relations. SQL written by sqlglot's generator
would be another text of the whole model, which nobody tested. Parsing all 141 models and tests
takes 0.14 s of processor time, importing sqlglot 0.13 s (dagster-dbt imports it anyway).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from etl.warehouse.incremental.outcome import IncrementalError


@dataclass(frozen=True)
class RelationReference:
    """A place where SQL reads "schema"."name": the relation is `sql[start:end]`."""

    schema: str
    name: str
    start: int
    end: int
    is_aliased: bool


@lru_cache(maxsize=256)
def relation_references(sql: str) -> tuple[RelationReference, ...]:
    """The places where SQL reads a relation with its schema, in order.

    CTEs, strings, comments and columns are none. Raises IncrementalError if sqlglot cannot parse
    the SQL.
    """
    try:
        tree = sqlglot.parse_one(sql, dialect="duckdb")
    except SqlglotError as error:
        raise IncrementalError(f"sqlglot cannot parse compiled SQL: {error}\n{sql}") from error
    found = [
        RelationReference(
            schema=table.db,
            name=table.name,
            start=table.parts[0].meta["start"],
            end=table.this.meta["end"] + 1,
            is_aliased=bool(table.alias),
        )
        for table in tree.find_all(exp.Table)
        if table.db
    ]
    return tuple(sorted(found, key=lambda reference: reference.start))


def names_read(sql: str) -> set[str]:
    """The names of the relations that SQL reads."""
    return {reference.name for reference in relation_references(sql)}


def replace_relations(sql: str, replacement: Callable[[str, str], str | None]) -> str:
    """The SQL with relations replaced, each of which keeps the name that the SQL knows it by.

    `replacement` gets the name of a relation and its text, and returns SQL to read instead of it,
    or None to keep it.
    """
    parts, end = [], 0
    for reference in relation_references(sql):
        new = replacement(reference.name, sql[reference.start : reference.end])
        if new is not None:
            alias = "" if reference.is_aliased else f' as "{reference.name}"'
            parts += [sql[end : reference.start], new, alias]
            end = reference.end
    return "".join([*parts, sql[end:]])
