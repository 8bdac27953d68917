"""From scores of tags to spans: the best sequence of a linear-chain CRF, and how sure each is.

Belongs here: Viterbi and forward-backward (Rabiner 1989) over many windows at once, in float64.
Does not belong here: running the network.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float64]
IMPOSSIBLE = -1e4


@dataclass(frozen=True, slots=True)
class TagSpan:
    """Words `first`:`last` of a window; `confidence` is the probability of just this span."""

    first: int
    last: int
    label: str
    confidence: float


@dataclass(frozen=True)
class Chain:
    """A CRF over words: its BIO tags, and the scores of what follows what.

    `transitions`: (tags + 1, tags), the last row from the beginning of a window; what BIO forbids
    is IMPOSSIBLE there.
    """

    tags: tuple[str, ...]
    transitions: Scores

    def spans(self, emissions: Sequence[Scores]) -> list[list[TagSpan]]:
        """The best spans of each window, from its (words, tags) scores."""
        lengths = np.array([len(e) for e in emissions])
        if not len(lengths) or not lengths.max():
            return [[] for _ in emissions]
        padded = np.zeros((len(emissions), int(lengths.max()), len(self.tags)))
        for row, scores in zip(padded, emissions, strict=True):
            row[: len(scores)] = scores
        paths = self._viterbi(padded, lengths)
        alpha, beta = self._forward(padded), self._backward(padded, lengths)
        found: list[list[TagSpan]] = []
        for n, length in enumerate(lengths):
            if not length:
                found.append([])
                continue
            total = float(_log_sum(alpha[n, length - 1], 0))
            found.append(
                [
                    TagSpan(a, b, self.tags[tag][2:], self._share(padded[n], alpha[n], beta[n],
                                                                  (a, b, tag, length), total))
                    for a, b, tag in self._cut(paths[n][:length])
                ]
            )  # fmt: skip
        return found

    def _cut(self, path: NDArray[np.intp]) -> list[tuple[int, int, int]]:
        """First word, last word (exclusive) and B tag of each span."""
        found: list[tuple[int, int, int]] = []
        for i in np.flatnonzero(path):
            if self.tags[path[i]][0] == "B":
                found.append((int(i), int(i) + 1, int(path[i])))
            else:
                found[-1] = (found[-1][0], int(i) + 1, found[-1][2])
        return found

    def _viterbi(self, emissions: Scores, lengths: NDArray[np.intp]) -> NDArray[np.intp]:
        count, words, tags = emissions.shape
        best = self.transitions[-1] + emissions[:, 0]
        back = np.empty((count, words, tags), dtype=np.intp)
        for i in range(1, words):
            total = best[:, :, None] + self.transitions[:-1]
            back[:, i] = total.argmax(1)
            there = (i < lengths)[:, None]
            best = np.where(there, total.max(1) + emissions[:, i], best)
        path = np.zeros((count, words), dtype=np.intp)
        tag = best.argmax(1)
        rows = np.arange(count)
        for i in range(words - 1, -1, -1):
            path[:, i] = tag
            if i:
                tag = np.where(i < lengths, back[rows, i, tag], tag)
        return path

    def _forward(self, emissions: Scores) -> Scores:
        """(windows, words, tags): log sum of all beginnings that end in a tag at a word."""
        alpha = np.empty_like(emissions)
        alpha[:, 0] = self.transitions[-1] + emissions[:, 0]
        for i in range(1, emissions.shape[1]):
            alpha[:, i] = emissions[:, i] + _log_sum(
                alpha[:, i - 1, :, None] + self.transitions[:-1], 1
            )
        return alpha

    def _backward(self, emissions: Scores, lengths: NDArray[np.intp]) -> Scores:
        """(windows, words, tags): log sum of all that may follow a tag at a word."""
        beta = np.zeros_like(emissions)
        for i in range(emissions.shape[1] - 2, -1, -1):
            following = emissions[:, i + 1] + beta[:, i + 1]
            inner = _log_sum(self.transitions[:-1] + following[:, None, :], 2)
            beta[:, i] = np.where((i + 1 < lengths)[:, None], inner, 0.0)
        return beta

    def _share(
        self,
        emissions: Scores,
        alpha: Scores,
        beta: Scores,
        span: tuple[int, int, int, int],
        total: float,
    ) -> float:
        """The share of all sequences that have just this span."""
        first, last, tag, length = span
        score = alpha[first, tag]
        inside = tag + 1  # I-X stands behind B-X
        if last - first > 1:
            score += self.transitions[tag, inside]
            score += emissions[first + 1 : last, inside].sum()
            score += (last - first - 2) * self.transitions[inside, inside]
            tag = inside
        if last < length:
            after = self.transitions[tag] + emissions[last] + beta[last]
            after[inside] = -np.inf
            score += _log_sum(after, 0)
        return float(np.exp(min(0.0, score - total)))


def _log_sum(scores: Scores, axis: int) -> Scores:
    """log(sum(exp(scores))) along an axis."""
    top = scores.max(axis, keepdims=True)
    return np.squeeze(top, axis) + np.log(np.exp(scores - top).sum(axis))  # type: ignore[no-any-return]
