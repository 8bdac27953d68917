"""Counts over time: the top actors of a period, and the timeline of one actor.

Belongs here: the SQL of `newsactors top` and `timeline`.
Does not belong here: charts (`etl.cli.charts`, `etl.explorer.charts`).
"""

from __future__ import annotations

from datetime import date
from typing import Literal

import duckdb

from etl.query.period import IN_PERIOD, Period
from etl.query.published import Row, rows

Grain = Literal["day", "week", "month"]

_TOP = (
    """
with article_total as (
    select count(*) as article_total from article_metadata"""
    + IN_PERIOD
    + """
),
counted as (
    select
        entity_id,
        count(*) filter (mention_count > 0) as article_count,
        sum(mention_count)::bigint as mention_count,
        sum(utterance_count)::bigint as utterance_count,
        sum(statement_count)::bigint as statement_count,
    from actor_articles"""
    + IN_PERIOD
    + """
    group by entity_id
)
select
    row_number() over by_articles as rank,
    entity_id,
    entities.name,
    entities.type,
    counted.article_count,
    counted.mention_count,
    counted.utterance_count,
    counted.statement_count,
    counted.article_count / article_total.article_total as share_of_articles,
    entities.first_seen,
    count(*) over () as actor_total,
    article_total.article_total,
from counted
join entities using (entity_id)
cross join article_total
where $type::varchar is null or entities.type = $type::varchar
window by_articles as (
    order by counted.article_count desc, counted.mention_count desc, entities.name, entity_id
)
order by rank
limit $limit
"""
)

_WEEKS = (
    """
with weeks as (
    select unnest(generate_series(
        date_trunc('week', min(published_on)), max(published_on), interval 7 days
    ))::date as period_start
    from article_metadata"""
    + IN_PERIOD
    + """
),
wanted as (select unnest($entity_ids::varchar[]) as entity_id),
counted as (
    select
        entity_id,
        date_trunc('week', published_on)::date as period_start,
        count(*) filter (mention_count > 0) as article_count,
    from actor_articles
    semi join wanted using (entity_id)"""
    + IN_PERIOD
    + """
    group by all
)
select
    wanted.entity_id,
    list(coalesce(counted.article_count, 0) order by weeks.period_start) as article_counts,
    min(weeks.period_start) as first_week,
from weeks
cross join wanted
left join counted using (entity_id, period_start)
group by wanted.entity_id
"""
)


def top_actors(
    connection: duckdb.DuckDBPyConnection,
    period: Period,
    *,
    type: str | None = None,  # noqa: A002 - the column's name
    limit: int = 20,
) -> list[Row]:
    """Return the actors with the most articles in a period, each with its weekly article counts.

    `rank` counts within `type` if that is given. `share_of_articles` is the share of all articles
    in the period. `actor_total` and `article_total` are the same in every row. `weekly` holds one
    count per week, zeros included, from the Monday `weekly_from` to the last publication day of the
    period.
    """
    top = rows(connection, _TOP, {**period.parameters, "type": type, "limit": limit})
    ids = {"entity_ids": [row["entity_id"] for row in top]}
    weeks = {
        row["entity_id"]: row for row in rows(connection, _WEEKS, {**period.parameters, **ids})
    }
    for row in top:
        week = weeks.get(row["entity_id"], {})
        row["weekly_from"] = week.get("first_week")
        row["weekly"] = week.get("article_counts", [])
    return top


def timeline(
    connection: duckdb.DuckDBPyConnection,
    entity: Row,
    grain: Grain,
    from_day: date | None = None,
    to_day: date | None = None,
) -> list[Row]:
    """Return one row per period, zeros included, with the columns of the macro `actor_timeline`.

    By default it runs from the entity's first day to the last day of the warehouse, so recent
    silence shows as zeros. Empty if only undated articles mention the entity.
    """
    last = rows(connection, "select max(published_on) as last_day from article_metadata")[0][
        "last_day"
    ]
    from_day = from_day or entity["first_seen"]
    to_day = to_day or last
    if from_day is None or to_day is None or from_day > to_day:
        return []
    return rows(
        connection,
        "from actor_timeline($entity_id, $grain, from_day := $from_day, to_day := $to_day)"
        " order by period_start",
        {
            "entity_id": entity["entity_id"],
            "grain": grain,
            "from_day": from_day,
            "to_day": to_day,
        },
    )
