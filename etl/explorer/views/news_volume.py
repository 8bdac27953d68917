"""Parts of pages that several views show alike. Does not belong here: links (`links`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from etl.explorer import charts
from etl.explorer.blocks import Chart, Column, Link, Row, Table
from etl.explorer.views.periods import fill_gaps, last_day, midpoint, period_name


def news_volume(
    rows: Sequence[Row], grain: str, when: str, caption: str, alt: str, *more: Column
) -> Chart:
    """How much news there was: rows of `publication_periods`, and columns beside the two counts."""
    shown = [
        row | {"period": period_name(row["period_start"], grain)} for row in fill_gaps(rows, grain)
    ]

    def articles(row: Row) -> Link:
        start = row["period_start"]
        return Link("articles", {"from": start, "to": last_day(start, grain)})

    def draw(address: Any) -> dict[str, Any]:
        drawn = [
            {
                "at": midpoint(row["period_start"], grain),
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
