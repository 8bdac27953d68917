"""Invariants of pronouns and speakers, over generated articles; and two people of one surname."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etl.domain import Article, Extraction, Mention, Quote
from etl.extract import get_extractor

EXTRACTORS = ("tagger", "rules")
WOMEN = ("Laura Selwick", "Maria Holberg", "Anna Garfeld")
MEN = ("Thomas Tordane", "Peter Wenstad", "David Mormond")
PEOPLE = st.sampled_from(WOMEN + MEN)
PRONOUN = st.sampled_from(("he", "she"))


@st.composite
def sentences(draw: st.DrawFn) -> str:
    one, other = draw(PEOPLE), draw(PEOPLE)
    pronoun = draw(PRONOUN)
    short = one.split()[1]
    return draw(
        st.sampled_from(
            (
                f"{one} met {other} in Brenmouth on Monday.",
                f"{short} opened the harbour.",
                f"{pronoun.title()} had left the council after a quarrel.",
                f"“We open the bridge in May,” {pronoun} said.",
                f"“If {short} wants the bridge, {pronoun} can have it,” said {other}.",
                f"{pronoun.title()} said: “If {short} is interested, let them come.”",
                f"{other} told reporters that {pronoun} would not resign.",
                f"When {pronoun} resigned, {one} went home.",
                f"“{pronoun.title()} was never here,” {pronoun} added.",
            )
        )
    )


BODIES = st.lists(st.lists(sentences(), min_size=1, max_size=3), min_size=1, max_size=5).map(
    lambda paragraphs: "\n\n".join(" ".join(paragraph) for paragraph in paragraphs)
)


def extracted(name: str, body: str) -> tuple[Article, Extraction]:
    article = Article("Council Meets Again", body)
    return article, get_extractor(name).extract(article)


def pronouns(found: Extraction) -> list[Mention]:
    return [m for m in found.mentions if m.kind == "pronoun" and m.part == "body"]


def names_of(found: Extraction, actor: int | None) -> list[Mention]:
    return [m for m in found.mentions if m.kind == "name" and m.actor == actor]


def sentence_around(body: str, at: int) -> tuple[int, int]:
    start = max(body.rfind(end, 0, at) for end in (". ", ".” ", "\n")) + 1
    end = re.compile(r"[.”]\s|$").search(body, at)
    return start, end.end() if end else len(body)


@pytest.mark.parametrize("name", EXTRACTORS)
@given(body=BODIES)
@settings(deadline=None)
def test_a_pronoun_never_means_somebody_first_named_after_its_sentence(
    name: str, body: str
) -> None:
    _, found = extracted(name, body)
    for pronoun in pronouns(found):
        first = min(m.char_start for m in names_of(found, pronoun.actor))
        start, end = sentence_around(body, pronoun.char_start)
        assert first < end, (pronoun.surface, pronoun.char_start, body)
        if first > pronoun.char_start:
            is_fronted = body[start:].lstrip(" “").startswith("When")
            people = {a for a, actor in enumerate(found.actors) if actor.type == "PERSON"}
            named_before = [
                m
                for m in found.mentions
                if m.actor in people and m.kind == "name" and m.char_start < pronoun.char_start
            ]
            assert is_fronted or not named_before, (pronoun.surface, body)


@pytest.mark.parametrize("name", EXTRACTORS)
@given(body=BODIES)
@settings(deadline=None)
def test_a_speaker_meant_by_a_pronoun_is_not_named_in_the_quote(name: str, body: str) -> None:
    _, found = extracted(name, body)
    for quote in found.quotes:
        if quote.speaker is not None and (quote.speaker_surface or "").lower() in ("he", "she"):
            assert not within(quote, names_of(found, quote.speaker)), body


@pytest.mark.parametrize("name", EXTRACTORS)
@given(body=BODIES)
@settings(deadline=None)
def test_he_and_she_inside_marks_are_not_the_speaker(name: str, body: str) -> None:
    _, found = extracted(name, body)
    for quote in found.quotes:
        if quote.kind != "indirect" and quote.speaker is not None:
            own = [m for m in pronouns(found) if m.actor == quote.speaker]
            assert not within(quote, own), body


def within(quote: Quote, mentions: list[Mention]) -> list[Mention]:
    return [
        m
        for m in mentions
        if m.part == quote.part and quote.char_start <= m.char_start < quote.char_end
    ]


@pytest.mark.parametrize("name", EXTRACTORS)
@given(body=BODIES)
@settings(deadline=None)
def test_he_and_she_agree_with_the_first_name(name: str, body: str) -> None:
    _, found = extracted(name, body)
    for pronoun in pronouns(found):
        assert pronoun.actor is not None
        full = found.actors[pronoun.actor].name
        assert full not in (WOMEN if pronoun.surface.lower() == "he" else MEN), body


def speakers(name: str, body: str) -> dict[str, str | None]:
    """The speaker of each quote in marks, by its first two words."""
    _, found = extracted(name, body)
    return {
        " ".join(q.text.split()[:2]): None if q.speaker is None else found.actors[q.speaker].name
        for q in found.quotes
        if q.kind == "direct"
    }


def test_a_couple_of_one_surname_are_two_people() -> None:
    body = (
        "Peter and Maria Dalwick bought the mill at Keldane in spring.\n\n"
        "“We found the wheel under straw,” said Mrs Dalwick.\n\n"
        "Mr Dalwick said: “I wanted to sell it.”"
    )
    assert speakers("tagger", body) == {
        "We found": "Maria Dalwick",
        "I wanted": "Peter Dalwick",
    }


def test_mr_and_mrs_are_never_one_person() -> None:
    body = (
        "The mill at Keldane was sold to Maria Dalwick, a baker from Aldhaven.\n\n"
        "“She saved every penny,” said Mr Dalwick."
    )
    assert speakers("tagger", body)["She saved"] != "Maria Dalwick"


def test_a_name_inside_the_last_quote_attracts_no_earlier_pronoun() -> None:
    body = (
        "President Wenstad spoke in Brenmouth on Wednesday, after a parade, and did not sound like "
        "he was in a hurry.\n\n"
        "He described the state of the harbour. “The piers are worn out,” he said.\n\n"
        "He did say that “If Tordane is interested in meeting, let him come to Brenmouth.”"
    )
    _, found = extracted("tagger", body)
    meant = {m.surface: found.actors[m.actor].name for m in pronouns(found) if m.actor is not None}
    assert meant["He"] == meant["he"] == "Wenstad"
    assert set(speakers("tagger", body).values()) == {"Wenstad"}


def test_a_source_ends_with_its_paragraph() -> None:
    body = (
        "Laura Selwick and Anna Garfeld argued on Monday.\n\n"
        "“Pay is set by an independent body,” said Ms Selwick.\n\n"
        "Anna Garfeld added: “We will answer in the spring.”"
    )
    _, found = extracted("tagger", body)
    surfaces = [q.speaker_surface for q in found.quotes if q.kind == "direct"]
    assert surfaces == ["Ms Selwick", "Anna Garfeld"]


def test_a_quote_is_said_in_its_own_paragraph() -> None:
    """The network joins the end of one paragraph's quote to the beginning of the next."""
    body = (
        "‘The farmers’ stores are empty and it’s only March,’ said Peter Wenstad, the union’s "
        "president. ‘We’ve told ministers’ staff, and they’ve done nothing.’\n\n"
        "‘I don’t accept that,’ the farm minister, Anna Garfeld, said. ‘The door is open.’"
    )
    said = speakers("tagger", body)
    assert said["We’ve told"] == "Peter Wenstad"
    assert said["I don’t"] == said["The door"] == "Anna Garfeld"


def test_a_quotation_that_each_paragraph_reopens_keeps_its_speaker() -> None:
    body = (
        "“What we are watching is how quickly the wards fill,” Peter Wenstad said. “We have seen "
        "admissions fall but the severe cases increase.\n\n"
        "“Until now we have been able to stay within the mark, but we are following it closely.\n\n"
        "“I ask you to follow the rules, because I would not want to back up in the coming weeks.”"
    )
    said = speakers("tagger", body)
    assert len(said) == 4
    assert set(said.values()) == {"Peter Wenstad"}


def test_of_marks_within_marks_the_outer_ones_decide() -> None:
    body = "'Have they read the \"red file\"?' asked Peter Wenstad. 'It's on my desk.'"
    _, found = extracted("tagger", body)
    texts = {q.text for q in found.quotes}
    assert texts == {'Have they read the "red file"?', "It's on my desk."}


def test_a_speaker_may_be_addressed_in_a_quote_inside() -> None:
    body = (
        "Peter Wenstad climbed onto a crate in Brenmouth on Friday. “They have asked me all week, "
        "‘Peter, what will it take?’ It will take what it took last year,” he said."
    )
    assert set(speakers("tagger", body).values()) == {"Peter Wenstad"}
