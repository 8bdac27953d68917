"""Machine-written dates: ISO 8601, RFC 2822, seconds since 1970, and user-defined patterns.

Belongs here: parsing one such value into a day and, with a time zone, an instant. Does not belong
here: dates as newspapers write them (`readers.dates`, tried last), and where a format keeps a date.

The day is the local day at the place of writing: "2025-06-05T23:30:00-05:00" is 5 June everywhere.
Without a time zone there is no instant.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime

from etl.readers.dates import WrittenDate, checked, date_line

_ISO = re.compile(
    r"(?P<year>\d{4})(?P<mark>[-/.]?)(?P<month>\d{2})(?P=mark)(?P<day>\d{2})"
    r"(?:[T_ ]?(?P<hour>\d{2}):?(?P<minute>\d{2})(?::?(?P<second>\d{2})(?:[.,]\d+)?)?"
    r"\s*(?P<zone>Z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2})?)?",
    re.IGNORECASE,
)
# A feed has the weekday in its site's language: "Mo, 25 Jun 2018", "sáb., 2 Oct 2021".
_WEEKDAY = re.compile(r"[^\W\d_]{2,12}\.?,\s*(?=\d)")
_RFC = re.compile(r"(?:[a-z]{3,9}\s+)?\d{1,2}[\s-][a-z]{3,9}[\s-]\d{2,4}\b.*", re.IGNORECASE)
_EPOCH = re.compile(r"\d{9,10}(?:\.\d+)?|\d{12,13}")
_MAX_CHARS = 80


def parse_date(value: object, pattern: str | None = None) -> WrittenDate | None:
    """Return the date in a value, or None if it is not a date. Raises ImpossibleDateError.

    `pattern` is a `strptime` pattern that is tried first.
    """
    if isinstance(value, WrittenDate):
        return value
    if isinstance(value, datetime):
        return _of(value, str(value))
    if isinstance(value, date):
        return WrittenDate(checked(value.year, value.month, value.day, str(value)))
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    text = str(value).strip()
    if not text or len(text) > _MAX_CHARS:
        return None
    if pattern is not None:
        try:
            return _of(datetime.strptime(text, pattern), text)
        except ValueError:
            pass
    if match := _ISO.fullmatch(text):
        return _iso(match, text)
    if _EPOCH.fullmatch(text):
        seconds = float(text)
        try:
            return _of(datetime.fromtimestamp(seconds / (1000 if seconds > 1e11 else 1), UTC), text)
        except (ValueError, OverflowError, OSError):
            return None
    if (written := date_line(text)) is not None:
        return written if written.on else None
    text = _WEEKDAY.sub("", text, count=1)
    if _RFC.fullmatch(text):
        try:
            return _of(parsedate_to_datetime(text), text)
        except (ValueError, OverflowError, IndexError, TypeError):
            return None
    return None


def _of(at: datetime, written: str) -> WrittenDate:
    on = checked(at.year, at.month, at.day, written)
    return WrittenDate(on, at if at.tzinfo is not None and at.utcoffset() is not None else None)


def _iso(match: re.Match[str], text: str) -> WrittenDate | None:
    on = checked(int(match["year"]), int(match["month"]), int(match["day"]), text)
    if match["hour"] is None or match["zone"] is None:
        return WrittenDate(on)
    zone = match["zone"].upper().replace(":", "")
    zone = "+0000" if zone in ("Z", "UTC", "GMT") else zone.ljust(5, "0")
    clock = f"{match['hour']}{match['minute']}{match['second'] or '00'}"
    try:
        return WrittenDate(on, datetime.strptime(f"{on:%Y%m%d}{clock}{zone}", "%Y%m%d%H%M%S%z"))
    except ValueError:
        return WrittenDate(on)
