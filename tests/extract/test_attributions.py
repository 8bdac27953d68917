"""Speech from the network's spans: who says what, whatever the network links."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pytest

from etl.extract import marks, tokens
from etl.extract.attributions.find import find_speech
from etl.extract.lexicon import load_lexicon
from etl.extract.mention_clusters import MentionClusters, NameMention
from etl.extract.names import Name
from etl.extract.speech import Speech
from etl.extract.tagger.tags import LinkScores, Span, Tags, WindowLinks

_MARKUP = re.compile(r"\[(\w+?)(\d?) ([^\[\]]*)\]")


def speech_of(markup: str, *people: str) -> list[Speech]:
    """Find the speech of "[source1 Ann Lee] [cue1 said] [content1 it would close]".

    Sources and contents are linked to the cue of the same number; without a number to none.
    `people` are the names of the text.
    """
    text, at = "", 0
    spans: dict[str, list[Span]] = {"source": [], "cue": [], "content": [], "names": []}
    numbers: dict[int, str] = {}
    for match in _MARKUP.finditer(markup):
        text += markup[at : match.start()]
        span = Span(len(text), len(text) + len(match[3]), "", 0.9)
        spans[match[1]].append(span)
        numbers[span.start] = match[2]
        text, at = text + match[3], match.end()
    text += markup[at:]
    links = {kind: _links(spans[kind], spans["cue"], numbers) for kind in ("source", "content")}
    tags = Tags(spans, [WindowLinks(0, links)])
    edges = sorted({edge for found in spans.values() for s in found for edge in (s.start, s.end)})
    doc = tokens.segment(text, edges)
    names = [
        NameMention("body", Name(*doc.token_range(m.start(), m.end()), person, "PERSON"))
        for person in people
        for m in re.finditer(re.escape(person), text)
    ]
    MentionClusters(load_lexicon()).cluster(names, {"body": doc})
    return find_speech(doc, marks.find_spans(doc), tags, names, [])


def _links(sources: Sequence[Span], cues: Sequence[Span], numbers: dict[int, str]) -> LinkScores:
    scores = [
        [9.0 if numbers[s.start] == numbers[c.start] else -9.0 for c in cues] for s in sources
    ]
    return LinkScores(
        [s.start for s in sources],
        [c.start for c in cues],
        np.array(scores, np.float32).reshape(len(sources), len(cues)),
    )


def source_of(markup: str, *people: str) -> str | None:
    """Return the source of the last quote."""
    quote = speech_of(markup, *people)[-1]
    text = _MARKUP.sub(r"\3", markup)
    return text[slice(*quote.source)] if quote.source else None


@pytest.mark.parametrize("opening, closing", [("“", "”"), ('"', '"'), ("''", "''"), ("‘", "’")])
def test_a_quote_after_a_cue_continues_the_one_before_it(opening: str, closing: str) -> None:
    first, second = speech_of(
        f"[content1 {opening}It is late,{closing}] [source1 Ann Lee] [cue1 said]. "
        f"[content {opening}We are going home.{closing}]"
    )
    assert first.utterance == second.utterance
    assert first.source == second.source


def test_indirect_speech_between_two_quotes_does_not_end_an_utterance() -> None:
    first, reported, last = speech_of(
        "[content1 “It is late,”] [source1 Ann Lee] [cue1 said]. "
        "[source2 She] [cue2 plans] [content2 to leave]. [content “We are going home.”]"
    )
    assert first.utterance == last.utterance != reported.utterance


def test_words_without_marks_behind_a_quotation_are_another_utterance() -> None:
    first, second = speech_of(
        "[content1 “It is late,”] [source1 Ann Lee] [cue1 said] when asked about "
        "[content1 the long strike]."
    )
    assert first.utterance != second.utterance
    assert first.source == second.source


def test_a_source_of_another_paragraph_says_nothing() -> None:
    markup = "[content1 The plan] did not [cue1 appear] to work.\n\n[source1 Ann Lee] left."
    assert source_of(markup, "Ann Lee") is None


@pytest.mark.parametrize(
    ("markup", "source"),
    [
        ("Ann Lee opened the port and [cue1 promised] [content1 to close it].", "Ann Lee"),
        ("Since Eva Ray left, Ann Lee [cue1 promised] [content1 to close it].", "Ann Lee"),
        ("After [cue1 asking for] [content1 calm], [source2 Ann Lee] left.", "Ann Lee"),
        ("[cue1 Suggesting] [content1 that it was late], she left.", "she"),
        ("[content1 The plan] was [cue1 opposed] by the Ann Lee.", "Ann Lee"),
        ("[content1 The plan] was [cue1 called] [content1 “absurd”] by Ann Lee.", "Ann Lee"),
        ("At the Ann Lee the crew [cue1 promised] [content1 to stay].", None),
        ("Ann Lee's crew [cue1 promised] [content1 to stay].", None),
    ],
)
def test_the_subject_or_agent_of_a_cue_is_its_source(markup: str, source: str | None) -> None:
    found = source_of(markup, "Ann Lee", "Eva Ray")
    assert (found.removeprefix("the ") if found else None) == source


@pytest.mark.parametrize(
    ("source", "who"), [("WHO director Ann Lee", "Ann Lee"), ("voters who dislike Ann Lee", None)]
)
def test_a_name_in_a_relative_clause_does_not_speak(source: str, who: str | None) -> None:
    (quote,) = speech_of(f"[source1 {source}] [cue1 said]: [content1 “It is late.”]", "Ann Lee")
    assert (quote.speaker.name if quote.speaker else None) == who


def test_according_to_reports_its_clause_even_if_no_content_was_found() -> None:
    texts = [
        "[cue1 According to] [source1 Ann Lee], the port will close.",
        "The port will close, [cue1 according to] [source1 Ann Lee].",
    ]
    for markup in texts:
        (quote,) = speech_of(markup, "Ann Lee")
        text = _MARKUP.sub(r"\3", markup)
        assert text[quote.start : quote.end].lower() == "the port will close"
        assert quote.speaker is not None and quote.speaker.name == "Ann Lee"


def test_according_to_behind_a_cue_reports_no_clause_of_its_own() -> None:
    markup = (
        "[content1 “It is late,”] [source1 Ann Lee] [cue1 said], [cue2 according to] "
        "[source2 The Herald]."
    )
    assert len(speech_of(markup, "Ann Lee")) == 1
