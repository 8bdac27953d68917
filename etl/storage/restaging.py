"""Replacing articles in staged batches: those of files that are read otherwise now.

A rewritten batch keeps its name and place, so the articles keep their order of arrival. Its files
are replaced one after the other, the articles last: until then the batch holds the former articles,
whole, and doing it again leads to the same rows.

Belongs here: rewriting batches. Does not belong here: which articles are replaced
(`etl.pipeline.reread`), and removing forgotten ones (`Staging.drop`).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from etl.schema import tables
from etl.storage import checksums
from etl.storage.staged_batch import Batch, with_layout
from etl.storage.staged_tables import ARTICLES, STAGED_ARTICLES, with_added_columns
from etl.storage.staging import Staging


def replace_articles(
    batch: Batch, sequences: Collection[int], articles: Sequence[pa.Table], extracted: Staging
) -> None:
    """Replace the articles of these manifest sequences in an ingest batch.

    `extracted` holds the extraction of all new texts as re-extraction batches.
    """
    batch.check()
    before = with_added_columns(pq.read_table(batch.file(ARTICLES)), STAGED_ARTICLES)
    is_kept = pc.invert(pc.is_in(before["sequence"], value_set=pa.array(sequences, pa.int64())))
    after = pa.concat_tables([before.filter(is_kept).cast(STAGED_ARTICLES), *articles]).sort_by(
        [("sequence", "ascending"), ("item", "ascending")]
    )
    known = set(before["content_sha256"].to_pylist())
    added = pa.array(sorted(set(after["content_sha256"].to_pylist()) - known), pa.string())
    for table in tables.EXTRACTED:
        columns = table.arrow_schema
        stored = with_added_columns(pq.read_table(batch.file(table.name)), columns)
        rows = [_without(stored, added), *extracted.rows(table.name, added)]
        _write(batch, table.name, pa.concat_tables([r.cast(columns) for r in rows]))
    _write(batch, ARTICLES, after)


def remove_orphans(stage: Staging) -> frozenset[str]:
    """Remove the extraction of texts that no staged article has any more; return their hashes.

    A later `forget` would not find them.
    """
    live: set[str] = set()
    staged: set[str] = set()
    for batch in stage.all_batches():
        contents = set(_contents(batch, ARTICLES))
        if batch.kind == "ingest":
            live |= contents
            orphans = {c for table in tables.EXTRACTED for c in _contents(batch, table.name)}
            orphans -= contents
            staged |= orphans
            for table in tables.EXTRACTED if orphans else ():
                rows = pq.read_table(batch.file(table.name))
                kept = _without(rows, pa.array(sorted(orphans), pa.string()))
                if kept.num_rows < rows.num_rows:
                    _write(batch, table.name, kept)
        else:
            staged |= contents
    gone = frozenset(staged - live)
    if gone:
        stage.drop(gone)
    return gone


def _contents(batch: Batch, table: str) -> list[str]:
    found: list[str] = (
        pq.read_table(batch.file(table), columns=["content_sha256"])["content_sha256"]
        .unique()
        .to_pylist()
    )
    return found


def _without(rows: pa.Table, contents: pa.Array) -> pa.Table:
    return rows.filter(pc.invert(pc.is_in(rows["content_sha256"], value_set=contents)))


def _write(batch: Batch, table: str, rows: pa.Table) -> None:
    sink = pa.BufferOutputStream()
    pq.write_table(with_layout(rows), sink, compression="zstd")
    checksums.replace(batch.file(table), sink.getvalue().to_pybytes())
