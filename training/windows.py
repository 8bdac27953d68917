"""Documents as windows of word pieces, and tags of pieces as spans of characters again."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tokenizers import Tokenizer

from training.corpora import Document, Span
from training.network import HEADS, IGNORED

PIECES = 256
"""Pieces of a window, the two special ones included."""


@dataclass(frozen=True)
class Window:
    """A piece of a document that the network sees at once; labels are None where unknown."""

    document: int
    corpus: str
    ids: list[int]
    casing: list[int]
    offsets: list[tuple[int, int]]
    words: list[int]
    """Number of the word a piece belongs to; -1 for the special ones."""
    labels: dict[str, list[int]]


def casing(word: str) -> int:
    """The class of a word's casing: 1 lower, 2 title, 3 upper, 4 mixed, 5 digits, 6 marks, 7 A."""
    if not any(c.isalnum() for c in word):
        return 6
    if any(c.isdigit() for c in word):
        return 5
    if word.islower():
        return 1
    if len(word) == 1:
        return 7
    if word.isupper():
        return 3
    return 2 if word[0].isupper() and word[1:].islower() else 4


def windows(documents: Sequence[Document], tokenizer: Tokenizer) -> Iterator[Window]:
    """Windows of at most PIECES pieces, cut where sentences end where that is possible."""
    cls, sep = tokenizer.token_to_id("[CLS]"), tokenizer.token_to_id("[SEP]")
    room = PIECES - 2
    for number, document in enumerate(documents):
        encoding = tokenizer.encode(document.text, add_special_tokens=False)
        words = [document.text[a:b] for a, b in _word_spans(encoding)]
        casings = [casing(words[w]) for w in encoding.word_ids]
        labels = {head: _labels(document, head, encoding.offsets) for head in HEADS}
        starts = [start for start, _ in encoding.offsets]
        cuts = [bisect_right(starts, cut - 1) for cut in document.cuts]
        begin = 0
        while begin < len(starts):
            fitting = [cut for cut in cuts if begin < cut <= begin + room]
            end = max(fitting, default=min(begin + room, len(starts)))
            part = slice(begin, end)
            yield Window(
                number,
                document.corpus,
                [cls, *encoding.ids[part], sep],
                [0, *casings[part], 0],
                [(0, 0), *encoding.offsets[part], (0, 0)],
                [-1, *encoding.word_ids[part], -1],
                {head: [IGNORED, *tags[part], IGNORED] for head, tags in labels.items()},
            )
            begin = end


def _word_spans(encoding: object) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    for word, (start, end) in zip(encoding.word_ids, encoding.offsets, strict=True):  # type: ignore[attr-defined]
        if word == len(spans):
            spans.append((start, end))
        else:
            spans[word] = (spans[word][0], end)
    return spans


def _labels(document: Document, head: str, offsets: Sequence[tuple[int, int]]) -> list[int]:
    if head not in document.layers:
        return [IGNORED] * len(offsets)
    tags = HEADS[head]
    labels = [0] * len(offsets)
    starts = [start for start, _ in offsets]
    for begin, end, label in document.layers[head]:
        first, last = bisect_right(starts, begin - 1), bisect_right(starts, end - 1)
        suffix = f"-{label}" if head == "names" else ""
        for i in range(first, last):
            labels[i] = tags.index(("B" if i == first else "I") + suffix)
    if head == "names":
        for begin, end in document.skipped:
            for i in range(bisect_right(starts, begin - 1), bisect_right(starts, end - 1)):
                labels[i] = IGNORED
    return labels


def spans(tags: Sequence[str], window: Window, head: str) -> list[Span]:
    """The spans that BIO tags of pieces describe; an I without its B begins a span.

    A word goes by the tag of its first piece: with every piece going its own way, names were cut in
    the middle of words (names F1 74.6 on Worldwide dev, with whole words 77.2).
    """
    found: list[Span] = []
    before, kind = -1, ""
    for tag, (start, end), word in zip(tags, window.offsets, window.words, strict=True):
        if word == before and word >= 0:
            if kind:
                found[-1] = (found[-1][0], end, found[-1][2])
            continue
        before = word
        if start == end or tag == "O":
            kind = ""
            continue
        label = tag[2:] or head
        if tag[0] == "I" and found and kind == label:
            found[-1] = (found[-1][0], end, label)
        else:
            found.append((start, end, label))
        kind = label
    return found
