"""Which actors of different texts are one."""

from __future__ import annotations

import random as randoms
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.actors.link import Link, Named, decide
from etl.actors.names import name_key


def links(*names: tuple[str, str, int], meant: list[tuple[str, str]] | None = None) -> dict[
    str, Link
]:  # fmt: skip
    """The link of each name; names are (name, type, texts)."""
    decided = decide([Named(*name) for name in names], meant or [])
    return {name: link for (name, _), link in decided.items()}


@pytest.mark.parametrize(
    "same",
    [
        ("Jürgen Müller", "Jurgen Muller", "JÜRGEN MÜLLER"),
        ("Łukasz Żal", "Lukasz Zal"),
        ("Søren Ørsted", "Soren Orsted"),
        ("Donald J. Trump", "Donald Trump", "Donald J Trump"),
        ("J. D. Vance", "J.D. Vance", "JD Vance"),
        ("George R. R. Martin", "George R.R. Martin"),
        ("Mary-Jane O’Neil", "Mary Jane O'Neil"),
    ],
)
def test_spellings_of_a_person_meet(same: tuple[str, ...]) -> None:
    found = links(*((name, "PERSON", 1) for name in same))
    assert len({link.entity_id for link in found.values()}) == 1


@pytest.mark.parametrize(
    "apart",
    [
        ("Donald Trump", "Donald Trump Jr."),
        ("Anna Maria Smith", "Anna Smith"),
        ("John Smith", "Jane Smith"),
    ],
)
def test_other_people_stay_apart(apart: tuple[str, ...]) -> None:
    found = links(*((name, "PERSON", 1) for name in apart))
    assert all(found[a].entity_id != found[b].entity_id for a, b in pairwise(apart))


def test_a_name_of_one_word_is_apart_by_what_it_names() -> None:
    decided = decide([Named("Jordan", "PERSON", 1), Named("Jordan", "GPE", 1)], [])
    assert len({link.entity_id for link in decided.values()}) == 2
    places = decide([Named("Skerrow", "LOC", 1), Named("Skerrow", "GPE", 1)], [])
    assert len({link.entity_id for link in places.values()}) == 1


@pytest.mark.parametrize(
    ("full", "surname"),
    [("Amalia Verkel", "Verkel"), ("Ursula von der Leyen", "von der Leyen"),
     ("Ursula von der Leyen", "Leyen")],
)  # fmt: skip
def test_a_lone_surname_joins_the_only_person_who_bears_it(full: str, surname: str) -> None:
    found = links((full, "PERSON", 3), (surname, "PERSON", 5))
    assert found[surname].entity_id == found[full].entity_id
    assert found[surname].method == "surname"


def test_a_lone_surname_joins_nobody_unless_one_dominates() -> None:
    names = ("John Smith", "PERSON", 9), ("Jane Smith", "PERSON", 1), ("Smith", "PERSON", 4)
    assert links(*names)["Smith"].method == "name"
    dominant = links(("John Smith", "PERSON", 10), *names[1:])
    assert dominant["Smith"].entity_id == dominant["John Smith"].entity_id
    assert dominant["Smith"].confidence == pytest.approx(10 / 11, abs=1e-3)


def test_an_acronym_joins_what_texts_expand_it_to_if_they_agree() -> None:
    names = (
        ("SGV", "ORG", 2),
        ("Seafarers’ Guild of Velmark", "ORG", 2),
        ("Sports Group of Velmark", "ORG", 2),
    )
    guild, sports = ("SGV", names[1][0]), ("S.G.V.", names[2][0])
    agreed = links(*names, meant=[guild])
    assert agreed["SGV"].entity_id == agreed[names[1][0]].entity_id
    assert agreed["SGV"].method == "acronym"
    assert links(*names, meant=[guild, sports])["SGV"].method == "name"
    assert links(*names)["SGV"].method == "name"


NAMES = st.builds(
    Named,
    st.sampled_from(
        ["John Smith", "Jane Smith", "Smith", "J. Smith", "Anna Mary Smith", "UN", "U.N.",
         "United Nations", "University of Nowhere", "von Smith"]
    ),
    st.sampled_from(["PERSON", "ORG", "GPE"]),
    st.integers(1, 30),
)  # fmt: skip
EXPANSIONS = st.sampled_from(
    [("UN", "United Nations"), ("U.N.", "United Nations"), ("UN", "University of Nowhere")]
)


@given(st.lists(NAMES, unique_by=lambda n: (n.name, n.type)), st.lists(EXPANSIONS), st.randoms())
def test_the_order_of_names_does_not_matter(
    names: list[Named], expansions: list[tuple[str, str]], random: randoms.Random
) -> None:
    before = decide(names, expansions)
    random.shuffle(names)
    random.shuffle(expansions)
    assert decide(names, expansions) == before


@given(st.text(max_size=30), st.sampled_from(["PERSON", "ORG"]))
def test_every_name_has_a_key(name: str, kind: str) -> None:
    key = name_key(name, kind)
    assert bool(key) or not name
    assert key == name_key(name.upper().lower(), kind) or not name.isascii()
