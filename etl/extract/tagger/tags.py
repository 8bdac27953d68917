"""The network's results for one text: the spans of each head, links between words, and references.

Belongs here: the records, and looking up links and references. Does not belong here: running the
network (`engine`).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

MOST_VECTORS = 200_000
"""Words of a text whose vectors are kept: 77 MB, those of 10 MB of news."""


@dataclass(frozen=True, slots=True)
class Span:
    """Characters `start`:`end`; `confidence` is the probability of exactly this labelled span.

    `label` is empty if the head has only one label.
    """

    start: int
    end: int
    label: str
    confidence: float

    def on_one_line(self, text: str) -> str:
        """Return the span's words with single spaces for line breaks."""
        return " ".join(text[self.start : self.end].split())

    def overlaps(self, other: Span) -> bool:
        """Whether the two share a character."""
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True)
class References:
    """Vectors of the words that may mean an actor or name one, by their character offset.

    The product of an anaphor's query and a mention's key is the logit of both meaning the same.
    Unlike links they reach through the whole text, so vectors are kept instead of logits: 384 bytes
    a word, and at most MOST_VECTORS words.
    """

    _starts: list[int] = field(default_factory=list)
    _queries: list[NDArray[np.float16]] = field(default_factory=list)
    _keys: list[NDArray[np.float16]] = field(default_factory=list)

    def add(
        self, starts: Sequence[int], queries: NDArray[np.float32], keys: NDArray[np.float32]
    ) -> None:
        """Add the words of the next window: `queries` and `keys` are (words, width)."""
        if len(self._starts) < MOST_VECTORS:
            self._starts.extend(starts)
            self._queries.append(queries.astype(np.float16))
            self._keys.append(keys.astype(np.float16))

    @cached_property
    def _vectors(self) -> tuple[NDArray[np.float16], NDArray[np.float16]]:
        return np.concatenate(self._queries), np.concatenate(self._keys)

    def shares(
        self, start: int, candidates: Sequence[Sequence[tuple[int, int]]]
    ) -> list[float] | None:
        """Return the probability that the word at `start` means each candidate; None if unknown.

        A candidate is given by its mentions: the offsets of their first and last words. Its logit
        is the mean of theirs, in the exponent. The rest to 1 is the probability of none of them.
        """
        row = _index(self._starts, start)
        if row is None:
            return None
        queries, keys = self._vectors
        firsts, lasts, counts = [], [], []
        for mentions in candidates:
            pairs = [(_index(self._starts, a), _index(self._starts, b)) for a, b in mentions]
            known = [(a, b) for a, b in pairs if a is not None and b is not None]
            firsts += [a for a, _ in known]
            lasts += [b for _, b in known]
            counts.append(len(known))
        query = queries[row].astype(np.float64)
        # einsum, because the sums of a BLAS product depend on its number of threads.
        of_mentions = np.einsum("d,nd->n", query, keys[firsts] + keys[lasts].astype(np.float64))
        of_mentions /= 2 * len(query) ** 0.5
        odds, at = [], 0
        highest = of_mentions.max(initial=0.0)
        for count in counts:
            odds.append(
                float(np.exp(of_mentions[at : at + count] - highest).mean()) if count else 0.0
            )
            at += count
        total = sum(odds) + float(np.exp(-highest))
        return [share / total for share in odds]


@dataclass(frozen=True)
class Tags:
    """The spans of each head in text order, and the links between words."""

    spans: dict[str, list[Span]]
    _windows: list[WindowLinks]
    references: References = field(default_factory=References)
    begin: int = 0
    """Where the text begins within the one that the network read."""

    def part(self, start: int, end: int) -> Tags:
        """Return the tags of the characters `start`:`end`, with offsets relative to `start`."""
        inside = {
            head: [s for s in spans if start <= s.start and s.end <= end]
            for head, spans in self.spans.items()
        }
        if start:
            inside = {
                head: [Span(s.start - start, s.end - start, s.label, s.confidence) for s in spans]
                for head, spans in inside.items()
            }
        return Tags(inside, self._windows, self.references, self.begin + start)

    def link(
        self,
        kind: str,
        start: int,
        targets: Sequence[int],
        first_target: int = 0,
        end_target: int | None = None,
    ) -> dict[int, float]:
        """Return link probabilities from the word at `start` to `targets`, by index in `targets`.

        `targets` are ascending character offsets, of which `first_target`:`end_target` are
        considered. The remainder to 1 is the probability of no link. Targets in other windows
        cannot be linked and are left out, so the cost does not depend on their number.
        """
        window_number = (
            bisect_right(self._windows, start + self.begin, key=lambda window: window.start) - 1
        )
        if window_number < 0:
            return {}
        links = self._windows[window_number].links[kind]
        row = _index(links.sources, start + self.begin)
        if row is None or not links.targets:
            return {}
        first = bisect_left(targets, links.targets[0] - self.begin, first_target, end_target)
        last = bisect_right(targets, links.targets[-1] - self.begin, first_target, end_target)
        columns = {
            number: column
            for number in range(first, last)
            if (column := _index(links.targets, targets[number] + self.begin)) is not None
        }
        scores = links.scores[row, list(columns.values())].astype(np.float64)
        max_score = scores.max(initial=0.0)
        probabilities = np.exp(scores - max_score)
        probabilities /= probabilities.sum() + np.exp(-max_score)
        return dict(zip(columns, probabilities.tolist(), strict=True))


@dataclass(frozen=True, slots=True)
class LinkScores:
    """Logits of the links of one kind in one window: (sources, targets), as character offsets.

    Stored instead of the vectors they are computed from: the logits take a few bytes a word, the
    vectors 2,304, which is 2 GB for a text of 5 MB.
    """

    sources: list[int]
    targets: list[int]
    scores: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class WindowLinks:
    """A window: its first character, and its links by kind."""

    start: int
    links: dict[str, LinkScores]


NO_LINKS = LinkScores([], [], np.empty((0, 0), np.float32))


def _index(rising: Sequence[int], value: int) -> int | None:
    i = bisect_left(rising, value)
    return i if i < len(rising) and rising[i] == value else None
