"""Reuters-21578: SGML that is not well-formed XML, a thousand wire items per file.

Belongs here: its elements, and finding items in the stream. Does not belong here: other SGML.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

from etl.domain import Article
from etl.readers.base import Rejected, Rejection
from etl.readers.reader import Part
from etl.readers.source import HEAD_BYTES, Source
from etl.readers.source_metadata import SourceMetadata, article

name = "reuters"

OUTLET = "Reuters"
_OPENING, _END = b"<REUTERS ", b"</REUTERS>"
_SIGN_OFF = re.compile(r"\breuter\Z", re.IGNORECASE)
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f]")


def sniff(head: bytes, path: str) -> float:
    """Certain for the opening tag of an item."""
    return 1.0 if _OPENING in head[:2048] and b"NEWID=" in head[:4096] else 0.0


@dataclass(frozen=True, slots=True)
class Record:
    """An item of the collection: its NEWID, and its article or rejection.

    `is_processed` is False for items whose headline was never separated from the text; most are
    price lists.
    """

    number: int | None
    is_processed: bool
    part: Article | Rejection


def read(source: Source) -> Iterator[Part]:
    """Yield the items in file order. A brief, which has only a headline, is rejected as empty."""
    return (record.part for record in records(source))


def records(source: Source) -> Iterator[Record]:
    """Yield the items with the collection's own attributes. Raises Rejected."""
    held = b""
    limit = source.budget.limits.document_bytes
    while True:
        end = held.find(_END)
        if end < 0:
            data = source.stream.read(HEAD_BYTES)
            if not data or len(held) > limit:
                break
            # Repeated searches from the start of a long item would take quadratic time.
            held = held + data if len(held) < HEAD_BYTES * 16 else _grown(held, data, source, limit)
            continue
        # More than one if the end of an item is missing.
        for item in held[:end].split(_OPENING)[1:]:
            yield _record(_OPENING + item, source)
        held = held[end + len(_END) :]
    if _OPENING in held:
        raise Rejected("malformed", "the last item is not closed", "fetch the file again")


def _grown(held: bytes, data: bytes, source: Source, limit: int) -> bytes:
    """Return an item of a megabyte or more, read to its end at once."""
    parts = [held, data]
    size = len(held) + len(data)
    tail = held[-len(_END) :] + data
    while _END not in tail and size <= limit:
        data = source.stream.read(HEAD_BYTES)
        if not data:
            break
        parts.append(data)
        size += len(data)
        tail = tail[-len(_END) :] + data
    return b"".join(parts)


def _record(item: bytes, source: Source) -> Record:
    try:
        text = item.decode("utf-8")
    except UnicodeDecodeError:
        text = item.decode("latin-1")
    match = re.search(r'NEWID="(\d{1,9})"', text[:1000])
    number = int(match[1]) if match else None
    raw = "" if "<BODY>" in text else _unprocessed(text)
    try:
        return Record(number, not raw, _article(text, raw, source))
    except Rejected as rejected:
        where = "an item without a number" if number is None else f"item {number}"
        return Record(number, not raw, rejected.rejection.at(where))


def _article(text: str, raw: str, source: Source) -> Article:
    """Return the article of an item; if `raw` has text, its first line is the headline."""
    day = _element(text, "DATE")
    first, _, rest = raw.partition("\n")
    return article(
        SourceMetadata(
            "reuters",
            body=(rest.strip() and rest) or raw or _without_sign_off(_element(text, "BODY")),
            headline=(rest.strip() and first) or _element(text, "TITLE"),
            outlet=OUTLET,
            authors=[re.sub(r",.*", "", _element(text, "AUTHOR"), flags=re.DOTALL)],
            # Only the day: there is no time zone, and one item of 21,578 was sent at 605:12:19.
            dates=[(next(iter(day.split()), ""), "reuters DATE", "%d-%b-%Y")],
            language="en",
            methods={"headline": "first_line"} if raw else {},
        ),
        source,
        name,
    )


def _unprocessed(text: str) -> str:
    """Return the text of an item that the collection left unprocessed (TYPE="UNPROC")."""
    return _without_sign_off(_between(text, '<TEXT TYPE="UNPROC">', "</TEXT>")).strip()


def _without_sign_off(text: str) -> str:
    """Return the text without a final "Reuter". Only the end is searched: bodies may be long."""
    while match := _SIGN_OFF.search(text := text.rstrip(), max(0, len(text) - 10)):
        text = text[: match.start()]
    return text


def _element(text: str, element: str) -> str:
    return _between(text, f"<{element}>", f"</{element}>").strip("\r\n")


def _between(text: str, opening: str, closing: str) -> str:
    _, _, rest = text.partition(opening)
    content, found, _ = rest.partition(closing)
    return _CONTROLS.sub("", html.unescape(content)) if found else ""
