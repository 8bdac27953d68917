"""Spikes and the stories that explain them, as every view shows them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from etl.explorer.blocks import Column, Link, Row, Table
from etl.explorer.views.links import to_actor, to_told
from etl.explorer.views.periods import last_day, period_name

NO_HEADLINE = "(no headline)"


def explained(row: Row, grain: str) -> Row:
    """A row of `actor_spikes` with its period in words and the story that is most about it."""
    articles = row["article_ids"] or []
    headlines = [headline for headline in row["headlines"] or [] if headline]
    return row | {
        "period": period_name(row["period_start"], grain),
        "article_id": next(iter(articles), None),
        "headline": next(iter(headlines), NO_HEADLINE if articles else None),
    }


def spike_table(
    rows: Sequence[Row], grain: str, caption: str, empty: str = "", *, is_named: bool = True
) -> Table:
    """Rows of `actor_spikes` of one grain; `is_named`: of several actors, whose names they hold."""

    def articles(row: Row) -> Link:
        start = row["period_start"]
        days = {"from": start, "to": last_day(start, grain)}
        return Link("articles", {"actor": row["entity_id"], **days})

    columns = [
        *([Column("name", "Actor", link=to_actor)] if is_named else []),
        Column("period", "When", link=articles),
        Column("story_count", "Stories", "count", link=articles),
        Column("expected_story_count", "Usual", "number", about="What its own past lets expect"),
        Column(
            "surprise", "Surprise", "number", about="3: a chance of one in a thousand; 6: a million"
        ),
        Column("headline", "The story most about it", "long", link=to_told),
    ]
    shown: list[dict[str, Any]] = [explained(row, grain) for row in rows]
    return Table("spikes", caption, columns, shown, empty)
