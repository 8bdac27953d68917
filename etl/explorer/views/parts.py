"""Parts of pages that several views show alike. Does not belong here: links (`links`)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from etl.explorer import charts
from etl.explorer.blocks import Chart, Column, Input, Link, Row, Table
from etl.explorer.view_request import ViewRequest
from etl.explorer.views.links import last_day, middle, period_name

_OUTLETS = """
select outlet from article_metadata where outlet is not null
group by 1 order by count(*) desc limit 300
"""


def outlet_input(request: ViewRequest, value: str | None) -> Input:
    """A choice of outlets, those with most articles first, or any."""
    names = request.remembered("outlets", lambda: [row["outlet"] for row in request.rows(_OUTLETS)])
    options = (("", "any"), *((name, name) for name in names))
    return Input("outlet", "Outlet", value or "", "select", options)


def newest_day(request: ViewRequest) -> date | None:
    """The day of the newest article; None where none has a date."""
    day: date | None = request.rows("select max(published_on) as day from article_metadata")[0][
        "day"
    ]
    return day


def without_gaps(rows: Sequence[Row], grain: str) -> list[Row]:
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


def volume(
    rows: Sequence[Row], grain: str, when: str, caption: str, alt: str, *more: Column
) -> Chart:
    """How much news there was: rows of `publication_periods`, and columns beside the two counts."""
    shown = [
        row | {"period": period_name(row["period_start"], grain)}
        for row in without_gaps(rows, grain)
    ]

    def articles(row: Row) -> Link:
        start = row["period_start"]
        return Link("articles", {"from": start, "to": last_day(start, grain)})

    def draw(address: Any) -> dict[str, Any]:
        drawn = [
            {
                "at": middle(row["period_start"], grain),
                "period": row["period"],
                "href": address(articles(row)),
                "name": kind,
                "n": row[key],
            }
            for row in shown
            for key, kind in (("article_count", "articles"), ("story_count", "stories"))
        ]
        return charts.lines(drawn, "n", label=f"a {grain}", names=["articles", "stories"])

    columns = [
        Column("period", when, link=articles),
        Column("article_count", "Articles", "count", link=articles),
        Column("story_count", "Stories", "count"),
        *more,
    ]
    return Chart(draw, alt, Table("volume", caption, columns, shown[::-1]))
