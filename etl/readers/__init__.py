"""Raw bytes to articles: one module an input format, and the one function that picks among them.

Belongs here: the list of readers, the choice by content, and the promise that bad input becomes a
rejection and never an exception.
Does not belong here: opening files and quarantine (`etl.store`), and anything about one format.

A new format is a module with `name`, `sniff` and `read` (see `base.Reader`), added to READERS.
"""

from __future__ import annotations

from etl.readers import plain_text
from etl.readers.base import Item, Reader, Reason, Rejected, Rejection

__all__ = [
    "MAX_BYTES",
    "READERS",
    "READERS_VERSION",
    "Item",
    "Reader",
    "Reason",
    "Rejected",
    "Rejection",
    "read_file",
]

READERS_VERSION = "1"
"""Raised whenever the same bytes would be read differently."""

MAX_BYTES = 20 * 1024 * 1024
"""Larger files are rejected: a news article is some kilobytes, a day of a wire a few megabytes."""

READERS: tuple[Reader, ...] = (plain_text,)
"""Asked in this order; the highest `sniff` wins, the first among equals."""


def read_file(data: bytes, source_path: str) -> list[Item]:
    """The articles and rejections in one file's bytes, at least one, in file order.

    `source_path` is only a name: nothing is opened. Never raises for bad input. A defect in a
    reader costs the rest of that file, which is rejected as 'unreadable' with the error's text.
    """
    if len(data) > MAX_BYTES:
        return [
            _rejected(
                0,
                "too_large",
                f"{len(data):,} bytes; at most {MAX_BYTES:,} are read",
                "split the file into smaller ones, an article or a day each",
            )
        ]
    if not data.strip():
        detail = "0 bytes" if not data else f"{len(data):,} bytes, all of them white space"
        return [_rejected(0, "empty", detail, "fetch the article again, or delete the file")]
    items: list[Item] = []
    reader: Reader = plain_text
    try:
        reader = max(READERS, key=lambda r: r.sniff(data, source_path))
        items.extend(reader.read(data, source_path))
    except Rejected as verdict:
        items.append(Item(len(items), rejection=verdict.rejection))
    except Exception as error:
        items.append(
            _rejected(
                len(items),
                "unreadable",
                f"the {reader.name} reader failed: {type(error).__name__}: {error}",
                "this is a defect of newsactors: please report it with the file",
            )
        )
    return items or [
        _rejected(0, "empty", "no article in the file", "fetch it again, or delete the file")
    ]


def _rejected(number: int, reason: Reason, detail: str, remedy: str) -> Item:
    return Item(number, rejection=Rejection(reason, detail, remedy))
