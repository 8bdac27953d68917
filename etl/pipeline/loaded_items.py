"""Loaded articles as rows of their files, to be compared with what readers read today.

Belongs here: the temporary tables over schema `loaded`, and a hash of what a reader decides. Does
not belong here: reading and comparing (`etl.pipeline.reread_plan`).
"""

from __future__ import annotations

import hashlib
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any, TypeAlias

import duckdb

from etl.domain import Article
from etl.schema import tables
from etl.storage.staged_tables import ReadArticle

Row: TypeAlias = dict[str, Any]


def prepare(con: duckdb.DuckDBPyConnection) -> None:
    """Create the temporary `loaded_items` and `redirects` of a build file or a published file."""
    con.execute(_statement(con))
    has_redirects = con.execute(_HAS_REDIRECTS).fetchone() is not None
    con.execute(_REDIRECTS if has_redirects else _NO_REDIRECTS)


_OF_SOURCE = ("item", "source_key", "source_path", "source_format", "content_sha256")
_IN_HASH = {"outlet", "authors", "headline", "published_on", "body", "source_format"}
_OF_VERSION = tuple(
    column.name
    for column in tables.ARTICLE_VERSIONS.columns
    if column.name in {field.name for field in fields(Article)} - _IN_HASH
)
"""What the hash of a version leaves out, such as its time, is that of its first source."""


def _statement(con: duckdb.DuckDBPyConnection) -> str:
    """Return the statement that makes the temporary table `loaded_items`.

    Columns that a file of an older version lacks are null.
    """
    found = con.execute(
        "select column_name from duckdb_columns() "
        "where schema_name = 'loaded' and table_name = 'article_versions'"
    )
    known = {name for (name,) in found.fetchall()}
    values = ", ".join(f"v.{n}" if n in known else f"null as {n}" for n in _OF_VERSION)
    return f"""
    create or replace temp table loaded_items as
    select s.sequence, s.item, s.source_key, s.source_path, s.source_format, s.content_sha256,
      s.article_id, v.headline, {values},
      row_number() over (partition by content_sha256 order by s.sequence, s.item) = 1 as is_first
    from loaded.article_sources s join loaded.article_versions v using (content_sha256)
    """


_HAS_REDIRECTS = """
from duckdb_tables() where schema_name = 'loaded' and table_name = 'article_redirects'
"""
"""An older version published none."""
_REDIRECTS = "create or replace temp view redirects as from loaded.article_redirects"
_NO_REDIRECTS = """
create or replace temp view redirects as select '' as old_article_id, '' as article_id where false
"""


def row_of(read: ReadArticle, *, is_first: bool) -> Row:
    """Return an article that was read as a row; `is_first`: it is the first source of its text."""
    return {
        "item": read.item,
        "source_key": read.source_key,
        "source_path": read.source_path,
        "source_format": read.article.source_format,
        "content_sha256": read.content_sha256,
        "is_first": is_first,
        **{name: getattr(read.article, name) for name in _OF_VERSION},
    }


def digest(row: Row) -> bytes:
    """Return a hash of the values of a loaded or a read article that its reader decides."""
    names = (*_OF_SOURCE, *_OF_VERSION) if row["is_first"] else _OF_SOURCE
    # Null means "not cut" in rows of before the column.
    values = [row[name] or None for name in names]
    values = [v.astimezone(UTC).isoformat() if isinstance(v, datetime) else v for v in values]
    return hashlib.sha256(repr(values).encode()).digest()
