"""The day of an article as databases write it, in the languages of their interfaces.

Belongs here: a line that is a day, with weekday, time and edition around it. Does not belong here:
checking a date and its time zone (`readers.dates`), where in an export a day stands.

Forms: "April 3, 2025 Thursday", "Thursday 3 April 2025 9:20 AM GMT", "Mittwoch 31. August 2011",
"3 avril 2025", "December 19, 1991, Sunday, Final Edition", "Summer, 2008".
"""

from __future__ import annotations

import re

from etl.readers.exports.calendar_names import MONTHS, SEASONS, WEEKDAYS

_ENGLISH = ("January", "February", "March", "April", "May", "June", "July", "August", "September",
            "October", "November", "December")  # fmt: skip
_WORD = r"[^\W\d_]{3,12}"
_DAY = re.compile(
    rf"(?:(?P<weekday>{_WORD}(?:-feira)?)[.,]?\s+)?(?:"
    r"(?P<iso>(?P<y0>\d{4})-(?P<m0>\d{2})-(?P<d0>\d{2}))"
    rf"|(?P<d1>\d{{1,2}})(?:\.|er|st|nd|rd|th|º)?\s+(?:de\s+|of\s+)?(?P<m1>{_WORD})[.,]{{0,2}}"
    r"\s+(?:de\s+|del\s+)?(?P<y1>\d{4})"
    rf"|(?P<m2>{_WORD})\.?\s+(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<y2>\d{{4}})"
    r")(?!\d)"
)
_PARTIAL = re.compile(rf"(?P<word>{_WORD})\.?,?\s+\d{{4}}")
_TIME = re.compile(
    r"[\s,]*(?P<clock>\d{1,2}:\d{2}(?::\d{2})?(?:\s*[ap]\.?m\b\.?)?)"
    r"(?:\s+(?P<zone>[A-Z]{2,5})\b)?",
    re.IGNORECASE,
)
_MIDNIGHT = re.compile(r"(?:12:00(?::00)?\s*a|0?0:00)", re.IGNORECASE)
_MAX_LINE = 120


def day_line(line: str) -> str | None:
    """Return the day of a line that begins with one, as text that `parse_date` reads.

    Returns "" if the line states a month or a season only, None if it is not a day. A time of
    midnight is left out: databases write it for an unknown time.
    """
    line = line.strip()
    if len(line) > _MAX_LINE:
        return None
    match = _DAY.match(line)
    if match is None or not _is_weekday(match["weekday"]):
        return "" if _is_partial(line) else None
    if match["iso"]:
        return match["iso"]
    month = MONTHS.get((match["m1"] or match["m2"]).casefold())
    if month is None:
        return None
    day = f"{match['d1'] or match['d2']} {_ENGLISH[month - 1]} {match['y1'] or match['y2']}"
    return day + _time(line[match.end() :])


def first_day(text: str) -> str | None:
    """Return the first full day in a line such as "Calder [Calder]. 3 Apr 2025: A.4."."""
    for match in re.finditer(r"(?<![\w-])(?=\d|[^\W\d_]{3,12}\.?\s+\d)", text[:400]):
        if day := day_line(text[match.start() : match.start() + 40]):
            return day
    return None


def _time(rest: str) -> str:
    """Return the time behind a day, past the weekday, or nothing."""
    head, _, tail = rest.strip(" ,").partition(" ")
    if _is_weekday(head.strip(",") or None):
        rest = tail
    match = _TIME.match(rest)
    if match is None or _MIDNIGHT.match(match["clock"]):
        return ""
    return f" {match['clock']} {match['zone'] or ''}".rstrip()


def _is_weekday(word: str | None) -> bool:
    return word is None or word.casefold() in WEEKDAYS


def _is_partial(line: str) -> bool:
    match = _PARTIAL.fullmatch(line)
    return match is not None and (
        match["word"].casefold() in MONTHS or match["word"].casefold() in SEASONS
    )
