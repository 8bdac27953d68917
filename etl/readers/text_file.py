"""Text files: one article in plain text, or the export of a database.

Belongs here: recognising and decoding a text file. Does not belong here: the parts of an article in
text (`readers.text.plain_text`), the articles of an export (`readers.exports`).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from etl.readers.base import Rejected
from etl.readers.decode import decode
from etl.readers.exports import export_of
from etl.readers.reader import Part
from etl.readers.source import Source
from etl.readers.text.plain_text import KnownFields, article_of, is_dated

name = "text"

_CODE = {".css", ".scss", ".js", ".mjs", ".map", ".svg"}
"""Suffixes of files that are text and are saved with a page, and never hold an article."""


def sniff(data: bytes, path: str) -> float:
    """Certain for a dated first line; otherwise low, as the fallback for every file."""
    first = data[:400].removeprefix(b"\xef\xbb\xbf").lstrip().split(b"\n", 1)[0]
    return 0.9 if is_dated(first.decode("utf-8", errors="replace")) else 0.1


def read(source: Source) -> Iterator[Part]:
    """Yield the file's articles. Raises Rejected if the bytes are not text."""
    if (suffix := PurePosixPath(source.name.lower()).suffix) in _CODE:
        raise Rejected(
            "unsupported", f"a style sheet or script ({suffix}), no text", "ingest the page itself"
        )
    text = decode(source.data(), source.charset)
    if export := export_of(text):
        yield from export.read(text, source)
    else:
        yield article_of(text, source.name, KnownFields(url=source.url))
