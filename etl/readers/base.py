"""What readers return beside articles: items and rejections.

Belongs here: the records passed from a reader to its caller, and the closed list of rejection
reasons. Does not belong here: bytes and limits (`readers.source`), any one format, choosing a
reader (`etl.readers`).
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any, Literal

from etl.domain import Article

Reason = Literal[
    "empty",  # nothing to read: no bytes, only whitespace, no body, no article
    "binary",  # not text, and no reader supports it
    "undecodable",  # text that is damaged, or whose encoding is neither declared nor certain
    "malformed",  # starts like a format but breaks its rules: truncated, damaged, not closed
    "unmapped",  # a record with no field that is known to hold a text
    "encrypted",  # needs a password
    "unsupported",  # a known format that is not supported, or only with an extra
    "unreadable",  # the bytes could not be read (permissions, from storage), or a reader failed
    "impossible_date",  # a date that does not exist, or that cannot be a news date
    "too_large",  # above a limit of bytes, packed or unpacked, or of characters
    "too_many",  # more items than a file may have
    "too_deep",  # archives within archives, or values within values
    "too_slow",  # above the processor time limit of an item or a file
]


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why an item is quarantined: `detail` says what and where, `remedy` what to do about it."""

    reason: Reason
    detail: str
    remedy: str
    draft: str = ""
    """An entry of fields.yaml for an unmapped record, if `read_items` was asked for drafts."""

    def at(self, where: str) -> Rejection:
        """Return the rejection with its place in the file ("line 12") before the detail."""
        return replace(self, detail=f"{where}: {self.detail}")


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a file: either an article or a rejection, never both.

    `number` counts from 0 within the file, `index` within the archive member. `path` is the path
    of the file, followed by "!/" and the names of archive members. `raw` holds the bytes of a
    rejected record if the format has whole lines for each; otherwise it is empty. Every text in it
    can be stored: here is the one place where text leaves the readers.
    """

    number: int
    path: str = ""
    index: int = 0
    article: Article | None = None
    rejection: Rejection | None = None
    raw: bytes = b""

    def __post_init__(self) -> None:
        if (self.article is None) == (self.rejection is None):
            raise ValueError("an item must hold either an article or a rejection")
        for name in ("path", "article", "rejection"):
            object.__setattr__(self, name, _storable(getattr(self, name)))


def _storable(value: Any) -> Any:
    """Return the value with U+FFFD in place of the half of a surrogate pair, in every text.

    JSON and YAML can write one, as in an emoji that was cut in two. No file can hold it.
    """
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            # UTF-16 joins the halves that belong together; YAML writes emoji as two of them.
            return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    elif isinstance(value, tuple):
        return tuple(map(_storable, value))
    elif isinstance(value, Article | Rejection):
        before = {field.name: getattr(value, field.name) for field in fields(value)}
        if changed := {k: new for k, old in before.items() if (new := _storable(old)) != old}:
            return replace(value, **changed)
    return value


class Rejected(Exception):  # noqa: N818 - not a program error but a verdict on the input
    """Raised inside a reader to reject the current item or archive member."""

    def __init__(self, reason: Reason, detail: str, remedy: str) -> None:
        super().__init__(detail)
        self.rejection = Rejection(reason, detail, remedy)


class FileRejected(Rejected):
    """Raised to reject the rest of the whole file, including the archives around this member."""
