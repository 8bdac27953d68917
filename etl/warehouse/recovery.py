"""Rebuilding staged batches and manifest lines from an intact schema `loaded`.

Belongs here: the queries for it. The build file and the published file both hold the schema; either
can replace lost staging without extracting anything again. Does not belong here: which of the two
is intact (`doctor`), and identity (`linking`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import duckdb
import pyarrow as pa

from etl.schema import tables as schema
from etl.storage import staged_batch
from etl.storage.archive import Entry
from etl.storage.source_file import file_of
from etl.storage.staged_batch import Batch
from etl.storage.staged_tables import ARTICLES, STAGED_ARTICLES, STAGED_TABLES
from etl.storage.staging import Staging
from etl.warehouse import build_db

RESTORED = "restored"
"""The extractor version in the name of a restored batch; its rows hold the real one."""


def has_bookkeeping(con: duckdb.DuckDBPyConnection) -> bool:
    """Whether the file records what was loaded; snapshots of older versions do not."""
    return bool(con.execute("from duckdb_schemas() where schema_name = 'bookkeeping'").fetchone())


def loaded_through(con: duckdb.DuckDBPyConnection) -> int:
    """The manifest sequence up to which the file is known to hold all articles."""
    if has_bookkeeping(con):
        return build_db.loaded_through(con)["ingest"]
    row = con.execute("select coalesce(max(sequence), 0) from loaded.article_sources").fetchone()
    return int(row[0]) if row else 0


def stage_range(con: duckdb.DuckDBPyConnection, stage: Staging, first: int, last: int) -> Batch:
    """Stage the loaded articles of these manifest sequences, as at their first ingest."""
    articles = _arrived(con, first, last)
    contents = articles["content_sha256"].combine_chunks().unique()
    tables = {ARTICLES: articles} | {
        table.name: build_db.extraction_of(con, table.name, contents) for table in schema.EXTRACTED
    }
    return stage.write("ingest", first, last, RESTORED, tables)


def stage_extraction(
    con: duckdb.DuckDBPyConnection, stage: Staging, contents: Sequence[str], number: int
) -> Batch:
    """Stage the loaded extraction of these article versions as re-extraction `number`."""
    values = pa.array(contents, pa.string())
    tables = {name: build_db.extraction_of(con, name, values) for name in STAGED_TABLES}
    return stage.write("reextract", number, number, RESTORED, tables)


def deviating(con: duckdb.DuckDBPyConnection, batches: Sequence[Batch]) -> list[str]:
    """The loaded article versions whose staged extraction is by another extractor version."""
    staged: dict[str, str] = {}
    for batch in batches:
        for content, version in _versions(batch):
            if batch.kind == "ingest":
                staged.setdefault(content, version)
            else:
                staged[content] = version
    loaded = con.execute(
        "select content_sha256, extractor_version from loaded.article_versions order by 1"
    ).fetchall()
    return [content for content, version in loaded if staged.get(content) not in (None, version)]


def arrivals(
    con: duckdb.DuckDBPyConnection, sequences: Sequence[int] | None = None
) -> dict[int, Entry]:
    """The manifest lines that brought an article, all or those with these sequences, by sequence.

    Their sizes are unknown, and 0.
    """
    found = con.execute(
        "select sequence, any_value(source_sha256), any_value(source_path), "
        "any_value(archived_at), any_value(run_id) from loaded.article_sources "
        "where $only is null or list_contains($only, sequence) group by 1",
        {"only": None if sequences is None else list(sequences)},
    ).fetchall()
    return {
        sequence: Entry(sequence, sha256, 0, file_of(path), at, run_id)
        for sequence, sha256, path, at, run_id in found
    }


def _versions(batch: Batch) -> Iterator[tuple[str, str]]:
    columns = ["content_sha256", "extractor_version"]
    table = staged_batch.read(batch, ARTICLES, columns)
    yield from zip(table[columns[0]].to_pylist(), table[columns[1]].to_pylist(), strict=True)


def _arrived(con: duckdb.DuckDBPyConnection, first: int, last: int) -> pa.Table:
    """The staged articles of a range; a text that came twice has its first row both times."""
    of_source = {column.name for column in schema.ARTICLE_SOURCES.columns}
    columns = ", ".join(f"{'s' if n in of_source else 'v'}.{n}" for n in STAGED_ARTICLES.names)
    return (
        con.execute(
            f"select {columns} from loaded.article_sources s "
            "join loaded.article_versions v using (content_sha256) "
            "where s.sequence between ? and ? order by s.sequence, s.item",
            [first, last],
        )
        .to_arrow_table()
        .select(STAGED_ARTICLES.names)
        .cast(STAGED_ARTICLES)
    )
