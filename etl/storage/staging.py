"""Parquet staging: one folder per batch of articles that were read and extracted.

A batch covers a range of manifest sequences (`ingest-…`) or re-extracts loaded articles
(`reextract-…`); its name ends with the extractor version. A rename adds or removes a batch, and
only `drop` changes one in place, a file at a time: a killed run leaves whole batches or none.
Small batches are merged so that the number of files stays bounded.

Each batch holds the checksums of its files, verified before it is read, and each file states its
layout version. Batches of an older layout lack columns that were added since, which are null in
their rows; those from before `READABLE_SINCE` are ignored, so their articles are read from the
archive again.

Unfinished work is in dot folders: `.new-…` belongs to the holder of the intake lock; `.merged-…`,
`.gone-…` and `.switched-…` (rows that wait for a switch, see `storage.editions`) to the holder of
the writer lock. `sweep` removes what a killed run left of them.

Belongs here: listing, writing, merging and removing batches. Does not belong here: one batch and
its rows (`storage.staged_batch`, `storage.staged_tables`), reading, extracting, loading.
"""

from __future__ import annotations

import hashlib
import shutil
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from etl.schema.tables import READABLE_SINCE, SCHEMA_VERSION
from etl.storage import checksums, compaction
from etl.storage.files import remove_folder, sync_directory, sync_file, write_atomically
from etl.storage.staged_batch import KINDS, Batch, StagingError, batch_name, with_layout
from etl.storage.staged_tables import ARTICLES, STAGED_TABLES, layout

Tables = Mapping[str, pa.Table | Iterable[pa.Table]] | Iterable[tuple[str, pa.Table]]


_READING = "reading.txt"

StagedItem: TypeAlias = tuple[str, int | str, str]
"""An article read from a file: the path of the file or member, the index or address there, the hash
of its body. The item number is not enough: it shifts if a part of the file can be read that was
rejected before. What a mapping changes may not matter: an article is not to be published twice."""


def staged_item(source_path: str, key: int | str, body: str) -> StagedItem:
    """Return what identifies an item at this index, or of this address, in a file or member."""
    return source_path, key, hashlib.sha256(body.encode()).hexdigest()


def index_in_member(source_path: str, source_key: str, item: int) -> int | None:
    """Return the index of a staged item within its file or member; None if it isn't recorded."""
    _, found, index = source_key.rpartition(f"{source_path}#")
    if found and index.isdigit():
        return int(index)
    return None if "!/" in source_path else item


class Staging:
    """The staging batches under one folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def all_batches(self) -> list[Batch]:
        """Return every batch on disk, including those that `batches` leaves out."""
        if not self.root.exists():
            return []
        found = [batch for path in self.root.iterdir() if (batch := Batch.at(path))]
        # A merged batch sorts before its sources, in case a kill left them behind.
        return sorted(found, key=lambda b: (b.kind != "ingest", b.first, -b.last, b.name))

    def batches(self) -> list[Batch]:
        """Return the batches to load, in load order.

        Leaves out batches that a merged batch covers, batches of too old a layout, and everything
        after a gap in the sequences (somebody removed a folder): staging resumes at the gap, and
        loading must not skip it. Raises StagingError for a batch of a newer layout.
        """
        usable = []
        through = {"ingest": 0, "reextract": 0}
        for b in self.all_batches():
            if (version := b.layout) > SCHEMA_VERSION:
                raise StagingError(
                    f"{b.path} has layout {version}, this newsactors writes layout "
                    f"{SCHEMA_VERSION}: update newsactors; nothing was changed"
                )
            if version < READABLE_SINCE:
                continue
            if b.last > through[b.kind] and (b.kind != "ingest" or b.first <= through[b.kind] + 1):
                usable.append(b)
                through[b.kind] = b.last
        return usable

    def reading(self) -> str:
        """Return the id of the reading (`warehouse.catch_up`) that the batches belong to."""
        path = self.root / _READING
        return path.read_text() if path.exists() else ""

    def set_reading(self, reading: str) -> None:
        """Record the reading that the batches belong to."""
        if reading != self.reading():
            write_atomically(self.root / _READING, reading.encode())

    def gaps(self, loaded_through: int = 0) -> list[tuple[int, int]]:
        """Return the ranges of sequences (inclusive) that are missing before the last batch.

        Those up to `loaded_through` too.
        """
        found, through = [], 0
        for b in self.all_batches():
            if b.kind == "ingest" and b.layout >= READABLE_SINCE and b.last > through:
                if b.first > through + 1:
                    found.append((through + 1, b.first - 1))
                through = b.last
        return found + [(through + 1, loaded_through)] * (through < loaded_through)

    def last_sequence(self) -> int:
        """Return the highest manifest sequence in any batch, 0 if there is none."""
        return max((b.last for b in self.all_batches() if b.kind == "ingest"), default=0)

    def staged_through(self) -> int:
        """Return the manifest sequence up to which everything is staged, 0 if nothing is."""
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
        """Write a batch; it appears, whole, only when this returns."""
        self._commit(self.prepare(kind, first, last, extractor_version, tables, mark), mark)
        name = batch_name(kind, first, last, extractor_version)
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
        """Write a batch into a dot folder, invisible until it is committed.

        `tables` maps names to rows, or yields pairs of a name and some of its rows, in any order.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        temporary = self.root / f".{mark}-{batch_name(kind, first, last, extractor_version)}"
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
        checksums.record_all(temporary)
        for path in temporary.iterdir():
            sync_file(path)
        sync_directory(temporary)
        return temporary

    def _commit(self, temporary: Path, mark: str) -> None:
        final = self.root / temporary.name.removeprefix(f".{mark}-")
        remove_folder(final)
        temporary.rename(final)
        sync_directory(self.root)

    def commit_through(self, temporary: Path, last: int) -> Batch:
        """Make a prepared ingest batch visible, renamed to end with sequence `last`."""
        prepared = Batch.at(temporary.with_name(temporary.name.removeprefix(".new-")))
        assert prepared is not None
        name = batch_name(prepared.kind, prepared.first, last, prepared.extractor_version)
        renamed = temporary.with_name(f".new-{name}")
        temporary.rename(renamed)
        self._commit(renamed, "new")
        return Batch(
            self.root / name, prepared.kind, prepared.first, last, prepared.extractor_version
        )

    def prepared(self, mark: str, number: int) -> list[Path]:
        """Return the prepared re-extraction with this number: one folder or none."""
        return list(self.root.glob(f".{mark}-reextract-{number:010d}-*"))

    def commit(self, mark: str, number: int) -> None:
        """Make a prepared re-extraction visible, whole and at once."""
        for temporary in self.prepared(mark, number):
            self._commit(temporary, mark)

    def sweep(self, *marks: str) -> None:
        """Remove unfinished work that a killed run left ('new', 'merged', 'gone', 'switched')."""
        for mark in marks:
            for leftover in self.root.glob(f".{mark}-*"):
                shutil.rmtree(leftover, ignore_errors=True)

    def next_number(self) -> int:
        """Return the next re-extraction number; it never decreases, even if staging is cleared."""
        highest = max((b.last for b in self.all_batches() if b.kind == "reextract"), default=0)
        return max(highest + 1, int(time.time()))

    def content_hashes(self) -> set[str]:
        """Return the content_sha256 of every article version in any batch."""
        return {
            content
            for batch in self.all_batches()
            for content in pq.read_table(batch.file(ARTICLES), columns=["content_sha256"])[
                "content_sha256"
            ].to_pylist()
        }

    def staged_items(self, hashes: Iterable[str]) -> dict[str, set[StagedItem]]:
        """Return the items staged from each file, by the hash of its bytes."""
        found: dict[str, set[StagedItem]] = {sha256: set() for sha256 in hashes}
        for row in self.rows_of_files(found):
            path, key = row["source_path"], row["source_key"]
            index = index_in_member(path, key, row["item"])
            found[row["source_sha256"]].add(
                staged_item(path, key if index is None else index, row["body"])
            )
        return found

    def rows_of_files(self, hashes: Collection[str]) -> Iterator[dict[str, Any]]:
        """Yield source and text of each article staged from files of these hashes."""
        wanted = pa.array(sorted(hashes), pa.string())
        columns = ["source_sha256", "source_path", "source_key", "item", "content_sha256", "body"]
        for batch in self.batches() if hashes else ():
            if batch.kind == "ingest":
                # In parts: a batch may be one file of a gigabyte.
                for part in pq.ParquetFile(batch.file(ARTICLES)).iter_batches(
                    1000, columns=columns
                ):
                    rows = part.filter(pc.is_in(part["source_sha256"], value_set=wanted))
                    yield from rows.to_pylist()

    def rows(self, name: str, content_hashes: pa.Array) -> Iterator[pa.Table]:
        """Yield one table's re-extracted rows for these article versions, batch by batch.

        The last extraction wins if a version was extracted several times.
        """
        yield layout(name).empty_table()
        for batch in self.batches():
            batch.check()
        for table in compaction.merged_rows(self.batches(), name):
            yield table.filter(pc.is_in(table["content_sha256"], value_set=content_hashes))

    def drop(self, hashes: frozenset[str]) -> None:
        """Remove article versions with these hashes, and everything read from bytes with them.

        Idempotent: run it again after a kill. No batch is missing in between.
        """
        values = pa.array(sorted(hashes), pa.string())
        self._remove_superseded()
        for batch in self.all_batches():
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

    def _remove_superseded(self) -> None:
        """Remove batches that others cover, and replaced batches of an older layout."""
        usable = {kind: [b for b in self.batches() if b.kind == kind] for kind in KINDS}
        for batch in self.all_batches():
            is_covered = any(
                b != batch and b.first <= batch.first <= batch.last <= b.last
                for b in usable[batch.kind]
            )
            is_replaced = batch.kind == "reextract" or batch.last <= self.staged_through()
            is_old = batch.layout < READABLE_SINCE and is_replaced
            if is_covered or is_old:
                remove_folder(batch.path)

    def clear(self) -> None:
        """Remove all batches, the last one first so that a kill leaves no gap behind."""
        self._remove_superseded()
        for batch in reversed(self.all_batches()):
            remove_folder(batch.path)
        shutil.rmtree(self.root, ignore_errors=True)

    def compact(self, loaded_through: Mapping[str, int]) -> None:
        """Merge small batches that are already loaded, if there are many of one kind.

        `loaded_through` maps a kind to its highest loaded number. Only the last re-extraction of an
        article version is kept.
        """
        self._remove_superseded()
        loaded = [b for b in self.batches() if b.last <= loaded_through[b.kind]]
        if len(loaded) <= compaction.COMPACT_ABOVE:
            return
        for group in compaction.mergeable(loaded):
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
                remove_folder(batch.path)


def _parts(tables: Tables) -> Iterator[tuple[str, pa.Table]]:
    if not isinstance(tables, Mapping):
        yield from tables
        return
    for name, content in tables.items():
        for rows in [content] if isinstance(content, pa.Table) else content:
            yield name, rows
