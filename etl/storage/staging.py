"""Parquet staging: what was read and extracted, one folder a batch, before it is loaded.

A batch covers a range of manifest sequences (`ingest-…`) or re-extracts articles that are already
loaded (`reextract-…`); its name ends with the extractor's version. A batch appears and goes by a
rename, and only `drop` changes it, a file at a time; so a killed run leaves whole batches or none.
Old batches are merged so that the number of files stays bounded. Each batch holds the checksums of
its files, which are asked before anything is read from it, and each file says its layout: a batch
of an older one is as if it were not there, so that its articles are read from the archive again.

What is being made stands in a dot folder: `.new-…` belongs to who holds the intake lock,
`.merged-…`, `.gone-…` and `.switched-…` (rows that wait for a switch, see `store.editions`) to who
holds the writer lock; `sweep` removes what a kill left of them.
Does not belong here: reading, extracting, loading.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from etl.schema.tables import SCHEMA_VERSION
from etl.storage import checksums, compaction
from etl.storage.files import sync_directory, sync_file
from etl.storage.staged_batch import KINDS, NAME, Batch, StagingError, with_layout
from etl.storage.staged_tables import ARTICLES, STAGED_TABLES, layout

Tables = Mapping[str, pa.Table | Iterable[pa.Table]] | Iterable[tuple[str, pa.Table]]


class Staging:
    """The staged batches under one folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def _found(self) -> list[Batch]:
        if not self.root.exists():
            return []
        found = [
            Batch(path, m["kind"], int(m["first"]), int(m["last"]), m["version"])
            for path in self.root.iterdir()
            if (m := NAME.fullmatch(path.name))
        ]
        # A merged batch comes before those it was merged from, should a kill have left them.
        return sorted(found, key=lambda b: (b.kind != "ingest", b.first, -b.last, b.name))

    def batches(self) -> list[Batch]:
        """The batches in the order in which they are to be loaded.

        Leaves out what a merged batch covers, and what follows a gap in the sequences: staging
        goes on at the gap (somebody removed a folder), and loading must not skip it. Leaves out
        batches of an older layout too; raises StagingError where one is of a newer.
        """
        kept = []
        through = {"ingest": 0, "reextract": 0}
        for b in self._found():
            if (layout := b.layout) > SCHEMA_VERSION:
                raise StagingError(
                    f"{b.path} has layout {layout}, this newsactors writes layout "
                    f"{SCHEMA_VERSION}: update newsactors; nothing was changed"
                )
            if layout < SCHEMA_VERSION:
                continue
            if b.last > through[b.kind] and (b.kind != "ingest" or b.first <= through[b.kind] + 1):
                kept.append(b)
                through[b.kind] = b.last
        return kept

    def gaps(self) -> list[tuple[int, int]]:
        """The ranges of sequences, both ends included, that are missing before the last batch."""
        found, through = [], 0
        for b in self._found():
            if b.kind == "ingest" and b.layout == SCHEMA_VERSION and b.last > through:
                if b.first > through + 1:
                    found.append((through + 1, b.first - 1))
                through = b.last
        return found

    def last_sequence(self) -> int:
        """The highest manifest sequence that any batch holds, 0 for none."""
        return max((b.last for b in self._found() if b.kind == "ingest"), default=0)

    def every_batch(self) -> list[Batch]:
        """All batches that are there, those included that `batches` leaves out."""
        return self._found()

    def staged_through(self) -> int:
        """The manifest sequence up to which all has been staged, 0 for none."""
        return max((b.last for b in self.batches() if b.kind == "ingest"), default=0)

    def write(
        self,
        kind: str,
        first: int,
        last: int,
        extractor_version: str,
        tables: Tables,
        mark: str = "new",
    ) -> Batch:
        """Write a batch; it is there whole once this returns, and not at all before."""
        self._show(self.prepare(kind, first, last, extractor_version, tables, mark), mark)
        name = f"{kind}-{first:010d}-{last:010d}.{extractor_version}"
        return Batch(self.root / name, kind, first, last, extractor_version)

    def prepare(
        self,
        kind: str,
        first: int,
        last: int,
        extractor_version: str,
        tables: Tables,
        mark: str,
    ) -> Path:
        """Write a batch that nobody sees until it is let in.

        `tables` maps names to rows, or yields names with some of their rows, in any order.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        temporary = self.root / f".{mark}-{kind}-{first:010d}-{last:010d}.{extractor_version}"
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir()
        with ExitStack() as stack:
            writers: dict[str, pq.ParquetWriter] = {}
            for name, rows in _parts(tables):
                rows = with_layout(rows)
                if name not in writers:
                    path = temporary / f"{name}.parquet"
                    writers[name] = stack.enter_context(
                        pq.ParquetWriter(path, rows.schema, compression="zstd")
                    )
                writers[name].write_table(rows)
        checksums.renew(temporary)
        for path in temporary.iterdir():
            sync_file(path)
        sync_directory(temporary)
        return temporary

    def _show(self, temporary: Path, mark: str) -> None:
        final = self.root / temporary.name.removeprefix(f".{mark}-")
        self._remove(final)
        temporary.rename(final)
        sync_directory(self.root)

    def let_in_through(self, temporary: Path, last: int) -> Batch:
        """Let in a prepared batch of arrivals that ends with this sequence."""
        m = NAME.fullmatch(temporary.name.removeprefix(".new-"))
        assert m is not None
        name = f"{m['kind']}-{m['first']}-{last:010d}.{m['version']}"
        ended = temporary.with_name(f".new-{name}")
        temporary.rename(ended)
        self._show(ended, "new")
        return Batch(self.root / name, m["kind"], int(m["first"]), last, m["version"])

    def prepared(self, mark: str, number: int) -> list[Path]:
        """The re-extraction of this number that waits to be let in: one or none."""
        return list(self.root.glob(f".{mark}-reextract-{number:010d}-*"))

    def let_in(self, mark: str, number: int) -> None:
        """Let a prepared re-extraction be seen, whole and at once."""
        for temporary in self.prepared(mark, number):
            self._show(temporary, mark)

    def _remove(self, path: Path) -> None:
        """Remove a batch so that a kill leaves it whole or not at all."""
        if path.exists():
            gone = path.with_name(f".gone-{path.name}")
            shutil.rmtree(gone, ignore_errors=True)
            path.rename(gone)
            shutil.rmtree(gone, ignore_errors=True)

    def sweep(self, *marks: str) -> None:
        """Remove what a kill left of unfinished work ('new', 'merged', 'gone')."""
        for mark in marks:
            for leftover in self.root.glob(f".{mark}-*"):
                shutil.rmtree(leftover, ignore_errors=True)

    def next_number(self) -> int:
        """The number of the next re-extraction: rises for ever, also when staging was cleared."""
        highest = max((b.last for b in self._found() if b.kind == "reextract"), default=0)
        return max(highest + 1, int(time.time()))

    def contents(self) -> set[str]:
        """The article versions (content_sha256) that the batches hold."""
        return {
            content
            for batch in self._found()
            for content in pq.read_table(batch.file(ARTICLES), columns=["content_sha256"])[
                "content_sha256"
            ].to_pylist()
        }

    def items_of(self, hashes: Iterable[str]) -> dict[str, set[tuple[str, int]]]:
        """By hash of a file's bytes, the source key and number of the items staged of it."""
        found: dict[str, set[tuple[str, int]]] = {sha256: set() for sha256 in hashes}
        columns = ["source_sha256", "source_key", "item"]
        for batch in self.batches() if found else ():
            if batch.kind == "ingest":
                rows = pq.read_table(
                    batch.file(ARTICLES),
                    columns=columns,
                    filters=pc.field("source_sha256").isin(list(found)),
                )
                for sha256, key, item in zip(*(rows[c].to_pylist() for c in columns), strict=True):
                    found[sha256].add((key, item))
        return found

    def rows(self, name: str, contents: pa.Array) -> Iterator[pa.Table]:
        """The rows of a table of all re-extractions for these article versions, a batch at a time.

        Of a version that was extracted several times the last extraction counts.
        """
        yield layout(name).empty_table()
        for batch in self.batches():
            batch.check()
        for table in compaction.merged_rows(self.batches(), name):
            yield table.filter(pc.is_in(table["content_sha256"], value_set=contents))

    def drop(self, hashes: frozenset[str]) -> None:
        """Take article versions, and all that was read from bytes, with these hashes out.

        Killed in between, it is to be done again; a batch is never missing meanwhile.
        """
        values = pa.array(sorted(hashes), pa.string())
        self._remove_covered()
        for batch in self._found():
            batch.check()
            for name in STAGED_TABLES:
                table = kept = pq.read_table(batch.file(name))
                for column in ("content_sha256", "source_sha256"):
                    if column in table.column_names:
                        kept = kept.filter(pc.invert(pc.is_in(kept[column], value_set=values)))
                if kept.num_rows < table.num_rows:
                    sink = pa.BufferOutputStream()
                    pq.write_table(kept, sink, compression="zstd")
                    checksums.replace(batch.file(name), sink.getvalue().to_pybytes())
            for leftover in batch.path.glob("*.tmp"):
                leftover.unlink()

    def _remove_covered(self) -> None:
        """Remove what batches in use cover, and re-extractions of an older layout."""
        kept = {kind: [b for b in self.batches() if b.kind == kind] for kind in KINDS}
        for batch in self._found():
            is_covered = any(
                b != batch and b.first <= batch.first <= batch.last <= b.last
                for b in kept[batch.kind]
            )
            is_replaced = batch.kind == "reextract" or batch.last <= self.staged_through()
            is_old = batch.layout < SCHEMA_VERSION and is_replaced
            if is_covered or is_old:
                self._remove(batch.path)

    def clear(self) -> None:
        """Remove everything that is staged, the last first: a kill leaves no gap behind."""
        self._remove_covered()
        for batch in reversed(self._found()):
            self._remove(batch.path)
        shutil.rmtree(self.root, ignore_errors=True)

    def compact(self, loaded_through: Mapping[str, int]) -> None:
        """Merge small batches of each kind that are loaded already, when there are many of them.

        `loaded_through` maps a kind to the highest number that is loaded. Of an article that was
        extracted again several times only the last extraction is kept.
        """
        self._remove_covered()
        loaded = [b for b in self.batches() if b.last <= loaded_through[b.kind]]
        if len(loaded) <= compaction.COMPACT_ABOVE:
            return
        for group in compaction.mergeable(loaded):
            if len(group) <= compaction.COMPACT_ABOVE:
                continue
            for batch in group:
                batch.check()
            first, last = group[0], group[-1]
            self.write(
                first.kind,
                first.first,
                last.last,
                first.extractor_version,
                {name: compaction.merged_rows(group, name) for name in STAGED_TABLES},
                mark="merged",
            )
            for batch in group:
                self._remove(batch.path)


def _parts(tables: Tables) -> Iterator[tuple[str, pa.Table]]:
    if not isinstance(tables, Mapping):
        yield from tables
        return
    for name, content in tables.items():
        for rows in [content] if isinstance(content, pa.Table) else content:
            yield name, rows
