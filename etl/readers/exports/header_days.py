"""Days as databases print them, in the language of their interface: "jeudi 3 avril 2025".

Belongs here: finding a day in a header line. Does not belong here: days in English prose and
datelines (`readers.dates`), names of months (`exports.calendar_names`), which fields hold a day.

A day is returned as ISO 8601, unchecked: `readers.timestamps` rejects an impossible one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from etl.readers.exports.calendar_names import MONTHS, WEEKDAYS

# Words are bounded: an endless run of letters would be scanned from each of them.
_WORD = r"[^\W\d_]{3,12}"
_DAY = re.compile(
    rf"(?:(?<!\w)(?P<weekday>{_WORD}),?\s{{1,3}}(?:den\s|el\s)?)?(?:"
    rf"(?<!\d)(?P<d>\d{{1,2}})(?:er|st|nd|rd|th|º|°|\.)?\s{{1,3}}(?:de\s|of\s)?(?P<m>{_WORD})\.?,?"
    rf"\s{{1,3}}(?:de\s|del\s)?(?P<y>\d{{4}})(?!\d)"
    rf"|(?<!\w)(?P<m2>{_WORD})\.?\s{{1,3}}(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?,?"
    r"\s{1,3}(?P<y2>\d{4})(?!\d)"
    r"|(?<!\d)(?P<y3>\d{4})\s?年\s?(?P<m3>\d{1,2})\s?月\s?(?P<d3>\d{1,2})\s?日"
    r"|(?<!\d)(?P<y4>\d{4})-(?P<m4>\d{2})-(?P<d4>\d{2})(?!\d)"
    r"|(?<![\d.])(?P<d5>\d{1,2})\.(?P<m5>\d{1,2})\.(?P<y5>\d{4})(?![\d.])"
    r")"
)
_TIME = r"(?P<clock>\d{1,2}[:.h]\d{2})(?:[:.]\d{2})?(?:\s?[ap]\.?m\.?)?"
_ZONE = r"(?:\s?(?:UTC|GMT)\s?(?P<zone>[+-]\d{2}:?\d{2})?|\s[A-Z]{2,5})?"
_AFTER = re.compile(rf"\s*(?:[-–,]?\s*{_TIME}{_ZONE})?\s*\.?")
_UNREAD = re.compile(
    r"\d{1,2}[\s./-]{1,3}[\w.’'-]{2,20}(?:\s\w{2})?[\s./-]{1,3}(?:1[5-9]|20)\d\d(?!\d).{0,12}"
)
_MAX_CHARS = 300


@dataclass(frozen=True, slots=True)
class HeaderDay:
    """A day in ISO 8601; with its time if the header also gives the distance from UTC."""

    iso: str
    end: int
    has_weekday: bool


def day_in(line: str) -> HeaderDay | None:
    """Return the day in a header line such as "Politique, jeudi 3 avril 2025, p. 4".

    One with its weekday takes precedence over others, which may belong to the section's name.
    """
    found = [day for m in _DAY.finditer(line[:_MAX_CHARS]) if (day := _day(m, line)) is not None]
    return next((day for day in found if day.has_weekday), found[0] if found else None)


def day_line(line: str) -> HeaderDay | None:
    """Return the day if the line has nothing else, except a weekday and a time."""
    line = line.strip()
    match = _DAY.match(line[:_MAX_CHARS])
    day = _day(match, line) if match else None
    return day if day is not None and _AFTER.fullmatch(line, day.end) else None


def is_unread_day(line: str) -> bool:
    """Whether the line looks like a day in a language whose months are not known here."""
    return _UNREAD.fullmatch(line.strip()) is not None


def _day(match: re.Match[str], line: str) -> HeaderDay | None:
    weekday = (match["weekday"] or "").casefold()
    day, word, year = (
        match["d"] or match["d2"],
        match["m"] or match["m2"],
        match["y"] or match["y2"],
    )
    if word is not None:
        month = MONTHS.get(word.casefold())
        if month is None:
            return None
    else:
        places = next(n for n in "345" if match[f"d{n}"])
        day, month, year = match[f"d{places}"], int(match[f"m{places}"]), match[f"y{places}"]
    iso = f"{int(year):04}-{month:02}-{int(day):02}"
    after = _AFTER.match(line, match.end())
    if after is not None and after["zone"] and after["clock"]:
        hour, minute = re.split(r"[:.h]", after["clock"])
        iso += f"T{int(hour):02}:{minute}{after['zone']}"
    return HeaderDay(iso, match.end(), weekday in WEEKDAYS)
