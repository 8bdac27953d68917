"""Quotes: their spans, utterances and speakers."""

import pytest
from extract_view import read

from etl.domain import Article
from etl.extract import get_extractor
from etl.extract.rule_extractor import RuleExtractor

SAID = "We will close the bridge"


@pytest.mark.parametrize(
    ("body", "method"),
    [
        ("“We will close the bridge,” Lise Holm said on Monday.", "cue_after"),
        ("“We will close the bridge,” said Lise Holm, the mayor.", "cue_inverted"),
        ("Lise Holm told reporters: “We will close the bridge.”", "cue_before"),
        ("Lise Holm, who is mayor of Osterby, said, “We will close the bridge.”", "cue_before"),
        ("According to Lise Holm, “We will close the bridge.”", "cue_before"),
        ("Lise Holm continued:\n\n“We will close the bridge.”", "cue_colon"),
        ('"We will close the bridge," Lise Holm added.', "cue_after"),
        ("‘We will close the bridge,’ Lise Holm said, ‘and soon.’", "cue_after"),
        ("''We will close the bridge,'' Lise Holm said.", "cue_after"),
        ("‘We will close the bridge,’ said Lise Holm, the mayor.", "cue_inverted"),
        ("'We will close the bridge,' said Lise Holm, the mayor.", "cue_inverted"),
    ],
)
def test_the_speaker_is_found_on_either_side_of_any_quotation_marks(body: str, method: str) -> None:
    view = read(body)
    quote = view.quote(SAID)
    assert view.speaker(SAID) == "Lise Holm"
    assert (quote.kind, quote.method) == ("direct", method)
    assert quote.text.rstrip(",.") == SAID


def test_the_cue_is_stored_as_written() -> None:
    assert read("“We will close it,” warned Lise Holm.").quote("We").cue == "warned"


def test_a_pronoun_is_the_speaker_surface() -> None:
    view = read("Lise Holm arrived late. “We will close the bridge,” she said.")
    assert view.quote(SAID).speaker_surface == "she"
    assert view.speaker(SAID) == "Lise Holm"


@pytest.mark.parametrize(
    "source",
    ["officials", "a spokesman for the port", "a person familiar with the matter"],
)
def test_an_unnamed_source_has_a_surface_and_no_speaker(source: str) -> None:
    quote = read(f"“We will close the bridge,” {source} said.").quote(SAID)
    assert (quote.speaker, quote.speaker_surface) == (None, source)


def test_an_unattributed_quote_has_neither() -> None:
    quote = read("The crowd waited in the rain.\n\n“We will close the bridge today.”").quote(SAID)
    assert (quote.speaker, quote.speaker_surface, quote.cue) == (None, None, None)


def test_quotes_around_a_cue_are_one_utterance() -> None:
    view = read("“If we must,” Lise Holm said, “we will close it.” Then she left.")
    first, second = view.quote("If we must"), view.quote("we will close it")
    assert first.utterance == second.utterance
    assert (first.kind, second.kind) == ("direct", "direct")


def test_a_quote_reopened_in_the_next_paragraph_is_one_utterance() -> None:
    view = read("Lise Holm said: “The bridge is old.\n\n“It will close.”\n\nNobody asked why.")
    first, second = view.quote("The bridge is old."), view.quote("It will close.")
    assert first.utterance == second.utterance
    assert view.speaker("It will close.") == "Lise Holm"


def test_a_speaker_is_carried_over_with_less_confidence() -> None:
    view = read(
        "“The bridge is old,” Lise Holm said. “It will close.”\n\n“Nobody will miss the thing.”"
    )
    steps = [view.quote(b) for b in ("The bridge", "It will", "Nobody")]
    assert [view.speaker(q.text) for q in steps] == ["Lise Holm"] * 3
    assert steps[0].confidence > steps[1].confidence > steps[2].confidence


def test_marks_within_marks_stay_inside() -> None:
    view = read("“They told my father, ‘You will get a boat,’” Emil Drahm said.")
    assert view.quoted == ["They told my father, ‘You will get a boat,’"]


def test_a_quote_whose_source_the_network_misses_has_the_one_beside_it() -> None:
    body = (
        "Emil Drahm, of the Residents' Association, spoke on Monday.\n\n"
        "'Have they read the \"red file\"?' asked Mr Drahm."
    )
    found = get_extractor("tagger").extract(Article("Council Sorry For Delay", body))
    speakers = {found.actors[q.speaker].name for q in found.quotes if q.speaker is not None}
    assert speakers == {"Emil Drahm"}
    assert all(quote.speaker is not None for quote in found.quotes)


def test_a_quote_whose_cue_the_network_misses_keeps_the_source_that_it_found() -> None:
    body = "‘I don’t accept that,’ the farm minister, Bettina Roos, said. ‘Our door is open.’"
    found = get_extractor("tagger").extract(Article("Leader Warns Of Empty Shelves", body))
    assert {quote.speaker_surface for quote in found.quotes} == {"the farm minister, Bettina Roos,"}


def test_an_apostrophe_is_not_a_quotation_mark() -> None:
    assert read("The sailors’ boats don’t float, and Emil’s won’t.").quoted == []


@pytest.mark.parametrize(
    "body",
    [
        "The so-called “peace plan” was shelved.",
        "She sang in “The Long Way Home” for years.",
        "The ‘unacceptable’ offer stood.",
    ],
)
def test_scare_quotes_and_titles_are_not_quotes(body: str) -> None:
    assert read(body).quoted == []


def test_words_in_marks_within_reported_speech_are_mixed() -> None:
    view = read("Lise Holm said that the bridge was “a disaster in slow motion” and would close.")
    mixed = view.quote("a disaster")
    assert mixed.kind == "mixed"
    assert {q.utterance for q in view.extraction.quotes} == {mixed.utterance}
    assert view.quote("the bridge was").kind == "indirect"


@pytest.mark.parametrize(
    "body",
    [
        "Lise Holm said on Monday that the old bridge would close.",
        "Lise Holm, the mayor, said the old bridge would close.",
        "The mayor of Osterby, Lise Holm, said in May that the old bridge would close.",
        "According to Lise Holm, the old bridge would close.",
        "Once more the old bridge would close, Lise Holm said.",
    ],
)
def test_reported_clauses_are_indirect_quotes(body: str) -> None:
    view = read(body)
    (quote,) = view.extraction.quotes
    assert quote.kind == "indirect"
    assert "the old bridge would close" in quote.text
    assert view.speaker(quote.text) == "Lise Holm"


def test_an_office_refers_to_its_only_holder() -> None:
    view = read("Mayor Lise Holm arrived.\n\n“We will close the bridge,” the mayor said.")
    assert view.speaker(SAID) == "Lise Holm"
    assert view.quote(SAID).speaker_surface == "the mayor"
    assert view.mention("the mayor").kind == "nominal"
    assert view.mentions_of("Lise Holm") == ["Lise Holm", "the mayor"]


def test_utterances_are_not_shared_between_headline_and_body() -> None:
    view = read("“It is shut,” Emil Drahm said.", headline="Lise Holm: the bridge will close now")
    headline, body = view.quote("the bridge"), view.quote("It is shut")
    assert (headline.part, body.part) == ("headline", "body")
    assert headline.utterance != body.utterance


def test_extract_many_equals_repeated_extract() -> None:
    extractor = RuleExtractor()
    articles = [Article(None, "“It is shut,” Emil Drahm said."), Article("Lise Holm left", "")]
    assert extractor.extract_many(articles) == [extractor.extract(a) for a in articles]
