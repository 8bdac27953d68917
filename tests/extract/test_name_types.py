"""The type of a name, corrected by its words and its line."""

from __future__ import annotations

import pytest

from etl.domain import Part
from etl.extract.lexicon import load_lexicon
from etl.extract.name_types import settle_types
from etl.extract.tagger.tags import Span


def _types(text: str, *names: tuple[str, str]) -> list[str]:
    spans = [
        Span(text.index(name), text.index(name) + len(name), label, 0.9) for name, label in names
    ]
    texts: dict[Part, str] = {"body": text}
    return [span.label for span in settle_types(texts, {"body": spans}, load_lexicon())["body"]]


@pytest.mark.parametrize(
    ("text", "firm"),
    [
        ("Dunmore Keldane and Co sold it.", "Dunmore Keldane"),
        ("An analyst at Dunmore Keldane sold it.", "Dunmore Keldane"),
        ("The owner is Dunmore Corp.", "Dunmore Corp"),
        ("The rating is that of S/P today.", "S/P"),
        ("The maker H.R.S. sold it.", "H.R.S."),
        ("The brokerage Dunmore Keldane sold it.", "Dunmore Keldane"),
        ("They hold shares of Dunmore Keldane.", "Dunmore Keldane"),
        ("Dunmore Keldane <DNM> sold it.", "Dunmore Keldane"),
        ("Dunmore Keldane raised its stake.", "Dunmore Keldane"),
        ("The Dunmore White House knew.", "Dunmore White House"),
    ],
)
def test_a_firm_is_no_person(text: str, firm: str) -> None:
    assert _types(text, (firm, "PERSON")) == ["ORG"]


@pytest.mark.parametrize(
    "text",
    [
        "Dunmore Keldane raised his stake.",
        "Ann Keldane raised its stake.",
        "They hold pictures of Dunmore Keldane.",
        "The singer Dunmore Fox sang.",
        "A strategist for Ann Keldane left.",
        "For the company, Dunmore Keldane spoke.",
    ],
)
def test_a_person_is_no_firm(text: str) -> None:
    name = next(name for name in ("Dunmore Keldane", "Ann Keldane", "Dunmore Fox") if name in text)
    assert _types(text, (name, "PERSON")) == ["PERSON"]


@pytest.mark.parametrize(
    ("text", "name", "label"),
    [
        ("North Korea's Kim Dae Un watched.", "Kim Dae Un", "PERSON"),
        ("Vietnam’s Tran Van In watched.", "Tran Van In", "PERSON"),
        ("Shares of Kim Dae Un fell.", "Kim Dae Un", "ORG"),
        ("France's Louis Vuitton sold bags.", "Louis Vuitton", "ORG"),
    ],
)
def test_a_family_name_first_behind_a_country_is_a_person(text: str, name: str, label: str) -> None:
    assert _types(text, (name, "ORG")) == [label]


def test_a_person_is_not_the_firm_of_the_same_name() -> None:
    text = "Ann Keldane, head of Ann Keldane and Co, left."
    firm = text.index("Ann Keldane and Co")
    spans = [Span(0, 11, "PERSON", 0.9), Span(firm, firm + 18, "ORG", 0.9)]
    found = settle_types({"body": text}, {"body": spans}, load_lexicon())["body"]
    assert [span.label for span in found] == ["PERSON", "ORG"]


def test_what_a_person_is_of_is_no_person() -> None:
    text = "Ann Lee of Dunmore Keldane left. Eve Lee met Dunmore Keldane, of course."
    one, other = ("Ann Lee", "PERSON"), ("Dunmore Keldane", "PERSON")
    assert _types(text, one, other) == ["PERSON", "ORG"]
    assert _types(text.replace(" of ", " and "), one, other) == ["PERSON", "PERSON"]


@pytest.mark.parametrize(
    "text",
    [
        "The economist Ann Keldane left.",
        "Ann Keldane, 43, left.",
        "Ann Keldane, who sold it, left.",
        "It was Ann Keldane’s campaign.",
        "Ann Keldane, the owner, left.",
    ],
)
def test_a_full_name_is_a_person_if_its_line_says_so(text: str) -> None:
    assert _types(text, ("Ann Keldane", "ORG")) == ["PERSON"]


@pytest.mark.parametrize(
    "text",
    [
        "She returned to Keldane.",
        "They met in Keldane.",
        "The streets of Keldane were empty.",
        "Its ambassador to Keldane left.",
        "The Keldane shipyard closed.",
    ],
)
def test_an_unknown_name_is_a_place_if_its_line_says_so(text: str) -> None:
    assert _types(text, ("Keldane", "PERSON")) == ["LOC"]


@pytest.mark.parametrize(
    ("text", "label"),
    [("Ann Keldane ran. Keldane won.", "PERSON"), ("Ann Keldane ran in Keldane.", "LOC")],
)
def test_a_surname_is_no_place_unless_its_line_says_so(text: str, label: str) -> None:
    at = text.rindex("Keldane")
    spans = [Span(0, len("Ann Keldane"), "PERSON", 0.9), Span(at, at + len("Keldane"), "LOC", 0.9)]
    found = settle_types({"body": text}, {"body": spans}, load_lexicon())["body"]
    assert found[1].label == label


@pytest.mark.parametrize("other", ["Dunmore", "Ann Dunmore"])
def test_a_full_name_is_a_person_if_the_article_has_the_person(other: str) -> None:
    text = f"{other} ran. The Ann Dunmore camp cheered, and Ann Dunmore Trust paid."
    camp = text.index("Ann Dunmore camp")
    spans = [
        Span(0, len(other), "PERSON", 0.9),
        Span(camp, camp + len("Ann Dunmore"), "ORG", 0.9),
        Span(text.index("Ann Dunmore Trust"), text.index(" paid"), "ORG", 0.9),
    ]
    found = settle_types({"body": text}, {"body": spans}, load_lexicon())["body"]
    assert [span.label for span in found] == ["PERSON", "PERSON", "ORG"]


def test_a_name_that_begins_a_firms_is_the_firm() -> None:
    text = "Dunmore Brothers Inc fell. Selling Dunmore shares was easy."
    spans = [
        Span(0, len("Dunmore Brothers Inc"), "ORG", 0.9),
        Span(text.rindex("Dunmore"), text.index(" shares"), "PERSON", 0.9),
    ]
    found = settle_types({"body": text}, {"body": spans}, load_lexicon())["body"]
    assert [span.label for span in found] == ["ORG", "ORG"]


@pytest.mark.parametrize("label", ["PERSON", "ORG"])
def test_a_listed_state_is_a_place(label: str) -> None:
    assert _types("It was made for the Soviet Union.", ("Soviet Union", label)) == ["LOC"]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Faith in Keldane, who won, is high.", [("Keldane", "PERSON")]),
        ("Ann Keldane won. In Keldane they trust.", [("Ann Keldane", "PERSON")]),
        ("An analyst at the bank, Ann Keldane, spoke.", [("Ann Keldane", "PERSON")]),
    ],
)
def test_a_person_keeps_its_type(text: str, names: list[tuple[str, str]]) -> None:
    assert _types(text, *names) == ["PERSON"] * len(names)


@pytest.mark.parametrize(("label", "expected"), [("PERSON", "OTHER"), ("ORG", "ORG")])
def test_the_plural_of_a_surname_is_a_family_unless_a_team(label: str, expected: str) -> None:
    text = "Ann Dunmore left. The aims of the Dunmores campaign are known."
    assert _types(text, ("Ann Dunmore", "PERSON"), ("Dunmores", label)) == ["PERSON", expected]


@pytest.mark.parametrize(
    ("text", "name", "label"),
    [
        ("Nobody liked the Keldanes.", "Keldanes", "OTHER"),
        ("The Keldanes moved away.", "Keldanes", "OTHER"),
        ("The Keldanes campaign went on.", "Keldanes", "PERSON"),
        ("Nobody liked Keldanes.", "Keldanes", "PERSON"),
        ("The Keldanos campaign went on.", "Keldanos", "PERSON"),
        ("Nobody liked the Velmarkians.", "Velmarkians", "PERSON"),
    ],
)
def test_an_unknown_plural_is_a_family_only_after_the(text: str, name: str, label: str) -> None:
    assert _types(text, (name, "PERSON")) == [label]


def test_a_surname_that_ends_with_s_is_a_person() -> None:
    text = "Ann Keldanes left. Voters of the Keldanes were sad."
    at = text.rindex("Keldanes")
    spans = [Span(0, 12, "PERSON", 0.9), Span(at, at + len("Keldanes"), "PERSON", 0.9)]
    found = settle_types({"body": text}, {"body": spans}, load_lexicon())["body"]
    assert [span.label for span in found] == ["PERSON", "PERSON"]


@pytest.mark.parametrize(
    ("name", "label", "expected"),
    [
        ("DunmoreCare", "PERSON", "OTHER"),
        ("Dunmorecare", "ORG", "OTHER"),
        ("Dunmorenomics", "PERSON", "OTHER"),
        ("Dunmoregate", "PERSON", "OTHER"),
        ("Keldanecare", "PERSON", "OTHER"),
        ("Keldanecare", "ORG", "ORG"),
        ("Keldanegate", "PERSON", "PERSON"),
    ],
)
def test_a_plan_or_scandal_named_after_a_person_is_no_person(
    name: str, label: str, expected: str
) -> None:
    text = f"Ann Dunmore spoke of {name} again."
    assert _types(text, ("Ann Dunmore", "PERSON"), (name, label)) == ["PERSON", expected]


@pytest.mark.parametrize(
    ("text", "thing"),
    [
        ("They passed the Harbour Safety Act.", "Harbour Safety Act"),
        ("The Tidewatch Grants Program ended.", "Tidewatch Grants Program"),
        ("They signed the Keldane Treaty.", "Keldane Treaty"),
        ("Many depend on Medicare.", "Medicare"),
        ("It ended at 4 EDT.", "EDT"),
        ("They renewed the Keldane accord.", "Keldane"),
        ("The Dunmore Keldane industrial average fell.", "Dunmore Keldane"),
    ],
)
@pytest.mark.parametrize("label", ["ORG", "PERSON"])
def test_laws_programmes_and_prices_are_no_actors(text: str, thing: str, label: str) -> None:
    assert _types(text, (thing, label)) == ["OTHER"]


@pytest.mark.parametrize(
    ("text", "name", "label"),
    [
        ("The Velmark Development Programme said so.", "Velmark Development Programme", "ORG"),
        ("Then Ann Law said so.", "Ann Law", "PERSON"),
        ("The Medicare Rights Union said so.", "Medicare Rights Union", "ORG"),
    ],
)
def test_bodies_and_people_with_such_words_stay(text: str, name: str, label: str) -> None:
    assert _types(text, (name, label)) == [label]
