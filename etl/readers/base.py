"""What every reader shares: rejections, what a format tells about an article, a reader's shape.

Belongs here: the records between a reader and the store, and the closed list of reasons.
Does not belong here: bytes and limits (`source`), any format, the choice among readers (the
package).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from etl.domain import Article

Reason = Literal[
    "empty",  # nothing to read: no bytes, only white space, no body, no article
    "binary",  # not text, and no reader claims it
    "undecodable",  # text whose encoding is neither told nor certain, or damaged
    "malformed",  # begins as a format and breaks its rules: cut off, damaged, not closed
    "unmapped",  # a record none of whose fields is known to hold a text
    "encrypted",  # needs a password
    "unsupported",  # a known format that is not read, or not without an extra
    "unreadable",  # the bytes could not be had (permissions; said by the store), or a reader failed
    "impossible_date",  # a date is claimed that no calendar has, or that cannot be a news date
    "too_large",  # above a limit of bytes, packed or unpacked, or of characters
    "too_many",  # more items than a file may have
    "too_deep",  # archives within archives, or values within values
    "too_slow",  # took more processor time than an item or a file may
]


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why an item is quarantined: `detail` says what and where, `remedy` what to do about it."""

    reason: Reason
    detail: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a file: either an article or a rejection, never both.

    `number` counts from 0 within the file, `index` within its member. `path` is the file's, with
    the names of archive members behind "!/". `raw` are the bytes of a rejected record, where the
    format has a line or more for each; else the whole file must do.
    """

    number: int
    path: str = ""
    index: int = 0
    article: Article | None = None
    rejection: Rejection | None = None
    raw: bytes = b""

    def __post_init__(self) -> None:
        if (self.article is None) == (self.rejection is None):
            raise ValueError("an item holds either an article or a rejection")


class Rejected(Exception):  # noqa: N818 - not an error of the program: a verdict on its input
    """Raised inside a reader to give up what it reads; carries the rejection."""

    def __init__(self, reason: Reason, detail: str, remedy: str) -> None:
        super().__init__(detail)
        self.rejection = Rejection(reason, detail, remedy)


class FileRejected(Rejected):
    """Raised to give up the rest of the whole file, archives around this member included."""
