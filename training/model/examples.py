"""Turns documents into windows with labels, and windows into batches.

Belongs here: the tags and links that an annotation allows for each word of a window, noise on the
inputs, batches and their order. Does not belong here: reading corpora (`training.corpora`), the
network (`training.model.network`).
"""

from __future__ import annotations

import random
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import torch

from etl.extract.tagger.pieces import CASINGS, Window, windows
from training.corpora.documents import Document
from training.model.network import CORPORA, HEADS, LINKS, NAME_TYPES, Batch

if TYPE_CHECKING:
    from tokenizers import Tokenizer

MASK = 103
"""The piece [MASK] of BERT's vocabulary."""
MASKED_SHARE = 0.04
RECASED_SHARE = 0.05
"""The share of windows that `collate` changes to all capitals, and to title case."""
UNKNOWN = -1
"""The label of a word that is not annotated."""
OUTSIDE = 0
MISSING_TYPES = {"gmb": ("FAC",), "wikigold": ("NORP", "FAC"), "btc": ("NORP", "FAC")}
"""Types that a corpus does not annotate: words outside its names may be of these types."""


@dataclass(frozen=True)
class Example:
    """A window of a document with a label for each of its words."""

    document: int
    corpus: str
    window: Window
    labels: dict[str, list[int]]
    links: dict[str, list[tuple[int, list[int], list[int] | None]]]
    """By kind: a word, the words it links to, and the wrong choices (None: any other word)."""


def examples(documents: Sequence[Document], tokenizer: Tokenizer) -> Iterator[Example]:
    """Yield the windows of documents, in order."""
    for number, document in enumerate(documents):
        for window in windows(document.text, document.cuts, tokenizer):
            yield Example(
                number,
                document.corpus,
                window,
                {head: _labels(document, head, window) for head in HEADS},
                {kind: _links(document, kind, window) for kind in LINKS},
            )


def _labels(document: Document, head: str, window: Window) -> list[int]:
    count = len(window.words)
    if head not in document.layers:
        return [UNKNOWN] * count
    tags = HEADS[head]
    labels = [OUTSIDE] * count
    starts = [start for start, _ in window.words]
    for begin, end, label in document.layers[head]:
        suffix = f"-{label}" if head == "names" else ""
        first = bisect_left(starts, begin)
        for i in range(first, bisect_left(starts, end)):
            # A span that a window cuts starts with B there: BIO has no other way.
            labels[i] = tags.index(("B" if i == first else "I") + suffix)
    if head == "names":
        for begin, end in document.skipped:
            for i in range(bisect_left(starts, begin), bisect_left(starts, end)):
                labels[i] = UNKNOWN
    return labels


def _links(
    document: Document, kind: str, window: Window
) -> list[tuple[int, list[int], list[int] | None]]:
    """Return the links with both ends in the window."""
    starts = [start for start, _ in window.words]
    low, high = (starts[0], window.words[-1][1]) if starts else (0, 0)

    def word(at: int) -> int:
        return min(bisect_left(starts, at), len(starts) - 1)

    found: list[tuple[int, list[int], list[int] | None]] = []
    for at, right, wrong in document.links.get(kind, []):
        here = [word(x) for x in right if low <= x < high]
        if low <= at < high and bool(here) == bool(right):
            others = None if wrong is None else [word(x) for x in wrong if low <= x < high]
            found.append((word(at), here, others))
    return found


def allowed_tags(corpus: str, head: str) -> torch.Tensor:
    """Return (tags + 1, tags): the tags that each label allows; UNKNOWN is the last row."""
    tags = HEADS[head]
    table = torch.cat([torch.eye(len(tags)), torch.ones(1, len(tags))]).bool()
    if head == "names":
        for missing in MISSING_TYPES.get(corpus, ()):
            first = 1 + 2 * NAME_TYPES.index(missing)
            table[OUTSIDE, first : first + 2] = True
    return table


_TABLES = {(c, h): allowed_tags(c, h) for c in CORPORA for h in HEADS}


def noisy_inputs(
    window: Window, noise: random.Random | None, recased_share: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the ids and shapes of a window's pieces, (pieces,) each.

    With `noise`, MASKED_SHARE of the words are masked. `recased_share` of the windows are changed
    to all capitals and as many to title case: the encoder is uncased, so only the casing
    distinguishes a headline from running text.
    """
    ids, shapes = torch.tensor(window.ids), torch.tensor(window.shapes)
    if noise is not None:
        masked = [first for first in window.firsts if noise.random() < MASKED_SHARE]
        ids[torch.tensor(masked, dtype=torch.long)] = MASK
        case = _recased(shapes % CASINGS, noise.random(), recased_share)
        shapes = case + shapes // CASINGS * CASINGS
    return ids, shapes


def _recased(case: torch.Tensor, chance: float, share: float) -> torch.Tensor:
    """Return casings unchanged, or for `share` of chances each in all capitals or title case."""
    if chance < share:
        return torch.where((case == 1) | (case == 2) | (case == 4), 3, case)
    return torch.where(case == 1, 2, case) if chance < 2 * share else case


def collate(group: Sequence[Example], noise: random.Random | None = None) -> Batch:
    """Pad windows to the longest; with `noise`, mask words and recase RECASED_SHARE of windows."""
    pieces = max(len(x.window.ids) for x in group)
    count = max(len(x.window.words) for x in group)
    shape = (len(group), pieces)
    ids, shapes = torch.zeros(shape, dtype=torch.long), torch.zeros(shape, dtype=torch.long)
    mask = torch.zeros(shape, dtype=torch.long)
    firsts = torch.zeros((len(group), count), dtype=torch.long)
    words = torch.zeros((len(group), count), dtype=torch.bool)
    allowed = {
        h: torch.ones((len(group), count, len(t)), dtype=torch.bool) for h, t in HEADS.items()
    }
    links: dict[str, list[tuple[int, int, list[int], list[int] | None]]] = {
        kind: [] for kind in LINKS
    }
    for n, example in enumerate(group):
        window = example.window
        size = len(window.ids)
        ids[n, :size], shapes[n, :size] = noisy_inputs(window, noise, RECASED_SHARE)
        mask[n, :size] = 1
        firsts[n, : len(window.firsts)] = torch.tensor(window.firsts)
        words[n, : len(window.words)] = True
        for head, labels in example.labels.items():
            allowed[head][n, : len(labels)] = _TABLES[example.corpus, head][torch.tensor(labels)]
        for kind, rows in example.links.items():
            links[kind] += [(n, *row) for row in rows]
    corpus = torch.tensor([CORPORA.index(x.corpus) for x in group])
    return Batch(ids, mask, shapes, corpus, firsts, words, allowed, links)


class HasWindow(Protocol):
    """An item of a batch."""

    @property
    def window(self) -> Window: ...


Of = TypeVar("Of", bound=HasWindow)


def batches(pool: Sequence[Of], pieces: int, rng: random.Random) -> list[list[Of]]:
    """Return shuffled batches of about `pieces` pieces, with windows of similar length."""
    order = sorted(pool, key=lambda x: len(x.window.ids) + rng.random() * 32)
    groups: list[list[Of]] = [[]]
    for example in order:
        if groups[-1] and (len(groups[-1]) + 1) * len(example.window.ids) > pieces:
            groups.append([])
        groups[-1].append(example)
    rng.shuffle(groups)
    return groups


def schedule(
    config: dict[str, Any], pools: dict[str, list[Example]]
) -> list[tuple[list[Example], float]]:
    """Return all batches of the training with their learning rates, determined by the seed.

    In each phase the rate warms up, then decays towards zero.
    """
    rng = random.Random(config["seed"])
    result: list[tuple[list[Example], float]] = []
    for phase in config["phase"]:
        groups: list[list[Example]] = []
        for epoch in range(phase["epochs"]):
            pool: list[Example] = []
            for name, shares in phase["share"].items():
                examples_of_pool = pools[name]
                share = shares[epoch]
                pool += examples_of_pool * int(share)
                count = round((share - int(share)) * len(examples_of_pool))
                pool += rng.sample(examples_of_pool, count)
            groups += batches(pool, config["pieces"], rng)
        count, warmup = len(groups), config["warmup"] * len(groups)
        for i, group in enumerate(groups):
            rate = min((i + 1) / warmup, max(0.01, (count - i) / (count - warmup)))
            result.append((group, phase["lr"] * rate))
    return result
