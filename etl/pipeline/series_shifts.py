"""Actors whose weekly series shift although the articles are the same.

Belongs here: counting shifts between two published files, or between the published file and a
candidate. Does not belong here: warning about them (`etl.orchestration.assets.published`).
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from etl.pipeline.candidate_database import connect
from etl.query import published
from etl.query.published import Row
from etl.settings import Settings
from etl.warehouse.publish import former_snapshot

SHIFT_ARTICLES = 5
"""Actors in fewer articles, before and after, are left out: one article shifts them by half."""


def published_shifts(settings: Settings) -> list[Row] | None:
    """Return the actors whose series the last publish shifted by more than NEWSACTORS_SHIFT_SHARE.

    The busiest come first. Only articles count that both files hold in the same version: new and
    edited articles are news, and the rest shows how extraction and linking changed. Rows hold
    entity_id, name, type, articles_before, articles_after and share: of all their articles by week,
    before or after, the share that only one side has. Empty if no former file is kept; None if the
    former file is of a version that lacks the tables to compare.
    """
    former = former_snapshot(settings)
    if former is None:
        return []
    with connect(old=former, new=settings.published.resolve()) as con:
        if not _is_comparable(con):
            return None
        con.execute(_SERIES_OF_FILES)
        return shifted_actors(con, settings.shift_share)


_COMPARED = {
    "article_metadata": {"article_id", "content_sha256"},
    "actor_articles": {"entity_id", "article_id", "published_on", "mention_count"},
    "entities": {"entity_id", "name", "type"},
}
"""The tables and columns that the former file must have."""


def _is_comparable(con: duckdb.DuckDBPyConnection) -> bool:
    found: dict[str, set[str]] = {}
    for table, column in con.execute(
        "select table_name, column_name from duckdb_columns() "
        "where database_name = 'old' and schema_name = 'main'"
    ).fetchall():
        found.setdefault(table, set()).add(column)
    return all(columns <= found.get(table, set()) for table, columns in _COMPARED.items())


_SERIES_OF_FILES = """
create table both_hold as
select article_id from old.main.article_metadata
semi join new.main.article_metadata using (article_id, content_sha256);
create view old_appearances as
select entity_id, article_id, published_on
from old.main.actor_articles semi join both_hold using (article_id) where mention_count > 0;
create view new_appearances as
select entity_id, article_id, published_on
from new.main.actor_articles semi join both_hold using (article_id) where mention_count > 0;
-- Nearly all actors are unchanged, and a sum shows it: a million articles take 3 s instead of 7.
create table changed_actors as
with old_sums as (
  select entity_id, count(*) as n, bit_xor(hash(article_id, published_on)) as h
  from old_appearances group by all
),
new_sums as (
  select entity_id, count(*) as n, bit_xor(hash(article_id, published_on)) as h
  from new_appearances group by all
)
select entity_id from old_sums full join new_sums using (entity_id)
where old_sums.n is distinct from new_sums.n or old_sums.h is distinct from new_sums.h;
create view old_series as from old_appearances semi join changed_actors using (entity_id);
create view new_series as from new_appearances semi join changed_actors using (entity_id);
create view names as
select entity_id, name, type from new.main.entities
union all
select entity_id, name, type from old.main.entities
where entity_id not in (select entity_id from new.main.entities);
"""

_SHIFTS = """
with weeks as (
  select entity_id, date_trunc('week', published_on) as week, count(*) as before, 0 as after
  from old_series group by all
  union all
  select entity_id, date_trunc('week', published_on), 0, count(*) from new_series group by all
),
by_week as (
  select entity_id, week, sum(before)::bigint as before, sum(after)::bigint as after
  from weeks group by all
),
shifts as (
  select entity_id, sum(before)::bigint as articles_before, sum(after)::bigint as articles_after,
    sum(abs(after - before)) / sum(greatest(before, after)) as share
  from by_week group by entity_id
)
select entity_id, name, type, articles_before, articles_after, round(share, 3) as share
from shifts left join names using (entity_id)
where share > $share and greatest(articles_before, articles_after) >= $least
order by greatest(articles_before, articles_after) desc, name, entity_id
"""


def shifted_actors(con: duckdb.DuckDBPyConnection, share: float) -> list[Row]:
    """Return the actors whose `old_series` and `new_series` differ by more than `share`."""
    return published.rows(con, _SHIFTS, {"share": share, "least": SHIFT_ARTICLES})


def busiest(shifted: Sequence[Row], most: int = 3) -> str:
    """Describe shifted actors in one line: the first `most`, and the number of the others."""
    shown = "; ".join(
        f"{row['name']}: {row['articles_before']:,} to {row['articles_after']:,} articles "
        f"({row['share']:.0%} of its weeks)"
        for row in shifted[:most]
    )
    return shown + (f"; and {len(shifted) - most:,} more" if len(shifted) > most else "")
