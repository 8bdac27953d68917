"""The year of a dateline that has only month and day, from the path of its file.

Belongs here: dates in the names of files and folders, as far as they tell the year. Does not
belong here: a full date in a file name as the article's date (`readers.dates`), datelines.

A dateline and a file of one article are days apart. If path and dateline disagree by more, the path
dates something else (a download, a project), and the day stays unknown.
"""

from __future__ import annotations

import re
from datetime import date

from etl.readers.dates import ImpossibleDateError, checked

_SEPARATOR = r"[-_./\\]?"
_IN_PATH = re.compile(
    rf"(?<!\d)(?P<year>(?:19|20)\d\d)(?:{_SEPARATOR}(?P<month>0[1-9]|1[0-2])"
    rf"(?:{_SEPARATOR}(?P<day>0[1-9]|[12]\d|3[01]))?)?(?!\d)"
)
_FOLDER = re.compile(rf"(?:^|[/\\])(?:{_IN_PATH.pattern})(?=$|[/\\_ -])")
_MAX_DAYS, _MAX_DAYS_OF_MONTH = 31, 46


def dated_by_path(month: int, day: int, path: str) -> date | None:
    """Return the date with this month and day that fits the dates in the path, or None."""
    found = max(
        [*_IN_PATH.finditer(re.split(r"[/\\]", path)[-1]), *_FOLDER.finditer(path)],
        key=lambda match: (match["day"] is not None, match["month"] is not None),
        default=None,
    )
    if found is None or (found["month"] is None and found.re is _IN_PATH):
        return None  # four digits in a file name may be anything
    year = int(found["year"])
    if found["month"] is None:
        return _date(year, month, day)
    near = _date(year, int(found["month"]), int(found["day"] or 15))
    most = _MAX_DAYS if found["day"] else _MAX_DAYS_OF_MONTH
    dates = [_date(each, month, day) for each in (year - 1, year, year + 1)]
    fitting = [each for each in dates if each and near and abs((each - near).days) <= most]
    return min(fitting, key=lambda each: abs((each - near).days)) if near and fitting else None


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return checked(year, month, day, f"{year}-{month}-{day}")
    except ImpossibleDateError:
        return None
