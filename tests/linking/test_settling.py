"""Undecided names are settled by later articles, whatever the order in which these arrive."""

from __future__ import annotations

import random as randoms
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from named_texts import Texts, groups, linked_by_night, linked_together
from suite_length import examples

from etl.corrections.plan import Plan
from etl.linking.ledger import Ledger
from etl.linking.relink import preview

DAY = date(2020, 1, 10)
STORM = ("Port of Velmark", "Harbour Guild", "Ida Soren", "Tidewatch Fund")
TRIAL = ("Court of Esk", "Brask Holdings", "Una Fenn", "Esk Herald")
"""What the articles on two events name besides."""


@pytest.fixture
def texts() -> Iterator[Texts]:
    made = Texts()
    for number in range(12):  # other news, so that the names of the two events are rare
        made.add(f"other{number}", DAY, f"Nobody Special{number}")
    yield made
    made.con.close()


def decisions(ledger: Ledger) -> list[dict[str, Any]]:
    return [row for file in ledger.files() for row in pq.read_table(file).to_pylist()]


def test_a_surname_follows_the_full_name_that_comes_later(texts: Texts, tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    texts.add("first", DAY, "Teixeira")
    undecided = texts.link(ledger)["first/Teixeira"]
    texts.add("second", DAY, "Marisa Teixeira")
    after = texts.link(ledger, new=["second"])
    assert after["first/Teixeira"] == after["second/Marisa Teixeira"] != undecided
    assert texts.con.execute("from loaded.former_links").fetchall() == [
        ("first/Teixeira", undecided)
    ]


def test_a_surname_is_undecided_again_once_it_may_be_two_people(
    texts: Texts, tmp_path: Path
) -> None:
    ledger = Ledger(tmp_path)
    texts.add("first", DAY, "Lee")
    texts.add("second", DAY, "Ann Lee")
    undecided = texts.link(ledger)["first/Lee"]
    texts.add("third", DAY, "Bo Lee")
    after = texts.link(ledger, new=["third"])
    assert after["first/Lee"] not in (after["second/Ann Lee"], after["third/Bo Lee"])
    assert after["second/Ann Lee"] == undecided


def test_of_two_people_it_is_the_one_whose_story_the_article_tells(
    texts: Texts, tmp_path: Path
) -> None:
    ledger = Ledger(tmp_path)
    texts.add("storm", DAY, "Ann Lee", *STORM)
    texts.add("trial", DAY, "Bo Lee", *TRIAL)
    texts.add("short", date(2020, 1, 12), "Lee", *STORM[:3])
    texts.add("later", date(2020, 1, 28), "Lee", *STORM[:3])
    texts.add("open", DAY, "Lee", "Nobody Special3")
    texts.add("own", DAY, "Lee", "Ann Lee", *STORM[:3])  # the article itself left it open
    links = texts.link(ledger)
    assert links["short/Lee"] == links["storm/Ann Lee"]
    # One is written more than two weeks later.
    assert links["later/Lee"] == links["open/Lee"] == links["own/Lee"]
    assert links["open/Lee"] not in (links["storm/Ann Lee"], links["trial/Bo Lee"])
    (decision,) = [d for d in decisions(ledger) if d["method"] == "context"]
    assert decision["evidence"] == "Ann Lee"
    assert set(decision["beside"]) == set(STORM[:3])


def test_spellings_are_one_person_if_their_articles_tell_one_story(
    texts: Texts, tmp_path: Path
) -> None:
    texts.add("one", DAY, "Betty Marlow", *STORM)
    texts.add("two", DAY, "Bettie Marlow", *STORM)
    texts.add("three", DAY, "Bettie Marlow")
    texts.add("elsewhere", DAY, "Jon Marlow", "Betty Marlowe", *TRIAL)
    links = texts.link(Ledger(tmp_path))
    assert links["one/Betty Marlow"] == links["two/Bettie Marlow"] == links["three/Bettie Marlow"]
    assert links["elsewhere/Betty Marlowe"] != links["one/Betty Marlow"]


def test_names_that_follow_a_joined_spelling_keep_what_they_were_decided_by(
    texts: Texts, tmp_path: Path
) -> None:
    ledger = Ledger(tmp_path)
    texts.add("one", DAY, "Betty Marlow", *STORM)
    for text in ("again", "still", "yet"):
        texts.add(text, DAY, "Betty Marlow")
    texts.add("two", date(2021, 6, 1), "Bettie Jane Marlow")
    texts.add("three", date(2021, 6, 1), "Bettie Marlow")
    texts.link(ledger)
    texts.add("four", DAY, "Bettie Marlow", *STORM)
    links = texts.link(ledger, new=["four"])
    assert links["one/Betty Marlow"] == links["two/Bettie Jane Marlow"]
    last = {d["name"]: d for d in decisions(ledger)}
    assert last["Bettie Jane Marlow"]["method"] == "context"
    follower = last["Bettie Marlow"]
    assert (follower["method"], follower["evidence"]) == ("middle_name", "Bettie Jane Marlow")
    assert follower["entity_id"] == links["one/Betty Marlow"]


def test_two_people_of_one_story_stay_two_if_one_article_names_both(
    texts: Texts, tmp_path: Path
) -> None:
    texts.add("one", DAY, "Betty Marlow", *STORM)
    texts.add("two", DAY, "Bettie Marlow", *STORM)
    texts.add("both", DAY, "Betty Marlow", "Bettie Marlow")
    links = texts.link(Ledger(tmp_path))
    assert links["one/Betty Marlow"] != links["two/Bettie Marlow"]


@pytest.mark.parametrize("names", [("Lee", "Ann Lee"), ("Betty Marlow", "Bettie Marlow")])
def test_who_was_declared_distinct_is_never_settled_into_one(
    texts: Texts, tmp_path: Path, names: tuple[str, str]
) -> None:
    one, other = names
    ledger = Ledger(tmp_path)
    texts.add("first", DAY, one, *STORM)
    first = texts.link(ledger)[f"first/{one}"]
    alone = Texts()
    alone.add("alone", DAY, other)
    second = alone.link(Ledger(tmp_path / "alone"))[f"alone/{other}"]
    plan = Plan(distinct=[(first, second, "C1")])
    for text in ("second", "third"):
        texts.add(text, DAY, other, *STORM)
        links = texts.link(ledger, plan, new=[text])
        assert links[f"first/{one}"] == first
        assert links[f"{text}/{other}"] == second


def test_forgetting_the_article_that_settled_a_name_leaves_no_trace_of_it(
    texts: Texts, tmp_path: Path
) -> None:
    ledger = Ledger(tmp_path)
    texts.add("storm", DAY, "Ann Lee", *STORM, "Secret Witness")
    texts.add("trial", DAY, "Bo Lee", *TRIAL)
    texts.add("short", DAY, "Lee", *STORM, "Secret Witness")
    settled = texts.link(ledger)
    assert settled["short/Lee"] == settled["storm/Ann Lee"]
    texts.remove("storm")
    texts.remove("short")
    texts.link(ledger, forget=True)
    assert "Ann Lee" not in str(decisions(ledger))
    assert "Secret" not in str(decisions(ledger))
    texts.add("short", DAY, "Lee", *STORM)
    assert texts.link(ledger)["short/Lee"] == texts.link(ledger)["trial/Bo Lee"]


PEOPLE = ("Lee", "Ann Lee", "Bo Lee", "J. Lee", "Jane Lee", "Van Lee")
STORIES = st.sampled_from([STORM, STORM[:3], TRIAL, TRIAL[1:], ()])
ARTICLES = st.lists(
    st.tuples(
        st.one_of(st.dates(DAY, date(2020, 2, 20)), st.dates(DAY, date(2021, 6, 30))),
        st.sets(st.sampled_from(PEOPLE), min_size=1, max_size=2),
        STORIES,
        st.sampled_from([None, "Mr.", "Ms.", "Governor"]),
    ),
    min_size=2,
    max_size=8,
)


@settings(max_examples=examples(15), deadline=None)
@given(ARTICLES, st.randoms(use_true_random=False), st.integers(1, 4))
def test_the_order_of_arrival_does_not_matter(
    articles: list[tuple[date, set[str], tuple[str, ...], str | None]],
    random: randoms.Random,
    nights: int,
) -> None:
    def add(to: Texts, number: int) -> list[str]:
        day, people, story, role = articles[number]
        to.add(f"t{number}", day, *sorted(people), *story, role=role)
        return [f"t{number}"]

    order = list(range(len(articles)))
    random.shuffle(order)
    with tempfile.TemporaryDirectory() as folder:
        expected = groups(linked_together(add, len(order), Ledger(Path(folder) / "together")))

        ledger = Ledger(Path(folder) / "nightly")
        nightly, links = linked_by_night(add, order, nights, ledger)
        assert groups(links) == expected

        rebuilt = Texts()
        for number in reversed(order):
            add(rebuilt, number)
        assert rebuilt.link(ledger) == links
        assert preview(rebuilt.con, ledger, Plan()) == []
        gone = rebuilt.con.execute("select distinct entity_id from loaded.former_links").fetchall()
        assert (
            gone
            == nightly.con.execute("select distinct entity_id from loaded.former_links").fetchall()
        )
