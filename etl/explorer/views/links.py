"""Links that several views have in common."""

from __future__ import annotations

from collections.abc import Mapping

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
