"""The decoded lines of a text file, as it streams.

Belongs here: line ends and encodings of formats that are read line by line. Does not belong here:
what a line means.
"""

from __future__ import annotations

from collections.abc import Iterator

from etl.readers.base import Rejected
from etl.readers.decode import LineDecoder, decode
from etl.readers.source import Source

_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def text_lines(source: Source) -> Iterator[str]:
    """Yield the lines without their ends. Raises Rejected.

    UTF-16, and line ends of old Macs, need the whole file in memory.
    """
    head = source.head
    if head.startswith(_UTF16) or (b"\r" in head and b"\n" not in head):
        yield from decode(source.data(), source.charset).split("\n")
        return
    lines = LineDecoder(source.charset)
    for number, line in enumerate(source.lines(), 1):
        if line is None:
            limit = source.budget.limits.document_bytes
            raise Rejected(
                "too_large",
                f"line {number}: more than {limit:,} bytes",
                "split it, or raise NEWSACTORS_MAX_DOCUMENT_BYTES",
            )
        text = lines.text(line, source.stream)
        if "\0" in text:
            raise Rejected("binary", f"line {number}: a NUL character", "export it again as text")
        yield text.rstrip("\r\n")
