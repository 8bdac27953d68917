"""Parquet staging: what was read and extracted, one folder a batch, before it is loaded.

A batch covers a range of manifest sequences (`ingest-…`) or re-extracts articles that are already
loaded (`reextract-…`); its name ends with the extractor's version. A batch appears by a rename and
never changes, so a killed run leaves whole batches or none. Old batches are merged so that the
number of files stays bounded. Does not belong here: reading, extracting, loading.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from etl import schema
from etl.model import Article, Extraction
from etl.store import identity
from etl.store.archive import Entry
from etl.store.files import sync_directory, sync_file

ARTICLES = "articles"
STAGED_TABLES = (ARTICLES, *(table.name for table in schema.EXTRACTED))
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

_NAME = re.compile(
    r"(?P<kind>ingest|reextract)-(?P<first>\d{10})-(?P<last>\d{10})\.(?P<version>.+)"
)


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


@dataclass(frozen=True, slots=True)
class ReadArticle:
    """An article with the manifest entry and item number it was read from."""

    entry: Entry
    item: int
    article: Article

    @property
    def content_sha256(self) -> str:
        a = self.article
        return identity.content_sha256(a.outlet, a.published_on, a.headline, a.authors, a.body)


class Staging:
    """The staged batches under one folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def batches(self) -> list[Batch]:
        """Whole batches in the order in which they are to be loaded."""
        if not self.root.exists():
            return []
        found = [
            Batch(path, m["kind"], int(m["first"]), int(m["last"]), m["version"])
            for path in self.root.iterdir()
            if (m := _NAME.fullmatch(path.name))
        ]
        # A merged batch comes before those it was merged from, should a kill have left them.
        return sorted(found, key=lambda b: (b.kind != "ingest", b.first, -b.last, b.name))

    def staged_through(self) -> int:
        """The highest manifest sequence that has been staged, 0 for none."""
        return max((b.last for b in self.batches() if b.kind == "ingest"), default=0)

    def write(
        self,
        kind: str,
        first: int,
        last: int,
        extractor_version: str,
        tables: Mapping[str, pa.Table | Iterable[pa.Table]],
    ) -> Batch:
        """Write a batch; it is there whole once this returns, and not at all before."""
        self.root.mkdir(parents=True, exist_ok=True)
        final = self.root / f"{kind}-{first:010d}-{last:010d}.{extractor_version}"
        temporary = self.root / f".{final.name}.tmp"
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir()
        for name, content in tables.items():
            path = temporary / f"{name}.parquet"
            parts = iter([content] if isinstance(content, pa.Table) else content)
            head = next(parts)
            with pq.ParquetWriter(path, head.schema, compression="zstd") as writer:
                writer.write_table(head)
                for part in parts:
                    writer.write_table(part)
            sync_file(path)
        sync_directory(temporary)
        shutil.rmtree(final, ignore_errors=True)
        temporary.rename(final)
        sync_directory(self.root)
        return Batch(final, kind, first, last, extractor_version)

    def remove(self, batch: Batch) -> None:
        shutil.rmtree(batch.path, ignore_errors=True)

    def next_number(self) -> int:
        """The number of the next re-extraction."""
        return 1 + max((b.first for b in self.batches() if b.kind == "reextract"), default=0)

    def drop(self, hashes: frozenset[str]) -> None:
        """Take article versions, and all that was read from bytes, with these hashes out."""
        values = pa.array(sorted(hashes), pa.string())

        def kept(batch: Batch, name: str) -> pa.Table:
            table = pq.read_table(batch.file(name))
            for column in ("content_sha256", "source_sha256"):
                if column in table.column_names:
                    table = table.filter(pc.invert(pc.is_in(table[column], value_set=values)))
            return table

        for batch in self.batches():
            tables = {name: kept(batch, name) for name in STAGED_TABLES}
            if tables[ARTICLES].num_rows < batch.article_count:
                self.write(batch.kind, batch.first, batch.last, batch.extractor_version, tables)

    def clear(self) -> None:
        """Remove everything that is staged."""
        shutil.rmtree(self.root, ignore_errors=True)

    def compact(self, loaded_through: int) -> None:
        """Merge small batches that are loaded already, when there are many of them."""
        small = [
            b
            for b in self.batches()
            if b.kind == "ingest" and b.last <= loaded_through and b.article_count < COMPACTED_ROWS
        ]
        for group in _contiguous(small):
            if len(group) <= COMPACT_ABOVE:
                continue
            self.write(
                "ingest",
                group[0].first,
                group[-1].last,
                group[0].extractor_version,
                {
                    name: (pq.read_table(batch.file(name)) for batch in group)
                    for name in STAGED_TABLES
                },
            )
            for batch in group:
                self.remove(batch)


def _contiguous(batches: Sequence[Batch]) -> list[list[Batch]]:
    groups: list[list[Batch]] = []
    for batch in batches:
        last = groups[-1][-1] if groups else None
        if (
            last
            and last.extractor_version == batch.extractor_version
            and last.last + 1 == batch.first
        ):
            groups[-1].append(batch)
        else:
            groups.append([batch])
    return groups


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
            "source_key": f"{r.entry.source_path}#{r.item}",
            "source_path": r.entry.source_path,
            "source_sha256": r.entry.sha256,
            "archived_at": r.entry.at,
        }
        for r in read
    ]
    return pa.Table.from_pylist(rows, STAGED_ARTICLES)


def extracted_rows(extracted: Mapping[str, Extraction]) -> dict[str, pa.Table]:
    """The extraction of each article version (by content_sha256) as the loaded tables' rows."""
    actors: list[dict[str, object]] = []
    mentions: list[dict[str, object]] = []
    quotes: list[dict[str, object]] = []
    for content, extraction in extracted.items():
        ids: dict[int | None, str | None] = {None: None}
        for a in extraction.actors:
            ids[a.local_id] = identity.local_id(content, "actor", a.local_id)
        here = {"content_sha256": content}
        actors.extend(
            here | asdict(a) | {"text_actor_id": ids[a.local_id]} for a in extraction.actors
        )
        mentions.extend(
            here
            | asdict(m)
            | {
                "mention_id": identity.span_id(content, m.part, m.char_start, m.char_end),
                "text_actor_id": ids[m.actor],
            }
            for m in extraction.mentions
        )
        quotes.extend(
            here
            | asdict(q)
            | {
                "quote_id": identity.span_id(content, q.part, q.char_start, q.char_end),
                "utterance_id": identity.local_id(content, "utterance", q.utterance),
                "speaker_text_actor_id": ids[q.speaker],
            }
            for q in extraction.quotes
        )
    return {
        table.name: pa.Table.from_pylist(rows, table.arrow_schema)
        for table, rows in zip(schema.EXTRACTED, (actors, mentions, quotes), strict=True)
    }
