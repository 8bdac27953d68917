"""Counts, samples and warnings for Dagster's metadata and checks.

Belongs here: small reads of the build database (by its one writer) and of the published file.
Does not belong here: the queries of the command line and the explorer (`etl.query`), and anything
that writes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import duckdb
import pandas as pd
import pyarrow as pa

from etl.query.published import open_published
from etl.schema import tables as schema
from etl.settings import Settings
from etl.warehouse import build_db


def loaded_counts(
    settings: Settings, tables: Sequence[schema.Table] = (*schema.INGESTED, schema.TEXT_LINKS)
) -> dict[str, int]:
    """Return the number of rows of each table."""
    with build_db.open_build(settings.build_file) as con:
        return build_db.counts(con, tables)


def loaded_sample(settings: Settings, table: schema.Table) -> pa.Table:
    """Return a few rows of a loaded table, without article text."""
    with build_db.open_build(settings.build_file) as con:
        return build_db.sample(con, table)


def model_counts(settings: Settings) -> dict[str, int]:
    """Return the number of rows of each dbt table by "schema.name"; views are not evaluated."""
    with build_db.open_build(settings.build_file) as con:
        return dict(
            con.execute(
                "select concat(schema_name, '.', table_name), estimated_size from duckdb_tables() "
                "where schema_name not in ('loaded', 'bookkeeping')"
            ).fetchall()
        )


def links_by_method(settings: Settings) -> dict[str, int]:
    """Return how many text actors each linking method linked."""
    with build_db.open_build(settings.build_file) as con:
        return dict(
            con.execute("select method, count(*) from loaded.actor_links group by 1").fetchall()
        )


@dataclass
class Overview:
    """Contents of the published file: row counts, articles by day, newest days, top actors."""

    row_counts: dict[str, int]
    days: pd.DataFrame
    newest_days: pa.Table
    actors: pd.DataFrame


def _row_counts(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Return the row counts of the four main relations, computed from tables.

    Counting the views `mentions` and `quotes` takes 4 s with a million articles.
    """
    ((mentions,),) = con.execute(
        "select coalesce(sum(mention_count), 0)::bigint from main.entities"
    ).fetchall()
    return {
        "articles": build_db.count(con, "main.article_metadata"),
        "entities": build_db.count(con, "main.entities"),
        "mentions": mentions,
        "quotes": build_db.count(con, "main.quote_attributions"),
    }


def published_overview(settings: Settings) -> Overview:
    """Return row counts, articles by day, the newest days and the 15 top actors by articles."""
    with open_published(settings) as con:
        days = con.execute(
            "select published_on, article_count from main.publication_days order by 1"
        ).df()
        return Overview(
            _row_counts(con),
            days,
            con.execute(
                "select published_on, article_count, articles_by_outlet "
                "from main.publication_days order by 1 desc limit 5"
            ).to_arrow_table(),
            con.execute(
                "select name, article_count from main.entities "
                "order by article_count desc, mention_count desc, name limit 15"
            ).df(),
        )


def articles_by_day(settings: Settings) -> dict[str, int]:
    """Return the number of published articles by ISO day; empty if nothing is published."""
    if not settings.published.exists():
        return {}
    with open_published(settings) as con:
        return {
            day.isoformat(): count
            for day, count in con.execute(
                "select published_on, article_count from main.publication_days"
            ).fetchall()
        }


def sudden_drops(settings: Settings) -> list[tuple[str, date, int, float]]:
    """Return outlets whose last full week has under half the median of the eight weeks before.

    Rows are (outlet, Monday of the week, articles in that week, median). A week is full once the
    warehouse holds an article from a later week. Outlets with a median under 2 are too small to
    judge.
    """
    if not settings.published.exists():
        return []
    with open_published(settings) as con:
        return con.execute(
            """
            with counts as (
              select outlet, date_trunc('week', published_on)::date as week, count(*) as articles
              from main.article_metadata
              where published_on is not null and outlet is not null group by all
            ), last_full as (
              select max(week) - 7 as week from counts
            ), grid as (
              select outlet, (last_full.week - 7 * n::integer)::date as week, n
              from (select distinct outlet from counts), last_full, range(9) as weeks(n)
            )
            select outlet, max(week), coalesce(max(articles) filter (n = 0), 0) as last_week,
              median(coalesce(articles, 0)) filter (n > 0) as usual
            from grid left join counts using (outlet, week)
            group by outlet having usual >= 2 and last_week < usual / 2 order by usual desc
            """
        ).fetchall()
