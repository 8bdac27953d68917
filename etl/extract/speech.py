"""Quotes before they become records of `etl.domain`.

Belongs here: the record that `quotes`, `indirect` and `attributions` create. Does not belong here:
finding speech.
"""

from __future__ import annotations

from dataclasses import dataclass

from etl.domain import QuoteKind
from etl.extract.mention_clusters import Actor

INTERVIEW = "interview"
"""The method of quotes given to the person interviewed, whom no words beside them name."""


@dataclass(slots=True)
class Speech:
    """A quote, with its utterance numbered within one part of the article.

    `start`:`end` and `source` are character offsets in the part. `confidence` is the probability
    that this is speech, `speaker_confidence` that the source says it. `cue_end` is the offset after
    the cue.
    """

    start: int
    end: int
    utterance: int
    kind: QuoteKind
    cue: str | None
    speaker: Actor | None
    source: tuple[int, int] | None
    method: str
    confidence: float
    speaker_confidence: float | None = None
    cue_end: int | None = None


def deduplicate(quotes: list[Speech]) -> list[Speech]:
    """Return quotes in text order, one per span, with utterances renumbered by first appearance."""
    unique: dict[tuple[int, int], Speech] = {}
    for quote in sorted(quotes, key=lambda quote: (quote.start, quote.end)):
        unique.setdefault((quote.start, quote.end), quote)
    numbers: dict[int, int] = {}
    for quote in unique.values():
        quote.utterance = numbers.setdefault(quote.utterance, len(numbers))
    return list(unique.values())
