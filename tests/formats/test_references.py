"""Bibliographic references: complete, one by one, never two in one article."""

from __future__ import annotations

import random
import re
import time
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.domain import Article
from etl.readers import Rejection, read_file
from etl.readers.bibliography.latex import plain
from etl.readers.bibliography.reference import day_of
from formats import files, reference_files
from formats.files import Story
from formats.reference_files import REFERENCES
from formats.test_round_trip import ANY, EXAMPLES, stories

NOW = files.STORY


def articles(data: str | bytes, path: str = "x.ris") -> list[Article]:
    raw = data if isinstance(data, bytes) else data.encode()
    return [item.article for item in read_file(raw, path) if item.article]


def rejections(data: str, path: str = "x.ris") -> list[Rejection]:
    return [item.rejection for item in read_file(data.encode(), path) if item.rejection]


@pytest.mark.parametrize("name", REFERENCES)
@EXAMPLES
@given(one=stories(ANY), two=stories(ANY), is_named=st.booleans())
def test_references_are_read_complete_and_in_order(
    name: str, one: Story, two: Story, is_named: bool
) -> None:
    found = articles(REFERENCES[name](one, two), name if is_named else "noname")
    for article, story in zip(found, (one, two), strict=True):
        assert article.headline == story.headline
        assert article.body == story.body
        assert (article.outlet, article.authors) == (story.outlet, (story.author,))
        assert (article.published_on, article.url) == (story.at.date(), story.url)


@pytest.mark.parametrize("name", REFERENCES)
def test_a_reference_without_a_text_is_empty_and_named(name: str) -> None:
    none = replace(NOW, paragraphs=("",))
    found = read_file(REFERENCES[name](none, NOW).encode(), name)
    assert [bool(item.article) for item in found] == [False, True]
    assert found[0].rejection is not None
    assert found[0].rejection.reason == "empty"
    assert NOW.url in found[0].rejection.detail
    assert NOW.headline in found[0].rejection.detail


@pytest.mark.parametrize("name", REFERENCES)
def test_a_year_is_no_day_even_if_the_file_is_named_after_one(name: str) -> None:
    day = re.compile(r"\[\s*\"2025\",\s*6,\s*24\s*\]|2025[-/]06[-/]24/?|(?:month|day) = \d+,")
    plain_url = replace(NOW, url="https://courier.example/keldane")
    data = day.sub(lambda m: '["2025"]' if m[0][0] == "[" else "2025" if m[0][0] == "2" else "",
                   REFERENCES[name](plain_url))  # fmt: skip
    (article,) = articles(data, f"2025-08-30-{name}")
    assert (article.published_on, article.date_method) == (None, None)


WORDS = ("Alderwick", "Brackenfell", "Corviston", "Dunmarrow")


def _marked(word: str) -> Story:
    """Return a story with the word in each of its values."""
    return Story(
        headline=f"Council of {word} votes on the tram",
        paragraphs=(f"The council of {word} voted on Monday.", f"Nobody in {word} was content."),
        outlet=f"{word} Gazette",
        author=f"Tamsin {word}",
        at=NOW.at.replace(day=3 + WORDS.index(word)),
        url=f"https://{word.lower()}.example/tram",
    )


LINE_BY_LINE = ("export.ris", "export.enw", "export.bib", "csl.json")
"""Formats with a line for each field: in others a lost line can leave a complete record of two."""


@pytest.mark.parametrize(
    ("name", "kind"),
    [*((name, "bytes") for name in REFERENCES), *((name, "lines") for name in LINE_BY_LINE)],
)
def test_damage_never_joins_two_references(name: str, kind: str) -> None:
    """Up to three lines are lost, or three bytes changed, anywhere."""
    data = REFERENCES[name](*map(_marked, WORDS)).encode()
    complete = 0
    for seed in range(150):
        rng = random.Random(seed)
        if kind == "lines":
            lines = data.splitlines(keepends=True)
            for _ in range(rng.randint(1, 3)):
                del lines[rng.randrange(len(lines))]
            damaged = b"".join(lines)
        else:
            some = bytearray(data)
            for _ in range(rng.randint(1, 3)):
                some[rng.randrange(len(some))] ^= 1 << rng.randrange(8)
            damaged = bytes(some)
        items = read_file(damaged, name)
        assert all(i.rejection is None or i.rejection.reason != "unreadable" for i in items), seed
        for article in (item.article for item in items if item.article):
            if article.source_format == "text":
                continue  # nothing of the format is left
            told = f"{article.headline} {article.body} {article.outlet} {article.authors}"
            assert sum(word in told for word in WORDS) <= 1, (seed, article)
            complete += article.headline is not None and article.published_on is not None
    assert complete > 150 or name.endswith((".xml", ".rdf", ".json"))


RECORD = reference_files.ris(NOW)


def test_a_reference_of_ris_without_its_end_is_not_joined_to_the_next() -> None:
    found = articles(RECORD.replace("ER  - \n", "") + RECORD)
    assert [a.headline for a in found] == [NOW.headline] * 2
    cut = RECORD + RECORD[: RECORD.index("PY")]
    assert [r.reason for r in rejections(cut)] == ["malformed"]
    assert len(articles(cut)) == 1
    joined = RECORD.replace("ER  - \n", "") + RECORD.replace("TY  - NEWS\n", "")
    assert not articles(joined)
    assert "comes twice" in rejections(joined)[0].detail
    (lost,) = rejections(RECORD + RECORD.replace("TY  - NEWS\n", ""))
    assert "without TY" in lost.detail


def test_the_marks_of_other_systems_are_read() -> None:
    for data in (
        RECORD.replace("\n", "\r\n"),
        RECORD.replace("\n", "\r"),
        "\ufeff" + RECORD,
        "Provider: A Database\nContent: text/plain\n\n" + RECORD,
        RECORD.replace("TI  -", "T1  -").replace("AB  -", "N2  -").replace("T2  -", "JF  -"),
        RECORD.replace("DA  - 2025/06/24/", "Y1  - 2025/06/24"),
        RECORD.replace("DA  - 2025/06/24/", "DA  - Jun 24"),
    ):
        (article,) = articles(data)
        assert (article.headline, article.outlet) == (NOW.headline, NOW.outlet)
        assert article.published_on == date(2025, 6, 24)
        assert article.body == NOW.body


def test_notes_are_a_text_only_if_they_are_long_prose() -> None:
    without = "\n".join(x for x in RECORD.replace(NOW.body, "").split("\n") if x[:2] != "AB")
    of_database = (
        "Copyright - (c) Courier 2025; Last updated - 2025-07-01; People - Tarrish, U." * 9
    )
    for note in (of_database, "Quote this in chapter two."):
        (rejection,) = rejections(without.replace("LA  -", f"N1  - {note}\nLA  -"))
        assert rejection.reason == "empty"
    (article,) = articles(without.replace("LA  -", f"N1  - {NOW.body}\nLA  -"))
    assert article.body == NOW.body


@pytest.mark.parametrize(
    ("value", "year", "day"),
    [("2025/04/03/", "", "2025-04-03"), ("2025/4/3/Thu", "", "2025-04-03"), ("2025", "", "2025"),
     ("Apr 3", "2025", "Apr 3 2025"), ("3 April", "2025", "3 April 2025"), ("Apr 3", "", None),
     ("2025 Apr 3", "", "3 Apr 2025"), ("", "2025", None)],
)  # fmt: skip
def test_days_of_references(value: str, year: str, day: str | None) -> None:
    assert day_of(value, year) == day


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (r"{\'E}tude de Ren{\'e}, \v{S}koda, Malm\"o", "Étude de René, Škoda, Malmö"),
        (r"\c{c}a, na{\"\i}ve, \L{}odz", "ça, naïve, Łodz"),
        (r"\O ystein \& S{\o}n: 5\% of \$9, a\_b", "Øystein & Søn: 5% of $9, a_b"),
        ("{{Dam}} closed -- ``for good''", "Dam closed – “for good”"),
        (r"The \emph{dam} and \textbf{wall}", "The dam and wall"),
        ("one\n    line", "one line"),
        ("one\n\ntwo", "one\n\ntwo"),
    ],
)  # fmt: skip
def test_latex_becomes_text(value: str, text: str) -> None:
    assert plain(value) == text


def test_strings_and_joints_of_bibtex() -> None:
    data = (
        '@string{vg = "Vale Gazette"}\n@comment{not read}\n@preamble{"\\x"}\n'
        '@article{a,\n title = {Dam} # { to } # "close",\n journal = vg,\n month = jun # {~24},\n'
        " year = 2025,\n author = {{Press and Journal} and Lindqvale, Petra and others},\n"
        " abstract = {The dam is {old}.},\n}\n"
    )
    (article,) = articles(data, "x.bib")
    assert (article.headline, article.outlet) == ("Dam to close", "Vale Gazette")
    assert article.authors == ("Press and Journal", "Petra Lindqvale")
    assert (article.body, article.published_on) == ("The dam is old.", date(2025, 6, 24))


@pytest.mark.parametrize(
    ("path", "begin", "repeated", "end"),
    [
        ("x.ris", "TY  - NEWS\nTI  - x\nAB  - ", "\n", "y\nER  - \n"),
        ("x.ris", "TY  - NEWS\nTI  - x\nAB  - ", "a\n", "y\nER  - \n"),
        ("x.ris", "TY  - NEWS\nTI  - x\n", "AU  - a\n", "ER  - \n"),
        ("x.ris", "TY  - NEWS\nTI  - x\nN1  - ", "a - b; ", "\nER  - \n"),
        ("x.enw", "%0 News\n%T x\n%X ", "a\n\n", "y\n"),
        ("x.bib", "@article{k,\n title = {", "{", "}\n}\n"),
        ("x.bib", "@article{k,\n title = {x}, abstract={", "\\'", "y}\n}\n"),
        ("x.bib", "@article{k,\n title = {x}, abstract={", "\n ", "y}\n}\n"),
        ("x.bib", "@article{k,\n title = {x}, author={", "a and ", "y}\n}\n"),
        ("x.bib", "@article{k,\n title = {x}", " # {y}", "}\n"),
        ("x.bib", "@article{k,\n title = {x}, abstract={", "a = ", "y}\n}\n"),
        ("x.bib", "@article{k, title = {x}, ", "@a{k, ", "}\n"),
    ],
)
def test_repetition_takes_linear_time(path: str, begin: str, repeated: str, end: str) -> None:
    data = (begin + repeated * (1_000_000 // len(repeated)) + end).encode()
    started = time.process_time()
    assert read_file(data, path)
    assert time.process_time() - started < 20  # 8 s for 160,000 broken entries of BibTeX


@given(
    st.lists(
        st.sampled_from([*"TYERAB012 -%\n{}@=,\"#\\'", "\nTY  - ", "\nER  - ", "\n@a{b,"])
    ).map("".join)
)
def test_arbitrary_lines_never_raise(text: str) -> None:
    starts: dict[str, Any] = {"x.ris": "TY  - NEWS\nTI  - x\n", "x.enw": "%0 News\n%T x\n",
                              "x.bib": "@article{k, title={x}}\n"}  # fmt: skip
    for path, start in starts.items():
        items = read_file((start + text).encode(), path)
        assert items
        assert all(i.rejection is None or i.rejection.reason != "unreadable" for i in items), items
