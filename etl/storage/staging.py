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

import re
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from etl.domain import Article, Extraction
from etl.errors import NewsactorsError
from etl.schema import tables as schema
from etl.storage import article_ids, checksums
from etl.storage.archive import Entry
from etl.storage.files import sync_directory, sync_file

ARTICLES = "articles"
STAGED_TABLES = (ARTICLES, *(table.name for table in schema.EXTRACTED))
KINDS = ("ingest", "reextract")
COMPACT_ABOVE = 16
"""Number of small batches from which on they are merged into one."""
COMPACTED_ROWS = 100_000
"""A batch of so many articles is left alone by later merges."""

_DECIDED_AT_LOAD = {"article_id", "first_sequence", "ingested_at"}
STAGED_ARTICLES = pa.schema(
    {
        field.name: field
        for table in (schema.ARTICLE_VERSIONS, schema.ARTICLE_SOURCES)
        for field in table.arrow_schema
        if field.name not in _DECIDED_AT_LOAD
    }.values()
)
"""One row per item that was read: all of its version and of its source."""
REEXTRACTED = pa.schema(
    [STAGED_ARTICLES.field(name) for name in ("content_sha256", "extractor_version")]
)
"""One row per article version that was extracted again, and by what."""

Tables = Mapping[str, pa.Table | Iterable[pa.Table]] | Iterable[tuple[str, pa.Table]]

_LAYOUT_KEY = b"newsactors_layout"

_NAME = re.compile(
    r"(?P<kind>ingest|reextract)-(?P<first>\d{10})-(?P<last>\d{10})\.(?P<version>.+)"
)


class StagingError(NewsactorsError):
    """A staged batch cannot be used; the message says why and what to do."""


@dataclass(frozen=True)
class Batch:
    """A staged batch: manifest sequences `first` to `last`, or re-extraction number `first`."""

    path: Path
    kind: str
    first: int
    last: int
    extractor_version: str

    @property
    def name(self) -> str:
        return self.path.name

    def file(self, table: str) -> Path:
        return self.path / f"{table}.parquet"

    @property
    def article_count(self) -> int:
        rows: int = pq.read_metadata(self.file(ARTICLES)).num_rows
        return rows

    def expected_files(self) -> list[Path]:
        """The files that the batch is made of."""
        return [self.file(name) for name in STAGED_TABLES]

    def check(self) -> None:
        """Raise StagingError where a file is not as it was written."""
        try:
            checksums.require(self.path)
        except checksums.DamagedError as error:
            raise StagingError(str(error)) from None

    @property
    def has_checksums(self) -> bool:
        """Whether checksums were noted when it was written, as it says in its files."""
        try:
            return _LAYOUT_KEY in (pq.read_schema(self.file(ARTICLES)).metadata or {})
        except (OSError, pa.ArrowException):
            return False

    @property
    def layout(self) -> int:
        """The layout of its tables; a damaged file says nothing of it, and counts as current.

        Where none is noted, a batch with the columns of today is of today's.
        """
        try:
            found = pq.read_schema(self.file(ARTICLES))
            if noted := (found.metadata or {}).get(_LAYOUT_KEY):
                return int(noted)
            articles = STAGED_ARTICLES if self.kind == "ingest" else REEXTRACTED
            tables = {ARTICLES: articles, **{t.name: t.arrow_schema for t in schema.EXTRACTED}}
            is_of_today = all(
                pq.read_schema(self.file(name)).names == columns.names
                for name, columns in tables.items()
            )
        except (OSError, pa.ArrowException):
            return schema.SCHEMA_VERSION
        return schema.SCHEMA_VERSION if is_of_today else schema.SCHEMA_VERSION - 1


@dataclass(frozen=True, slots=True)
class ReadArticle:
    """An article with the manifest entry and item number it was read from."""

    entry: Entry
    item: int
    article: Article
    source_key: str
    source_path: str
    """The file's, with the names of archive members behind it."""

    @property
    def content_sha256(self) -> str:
        a = self.article
        return article_ids.content_sha256(a.outlet, a.published_on, a.headline, a.authors, a.body)


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
            if (m := _NAME.fullmatch(path.name))
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
            if (layout := b.layout) > schema.SCHEMA_VERSION:
                raise StagingError(
                    f"{b.path} has layout {layout}, this newsactors writes layout "
                    f"{schema.SCHEMA_VERSION}: update newsactors; nothing was changed"
                )
            if layout < schema.SCHEMA_VERSION:
                continue
            if b.last > through[b.kind] and (b.kind != "ingest" or b.first <= through[b.kind] + 1):
                kept.append(b)
                through[b.kind] = b.last
        return kept

    def gaps(self) -> list[tuple[int, int]]:
        """The ranges of sequences, both ends included, that are missing before the last batch."""
        found, through = [], 0
        for b in self._found():
            if b.kind == "ingest" and b.layout == schema.SCHEMA_VERSION and b.last > through:
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
                rows = _with_layout(rows)
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
        m = _NAME.fullmatch(temporary.name.removeprefix(".new-"))
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
        for table in _merged(self.batches(), name):
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
            is_old = batch.layout < schema.SCHEMA_VERSION and is_replaced
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
        if len(loaded) <= COMPACT_ABOVE:
            return
        for group in _mergeable(loaded):
            if len(group) <= COMPACT_ABOVE:
                continue
            for batch in group:
                batch.check()
            first, last = group[0], group[-1]
            self.write(
                first.kind,
                first.first,
                last.last,
                first.extractor_version,
                {name: _merged(group, name) for name in STAGED_TABLES},
                mark="merged",
            )
            for batch in group:
                self._remove(batch.path)


def read(batch: Batch, table: str, columns: Sequence[str] | None = None) -> pa.Table:
    """The rows of a table of a batch, or some columns of them."""
    return pq.read_table(batch.file(table), columns=columns and list(columns))


def _parts(tables: Tables) -> Iterator[tuple[str, pa.Table]]:
    if not isinstance(tables, Mapping):
        yield from tables
        return
    for name, content in tables.items():
        for rows in [content] if isinstance(content, pa.Table) else content:
            yield name, rows


def _with_layout(rows: pa.Table) -> pa.Table:
    return rows.replace_schema_metadata({_LAYOUT_KEY: str(schema.SCHEMA_VERSION)})


def layout(name: str) -> pa.Schema:
    """The layout of a staged table of a re-extraction."""
    extracted = {table.name: table.arrow_schema for table in schema.EXTRACTED}
    return REEXTRACTED if name == ARTICLES else extracted[name]


def _merged(group: Sequence[Batch], name: str) -> Iterator[pa.Table]:
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


def _mergeable(batches: Sequence[Batch]) -> list[list[Batch]]:
    """Runs of small batches of one kind and version that follow each other."""

    def sort(batch: Batch) -> tuple[str, str, bool]:
        return batch.kind, batch.extractor_version, batch.article_count < COMPACTED_ROWS

    return [list(run) for (_, _, is_small), run in groupby(batches, key=sort) if is_small]


def article_rows(read: Sequence[ReadArticle], extractor_version: str) -> pa.Table:
    """The staged articles as Arrow, one row an item, in the order given."""
    rows = [
        {
            "content_sha256": r.content_sha256,
            "outlet": r.article.outlet,
            "authors": list(r.article.authors),
            "headline": r.article.headline,
            "published_on": r.article.published_on,
            "published_at": r.article.published_at,
            "headline_method": r.article.headline_method,
            "date_method": r.article.date_method,
            "outlet_method": r.article.outlet_method,
            "authors_method": r.article.authors_method,
            "language": r.article.language,
            "body": r.article.body,
            "word_count": len(r.article.body.split()),
            "source_format": r.article.source_format,
            "extractor_version": extractor_version,
            "run_id": r.entry.run_id,
            "sequence": r.entry.sequence,
            "item": r.item,
            "source_key": r.source_key,
            "source_path": r.source_path,
            "source_sha256": r.entry.sha256,
            "archived_at": r.entry.at,
        }
        for r in read
    ]
    return pa.Table.from_pylist(rows, STAGED_ARTICLES)


def reextracted_rows(contents: Sequence[str], extractor_version: str) -> pa.Table:
    """Which article versions a re-extraction holds; the other tables are `extracted_rows`."""
    versions = [extractor_version] * len(contents)
    return pa.table([pa.array(contents, pa.string()), pa.array(versions)], REEXTRACTED)


def extracted_rows(extracted: Mapping[str, Extraction]) -> dict[str, pa.Table]:
    """The extraction of each article version (by content_sha256) as the loaded tables' rows."""
    actors = [(c, a) for c, e in extracted.items() for a in e.actors]
    mentions = [(c, m) for c, e in extracted.items() for m in e.mentions]
    quotes = [(c, q) for c, e in extracted.items() for q in e.quotes]
    ids: dict[tuple[str, int | None], str | None] = {
        (c, a.local_id): article_ids.local_id(c, "actor", a.local_id) for c, a in actors
    } | {(c, None): None for c in extracted}
    return {
        schema.TEXT_ACTORS.name: _rows(
            schema.TEXT_ACTORS, actors, text_actor_id=[ids[c, a.local_id] for c, a in actors]
        ),
        schema.TEXT_MENTIONS.name: _rows(
            schema.TEXT_MENTIONS,
            mentions,
            mention_id=[
                article_ids.span_id(c, m.part, m.char_start, m.char_end) for c, m in mentions
            ],
            text_actor_id=[ids[c, m.actor] for c, m in mentions],
        ),
        schema.TEXT_QUOTES.name: _rows(
            schema.TEXT_QUOTES,
            quotes,
            quote_id=[article_ids.span_id(c, q.part, q.char_start, q.char_end) for c, q in quotes],
            utterance_id=[article_ids.local_id(c, "utterance", q.utterance) for c, q in quotes],
            speaker_text_actor_id=[ids[c, q.speaker] for c, q in quotes],
        ),
    }


def _rows(
    table: schema.Table,
    records: Sequence[tuple[str, object]],
    **made: Sequence[str | None],
) -> pa.Table:
    """Records of one kind, each with its version, as rows; what is not `made` is an attribute.

    By column: as dictionaries 140 articles took 0.33 s instead of 0.13, of 3.1 s of the fast
    extractor.
    """
    columns = {"content_sha256": [content for content, _ in records], **made}
    return pa.table(
        [
            pa.array(
                columns.get(field.name) or [getattr(r, field.name) for _, r in records], field.type
            )
            for field in table.arrow_schema
        ],
        table.arrow_schema,
    )
