"""ZIP: many files in one, read one after the other and never written anywhere.

Belongs here: walking a ZIP archive. Does not belong here: what its members are; DOCX, a ZIP archive
too, has a reader of its own.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO, cast

from etl.readers import docx
from etl.readers.base import Rejected, Rejection
from etl.readers.reader import Part
from etl.readers.source import Source
from etl.readers.streams import PassThroughFile

name = "zip"

_MAX_DIRECTORY = 64 << 20
"""Bytes of the list of members: about half a million of them, 400 MB in memory."""
_OFFICE = {
    "xl/workbook.xml": "a spreadsheet (.xlsx)",
    "ppt/presentation.xml": "a presentation (.pptx)",
    "META-INF/container.xml": "an e-book (.epub)",
    "content.xml": "an OpenDocument file (.odt, .ods)",
}


class _Guarded(PassThroughFile):
    """The archive's bytes, of which nobody may ask for too many at once."""

    def read(self, size: int = -1) -> bytes:
        if size > _MAX_DIRECTORY:
            raise Rejected("too_many", "a list of more members than fit into memory",
                           "unpack it yourself")  # fmt: skip
        return self.file.read(size)


def sniff(head: bytes, path: str) -> float:
    """The magic bytes."""
    return 0.9 if head.startswith((b"PK\x03\x04", b"PK\x05\x06")) else 0.0


def read(source: Source) -> Iterator[Part]:
    """The members, in the order of the archive's directory, folders and hidden files left out."""
    file = _Guarded(source.seekable())
    try:
        archive = zipfile.ZipFile(cast(BinaryIO, file))
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, UnicodeError) as error:
        raise Rejected("malformed", f"a damaged ZIP archive: {error}", "fetch it again") from None
    names = {info.filename for info in archive.infolist()}
    if "word/document.xml" in names:
        yield docx.article_in(archive, source)
        return
    if office := next((what for part, what in _OFFICE.items() if part in names), None):
        raise Rejected("unsupported", f"{office} is not read", "save it as DOCX, PDF or text")
    for info in archive.infolist():
        if info.filename.endswith("/") or is_hidden(info.filename):
            yield None
            continue
        try:
            with archive.open(info) as stream:
                yield source.member(cast(BinaryIO, stream), info.filename, "ZIP")
        except (RuntimeError, zipfile.BadZipFile, NotImplementedError, zlib.error, OSError,
                EOFError, ValueError) as error:  # fmt: skip
            is_locked = bool(info.flag_bits & 1)
            yield Rejection(
                "encrypted" if is_locked else "malformed",
                f"member {info.filename[:200]!r}: {error}",
                "unpack it with its password and drop in what comes out"
                if is_locked
                else "fetch the archive again",
            )


def is_hidden(name: str) -> bool:
    """Whether a member is what systems leave in archives: dot files, folders of attributes."""
    return any(part.startswith(".") and part.strip(".") for part in name.split("/")) or (
        name.startswith("__MACOSX/")
    )
