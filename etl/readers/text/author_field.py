"""The names in an author field, which holds one or several, and often more than names.

Belongs here: what is no name in such a value: dates, addresses, who only helped, whole staffs. Does
not belong here: bylines in a text and the shape of names (`readers.text.byline`), where a format
keeps its authors (the readers).

A field says that it holds names, so a value that does not look like one is kept as it is.
"""

from __future__ import annotations

import re

from etl.readers.dates import ImpossibleDateError, date_line
from etl.readers.text.byline import is_nobody, parse_byline

_MAX_CHARS = 1000
_BY = re.compile(r"(?:(?:posted|written|published)\s+)?by:?\s+", re.IGNORECASE)


def author_names(text: str) -> tuple[str, ...]:
    """Return the names in a value such as "Ana Ruiz and Bo Li"; none if it has no name."""
    line = " ".join(text[:_MAX_CHARS].split())
    if not line or re.match(r"https?://", line):
        return ()
    by = _BY.match(line)
    try:
        if date_line(line) is not None:
            return ()
        byline = parse_byline(line) or parse_byline(f"By {line[by.end() if by else 0 :]}")
    except ImpossibleDateError:
        byline = None
    if byline is not None:
        return byline.authors
    line = line[by.end() :] if by else line
    return () if is_nobody(line) else (line,)
