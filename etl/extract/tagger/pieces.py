"""A text as windows of word pieces, the unit that the network reads at once.

Shared by training and extraction, so that the network meets in use what it was trained on.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from etl.extract.lexicon import load_lexicon
from etl.extract.word_cache import cached_by_word

if TYPE_CHECKING:
    from tokenizers import Tokenizer

PIECES = 256
"""Pieces of a window at most, the two special ones included."""
SEGMENT = 20_000
"""Characters that are handed to the tokenizer at once: bounds memory on a text of megabytes."""
CASINGS = 8
LISTS = 32
"""Sets of word lists that a word may stand in: five lists."""
_SURROGATE = re.compile("[\ud800-\udfff]")
CLS, SEP = 101, 102
"""The special pieces of BERT's vocabulary that begin and end a window."""


@dataclass(frozen=True, slots=True)
class Window:
    """Consecutive words of a text; `ids` and `shapes` are as long as its pieces plus two."""

    ids: list[int]
    shapes: list[int]
    firsts: list[int]
    """For each word, where in `ids` its first piece stands: a word goes by its first piece."""
    words: list[tuple[int, int]]
    """For each word, its characters in the text."""


def load_tokenizer(data: bytes) -> Tokenizer:
    """The encoder's tokenizer from its file's bytes, without truncation and padding of its own."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_str(data.decode())
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


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


@lru_cache(maxsize=1)
def _listed() -> dict[str, int]:
    """Words in lower case with the lists that they stand in, a bit each."""
    lexicon = load_lexicon()
    lists: tuple[Iterable[str], ...] = (
        lexicon.first_names,
        {*lexicon.places, *lexicon.cities},
        lexicon.demonyms,
        lexicon.organisations,
        lexicon.common_words,
    )
    listed: dict[str, int] = {}
    for bit, words in enumerate(lists):
        for word in words:
            listed[word.lower()] = listed.get(word.lower(), 0) | 1 << bit
    return listed


@cached_by_word  # of 6 µs a word in `windows` this saves 3
def shape(word: str) -> int:
    """What the encoder, which is uncased and knows no lists, is told of a word.

    The class of its casing, and CASINGS times the set of the lists in which it stands.
    """
    return casing(word) + CASINGS * _listed().get(word.lower(), 0)


def windows(text: str, sentence_ends: Sequence[int], tokenizer: Tokenizer) -> Iterator[Window]:
    """Windows that cover the text in order, of about equal size, cut where `cuts` allow.

    `cuts` are rising offsets at which a sentence ends. A stretch without one that fits is cut after
    the last word that fits.
    """
    # Arrays take 16 bytes a word, lists would take 200: there may be millions.
    ids, firsts, starts, ends = array("i"), array("i"), array("i"), array("i")
    for start, end in _segments(text):
        # Half a surrogate pair is no character to the tokenizer: it is read as a damaged one.
        segment = _SURROGATE.sub("\ufffd", text[start:end])
        encoding = tokenizer.encode(segment, add_special_tokens=False)
        previous_word: int | None = -1
        for piece, word, (word_start, word_end) in zip(
            encoding.ids, encoding.word_ids, encoding.offsets, strict=True
        ):
            if word != previous_word:
                firsts.append(len(ids))
                starts.append(start + word_start)
                ends.append(start + word_end)
                previous_word = word
            else:
                ends[-1] = start + word_end
            ids.append(piece)
    # As numbers of words: the first word after each cut.
    cut_words = sorted({bisect_left(starts, cut) for cut in sentence_ends})
    begin = 0
    while begin < len(firsts):
        end = _window_end(begin, firsts, len(ids), cut_words)
        low = firsts[begin]
        high = firsts[end] if end < len(firsts) else len(ids)
        high = min(high, low + PIECES - 2)  # a single word of more pieces than a window has
        words = list(zip(starts[begin:end], ends[begin:end], strict=True))
        shapes = [0]
        for i, (word_start, word_end) in enumerate(words, begin):
            stop = firsts[i + 1] if i + 1 < len(firsts) else len(ids)
            shapes += [shape(text[word_start:word_end])] * (min(stop, high) - firsts[i])
        yield Window(
            [CLS, *ids[low:high], SEP],
            [*shapes, 0],
            [first - low + 1 for first in firsts[begin:end]],
            words,
        )
        begin = end


def _window_end(begin: int, firsts: Sequence[int], total: int, cut_words: Sequence[int]) -> int:
    """The word that ends the window that begins with word `begin`."""
    room = PIECES - 2
    remaining = total - firsts[begin]
    if remaining <= room:
        return len(firsts)
    last_fit = bisect_right(firsts, firsts[begin] + room) - 1
    # Equal shares: a last window of a few words would be read without their context.
    target = bisect_left(firsts, firsts[begin] + remaining // -(-remaining // room))
    next_cut = bisect_left(cut_words, target)
    if next_cut < len(cut_words) and cut_words[next_cut] <= last_fit:
        return cut_words[next_cut]
    previous_cut = bisect_right(cut_words, last_fit) - 1
    if previous_cut >= 0 and cut_words[previous_cut] > begin:
        return cut_words[previous_cut]
    return max(last_fit, begin + 1)


def _segments(text: str) -> Iterator[tuple[int, int]]:
    """Stretches of at most SEGMENT characters, cut at white space where there is any."""
    start = 0
    while start < len(text):
        end = min(start + SEGMENT, len(text))
        if end < len(text):
            blank = max(text.rfind(" ", start, end), text.rfind("\n", start, end))
            end = blank + 1 if blank > start else end
        yield start, end
        start = end
