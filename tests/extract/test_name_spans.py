"""Spans that are no names, and names in headlines, given what the network found."""

from __future__ import annotations

import pytest

from etl.extract.lexicon import load_lexicon
from etl.extract.name_spans import (
    cut_to_known_people,
    headline_names,
    names_only,
    without_titles,
)
from etl.extract.tagger.tags import Span


def _spans(text: str, *names: tuple[str, str]) -> list[Span]:
    return [
        Span(text.index(name), text.index(name) + len(name), label, 0.9) for name, label in names
    ]


def _kept(text: str, *names: str) -> list[str]:
    found = names_only(text, _spans(text, *((name, "ORG") for name in names)), load_lexicon())
    return [text[span.start : span.end] for span in found]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Oper shr 12 cts vs nine cts", "Oper shr"),
        ("The 4TH QTR was bad.", "4TH QTR"),
        ("Ann Holm, R-Ariz, said no.", "R-Ariz"),
        ("Ann Holm (D-N.Y.) said no.", "D-N.Y."),
        ("Ann Holm (IA-05) said no.", "IA-05"),
        ("Ann Holm (R-St. Velm) said no.", "Velm"),
        ("Ann Holm, R-St. Velm, said no.", "R-St"),
        ("Ann Holm, D-New Velm, said no.", "D-New Velm"),
        ("Ann Holm (D-Velm, Drahm) said no.", "Drahm"),
        ("Ann Holm, CA-33, said no.", "CA"),
        ("Voters in TX-21 said no.", "TX-21"),
        ("They shouted #HOLM at her.", "HOLM"),
        ("Dunmore Corp <DNM.O> said no.", "DNM.O"),
        ("Dunmore Corp <DNM.O> said no.", "O>"),
        ("Dunmore and Keldane Co Inc said no.", "Co Inc"),
        ("Dunmore Corp (NYSE: DNM) said no.", "DNM"),
        ("Eds: Ld-Writethru follows.", "Ld-Writethru"),
        ("It cut the rating to DNM-plus from B.", "DNM"),
    ],
)
def test_signs_and_rows_of_tables_are_no_names(text: str, name: str) -> None:
    assert _kept(text, name) == []


@pytest.mark.parametrize(
    ("text", "name", "kept"),
    [
        ("DUNMORE CORP 4TH QTR NET", "DUNMORE CORP 4TH QTR NET", "DUNMORE CORP"),
        ("DUNMORE CORP <DNM> SETS DATE", "DUNMORE CORP <DNM", "DUNMORE CORP"),
        ("The owner is <Dunmore Ltd>.", "Dunmore Ltd", "Dunmore Ltd"),
        ("A party with X-Men toys.", "X-Men", "X-Men"),
        ("Ann Holm (NC-04) said no.", "Ann Holm (NC-04", "Ann Holm"),
        ("Here, D-Velm Systems said no.", "D-Velm Systems", "D-Velm Systems"),
    ],
)
def test_a_name_ends_before_the_words_of_a_notice(text: str, name: str, kept: str) -> None:
    assert _kept(text, name) == [kept]


def _in_headline(
    headline: str, names: list[tuple[str, str]], body: str, body_names: list[tuple[str, str]]
) -> list[tuple[str, str]]:
    found = headline_names(
        headline, _spans(headline, *names), body, _spans(body, *body_names), load_lexicon()
    )
    return [(headline[span.start : span.end], span.label) for span in found]


@pytest.mark.parametrize(
    ("headline", "tagged"),
    [
        ("Dunmore Attacks Budget", [("Dunmore Attacks Budget", "ORG")]),
        ("DUNMORE SAYS BUDGET IS A MISTAKE", [("DUNMORE SAYS", "PERSON")]),
        ("Budget Is Mistake, Dunmore Tells Voters", []),
    ],
)
def test_a_name_in_a_headline_is_that_of_the_body(
    headline: str, tagged: list[tuple[str, str]]
) -> None:
    body = "Ann Dunmore said so."
    surname = headline[headline.lower().index("dunmore") :][:7]
    assert _in_headline(headline, tagged, body, [("Ann Dunmore", "PERSON")]) == [
        (surname, "PERSON")
    ]


def test_a_longer_name_in_a_headline_keeps_its_words() -> None:
    found = _in_headline(
        "Ann Dunmore Jr Opens Her Campaign",
        [("Ann Dunmore Jr", "ORG")],
        "Dunmore is new.",
        [("Dunmore", "PERSON")],
    )
    assert found == [("Ann Dunmore Jr", "PERSON")]


def test_capitals_of_a_headline_make_no_name_of_ordinary_words() -> None:
    assert _in_headline("Port Chief Sets Fees", [("Port Chief", "ORG")], "He said so.", []) == []


def test_an_ordinary_word_of_a_headline_is_no_surname() -> None:
    found = _in_headline(
        "Peer Speaks On Banks", [], "Ann Banks said so.", [("Ann Banks", "PERSON")]
    )
    assert found == []


@pytest.mark.parametrize(
    ("longer", "name"),
    [
        ("Ada Kessler Cruises", "Ada Kessler"),
        ("Boxer Ada Kessler", "Ada Kessler"),
        ("Eve Kessler Wins", "Eve Kessler"),  # "Kessler" is a surname here
        ("Ada Kessler Jr.", "Ada Kessler Jr."),
        ("Ada Kessler Brandt", "Ada Kessler Brandt"),
    ],
)
def test_a_person_is_named_as_elsewhere(longer: str, name: str) -> None:
    text = f"{longer} today. They met Ada Kessler, and Kessler won."
    spans = [*_spans(text, (longer, "PERSON"))]
    for known in (" Ada Kessler", " Kessler"):
        start = text.rindex(known) + 1
        spans.append(Span(start, start + len(known) - 1, "PERSON", 0.9))
    found = cut_to_known_people({"body": text}, {"body": spans}, load_lexicon())["body"]
    assert text[found[0].start : found[0].end] == name


@pytest.mark.parametrize(
    ("text", "names", "kept"),
    [
        ("Cpl. Ada Kessler left.", ["Cpl", "Ada Kessler"], ["Ada Kessler"]),
        ("Undersheriff Ada Kessler left.", ["Undersheriff", "Ada Kessler"], ["Ada Kessler"]),
        ("They met Judge. Ada Kessler left.", ["Judge", "Ada Kessler"], ["Judge", "Ada Kessler"]),
    ],
)
def test_a_title_alone_is_no_name(text: str, names: list[str], kept: list[str]) -> None:
    spans = _spans(text, *((name, "PERSON") for name in names))
    found = without_titles(text, spans, load_lexicon())
    assert [text[span.start : span.end] for span in found] == kept


@pytest.mark.parametrize("word", ["Jr.", "Sr", "III", "Mrs.", "God", "Today"])
def test_a_suffix_or_word_alone_names_nobody(word: str) -> None:
    assert _kept(f"They saw {word} there.", word) == []


@pytest.mark.parametrize("name", ["Junior", "Al", "PSA", "Ann God"])
def test_a_first_name_or_acronym_is_a_name_although_also_a_word(name: str) -> None:
    assert _kept(f"They saw {name} there.", name) == [name]
