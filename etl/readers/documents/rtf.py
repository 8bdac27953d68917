"""RTF, which editors save under any name: its text, parsed as plain text.

Belongs here: control words and groups. Does not belong here: pictures, objects and fields; their
groups are skipped.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

from etl.readers.exports import export_of
from etl.readers.reader import Part
from etl.readers.source import Source
from etl.readers.text.plain_text import KnownFields, article_of

name = "rtf"

_TOKEN = re.compile(
    rb"\\([a-z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-f]{2})|\\([^a-z])|([{}])|[\r\n]+|([^\\{}\r\n]+)",
    re.IGNORECASE,
)
_BINARY = re.compile(rb"(?<!\\)\\bin(\d{1,9}) ?")
_BREAKS = {b"par": "\n", b"line": "\n", b"sect": "\n\n", b"page": "\n\n", b"tab": "\t",
           b"emdash": "—", b"endash": "–", b"lquote": "‘", b"rquote": "’", b"ldblquote": "“",
           b"rdblquote": "”", b"bullet": "•", b"cell": "\t", b"row": "\n"}  # fmt: skip
_SILENT = {b"fonttbl", b"colortbl", b"stylesheet", b"info", b"pict", b"object", b"fldinst",
           b"header", b"footer", b"footnote", b"expandedcolortbl", b"listtable"}  # fmt: skip


def sniff(head: bytes, path: str) -> float:
    """Certain for the first control word."""
    return 1.0 if head.startswith(b"{\\rtf") else 0.0


def read(source: Source) -> Iterator[Part]:
    """Yield the articles. Raises Rejected."""
    text = _text(_without_binary(source.data()))
    if export := export_of(text):
        yield from export.read(text, source)
    else:
        yield article_of(text, source.name, KnownFields(url=source.url), name)


def _without_binary(data: bytes) -> bytes:
    """Return the document without the bytes of pictures, which can be braces and backslashes."""
    out: list[bytes] = []
    start = 0
    while match := _BINARY.search(data, start):
        out.append(data[start : match.start()])
        start = match.end() + int(match[1])
    return b"".join(out) + data[start:]


def _text(data: bytes) -> str:
    out: list[str] = []
    states: list[tuple[bool, int]] = []  # of the enclosing groups: is_silent, skip
    # `skip`: fallback characters after each \\u; `pending`: how many of them are still to come.
    is_silent, skip, pending, encoding = False, 1, 0, "cp1252"
    for match in _TOKEN.finditer(data):
        word, number, hexed, symbol, brace, plain = match.groups()
        found = ""
        if brace == b"{":
            states.append((is_silent, skip))
        elif brace == b"}":
            is_silent, skip = states.pop() if states else (False, 1)
        elif symbol == b"*":
            is_silent = True  # a group that readers may skip
        elif symbol is not None:
            found = {b"~": " ", b"_": "-", b"\n": "\n", b"\r": "\n"}.get(symbol, "")
            found = symbol.decode("latin-1") if symbol in b"{}\\" else found
        elif word is not None:
            value = int(number) if number else 0
            if word in _SILENT:
                is_silent = True
            elif word == b"ansicpg":
                encoding = _known(f"cp{value}")
            elif word == b"uc":
                skip = min(max(value, 0), 8)
            elif word == b"u":
                found, pending = chr(value % 0x10000), skip
            else:
                found = _BREAKS.get(word, "")
        elif pending and (hexed or plain):
            pending -= 1
            found = plain[1:].decode(encoding, "replace") if plain else ""
        elif hexed is not None:
            found = bytes.fromhex(hexed.decode()).decode(encoding, "replace")
        elif plain is not None:
            found = plain.decode(encoding, "replace")
        if found and not is_silent:
            out.append(found)
    # A surrogate pair is written as two numbers.
    return "".join(out).encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _known(encoding: str) -> str:
    try:
        return codecs.lookup(encoding).name
    except LookupError:
        return "cp1252"
