"""Decoding logits into spans with a linear-chain CRF: the best tags and their probabilities.

Belongs here: Viterbi and forward-backward (Rabiner 1989) over many windows and chains at once, in
float64. Does not belong here: running the network (`engine`).

Windows are the last axis, so a step over all of them is a few operations on long rows.
Probabilities are rescaled at each word instead of being summed as logarithms. Together this took a
word in texts of 150 words from 26 µs to 7 µs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IMPOSSIBLE = -1e4


@dataclass(frozen=True, slots=True)
class TagSpan:
    """Words `first`:`last` of a window; `confidence` is the probability of exactly this span."""

    first: int
    last: int
    label: str
    confidence: float


@dataclass(frozen=True)
class Chain:
    """A linear-chain CRF over words: its BIO tags and its transition scores.

    `transitions`: (tags + 1, tags), from and to; the last row is the start of a window. Transitions
    that BIO forbids score IMPOSSIBLE.
    """

    tags: tuple[str, ...]
    transitions: FloatArray

    def spans(self, emissions: Sequence[FloatArray]) -> list[list[TagSpan]]:
        """Return the best spans of each window, from its logits: (words, tags)."""
        return decode_spans([self], [emissions])[0]


def decode_spans(
    chains: Sequence[Chain], emissions: Sequence[Sequence[FloatArray]]
) -> list[list[list[TagSpan]]]:
    """Return the best spans by chain and window; `emissions`: (words, tags) by chain and window.

    Chains with the same number of tags are decoded together.
    """
    found: list[list[list[TagSpan]]] = [[] for _ in chains]
    for count in {len(chain.tags) for chain in chains}:
        chain_numbers = [n for n, chain in enumerate(chains) if len(chain.tags) == count]
        rows = [(n, scores) for n in chain_numbers for scores in emissions[n]]
        if rows:
            # Add an empty window: for a single one numpy would sum along another axis, in another
            # order, and the last bits of the probabilities would change.
            windows = [*rows, (chain_numbers[0], np.empty((0, count)))]
            lattice = _Lattice([chains[n] for n, _ in windows], [scores for _, scores in windows])
            for (n, _), spans in zip(rows, lattice.spans(), strict=False):
                found[n].append(spans)
    return found


class _Lattice:
    """Windows side by side, each with its chain; all chains have the same number of tags.

    `emissions`: (words, tags, windows); `transitions`: (tags, tags, windows), from and to; `begin`:
    (tags, windows). Shorter windows are padded with zeros, which never affect their results.
    """

    def __init__(self, chains: Sequence[Chain], emissions: Sequence[FloatArray]) -> None:
        self.chains = chains
        self.lengths = np.array([len(scores) for scores in emissions], dtype=np.intp)
        words = int(self.lengths.max())
        self.emissions = np.zeros((words, len(chains[0].tags), len(emissions)))
        for n, scores in enumerate(emissions):
            self.emissions[: len(scores), :, n] = scores
        stacked = np.stack([chain.transitions for chain in chains], -1)
        self.transitions, self.begin = np.ascontiguousarray(stacked[:-1]), stacked[-1]

    def spans(self) -> list[list[TagSpan]]:
        """Return the best spans of each window."""
        if not len(self.emissions):
            return [[] for _ in self.lengths]
        paths = self._viterbi()
        alpha, beta, likelihoods = self._forward_backward()
        transitions = np.exp(self.transitions)
        found = []
        for n, chain in enumerate(self.chains):
            path = paths[: self.lengths[n], n]
            lattice_slice = (
                alpha[:, :, n],
                beta[:, :, n],
                likelihoods[:, :, n],
                transitions[:, :, n],
            )
            found.append(
                [
                    TagSpan(
                        a,
                        b,
                        chain.tags[tag][2:],
                        _span_probability(a, b, tag, len(path), *lattice_slice),
                    )
                    for a, b, tag in _bio_spans(chain.tags, path)
                ]
            )
        return found

    def _viterbi(self) -> NDArray[np.intp]:
        """Return the best tags: (words, windows). Entries past a window's end are meaningless."""
        words, _, windows = self.emissions.shape
        best = np.empty_like(self.emissions)
        best[0] = self.begin + self.emissions[0]
        for i in range(1, words):
            total = best[i - 1][:, None] + self.transitions
            np.add(total.max(0), self.emissions[i], out=best[i])
        each = np.arange(windows)
        path = np.zeros((words, windows), dtype=np.intp)
        tag = best[self.lengths - 1, :, each].argmax(1)
        for i in range(words - 1, -1, -1):
            if i + 1 < words:
                before = (best[i] + self.transitions[:, tag, each]).argmax(0)
                tag = np.where(i + 1 < self.lengths, before, tag)
            path[i] = tag
        return path

    def _forward_backward(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return alpha, beta and scaled emission likelihoods: (words, tags, windows) each.

        Scaled so that alpha * beta sums to 1 over the tags of every word (Rabiner 1989).
        """
        words = len(self.emissions)
        likelihoods = np.exp(self.emissions - self.emissions.max(1, keepdims=True))
        transitions = np.exp(self.transitions)
        alpha, beta = np.empty_like(likelihoods), np.ones_like(likelihoods)
        alpha[0] = np.exp(self.begin - self.begin.max(0)) * likelihoods[0]
        alpha[0] /= alpha[0].sum(0)
        for i in range(1, words):
            reached = (alpha[i - 1][:, None] * transitions).sum(0)
            reached *= likelihoods[i]
            total = reached.sum(0)
            np.divide(reached, total, out=alpha[i])
            likelihoods[i] /= total
        for i in range(words - 2, -1, -1):
            following = (transitions * (likelihoods[i + 1] * beta[i + 1])).sum(1)
            beta[i] = np.where(i + 1 < self.lengths, following, 1.0)
        return alpha, beta, likelihoods


def _bio_spans(tags: Sequence[str], path: NDArray[np.intp]) -> list[tuple[int, int, int]]:
    """Return first word, last word (exclusive) and B tag of each span of a path."""
    found: list[tuple[int, int, int]] = []
    for i in np.flatnonzero(path):
        if tags[path[i]][0] == "B":
            found.append((int(i), int(i) + 1, int(path[i])))
        else:
            found[-1] = (found[-1][0], int(i) + 1, found[-1][2])
    return found


def _span_probability(
    first: int,
    last: int,
    tag: int,
    length: int,
    alpha: FloatArray,
    beta: FloatArray,
    likelihoods: FloatArray,
    transitions: FloatArray,
) -> float:
    """Return the probability that a window's tag sequence has exactly this span."""
    probability, inside = alpha[first, tag], tag + 1  # the tag I-X follows B-X in the tag set
    if last - first > 1:
        probability *= transitions[tag, inside] * likelihoods[first + 1 : last, inside].prod()
        probability *= transitions[inside, inside] ** (last - first - 2)
        tag = inside
    if last < length:
        after = transitions[tag] * likelihoods[last] * beta[last]
        probability *= after.sum() - after[inside]
    return float(min(1.0, probability))
