"""Which stages what is loaded has passed since it changed, noted in the build file.

Belongs here: noting a stage, and asking for those that a publish needs. Does not belong here: what
a stage does (`pipeline`, `applying`, `modelling`).
"""

from __future__ import annotations

import duckdb

from etl.warehouse import build_db
from etl.warehouse.publish import CORRECTIONS

STAGES = ("checked", "linked", "storied", "modelled")


def stamp(con: duckdb.DuckDBPyConnection, stage: str, is_good: bool) -> None:
    """Note that what is loaded and corrected passed a stage; `publish_build` asks for all."""
    build_db.set_property(con, f"{stage}_generation", _due(con, stage) if is_good else "")


def _due(con: duckdb.DuckDBPyConnection, stage: str) -> str:
    """What a stage must have seen: the generation, and what corrections touch these, too."""
    generation = build_db.get_property(con, "generation") or ""
    if stage in ("checked", "storied"):
        return generation
    return f"{generation}+{build_db.get_property(con, CORRECTIONS) or ''}"


def missing(con: duckdb.DuckDBPyConnection) -> list[str]:
    """The stages that what is loaded has not passed as it is now."""
    return [
        stage
        for stage in STAGES
        if build_db.get_property(con, f"{stage}_generation") != _due(con, stage)
    ]


def generation_seen(con: duckdb.DuckDBPyConnection, stage: str) -> str:
    """The generation of what is loaded that a stage passed last, whatever the corrections."""
    return (build_db.get_property(con, f"{stage}_generation") or "").partition("+")[0]
