"""Metrics for spans, utterances, pronouns and confidences.

Belongs here: pure functions over spans, sets of words, and pairs of a confidence with its outcome.
Does not belong here: coreference (`coreference`), corpora, files, and turning an extraction into
spans (`evaluation`). Rates are in percent, except for calibration. Counts are summed over articles
before a rate is computed.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Sequence, Set
from dataclasses import dataclass
from typing import Literal


def f1(precision: float, recall: float) -> float:
    """Return the harmonic mean, or 0 if both are 0."""
    total = precision + recall
    return 2 * precision * recall / total if total else 0.0


@dataclass(frozen=True, slots=True)
class Counts:
    """Correct, found and gold items; articles add up by `+`.

    Rates are in percent, 0 if the denominator is 0.
    """

    hits: int = 0
    found: int = 0
    gold: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.hits + other.hits, self.found + other.found, self.gold + other.gold)

    @property
    def precision(self) -> float:
        return 100 * self.hits / self.found if self.found else 0.0

    @property
    def recall(self) -> float:
        return 100 * self.hits / self.gold if self.gold else 0.0

    @property
    def f1(self) -> float:
        return f1(self.precision, self.recall)


def score_spans(gold: Set[Hashable], found: Set[Hashable]) -> Counts:
    """Count exact matches of spans given as tuples.

    Include the article in the tuple to score several articles together.
    """
    return Counts(len(gold & found), len(found), len(gold))


# ---------------------------------------------------------------------------- utterances


@dataclass(frozen=True, slots=True)
class Match:
    """A found utterance and its gold utterance, as indices into the given lists."""

    gold: int
    found: int
    overlap: float


def match_utterances(
    gold: Sequence[Set[int]],
    found: Sequence[Set[int]],
    above: float,
    measure: Literal["covered", "union"] = "covered",
) -> list[Match]:
    """Pair utterances one to one that overlap by more than `above` (0..1), best pairs first.

    An utterance is a set of positions, of its words or characters. `covered` measures the share of
    gold positions found, like the released scorer of the Gender Gap Tracker (Asr et al. 2021, PLoS
    ONE; `evaluate_quotes.py`, thresholds 0.3 and 0.8). `union` is stricter: intersection over
    union. That scorer matches gold quotes in order, each with the best one left. Here the best pair
    overall comes first, with ties broken by union, so the order of nested attributions is
    irrelevant.
    """
    gold_by_position: dict[int, list[int]] = defaultdict(list)
    for g, positions in enumerate(gold):
        for position in positions:
            gold_by_position[position].append(g)
    candidates = []
    for f, positions in enumerate(found):
        common = Counter(g for position in positions for g in gold_by_position.get(position, ()))
        for g, size in common.items():
            union = size / (len(gold[g]) + len(positions) - size)
            overlap = size / len(gold[g]) if measure == "covered" else union
            if overlap > above:
                candidates.append((-overlap, -union, g, f))
    matches: list[Match] = []
    taken_gold: set[int] = set()
    taken_found: set[int] = set()
    for negative_overlap, _, g, f in sorted(candidates):
        if g not in taken_gold and f not in taken_found:
            taken_gold.add(g)
            taken_found.add(f)
            matches.append(Match(g, f, -negative_overlap))
    return matches


# ---------------------------------------------------------------------------- pronouns

_FEMININE = frozenset({"she", "her", "hers"})


@dataclass(frozen=True, slots=True)
class Gap:
    """Scores on GAP; `bias` is feminine F1 divided by masculine F1, None if either is 0."""

    overall: Counts
    masculine: Counts
    feminine: Counts

    @property
    def bias(self) -> float | None:
        has_both = self.feminine.f1 and self.masculine.f1
        return self.feminine.f1 / self.masculine.f1 if has_both else None


def score_gap(pairs: Iterable[tuple[str, bool, bool]]) -> Gap:
    """Score GAP like its official scorer (Webster et al. 2018, TACL; `gap_scorer.py`).

    Each pair is (pronoun, whether the name is its antecedent, whether the system says so). An
    example has two pairs, one per name. Precision and recall are those of the positive pairs.
    """
    totals = {True: Counts(), False: Counts()}
    for pronoun, gold, found in pairs:
        totals[pronoun.lower() in _FEMININE] += Counts(gold and found, found, gold)
    return Gap(totals[True] + totals[False], totals[False], totals[True])


# ---------------------------------------------------------------------------- confidence


@dataclass(frozen=True, slots=True)
class Bin:
    """Findings with a confidence in (`low`, `high`]; means are in 0..1, 0 if it is empty."""

    low: float
    high: float
    count: int
    mean_confidence: float
    share_right: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """The expected calibration error, in 0..1, and its bins."""

    error: float
    bins: tuple[Bin, ...]

    @property
    def count(self) -> int:
        return sum(b.count for b in self.bins)


def calibration(outcomes: Iterable[tuple[float, bool]], bins: int = 10) -> Calibration:
    """Return the expected calibration error (Guo et al. 2017, ICML) over bins of equal width.

    This is the mean, over all findings, of the distance between their bin's mean confidence and its
    share of correct findings. Raises ValueError for a confidence outside 0..1.
    """
    groups: list[list[tuple[float, bool]]] = [[] for _ in range(bins)]
    for confidence, is_right in outcomes:
        if not 0 <= confidence <= 1:
            raise ValueError(f"confidence {confidence} is outside 0..1")
        # Round: 0.7 * 10 exceeds 7 in floating point, but 0.7 belongs to the bin that it closes.
        groups[max(0, math.ceil(round(confidence * bins, 9)) - 1)].append((confidence, is_right))
    table = tuple(
        Bin(
            number / bins,
            (number + 1) / bins,
            len(group),
            sum(confidence for confidence, _ in group) / len(group) if group else 0.0,
            sum(is_right for _, is_right in group) / len(group) if group else 0.0,
        )
        for number, group in enumerate(groups)
    )
    total = sum(b.count for b in table)
    distance = sum(b.count * abs(b.mean_confidence - b.share_right) for b in table)
    return Calibration(distance / total if total else 0.0, table)
