"""Names that the network cuts at a full stop or a mark, whole again."""

from __future__ import annotations

import pytest

from etl.domain import Article
from etl.extract import get_extractor
from etl.extract.lexicon import load_lexicon
from etl.extract.name_bounds import mend_bounds
from etl.extract.tagger.tags import Span


def _mended(text: str, *names: str, label: str = "PERSON") -> list[str]:
    spans = [Span(text.index(name), text.index(name) + len(name), label, 0.9) for name in names]
    return [text[span.start : span.end] for span in mend_bounds(text, spans, load_lexicon())]


@pytest.mark.parametrize(
    ("text", "cut", "whole"),
    [
        ("They thanked Mark C. Thurlow again.", ["Mark C", "Thurlow"], "Mark C. Thurlow"),
        ("They thanked Mark C. Thurlow again.", ["Mark C"], "Mark C. Thurlow"),
        ("They thanked Mark C. Thurlow again.", ["Thurlow"], "Mark C. Thurlow"),
        ("A letter from W. Mark Thurlow came.", ["Mark Thurlow"], "W. Mark Thurlow"),
        ("A letter from T. Y. Thurlow came.", ["Thurlow"], "T. Y. Thurlow"),
        ("Mark Thurlow Jr., 40, left.", ["Mark Thurlow Jr"], "Mark Thurlow Jr."),
        ("Mark Thurlow, Sr., 80, left.", ["Mark Thurlow", "Sr"], "Mark Thurlow, Sr."),
        ("Mayor Orvin D. Thurlow, Jr. left.", ["Orvin", "Jr."], "Orvin D. Thurlow, Jr."),
        ("Mayor Orvin D. Thurlow, Jr. left.", ["Orvin D", "Jr"], "Orvin D. Thurlow, Jr."),
        ("In Mark Thurlow, Sr., they trust.", ["Thurlow"], "Mark Thurlow, Sr."),
        ("Mark Thurlow, III, left.", ["Mark Thurlow"], "Mark Thurlow, III"),
        ("Mark Thurlow-Vik left.", ["Mark Thurlow"], "Mark Thurlow-Vik"),
        ("Mark Thurlow III left.", ["Mark Thurlow"], "Mark Thurlow III"),
        ("Luis (Jerry) Orteza left.", ["Luis", "Jerry) Orteza"], "Luis (Jerry) Orteza"),
        ('Luis "Big Jerry" Orteza left.', ["Orteza"], 'Luis "Big Jerry" Orteza'),
        ("Luis ‘Jerry’ Orteza left.", ["Luis", "Orteza"], "Luis ‘Jerry’ Orteza"),
        ("Lena (née Holm) Drahm left.", ["Lena", "Holm", "Drahm"], "Lena (née Holm) Drahm"),
        ("He met [Luis] Orteza there.", ["Luis] Orteza"], "[Luis] Orteza"),
        ("He met Luis [Orteza] there.", ["Luis [Orteza"], "Luis [Orteza]"),
        ("He met “the great” Orteza", ["great” Orteza"], "Orteza"),
        ('He met "Luis" Orteza', ['Luis" Orteza'], "Orteza"),
        ("A 'Big Jerry' Orteza came", ["Jerry' Orteza"], "Orteza"),
        ("The poet Luis O’ Teza came", ["Luis O’ Teza"], "Luis O’ Teza"),
    ],
)
def test_a_name_is_whole(text: str, cut: list[str], whole: str) -> None:
    assert _mended(text, *cut) == [whole]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("They lost to Plan B. Thurlow said so.", ["Thurlow"]),
        ("They met in Washington, D. C. Thurlow said so.", ["Thurlow"]),
        ("Ann Thurlow, Sr. Vice President, left.", ["Ann Thurlow"]),
        ("Erik Holm (Labour) Anna Vik (Tory) ran.", ["Erik Holm", "Anna Vik"]),
        ("Sen. Erik Holm (R-Texas) Wednesday said so.", ["Erik Holm"]),
        ("Erik Holm (FBI) Director", ["Erik Holm"]),
        ("They thanked Mark C. The mayor left.", ["Mark C"]),
    ],
)
def test_what_only_looks_like_part_of_a_name_is_none(text: str, names: list[str]) -> None:
    assert _mended(text, *names) == names


def test_a_firm_keeps_the_country_in_its_name() -> None:
    text = "A trader at Dunmore Keldane (Far East) Ltd said no."
    names = ["Dunmore Keldane", "Far East) Ltd"]
    assert _mended(text, *names, label="ORG") == ["Dunmore Keldane (Far East) Ltd"]


def test_a_firm_has_its_partners() -> None:
    assert _mended("Luis Orteza and Co Ltd rose.", "Luis Orteza") == ["Luis Orteza and Co Ltd"]


def test_a_listed_name_keeps_what_follows_it() -> None:
    text = "The U.S. House of Representatives met."
    assert _mended(text, "U.S.", "House of Representatives", label="ORG") == [
        "U.S. House of Representatives"
    ]


def test_a_listed_name_is_whole() -> None:
    text = "Ministers of the European\nCommunity met European ministers."
    spans = [Span(17, 25, "NORP", 0.9), Span(40, 48, "NORP", 0.9)]
    found = mend_bounds(text, spans, load_lexicon())
    assert [(text[span.start : span.end], span.label) for span in found] == [
        ("European\nCommunity", "ORG"),
        ("European", "NORP"),
    ]


@pytest.mark.parametrize("extractor", ["tagger", "fast", "rules"])
def test_washington_state_is_no_city(extractor: str) -> None:
    body = "He left Washington on Monday. Voters in Washington state and Texas state courts agreed."
    found = get_extractor(extractor).extract(Article(None, body))
    assert {actor.name for actor in found.actors} == {"Washington", "Washington state", "Texas"}


@pytest.mark.parametrize("extractor", ["tagger", "fast"])
def test_a_nickname_is_no_part_of_the_name_but_means_its_bearer(extractor: str) -> None:
    body = (
        "Kyle (Kiko) Brevin was shot on Monday. Mr. Brevin, 16, survived. “I am fine,” Kiko Brevin "
        "said. His brother Walter A. Brevin Jr., a nurse, was not hurt."
    )
    found = get_extractor(extractor).extract(Article(None, body))
    names = {actor.local_id: actor.name for actor in found.actors}
    assert set(names.values()) == {"Kyle Brevin", "Walter A. Brevin Jr."}
    assert [names[q.speaker] for q in found.quotes if q.speaker is not None] == ["Kyle Brevin"]
    assert found.mentions[0].surface == "Kyle (Kiko) Brevin"


@pytest.mark.parametrize(
    ("text", "apart"),
    [
        ("House and Senate", ["House", "Senate"]),
        ("Pentagon and\nWhite House", ["Pentagon", "White House"]),
        ("Holm and Senate Society", ["Holm and Senate Society"]),
    ],
)
def test_two_listed_bodies_joined_by_and_are_two_names(text: str, apart: list[str]) -> None:
    assert _mended(f"The {text} met.", text, label="ORG") == apart


def test_a_place_before_a_title_is_no_part_of_the_name_before_a_suffix() -> None:
    text = "Osterby Mayor Orvin Thurlow, Jr. left."
    assert _mended(text, "Osterby", "Orvin", "Jr.") == ["Osterby", "Orvin Thurlow, Jr."]


@pytest.mark.parametrize("extractor", ["tagger", "fast"])
def test_a_title_line_names_one_person_before_a_suffix(extractor: str) -> None:
    headline = "Orvin D. Thurlow, Jr. Announces Grant for Boston"
    body = "BOSTON – Congressman Orvin D. Thurlow, Jr. said so on Monday."
    found = get_extractor(extractor).extract(Article(headline, body))
    people = [actor.name for actor in found.actors if actor.type == "PERSON"]
    assert people == ["Orvin D. Thurlow Jr."]


@pytest.mark.parametrize(
    ("text", "cut", "whole"),
    [
        ("the House Committee on Tides, Reefs, and Harbours met", "House Committee",
         "House Committee on Tides, Reefs, and Harbours"),
        ("the Select Committee on\nHarbours met", "Select Committee",
         "Select Committee on\nHarbours"),
        ("the Harbour Patrol subcommittee met", "Harbour Patrol", "Harbour Patrol subcommittee"),
        ("the Tidewatch Party of Norway met", "Tidewatch Party", "Tidewatch Party"),
        ("Standard and Dunmore's Corp met", "Dunmore's Corp", "Standard and Dunmore's Corp"),
        ("It closed. Alder and Dunmore's Corp met", "Dunmore's Corp", "Alder and Dunmore's Corp"),
        ("Dunmore Harbour (Pacific) Ltd met", "Dunmore Harbour", "Dunmore Harbour (Pacific) Ltd"),
        ("Dunmore Harbour (Pacific) met", "Dunmore Harbour", "Dunmore Harbour (Pacific)"),
        ("the 88th Congress met", "88th Congress", "Congress"),
    ],
)  # fmt: skip
def test_the_name_of_an_organisation_is_whole(text: str, cut: str, whole: str) -> None:
    assert _mended(text, cut, label="ORG") == [whole]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("the House Committee on Monday", "House Committee"),
        ("the House Committee on Harbours Ranking Member", "House Committee on Harbours"),
        ("the Committee on Harbours, House Speaker", "Committee on Harbours"),
        ("the Committee on Harbours and Rep. Lee", "Committee on Harbours"),
        ("the House committee met", "House"),
        ("They met Alder and Dunmore's Corp", "Dunmore's Corp"),
        ("Dunmore Harbour (Holm) met", "Dunmore Harbour"),
    ],
)
def test_what_follows_an_organisation_stays_outside(text: str, name: str) -> None:
    assert _mended(text, name.partition(" on ")[0], label="ORG") == [name]


def test_an_s_before_a_verb_belongs_to_the_name() -> None:
    text = "Keldane's said so. The rating of Keldane's debt fell."
    spans = [Span(0, 7, "PERSON", 0.9), Span(33, 40, "ORG", 0.9)]
    found = mend_bounds(text, spans, load_lexicon())
    assert [(text[s.start : s.end], s.label) for s in found] == [("Keldane's", "ORG")] * 2
    assert _mended("Keldane's debt fell.", "Keldane", label="ORG") == ["Keldane"]


def test_a_party_has_its_country() -> None:
    text = "The Tidewatch Party of Norway met."
    spans = [Span(4, 19, "ORG", 0.9), Span(23, 29, "LOC", 0.9)]
    (party,) = mend_bounds(text, spans, load_lexicon())
    assert text[party.start : party.end] == "Tidewatch Party of Norway"


def test_the_subject_of_a_committee_ends_before_a_person() -> None:
    text = "the Committee on Harbours and Dunmore Keldane"
    spans = [Span(4, 13, "ORG", 0.9), Span(30, 45, "PERSON", 0.9)]
    found = mend_bounds(text, spans, load_lexicon())
    assert [text[s.start : s.end] for s in found] == ["Committee on Harbours", "Dunmore Keldane"]
