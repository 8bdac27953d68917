"""Resolves a name typed by a user to an entity.

Belongs here: matching and ranking names, and the names of given ids.
Does not belong here: linking the names in articles (`etl.linking.resolver`), and completing a name
while a user types (`etl.explorer.name_search`).
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from etl.query.published import ReadError, Row, rows
from etl.schema.name_folding import fold_name_sql


class NameNotFoundError(ReadError):
    """A name matches no entity, or several; `candidates` are the possible ones, likeliest first."""

    def __init__(self, name: str, candidates: list[Row], *, ambiguous: bool = False) -> None:
        super().__init__(f"{name!r} {'may be several actors' if ambiguous else 'is no actor'}")
        self.name, self.candidates, self.ambiguous = name, candidates, ambiguous


_NAMED = """
with forms as (
    select entity_id, folded(name) as form, 5 as weight from entities
    union all
    select entity_id, folded(unnest(aliases)), 1 from entities
),
wanted as (select folded($name) as form),
matched as (
    select
        forms.entity_id,
        min(case
            when forms.form = wanted.form then 0
            when contains(' ' || forms.form || ' ', ' ' || wanted.form || ' ') then 1
            when contains(' ' || forms.form, ' ' || wanted.form) then 2
            when contains(forms.form, wanted.form) and length(wanted.form) > 2 then 3
            else 4
        end) as tier,
        max(forms.weight) filter (forms.form = wanted.form) as weight,
        max(greatest(
            jaro_winkler_similarity(forms.form, wanted.form),
            jaro_winkler_similarity(split_part(forms.form, ' ', -1), wanted.form)
        )) as similarity,
    from forms, wanted
    where wanted.form != ''
    group by forms.entity_id
    having tier < 4 or similarity >= 0.87
),
nearest as (
    select * from matched where tier = (select min(tier) from matched)
)
select
    entity_id,
    entities.name,
    entities.type,
    entities.first_seen,
    entities.last_seen,
    entities.article_count,
    nearest.tier,
    entities.article_count * coalesce(nearest.weight, 1) as score,
from nearest
join entities using (entity_id)
order by case when tier = 4 then similarity end desc, score desc, entities.name, entity_id
limit 9
"""

_BY_ID = """
select entity_id, name, type, first_seen, last_seen, article_count, 0 as tier
from entities
where entity_id = $name
    or entity_id in (select entity_id from entity_redirects where old_entity_id = $name)
order by entity_id = $name desc
"""

CLEAR_LEAD = 5
"""An entity is chosen only if its score is this many times that of the runner-up."""


def resolve(connection: duckdb.DuckDBPyConnection, name: str) -> tuple[Row, list[Row]]:
    """Return the entity that a name refers to, and less likely candidates.

    Matches are tried in this order: an id (also of a merged actor), a full name or alias, whole
    words, starts of words, any substring. Among matches of one kind, the entity with the most
    articles is chosen if it has CLEAR_LEAD times as many as the next; a match of the entity's own
    name counts CLEAR_LEAD times a match of an alias. A similar spelling is only suggested, never
    chosen: people with nearly the same name are different people.
    Raises NameNotFoundError with candidates if no entity leads clearly.
    """
    known = by_id(connection, name)
    if known:
        return known, []
    prepare_folding(connection)
    found = rows(connection, _NAMED, {"name": name})
    scores = [row.pop("score") for row in found] + [0, 0]
    if found and found[0]["tier"] < 4 and scores[0] >= CLEAR_LEAD * scores[1]:
        return found[0], found[1:]
    raise NameNotFoundError(name, found, ambiguous=bool(found) and found[0]["tier"] < 4)


def by_id(connection: duckdb.DuckDBPyConnection, entity_id: str) -> Row | None:
    """Return the entity with this id, or the one it redirects to; None if there is neither."""
    return next(iter(rows(connection, _BY_ID, {"name": entity_id})), None)


def prepare_folding(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the temporary macro `folded(name)`, by which look-ups compare names."""
    connection.execute(f"create or replace temp macro folded(name) as {fold_name_sql('name')}")


def names_of(con: duckdb.DuckDBPyConnection, ids: Sequence[str]) -> dict[str, str]:
    """Return actor names by id; a merged actor gets its most frequent form as its name."""
    return {
        row["entity_id"]: row["name"]
        for row in rows(
            con,
            """
            with wanted as (select distinct unnest($ids::varchar[]) as entity_id)
            select entity_id, name from entities semi join wanted using (entity_id)
            union all
            select entity_id, mode(name order by name)
            from loaded.text_links join loaded.text_actors using (text_actor_id)
            semi join wanted using (entity_id)
            anti join entities using (entity_id)
            group by entity_id
            """,
            {"ids": list(ids)},
        )
    }
