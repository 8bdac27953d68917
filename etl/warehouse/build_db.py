"""The build database: opening it, its properties, and what is loaded in it.

Belongs here: the connection to the build file, its layout, and queries over schemas `loaded` and
`bookkeeping` that several modules need. Does not belong here: loading a batch
(`warehouse.load_batch`), checks (`warehouse.checks`), schema `main` (dbt), publishing
(`warehouse.publish`).

Only one process may open the build file, and only while it holds the writer lock
(`storage.writer_lock`).
"""

from __future__ import annotations

import re
import shutil
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb
import pyarrow as pa

from etl.errors import NewsactorsError
from etl.schema import tables as schema
from etl.storage.staged_batch import KINDS, Batch
from etl.storage.staged_tables import ARTICLES, layout

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
"""Schema `bookkeeping` holds what runs record for later runs. Snapshots have it too, as copies."""
_BOOKKEEPING_TABLES = frozenset(re.findall(r"create table if not exists (\S+)", _BOOKKEEPING))
LINKS_NOTED = "uncorrected_links_noted"
"""Property: if not empty, all links that changed since corrections were applied are recorded."""
_CHECKED_WHOLE = "checked_whole"
"""Property: all loaded data was checked once, so only what was loaded since is unchecked."""
_SHARE_UNCHECKED = 0.1
"""If more than this share of all versions is unchecked, check all."""

_MEMORY = "2GB"
"""DuckDB's memory limit; it spills the rest to a folder beside the build file. If a refresh of the
models cannot do with it, dbt runs instead, which takes what the machine has."""
_ROWS_AT_A_TIME = 100_000


class BuildError(NewsactorsError):
    """The build database cannot be used; the message says why and what to do."""


class DamagedError(BuildError):
    """The build database cannot be opened: it is damaged, or open elsewhere."""


class NewerLayoutError(BuildError):
    """A newer version of newsactors wrote the build database; this version must not change it."""


class OldLayoutError(BuildError):
    """An older version wrote the build database: remove it and load everything again."""


def open_build(path: Path) -> duckdb.DuckDBPyConnection:
    """Open the build file for writing; create it and its tables if they do not exist.

    Raises BuildError if the file is of another version, damaged, or open elsewhere.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        # Otherwise DuckDB replays the log of a removed file into the new one.
        wal_of(path).unlink(missing_ok=True)
    try:
        con = duckdb.connect(str(path))
    except duckdb.Error as error:
        raise DamagedError(
            f"cannot open the build database {path}: {error}. Close what has it open; if it is "
            "damaged, `newsactors doctor --repair` rebuilds it from staging"
        ) from error
    con.execute("set TimeZone = 'UTC'")
    con.execute(f"set memory_limit = '{_MEMORY}'")
    existing = _tables(con)
    version = _version(con, existing)
    if version is not None and version != schema.SCHEMA_VERSION:
        con.close()
        here = f"{path} has layout {version}, this newsactors writes layout {schema.SCHEMA_VERSION}"
        if version > schema.SCHEMA_VERSION:
            raise NewerLayoutError(f"{here}: update newsactors; nothing was changed")
        raise OldLayoutError(f"{here}; the next `newsactors ingest` rebuilds it")
    wanted = {*_BOOKKEEPING_TABLES, *(f"loaded.{table.name}" for table in schema.TABLES)}
    if not wanted <= existing:  # the statements would take 13 of 47 ms
        con.execute(_BOOKKEEPING)
        for table in schema.TABLES:
            con.execute(table.ddl)
    if version is None:
        with transaction(con):
            set_property(con, "schema_version", str(schema.SCHEMA_VERSION))
            new_generation(con)
    return con


def _tables(con: duckdb.DuckDBPyConnection) -> set[str]:
    """The names of all tables, each with its schema."""
    found = con.execute("select concat(schema_name, '.', table_name) from duckdb_tables()")
    return {name for (name,) in found.fetchall()}


def _version(con: duckdb.DuckDBPyConnection, existing: set[str]) -> int | None:
    """The layout version recorded in a build file, None for a new file."""
    if "bookkeeping.properties" not in existing:
        return None
    version = get_property(con, "schema_version")
    return None if version is None else int(version)


def wal_of(path: Path) -> Path:
    """The write-ahead log beside a DuckDB file that is open, or whose process was killed."""
    return path.with_name(f"{path.name}.wal")


def remove_build(path: Path) -> None:
    """Remove the build file, so that the next run rebuilds it from staging."""
    path.unlink(missing_ok=True)
    wal_of(path).unlink(missing_ok=True)
    shutil.rmtree(path.with_name(f"{path.name}.tmp"), ignore_errors=True)  # spilled by a query


class transaction:  # noqa: N801 - reads as a statement
    """`with transaction(con):` commits at the end, rolls back on an exception."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self.con = con

    def __enter__(self) -> None:
        self.con.execute("begin")

    def __exit__(self, kind: object, *_: object) -> None:
        self.con.execute("commit" if kind is None else "rollback")


def get_property(con: duckdb.DuckDBPyConnection, name: str) -> str | None:
    """A property of the build file, None if it was never set."""
    row = con.execute(
        "select value from bookkeeping.properties where property = ?", [name]
    ).fetchone()
    return row[0] if row else None


def set_property(con: duckdb.DuckDBPyConnection, name: str, value: str) -> None:
    """Set a property of the build file."""
    con.execute("delete from bookkeeping.properties where property = ?", [name])
    con.execute("insert into bookkeeping.properties values (?, ?)", [name, value])


def new_generation(con: duckdb.DuckDBPyConnection) -> None:
    """Record that loaded data changed, which makes models and publish due."""
    set_property(con, "generation", uuid.uuid4().hex)


def loaded_through(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """By kind of batch, the highest number loaded; for 'ingest' a manifest sequence."""
    loaded = con.execute(
        "select kind, max(last_sequence) from bookkeeping.batches group by 1"
    ).fetchall()
    return dict.fromkeys(KINDS, 0) | dict(loaded)


def pending(con: duckdb.DuckDBPyConnection, batches: Sequence[Batch]) -> list[Batch]:
    """The staged batches that are not loaded yet, in order."""
    through = loaded_through(con)
    return [b for b in batches if b.last > through[b.kind]]


def unchecked(con: duckdb.DuckDBPyConnection) -> list[str] | None:
    """The article versions loaded since all data was checked; None if all data must be checked.

    All data is also checked if nothing was loaded since: then somebody asked for a check.
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
    """Record that all loaded data was checked."""
    con.execute("delete from bookkeeping.unchecked_versions")
    set_property(con, _CHECKED_WHOLE, "true")


def extraction_of(
    con: duckdb.DuckDBPyConnection, name: str, contents: pa.Array
) -> Iterator[pa.Table]:
    """The loaded rows of these article versions, as a staged table of a re-extraction.

    Yields chunks of rows, at least one, which may be empty.
    """
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


def counts(
    con: duckdb.DuckDBPyConnection, tables: Sequence[schema.Table] = schema.INGESTED
) -> dict[str, int]:
    """The number of rows of each loaded table."""
    return {t.name: count(con, f"loaded.{t.name}") for t in tables}


def count(con: duckdb.DuckDBPyConnection, relation: str) -> int:
    """The number of rows of a relation. Its name goes into the SQL: never pass user input."""
    row = con.execute(f"select count(*) from {relation}").fetchone()
    return int(row[0]) if row else 0


_TEXT_COLUMNS = {"headline", "body", "text", "surface", "name", "speaker_surface", "authors"}


def sample(con: duckdb.DuckDBPyConnection, table: schema.Table, rows: int = 5) -> pa.Table:
    """A few rows without text from articles, safe to keep where `forget` cannot reach."""
    columns = ", ".join(c.name for c in table.columns if c.name not in _TEXT_COLUMNS)
    return con.execute(f"select {columns} from loaded.{table.name} limit {rows}").to_arrow_table()
