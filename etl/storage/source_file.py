"""What local folders and object stores have in common: a file that may be new, or cannot be had.

Belongs here: the records that `inbox` and `remote` share. Does not belong here: looking at files.
"""

from __future__ import annotations

from dataclasses import dataclass

from etl.settings import Location


class UnreadableError(OSError):
    """A file is there and its bytes cannot be had: the message says why, `remedy` what to do."""

    def __init__(self, why: str, remedy: str = "") -> None:
        super().__init__(why)
        self.remedy = remedy or "give this user the right to read it; the next run tries again"


class UnreachableError(UnreadableError):
    """The store is not there any more: asking it for other objects would only take time."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file that may be new: where it is, the name it is recorded by, and what tells a change.

    `mtime_ns` is 0 where a store tells no time, `etag` empty where there is none.
    """

    path: Location
    source_path: str
    size: int
    mtime_ns: int
    etag: str = ""
