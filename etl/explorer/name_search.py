"""Actors by the first letters of any word of any spelling, while somebody types.

Names are folded once a snapshot, into a database in memory: folding 80,000 anew for each letter
took 0.8 s. Does not belong here: whom a whole name means (`etl.query.published.resolve`).
"""

from __future__ import annotations

import duckdb

from etl.query import published as queries
from etl.query.published import Row
from etl.schema.name_folding import fold_name

SUGGESTED = 9
OWN_NAME = 5
"""How many times an alias its own name counts, as in `etl.query.published.resolve`."""

_FORMS = """
with forms as (
  select entity_id, name as form, true as is_own from entities
  union all
  select entity_id, unnest(aliases), false from entities
)
select ' ' || folded(form) as form, entity_id, name, type, article_count,
  max(article_count * if(is_own, $own, 1)) as weight
from forms join entities using (entity_id)
group by all
order by weight desc, name, entity_id
"""
_FOUND = """
select any_value(entity_id) as entity_id, any_value(name) as name, any_value(type) as type,
  any_value(article_count) as article_count
from (from forms where contains(form, ' ' || $typed) order by weight desc limit 200)
group by entity_id
order by max(weight) desc, name, entity_id
limit $limit
"""


class NameSearch:
    """The names of one snapshot."""

    def __init__(self, published: duckdb.DuckDBPyConnection) -> None:
        queries.prepare_folding(published)
        forms = published.execute(_FORMS, {"own": OWN_NAME}).to_arrow_table()
        self._memory = duckdb.connect(":memory:")
        self._memory.register("given", forms)
        self._memory.execute("create table forms as from given")
        self._memory.unregister("given")

    def starting_with(self, typed: str) -> list[Row]:
        """The likeliest actors, at most SUGGESTED, with a word that begins so."""
        with self._memory.cursor() as con:
            wanted = {"typed": fold_name(typed), "limit": SUGGESTED}
            return queries.rows(con, _FOUND, wanted) if wanted["typed"] else []
