"""Comments that mark the relations of internal schemas, for tools that list all tables of a file.

Belongs here: these comments. Does not belong here: descriptions of published tables (dbt persists
them, `sql/models/**/*.yml`).

DuckDB can neither hide a schema nor comment on one (1.2 to 2.0.1), and SQLAlchemy lists the tables
of all schemas unless a schema is named. So each table and view outside `main` says what it is.
"""

from __future__ import annotations

import duckdb

MARK = "Internal, may change in any version; use schema main."

_UNMARKED = """
select 'table' as kind, schema_name, table_name as name, comment from duckdb_tables()
where database_name = current_database() and not internal
union all
select 'view', schema_name, view_name, comment from duckdb_views()
where database_name = current_database() and not internal
"""


def mark_internal(con: duckdb.DuckDBPyConnection) -> int:
    """Mark the relations outside schema `main` that are not marked; return how many were.

    A build by dbt writes its own comments, so the first publish after it marks about 60.
    """
    unmarked = con.execute(
        f"from ({_UNMARKED}) where schema_name <> 'main' "
        "and not starts_with(coalesce(comment, ''), $mark) order by all",
        {"mark": MARK},
    ).fetchall()
    for kind, schema, name, comment in unmarked:
        text = " ".join(f"{MARK} {comment or ''}".split()).replace("'", "''")
        con.execute(f"""comment on {kind} "{schema}"."{name}" is '{text}'""")
    return len(unmarked)
