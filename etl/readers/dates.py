"""Dates as newspapers write them: on a line of their own, in a dateline, in a file name.

Belongs here: recognising and checking a written date, and a time with its zone. Does not belong
here: where in a file a date may be (the readers), relative dates ("yesterday").

A news date is between 1400-01-01 (before printing) and a year from today. A date outside that range
is a typing error ("2205" for "2025") that would stretch every time series. The upper bound moves
with the clock, so a rejected date can become acceptable later, but never the reverse.

Programs write some values in place of a date: the first day of their calendar (1 January 1970 or
1900, the year 1). These are no dates, and neither is a day after today that a program gave for the
day of publication.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo

EARLIEST = date(1400, 1, 1)
FUTURE_DAYS = 366
_EPOCH = date(1970, 1, 1)
_FIRST_DAYS = {
    *(date(1753, 1, 1), date(1899, 12, 30), date(1899, 12, 31)),
    *(date(1900, 1, 1), date(1904, 1, 1)),
}
"""What databases (SQL) and spreadsheets (on Windows, on old Macs) write for an empty cell."""

_MONTHS = (
    ("january", "jan"),
    ("february", "feb"),
    ("march", "mar"),
    ("april", "apr"),
    ("may",),
    ("june", "jun"),
    ("july", "jul"),
    ("august", "aug"),
    ("september", "sept", "sep"),
    ("october", "oct"),
    ("november", "nov"),
    ("december", "dec"),
)
_MONTH_NUMBER = {name: i for i, names in enumerate(_MONTHS, 1) for name in names}
MONTH = r"(?:" + "|".join(n for names in _MONTHS for n in names) + r")\b\.?"
WEEKDAY = (
    r"(?:mon(?:day)?|tue(?:s(?:day)?)?|wed(?:nesday)?|thu(?:rs?(?:day)?)?|fri(?:day)?"
    r"|sat(?:urday)?|sun(?:day)?)\b\.?"
)
_DAY = r"(?:\d{1,2})(?:st|nd|rd|th)?"

DATE = (
    rf"(?:{WEEKDAY},?\s+)?(?:"
    r"(?P<iso>\d{4}-\d{1,2}-\d{1,2})(?!\d)"
    rf"|(?P<dmy>{_DAY}\s+(?:of\s+)?{MONTH},?\s+\d{{4}})(?!\d)"
    rf"|(?P<mdy>{MONTH}\s+{_DAY},?\s+\d{{4}})(?!\d)"
    r"|(?P<ymd>\d{4}[/.]\d{1,2}[/.]\d{1,2})(?!\d)"
    r"|(?P<numeric>\d{1,2}(?P<sep>[/.])\d{1,2}(?P=sep)\d{4})(?!\d)"
    r")"
)
_TIME = (
    r"(?P<{0}hour>\d{{1,2}})(?:[:.](?P<{0}minute>\d{{2}})(?::(?P<{0}second>\d{{2}})(?:[.,]\d+)?)?"
    r"(?:\s*(?P<{0}half>[ap])\.?m\b\.?)?|\s*(?P<{0}hour_half>[ap])\.?m\b\.?)"
    r"(?:\s*\(?(?P<{0}zone>(?:UTC|GMT)?[+-]\d{{1,2}}(?::?\d{{2}})?|[A-Z]{{1,5}}(?![A-Z]))\)?)?"
)
_LABEL = (
    r"(?P<label>(?:first\s+|originally\s+|date\s+)?"
    r"(?:published|posted|issued|aired|broadcast|released)(?:\s+(?:on|at|date))?"
    r"|(?:publication|air(?:ing)?|broadcast|release)\s+date|pubdate|date"
    r"|(?:last\s+)?(?:updated|modified)(?:\s+(?:on|at))?)"
)
_BETWEEN = r"(?:[T\s]|\s*[,|·•/–—-]+\s*)\s*(?:at\s+)?"
_DATE_ENTRY = re.compile(
    rf"(?:{_LABEL}\s*:?\s*)?"
    rf"(?:{_TIME.format('first_')}{_BETWEEN})?"
    rf"{DATE}"
    rf"(?:{_BETWEEN}(?:[|·•/–—-]\s*)?{_TIME.format('')})?\s*\.?",
    re.IGNORECASE,
)
"""One date of a line with its label and time: "Updated: 9:41 PM EST, Mon March 3, 2025"."""
_NEXT_ENTRY = re.compile(r"[\s,;|·•/–—-]*")
_CLOCK_LINE = re.compile(rf"(?:at\s+)?{_TIME.format('')}", re.IGNORECASE)
_DATE_FIRST = re.compile(
    rf"{DATE}(?:[T\s,]+(?:at\s+|[-–—|]\s*)?{_TIME.format('')})?", re.IGNORECASE
)
_TIME_FIRST = re.compile(rf"{_TIME.format('')}[\s,]+(?:on\s+)?{DATE}", re.IGNORECASE)
_FILE_DATE = re.compile(r"(?<!\d)(\d{4})-(\d{2})-(\d{2})(?!\d)")
_LABEL_ALONE = re.compile(r"(?:published|posted|updated|last updated|aired)\s*:?", re.IGNORECASE)
_RELATIVE = re.compile(
    rf"(?:{_LABEL}\s*:?\s*)?(?:(?:\d+|an?)\s+(?:min(?:ute)?|hour|hr|day|week|month|year)s?\s+ago"
    r"|just now|\d+\s*[- ]?min(?:ute)?s?\s+read)",
    re.IGNORECASE,
)

# Only abbreviations with a single meaning in English news; "CST" and "IST" have several.
_ZONES = {
    "Z": 0,
    "UTC": 0,
    "GMT": 0,
    "BST": 1,
    "CET": 1,
    "CEST": 2,
    "EST": -5,
    "EDT": -4,
    "CDT": -5,
    "MST": -7,
    "MDT": -6,
    "PST": -8,
    "PDT": -7,
}


class ImpossibleDateError(ValueError):
    """A date does not exist or cannot be a news date; `written` quotes it."""

    def __init__(self, written: str, why: str) -> None:
        super().__init__(f"“{written}” {why}")
        self.written = written


class NoDateError(ImpossibleDateError):
    """A value stands in the place of a date, and is none: year 1, or years from now."""


@dataclass(frozen=True, slots=True)
class WrittenDate:
    """The date on a date line; `on` is None if it is ambiguous ("04/09/2025") or relative."""

    on: date | None = None
    at: datetime | None = None
    is_update: bool = False
    is_labelled: bool = False


def checked(year: int, month: int, day: int, written: str) -> date:
    """Return the date. Raises ImpossibleDateError, which quotes `written`."""
    if year < EARLIEST.year:
        raise NoDateError(written, f"is before {EARLIEST}, the earliest date accepted")
    try:
        value = date(year, month, day)
    except ValueError:
        raise ImpossibleDateError(written, "is not a calendar date") from None
    if value > datetime.now(UTC).date() + timedelta(days=FUTURE_DAYS):
        raise NoDateError(written, "is more than a year in the future")
    return value


def not_published(written: WrittenDate, *, is_prose: bool = False) -> str | None:
    """Return why a date that a program wrote can't be the day of publication, None if it can.

    `is_prose`: it is written as people write it, so an old newspaper may be of that day.
    """
    if _EPOCH in (written.on, written.at and written.at.astimezone(UTC).date()):
        return "is the start of a computer's clock, not a date"
    if written.on in _FIRST_DAYS and not is_prose:
        return "is what spreadsheets and databases write for no date"
    # Somewhere it is tomorrow already.
    if written.on and written.on > datetime.now(UTC).date() + timedelta(days=1):
        return "is after today"
    return None


def date_line(line: str) -> WrittenDate | None:
    """Return the date if `line` is only dates, with or without labels, times and zones.

    Of several ("Published: … Updated: …") the first that is no update counts. Returns None
    otherwise. Raises ImpossibleDateError.
    """
    line = line.strip()
    if len(line) > 120:
        return None
    if _LABEL_ALONE.fullmatch(line) or _RELATIVE.fullmatch(line):
        return WrittenDate()
    found: list[WrittenDate] = []
    at = 0
    while match := _DATE_ENTRY.match(line, at):
        label = (match["label"] or "").lower()
        if found and not label:
            return None  # "3 June 2025 – 5 June 2025": the days of an event
        on = _date_of(match)
        is_update = "updated" in label or "modified" in label
        found.append(WrittenDate(on, _instant(on, match) if on else None, is_update, bool(label)))
        after = _NEXT_ENTRY.match(line, match.end())
        at = after.end() if after else match.end()
        if at == len(line):
            return next((each for each in found if not each.is_update), found[0])
    return None


def is_clock(text: str) -> bool:
    """Whether the text is only a time of day, such as "9:41 PM EST"."""
    return len(text) <= 40 and _CLOCK_LINE.fullmatch(text.strip()) is not None


def date_at(text: str, start: int = 0) -> tuple[WrittenDate, int] | None:
    """Return the date that is written at a place, and where it ends; None if there is none.

    The time may come before or after it. The date is None within if it is ambiguous.
    """
    match = _DATE_FIRST.match(text, start) or _TIME_FIRST.match(text, start)
    if match is None:
        return None
    try:
        on = _date_of(match)
    except ImpossibleDateError:
        return None
    return WrittenDate(on, _instant(on, match) if on else None), match.end()


def days_in(text: str) -> set[date]:
    """Return the days that are written anywhere in a short text."""
    found = (date_at(text, match.start()) for match in _DATE_FIRST.finditer(text))
    return {there[0].on for there in found if there and there[0].on}


def day_month(text: str) -> date | None:
    """Return the date of a dateline such as "June 3, 2025"; None without a valid year."""
    match = re.fullmatch(DATE, text.strip(), re.IGNORECASE)
    if match is None:
        return None
    try:
        return _date_of(match)
    except ImpossibleDateError:
        return None


def month_day(text: str) -> tuple[int, int] | None:
    """Return the month and day of a dateline such as "Tue, June 3", with or without a year."""
    word = re.search(MONTH, text, re.IGNORECASE)
    number = re.search(r"(?<!\d)\d{1,2}(?!\d)", text)
    if word is None or number is None:
        return None
    return _MONTH_NUMBER[word[0].rstrip(".").lower()], int(number[0])


def file_name_date(path: str) -> date | None:
    """Return the first valid YYYY-MM-DD in the last part of `path`, or None."""
    return first_date(_FILE_DATE, re.split(r"[/\\]", path)[-1])


def first_date(pattern: re.Pattern[str], text: str) -> date | None:
    """Return the first valid date that a pattern of groups (year, month, day) finds, or None."""
    for match in pattern.finditer(text):
        try:
            month = _MONTH_NUMBER.get(match[2].lower()) or int(match[2])
            return checked(int(match[1]), month, int(match[3]), match[0])
        except ImpossibleDateError:
            continue
    return None


def _date_of(match: re.Match[str]) -> date | None:
    if match["iso"] or match["ymd"]:
        written = match["iso"] or match["ymd"]
        year, month, day = (int(n) for n in re.split(r"[-/.]", written))
        return checked(year, month, day, written)
    if match["numeric"]:
        first, second, year = (int(n) for n in re.split(r"[/.]", match["numeric"]))
        if match["sep"] == "." or first > 12 or first == second:
            return checked(year, second, first, match["numeric"])
        if second > 12:
            return checked(year, first, second, match["numeric"])
        return None  # 04/09/2025: day or month first is unknown
    written = match["dmy"] or match["mdy"]
    numbers = [int(n) for n in re.findall(r"\d+", written)]
    word = re.search(MONTH, written, re.IGNORECASE)
    assert word is not None
    return checked(numbers[1], _MONTH_NUMBER[word[0].rstrip(".").lower()], numbers[0], written)


def _instant(on: date, match: re.Match[str]) -> datetime | None:
    parts = match.groupdict()
    prefix = "" if parts["hour"] is not None else "first_"
    if parts.get(f"{prefix}hour") is None or parts[f"{prefix}zone"] is None:
        return None
    zone = _zone(parts[f"{prefix}zone"].upper())
    hour = int(parts[f"{prefix}hour"])
    if half := parts[f"{prefix}half"] or parts[f"{prefix}hour_half"]:
        hour = hour % 12 + (12 if half.lower() == "p" else 0)
    minute, second = parts[f"{prefix}minute"], parts[f"{prefix}second"]
    try:
        clock = time(hour, int(minute or 0), int(second or 0))
        return datetime.combine(on, clock, zone) if zone else None
    except ValueError:
        return None


def _zone(name: str) -> tzinfo | None:
    if name in _ZONES:
        return timezone(timedelta(hours=_ZONES[name]))
    match = re.fullmatch(r"(?:UTC|GMT)?([+-])(\d{1,2}):?(\d{2})?", name)
    if match is None:
        return None
    offset = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
    if offset >= timedelta(hours=24):
        return None
    return timezone(offset if match[1] == "+" else -offset)
