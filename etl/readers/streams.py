"""Files that hand on what is asked of them.

Belongs here: what wrappers of open files share. Does not belong here: what a wrapper adds, which
stands where it is needed (`store.inbox`, `readers.zip_archive`).
"""

from __future__ import annotations

import io
from typing import BinaryIO


class PassThroughFile(io.RawIOBase):
    """A seekable file in front of another; subclasses say what is special about a read."""

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
