"""Actors in the published file: a list with filters, and the details of one actor.

Belongs here: the SQL of `newsactors actors list` and `show`.
Does not belong here: resolving a typed name (`etl.query.names`), the history of corrections
(`etl.query.correction_history`), ranking likely duplicates (`etl.linking.suggest`), recording
corrections (`etl.pipeline.submit_correction`), and layout (`etl.cli.actors`).
"""

from __future__ import annotations

import duckdb

from etl.query.names import prepare_folding
from etl.query.published import Row, rows

_LIST = """
with corrected as (
  select entity_id, count(*) as corrected_count
  from loaded.actor_links where correction_id is not null group by 1
)
select entity_id, name, type, country_code, aliases, first_seen, last_seen, article_count,
  mention_count, utterance_count, statement_count,
  coalesce(corrected_count, 0) as corrected_count,
  count(*) over () as actor_total
from entities left join corrected using (entity_id)
where ($type::varchar is null or type = $type::varchar)
  and ($like::varchar is null or folded(name) like '%' || folded($like::varchar) || '%'
    or list_bool_or(list_transform(
      aliases, lambda form: folded(form) like '%' || folded($like::varchar) || '%')))
  and (not $corrected::boolean or coalesce(corrected_count, 0) > 0)
order by article_count desc, mention_count desc, name, entity_id
limit $limit
"""


def list_actors(
    con: duckdb.DuckDBPyConnection,
    *,
    type: str | None,  # noqa: A002 - the column's name
    like: str | None,
    corrected: bool,
    limit: int,
) -> list[Row]:
    """Return actors with ids and aliases, sorted by article count.

    `like` is part of a name or alias; `corrected` keeps only actors with corrected links.
    `actor_total`, the same in every row, counts the matches before the limit.
    """
    prepare_folding(con)
    parameters = {"type": type, "like": like, "corrected": corrected, "limit": limit}
    return rows(con, _LIST, parameters)


_FORMS = """
select a.name, l.method, count(distinct r.article_id) as article_count
from loaded.actor_links l join loaded.text_actors a using (text_actor_id)
join articles r using (content_sha256)
where l.entity_id = $id group by all order by article_count desc, a.name, l.method limit 12
"""
_OLD_IDS = """
select old_entity_id from entity_redirects where entity_id = $id order by 1
"""
_ROLES = """
select role, count(*) as mention_count from mentions
where entity_id = $id and role is not null group by 1 order by 2 desc, 1 limit 6
"""
_OUTLETS = """
select outlet, count(*) as article_count from actor_articles
where entity_id = $id and outlet is not null group by 1 order by 2 desc, 1 limit 6
"""
_COOCCURRING = """
select other.entity_id, entities.name, count(*) as article_count
from actor_articles one join actor_articles other using (article_id)
join entities on entities.entity_id = other.entity_id
where one.entity_id = $id and other.entity_id <> $id
group by all order by 3 desc, 2, 1 limit 6
"""


def actor_details(con: duckdb.DuckDBPyConnection, entity_id: str) -> Row:
    """Return one actor with its forms, old ids, roles, outlets and co-occurring actors."""
    parameters = {"id": entity_id}
    (actor,) = rows(con, "select * from entities where entity_id = $id", parameters)
    return actor | {
        "forms": rows(con, _FORMS, parameters),
        "old_entity_ids": [row["old_entity_id"] for row in rows(con, _OLD_IDS, parameters)],
        "roles": rows(con, _ROLES, parameters),
        "outlets": rows(con, _OUTLETS, parameters),
        "together_with": rows(con, _COOCCURRING, parameters),
    }
