"""What takes how much space on disk: files of the warehouse, and tables within the published file.

Belongs here: the figures of `newsactors status` about space. Does not belong here: giving space
back (`etl.warehouse.free_blocks`, `etl.warehouse.publish.prune`), and layout.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

from etl.query.published import identifier, open_published, rows
from etl.settings import Settings
from etl.warehouse.free_blocks import blocks_of
from etl.warehouse.internal_relations import MARK

_PARTS = {
    "news.duckdb": "the published file",
    "snapshots": "published files: the one that readers open, and the one before",
    "build": "the database that runs work on, and what dbt compiled",
    "raw": "the archive: back it up",
    "registry": "corrections and who is who: back it up",
    "extracted": "articles and extractions as Parquet; rebuilt from raw",
    "reextraction": "a candidate, and what a rollback restores",
    "state.sqlite": "runs and quarantine",
    "report": "the last thirty days as a static site",
    "search": "the explorer's index",
    "damaged": "moved aside by `doctor --repair`: yours to delete",
    "dagster": "Dagster's runs and logs",
}
"""Entries of the warehouse folder, as warehouse/README.md explains them."""
_SCHEMAS = {
    "main": "tables for people",
    "loaded": "rows as extracted: `articles`, `mentions` and `quotes` are views of these",
    "bookkeeping": "what runs record for later runs",
    "intermediate": "steps on the way to main",
    "reference": "outlets, countries and offices",
}
FREE, REST = "free blocks", "headers, views and metadata"


@dataclass(frozen=True)
class Use:
    """A part, its bytes, and what it is."""

    part: str
    bytes: int
    what: str


@dataclass(frozen=True)
class Space:
    """Bytes by entry of the warehouse folder, by schema of the published file, and by table.

    The bytes of `schemas` add up to the size of the published file; `tables` lists all tables that
    have blocks, largest first.
    """

    folders: list[Use]
    schemas: list[Use]
    tables: list[Use]


def used_space(settings: Settings) -> Space:
    """Return what takes how much space; empty lists for what doesn't exist or can't be read."""
    schemas, tables = _of_published(settings) if settings.published.exists() else ([], [])
    return Space(_of_folders(settings.home), schemas, tables)


def _of_folders(home: Path) -> list[Use]:
    if not home.is_dir():
        return []
    sizes = {
        entry.name: sum(_sizes(entry.path)) if entry.is_dir() else entry.stat().st_size
        for entry in os.scandir(home)
        if not entry.is_symlink()  # the published file counts as its snapshot
    }
    return _largest_first(
        Use(name, size, _PARTS.get(name, "not of newsactors")) for name, size in sizes.items()
    )


def _sizes(folder: str) -> Iterator[int]:
    """Yield the sizes of all files below a folder; files that a run removes meanwhile are left out.

    0.5 s for 100,000 files.
    """
    for path, _, names in os.walk(folder):
        for name in names:
            try:
                yield os.lstat(os.path.join(path, name)).st_size  # noqa: PTH118 - twice as fast
            except OSError:
                continue


def _of_published(settings: Settings) -> tuple[list[Use], list[Use]]:
    with open_published(settings) as con:
        blocks = blocks_of(con)
        by_schema, tables = Counter[str](), list[Use]()
        for row in rows(
            con,
            "select schema_name, table_name, comment from duckdb_tables() "
            "where database_name = current_database() and not internal",
        ):
            schema, table = row["schema_name"], row["table_name"]
            used = _blocks(con, f"{identifier(schema)}.{identifier(table)}") * blocks.size
            by_schema[schema] += used
            if used:
                tables.append(Use(f"{schema}.{table}", used, _first_sentence(row["comment"])))
    size = settings.published.stat().st_size
    rest = size - blocks.free_bytes - by_schema.total()
    schemas = [Use(name, used, _SCHEMAS.get(name, "")) for name, used in by_schema.items() if used]
    schemas.append(Use(FREE, blocks.free_bytes, "the next runs fill them"))
    schemas.append(Use(REST, max(rest, 0), ""))
    return _largest_first(schemas), _largest_first(tables)


def _blocks(con: duckdb.DuckDBPyConnection, table: str) -> int:
    """Count the blocks with values of a table. Two tables never share one."""
    name = table.replace("'", "''")
    row = con.execute(
        f"with segments as (from pragma_storage_info('{name}') where persistent) "
        "select count(distinct block) from (select block_id as block from segments "
        "union all select unnest(additional_block_ids) from segments) where block >= 0"
    ).fetchone()
    return int(row[0]) if row else 0


def _first_sentence(comment: str | None) -> str:
    return " ".join((comment or "").removeprefix(MARK).split()).split(". ")[0].removesuffix(".")


def _largest_first(uses: Iterator[Use] | list[Use]) -> list[Use]:
    return sorted(uses, key=lambda use: (-use.bytes, use.part))
