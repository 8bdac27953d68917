"""Tools that list every table of the file can tell which are meant for people."""

from __future__ import annotations

from pathlib import Path

from etl.warehouse import build_db
from etl.warehouse.internal_relations import MARK, mark_internal


def test_relations_outside_main_are_marked_once_and_keep_their_description(tmp_path: Path) -> None:
    with build_db.open_build(tmp_path / "news.duckdb") as con:
        con.execute("create schema staging; create view staging.it as select 1 as one")
        con.execute("comment on view staging.it is 'One row, it''s all.'")
        con.execute("create table main.people as select 1 as one")
        con.execute("comment on table main.people is 'One row per person.'")
        assert mark_internal(con) > 20
        comments = dict(
            con.execute(
                "select schema_name || '.' || table_name, comment from duckdb_tables() union all "
                "select schema_name || '.' || view_name, comment from duckdb_views() "
                "where not internal"
            ).fetchall()
        )
        assert mark_internal(con) == 0
    assert comments.pop("main.people") == "One row per person."
    assert comments["staging.it"] == f"{MARK} One row, it's all."
    assert {"loaded.text_mentions", "bookkeeping.batches"} <= set(comments)
    assert all(comment.startswith(MARK) for comment in comments.values())
