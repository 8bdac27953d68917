"""Measures of attributions on PolNeAR: spans, contents end to end, speakers.

Belongs here: comparing the quotes of an extraction with the gold attributions. Does not belong
here: matching and counting (`etl.quality.scores`).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from etl.domain import Extraction, Quote
from etl.quality.scores import Counts, Match, match_utterances, score_spans
from training.corpora.gold import Capitals, Gold, QuotedText, Span, Spans, polnear, trimmed
from training.evaluation.report import PRF, Cell, Table, prf
from training.evaluation.runner import CorpusRunner

MATCHED, CLOSE = 0.3, 0.8
"""The overlaps of the Gender Gap Tracker: above the first an utterance is found, above the second
it is a close match."""
MEASURES: tuple[Literal["covered", "union"], ...] = ("covered", "union")
_WORD = re.compile(r"\w+")
_MARKS = re.compile("[“”\"‘]|''")


def spans(runner: CorpusRunner) -> list[Table]:
    """Score sources, cues and contents by span: from the network's heads, and from the quotes."""
    heads = getattr(runner.extractor, "spans", None)
    counts: dict[str, Counts] = defaultdict(Counts)
    for text, extraction in runner.run(polnear, "dev"):
        gold = dict(text.layers)
        tagged = heads(text.text) if heads else {}
        for layer in ("source", "cue", "content"):
            counts[layer] += score_spans(gold[layer], set(tagged.get(layer, ())))
        shown = {
            "source": {s for u in utterances(text, extraction) for s in u.speaker_spans},
            "content": {s for u in utterances(text, extraction) for s in u.spans},
        }
        for layer, found in shown.items():
            counts[f"{layer} of quotes"] += score_spans(
                {trimmed(text.text, s) for s in gold[layer]}, {trimmed(text.text, s) for s in found}
            )
    rows: list[list[Cell]] = []
    for layer in ("source", "cue", "content"):
        row = prf(layer, counts[layer])
        rows.append(row if heads else [layer, None, None, None, counts[layer].gold])
    rows += [prf(f"{x} of quotes, trimmed", counts[f"{x} of quotes"]) for x in shown]
    return [Table("Attributions, exact spans: PolNeAR dev", ("", *PRF), rows)]


@dataclass(frozen=True)
class Utterance:
    """The pieces of one utterance, in offsets of the whole text, with the words they cover."""

    spans: Spans
    speaker_spans: Spans
    words: frozenset[int]
    speaker_words: frozenset[int]
    is_marked: bool
    confidence: float
    speaker_confidence: float


def utterances(text: Gold, extraction: Extraction) -> list[Utterance]:
    """Group quotes by utterance. An utterance has the lowest confidence of its pieces."""
    groups: dict[int, list[Quote]] = defaultdict(list)
    for quote in extraction.quotes:
        groups[quote.utterance].append(quote)
    result = []
    for quotes in groups.values():
        pieces = [text.span(q.part, q.char_start, q.char_end) for q in quotes]
        speakers = {
            text.span(q.part, q.speaker_char_start, q.speaker_char_end)
            for q in quotes
            if q.speaker_char_start is not None and q.speaker_char_end is not None
        }
        result.append(
            Utterance(
                pieces,
                sorted(speakers),
                words_in(text.text, pieces),
                words_in(text.text, speakers),
                any(q.kind != "indirect" for q in quotes),
                min(q.confidence for q in quotes),
                min((s for q in quotes if (s := q.speaker_confidence) is not None), default=0.0),
            )
        )
    return result


def words_in(text: str, pieces: Iterable[Span]) -> frozenset[int]:
    """Return the start offsets of the words within some spans."""
    return frozenset(m.start() for s, e in pieces for m in _WORD.finditer(text, s, e))


@dataclass(frozen=True)
class Comparison:
    """An article of PolNeAR: the utterances found and the gold attributions."""

    text: QuotedText
    found: list[Utterance]
    gold_words: list[frozenset[int]]
    source_words: list[frozenset[int]]
    is_marked: list[bool]
    is_named: list[bool]
    matches: list[Match]
    """Matches at the overlap from which an utterance counts as found."""

    def is_right(self, match: Match) -> bool:
        """Whether the speaker found shares a word, by position, with the gold source."""
        return bool(self.source_words[match.gold] & self.found[match.found].speaker_words)


def compare(text: QuotedText, extraction: Extraction) -> Comparison:
    """Compare the quotes of an extraction with the gold attributions."""
    found = utterances(text, extraction)
    gold = [words_in(text.text, a.content) for a in text.attributions]
    capitals = Capitals(text)
    return Comparison(
        text,
        found,
        gold,
        [words_in(text.text, a.source) for a in text.attributions],
        [any(_MARKS.search(text.text, *s) for s in a.content) for a in text.attributions],
        [any(any(capitals.names(s)) for s in a.source) for a in text.attributions],
        match_utterances(gold, [u.words for u in found], MATCHED),
    )


def quotes(runner: CorpusRunner) -> list[Table]:
    """Score attributions end to end: contents by overlap, and their speakers."""
    counts: dict[str, Counts] = defaultdict(Counts)
    speakers: dict[str, list[tuple[bool, bool]]] = defaultdict(list)
    for text, extraction in runner.run(polnear, "dev"):
        comparison = compare(text, extraction)
        found = [u.words for u in comparison.found]
        for measure in MEASURES:
            label = "gold covered" if measure == "covered" else measure
            for above in (MATCHED, CLOSE):
                matches = match_utterances(comparison.gold_words, found, above, measure)
                counts[f"all, {label} > {above}"] += Counts(
                    len(matches), len(found), len(comparison.gold_words)
                )
                counts[f"with quotation marks, {label} > {above}"] += Counts(
                    sum(comparison.is_marked[m.gold] for m in matches), 0, sum(comparison.is_marked)
                )
        for match in comparison.matches:
            if comparison.source_words[match.gold]:
                has_speaker = bool(comparison.found[match.found].speaker_words)
                outcome = (comparison.is_right(match), has_speaker)
                speakers["with any gold source"].append(outcome)
                if comparison.is_named[match.gold]:
                    speakers["**with a named source**"].append(outcome)
                if comparison.is_marked[match.gold]:
                    speakers["with quotation marks"].append(outcome)
    rows: list[list[Cell]] = [
        [name, None, c.recall, None, c.gold] if name.startswith("with") else prf(name, c)
        for name, c in sorted(counts.items(), key=lambda item: item[0].startswith("with"))
    ]
    who: list[list[Cell]] = [
        [
            name,
            100 * sum(right for right, _ in outcomes) / len(outcomes),
            100 * sum(not has_speaker for _, has_speaker in outcomes) / len(outcomes),
            len(outcomes),
        ]
        for name, outcomes in speakers.items()
    ]
    return [
        Table("Attributions end to end: PolNeAR dev", ("", *PRF), rows),
        Table(
            f"Speakers: PolNeAR dev, contents of which more than {MATCHED} is covered",
            ("", "speaker right", "no speaker found", "matched"),
            who,
        ),
    ]
