"""Days, weeks and months: their names, bounds and positions on an axis."""

from __future__ import annotations

import calendar
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from etl.explorer.blocks import Row
from etl.explorer.view_request import RequestError, ViewRequest

GRAINS: Mapping[str, str] = {"day": "by day", "week": "by week", "month": "by month"}
"""Labels of the grains."""
MAX_DAILY_DAYS, MAX_WEEKLY_DAYS = 45, 3 * 366
"""Longest ranges that are shown by day and by week if no grain was chosen: 157 weeks are points
that a reader can tell apart on a chart of 1,100 pixels."""
DEFAULT_DAYS = {"day": 400, "week": 7 * 2_000, "month": 30 * 2_000}
"""Default length of a series, in days: 2,000 days took 1.1 s to draw, and a screen cannot show them
apart. Weeks and months start with the first article of all but the oldest archives."""
MAX_PERIODS = 2_000
"""Most periods of a chart: 38 years by week. 2,000 make a page of 1.3 MB, 52,000 one of 35 MB."""


def last_day(start: date, grain: str) -> date:
    """Return the last day of a period."""
    match grain:
        case "day":
            return start
        case "week":
            return start + min(timedelta(days=6), date.max - start)
    return start.replace(day=calendar.monthrange(start.year, start.month)[1])


def grain_for(since: date, until: date) -> str:
    """Return the grain in which to show a range: the finest that stays readable."""
    days = (until - since).days
    if days <= MAX_DAILY_DAYS:
        return "day"
    return "week" if days <= MAX_WEEKLY_DAYS else "month"


def series_start(since: date | None, first: date | None, until: date, grain: str) -> date | None:
    """Return the first day of a series up to `until`: `since`, or by default the day `first`.

    By default, a series starts late enough to be shown in a chart. Raises RequestError if `since`
    is too early for that.
    """
    if since is not None:
        check_periods(since, until, grain)
        return since
    length = timedelta(days=DEFAULT_DAYS[grain] - 1)
    return first and max(first, until - min(length, until - date.min))


def check_periods(since: date, until: date, grain: str) -> None:
    """Raise RequestError if a range has more periods than a chart can show."""
    count = (until - since).days // {"day": 1, "week": 7}.get(grain, 30) + 1
    if count > MAX_PERIODS:
        coarser = {"day": ", or show weeks (by=week)", "week": ", or show months (by=month)"}
        raise RequestError(
            f"{since} to {until} is {count:,} {grain}s, and a chart shows at most "
            f"{MAX_PERIODS:,}: choose fewer days{coarser.get(grain, '')}"
        )


def midpoint(start: date, grain: str) -> str:
    """Return the middle of a period as an ISO date: its position on a time axis."""
    return (start + (last_day(start, grain) - start) // 2).isoformat()


def period_name(start: date, grain: str) -> str:
    """Return the name of a period, such as "week of 2 Jun 2025"."""
    match grain:
        case "day":
            return f"{start:%a} {start.day} {start:%b %Y}"
        case "week":
            return f"week of {start.day} {start:%b %Y}"
    return f"{start:%B %Y}"


def long_day(day: date) -> str:
    """Return a day as in running text, such as "9 June 2025"."""
    return f"{day.day} {day:%B %Y}"


def period_in_text(start: date, grain: str) -> str:
    """Return a period as in running text, such as "in the week of 9 June 2025"."""
    match grain:
        case "day":
            return f"on {long_day(start)}"
        case "week":
            return f"in the week of {long_day(start)}"
    return f"in {start:%B %Y}"


def newest_day(request: ViewRequest) -> date | None:
    """Return the date of the newest article, or None if no article has a date."""
    days = request.published_days()
    return days and days[1]


def fill_gaps(rows: Sequence[Row], grain: str) -> list[Row]:
    """Return the rows in order of time, with a row of zeros for each missing period.

    Without them, a line would run straight from June to August and hide an empty July. Only the
    newest MAX_PERIODS are returned.
    """
    by_start = {row["period_start"]: row for row in rows}
    filled, start = [], min(by_start, default=date.max)
    newest = max(by_start, default=date.min)
    while start <= newest:
        empty = {key: 0 for key in rows[0] if key != "period_start"}
        filled.append(by_start.get(start) or {"period_start": start, **empty})
        if start == newest:
            break  # the next period may be beyond the year 9999
        start = last_day(start, grain) + timedelta(days=1)
    return filled[-MAX_PERIODS:]
