"""A file object that passes every call through to another one.

Belongs here: what wrappers of open files share. Does not belong here: what a wrapper adds
(`storage.inbox`, `readers.containers.zip_archive`).
"""

from __future__ import annotations

import io
from typing import BinaryIO


class PassThroughFile(io.RawIOBase):
    """A seekable file that wraps another; subclasses define `read`."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file

    def fileno(self) -> int:
        return self.file.fileno()

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        return self.file.seek(offset, whence)

    def tell(self) -> int:
        return self.file.tell()
