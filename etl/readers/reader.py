"""The interface of a reader: a module that recognises one format and yields its articles."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol, TypeAlias

from etl.domain import Article
from etl.readers.base import Rejection
from etl.readers.source import Source

Part: TypeAlias = Article | Rejection | Source | None
"""What a reader yields: an article, a rejected item, a member to be read as a file of its own, or
None where something was passed over that holds no article."""


class Reader(Protocol):
    """The shape of a reader module (a module with these three names is one).

    `name` becomes `Article.source_format`. `sniff` answers 0.0 (not mine) to 1.0 (certainly mine)
    from the first 64 KB of the content first and the name second. `read` yields in file order.
    """

    name: str

    def sniff(self, head: bytes, path: str) -> float: ...

    def read(self, source: Source) -> Iterator[Part]: ...
