"""A quote on its way to `etl.domain.Quote`.

Belongs here: the record that `quotes` and `indirect` both make. Does not belong here: how it is
found.
"""

from __future__ import annotations

from dataclasses import dataclass

from etl.domain import QuoteKind
from etl.extract.mention_clusters import Actor


@dataclass(slots=True)
class Speech:
    """A quote before it is numbered throughout the article.

    `start`:`end` and `source` are characters of the part; `utterance` numbers within the part.
    `confidence`: that this is speech; `speaker_confidence`: that its source says it.
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


def deduplicate(quotes: list[Speech]) -> list[Speech]:
    """In order, each span once, utterances renumbered by first appearance."""
    unique: dict[tuple[int, int], Speech] = {}
    for quote in sorted(quotes, key=lambda quote: (quote.start, quote.end)):
        unique.setdefault((quote.start, quote.end), quote)
    numbers: dict[int, int] = {}
    for quote in unique.values():
        quote.utterance = numbers.setdefault(quote.utterance, len(numbers))
    return list(unique.values())
