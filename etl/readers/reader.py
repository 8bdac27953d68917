"""The interface of a reader: a module that recognises one format and yields its articles.

Belongs here: the protocol and what a reader may yield. Does not belong here: the list of readers
and choosing among them (`etl.readers`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol, TypeAlias

from etl.domain import Article
from etl.readers.base import Rejection
from etl.readers.source import Source

Part: TypeAlias = Article | Rejection | Source | None
"""What a reader yields: an article, a rejected item, an archive member to read as a separate file,
or None for skipped content that holds no article."""


class Reader(Protocol):
    """A reader module: any module with these three names.

    `name` becomes `Article.source_format`. `sniff` returns 0.0 (not this format) to 1.0 (certainly
    this format), judged by the first 64 KB of content and then by the name. `read` yields in file
    order.
    """

    name: str

    def sniff(self, head: bytes, path: str) -> float: ...

    def read(self, source: Source) -> Iterator[Part]: ...
