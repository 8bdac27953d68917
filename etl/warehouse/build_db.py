"""The build database: schema `loaded`, one transaction a batch, and what a load decides.

Belongs here: opening the build file, loading staged batches, deciding which article a text is a
version of. Does not belong here: checks (`store.checks`), schema `main` (dbt), publishing.

Only one process may open the build file, and only while it holds the writer lock (`store.writer`).
"""

from __future__ import annotations

import shutil
import uuid
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from etl.errors import NewsactorsError
from etl.schema import tables as schema
from etl.storage import article_ids
from etl.storage.staged_batch import KINDS, Batch
from etl.storage.staged_tables import ARTICLES, STAGED_ARTICLES, layout

_BOOKKEEPING = """
create schema if not exists loaded;
create schema if not exists bookkeeping;
create table if not exists bookkeeping.batches (
  name varchar not null, kind varchar not null, last_sequence bigint not null);
create table if not exists bookkeeping.touched_days (published_on date not null);
create table if not exists bookkeeping.uncorrected_links (text_actor_id varchar not null);
create table if not exists bookkeeping.unmodelled_actors (entity_id varchar not null);
create table if not exists bookkeeping.unmodelled_articles (
  article_id varchar not null, published_on date);
create table if not exists bookkeeping.unchecked_versions (content_sha256 varchar not null);
create table if not exists bookkeeping.properties (
  property varchar not null, value varchar not null);
create table if not exists bookkeeping.stories (
  story_id varchar not null, sequence bigint not null, item integer not null);
create table if not exists bookkeeping.story_signatures (
  content_sha256 varchar not null, article_id varchar not null, sequence bigint not null,
  item integer not null, published_on date, bands uinteger[] not null);
"""
"""Schema `bookkeeping` is what runs note for themselves; a snapshot has it, being a copy."""
LINKS_NOTED = "uncorrected_links_noted"
"""Property, not empty: since corrections were applied no links changed but the noted ones."""


_DECIDED = pa.schema(
    {
        "sequence": pa.int64(),
        "item": pa.int32(),
        "article_id": pa.string(),
        "is_new_version": pa.bool_(),
        "is_new_article": pa.bool_(),
    }
)
"""What a load decides about each staged item."""

_LOADED = """
insert into bookkeeping.unmodelled_articles
select distinct article_id, null::date from loaded_versions;

insert into bookkeeping.unchecked_versions select distinct content_sha256 from loaded_versions
"""
"""Their days are those of their versions, which stay; corrections note days that are gone."""
_CHECKED_WHOLE = "checked_whole"
"""Property: that all was checked once, so that only what came since is not."""
_SHARE_UNCHECKED = 0.1
"""Of all versions: with more of them all are checked."""

_MEMORY = "2GB"
"""What DuckDB may hold; the rest goes to a folder beside the build file. Where that does not do,
models are left to dbt, which takes what the machine has."""
_ROWS_AT_A_TIME = 100_000
_BODIES_AT_A_TIME = 1000


class BuildError(NewsactorsError):
    """The build database cannot be used; the message says why and what to do."""


class DamagedError(BuildError):
    """The build database cannot be opened: it is damaged, or open elsewhere."""


class NewerLayoutError(BuildError):
    """The build database is of a newer version, which this one leaves alone."""


class OldLayoutError(BuildError):
    """The build database is of an older version: it is to be removed and loaded anew."""


@dataclass(frozen=True)
class Loaded:
    """What loading did: counts of new rows, and the publication days that were touched."""

    has_changed: bool
    articles_new: int = 0
    versions_new: int = 0
    sources_new: int = 0
    touched_days: tuple[date, ...] = ()
    rows_new: dict[str, int] = field(default_factory=dict)


def open_build(path: Path) -> duckdb.DuckDBPyConnection:
    """Open the build file for writing, making it and its tables where they do not exist.

    Raises BuildError where the file is of another version, damaged, or open elsewhere.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        wal_of(path).unlink(missing_ok=True)  # else the log of a removed file is replayed into this
    try:
        con = duckdb.connect(str(path))
    except duckdb.Error as error:
        raise DamagedError(
            f"cannot open the build database {path}: {error}. Close what has it open; if it is "
            "damaged, `newsactors doctor --repair` makes it again from what is staged"
        ) from error
    con.execute("set TimeZone = 'UTC'")
    con.execute(f"set memory_limit = '{_MEMORY}'")
    version = _version(con)
    if version is not None and version != schema.SCHEMA_VERSION:
        con.close()
        here = f"{path} has layout {version}, this newsactors writes layout {schema.SCHEMA_VERSION}"
        if version > schema.SCHEMA_VERSION:
            raise NewerLayoutError(f"{here}: update newsactors; nothing was changed")
        raise OldLayoutError(f"{here}; the next `newsactors ingest` makes it again")
    con.execute(_BOOKKEEPING)
    for table in schema.TABLES:
        con.execute(table.ddl)
    if version is None:
        with transaction(con):
            set_property(con, "schema_version", str(schema.SCHEMA_VERSION))
            new_generation(con)
    return con


def _version(con: duckdb.DuckDBPyConnection) -> int | None:
    """The layout that a build file says it has, None for a new one."""
    if not con.execute(
        "select 1 from duckdb_tables() where schema_name = 'bookkeeping' "
        "and table_name = 'properties'"
    ).fetchone():
        return None
    version = get_property(con, "schema_version")
    return None if version is None else int(version)


def wal_of(path: Path) -> Path:
    """The write-ahead log that DuckDB keeps beside a file that is open, or was when killed."""
    return path.with_name(f"{path.name}.wal")


def remove_build(path: Path) -> None:
    """Remove the build file, to be made again from staging."""
    path.unlink(missing_ok=True)
    wal_of(path).unlink(missing_ok=True)
    shutil.rmtree(path.with_name(f"{path.name}.tmp"), ignore_errors=True)  # what a query spilled


class transaction:  # noqa: N801 - reads as a statement
    """`with transaction(con):` commits at the end, rolls back on an exception."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self.con = con

    def __enter__(self) -> None:
        self.con.execute("begin")

    def __exit__(self, kind: object, *_: object) -> None:
        self.con.execute("commit" if kind is None else "rollback")


def get_property(con: duckdb.DuckDBPyConnection, name: str) -> str | None:
    """A property of the build file, None where it was never set."""
    row = con.execute(
        "select value from bookkeeping.properties where property = ?", [name]
    ).fetchone()
    return row[0] if row else None


def set_property(con: duckdb.DuckDBPyConnection, name: str, value: str) -> None:
    """Set a property of the build file."""
    con.execute("delete from bookkeeping.properties where property = ?", [name])
    con.execute("insert into bookkeeping.properties values (?, ?)", [name, value])


def new_generation(con: duckdb.DuckDBPyConnection) -> None:
    """Mark that what is loaded has changed, so that models and publish are due."""
    set_property(con, "generation", uuid.uuid4().hex)


def loaded_through(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """By kind, the highest number of a batch that is loaded: for 'ingest' a manifest sequence."""
    loaded = con.execute(
        "select kind, max(last_sequence) from bookkeeping.batches group by 1"
    ).fetchall()
    return dict.fromkeys(KINDS, 0) | dict(loaded)


def pending(con: duckdb.DuckDBPyConnection, batches: Sequence[Batch]) -> list[Batch]:
    """The staged batches that are not loaded yet, in order."""
    through = loaded_through(con)
    return [b for b in batches if b.last > through[b.kind]]


def load(con: duckdb.DuckDBPyConnection, batch: Batch) -> Loaded:
    """Load one staged batch in one transaction; nothing of it is visible if anything fails.

    Raises StagingError where the batch is damaged.
    """
    batch.check()
    with transaction(con):
        result = _load_ingested(con, batch) if batch.kind == "ingest" else _reload(con, batch)
        con.execute(
            "insert into bookkeeping.batches values (?, ?, ?)", [batch.name, batch.kind, batch.last]
        )
        con.execute(
            "insert into bookkeeping.touched_days select unnest(?::date[])",
            [list(result.touched_days)],
        )
        con.execute(_LOADED)
        if result.has_changed:
            new_generation(con)
    return result


def unchecked(con: duckdb.DuckDBPyConnection) -> list[str] | None:
    """The article versions that came since all was checked; None where all is to be checked.

    So it is where nothing came: then somebody wants to know.
    """
    found = [
        content
        for (content,) in con.execute(
            "select distinct content_sha256 from bookkeeping.unchecked_versions order by all"
        ).fetchall()
    ]
    is_few = len(found) <= _SHARE_UNCHECKED * count(con, "loaded.article_versions")
    return found if found and is_few and get_property(con, _CHECKED_WHOLE) else None


def all_is_checked(con: duckdb.DuckDBPyConnection) -> None:
    """Note that all that is loaded was checked."""
    con.execute("delete from bookkeeping.unchecked_versions")
    set_property(con, _CHECKED_WHOLE, "true")


def _load_ingested(con: duckdb.DuckDBPyConnection, batch: Batch) -> Loaded:
    con.execute(
        "create or replace temp table staged as select * from read_parquet(?) where sequence > ? "
        "order by sequence, item",
        [str(batch.file(ARTICLES)), loaded_through(con)["ingest"]],
    )
    decided = _identify(con)
    con.register("decided_rows", decided)
    con.execute("create or replace temp table decided as select * from decided_rows")
    con.unregister("decided_rows")
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
    return Loaded(
        has_changed=bool(decided.num_rows),
        articles_new=_scalar(con, "select count(*) from decided where is_new_article"),
        versions_new=after["article_versions"] - before["article_versions"],
        sources_new=after["article_sources"] - before["article_sources"],
        touched_days=tuple(day for (day,) in days),
        rows_new={name: after[name] - before[name] for name in after},
    )


def _identify(con: duckdb.DuckDBPyConnection) -> pa.Table:
    """Decide for each staged row, in manifest order, which article it is a version of.

    A text is compared with all earlier ones of its key, outlet and day, the latest first: were it
    the latest alone, forgetting the article in between would change what a rebuild decides. Only
    bodies under a key that comes more than once are held: a batch may be one file of a gigabyte.
    """
    rows = _staged_rows(con)
    earlier: dict[tuple[object, ...], list[tuple[str, str]]] = defaultdict(list)
    for key, outlet, day, chosen, body in con.execute(
        """
        select src.source_key, v.outlet, v.published_on, v.article_id, v.body
        from loaded.article_sources src join loaded.article_versions v using (content_sha256)
        where src.source_key in (select source_key from staged)
        order by src.sequence, src.item
        """
    ).fetchall():
        earlier[key, outlet, day].append((chosen, body))
    candidates = [row[-1] for row in rows]
    con.register("candidates", pa.table({"article_id": pa.array(candidates, pa.string())}))
    existing = {
        i
        for (i,) in con.execute(
            "select article_id from candidates semi join loaded.article_versions using (article_id)"
        ).fetchall()
    }
    con.unregister("candidates")

    versions: dict[str, str] = {}  # content_sha256 -> article_id, of this batch
    decided = []
    for sequence, item, content, key, outlet, day, body, known, candidate in rows:
        before = earlier[key, outlet, day]
        chosen = known or versions.get(content)
        is_new_version = chosen is None
        if chosen is None and candidate in existing:
            chosen = candidate
        if chosen is None:
            chosen = next(
                (i for i, b in reversed(before) if article_ids.is_version_of(b, body)), None
            )
        is_new_article = chosen is None
        chosen = chosen or candidate
        existing.add(chosen)
        versions[content] = chosen
        before.append((chosen, body))
        decided.append((sequence, item, chosen, is_new_version, is_new_article))
    return pa.Table.from_pylist(
        [dict(zip(_DECIDED.names, d, strict=True)) for d in decided], _DECIDED
    )


def _staged_rows(con: duckdb.DuckDBPyConnection) -> list[tuple[Any, ...]]:
    """The staged rows in manifest order: what they are known by, and the id each would be given."""
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
    while some := found.fetchmany(_BODIES_AT_A_TIME):
        for *named, headline, body, known, is_compared in some:
            candidate = article_ids.article_id(named[4], named[5], headline, body)
            rows.append((*named, body if is_compared else "", known, candidate))
    return rows


def _reload(con: duckdb.DuckDBPyConnection, batch: Batch) -> Loaded:
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
    return Loaded(
        has_changed=bool(_scalar(con, "select count(*) from redone")),
        touched_days=tuple(day for (day,) in days),
        rows_new={name: after[name] - before[name] for name in after},
    )


def extraction_of(
    con: duckdb.DuckDBPyConnection, name: str, contents: pa.Array
) -> Iterator[pa.Table]:
    """What is loaded for these article versions, as the staged table of a re-extraction."""
    columns = layout(name)
    yield columns.empty_table()
    con.register("wanted", pa.table({"content_sha256": contents}))
    loaded = "article_versions" if name == ARTICLES else name
    reader = con.execute(
        f"select {', '.join(columns.names)} from loaded.{loaded} "
        "semi join wanted using (content_sha256)"
    ).to_arrow_reader(_ROWS_AT_A_TIME)
    for batch in reader:
        yield pa.Table.from_batches([batch]).cast(columns)
    con.unregister("wanted")


def hashes_of(con: duckdb.DuckDBPyConnection, article_id: str) -> tuple[list[str], list[str]]:
    """The hashes of an article's versions, and of archived bytes that hold nothing else."""
    versions = con.execute(
        "select content_sha256 from loaded.article_versions where article_id = ?", [article_id]
    ).fetchall()
    sources = con.execute(
        "select source_sha256 from loaded.article_sources group by 1 "
        "having bool_and(article_id = ?)",
        [article_id],
    ).fetchall()
    return [sha for (sha,) in versions], [sha for (sha,) in sources]


def _staged_columns(table: schema.Table) -> str:
    staged = STAGED_ARTICLES.names
    return ", ".join(f"s.{column.name}" for column in table.columns if column.name in staged)


def counts(
    con: duckdb.DuckDBPyConnection, tables: Sequence[schema.Table] = schema.INGESTED
) -> dict[str, int]:
    """The number of rows of each loaded table."""
    return {t.name: count(con, f"loaded.{t.name}") for t in tables}


def count(con: duckdb.DuckDBPyConnection, relation: str) -> int:
    """The number of rows of a relation (a name of ours, not a user's)."""
    return _scalar(con, f"select count(*) from {relation}")


_TEXT_COLUMNS = {"headline", "body", "text", "surface", "name", "speaker_surface", "authors"}


def sample(con: duckdb.DuckDBPyConnection, table: schema.Table, rows: int = 5) -> pa.Table:
    """A few rows without what articles say, so that it may be kept where `forget` cannot reach."""
    columns = ", ".join(c.name for c in table.columns if c.name not in _TEXT_COLUMNS)
    return con.execute(f"select {columns} from loaded.{table.name} limit {rows}").to_arrow_table()


def _scalar(con: duckdb.DuckDBPyConnection, sql: str) -> int:
    row = con.execute(sql).fetchone()
    return int(row[0]) if row else 0
