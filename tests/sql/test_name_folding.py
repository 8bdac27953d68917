"""Names are folded the same way by Python, by DuckDB and by the published macro `actor`."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from suite_length import examples

from etl.query.names import (
    prepare_folding,
    resolve,
)
from etl.schema import docs
from etl.schema.name_folding import (
    fold_name,
    fold_name_sql,
    fold_outlet,
    fold_outlet_sql,
    render_macros,
)

from .conftest import TSELENSKYY

ASSIGNED = [
    chr(code)
    for code in range(1, 0x110000)
    if unicodedata.category(chr(code)) not in ("Cn", "Cs")  # unassigned, or half of a pair
]
SCRIPTS = ("LATIN", "GREEK", "CYRILLIC", "COMBINING")
LETTERS = [c for c in ASSIGNED if unicodedata.name(c, "").startswith(SCRIPTS)]
PUNCTUATION = " \t\n\u00a0-‐‑–—_/.,'’‘ʼʻ`´\"“”„&()"
names = st.text(
    st.one_of(st.sampled_from(LETTERS), st.sampled_from(PUNCTUATION), st.sampled_from("abßæøłİ")),
    max_size=20,
)
Fold = Callable[[str], str]

both = pytest.mark.parametrize(
    ("fold", "sql"), [(fold_name, fold_name_sql), (fold_outlet, fold_outlet_sql)]
)


def folded_in_sql(con: duckdb.DuckDBPyConnection, sql: Fold, texts: Sequence[str]) -> list[str]:
    con.register("given_texts", pa.table({"text": pa.array(texts, pa.string())}))
    return [
        folded for (folded,) in con.execute(f"select {sql('text')} from given_texts").fetchall()
    ]


@pytest.fixture(scope="module")
def con() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()


@both
@settings(max_examples=examples(150), deadline=None)
@given(texts=st.lists(names, min_size=1, max_size=20))
def test_python_and_sql_fold_any_name_alike(
    con: duckdb.DuckDBPyConnection, fold: Fold, sql: Fold, texts: list[str]
) -> None:
    assert folded_in_sql(con, sql, texts) == [fold(text) for text in texts]


@both
def test_python_and_sql_agree_on_every_character(
    con: duckdb.DuckDBPyConnection, fold: Fold, sql: Fold
) -> None:
    texts = [text for c in ASSIGNED for text in (f"A{c}b", f" {c}")]
    found = zip(texts, folded_in_sql(con, sql, texts), strict=True)
    assert [text for text, folded in found if folded != fold(text)] == []


@both
@given(text=names)
def test_folding_twice_changes_nothing_more(fold: Fold, sql: Fold, text: str) -> None:
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize(
    ("name", "folded"),
    [
        ("Ilse Brandt-Okoro", "ilse brandt okoro"),
        ("  Ilse\u00a0Brandt — Okoro ", "ilse brandt okoro"),
        ("Łukasz Żal", "lukasz zal"),
        ("Søren Kierkegård", "soren kierkegard"),
        ("Mary-Jane O’Neil", "mary jane oneil"),
        ("U.S. Sen. J.D. Vance, Jr.", "us sen jd vance jr"),
        ("Þórbergur Þórðarson", "thorbergur thordarson"),
        ("STRAßE", "strasse"),
        ("STRASSE", "strasse"),
        ("Æneas Œdipus", "aeneas oedipus"),
        ("ﬁnn", "finn"),
        ("İstanbul", "istanbul"),
        ("ΟΔΥΣΣΕΑΣ", "οδυσσεασ"),
        ("Οδυσσέας", "οδυσσεασ"),
        ("Йосиф Ёлкин", "иосиф елкин"),
        ("…-'", "…"),
        (" - ", ""),
    ],
)
def test_examples(con: duckdb.DuckDBPyConnection, name: str, folded: str) -> None:
    assert fold_name(name) == folded
    assert folded_in_sql(con, fold_name_sql, [name]) == [folded]


def test_the_macros_of_dbt_are_those_that_python_makes() -> None:
    text = docs.FOLDED_SQL.read_text(encoding="utf-8")
    assert text == render_macros(), "run python -m etl.schema.docs"


@pytest.mark.parametrize(
    "name", ["Wolodar-Tselenskyy", "WOLODAR TSELENSKÝY", "“Wolodar” Tselenskyy.", "Tselensk’y"]
)
def test_the_published_macro_and_the_commands_find_the_same_actor(
    news: duckdb.DuckDBPyConnection, name: str
) -> None:
    with news.cursor() as con:
        prepare_folding(con)
        entity, others = resolve(con, name)
        rows = con.execute("select entity_id from actor(?)", [name]).fetchall()
    assert (entity["entity_id"], others) == (TSELENSKYY, [])
    assert rows == [(TSELENSKYY,)]


def test_a_name_of_which_nothing_is_left_is_nobody(news: duckdb.DuckDBPyConnection) -> None:
    assert news.execute("from actor(' - ')").fetchall() == []
