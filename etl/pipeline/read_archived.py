"""Reading the articles of archived files, and the ids by which an article may be forgotten.

Belongs here: what an ingest and a reread share of reading one archived file. Does not belong here:
batches (`etl.pipeline.stage_articles`), which files are read again (`etl.pipeline.reread_plan`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from etl.pipeline.sandbox import read_sandboxed
from etl.readers import Item
from etl.readers.field_mapping import FieldMapping
from etl.settings import Limits
from etl.storage import article_ids
from etl.storage.archive import Entry, RawArchive
from etl.storage.quarantine import QuarantinedItem
from etl.storage.staged_tables import ReadArticle


@dataclass(frozen=True, slots=True)
class ReadItem:
    """An item of an archived file: an article with its index in its file or member, or not."""

    index: int
    article: ReadArticle | None = None
    rejected: QuarantinedItem | None = None


def read_archived(
    archive: RawArchive, entry: Entry, limits: Limits, mappings: tuple[FieldMapping, ...]
) -> Iterator[ReadItem]:
    """Yield the items of an archived file, in a sandbox. Raises ArchiveError if bytes are lost."""
    with archive.open(entry.sha256) as file:
        for item in read_sandboxed(file, entry.size, entry.source_path, limits, mappings):
            if item.article is None:
                yield ReadItem(item.index, rejected=_not_read(entry, item))
                continue
            key = item.article.url or f"{item.path}#{item.index}"
            found = ReadArticle(entry, item.number, item.article, key, item.path)
            yield ReadItem(item.index, found)


def candidate_id(read: ReadArticle) -> str:
    """Return the id that an article would get if it were new."""
    a = read.article
    return article_ids.article_id(a.outlet, a.published_on, a.headline, a.body)


def places(read: ReadArticle, index: int) -> set[str]:
    """Return the ids of an article's place in its file, by index and by address."""
    sha256, member = read.entry.sha256, read.source_path.removeprefix(read.entry.source_path)
    return {
        article_ids.place_id(sha256, member, index),
        article_ids.place_id(sha256, member, read.source_key),
    }


def forgettable_ids(read: ReadArticle, index: int) -> set[str]:
    """Return the ids of an item by which it may be forgotten: of version, article and place."""
    return {read.content_sha256, candidate_id(read), *places(read, index)}


def rejected_item(
    entry: Entry, item: int, reason: str, detail: str, remedy: str
) -> QuarantinedItem:
    """Return a rejected item under the path of its file."""
    return QuarantinedItem(
        entry.sha256, entry.source_path, item, reason, detail, remedy, entry.at, entry.run_id
    )


def _not_read(entry: Entry, item: Item) -> QuarantinedItem:
    """Return a rejected item with the member's name in the detail."""
    assert item.rejection is not None
    found, member = item.rejection, item.path.removeprefix(entry.source_path).removeprefix("!/")
    detail = f"{member}: {found.detail}" if member else found.detail
    return rejected_item(entry, item.number, found.reason, detail, found.remedy)
