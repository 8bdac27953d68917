"""When the share of what arrives without a day, outlet or speaker is unusual."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.query.arrival_rates import Comparison, DayRate, compare_arrivals
from etl.settings import Settings

FIRST = date(2025, 6, 1)


def comparison(before: list[tuple[int, int]], last: tuple[int, int]) -> Comparison:
    """Days of (total, lacking)."""
    days = [DayRate(FIRST + timedelta(n), *day) for n, day in enumerate([*before, last])]
    return Comparison(days[-1], [day for day in days[:-1] if day.total >= 20])


@pytest.mark.parametrize(
    ("before", "last", "is_unusual"),
    [
        ([(100, 3)] * 20, (100, 40), True),  # a source lost its dates
        ([(100, 40)] * 20, (100, 3), True),  # and found them again
        ([(100, 3)] * 20, (100, 6), False),  # chance, and too small to matter
        ([(10_000, 100)] * 20, (10_000, 300), False),  # no chance, but two points
        ([(100, 3), (100, 45)] * 10, (100, 40), False),  # such days are usual here
        ([(100, 3)] * 4, (100, 100), False),  # too few days to compare
        ([(100, 3)] * 20, (10, 10), False),  # too few articles to compare
        ([(5, 0)] * 20, (100, 100), False),
    ],
)
def test_a_rate_is_unusual_if_it_leaves_the_month_by_more_than_chance(
    before: list[tuple[int, int]], last: tuple[int, int], *, is_unusual: bool
) -> None:
    assert comparison(before, last).is_unusual is is_unusual


@given(st.lists(st.tuples(st.integers(1, 500), st.integers(0, 500)), min_size=1, max_size=31))
def test_a_day_like_one_of_the_month_is_never_unusual(days: list[tuple[int, int]]) -> None:
    rates = [(total, min(total, lacking)) for total, lacking in days]
    for total, lacking in rates:
        if total >= 20:
            assert not comparison(rates, (total, lacking)).is_unusual


def test_the_rates_of_the_samples_are_those_of_their_one_day_of_arrival(samples: Path) -> None:
    found = compare_arrivals(Settings.from_env({"NEWSACTORS_HOME": str(samples)}))
    for name, one in found.items():
        assert one.last is not None, name
        assert not one.is_compared
        assert "not compared" in one.describe("articles")
    assert found["undated"].last is not None
    assert found["undated"].last.total > found["undated"].last.lacking


def test_nothing_published_is_nothing_to_compare(tmp_path: Path) -> None:
    found = compare_arrivals(Settings.from_env({"NEWSACTORS_HOME": str(tmp_path)}))
    assert {one.describe("articles") for one in found.values()} == {
        "not compared: nothing has arrived"
    }
