"""What local folders and object stores share: a file to read, and the errors of reading it.

Belongs here: the records that `storage.inbox` and `storage.object_store` share. Does not belong
here: listing or opening files.
"""

from __future__ import annotations

from dataclasses import dataclass

from etl.settings import Location


class UnreadableError(OSError):
    """A file exists but its bytes cannot be read; the message says why, `remedy` what to do."""

    def __init__(self, why: str, remedy: str = "") -> None:
        super().__init__(why)
        self.remedy = remedy or "give this user permission to read it; the next run tries again"


class UnreachableError(UnreadableError):
    """The store no longer responds: requesting its other objects would only waste time."""


def file_of(source_path: str) -> str:
    """Return the path of the file that holds an item, without the names of archive members.

    A folder's name may end with "!", too; an archive is taken to have a suffix.
    """
    at = source_path.find("!/")
    while at >= 0:
        if "." in source_path[:at].rpartition("/")[2]:
            return source_path[:at]
        at = source_path.find("!/", at + 1)
    return source_path


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file that may be new: its location, its recorded path, and what reveals a change.

    `change_tag` is the ETag of an object, and the change time (ctime) of a local file. It is empty
    and `mtime_ns` 0 if the store does not report them.
    """

    path: Location
    source_path: str
    size: int
    mtime_ns: int
    change_tag: str = ""
