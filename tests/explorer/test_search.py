"""The quote index finds words, follows each publish, and recovers from damage."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.explorer import quote_index
from etl.explorer.quote_index import QuoteIndex
from etl.settings import Settings

QUOTES = {
    "a1": ["The treaty is signed.", "Nobody reads a treaty; the treaty reads you."],
    "a2": ["We signed nothing.", "Étienne’s word is the law of the sea"],
}


def published(quotes: Mapping[str, list[str]]) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    con.execute("create table article_metadata (article_id varchar, published_on date)")
    con.execute(
        "create table quotes (article_id varchar, quote_id varchar, part varchar,"
        " char_start integer, text varchar)"
    )
    for n, (article_id, texts) in enumerate(quotes.items(), start=1):
        con.execute("insert into article_metadata values (?, ?)", [article_id, f"2025-01-{n:02}"])
        for start, text in enumerate(texts):
            row = [article_id, f"{article_id}:{text}", "body", start, text]
            con.execute("insert into quotes values (?, ?, ?, ?, ?)", row)
    return con


@pytest.fixture
def index(tmp_path: Path) -> QuoteIndex:
    index = QuoteIndex(Settings.from_env({"NEWSACTORS_HOME": str(tmp_path)}))
    assert index.find("treaty") is None  # not built yet: callers search without it
    index.update(published(QUOTES))
    return index


def texts(index: QuoteIndex, words: str) -> list[str]:
    found = index.find(words)
    assert found is not None
    return [quote_id.partition(":")[2] for quote_id, _ in found]


def test_quotes_with_all_words_are_found_best_first_ignoring_case_and_accents(
    index: QuoteIndex,
) -> None:
    assert texts(index, "TREATY") == [QUOTES["a1"][1], QUOTES["a1"][0]]
    assert texts(index, "treaty signed") == [QUOTES["a1"][0]]
    assert texts(index, "etienne law") == [QUOTES["a2"][1]]
    assert texts(index, "word the") == [QUOTES["a2"][1]]
    assert texts(index, "“word the”") == []
    assert texts(index, '"of the sea"') == [QUOTES["a2"][1]]
    assert texts(index, "signed OR treaty") == []  # an ordinary word


@given(st.text(max_size=40))
def test_any_input_is_a_valid_query(words: str) -> None:
    query = quote_index._query(words)
    with closing(sqlite3.connect(":memory:")) as con:
        con.execute("create virtual table words using fts5(text)")
        if query:
            con.execute("select * from words where words match ?", [query]).fetchall()


def test_an_update_follows_the_published_quotes(index: QuoteIndex) -> None:
    others = {f"b{n}": [f"Other words {n}."] for n in range(20)}
    assert index.update(published(QUOTES | others)) == 20
    later = {"a1": ["The treaty is void."], "a3": ["A treaty at last."]} | others
    assert index.update(published(later)) == 2  # a1 was edited, a2 is gone
    assert sorted(texts(index, "treaty")) == ["A treaty at last.", "The treaty is void."]
    assert texts(index, "signed") == []
    assert index.update(published(later)) == 0


def test_an_index_with_many_stale_entries_is_rebuilt(index: QuoteIndex) -> None:
    for n in range(8):
        index.update(published({"a1": [f"Version {n} of it."]}))
    index.update(published({"a1": ["The last of it."]}))
    assert texts(index, "it") == ["The last of it."]
    assert texts(index, "version") == []


def test_a_damaged_index_is_ignored_and_rebuilt(index: QuoteIndex) -> None:
    index.path.write_bytes(b"nonsense" * 1000)
    assert index.find("treaty") is None
    index.update(published(QUOTES))
    assert len(texts(index, "treaty")) == 2


def test_only_the_newest_matches_of_common_words_are_ranked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quote_index, "MAX_RANKED", 3)
    index = QuoteIndex(Settings.from_env({"NEWSACTORS_HOME": str(tmp_path)}))
    index.update(published({f"a{n}": [f"the words of day {n}"] for n in range(1, 9)}))
    assert sorted(texts(index, "the words")) == [f"the words of day {n}" for n in (6, 7, 8)]
