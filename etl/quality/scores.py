"""Scores: what was found against what there was to find.

Belongs here: pure functions over spans, sets of words, clusters, and pairs of a confidence with
its outcome. Does not belong here: corpora, files, and how an extraction becomes such spans. Rates
are in percent (calibration apart); counts of several articles are added before a rate is taken.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Sequence, Set
from dataclasses import dataclass
from typing import Literal


def f1(precision: float, recall: float) -> float:
    """The harmonic mean; 0 where both are 0."""
    total = precision + recall
    return 2 * precision * recall / total if total else 0.0


@dataclass(frozen=True, slots=True)
class Counts:
    """How many were right, of how many found and how many there were; adds up over articles.

    Rates are in percent, 0 where there was nothing to divide by.
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
    """Exact matches: a span is right when all that describes it is equal.

    Put the article into the span where spans of several articles are scored together.
    """
    return Counts(len(gold & found), len(found), len(gold))


# ---------------------------------------------------------------------------- utterances


@dataclass(frozen=True, slots=True)
class Match:
    """An utterance found and the gold one it stands for, by their places in the lists given."""

    gold: int
    found: int
    overlap: float


def match_utterances(
    gold: Sequence[Set[int]],
    found: Sequence[Set[int]],
    above: float,
    measure: Literal["covered", "union"] = "covered",
) -> list[Match]:
    """One-to-one pairs of utterances that overlap by more than `above`, the best pairs first.

    An utterance is the set of positions (of its words or characters) that belong to it. `covered`
    is the share of the gold positions that were found, as the released scorer of the Gender Gap
    Tracker counts (Asr et al. 2021, PLoS ONE; `evaluate_quotes.py`, thresholds 0.3 and 0.8);
    `union`, stricter, is the intersection over the union. That scorer goes through the gold quotes
    in order, each taking the best that is left; here the best pair of all goes first, and equal
    ones go by their union, so that the order of nested attributions decides nothing.
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
    """Scores of GAP; `bias` is feminine F1 by masculine F1, None where either is 0."""

    overall: Counts
    masculine: Counts
    feminine: Counts

    @property
    def bias(self) -> float | None:
        has_both = self.feminine.f1 and self.masculine.f1
        return self.feminine.f1 / self.masculine.f1 if has_both else None


def score_gap(pairs: Iterable[tuple[str, bool, bool]]) -> Gap:
    """GAP as its official scorer counts (Webster et al. 2018, TACL; `gap_scorer.py`).

    Each pair is (pronoun, whether the name is who it stands for, whether the system says so): two
    pairs an example, one a name. Precision and recall are of the pairs that are so.
    """
    totals = {True: Counts(), False: Counts()}
    for pronoun, gold, found in pairs:
        totals[pronoun.lower() in _FEMININE] += Counts(gold and found, found, gold)
    return Gap(totals[True] + totals[False], totals[False], totals[True])


# ---------------------------------------------------------------------------- confidence


@dataclass(frozen=True, slots=True)
class Bin:
    """Findings whose confidence is above `low` and at most `high`; means in 0..1, 0 when empty."""

    low: float
    high: float
    count: int
    mean_confidence: float
    share_right: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """The expected calibration error, in 0..1, and the bins that it comes from."""

    error: float
    bins: tuple[Bin, ...]

    @property
    def count(self) -> int:
        return sum(b.count for b in self.bins)


def calibration(outcomes: Iterable[tuple[float, bool]], bins: int = 10) -> Calibration:
    """How far confidence is from the share that is right, over bins of equal width.

    The expected calibration error of Guo et al. (2017, ICML): the mean over the findings of the
    distance between a bin's mean confidence and its share right. ValueError for a confidence
    outside 0..1.
    """
    groups: list[list[tuple[float, bool]]] = [[] for _ in range(bins)]
    for confidence, is_right in outcomes:
        if not 0 <= confidence <= 1:
            raise ValueError(f"a confidence is in 0..1, not {confidence}")
        # Rounded, for 0.7 * 10 is above 7 in floating point and 0.7 belongs to the bin it closes.
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
