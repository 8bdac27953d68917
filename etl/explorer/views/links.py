"""Links and labels that several views share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from etl.explorer.blocks import Link, Row
from etl.explorer.views.periods import last_day

TYPES: Mapping[str, str] = {
    "PERSON": "person",
    "ORG": "organisation",
    "GPE": "country, state or city",
    "LOC": "place",
    "NORP": "nationality, religion or party",
    "FAC": "building or facility",
    "OTHER": "other",
}
"""Labels of the actor types."""


NO_HEADLINE = "(no headline)"


def titled(row: Row) -> Row:
    """Return a row with a headline to show and to click on, also if the article has none."""
    return row | {"headline": row["headline"] or NO_HEADLINE}


def type_name(row: Row) -> str:
    """Return the label of a row's actor type."""
    return TYPES.get(row["type"]) or str(row["type"])


def to_actor(row: Row) -> Link | None:
    """Link to a row's actor."""
    return Link("actor", {"id": row["entity_id"]}) if row.get("entity_id") else None


def to_main_article(row: Row) -> Link | None:
    """Link to the main article of an actor's row, with that actor highlighted first."""
    if not row.get("article_id"):
        return None
    return Link("article", {"id": row["article_id"], "actor": row.get("entity_id")})


def to_story(row: Row) -> Link | None:
    """Link to a row's story."""
    return Link("story", {"id": row["story_id"]}) if row.get("story_id") else None


def to_articles(key: str = "entity_id") -> Callable[[Row], Link]:
    """Return a link function: all articles of the actor whose id is under `key`."""
    return lambda row: Link("articles", {"actor": row[key]})


def to_period_articles(start: date, grain: str, **parameters: str | None) -> Link:
    """Link to the articles of one period."""
    return Link("articles", {**parameters, "from": start, "to": last_day(start, grain)})
