"""Loading a staged batch into schema `loaded`, in one transaction.

Belongs here: the rows of a batch, and the decision which article a text is a version of. Does not
belong here: opening the build file (`warehouse.build_db`), checks (`warehouse.checks`), writing
batches (`storage.staging`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Any

import duckdb
import pyarrow as pa

from etl.schema import tables as schema
from etl.storage import article_ids
from etl.storage.staged_batch import Batch
from etl.storage.staged_tables import (
    ARTICLES,
    STAGED_ARTICLES,
)
from etl.warehouse.build_db import counts, loaded_through, new_generation, transaction

_DECISIONS = pa.schema(
    {
        "sequence": pa.int64(),
        "item": pa.int32(),
        "article_id": pa.string(),
        "is_new_version": pa.bool_(),
        "is_new_article": pa.bool_(),
    }
)
"""What a load decides about each staged item."""

_MARK_STALE = """
insert into bookkeeping.unmodelled_articles
select distinct article_id, null::date from loaded_versions;

insert into bookkeeping.unchecked_versions select distinct content_sha256 from loaded_versions
"""
"""The days of these articles are those of their versions, which stay. Only corrections record days,
which an article may have left."""

_BODIES_AT_A_TIME = 1000
_NONE: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class LoadedBatch:
    """What loading a batch changed: counts of new rows, and the publication days touched."""

    has_changed: bool
    articles_new: int = 0
    versions_new: int = 0
    sources_new: int = 0
    touched_days: tuple[date, ...] = ()
    rows_new: dict[str, int] = field(default_factory=dict)


def load_batch(
    con: duckdb.DuckDBPyConnection, batch: Batch, kept: Mapping[str, str] = _NONE
) -> LoadedBatch:
    """Load one staged batch in one transaction; if anything fails, nothing of it is loaded.

    `kept` maps the id that a text would get to the one that it keeps since a reread. Raises
    StagingError if the batch is damaged.
    """
    batch.check()
    with transaction(con):
        is_ingest = batch.kind == "ingest"
        result = _load_articles(con, batch, kept) if is_ingest else _replace_extraction(con, batch)
        con.execute(
            "insert into bookkeeping.batches values (?, ?, ?)", [batch.name, batch.kind, batch.last]
        )
        con.execute(
            "insert into bookkeeping.touched_days select unnest(?::date[])",
            [list(result.touched_days)],
        )
        con.execute(_MARK_STALE)
        if result.has_changed:
            new_generation(con)
    return result


def _load_articles(
    con: duckdb.DuckDBPyConnection, batch: Batch, kept: Mapping[str, str]
) -> LoadedBatch:
    con.register("no_rows", STAGED_ARTICLES.empty_table())
    con.execute(  # `by name` fills columns that a batch of an older layout lacks with null
        "create or replace temp table staged as select * from no_rows union all by name "
        "select * from read_parquet(?) where sequence > ? order by sequence, item",
        [str(batch.file(ARTICLES)), loaded_through(con)["ingest"]],
    )
    con.unregister("no_rows")
    decisions = _identify(con, kept)
    con.register("decision_rows", decisions)
    con.execute("create or replace temp table decided as select * from decision_rows")
    con.unregister("decision_rows")
    con.execute(
        "create or replace temp table loaded_versions as select s.content_sha256, d.article_id "
        "from staged s join decided d using (sequence, item)"
    )
    before = counts(con)
    con.execute(
        f"""
        insert into loaded.article_versions by name
        select {_staged_columns(schema.ARTICLE_VERSIONS)}, d.article_id,
          s.sequence as first_sequence, s.archived_at as ingested_at
        from staged s join decided d using (sequence, item) where d.is_new_version
        """
    )
    con.execute(
        f"""
        insert into loaded.article_sources by name
        select {_staged_columns(schema.ARTICLE_SOURCES)}, d.article_id
        from staged s join decided d using (sequence, item)
        """
    )
    for table in schema.EXTRACTED:
        con.execute(
            f"""
            insert into loaded.{table.name} by name
            select t.* from read_parquet(?) t
            where t.content_sha256 in (
              select s.content_sha256 from staged s join decided d using (sequence, item)
              where d.is_new_version)
            """,
            [str(batch.file(table.name))],
        )
    after = counts(con)
    days = con.execute(
        "select distinct s.published_on from staged s join decided d using (sequence, item) "
        "where s.published_on is not null order by 1"
    ).fetchall()
    return LoadedBatch(
        has_changed=bool(decisions.num_rows),
        articles_new=_scalar(con, "select count(*) from decided where is_new_article"),
        versions_new=after["article_versions"] - before["article_versions"],
        sources_new=after["article_sources"] - before["article_sources"],
        touched_days=tuple(day for (day,) in days),
        rows_new={name: after[name] - before[name] for name in after},
    )


def _identify(con: duckdb.DuckDBPyConnection, kept: Mapping[str, str]) -> pa.Table:
    """Decide for each staged row, in manifest order, which article it is a version of.

    A text is compared with all earlier ones of its key, outlet and day, the latest first. If it
    were compared with the latest alone, a rebuild would decide differently once the article in
    between is forgotten. Only bodies under a key that occurs more than once are held in memory: a
    batch may be one file of a gigabyte. An id that a reread kept takes precedence over earlier
    texts: it was decided with the former reading of the same file at hand.
    """
    rows = _staged_rows(con, kept)
    of_reread = set(kept.values())
    earlier: dict[tuple[object, ...], list[tuple[str, str]]] = defaultdict(list)
    for key, outlet, day, article_id, body in con.execute(
        """
        select src.source_key, v.outlet, v.published_on, v.article_id, v.body
        from loaded.article_sources src join loaded.article_versions v using (content_sha256)
        where src.source_key in (select source_key from staged)
        order by src.sequence, src.item
        """
    ).fetchall():
        earlier[key, outlet, day].append((article_id, body))
    candidates = [row[-1] for row in rows]
    con.register("candidates", pa.table({"article_id": pa.array(candidates, pa.string())}))
    existing = {
        article_id
        for (article_id,) in con.execute(
            "select article_id from candidates semi join loaded.article_versions using (article_id)"
        ).fetchall()
    }
    con.unregister("candidates")

    versions: dict[str, str] = {}  # content_sha256 -> article_id, of this batch
    decisions = []
    for sequence, item, content, key, outlet, day, body, known, candidate in rows:
        before = earlier[key, outlet, day]
        chosen = known or versions.get(content)
        is_new_version = chosen is None
        is_new_article = False
        if chosen is None and (candidate in existing or candidate in of_reread):
            chosen, is_new_article = candidate, candidate not in existing
        if chosen is None:
            chosen = next(
                (i for i, b in reversed(before) if article_ids.is_version_of(b, body)), None
            )
        if chosen is None:
            chosen, is_new_article = candidate, True
        existing.add(chosen)
        versions[content] = chosen
        before.append((chosen, body))
        decisions.append((sequence, item, chosen, is_new_version, is_new_article))
    return pa.Table.from_pylist(
        [dict(zip(_DECISIONS.names, row, strict=True)) for row in decisions], _DECISIONS
    )


def _staged_rows(con: duckdb.DuckDBPyConnection, kept: Mapping[str, str]) -> list[tuple[Any, ...]]:
    """The staged rows in manifest order, with the article id that each would get if it is new."""
    found = con.execute(
        """
        select s.sequence, s.item, s.content_sha256, s.source_key, s.outlet, s.published_on,
          s.headline, s.body, known.article_id,
          count(*) over (partition by s.source_key) > 1
            or s.source_key in (select source_key from loaded.article_sources) as is_compared
        from staged s left join loaded.article_versions known using (content_sha256)
        order by s.sequence, s.item
        """
    )
    rows: list[tuple[Any, ...]] = []
    while fetched := found.fetchmany(_BODIES_AT_A_TIME):
        for *described, headline, body, known, is_compared in fetched:
            candidate = article_ids.article_id(described[4], described[5], headline, body)
            candidate = kept.get(candidate, candidate)
            rows.append((*described, body if is_compared else "", known, candidate))
    return rows


def _replace_extraction(con: duckdb.DuckDBPyConnection, batch: Batch) -> LoadedBatch:
    """Load a re-extraction: new rows for article versions that are loaded."""
    con.execute(
        "create or replace temp table redone as select content_sha256, extractor_version "
        "from read_parquet(?) semi join loaded.article_versions using (content_sha256)",
        [str(batch.file(ARTICLES))],
    )
    con.execute(
        "create or replace temp table loaded_versions as select content_sha256, article_id "
        "from loaded.article_versions semi join redone using (content_sha256)"
    )
    is_redone = "content_sha256 in (select content_sha256 from redone)"
    before = counts(con)
    for table in schema.EXTRACTED:
        con.execute(f"delete from loaded.{table.name} where {is_redone}")
        con.execute(
            f"insert into loaded.{table.name} by name select * from read_parquet(?) "
            f"where {is_redone}",
            [str(batch.file(table.name))],
        )
    con.execute(
        "update loaded.article_versions v set extractor_version = redone.extractor_version "
        "from redone where v.content_sha256 = redone.content_sha256"
    )
    days = con.execute(
        "select distinct published_on from loaded.article_versions "
        f"where {is_redone} and published_on is not null order by 1"
    ).fetchall()
    after = counts(con)
    return LoadedBatch(
        has_changed=bool(_scalar(con, "select count(*) from redone")),
        touched_days=tuple(day for (day,) in days),
        rows_new={name: after[name] - before[name] for name in after},
    )


def _staged_columns(table: schema.Table) -> str:
    staged = STAGED_ARTICLES.names
    return ", ".join(f"s.{column.name}" for column in table.columns if column.name in staged)


def _scalar(con: duckdb.DuckDBPyConnection, sql: str) -> int:
    row = con.execute(sql).fetchone()
    return int(row[0]) if row else 0
