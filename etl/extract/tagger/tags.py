"""The network's results for one text: the spans of each head, and links between words.

Belongs here: the records, and looking up links. Does not belong here: running the network
(`engine`).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Span:
    """Characters `start`:`end`; `confidence` is the probability of exactly this labelled span.

    `label` is empty if the head has only one label.
    """

    start: int
    end: int
    label: str
    confidence: float


@dataclass(frozen=True)
class Tags:
    """The spans of each head in text order, and the links between words."""

    spans: dict[str, list[Span]]
    _windows: list[WindowLinks]
    _begin: int = 0

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
        return Tags(inside, self._windows, self._begin + start)

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
            bisect_right(self._windows, start + self._begin, key=lambda window: window.start) - 1
        )
        if window_number < 0:
            return {}
        links = self._windows[window_number].links[kind]
        row = _index(links.sources, start + self._begin)
        if row is None or not links.targets:
            return {}
        first = bisect_left(targets, links.targets[0] - self._begin, first_target, end_target)
        last = bisect_right(targets, links.targets[-1] - self._begin, first_target, end_target)
        columns = {
            number: column
            for number in range(first, last)
            if (column := _index(links.targets, targets[number] + self._begin)) is not None
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
