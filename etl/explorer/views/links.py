"""Links that several views have in common."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from etl.explorer.blocks import Link, Row

TYPES: Mapping[str, str] = {
    "PERSON": "person",
    "ORG": "organisation",
    "GPE": "country, state or city",
    "LOC": "place",
    "NORP": "nationality, religion or party",
    "FAC": "building or facility",
    "OTHER": "other",
}
"""What the types of actors are called."""
GRAINS: Mapping[str, str] = {"week": "by week", "day": "by day", "month": "by month"}


def to_actor(row: Row) -> Link | None:
    """The page of the actor that a row is of."""
    return Link("actor", {"id": row["entity_id"]}) if row.get("entity_id") else None


def type_name(row: Row) -> str:
    """The type of the actor that a row is of, in words."""
    return TYPES.get(row["type"]) or str(row["type"])


def to_told(row: Row) -> Link | None:
    """The article that explains a row of an actor, with that actor first among its colours."""
    if not row.get("article_id"):
        return None
    return Link("article", {"id": row["article_id"], "actor": row.get("entity_id")})


def to_story(row: Row) -> Link | None:
    """The articles of the story that a row is of."""
    return Link("articles", {"story": row["story_id"]}) if row.get("story_id") else None


def last_day(start: date, grain: str) -> date:
    """The last day of a period."""
    match grain:
        case "day":
            return start
        case "week":
            return start + timedelta(days=6)
    return (start.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def middle(start: date, grain: str) -> str:
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
