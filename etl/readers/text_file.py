"""Text files: one article in plain text, or the export of a database.

Belongs here: recognising and decoding a text file. Does not belong here: the parts of an article in
text (`readers.plain_text`), the articles of an export (`readers.exports`).
"""

from __future__ import annotations

from collections.abc import Iterator

from etl.readers.decode import decode
from etl.readers.exports import export_of
from etl.readers.plain_text import KnownFields, article_of, is_dated
from etl.readers.reader import Part
from etl.readers.source import Source

name = "text"


def sniff(data: bytes, path: str) -> float:
    """Certain for a dated first line; otherwise low, as the fallback for every file."""
    first = data[:400].removeprefix(b"\xef\xbb\xbf").lstrip().split(b"\n", 1)[0]
    return 0.9 if is_dated(first.decode("utf-8", errors="replace")) else 0.1


def read(source: Source) -> Iterator[Part]:
    """Yield the file's articles. Raises Rejected if the bytes are not text."""
    text = decode(source.data(), source.charset)
    if export := export_of(text):
        yield from export.read(text, source)
    else:
        yield article_of(text, source.name, KnownFields(url=source.url))
