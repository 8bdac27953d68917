"""Raw bytes to articles: one module an input format, and the one function that picks among them.

Belongs here: the list of readers, the choice by content, and the promise that bad input becomes a
rejection and never an exception.
Does not belong here: opening files and quarantine (`etl.storage`), and anything about one format.

A new format is a module with `name`, `sniff` and `read` (see `base.Reader`), added to READERS.
What an archive holds is read as files of its own, by the same choice.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from typing import BinaryIO

from etl.domain import Article
from etl.readers import (
    compressed,
    delimited,
    feed,
    html_page,
    json_records,
    mail,
    markdown,
    newsml,
    nitf,
    pdf,
    plain_text,
    reuters_sgml,
    rtf,
    tar_archive,
    warc,
    zip_archive,
)
from etl.readers.base import FileRejected, Item, Reason, Rejected, Rejection
from etl.readers.field_mapping import FieldMapping
from etl.readers.language import language_of
from etl.readers.reader import Part, Reader
from etl.readers.source import HEAD_BYTES, Budget, Source, TooSlow, Watch
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

READERS_VERSION = "3"
"""Raised whenever the same bytes would be read differently."""

READERS: tuple[Reader, ...] = (
    plain_text,
    html_page,
    json_records,
    delimited,
    markdown,
    feed,
    newsml,
    nitf,
    reuters_sgml,
    rtf,
    mail,
    warc,
    pdf,
    compressed,
    zip_archive,
    tar_archive,
)
"""The highest `sniff` wins, the first among equals."""


def read_file(data: bytes, source_path: str, limits: Limits | None = None) -> list[Item]:
    """The articles and rejections in one file's bytes: `read_items`, for what is in memory."""
    return list(read_items(io.BytesIO(data), len(data), source_path, limits))


def read_items(
    file: BinaryIO,
    size: int,
    source_path: str,
    limits: Limits | None = None,
    mappings: tuple[FieldMapping, ...] = (),
    *,
    can_be_ended: bool = False,
) -> Iterator[Item]:
    """The articles and rejections in a seekable file of `size` bytes, at least one, in file order.

    They come one by one: a reader of records holds one of them in memory. `source_path` is only a
    name: nothing is opened by it. Never raises for bad input. A defect in a reader costs the rest
    of that file or archive member, which is rejected as 'unreadable' with the error's text.
    `can_be_ended` is for `etl.pipeline.sandbox`: the process is ended where nothing else ends an item.
    """
    limits = limits or Limits()
    number = 0
    with Watch(limits, can_be_ended=can_be_ended) as watch:
        source = Source.of(file, source_path, Budget(limits, size), mappings)
        found = _parts(source, watch)
        is_over = False
        while not is_over:
            try:
                with watch.item():
                    item = next(found, None)
            except FileRejected as verdict:
                item, is_over = (source, 0, verdict.rejection), True
            except TooSlow:
                item, is_over = (source, 0, _too_slow(limits)), True
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
    """The items of a source and of all its members; FileRejected alone comes out."""
    index = 0
    is_empty = True
    try:
        for part in _read(source):
            watch.restart()
            is_empty = is_empty and part is None
            if isinstance(part, Source):
                yield from _parts(part, watch)
            elif part is not None:
                yield source, index, _finished(part, source)
                index += 1
            source.raw.clear()
        if is_empty:
            raise Rejected("empty", "no article in the file", "fetch it again, or delete the file")
    except FileRejected:
        raise
    except Rejected as verdict:
        yield source, index, verdict.rejection
    except TooSlow:
        watch.restart()  # raises FileRejected where it is the file that took too long
        yield source, index, _too_slow(source.budget.limits)


def _read(source: Source) -> Iterator[Part]:
    """What the fitting reader yields, its defects made rejections."""
    reader: Reader = plain_text
    try:
        head = source.head
        if not head.strip() and len(head) < HEAD_BYTES:
            detail = f"{len(head):,} bytes, all of them white space" if head else "0 bytes"
            raise Rejected("empty", detail, "fetch the article again, or delete the file")
        reader = max(READERS, key=lambda r: r.sniff(head, source.name))
        yield from reader.read(source)
    except Rejected:
        raise
    except RecursionError:
        raise Rejected(
            "too_deep",
            "values or elements lie too deep within each other",
            "flatten the file: no article is built like that",
        ) from None
    except MemoryError:
        raise Rejected("too_large", "does not fit into memory", "split the file") from None
    except Exception as error:
        raise Rejected(
            "unreadable",
            f"the {reader.name} reader failed: {type(error).__name__}: {error}"[:500],
            "this is a defect of newsactors: please report it with the file",
        ) from error


def _finished(part: Article | Rejection, source: Source) -> Article | Rejection:
    """The article with its language, unless it is longer than articles are."""
    if isinstance(part, Rejection):
        return part
    limit = source.budget.limits.article_chars
    if len(part.body) > limit:
        return Rejection(
            "too_large",
            f"{len(part.body):,} characters in one article; at most {limit:,} are read",
            "split it, an article each, or raise NEWSACTORS_MAX_ARTICLE_CHARS",
        )
    return replace(part, language=language_of(part))


def _too_slow(limits: Limits) -> Rejection:
    return Rejection(
        "too_slow",
        f"took more than {limits.item_seconds} s of processor time",
        "split it, or raise NEWSACTORS_MAX_ITEM_SECONDS",
    )
