"""Records, per stage, the generation of loaded data it last processed.

Belongs here: recording a stage, and listing those that a publish still needs. Does not belong here:
what a stage does (`pipeline`).
"""

from __future__ import annotations

import duckdb

from etl.warehouse import build_db
from etl.warehouse.publish import CORRECTIONS

STAGES = ("checked", "linked", "storied", "modelled")


def stamp(con: duckdb.DuckDBPyConnection, stage: str, is_good: bool) -> None:
    """Record that a stage processed the current data, or with `is_good` false that it must run."""
    build_db.set_property(con, f"{stage}_generation", _due(con, stage) if is_good else "")


def _due(con: duckdb.DuckDBPyConnection, stage: str) -> str:
    """What a stage must have processed: the generation, and for some the corrections too."""
    generation = build_db.get_property(con, "generation") or ""
    if stage in ("checked", "storied"):
        return generation
    return f"{generation}+{build_db.get_property(con, CORRECTIONS) or ''}"


def missing(con: duckdb.DuckDBPyConnection) -> list[str]:
    """The stages that have not processed the current data."""
    return [
        stage
        for stage in STAGES
        if build_db.get_property(con, f"{stage}_generation") != _due(con, stage)
    ]


def generation_seen(con: duckdb.DuckDBPyConnection, stage: str) -> str:
    """The generation that a stage last processed, whatever the corrections."""
    return (build_db.get_property(con, f"{stage}_generation") or "").partition("+")[0]
