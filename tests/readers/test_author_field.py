"""Author fields and bylines: who is an author, and what beside the names is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.readers.text.author_field import author_names
from etl.readers.text.byline import parse_byline


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ("Toby Byatt, Libby Rugby", ["Toby Byatt", "Libby Rugby"]),
        ("By TOBY BYATT, LIBBY RUGBY and BO LI", ["TOBY BYATT", "LIBBY RUGBY", "BO LI"]),
        ("Ruby Ashby and Bo Li in Selby", ["Ruby Ashby", "Bo Li"]),
        ("Ana Ruiz, Senior Harbour Correspondent", ["Ana Ruiz"]),
        ("Ana Ruiz for Halven Wire; additional reporting by Bo Li", ["Ana Ruiz"]),
        ("Ana Ruiz (Additional reporting by Bo Li)", ["Ana Ruiz"]),
        ("Ana Ruiz, with files from Bo Li", ["Ana Ruiz"]),
        ("Ana Ruiz and wire services", ["Ana Ruiz"]),
        ("Posted by Ana Ruiz on June 3, 2025 at 9 am", ["Ana Ruiz"]),
        ("Posted on June 3, 2025 by Ana Ruiz", ["Ana Ruiz"]),
        ("Tuesday June 3, 2025 10:05 am PDT by Toby Byatt", ["Toby Byatt"]),
        ("ana ruiz", ["ana ruiz"]),
        ("김민수", ["김민수"]),
        ("Staff Reporter", []),
        ("By our own correspondent", []),
        ("Staff and agencies", []),
        ("June 3, 2025", []),
        ("2 hours ago", []),
        ("https://example.org/ana", []),
    ],
)
def test_an_author_field_gives_names_only(value: str, names: list[str]) -> None:
    assert list(author_names(value)) == names


@pytest.mark.parametrize(
    ("line", "names", "on"),
    [
        ("Posted by Ana Ruiz on June 3, 2025", ["Ana Ruiz"], "2025-06-03"),
        ("June 3, 2025 by Ana Ruiz", ["Ana Ruiz"], "2025-06-03"),
        ("By Ana Ruiz, additional reporting by Bo Li", ["Ana Ruiz"], None),
        ("By Ana Ruiz and wire services", ["Ana Ruiz"], None),
        ("By Staff Reporter", [], None),
    ],
)
def test_a_byline_names_its_writers_only(line: str, names: list[str], on: str | None) -> None:
    byline = parse_byline(line)
    assert byline is not None
    written = byline.written.on if byline.written else None
    assert (list(byline.authors), written and written.isoformat()) == (names, on)


WORD = st.text(st.sampled_from("abcdefghijklmnoprstuy"), min_size=2, max_size=6)
NAME = st.tuples(WORD, WORD).map(lambda n: f"{n[0].title()}by {n[1].title()}by")


@given(st.lists(NAME, min_size=1, max_size=4, unique=True))
def test_names_that_contain_by_stay_whole(names: list[str]) -> None:
    assert list(author_names("By " + ", ".join(names))) == names


@given(st.one_of(st.text(max_size=200), st.lists(st.sampled_from(
    ["by", "By", "on", "June 3, 2025", "Ana Ruiz", ";", "(", "reporting by", "|", "–", "and", ","]
), max_size=12).map(" ".join)))  # fmt: skip
def test_any_author_field_is_read(value: str) -> None:
    assert all(name.strip() for name in author_names(value))
