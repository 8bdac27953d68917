"""Actor suggestions by prefix: the first letters of any word of any spelling.

Names are folded once per snapshot, into an in-memory database: folding 80,000 names again for each
keystroke took 0.8 s. Does not belong here: resolving a whole name (`etl.query.names.resolve`).
"""

from __future__ import annotations

import duckdb

from etl.query import published
from etl.query.names import prepare_folding
from etl.query.published import Row
from etl.schema.name_folding import fold_name

MAX_SUGGESTIONS = 9
OWN_NAME_WEIGHT = 5
"""Weight of an actor's own name, relative to an alias, as in `etl.query.names.resolve`."""

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
_MATCHES = """
select any_value(entity_id) as entity_id, any_value(name) as name, any_value(type) as type,
  any_value(article_count) as article_count
from (from forms where contains(form, ' ' || $typed) order by weight desc limit 200)
group by entity_id
order by max(weight) desc, name, entity_id
limit $limit
"""


class NameSearch:
    """Names and aliases of one snapshot."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        prepare_folding(con)
        forms = con.execute(_FORMS, {"own": OWN_NAME_WEIGHT}).to_arrow_table()
        self._database = duckdb.connect(":memory:")
        self._database.register("snapshot_forms", forms)
        self._database.execute("create table forms as from snapshot_forms")
        self._database.unregister("snapshot_forms")

    def starting_with(self, typed: str) -> list[Row]:
        """Return up to MAX_SUGGESTIONS actors with a word that has this prefix, likeliest first."""
        with self._database.cursor() as con:
            parameters = {"typed": fold_name(typed), "limit": MAX_SUGGESTIONS}
            return published.rows(con, _MATCHES, parameters) if parameters["typed"] else []
