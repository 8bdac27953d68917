"""A database in memory that holds what promoting a candidate would load.

Published files are attached read-only, so a comparison changes nothing.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import duckdb
import pyarrow as pa

from etl.query import published
from etl.schema import tables
from etl.storage.staged_tables import layout
from etl.storage.staging import Staging


def connect(**files: Path) -> duckdb.DuckDBPyConnection:
    """Open a database in memory with published files attached, read-only."""
    # Without this setting, every process would spill into the working directory.
    spill = f"{tempfile.gettempdir()}/newsactors-{os.getpid()}-compare"
    con = duckdb.connect(config={"temp_directory": spill})
    con.execute("set TimeZone = 'UTC'")
    for name, file in files.items():
        path = str(file).replace("'", "''")
        con.execute(f"attach '{path}' as {name} (read_only)")
    return con


def load_candidate(con: duckdb.DuckDBPyConnection, rows: Staging) -> int:
    """Fill schema `loaded` as a promotion would; return how many article versions it replaces."""
    con.execute("create schema loaded")
    con.execute(
        "create table redone as select content_sha256 from old.loaded.article_versions where false"
    )
    contents = pa.array(sorted(rows.content_hashes()), pa.string())
    con.register("contents", pa.table({"content_sha256": contents}))
    con.execute(
        "insert into redone from contents semi join old.loaded.article_versions "
        "using (content_sha256)"
    )
    con.unregister("contents")
    for table in tables.EXTRACTED:
        batches = (b for t in rows.rows(table.name, contents) for b in t.to_batches())
        con.register("rows", pa.RecordBatchReader.from_batches(layout(table.name), batches))
        con.execute(f"create table loaded.new_{table.name} as from rows")
        con.unregister("rows")
        # By name: a file that was published before a column was added lacks it.
        con.execute(
            f"create view loaded.{table.name} as "
            f"from loaded.new_{table.name} semi join redone using (content_sha256) "
            f"union all by name "
            f"from old.loaded.{table.name} anti join redone using (content_sha256)"
        )
    con.execute("create view loaded.article_versions as from old.loaded.article_versions")
    for table in (*tables.LINKED, *tables.CORRECTED):
        con.execute(table.ddl)
    return len(published.rows(con, "from redone"))
