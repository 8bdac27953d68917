"""A bibliographic reference, and the article in it.

Belongs here: names and days as references write them, and the choice of the text. Does not belong
here: how a format writes its fields (the other modules).

A year is no day: without month and day the day is unknown. The day in the name of the file is that
of the export, so it doesn't count.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from etl.domain import Article
from etl.readers.base import Rejected, Rejection
from etl.readers.markup import looks_like_markup, text_of
from etl.readers.names import given_first
from etl.readers.records.prose import is_prose
from etl.readers.source import Source
from etl.readers.source_metadata import SourceMetadata, article

_NOTE_CHARS = 400
"""What a reader notes is shorter; a text in the field for notes is longer."""
_DATABASE_NOTES = re.compile(r"\s*[\w ]{2,40} - [^;]{1,300}(?:;|\Z)")
_SLASHED = re.compile(r"(\d{4})/(\d{1,2})/(\d{1,2})(?:/.{0,60})?")
_YEAR_FIRST = re.compile(r"(\d{4})\s+([A-Za-z]{3,9}\.?)\s+(\d{1,2})")
_MONTH_AND_DAY = re.compile(r"[A-Za-z]{3,9}\.?\s+\d{1,2}|\d{1,2}\s+[A-Za-z]{3,9}\.?")
REMEDY = "export it with its text, or fetch the page yourself and ingest that"


@dataclass(slots=True)
class Reference:
    """The fields of a reference as written; empty if it has none.

    `dates` are values with the names of their fields, best first. `year` completes a date without
    one. `notes` count as the text only if there is no other and they are long.
    """

    headline: str = ""
    outlet: str = ""
    authors: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    dates: list[tuple[str, str]] = field(default_factory=list)
    year: str = ""
    url: str = ""
    language: str = ""


def part_of(
    found: Reference, source: Source, source_format: str, where: str
) -> Article | Rejection:
    """Return the article in a reference, or its rejection, which names the place `where` it is."""
    try:
        return _article(found, source, source_format)
    except Rejected as rejected:
        return rejected.rejection.at(where)


def _article(found: Reference, source: Source, source_format: str) -> Article:
    headline = " ".join(_plain(found.headline).split())
    body = _text(found)
    if not body:
        title = f"“{headline[:80]}”" if headline else "without a title"
        raise Rejected(
            "empty",
            f"a reference without a text: {title}" + (f", {found.url[:500]}" if found.url else ""),
            REMEDY,
        )
    days = ((day_of(value, found.year), method) for value, method in found.dates)
    metadata = SourceMetadata(
        source_format,
        body=body,
        headline=headline,
        outlet=_plain(found.outlet),
        authors=[given_first(_plain(name)) for name in found.authors],
        dates=[(day, method, None) for day, method in days if day],
        url=found.url,
        language=found.language,
        are_single_names=True,
        is_complete=True,
    )
    return article(metadata, source, source_format)


def _text(found: Reference) -> str:
    """Return the longest text; the notes if they are a text, and no summary says otherwise."""
    text = max(map(_plain, found.texts), key=len, default="").strip()
    notes = max(map(_plain, found.notes), key=len, default="").strip()
    is_text = len(notes) >= _NOTE_CHARS and is_prose(notes) and not _DATABASE_NOTES.match(notes)
    return notes if is_text and notes.startswith(text[:60]) and len(notes) > len(text) else text


def day_of(value: str, year: str = "") -> str | None:
    """Return a date in a form that `parse_date` reads, or None if it states no day.

    "2025/04/03/", "2025 Apr 3", and "Apr 3" with the year beside it.
    """
    value = value.strip()
    if match := _SLASHED.fullmatch(value):
        return f"{match[1]}-{int(match[2]):02}-{int(match[3]):02}"
    if match := _YEAR_FIRST.fullmatch(value):
        return f"{match[3]} {match[2]} {match[1]}"
    if _MONTH_AND_DAY.fullmatch(value):
        match = re.match(r"\d{4}(?!\d)", year.strip())
        return f"{value} {match[0]}" if match else None
    return value or None


def _plain(text: str) -> str:
    return text_of(text) if looks_like_markup(text) else text
