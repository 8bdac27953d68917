"""What the build file records about its models: by what they were built, and what is stale.

Belongs here: the properties and lists that say whether an incremental refresh is possible. Does not
belong here: what changed in detail (`warehouse.incremental.change_set`).
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from etl.schema import tables
from etl.warehouse import build_db, stage_markers
from etl.warehouse.incremental.change_set import articles_replaced, set_articles_replaced
from etl.warehouse.incremental.outcome import Fallback

STALE_TABLES = "corrected_since_modelled"
"""Property: the tables that corrections changed since all models were built."""
MODELS_VERSION = "models_version"
"""Property: the versions by which all models were built."""


def stale_tables(con: duckdb.DuckDBPyConnection) -> set[str]:
    """The tables of schema `loaded` that corrections changed since all models were built."""
    return set(filter(None, (build_db.get_property(con, STALE_TABLES) or "").split(",")))


def changed_tables(
    con: duckdb.DuckDBPyConnection, version: str, select: Sequence[str], *, is_all_corrected: bool
) -> set[str] | Fallback:
    """The tables of schema `loaded` from which models must be refreshed.

    A fallback if dbt must build them: models of another version, or selected models that are not
    all that depends on what changed.
    """
    built_by = build_db.get_property(con, MODELS_VERSION)
    if not built_by:
        return Fallback("the build database has no complete set of models")
    if built_by != version:
        return Fallback("the models were built by another version of the SQL, linking or stories")
    if not select:
        return {table.name for table in tables.TABLES}
    if not is_all_corrected:
        return Fallback("only some models were selected")
    modelled = stage_markers.generation_seen(con, "modelled")
    if modelled != build_db.get_property(con, "generation"):
        return Fallback("articles were loaded, and only models that corrections change selected")
    return stale_tables(con)


def record_built(con: duckdb.DuckDBPyConnection, version: str | None) -> None:
    """Record that the models are up to date; with a version, that it built all of them."""
    if version is not None:
        build_db.set_property(con, MODELS_VERSION, version)
    stage_markers.stamp(con, "modelled", True)
    build_db.set_property(con, STALE_TABLES, "")
    con.execute("delete from bookkeeping.unmodelled_actors")
    con.execute("delete from bookkeeping.unmodelled_articles")


def record_replaced(con: duckdb.DuckDBPyConnection, articles: int | None) -> None:
    """Record that the rows of this many articles were replaced; None if tables were filled."""
    set_articles_replaced(con, 0 if articles is None else articles_replaced(con) + articles)


def require_full_build(con: duckdb.DuckDBPyConnection) -> None:
    """Let dbt build all models next time, and nothing be published until then."""
    build_db.set_property(con, MODELS_VERSION, "")
