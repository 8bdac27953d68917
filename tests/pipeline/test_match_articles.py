"""Which article of today's reading is which of the former one: by key, then by text."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.pipeline.match_articles import COVERED_SHARE, Text, match
from pipeline.warehouse_harness import story


def texts(*bodies: str) -> list[Text]:
    return [Text(f"a.txt#{n}", False, body) for n, body in enumerate(bodies)]


def at(address: str, body: str) -> Text:
    return Text(address, True, body)


def test_a_text_in_two_articles_was_both_and_neither_is_the_same() -> None:
    first, second, third = (" ".join(f"{w}{n}" for n in range(40)) for w in "abc")
    found = match(texts(f"{first} {second}"), texts(first, second, third), is_whole=True)
    assert found.same == {}
    assert set(found.parts[0]) == {0, 1}
    assert 0.9 < sum(found.parts[0].values()) <= 1
    assert found.covered[0] > COVERED_SHARE > found.covered[2]


def test_two_texts_in_one_article_lead_to_it_and_the_greater_one_stays() -> None:
    found = match(
        texts(story(1), story(2, sentences=2)),
        texts(story(1) + story(2, sentences=2)),
        is_whole=True,
    )
    assert found.same == {0: 0}
    assert set(found.parts[1]) == {0}


def test_an_address_decides_even_if_the_text_is_another() -> None:
    former = [at("https://a.example", "Accept all cookies.")]
    found = match(
        former,
        [at("https://a.example", story(1)), at("https://b.example", story(2))],
        is_whole=True,
    )
    assert found.same == {0: 0}


@pytest.mark.parametrize("is_whole", [True, False])
def test_a_text_that_lost_most_of_itself_is_the_same_if_nothing_else_is_in_the_file(
    is_whole: bool,
) -> None:
    cover = " ".join(f"label{n}" for n in range(200))
    found = match(texts(f"{cover} {story(1)}"), texts(story(1)), is_whole=is_whole)
    assert found.same == ({0: 0} if is_whole else {})
    assert set(found.parts[0]) == {0}


def test_of_two_like_texts_the_one_at_the_same_place_is_the_same() -> None:
    found = match(
        texts(story(1), story(1)), texts(story(1) + " New.", story(1) + " Newer."), is_whole=True
    )
    assert found.same == {0: 0, 1: 1}


@given(st.lists(st.integers(0, 30), unique=True, max_size=8), st.randoms(use_true_random=False))
def test_texts_that_only_moved_and_grew_are_the_same(
    numbers: list[int], chance: random.Random
) -> None:
    order = list(range(len(numbers)))
    chance.shuffle(order)
    former = texts(*(story(n, sentences=3) for n in numbers))
    today = texts(*(f"{story(numbers[n], sentences=3)} The end." for n in order))
    assert match(former, today, is_whole=True).same == {
        n: order.index(n) for n in range(len(numbers))
    }


@given(st.lists(st.text("ab ", max_size=20), max_size=5), st.lists(st.text("ab ", max_size=20)))
def test_shares_are_shares_whatever_the_texts(former: list[str], today: list[str]) -> None:
    found = match(texts(*former), texts(*today), is_whole=True)
    assert len(found.covered) == len(today)
    assert all(0 <= share <= 1 for parts in found.parts.values() for share in parts.values())
    assert len({*found.same.values()}) == len(found.same)
