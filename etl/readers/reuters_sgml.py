"""Reuters-21578: SGML that is not well-formed XML, a thousand wire items a file.

Belongs here: its elements, and where an item begins and ends in the stream. Does not belong here:
any other SGML.
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
    """The opening tag of an item."""
    return 1.0 if _OPENING in head[:2048] and b"NEWID=" in head[:4096] else 0.0


@dataclass(frozen=True, slots=True)
class Record:
    """An item of the collection: its NEWID, and what it is read as.

    Not `is_processed` are items whose headline nobody told from the text; most are price lists.
    """

    number: int | None
    is_processed: bool
    part: Article | Rejection


def read(source: Source) -> Iterator[Part]:
    """The items in file order. A brief, which is a headline alone, is rejected as empty."""
    return (record.part for record in records(source))


def records(source: Source) -> Iterator[Record]:
    """The same with what only those who know the collection ask for. Raises Rejected."""
    held = b""
    limit = source.budget.limits.document_bytes
    while True:
        end = held.find(_END)
        if end < 0:
            data = source.stream.read(HEAD_BYTES)
            if not data or len(held) > limit:
                break
            # Searching again from the start of a long item would take quadratic time.
            held = held + data if len(held) < HEAD_BYTES * 16 else _grown(held, data, source, limit)
            continue
        start = held.find(_OPENING, 0, end)
        if start >= 0:
            yield _record(held[start:end], source)
        held = held[end + len(_END) :]
    if _OPENING in held:
        raise Rejected("malformed", "the last item is not closed", "fetch the file again")


def _grown(held: bytes, data: bytes, source: Source, limit: int) -> bytes:
    """An item of a megabyte and more: read on to its end in one go."""
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
    except Rejected as verdict:
        found = verdict.rejection
        where = "an item without a number" if number is None else f"item {number}"
        rejection = Rejection(found.reason, f"{where}: {found.detail}", found.remedy)
        return Record(number, not raw, rejection)


def _article(text: str, raw: str, source: Source) -> Article:
    """The article of an item; of `raw` text, its first line the headline, where that is all."""
    day = _element(text, "DATE")
    first, _, rest = raw.partition("\n")
    return article(
        SourceMetadata(
            "reuters",
            body=(rest.strip() and rest) or raw or _without_sign_off(_element(text, "BODY")),
            headline=(rest.strip() and first) or _element(text, "TITLE"),
            outlet=OUTLET,
            authors=[re.sub(r",.*", "", _element(text, "AUTHOR"), flags=re.DOTALL)],
            # One item of 21,578 was sent at 605:12:19: the day counts, for no zone is told.
            dates=[(next(iter(day.split()), ""), "reuters DATE", "%d-%b-%Y")],
            language="en",
            methods={"headline": "first_line"} if raw else {},
        ),
        source,
        name,
    )


def _unprocessed(text: str) -> str:
    """The text of an item that its makers did not take apart (TYPE="UNPROC")."""
    return _without_sign_off(_between(text, '<TEXT TYPE="UNPROC">', "</TEXT>")).strip()


def _without_sign_off(text: str) -> str:
    """The text without the "Reuter" that ends it; from the end on, for bodies may be long."""
    while match := _SIGN_OFF.search(text := text.rstrip(), max(0, len(text) - 10)):
        text = text[: match.start()]
    return text


def _element(text: str, element: str) -> str:
    return _between(text, f"<{element}>", f"</{element}>").strip("\r\n")


def _between(text: str, opening: str, closing: str) -> str:
    _, _, rest = text.partition(opening)
    content, found, _ = rest.partition(closing)
    return _CONTROLS.sub("", html.unescape(content)) if found else ""
