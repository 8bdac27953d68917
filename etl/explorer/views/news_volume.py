"""Chart of the news volume: articles and stories per period."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from etl.explorer import charts
from etl.explorer.blocks import Chart, Column, Link, Row, Table, UrlFor
from etl.explorer.views.links import to_period_articles
from etl.explorer.views.periods import fill_gaps, midpoint, period_name


def news_volume(
    rows: Sequence[Row], grain: str, title: str, *more: Column, outlet: str | None = None
) -> Chart:
    """Return the chart for rows of `publication_periods`, or of one outlet.

    `more` are extra columns of its table.
    """
    periods = [
        row | {"period": period_name(row["period_start"], grain)} for row in fill_gaps(rows, grain)
    ]

    def articles(row: Row) -> Link:
        return to_period_articles(row["period_start"], grain, outlet=outlet)

    def draw(url_for: UrlFor) -> dict[str, Any]:
        points = [
            {
                "at": midpoint(row["period_start"], grain),
                "period": row["period"],
                "href": url_for(articles(row)),
                "name": name,
                "n": row[key],
            }
            for row in periods
            for key, name in (("article_count", "articles"), ("story_count", "stories"))
        ]
        return charts.lines(points, "n", label=f"per {grain}", names=["articles", "stories"])

    columns = [
        Column("period", grain.capitalize(), link=articles),
        Column("article_count", "Articles", "count", link=articles),
        Column("story_count", "Stories", "count"),
        *more,
    ]
    caption = f"Articles and stories by {grain}"
    return Chart(draw, title, Table("volume", caption, columns, periods[::-1]), caption)
