"""The file is read under its own name, under another, and attached: every relation must resolve."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest

from .conftest import TSELENSKYY, Warehouse

DECOYS = "create schema loaded; create table articles (decoy integer);"


@pytest.fixture
def moved(warehouse: Warehouse, tmp_path: Path) -> Path:
    """The file under a name that it was not built with."""
    file = tmp_path / "elsewhere.duckdb"
    shutil.copy(warehouse.file, file)
    return file


def relations(connection: duckdb.DuckDBPyConnection, database: str) -> list[str]:
    """Every table and view of a database, as schema.name."""
    rows = connection.execute(
        """
        select table_schema || '.' || table_name from information_schema.tables
        where table_catalog = ? order by all
        """,
        [database],
    ).fetchall()
    return [name for (name,) in rows]


def test_every_relation_is_read_under_any_alias(warehouse: Warehouse, moved: Path) -> None:
    with duckdb.connect(warehouse.file, read_only=True) as news:
        names = relations(news, "news")
        expected = {name: news.execute(f"from {name} order by all").fetchall() for name in names}
    assert {"main.articles", "main.mentions", "main.actor_daily", "loaded.text_quotes"} <= set(
        names
    )
    with duckdb.connect() as session:
        # Tables of the same names in the session's own database must not be taken instead.
        session.execute(DECOYS)
        session.execute(f"attach '{moved}' as w (read_only)")
        assert relations(session, "w") == names
        for name in names:
            rows = session.execute(f"from w.{name} order by all").fetchall()
            assert rows == expected[name], name


def test_no_view_or_macro_names_a_catalog(news: duckdb.DuckDBPyConnection) -> None:
    texts = news.execute(
        """
        select view_name, sql from duckdb_views() where not internal
        union all
        select function_name, macro_definition from duckdb_functions()
        where not internal and macro_definition is not null
        """
    ).fetchall()
    assert {"articles", "actor_timeline", "actor"} <= {name for name, _ in texts}
    assert [name for name, sql in texts if "news." in sql or '"news"' in sql] == []


CALLS = [
    ("actor", "'tselensky'"),
    ("actor_timeline", f"'{TSELENSKYY}', 'day'"),
    ("actor_timeline", f"'{TSELENSKYY}', 'week', '2024-01-01'"),
    ("actor_timeline", f"'{TSELENSKYY}', 'month', '2024-01-01', '2024-03-01'"),
]


@pytest.mark.parametrize(("macro", "arguments"), CALLS)
def test_macros_work_in_the_file_after_use_and_by_alias(
    warehouse: Warehouse, moved: Path, macro: str, arguments: str
) -> None:
    with duckdb.connect(warehouse.file, read_only=True) as news:
        expected = news.execute(f"from {macro}({arguments})").fetchall()
        assert expected
    with duckdb.connect(moved, read_only=True) as elsewhere:
        assert elsewhere.execute(f"from {macro}({arguments})").fetchall() == expected
    with duckdb.connect() as session:
        session.execute(DECOYS + "create table entities (entity_id varchar);")
        session.execute(f"attach '{moved}' as w (read_only)")
        by_alias = f"from w.main.{macro}({arguments}, warehouse := 'w')"
        assert session.execute(by_alias).fetchall() == expected
        session.execute(f"attach '{moved}' as \"odd-name\" (read_only)")
        odd = f"from \"odd-name\".main.{macro}({arguments}, warehouse := 'odd-name')"
        assert session.execute(odd).fetchall() == expected
        session.execute("use w")
        assert session.execute(f"from {macro}({arguments})").fetchall() == expected


@pytest.mark.parametrize("macro", ["actor('tselensky')", f"actor_timeline('{TSELENSKYY}', 'day')"])
def test_a_call_that_does_not_say_which_warehouse_is_told_what_to_say(
    moved: Path, macro: str
) -> None:
    name = macro.split("(")[0]
    with duckdb.connect() as session:
        session.execute(f"attach '{moved}' as w (read_only)")
        with pytest.raises(duckdb.Error) as told:
            session.execute(f"from w.{macro}")
        assert f"from w.{name}(…, warehouse := 'w'), or USE w first" in str(told.value)
        with pytest.raises(duckdb.Error, match="which warehouse"):
            session.sql(f"from w.{macro}")  # Python's relations bind the text in another way
        assert session.sql(f"from w.{macro[:-1]}, warehouse := 'w')").fetchall()


def test_in_a_database_without_a_warehouse_the_missing_table_is_named(
    moved: Path, tmp_path: Path
) -> None:
    with duckdb.connect(tmp_path / "mine.duckdb") as session:
        session.execute(f"attach '{moved}' as w (read_only)")
        with pytest.raises(
            duckdb.CatalogException, match=r"entities does not exist(.|\s)*w\.entities"
        ):
            session.execute("from w.actor('tselensky')")
