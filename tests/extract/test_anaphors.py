"""Descriptions, "it" and "they": which words may mean an actor, and whom they mean."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etl.domain import Article
from etl.extract import anaphors, get_extractor
from etl.extract.antecedents.ranker import Choice, Ranker, load_ranker
from etl.extract.antecedents.resolve import Resolver
from etl.extract.lexicon import load_lexicon
from etl.extract.tagger_extractor import TaggerExtractor
from etl.extract.tokens import segment

EXTRACTORS = ("tagger", "fast", "rules")


def described(text: str) -> list[str]:
    doc = segment(text)
    return [
        doc.surface(a.first, a.last)
        for a in anaphors.find(doc, [], load_lexicon())
        if a.kind == "description"
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The company said so.", ["The company"]),
        ("Then the 45-year-old sang.", ["the 45-year-old"]),
        ("We asked the former secretary of state.", ["the former secretary of state"]),
        ("The billionaire real estate magnate paid.", ["The billionaire real estate magnate"]),
        ("They praised the agency’s work.", ["the agency"]),
        ("Her campaign said so.", ["campaign"]),
        ("The party leaders met.", []),
        ("The president of Tarn spoke.", []),
        ("The man who called left.", []),
        ("A senator spoke.", []),
        ("The company spokesman left.", ["The company spokesman"]),
    ],
)
def test_a_description_is_a_definite_phrase_that_says_no_more_itself(
    text: str, found: list[str]
) -> None:
    assert described(text) == found


@given(st.text(alphabet="the company he said Senator's, .“”45-year-old\n", max_size=300))
@settings(deadline=None)
def test_anaphors_are_in_order_and_never_overlap(text: str) -> None:
    doc = segment(text)
    found = list(anaphors.find(doc, [], load_lexicon()))
    assert all(a.first < a.last for a in found)
    assert all(a.last <= b.first for a, b in pairwise(found))


def meant(name: str, body: str) -> dict[str, str]:
    """Whom each pronoun and description of a body means; those that mean nobody are absent."""
    found = get_extractor(name).extract(Article(None, body))
    return {
        m.surface: found.actors[m.actor].name
        for m in found.mentions
        if m.kind != "name" and m.actor is not None
    }


def speakers(name: str, body: str) -> list[str | None]:
    found = get_extractor(name).extract(Article(None, body))
    return [None if q.speaker is None else found.actors[q.speaker].name for q in found.quotes]


@pytest.mark.parametrize("name", EXTRACTORS)
def test_it_and_the_company_speak_for_the_only_company(name: str) -> None:
    body = (
        "Halden Shipping Corp said it expects to report a loss for the third quarter.\n\n"
        "The company said the loss was caused by the storm in May."
    )
    assert meant(name, body) == {
        "it": "Halden Shipping Corp",
        "The company": "Halden Shipping Corp",
    }
    assert speakers(name, body) == ["Halden Shipping Corp"] * 2


@pytest.mark.parametrize("name", EXTRACTORS)
def test_an_office_means_the_person_who_holds_it(name: str) -> None:
    body = (
        "Senator Laura Selwick met Mayor Peter Wenstad in the town hall on Monday.\n\n"
        "The senator said that the bridge would open in May.\n\n"
        "The mayor said that he had heard nothing of it."
    )
    assert speakers(name, body) == ["Laura Selwick", "Peter Wenstad"]


@pytest.mark.parametrize("name", EXTRACTORS)
def test_her_committee_is_that_of_the_person_meant(name: str) -> None:
    body = (
        "The Selwick Campaign Committee spent more than the Wenstad Campaign Committee. Laura "
        "Selwick spoke in Tarn on Monday. She praised the harbour, and her committee said the "
        "money would last."
    )
    assert meant(name, body)["committee"] == "Selwick Campaign Committee"


@pytest.mark.parametrize("name", EXTRACTORS)
def test_an_unnamed_spokesman_is_nobody(name: str) -> None:
    body = (
        "Peter Wenstad bought the mill from Halden Shipping Corp on Monday.\n\n"
        "A spokesman for the firm refused to comment. The spokesman said the price was secret."
    )
    assert "The spokesman" not in meant(name, body)


@pytest.mark.parametrize("name", EXTRACTORS)
@pytest.mark.parametrize("pronoun", ["he", "she"])
def test_he_and_she_never_mean_a_couple_or_a_group(name: str, pronoun: str) -> None:
    body = (
        "The Liberal Party met the Brask family and Halden Shipping Corp in Tarn.\n\n"
        f"Then {pronoun} left, and {pronoun} said that the meeting had been short."
    )
    found = get_extractor(name).extract(Article(None, body))
    for mention in found.mentions:
        if mention.kind == "pronoun":
            assert mention.actor is not None
            assert found.actors[mention.actor].type == "PERSON"


@pytest.mark.parametrize(
    ("sentence", "reports"),
    [
        ("Rolf Brandvik also said he expects a result.", True),
        ("Rolf Brandvik has repeatedly said that he expects a result.", True),
        ("Rolf Brandvik left when he had a result.", False),
    ],
)
def test_only_a_cue_stands_between_who_says_it_and_he(sentence: str, reports: bool) -> None:
    seen: list[Choice] = []
    ((_, body),) = TaggerExtractor().readings([Article(None, sentence)])
    Resolver(
        body.doc, body.names, body.anaphors, load_lexicon(), body.is_quoted, seen.append
    ).resolve()  # fmt: skip
    assert ("reports subject" in seen[0].features[0]) == reports


@pytest.mark.parametrize("name", EXTRACTORS)
def test_every_extractor_has_weights_for_every_kind_of_anaphor(name: str) -> None:
    ranker = load_ranker(name)
    for kind in ("person", "group", "thing", "description"):
        anaphor = anaphors.Anaphor(0, 1, kind, "subject")
        choice = Choice(anaphor, [], [], ["always"])
        assert ranker.decide(choice) is None


def test_probabilities_are_a_softmax_over_candidates_and_nobody() -> None:
    ranker = Ranker({"thing": {"near": 1.0, "always": 0.5}})
    anaphor = anaphors.Anaphor(0, 1, "thing", "subject")
    near, far = ranker.probabilities(Choice(anaphor, [], [["near"], ["far"]], ["always"]))
    assert near == pytest.approx(0.5065, abs=1e-4)
    assert far == pytest.approx(0.1863, abs=1e-4)
