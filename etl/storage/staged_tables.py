"""The tables of a staging batch: their columns, and building their rows.

Belongs here: what a row of a staged file holds. Does not belong here: the files and folders that
hold the rows (`storage.staged_batch`, `storage.staging`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from etl.domain import Article, Extraction
from etl.schema import tables
from etl.storage import article_ids
from etl.storage.archive import Entry

ARTICLES = "articles"
STAGED_TABLES = (ARTICLES, *(table.name for table in tables.EXTRACTED))

_DECIDED_AT_LOAD = {"article_id", "first_sequence", "ingested_at"}
STAGED_ARTICLES = pa.schema(
    {
        field.name: field
        for table in (tables.ARTICLE_VERSIONS, tables.ARTICLE_SOURCES)
        for field in table.arrow_schema
        if field.name not in _DECIDED_AT_LOAD
    }.values()
)
"""Columns of `articles` in an ingest batch: one row per item, its version and source combined."""
REEXTRACTED = pa.schema(
    [STAGED_ARTICLES.field(name) for name in ("content_sha256", "extractor_version")]
)
"""Columns of `articles` in a re-extraction batch: one row per article version."""


@dataclass(frozen=True, slots=True)
class ReadArticle:
    """An article with the manifest entry and item number it was read from."""

    entry: Entry
    item: int
    article: Article
    source_key: str
    source_path: str
    """The path of the file, followed by the names of archive members."""

    @property
    def content_sha256(self) -> str:
        a = self.article
        return article_ids.content_sha256(a.outlet, a.published_on, a.headline, a.authors, a.body)


def layout(name: str, *, is_ingest: bool = False) -> pa.Schema:
    """Return the columns of a table in an ingest batch or a re-extraction batch."""
    if name == ARTICLES:
        return STAGED_ARTICLES if is_ingest else REEXTRACTED
    return {table.name: table.arrow_schema for table in tables.EXTRACTED}[name]


def with_added_columns(rows: pa.Table, columns: pa.Schema) -> pa.Table:
    """Return rows of a batch of an older layout with the columns of the current one, null."""
    if rows.column_names == columns.names:
        return rows
    for column in columns:
        if column.name in tables.ADDED_COLUMNS - {*rows.column_names}:
            rows = rows.append_column(column, pa.nulls(rows.num_rows, column.type))
    return rows.select(columns.names)


def article_rows(read: Sequence[ReadArticle], extractor_version: str) -> pa.Table:
    """Return the `articles` rows of an ingest batch: one row per item, in the order given."""
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
            "date_note": r.article.date_note,
            "outlet_method": r.article.outlet_method,
            "authors_method": r.article.authors_method,
            "dateline": r.article.dateline,
            "is_truncated": r.article.is_truncated,
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


def reextracted_rows(content_hashes: Sequence[str], extractor_version: str) -> pa.Table:
    """Return the `articles` rows of a re-extraction batch; `extracted_rows` returns the others."""
    versions = [extractor_version] * len(content_hashes)
    return pa.table([pa.array(content_hashes, pa.string()), pa.array(versions)], REEXTRACTED)


def extracted_rows(extracted: Mapping[str, Extraction]) -> dict[str, pa.Table]:
    """Return the rows of the extraction tables, by table name.

    `extracted` maps the content_sha256 of each article version to its extraction.
    """
    actors = [(c, a) for c, e in extracted.items() for a in e.actors]
    mentions = [(c, m) for c, e in extracted.items() for m in e.mentions]
    quotes = [(c, q) for c, e in extracted.items() for q in e.quotes]
    ids: dict[tuple[str, int | None], str | None] = {
        (c, a.local_id): article_ids.local_id(c, "actor", a.local_id) for c, a in actors
    } | {(c, None): None for c in extracted}
    return {
        tables.TEXT_ACTORS.name: _rows(
            tables.TEXT_ACTORS, actors, text_actor_id=[ids[c, a.local_id] for c, a in actors]
        ),
        tables.TEXT_MENTIONS.name: _rows(
            tables.TEXT_MENTIONS,
            mentions,
            mention_id=[
                article_ids.span_id(c, m.part, m.char_start, m.char_end) for c, m in mentions
            ],
            text_actor_id=[ids[c, m.actor] for c, m in mentions],
        ),
        tables.TEXT_QUOTES.name: _rows(
            tables.TEXT_QUOTES,
            quotes,
            quote_id=[article_ids.span_id(c, q.part, q.char_start, q.char_end) for c, q in quotes],
            utterance_id=[article_ids.local_id(c, "utterance", q.utterance) for c, q in quotes],
            speaker_text_actor_id=[ids[c, q.speaker] for c, q in quotes],
        ),
    }


def _rows(
    table: tables.Table,
    records: Sequence[tuple[str, object]],
    **computed: Sequence[str | None],
) -> pa.Table:
    """Return records of one kind as rows. Columns not in `computed` are attributes of the record.

    Built column by column: with one dictionary per row, 140 articles took 0.33 s instead of 0.13,
    of the fast extractor's 3.1 s.
    """
    columns = {"content_sha256": [content for content, _ in records], **computed}
    return pa.table(
        [
            pa.array(
                columns.get(field.name) or [getattr(r, field.name) for _, r in records], field.type
            )
            for field in table.arrow_schema
        ],
        table.arrow_schema,
    )
