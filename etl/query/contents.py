"""What the published file contains: totals, and the articles that one run added.

Belongs here: the SQL of `newsactors status`, and of the notes after an ingest.
Does not belong here: contents as Dagster metadata (`etl.query.overview`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from etl.query.published import Row, open_published, rows
from etl.settings import Settings


@dataclass(frozen=True)
class Contents:
    """Totals of the published file; `properties` is the table `warehouse_info`."""

    articles: int
    undated: int
    truncated: int | None
    """Articles of which the source gives only the beginning; None if an older version published."""
    entities: int
    mentions: int
    quotes: int
    outlets: int
    first_day: date | None
    last_day: date | None
    properties: dict[str, str]


_TOTALS = """
select count(*) as articles, count(*) filter (published_on is null) as undated,
  (select count(*) from main.entities) as entities,
  (select count(*) from main.mentions) as mentions,
  (select count(*) from main.quotes) as quotes, count(distinct outlet) as outlets,
  min(published_on) as first_day, max(published_on) as last_day
from main.articles
"""
_TRUNCATED = "select count(*) filter (is_truncated) as truncated from main.articles"
_HAS_TRUNCATED = """
select 1 from duckdb_columns()
where database_name = current_database() and schema_name = 'main'
  and table_name = 'articles' and column_name = 'is_truncated'
"""


def published_contents(settings: Settings) -> Contents | None:
    """Return the totals of the published file; None if nothing is published."""
    if not settings.published.exists():
        return None
    with open_published(settings) as con:
        (totals,) = rows(con, _TOTALS)
        cut = rows(con, _TRUNCATED) if rows(con, _HAS_TRUNCATED) else [{"truncated": None}]
        properties = rows(con, "select property, value from main.warehouse_info")
    return Contents(
        **totals, **cut[0], properties={row["property"]: row["value"] for row in properties}
    )


def copies_read(settings: Settings, run_id: str) -> int:
    """Return how many items a run read whose text was that of another one."""
    found = _of_run(
        settings,
        run_id,
        "select (select count(*) from main.article_sources where run_id = $run_id) - "
        "(select count(*) from main.article_versions where run_id = $run_id) as copies",
    )
    return sum(max(0, row["copies"]) for row in found)


def undated_sources(settings: Settings, run_id: str) -> list[str]:
    """Return the source paths of the undated articles that a run added, sorted."""
    found = _of_run(
        settings,
        run_id,
        "select source_path from main.articles "
        "where run_id = $run_id and published_on is null order by 1",
    )
    return [row["source_path"] for row in found]


def foreign_counts(settings: Settings, run_id: str) -> dict[str, int]:
    """Return how many articles in languages other than English a run added, by language."""
    found = _of_run(
        settings,
        run_id,
        "select language, count(*) as article_count from main.articles "
        "where run_id = $run_id and language <> 'en' group by 1 order by 2 desc, 1",
    )
    return {row["language"]: row["article_count"] for row in found}


def _of_run(settings: Settings, run_id: str, query: str) -> list[Row]:
    """Return the rows of a query about one run; none if nothing is published."""
    if not settings.published.exists():
        return []
    with open_published(settings) as con:
        return rows(con, query, {"run_id": run_id})
