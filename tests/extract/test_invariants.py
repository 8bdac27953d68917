"""What holds of every text, with any names: invariants of who is meant and who speaks.

They hold for each extractor, and for the trained one whatever its network and ranker say.
"""

from __future__ import annotations

from collections import defaultdict

import pytest
from extract_reports import EXTRACTORS, MEN, WOMEN, Reading, Report, reports
from hypothesis import given, settings
from suite_length import examples

EACH = pytest.mark.parametrize("extractor", EXTRACTORS)
LENGTH = settings(deadline=None, max_examples=examples(40))


@EACH
@LENGTH
@given(report=reports())
def test_a_pronoun_means_nobody_first_named_after_its_sentence(
    extractor: str, report: Report
) -> None:
    reading = Reading(extractor, report.body)
    for pronoun in reading.he_and_she:
        first = min(m.char_start for m in reading.names_of(pronoun.actor))
        _, end, _ = report.sentence_at(pronoun.char_start)
        assert first < end, (pronoun.surface, report.body)


@EACH
@LENGTH
@given(report=reports())
def test_in_its_sentence_a_later_name_is_meant_only_from_a_clause_in_front(
    extractor: str, report: Report
) -> None:
    reading = Reading(extractor, report.body)
    named = sorted(m.char_start for m in reading.people)
    for pronoun in reading.he_and_she:
        first = min(m.char_start for m in reading.names_of(pronoun.actor))
        if first > pronoun.char_start and named[0] < pronoun.char_start:
            start, _, is_fronted = report.sentence_at(pronoun.char_start)
            is_quoted_clause = pronoun.is_in_quote and "“" in report.body[start:first]
            assert is_fronted or is_quoted_clause, (pronoun.surface, report.body)


@EACH
@LENGTH
@given(report=reports())
def test_he_outside_a_quote_is_nobody_whom_only_the_quote_names(
    extractor: str, report: Report
) -> None:
    reading = Reading(extractor, report.body)
    for pronoun in reading.he_and_she:
        name = min(reading.names_of(pronoun.actor), key=lambda m: m.char_start)
        if name.char_start > pronoun.char_start:
            assert name.is_in_quote == pronoun.is_in_quote, (pronoun.surface, report.body)


@EACH
@LENGTH
@given(report=reports())
def test_nobody_says_a_quote_that_names_him_unless_the_text_says_so(
    extractor: str, report: Report
) -> None:
    reading = Reading(extractor, report.body)
    for quote in reading.quotes:
        own = reading.within(quote, reading.names_of(quote.speaker))
        if any(not reading.is_in_inner_quote(quote, m) for m in own):
            source = [
                m
                for m in reading.names_of(quote.speaker)
                if quote.speaker_char_start is not None
                and quote.speaker_char_end is not None
                and quote.speaker_char_start <= m.char_start < quote.speaker_char_end
                and not reading.within(quote, [m])
            ]
            assert source, (quote.text, report.body)
            assert report.paragraph_at(source[0].char_start) == report.paragraph_at(
                quote.char_start
            ), (quote.text, report.body)


@EACH
@LENGTH
@given(report=reports())
def test_he_and_she_inside_a_quote_are_not_its_speaker(extractor: str, report: Report) -> None:
    reading = Reading(extractor, report.body)
    for quote in reading.quotes:
        own = [m for m in reading.he_and_she if m.actor == quote.speaker]
        assert not reading.within(quote, own), (quote.text, report.body)


@EACH
@LENGTH
@given(report=reports())
def test_i_me_and_my_inside_a_quote_are_its_speaker(extractor: str, report: Report) -> None:
    reading = Reading(extractor, report.body)
    own = [m for m in reading.of_kind("pronoun") if m.method == "first_person"]
    assert {m.surface for m in own} <= {"I", "me", "my"}
    for quote in reading.quotes:
        inside = reading.within(quote, own)
        assert {m.actor for m in inside} <= {quote.speaker}, (quote.text, report.body)
        own = [m for m in own if m not in inside]
    assert not own, "a first person that no speaker says"


@EACH
@LENGTH
@given(report=reports())
def test_you_means_nobody(extractor: str, report: Report) -> None:
    meant = Reading(extractor, report.body).of_kind("pronoun")
    assert not [m for m in meant if m.surface.lower() in ("you", "your")]


@EACH
@LENGTH
@given(report=reports())
def test_gender_and_titles_exclude(extractor: str, report: Report) -> None:
    """One actor is never a man and a woman, by first name, by "Mr" and "Ms", or by "he"."""
    reading = Reading(extractor, report.body)
    genders: dict[int, set[str]] = defaultdict(set)
    for mention in reading.of_kind("name"):
        assert mention.actor is not None
        first = reading.found.actors[mention.actor].name.split()[0]
        if mention.type == "PERSON" and first in WOMEN + MEN:
            genders[mention.actor].add("f" if first in WOMEN else "m")
        role = (mention.role or "").split(" ")[-1]
        if role in ("Mr", "Ms", "Mrs"):
            genders[mention.actor].add("m" if role == "Mr" else "f")
    for pronoun in reading.he_and_she:
        assert pronoun.actor is not None
        genders[pronoun.actor].add("m" if pronoun.surface.lower() in ("he", "him", "his") else "f")
    assert all(len(found) < 2 for found in genders.values()), (genders, report.body)


@EACH
@LENGTH
@given(report=reports())
def test_he_and_she_never_mean_a_couple_or_a_group(extractor: str, report: Report) -> None:
    reading = Reading(extractor, report.body)
    for pronoun in reading.he_and_she:
        assert pronoun.type == "PERSON"
        names = reading.names_of(pronoun.actor)
        assert not all(reading.is_family(m) for m in names), (pronoun.surface, report.body)
