"""Merging staging batches: which to merge, and the rows that are left of them.

Belongs here: the choice and the rows. Does not belong here: files (`storage.staging`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from etl.storage.staged_batch import Batch
from etl.storage.staged_tables import ARTICLES

COMPACT_ABOVE = 16
"""Number of small batches from which on they are merged into one."""
COMPACTED_ROWS = 100_000
"""A batch of so many articles is left alone by later merges."""


def merged_rows(group: Sequence[Batch], name: str) -> Iterator[pa.Table]:
    """The rows of one table of all batches, every item and every text once.

    A text that came in several batches was extracted in each of them. Of re-extractions the last
    one counts, of arrivals the first.
    """
    is_arrival = bool(group) and group[0].kind == "ingest"
    done, through = pa.array([], pa.string()), 0
    for batch in group if is_arrival else reversed(group):
        table = pq.read_table(batch.file(name))
        if is_arrival and name == ARTICLES:
            yield table.filter(pc.greater(table["sequence"], through))
        else:
            yield table.filter(pc.invert(pc.is_in(table["content_sha256"], value_set=done)))
        through = batch.last
        contents = pq.read_table(batch.file(ARTICLES), columns=["content_sha256"])
        done = pa.concat_arrays([done, contents["content_sha256"].combine_chunks()])


def mergeable(batches: Sequence[Batch]) -> list[list[Batch]]:
    """Runs of small batches of one kind and version that follow each other."""

    def sort(batch: Batch) -> tuple[str, str, bool]:
        return batch.kind, batch.extractor_version, batch.article_count < COMPACTED_ROWS

    return [list(run) for (_, _, is_small), run in groupby(batches, key=sort) if is_small]
