"""What `newsactors actors` asks the published file, and the history of corrections beside it.

Belongs here: SQL of the commands that look at actors. Does not belong here: ranking of likely pairs
(`actors.suggest`), recording (`correcting`), layout (`cli_actors_read`).
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from etl.corrections.plan import make_plan
from etl.corrections.records import Correction
from etl.query import published as queries
from etl.query.published import Row

_LIST = """
with corrected as (
  select entity_id, count(*) as corrected_count
  from loaded.actor_links where correction_id is not null group by 1
)
select entity_id, name, type, country_code, aliases, first_seen, last_seen, article_count,
  mention_count, utterance_count, coalesce(corrected_count, 0) as corrected_count,
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


def actors(
    con: duckdb.DuckDBPyConnection,
    *,
    type: str | None,  # noqa: A002 - the column's name
    like: str | None,
    corrected: bool,
    limit: int,
) -> list[Row]:
    """Actors with ids and aliases, those in most articles first."""
    queries.prepare_folding(con)
    asked = {"type": type, "like": like, "corrected": corrected, "limit": limit}
    return queries.rows(con, _LIST, asked)


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
_TOGETHER = """
select other.entity_id, entities.name, count(*) as article_count
from actor_articles one join actor_articles other using (article_id)
join entities on entities.entity_id = other.entity_id
where one.entity_id = $id and other.entity_id <> $id
group by all order by 3 desc, 2, 1 limit 6
"""


def details(con: duckdb.DuckDBPyConnection, entity_id: str) -> Row:
    """All that is known of an actor: its forms, old ids, roles, outlets, and who stands beside."""
    asked = {"id": entity_id}
    found = queries.rows(con, "select * from entities where entity_id = $id", asked)[0]
    return found | {
        "forms": queries.rows(con, _FORMS, asked),
        "old_entity_ids": [row["old_entity_id"] for row in queries.rows(con, _OLD_IDS, asked)],
        "roles": queries.rows(con, _ROLES, asked),
        "outlets": queries.rows(con, _OUTLETS, asked),
        "together_with": queries.rows(con, _TOGETHER, asked),
    }


PENDING = "pending"
"""The status of a row that is in the file and not yet in what is published."""


def history(con: duckdb.DuckDBPyConnection | None, rows: Sequence[Correction]) -> list[Row]:
    """Every correction in the file, in its order, with what became of it in the published file.

    `status` is 'pending' for one that is not published as it stands, else as in `corrections`.
    """
    plan = make_plan(rows)
    published = {}
    names: dict[str, str] = {}
    if con is not None:
        published = {
            row["correction_id"]: row for row in queries.rows(con, "from loaded.corrections")
        }
        ids = [v for c in rows for k, v in c.arguments if k in ("actor", "into", "other")]
        names = names_of(con, [*ids, *(c.minted for c in rows if c.minted)])
    found = []
    for c in plan.corrections:
        outcome, there = plan.outcomes[c.id], published.get(c.id)
        said = (c.argument_text, c.because, c.author)
        is_there = (
            there is not None
            and (there["arguments"], there["because"], there["author"]) == said
            and (there["status"] == "undone") == (outcome.status == "undone")
        )
        status, detail = outcome.status, outcome.detail
        if there is not None and is_there:
            status, detail = there["status"], there["detail"] or ""
        elif outcome.status != "skipped":
            status = PENDING
        found.append(
            {
                "correction_id": c.id,
                "line": c.line,
                "at": c.at or None,
                "author": c.author,
                "action": c.action,
                "arguments": [list(pair) for pair in c.arguments],
                "about": {
                    v: names[v]
                    for v in (*(v for _, v in c.arguments), c.minted or "")
                    if v in names
                },
                "because": c.because,
                "undoes": c.undoes or None,
                "minted_entity_id": c.minted,
                "status": status,
                "detail": detail,
                "was_changed": c.was_changed,
            }
        )
    gone = published.keys() - plan.outcomes.keys()
    return found + [
        {**_as_published(published[i]), "status": "gone", "detail": GONE} for i in sorted(gone)
    ]


GONE = "it is published, and no longer in the file as it was; the next run takes it back"


def _as_published(row: Row) -> Row:
    return {
        "correction_id": row["correction_id"],
        "line": None,
        "at": row["recorded_at"],
        "author": row["author"],
        "action": row["action"],
        "arguments": [["", row["arguments"]]],
        "about": {},
        "because": row["because"],
        "undoes": row["undoes"],
        "minted_entity_id": row["minted_entity_id"],
        "was_changed": True,
    }


def names_of(con: duckdb.DuckDBPyConnection, ids: Sequence[str]) -> dict[str, str]:
    """What actors are called, those too that were merged away: by their most frequent form."""
    return {
        row["entity_id"]: row["name"]
        for row in queries.rows(
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
