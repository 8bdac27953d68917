"""TAR archives: members are read one after the other and never written to disk.

Belongs here: walking a TAR archive as a stream. Does not belong here: the members' formats. Links,
devices and pipes have no content and are skipped.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from typing import BinaryIO, cast

from etl.readers.base import Rejected, Rejection
from etl.readers.containers.zip_archive import is_hidden
from etl.readers.pages.saved_page import SavedPages
from etl.readers.reader import Part
from etl.readers.source import Source

name = "tar"

_MAX_HEADER = 1 << 20
_SKIP = 1 << 16


class _Forward(io.RawIOBase):
    """A forward-only stream for tarfile that limits the size of a read to that of a header."""

    def __init__(self, stream: io.BufferedReader) -> None:
        self.stream = stream
        self.position = 0

    def tell(self) -> int:
        return self.position

    def seek(self, offset: int, whence: int = 0) -> int:
        while self.position < offset:
            data = self.stream.read(min(_SKIP, offset - self.position))
            if not data:
                break
            self.position += len(data)
        return self.position

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= _MAX_HEADER:
            raise Rejected(
                "malformed", "the TAR archive has a header above 1 MiB", "unpack it yourself"
            )
        data = self.stream.read(size)
        self.position += len(data)
        return data

    def has_more(self) -> bool:
        """Whether anything but the zeros that fill the last block follows; stops at it."""
        while data := self.stream.read(_SKIP):
            rest = data.lstrip(b"\0")
            self.position += len(data) - len(rest)
            if rest:
                return True
        return False


def sniff(head: bytes, path: str) -> float:
    """Certain for the magic word of a header; for old archives, the name and a valid header."""
    if len(head) < 512:
        return 0.0
    if head[257:262] == b"ustar":
        return 1.0
    if not path.lower().endswith(".tar"):
        return 0.0
    try:
        tarfile.TarInfo.frombuf(head[:512], "utf-8", "surrogateescape")
    except tarfile.TarError:
        return 0.0
    return 1.0


def read(source: Source) -> Iterator[Part]:
    """Yield the regular files that aren't hidden."""
    stream = _Forward(source.stream)
    try:
        archive = tarfile.TarFile(fileobj=cast(BinaryIO, stream))
        pages = SavedPages()
        while (member := archive.next()) is not None:
            archive.members = []  # type: ignore[attr-defined]
            # A page comes before its folder if the names are sorted; else its files are read.
            if not member.isreg() or is_hidden(member.name) or pages.own(member.name):
                yield None
                continue
            pages.add(member.name)
            content = archive.extractfile(member)
            assert content is not None
            yield source.member(cast(BinaryIO, content), member.name, "TAR")
        if stream.has_more():
            yield Rejection(
                "malformed",
                f"data follow the end of the TAR archive, at byte {stream.position:,}",
                "if another archive was appended to it, ingest the two as files of their own",
            )
    except (tarfile.TarError, OSError, ValueError, AttributeError) as error:
        raise Rejected(
            "malformed",
            f"the TAR archive is damaged or truncated: {error}",
            "fetch it again; items before the damage have been read",
        ) from None
