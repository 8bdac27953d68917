"""Scoring an extraction against a gold article.

Belongs here: what counts as correct. Does not belong here: the gold format (`gold`), the metrics
(`scores`, `coreference`), and the files of figures (`figures`).
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Protocol, TypeVar

from etl.domain import Article, Extraction, Part, Quote
from etl.extract import Extractor
from etl.quality.coreference import Coreference, score_coreference
from etl.quality.gold import PRONOUNS, GoldArticle, GoldQuote
from etl.quality.scores import Counts, match_utterances, score_spans

MIN_OVERLAP = 0.3

_WORD = re.compile(r"\w+")
_THAT = re.compile(r"that\s+", re.IGNORECASE)
_DETERMINER = re.compile(r"^(?:the|an?|its|his|her|their)\s+")

Figures = dict[str, float]
_Piece = TypeVar("_Piece", GoldQuote, Quote)


class _Rates(Protocol):
    """Precision, recall and F1 in percent."""

    @property
    def precision(self) -> float: ...
    @property
    def recall(self) -> float: ...
    @property
    def f1(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Scores:
    """Micro-averaged scores over the gold set; `gold/README.md` says what each one counts."""

    names: Counts
    roles: Counts
    coreference: Coreference
    references: Counts
    quotes_exact: Counts
    quotes_overlap: Counts
    speakers: Counts

    def __add__(self, other: Scores) -> Scores:
        return Scores(
            self.names + other.names,
            self.roles + other.roles,
            self.coreference + other.coreference,
            self.references + other.references,
            self.quotes_exact + other.quotes_exact,
            self.quotes_overlap + other.quotes_overlap,
            self.speakers + other.speakers,
        )

    @property
    def rates(self) -> dict[str, _Rates]:
        """The rates behind each figure, in display order."""
        return {
            "names": self.names,
            "roles": self.roles,
            "actors": self.coreference.b_cubed,
            "references": self.references,
            "quotes exact": self.quotes_exact,
            "quotes overlap": self.quotes_overlap,
            "speakers": self.speakers,
        }

    @property
    def figures(self) -> Figures:
        """F1 in percent, one decimal."""
        return {name: round(rates.f1, 1) for name, rates in self.rates.items()}


def score(extractor: Extractor, gold: Sequence[GoldArticle]) -> Scores:
    """Return the scores of an extractor over one or more gold articles."""
    extractions = extractor.extract_many([g.article for g in gold])
    return reduce(add, map(score_article, gold, extractions))


def score_article(gold: GoldArticle, found: Extraction) -> Scores:
    """Return the scores of one extraction."""
    found_names = {
        (m.part, m.char_start, m.char_end): m
        for m in found.mentions
        if m.kind == "name" and m.type != "OTHER"
    }
    gold_names = {(m.part, m.char_start, m.char_end): m for m in gold.mentions if m.kind == "name"}
    roles = Counts(
        sum(
            span in found_names
            and _normalised_role(found_names[span].role)
            in {_normalised_role(role) for role in m.roles}
            for span, m in gold_names.items()
            if m.roles
        ),
        sum(m.role is not None for m in found_names.values()),
        sum(bool(m.roles) for m in gold_names.values()),
    )
    # Map each extracted actor to the gold actor that most of its names belong to.
    votes: dict[int, Counter[str]] = defaultdict(Counter)
    for span, m in found_names.items():
        if m.actor is not None and span in gold_names:
            votes[m.actor][gold_names[span].actor] += 1
    gold_actors = {number: counter.most_common(1)[0][0] for number, counter in votes.items()}
    exact, overlap, speakers = _quote_counts(gold, found, gold_actors)
    return Scores(
        score_spans(
            {(*span, m.type) for span, m in gold_names.items()},
            {(*span, m.type) for span, m in found_names.items()},
        ),
        roles,
        score_coreference(
            _clusters((m.actor, span) for span, m in gold_names.items()),
            _clusters((m.actor, span) for span, m in found_names.items() if m.actor is not None),
        ),
        _reference_counts(gold, found, gold_actors),
        exact,
        overlap,
        speakers,
    )


def _clusters(mentions: Iterable[tuple[Hashable, Hashable]]) -> list[set[Hashable]]:
    clusters: dict[Hashable, set[Hashable]] = defaultdict(set)
    for actor, span in mentions:
        clusters[actor].add(span)
    return list(clusters.values())


def _normalised_role(role: str | None) -> str:
    """Normalise a role: ignore case, a leading determiner and punctuation at the edges."""
    words = " ".join((role or "").casefold().split()).strip(".,:;")
    return _DETERMINER.sub("", words, count=1)


def _reference_counts(
    gold: GoldArticle, found: Extraction, gold_actors: Mapping[int, str]
) -> Counts:
    """Count pronouns (exact span) and nominals (any overlap) resolved to the right actor."""
    found_references = [
        m
        for m in found.mentions
        if m.actor is not None
        and (m.kind == "nominal" or (m.kind == "pronoun" and m.surface.lower() in PRONOUNS))
    ]
    gold_references = [m for m in gold.mentions if m.kind != "name"]
    hits = {
        i
        for i, g in enumerate(gold_references)
        for m in found_references
        if (g.part, g.kind) == (m.part, m.kind)
        and max(g.char_start, m.char_start) < min(g.char_end, m.char_end)
        and m.actor is not None
        and gold_actors.get(m.actor) == g.actor
    }
    return Counts(len(hits), len(found_references), len(gold_references))


def _quote_counts(
    gold: GoldArticle, found: Extraction, gold_actors: Mapping[int, str]
) -> tuple[Counts, Counts, Counts]:
    """Count quotes with exact spans, utterances that overlap, and their speakers.

    The words of optional quotes are removed from both sides, so they are neither missed nor wrong.
    """
    article = gold.article
    optional = _word_positions(article, [q for q in gold.quotes if q.is_optional])
    required = [q for q in gold.quotes if not q.is_optional]
    found_quotes = [
        q
        for q in found.quotes
        if 2 * len(_word_positions(article, [q]) & optional) <= len(_word_positions(article, [q]))
    ]
    exact = score_spans(
        {_trimmed_span(article, q) for q in required},
        {_trimmed_span(article, q) for q in found_quotes},
    )
    gold_utterances = _utterances(required)
    found_utterances = _utterances(found_quotes)
    matches = match_utterances(
        [_word_positions(article, pieces) - optional for pieces in gold_utterances],
        [_word_positions(article, pieces) - optional for pieces in found_utterances],
        MIN_OVERLAP,
        "union",
    )
    correct = sum(
        _is_speaker(gold_utterances[m.gold][0], found_utterances[m.found][0], gold_actors)
        for m in matches
    )
    return (
        exact,
        Counts(len(matches), len(found_utterances), len(gold_utterances)),
        Counts(correct, len(matches), len(matches)),
    )


def _utterances(pieces: Iterable[_Piece]) -> list[list[_Piece]]:
    by_number: dict[int, list[_Piece]] = defaultdict(list)
    for piece in pieces:
        by_number[piece.utterance].append(piece)
    return list(by_number.values())


def _word_positions(article: Article, pieces: Iterable[GoldQuote | Quote]) -> set[int]:
    """Return the offsets at which words of quotes begin, counted through headline and body."""
    offsets = {"headline": 0, "body": len(article.headline or "") + 1}
    return {
        offsets[q.part] + m.start()
        for q in pieces
        for m in _WORD.finditer(article.text(q.part), q.char_start, q.char_end)
    }


def _trimmed_span(article: Article, quote: GoldQuote | Quote) -> tuple[Part, int, int]:
    """Return a quote's span from first to last word: conventions differ on "that" and commas."""
    text, start = article.text(quote.part), quote.char_start
    if quote.kind == "indirect" and (that := _THAT.match(text, start)):
        start = that.end()
    words = [m.span() for m in _WORD.finditer(text, start, quote.char_end)]
    return (quote.part, words[0][0], words[-1][1]) if words else (quote.part, start, start)


def _is_speaker(gold: GoldQuote, found: Quote, gold_actors: Mapping[int, str]) -> bool:
    """Whether the speaker is the right actor or unnamed source, or is unknown in both."""
    if gold.speaker is not None:
        return found.speaker is not None and gold_actors.get(found.speaker) == gold.speaker
    if found.speaker is not None:
        return False
    if gold.source is None or found.speaker_surface is None:
        return gold.source is found.speaker_surface
    return bool(_content_words(gold.source) & _content_words(found.speaker_surface))


def _content_words(source: str) -> set[str]:
    return {word for word in _WORD.findall(source.casefold()) if len(word) > 3}
