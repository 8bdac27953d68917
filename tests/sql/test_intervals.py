"""The bounds of `sql/macros/interval.sql`, rendered as dbt renders them and run by DuckDB."""

from __future__ import annotations

from functools import cache
from typing import Any

import duckdb
import jinja2
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from suite_length import examples

from etl.warehouse.dbt import PROJECT

INTERVALS = yaml.safe_load((PROJECT / "dbt_project.yml").read_text("utf-8"))["vars"]["intervals"]
MEASURES = sorted(INTERVALS)

ARTICLES = st.lists(
    st.tuples(st.integers(1, 60), st.integers(0, 1000)), min_size=1, max_size=40
).map(lambda found: (sum(n for n, _ in found), sum(n * n * (p / 1000) for n, p in found)))
"""Count and doubt of a period: articles with so many findings, each in doubt by so many in 1000."""

CHANCES = st.integers(0, 400)


@cache
def bounds_sql(measure: str) -> str:
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined)
    environment.globals["var"] = {"intervals": INTERVALS}.__getitem__
    text = (PROJECT / "macros" / "interval.sql").read_text("utf-8")
    macros: Any = environment.from_string(text).make_module()
    return ", ".join(
        macros.interval_bound(measure, side, "n", "d", "m") for side in ("low", "high")
    )


def bounds(measure: str, count: int, doubt: float, chances: int = 0) -> tuple[int, int]:
    row = duckdb.execute(
        f"select {bounds_sql(measure)}"
        " from (select ?::bigint as n, round(?, 3)::decimal(18, 3) as d, ?::bigint as m)",
        [count, doubt, chances],
    ).fetchone()
    assert row is not None
    return row


@pytest.mark.parametrize("measure", MEASURES)
@settings(deadline=None, max_examples=examples(20))
@given(period=ARTICLES, chances=CHANCES)
def test_an_interval_holds_its_count(measure: str, period: tuple[int, float], chances: int) -> None:
    low, high = bounds(measure, *period, chances)
    assert 0 <= low <= period[0] <= high


@pytest.mark.parametrize("measure", MEASURES)
@settings(deadline=None, max_examples=examples(20))
@given(period=ARTICLES, share=st.floats(0, 1))
def test_less_doubt_never_widens(measure: str, period: tuple[int, float], share: float) -> None:
    count, doubt = period
    low, high = bounds(measure, count, doubt)
    surer_low, surer_high = bounds(measure, count, doubt * share)
    assert low <= surer_low <= surer_high <= high


@pytest.mark.parametrize("measure", MEASURES)
@settings(deadline=None, max_examples=examples(20))
@given(period=ARTICLES, more=st.integers(1, 500), chances=CHANCES)
def test_sure_findings_more_raise_both_bounds(
    measure: str, period: tuple[int, float], more: int, chances: int
) -> None:
    count, doubt = period
    low, high = bounds(measure, count, doubt, chances)
    more_low, more_high = bounds(measure, count + more, doubt, chances)
    assert more_low >= low
    assert more_high >= high + more


def test_one_sure_name_is_one_and_a_doubtful_one_may_be_none() -> None:
    assert bounds("name_mention", 1, 0.02)[0] == 1
    assert bounds("name_mention", 1, 0.5)[0] == 0
    assert bounds("name_mention", 0, 0.0) == (0, 0)


def test_a_missed_surname_counts_as_often_as_it_stands_there() -> None:
    """Ten doubtful names of one article may all be wrong; of ten articles only some are."""
    together = bounds("name_mention", 10, 10 * 10 * 0.3)
    apart = bounds("name_mention", 10, 10 * 0.3)
    assert together[0] < 2 < 6 < apart[0]


def test_who_is_found_nowhere_may_have_been_missed() -> None:
    """Room where more than one in twenty was missed, none where there was nothing to miss."""
    for measure in ("headline_article", "utterance"):
        assert bounds(measure, 0, 0.0, chances=0) == (0, 0)
        assert bounds(measure, 0, 0.0, chances=1) == (0, 1)
        assert 10 <= bounds(measure, 0, 0.0, chances=100)[1] <= 25
    assert bounds("article", 0, 0.0, chances=100) == (0, 0)
