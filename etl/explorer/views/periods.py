"""Days, weeks and months: their names, ends and places on an axis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from etl.explorer.blocks import Row
from etl.explorer.view_request import ViewRequest

GRAINS: Mapping[str, str] = {"week": "by week", "day": "by day", "month": "by month"}


def last_day(start: date, grain: str) -> date:
    """The last day of a period."""
    match grain:
        case "day":
            return start
        case "week":
            return start + timedelta(days=6)
    return (start.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def midpoint(start: date, grain: str) -> str:
    """Where a period stands on an axis of days, as an ISO day."""
    return (start + (last_day(start, grain) - start) // 2).isoformat()


def period_name(start: date, grain: str) -> str:
    """A period as people say it."""
    match grain:
        case "day":
            return f"{start:%a} {start.day} {start:%b %Y}"
        case "week":
            return f"week of {start.day} {start:%b %Y}"
    return f"{start:%B %Y}"


def newest_day(request: ViewRequest) -> date | None:
    """The day of the newest article; None where none has a date."""
    day: date | None = request.rows("select max(published_on) as day from article_metadata")[0][
        "day"
    ]
    return day


def fill_gaps(rows: Sequence[Row], grain: str) -> list[Row]:
    """Rows of periods in order, with a row of zeros for each period between that has none.

    A line would else run straight from June to August as though July lay between the two.
    """
    found = {row["period_start"]: row for row in rows}
    filled, start = [], min(found, default=date.max)
    while start <= max(found, default=date.min):
        empty = {key: 0 for key in rows[0] if key != "period_start"}
        filled.append(found.get(start) or {"period_start": start, **empty})
        start = last_day(start, grain) + timedelta(days=1)
    return filled
