"""A build file gives back the space of rows that were replaced, and nothing else changes."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from etl.warehouse import build_db, free_blocks

_OBJECTS = """
create schema main_too;
create table main_too.numbers as select range as n, repeat(md5(range::varchar), 20) as text
from range(20000);
comment on table main_too.numbers is 'numbers';
comment on column main_too.numbers.n is 'a number';
create view main_too.even as select n, text from main_too.numbers where n % 2 = 0;
comment on view main_too.even is 'even numbers';
create macro main_too.upto(most, least := 0) as table
    select n from main_too.numbers where n between least and most;
comment on macro table main_too.upto is 'a range';
"""
_SHAPE = """
select schema_name, table_name, comment, sql from duckdb_tables()
union all select schema_name, view_name, comment, null from duckdb_views() where not internal
union all select schema_name, function_name, comment, macro_definition from duckdb_functions()
where not internal
union all select table_name, column_name, comment, data_type from duckdb_columns()
where not internal
order by all
"""
_ROWS = "select * from main_too.even union all select n, null from main_too.upto(7, least := 3)"


@pytest.fixture
def sparse(tmp_path: Path) -> Path:
    """A build file of which more than half is free."""
    path = tmp_path / "build" / "news.duckdb"
    with build_db.open_build(path) as con:
        con.execute(_OBJECTS)
        con.execute("create table gone as from main_too.numbers union all from main_too.numbers")
        con.execute("checkpoint")
        con.execute("create table last as select 1 as one")  # the file can't just be cut
        con.execute("checkpoint")
        con.execute("drop table gone")
    return path


def content(path: Path) -> tuple[list[tuple[object, ...]], ...]:
    with duckdb.connect(path, read_only=True) as con:
        return con.execute(_SHAPE).fetchall(), con.execute(_ROWS).fetchall()


def test_a_sparse_file_is_written_anew_once_with_the_same_content(sparse: Path) -> None:
    before, size = content(sparse), sparse.stat().st_size
    (sparse.parent / "news.duckdb.compact").write_bytes(b"left by a kill")
    assert free_blocks.compact(sparse)
    assert content(sparse) == before
    assert sparse.stat().st_size < 0.6 * size
    with build_db.open_build(sparse) as con:
        assert free_blocks.blocks_of(con).share_free < free_blocks.SPARSE
    assert not free_blocks.compact(sparse)
    assert [file.name for file in sparse.parent.iterdir()] == ["news.duckdb"]


def test_a_file_that_grew_by_a_quarter_is_written_anew(sparse: Path) -> None:
    assert free_blocks.compact(sparse)
    with build_db.open_build(sparse) as con:
        con.execute("create table more as from main_too.numbers union all from main_too.numbers")
    assert free_blocks.compact(sparse)
    assert not free_blocks.compact(sparse), "its size is now what growth is measured by"


def test_a_large_file_keeps_its_free_blocks(sparse: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(free_blocks, "LARGEST", sparse.stat().st_size - 1)
    assert not free_blocks.compact(sparse)
    with build_db.open_build(sparse) as con:
        assert free_blocks.blocks_of(con).free_bytes > 0


def test_a_copy_that_fails_leaves_the_file_and_is_logged(
    sparse: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    before = content(sparse)
    (sparse.parent / "news.duckdb.compact").mkdir()  # nothing can be written in its place
    monkeypatch.setattr(free_blocks, "remove", lambda copy: None)
    assert not free_blocks.compact(sparse)
    assert "keeps its free blocks" in caplog.text
    assert content(sparse) == before
