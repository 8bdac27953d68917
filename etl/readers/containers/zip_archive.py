"""ZIP archives: members are read one after the other and never written to disk.

Belongs here: walking a ZIP archive. Does not belong here: the members' formats; documents that are
also ZIP archives (`readers.documents.docx`, `odt`, `epub`).
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import BinaryIO, cast

from etl.readers.base import Rejected, Rejection
from etl.readers.containers.streams import PassThroughFile
from etl.readers.documents import docx, epub, odt
from etl.readers.pages.saved_page import SavedPages
from etl.readers.reader import Part
from etl.readers.source import Source

name = "zip"

_MAX_DIRECTORY = 64 << 20
"""Bytes of the member directory: about half a million members, 400 MB in memory."""
_OFFICE = {
    "xl/workbook.xml": "a spreadsheet (.xlsx)",
    "ppt/presentation.xml": "a presentation (.pptx)",
}


class _Guarded(PassThroughFile):
    """The archive's bytes, with a limit on the size of a single read."""

    def read(self, size: int = -1) -> bytes:
        if size > _MAX_DIRECTORY:
            raise Rejected(
                "too_many", "the archive has more members than fit in memory", "unpack it yourself"
            )
        return self.file.read(size)


def sniff(head: bytes, path: str) -> float:
    """High for the magic bytes."""
    return 0.9 if head.startswith((b"PK\x03\x04", b"PK\x05\x06")) else 0.0


def _what(name: str) -> str:
    """Return what a user calls a ZIP archive of this name."""
    kinds = {"docx": "the Word file", "odt": "the OpenDocument text", "epub": "the e-book"}
    return kinds.get(name.lower().rpartition(".")[2], "the ZIP archive")


def _why(error: Exception) -> str:
    # Python's words for an archive without its directory, which stands at the end.
    return "its end is missing" if str(error) == "File is not a zip file" else str(error)


def read(source: Source) -> Iterator[Part]:
    """Yield the members in directory order, except folders and hidden files."""
    file = _Guarded(source.seekable())
    try:
        archive = zipfile.ZipFile(cast(BinaryIO, file))
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, UnicodeError) as error:
        raise Rejected(
            "malformed",
            f"{_what(source.name)} is damaged: {_why(error)}",
            "fetch or copy the file again",
        ) from None
    names = {info.filename for info in archive.infolist()}
    is_part: Callable[[str], bool] = SavedPages(names).own
    if "word/document.xml" in names:
        yield from docx.parts_of(archive, source)
        is_part = docx.is_part
    elif epub.CONTAINER in names:
        book = epub.package_of(archive, source)
        yield from epub.articles_of(archive, source, book)
        is_part = partial(epub.is_part, package=book)
    elif "content.xml" in names and "META-INF/manifest.xml" in names:
        yield from odt.parts_of(archive, source)
        is_part = odt.is_part
    elif office := next((what for part, what in _OFFICE.items() if part in names), None):
        raise Rejected("unsupported", f"{office} is not supported", "save it as DOCX, PDF or text")
    if rejection := _archive_before(archive, file):
        yield rejection
    for info in archive.infolist():
        if is_part(info.filename):
            yield None
            continue
        is_folder = info.filename.endswith("/") and not info.file_size
        if is_folder or is_hidden(info.filename):
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
                "unpack it with its password and ingest the content"
                if is_locked
                else "fetch the archive again",
            )


def _archive_before(archive: zipfile.ZipFile, file: _Guarded) -> Rejection | None:
    """Return what to report if another archive comes first: only the last directory is read."""
    first = min((info.header_offset for info in archive.infolist()), default=0)
    if first == 0:
        return None
    file.seek(0)
    # A program that unpacks itself begins with other bytes.
    if not file.read(4).startswith(b"PK\x03\x04"):
        return None
    return Rejection(
        "malformed",
        f"another ZIP archive comes before this one, which begins at byte {first:,}",
        "ingest the two as files of their own",
    )


def is_hidden(name: str) -> bool:
    """Whether a member is a system file: a dot file, or in macOS's folder of attributes."""
    return any(part.startswith(".") and part.strip(".") for part in name.split("/")) or (
        name.startswith("__MACOSX/")
    )
