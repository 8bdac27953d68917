"""The published file: opening it, its tables, and rows of queries.

Belongs here: what every reader of the published file needs, and its errors.
Does not belong here: the questions themselves (`etl.query.names`, `etl.query.timelines`,
`etl.query.quotes`, `etl.query.actors`), rows on their way into a file (`etl.query.export`), layout
(`etl.cli.tables`, `etl.explorer.rendering`), and writing to the warehouse.

Values travel as parameters, never inside SQL text. The one identifier that comes from a user, a
table name to export, is looked up in the catalog first.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import duckdb

from etl.errors import NewsactorsError, first_line
from etl.settings import Settings
from etl.warehouse import archive_link
from etl.warehouse.snapshot_connection import connect_snapshot

_LOG = logging.getLogger(__name__)

Row = dict[str, Any]
"""A row of a query: values by the column names of the table contract."""


class ReadError(NewsactorsError):
    """The published file can't answer the question; the message says what to do."""


class NotPublishedError(ReadError):
    """There is no published file, or it can't be opened."""


def open_published(
    settings: Settings, *, readable: Path | None = None, memory: str | None = None
) -> duckdb.DuckDBPyConnection:
    """Return a read-only, locked-down connection to the published file (see `connect_snapshot`).

    Logs a warning if the archive is not the one that the file was made from. Raises
    NotPublishedError if there is no published file, or this DuckDB can't read it, and ReadError if
    this process has it open for writing.
    """
    path = settings.published
    if not path.exists():
        raise NotPublishedError(
            f"no published warehouse at {path}: run `newsactors ingest` to create it "
            "(NEWSACTORS_HOME sets the folder)"
        )
    try:
        con = connect_snapshot(path.resolve(), settings.time_zone, readable=readable, memory=memory)
        if archive_link.is_of_another_archive(settings, con):
            _LOG.warning(
                "%s is not the archive that the published file was made from; "
                "`newsactors doctor` says what is missing", settings.raw,
            )  # fmt: skip
        return con
    except duckdb.ConnectionException as error:
        raise ReadError(f"this process has {path} open for writing: close it") from error
    except duckdb.Error as error:
        raise NotPublishedError(
            f"cannot read {path} ({first_line(error).rstrip('!')}). `newsactors doctor` says what "
            "is damaged; `newsactors doctor --repair` restores it"
        ) from error


def rows(
    connection: duckdb.DuckDBPyConnection, sql: str, parameters: Row | None = None
) -> list[Row]:
    """Return all rows of one of our own queries.

    Raises NotPublishedError if another version of newsactors published the file without the tables
    or columns that the query needs.
    """
    if parameters:
        parameters = {
            name: as_utf8(value) if isinstance(value, str) else value
            for name, value in parameters.items()
        }
    try:
        cursor = connection.execute(sql, parameters)
    except (duckdb.CatalogException, duckdb.BinderException) as error:
        raise NotPublishedError(
            f"another version of newsactors published this file ({first_line(error)}): "
            "run `newsactors ingest` to publish again"
        ) from error
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]


def as_utf8(argument: str) -> str:
    """Return an argument of a command line as UTF-8, in whatever encoding Python has read it.

    With LC_ALL=POSIX Python keeps each byte of "Ł" as a surrogate, which DuckDB does not take.
    """
    if argument.isascii():
        return argument
    return argument.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


_RELATIONS = """
select table_name as name
from information_schema.tables
where table_catalog = current_database() and table_schema = 'main'
order by name
"""


def relations(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Return the names of the published tables and views, sorted."""
    return [row["name"] for row in rows(connection, _RELATIONS)]


def row_counts(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Return the number of rows of every published table and view."""
    return {
        name: rows(connection, f"select count(*) as n from main.{identifier(name)}")[0]["n"]
        for name in relations(connection)
    }


def identifier(name: str) -> str:
    """Return a name from the catalog as a quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'
