"""Coreference metrics: found clusters of mentions against gold clusters.

Belongs here: MUC, B³, CEAF-e, and pairing clusters. Does not belong here: other metrics (`scores`).
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence, Set
from dataclasses import dataclass

from etl.quality.scores import f1


@dataclass(frozen=True, slots=True)
class Credit:
    """Counts with fractional hits, which may differ for precision and recall, as in B³."""

    found_hits: float = 0.0
    found: int = 0
    gold_hits: float = 0.0
    gold: int = 0

    def __add__(self, other: Credit) -> Credit:
        return Credit(
            self.found_hits + other.found_hits,
            self.found + other.found,
            self.gold_hits + other.gold_hits,
            self.gold + other.gold,
        )

    @property
    def precision(self) -> float:
        return 100 * self.found_hits / self.found if self.found else 0.0

    @property
    def recall(self) -> float:
        return 100 * self.gold_hits / self.gold if self.gold else 0.0

    @property
    def f1(self) -> float:
        return f1(self.precision, self.recall)


@dataclass(frozen=True, slots=True)
class Coreference:
    """MUC, B³, CEAF-e and `conll`, the mean of their F1; articles add up by `+`."""

    muc: Credit = Credit()
    b_cubed: Credit = Credit()
    ceaf_e: Credit = Credit()

    def __add__(self, other: Coreference) -> Coreference:
        return Coreference(
            self.muc + other.muc, self.b_cubed + other.b_cubed, self.ceaf_e + other.ceaf_e
        )

    @property
    def conll(self) -> float:
        return (self.muc.f1 + self.b_cubed.f1 + self.ceaf_e.f1) / 3


def score_coreference(gold: Sequence[Set[Hashable]], found: Sequence[Set[Hashable]]) -> Coreference:
    """Return MUC, B³ and CEAF-e of clusters of mentions; a mention is in at most one cluster.

    Mentions that only one side has are penalised, and singletons count (MUC sees no link in them),
    as in the reference scorer (Pradhan et al. 2014, ACL). MUC counts links (Vilain et al. 1995). B³
    counts the share of its cluster that each mention keeps (Bagga and Baldwin 1998). CEAF-e sums
    the similarity 2|K∩R| / (|K|+|R|) over the best one-to-one pairing of clusters (Luo 2005).
    """
    gold_cluster_of = {mention: g for g, cluster in enumerate(gold) for mention in cluster}
    common = Counter(
        (gold_cluster_of[mention], f)
        for f, cluster in enumerate(found)
        for mention in cluster & gold_cluster_of.keys()
    )
    gold_mentions = sum(map(len, gold))
    found_mentions = sum(map(len, found))
    # A cluster of n mentions in p clusters of the other side keeps n - p links. A mention that the
    # other side lacks counts as a cluster of its own, so both sides keep the same number.
    links = sum(size - 1 for size in common.values())
    similarity = {
        (g, f): 2 * size / (len(gold[g]) + len(found[f])) for (g, f), size in common.items()
    }
    paired = sum(best_pairing(part) for part in _connected_tables(similarity))
    return Coreference(
        Credit(links, found_mentions - len(found), links, gold_mentions - len(gold)),
        Credit(
            sum(size * size / len(found[f]) for (_, f), size in common.items()),
            found_mentions,
            sum(size * size / len(gold[g]) for (g, _), size in common.items()),
            gold_mentions,
        ),
        Credit(paired, len(found), paired, len(gold)),
    )


def _connected_tables(weights: dict[tuple[int, int], float]) -> list[list[list[float]]]:
    """Return dense tables of weights, one per connected component of overlapping clusters.

    Pairing is cubic, and clusters rarely overlap more than a few others: an article of 200 actors
    takes milliseconds by component, seconds as a whole.
    """
    columns: dict[int, set[int]] = defaultdict(set)
    rows: dict[int, set[int]] = defaultdict(set)
    for g, f in weights:
        columns[g].add(f)
        rows[f].add(g)
    tables, seen = [], set()
    for first in columns:
        if first in seen:
            continue
        gold_clusters, found_clusters, stack = [first], list[int](), [first]
        seen.add(first)
        while stack:
            for f in columns[stack.pop()]:
                if f not in found_clusters:
                    found_clusters.append(f)
                    fresh = rows[f] - seen
                    seen |= fresh
                    gold_clusters += fresh
                    stack += fresh
        tables.append([[weights.get((g, f), 0.0) for f in found_clusters] for g in gold_clusters])
    return tables


def best_pairing(weights: Sequence[Sequence[float]]) -> float:
    """Return the largest sum of weights over one-to-one pairings of rows and columns.

    Weights must not be negative. This is the Hungarian method with potentials (Kuhn 1955, Munkres
    1957), in rows × rows × columns steps. scipy has it, but nothing else here needs scipy.
    """
    if not weights:
        return 0.0
    if len(weights) > len(weights[0]):
        weights = [list(column) for column in zip(*weights, strict=True)]
    count, width = len(weights), len(weights[0])
    # Rows and columns count from 1; column 0 holds the row that is being placed.
    row_potential, column_potential = [0.0] * (count + 1), [0.0] * (width + 1)
    owner = [0] * (width + 1)
    for row in range(1, count + 1):
        owner[0], column = row, 0
        slack, came_from = [math.inf] * (width + 1), [0] * (width + 1)
        is_visited = [False] * (width + 1)
        while owner[column]:
            is_visited[column] = True
            current_row, step, nearest = owner[column], math.inf, 0
            for j in range(1, width + 1):
                if not is_visited[j]:
                    cost = (
                        -weights[current_row - 1][j - 1]
                        - row_potential[current_row]
                        - column_potential[j]
                    )
                    if cost < slack[j]:
                        slack[j], came_from[j] = cost, column
                    if slack[j] < step:
                        step, nearest = slack[j], j
            for j in range(width + 1):
                if is_visited[j]:
                    row_potential[owner[j]] += step
                    column_potential[j] -= step
                else:
                    slack[j] -= step
            column = nearest
        while column:
            owner[column] = owner[came_from[column]]
            column = came_from[column]
    return sum(weights[owner[j] - 1][j - 1] for j in range(1, width + 1) if owner[j])
