"""Days, weeks and months: their names, bounds and positions on an axis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from etl.explorer.blocks import Row
from etl.explorer.view_request import ViewRequest

GRAINS: Mapping[str, str] = {"week": "by week", "day": "by day", "month": "by month"}
"""Labels of the grains. The first is the default."""


def last_day(start: date, grain: str) -> date:
    """Return the last day of a period."""
    match grain:
        case "day":
            return start
        case "week":
            return start + timedelta(days=6)
    return (start.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


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


def newest_day(request: ViewRequest) -> date | None:
    """Return the date of the newest article, or None if no article has a date."""
    day: date | None = request.rows("select max(published_on) as day from article_metadata")[0][
        "day"
    ]
    return day


def fill_gaps(rows: Sequence[Row], grain: str) -> list[Row]:
    """Return the rows in order of time, with a row of zeros for each missing period.

    Without them, a line would run straight from June to August and hide an empty July.
    """
    by_start = {row["period_start"]: row for row in rows}
    filled, start = [], min(by_start, default=date.max)
    while start <= max(by_start, default=date.min):
        empty = {key: 0 for key in rows[0] if key != "period_start"}
        filled.append(by_start.get(start) or {"period_start": start, **empty})
        start = last_day(start, grain) + timedelta(days=1)
    return filled
