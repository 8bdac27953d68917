"""What every reader shares: the item it yields, the rejection, and the shape of a reader module.

Belongs here: the records between a reader and the store, and the closed list of reasons.
Does not belong here: decoding (`decode`), any format, the choice among readers (the package).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, Protocol

from etl.model import Article

Reason = Literal[
    "empty",  # nothing to read: no bytes, only white space, or no body
    "binary",  # not text, and no reader claims it
    "undecodable",  # text in another encoding than UTF-8, or damaged
    "unreadable",  # the bytes could not be had (permissions; said by the store), or a reader failed
    "impossible_date",  # a date is claimed that no calendar has, or that cannot be a news date
    "too_large",  # above MAX_BYTES
]


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why an item is quarantined: `detail` says what and where, `remedy` what to do about it."""

    reason: Reason
    detail: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a file, counted from 0: either an article or a rejection, never both."""

    number: int
    article: Article | None = None
    rejection: Rejection | None = None

    def __post_init__(self) -> None:
        if (self.article is None) == (self.rejection is None):
            raise ValueError("an item holds either an article or a rejection")


class Rejected(Exception):  # noqa: N818 - not an error of the program: a verdict on its input
    """Raised inside a reader to give an item up; carries the rejection."""

    def __init__(self, rejection: Rejection) -> None:
        super().__init__(rejection.detail)
        self.rejection = rejection


class Reader(Protocol):
    """The shape of a reader module (a module with these three names is one).

    `name` becomes `Article.source_format`. `sniff` answers 0.0 (not mine) to 1.0 (certainly mine)
    from the content first and the name second. `read` yields the items in file order.
    """

    name: str

    def sniff(self, data: bytes, path: str) -> float: ...

    def read(self, data: bytes, path: str) -> Iterator[Item]: ...


def word_set(text: str) -> frozenset[str]:
    """The words of `text`, for the word lists that patterns need."""
    return frozenset(text.split())
