"""Raw bytes to articles: one module per input format, by kind, and the function that picks one.

Belongs here: the list of readers, choosing one by content, and the guarantee that bad input becomes
a rejection and never an exception. Does not belong here: opening files and quarantine
(`etl.storage`), the details of any format.

To add a format, write a module with `name`, `sniff` and `read` (see `readers.reader.Reader`) and
add it to READERS. Archive members are read as separate files, each by the reader that fits it.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from typing import BinaryIO

from etl.domain import Article
from etl.readers import feed, markdown, newsml, nitf, reuters_sgml, text_file
from etl.readers.base import FileRejected, Item, Reason, Rejected, Rejection
from etl.readers.bibliography import bibtex, endnote_tagged, endnote_xml, ris, zotero_rdf
from etl.readers.containers import compressed, mail, tar_archive, warc, zip_archive
from etl.readers.documents import pdf, rtf
from etl.readers.exports import factiva_xml
from etl.readers.field_mapping import FieldMapping
from etl.readers.language import language_of
from etl.readers.pages import html_page, mhtml, webarchive
from etl.readers.path_values import with_path_values
from etl.readers.reader import Part, Reader
from etl.readers.records import delimited, json_records
from etl.readers.source import HEAD_BYTES, Budget, Source, TooSlow, Watch, too_slow
from etl.settings import Limits

__all__ = [
    "READERS",
    "READERS_VERSION",
    "FieldMapping",
    "Item",
    "Reader",
    "Reason",
    "Rejected",
    "Rejection",
    "read_file",
    "read_items",
]

READERS_VERSION = "7"
"""Increase it whenever the same bytes would be read differently."""

READERS: tuple[Reader, ...] = (
    text_file,
    html_page,
    json_records,
    delimited,
    markdown,
    feed,
    factiva_xml,
    newsml,
    nitf,
    reuters_sgml,
    rtf,
    mail,
    mhtml,
    webarchive,
    warc,
    pdf,
    compressed,
    zip_archive,
    tar_archive,
    ris,
    endnote_tagged,
    bibtex,
    endnote_xml,
    zotero_rdf,
)
"""The reader with the highest `sniff` is used, the first one on a tie."""
_REST = "; the rest of the file is not read"


def read_file(data: bytes, source_path: str, limits: Limits | None = None) -> list[Item]:
    """Return the articles and rejections in a file's bytes: `read_items` for data in memory."""
    return list(read_items(io.BytesIO(data), len(data), source_path, limits))


def read_items(
    file: BinaryIO,
    size: int,
    source_path: str,
    limits: Limits | None = None,
    mappings: tuple[FieldMapping, ...] = (),
    *,
    is_killable: bool = False,
    is_drafting: bool = False,
) -> Iterator[Item]:
    """Yield the articles and rejections in a seekable file of `size` bytes, in file order.

    Yields at least one item. Items are streamed: a reader of records holds one in memory.
    `source_path` is only a name and is never opened. Never raises for bad input: if a reader fails,
    the rest of that file or archive member is rejected as 'unreadable' with the error's text.
    `is_killable` is for `etl.pipeline.sandbox`: the kernel may kill this process if nothing else
    stops an item. `is_drafting`: rejections of unmapped records have a draft of their mapping.
    """
    limits = limits or Limits()
    number = 0
    with Watch(limits, is_killable=is_killable) as watch:
        source = Source.of(file, source_path, Budget(limits, size), mappings)
        source.is_drafting = is_drafting
        found = _parts(source, watch)
        is_over = False
        while not is_over:
            try:
                with watch.item():
                    item = next(found, None)
            except FileRejected as rejected:
                item, is_over = (source, 0, rejected.rejection), True
            except TooSlow:
                item, is_over = (source, 0, too_slow(limits, _REST)), True
            if item is None:
                break
            at, index, part = item
            if number == limits.items:
                part = Rejection(
                    "too_many",
                    f"more than {limits.items:,} items",
                    "split the file, or raise NEWSACTORS_MAX_ITEMS",
                )
                is_over = True
            if isinstance(part, Article):
                yield Item(number, at.path, index, article=part)
            else:
                yield Item(number, at.path, index, rejection=part, raw=b"".join(at.raw))
            number += 1


def _parts(source: Source, watch: Watch) -> Iterator[tuple[Source, int, Article | Rejection]]:
    """Yield the items of a source and of all its members. Raises only FileRejected."""
    index = 0
    is_empty = True
    try:
        for part in _read(source):
            watch.restart()
            is_empty = is_empty and part is None
            if isinstance(part, Source):
                yield from _parts(part, watch)
            elif part is not None:
                yield source, index, _completed(part, source)
                index += 1
            source.raw.clear()
        if is_empty:
            raise Rejected("empty", "the file has no article", "fetch it again, or delete the file")
    except FileRejected:
        raise
    except Rejected as rejected:
        yield source, index, rejected.rejection
    except TooSlow:
        watch.restart()  # raises FileRejected if the whole file took too long
        yield source, index, too_slow(source.budget.limits, _REST)


def _read(source: Source) -> Iterator[Part]:
    """Yield what the best-fitting reader yields; turn its failures into rejections."""
    reader: Reader = text_file
    try:
        head = source.head
        if not head.strip() and len(head) < HEAD_BYTES:
            detail = f"{len(head):,} bytes, all whitespace" if head else "0 bytes"
            raise Rejected("empty", detail, "fetch the article again, or delete the file")
        reader = max(READERS, key=lambda r: r.sniff(head, source.name))
        yield from reader.read(source)
    except Rejected:
        raise
    except RecursionError:
        raise Rejected(
            "too_deep",
            "values or elements are nested too deeply",
            "flatten the file: no article needs such nesting",
        ) from None
    except MemoryError:
        raise Rejected("too_large", "does not fit in memory", "split the file") from None
    except Exception as error:
        raise Rejected(
            "unreadable",
            f"the {reader.name} reader failed: {type(error).__name__}: {error}"[:500],
            "this is a bug in newsactors: please report it and attach the file",
        ) from error


def _completed(part: Article | Rejection, source: Source) -> Article | Rejection:
    """Return the article with its language and what its path says, or a rejection if too long."""
    if isinstance(part, Rejection):
        return part
    limit = source.budget.limits.article_chars
    if len(part.body) > limit:
        return Rejection(
            "too_large",
            f"{len(part.body):,} characters in one article; the limit is {limit:,}",
            "split it into single articles, or raise NEWSACTORS_MAX_ARTICLE_CHARS",
        )
    patterns = [m.path for m in source.mappings if m.path and m.is_for(source.path)]
    return with_path_values(replace(part, language=language_of(part)), source.path, patterns)
