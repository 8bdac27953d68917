"""The lines above the body of a bare text: which of them is the headline, byline or date.

Belongs here: lines that sign a text (bylines, dates), and the first five lines above and below
them. Does not belong here: how a byline, date, kicker or headline looks (`readers.text.byline`,
`dates`, `kickers`, `headline`), transcripts (`readers.text.transcript`).

A byline or date below short lines shows that these belong to no paragraph. Without one, only a line
that looks like a headline is one (`headline.is_headline`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from etl.readers.dates import ImpossibleDateError, WrittenDate, date_line, is_clock
from etl.readers.text.boilerplate import is_boilerplate
from etl.readers.text.byline import Byline, is_outlet, parse_byline
from etl.readers.text.dateline import find_dateline
from etl.readers.text.kickers import is_kicker

Signature = list[WrittenDate | Byline]

URL = re.compile(r"(?:url:\s*|source:\s*|link:\s*)?(?P<url>https?://\S+)", re.IGNORECASE)
_BARS = re.compile(r"\s+[|/·•]\s+")
_MAX_JOINED_CHARS = 250
_SHORT = 200
"""Characters of a standfirst; paragraphs of news are mostly longer."""
MOST_LINES = 5
_LINES_OF_A_TIMELINE = 300
_LETTER = re.compile(r"(?:my\s+)?dear\b|to the editor\b|sirs?\b|madam\b", re.IGNORECASE)


def signature(line: str) -> Signature | None:
    """Parse a date line or byline, or several joined by bars: "3 June 2025 | By Ana Ruiz".

    Raises ImpossibleDateError.
    """
    if (whole := date_line(line)) is not None:
        return [whole]
    texts = _BARS.split(line) if len(line) <= _MAX_JOINED_CHARS else [line]
    parts: Signature = []
    for text in texts:
        part = date_line(text) or parse_byline(text)
        if part is not None:
            parts.append(part)
        elif parts and is_outlet(text) and len(text.split()) <= 4:
            parts.append(Byline((), text.strip()))
        elif not (parts and is_clock(text)):
            return None
    return parts


def is_front_matter(line: str) -> bool:
    """Whether a line above a body is a byline, date, address, kicker or page furniture."""
    return bool(
        URL.fullmatch(line)
        or signature(line) is not None
        or is_kicker(line)
        or is_boilerplate(line)
    )


def signature_below(lines: Sequence[str], at: int) -> int | None:
    """Return the line below `at` that signs a text, if only a few short lines are in between."""
    seen = 0
    for n in range(at, len(lines)):
        line = lines[n].strip()
        if not line:
            continue
        if n > at and (found := _signs(line)):
            return None if _dates_a_section(lines, n, found) else n
        seen += 1
        if seen == MOST_LINES or len(line) > _SHORT or line.endswith(":") or find_dateline(line):
            return None
    return None


def is_by_name(line: str) -> bool:
    """Whether a line that signs a text names its author."""
    return any(isinstance(part, Byline) for part in _signs(line) or ())


def _signs(line: str) -> Signature | None:
    try:
        found = signature(line)
    except ImpossibleDateError:
        return None
    if found and any(isinstance(part, Byline) or part.on or part.at for part in found):
        return found
    return None


def _dates_a_section(lines: Sequence[str], at: int, found: Signature) -> bool:
    """Whether a date without a label is the heading of a section: in a timeline, over a letter."""
    if any(isinstance(part, Byline) or part.is_labelled for part in found):
        return False
    below = [text.strip() for text in lines[at + 1 : at + _LINES_OF_A_TIMELINE] if text.strip()]
    if below and _LETTER.match(below[0]):
        return True
    return any(len(text) <= 40 and _is_date(text) for text in below[1:])


def _is_date(text: str) -> bool:
    try:
        return any(c.isdigit() for c in text) and date_line(text) is not None
    except ImpossibleDateError:
        return False
