"""Table of spikes, with the story that explains each."""

from __future__ import annotations

from collections.abc import Sequence

from etl.explorer.blocks import Column, Link, Row, Table
from etl.explorer.views.links import NO_HEADLINE, to_actor, to_main_article, to_period_articles
from etl.explorer.views.periods import period_name


def with_main_story(row: Row, grain: str) -> Row:
    """Return a row of `actor_spikes` with the name of its period and its main story."""
    articles = row["article_ids"] or []
    headlines = [headline for headline in row["headlines"] or [] if headline]
    return row | {
        "period": period_name(row["period_start"], grain),
        "article_id": next(iter(articles), None),
        "headline": next(iter(headlines), NO_HEADLINE if articles else None),
    }


def spike_table(
    rows: Sequence[Row],
    grain: str,
    caption: str,
    empty: str = "",
    *,
    with_names: bool = True,
    is_narrow: bool = False,
) -> Table:
    """Return a table of `actor_spikes` rows of one grain.

    `with_names` adds the actors' names, which the rows must then hold. A narrow table says how many
    stories there were, not how many were expected.
    """

    def articles(row: Row) -> Link:
        return to_period_articles(row["period_start"], grain, actor=row["entity_id"])

    from_past = [
        Column(
            "expected_story_count",
            "Expected",
            "number",
            tooltip="Stories expected from the actor’s own past",
        ),
        Column(
            "surprise",
            "Surprise",
            "number",
            tooltip="3: a chance of one in a thousand; 6: one in a million",
        ),
    ]
    columns = [
        *([Column("name", "Actor", link=to_actor)] if with_names else []),
        Column("period", grain.capitalize(), link=articles),
        Column("story_count", "Stories", "count", link=articles),
        *([] if is_narrow else from_past),
        Column("headline", "Main story", "long", link=to_main_article),
    ]
    return Table("spikes", caption, columns, [with_main_story(row, grain) for row in rows], empty)
