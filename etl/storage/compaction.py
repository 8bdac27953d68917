"""Merging small staging batches: which ones to merge, and the rows of the result.

Belongs here: choosing batches and deduplicating their rows. Does not belong here: writing and
removing batches (`storage.staging`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from etl.storage.staged_batch import Batch
from etl.storage.staged_tables import ARTICLES, layout, with_added_columns

COMPACT_ABOVE = 16
"""Merge small batches once there are more than this many."""
COMPACTED_ROWS = 100_000
"""Batches with at least this many articles are not merged again."""


def merged_rows(batches: Sequence[Batch], name: str) -> Iterator[pa.Table]:
    """Yield the rows of one table of all batches, each item and each article version once.

    A version that arrived in several batches was extracted in each. The last one wins among
    re-extractions, the first one among arrivals.
    """
    is_arrival = bool(batches) and batches[0].kind == "ingest"
    done, through = pa.array([], pa.string()), 0
    for batch in batches if is_arrival else reversed(batches):
        columns = layout(name, is_ingest=is_arrival)
        table = with_added_columns(pq.read_table(batch.file(name)), columns)
        if is_arrival and name == ARTICLES:
            yield table.filter(pc.greater(table["sequence"], through))
        else:
            yield table.filter(pc.invert(pc.is_in(table["content_sha256"], value_set=done)))
        through = batch.last
        content_hashes = pq.read_table(batch.file(ARTICLES), columns=["content_sha256"])
        done = pa.concat_arrays([done, content_hashes["content_sha256"].combine_chunks()])


def mergeable(batches: Sequence[Batch]) -> list[list[Batch]]:
    """Return the runs of consecutive small batches of one kind and extractor version.

    A run of up to COMPACT_ABOVE batches is left as it is.
    """

    def group(batch: Batch) -> tuple[str, str, bool]:
        return batch.kind, batch.extractor_version, batch.article_count < COMPACTED_ROWS

    runs = [list(run) for (_, _, is_small), run in groupby(batches, key=group) if is_small]
    return [run for run in runs if len(run) > COMPACT_ABOVE]
