"""Bare text: headline, byline and date among the first lines, and what belongs to the body."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.domain import Article
from etl.readers import read_file

LEAD = "The island council voted on Friday to sell the old ferry, which nobody had used in years."
HEADLINE = "Council sells old ferry"
BYLINE = "By Ana Ruiz"


def read(*lines: str, path: str = "a.txt", separator: str = "\n\n") -> Article:
    (item,) = read_file(separator.join(lines).encode(), path)
    assert item.article is not None, item.rejection
    return item.article


@pytest.mark.parametrize("separator", ["\n", "\n\n"])
@pytest.mark.parametrize(
    "kicker",
    [
        "EXCLUSIVE",
        "Correction Appended",
        "Opinion",
        "Opinion: Columnist",
        "Analysis | Politics",
        "UPDATE 2-",
        "BREAKING NEWS",
        "Home > World > Europe",
        "** LIVE UPDATES **",
    ],
)
def test_a_kicker_costs_neither_headline_nor_byline_nor_date(kicker: str, separator: str) -> None:
    for lines in (
        (kicker, HEADLINE, BYLINE, "June 3, 2022", LEAD),
        (kicker, "June 3, 2022", HEADLINE, BYLINE, LEAD),
        (HEADLINE, kicker, BYLINE, "June 3, 2022", LEAD),
    ):
        article = read(*lines, separator=separator)
        assert (article.headline, article.body) == (HEADLINE, LEAD)
        assert (article.authors, article.published_on) == (("Ana Ruiz",), date(2022, 6, 3))


def test_the_label_of_a_wire_is_no_part_of_the_headline() -> None:
    article = read("UPDATE 2-Council of Halven sells old ferry", f"April 2 (Reuters) - {LEAD}")
    assert (article.headline, article.body) == ("Council of Halven sells old ferry", LEAD)


@pytest.mark.parametrize(
    "kept",
    [
        ("The end of a long voyage",),
        ("It ran for forty years.",),
        ("Halven Harbour", "The end of a long voyage"),
    ],
)
def test_a_byline_and_date_are_found_below_other_short_lines(kept: tuple[str, ...]) -> None:
    """The short lines are no byline or date, so they stay."""
    for signature in permutations((BYLINE, "Mar 3, 2025 · 9:41 PM")):
        article = read(HEADLINE, *kept, *signature, LEAD)
        assert article.headline == HEADLINE
        assert (article.authors, article.published_on) == (("Ana Ruiz",), date(2025, 3, 3))
        assert article.body == "\n\n".join([*kept, LEAD])


def test_a_short_headline_is_one_if_a_byline_follows() -> None:
    assert read("Ferry sold", BYLINE, LEAD).headline == "Ferry sold"
    assert read("Ana Ruiz", "June 3, 2022", LEAD).headline is None


@pytest.mark.parametrize(
    ("line", "on"),
    [
        ("Mar 3, 2025 · 9:41 PM", date(2025, 3, 3)),
        ("Aired April 6, 2025", date(2025, 4, 6)),
        ("Air date: April 6, 2025", date(2025, 4, 6)),
        ("Published: June 3, 2022 Updated: June 4, 2022", date(2022, 6, 3)),
        ("Updated June 4, 2022 | Published June 3, 2022", date(2022, 6, 3)),
        ("Updated 9:41 PM EST, Mon March 3, 2025", date(2025, 3, 3)),
        ("March 3, 2025 / 9:41 PM EST / Sound News", date(2025, 3, 3)),
        ("By Ana Ruiz · Mar 3, 2025 · 9:41 PM", date(2025, 3, 3)),
        ("Posted by Ana Ruiz on June 3, 2022", date(2022, 6, 3)),
        ("3 June 2022 – 5 June 2022", None),
    ],
)
def test_date_lines_in_more_forms(line: str, on: date | None) -> None:
    assert read(HEADLINE, line, LEAD).published_on == on


@pytest.mark.parametrize(
    "lines",
    [
        ("How the ferry was sold", "A history.", "June 3, 2022", "It rusts.", "May 5, 2023", LEAD),
        ("A letter about the ferry", "We print it.", "June 3, 1944", f"Dear Sir, {LEAD}"),
        (HEADLINE, LEAD * 3, "June 3, 2022", LEAD),
        (HEADLINE, f"{LEAD} Voting ended:", "June 3, 2022", LEAD),
    ],
)
def test_a_date_over_a_section_is_not_the_date_of_the_article(lines: tuple[str, ...]) -> None:
    article = read(*lines)
    assert article.published_on is None
    assert article.body == "\n\n".join(lines[1:])


def test_what_looks_like_a_kicker_stays_if_no_headline_follows() -> None:
    assert read("EXCLUSIVE", f"{LEAD} {LEAD} {LEAD}").body.startswith("EXCLUSIVE")


@pytest.mark.parametrize(
    ("path", "on"),
    [
        ("in/2025-04-03_ferry.txt", date(2025, 4, 2)),
        ("2025/04/ferry.txt", date(2025, 4, 2)),
        ("wire/2025/ferry.txt", date(2025, 4, 2)),
        ("2025-04-30/ferry.txt", date(2025, 4, 2)),
        ("20250402/ferry.txt", date(2025, 4, 2)),
        ("ferry.txt", None),
        ("ferry_2025.txt", None),
        ("2025-11-20/ferry.txt", None),
        ("2025/11/ferry.txt", None),
    ],
)
def test_the_path_gives_the_year_of_a_dateline(path: str, on: date | None) -> None:
    article = read(HEADLINE, f"HALVEN, April 2 (MW) — {LEAD}", path=path)
    assert article.published_on == on
    assert article.date_method == ("dateline" if on else None)
    assert article.dateline == "HALVEN"


@given(st.dates(date(1950, 1, 10), date(2024, 12, 1)), st.integers(0, 9))
def test_a_dateline_is_completed_across_the_turn_of_the_year(written: date, days: int) -> None:
    filed = written + timedelta(days=days)
    article = read(HEADLINE, f"HALVEN, {written:%B %-d} (MW) — {LEAD}", path=f"x/{filed}.txt")
    assert article.published_on == written


SHORT = st.sampled_from(
    ["Opinion", "EXCLUSIVE", HEADLINE, BYLINE, "June 3, 2022", "Ferry", "Halven Harbour", "It ran.",
     "A long voyage ends", "By the sea", "Updated:", "UPDATE 1-", "Advertisement", "Posted 2022"]
)  # fmt: skip


@given(st.lists(SHORT, max_size=9), st.sampled_from(["\n", "\n\n"]))
def test_the_text_below_any_short_lines_is_kept(lines: list[str], separator: str) -> None:
    article = read(*lines, LEAD, LEAD, separator=separator)
    assert article.body.endswith(f"{LEAD}{separator}{LEAD}")
    assert (article.headline or HEADLINE) in lines or article.headline is None or not lines
