"""Windows of word pieces: the unit that the network reads at once.

Belongs here: what training and extraction must share, so that the network meets the same input in
both. Does not belong here: running the network (`engine`).
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
"""Most pieces in a window, including the two special ones."""
SEGMENT = 20_000
"""Characters passed to the tokenizer at once; bounds the memory for a text of megabytes."""
CASINGS = 8
LISTS = 32
"""Number of sets of word lists that may contain a word: there are five lists."""
_SURROGATE = re.compile("[\ud800-\udfff]")
CLS, SEP = 101, 102
"""The special pieces of BERT's vocabulary that begin and end a window."""


@dataclass(frozen=True, slots=True)
class Window:
    """Consecutive words of a text; `ids` and `shapes`: one entry per piece, with CLS and SEP."""

    ids: list[int]
    shapes: list[int]
    firsts: list[int]
    """For each word, the index of its first piece in `ids`; that piece represents the word."""
    words: list[tuple[int, int]]
    """For each word, its start and end in the text, in characters."""


def load_tokenizer(data: bytes) -> Tokenizer:
    """Return the encoder's tokenizer from its file's bytes, with truncation and padding off."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_str(data.decode())
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def casing(word: str) -> int:
    """Return the casing of a word: 1 lower, 2 title, 3 upper, 4 mixed, 5 digits, 6 signs, 7 "A"."""
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
    """Return lower-case words with the lists that contain them, one bit per list."""
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
    """Return the features of a word that the uncased encoder cannot see.

    That is its casing plus CASINGS times the set of lists that contain it.
    """
    return casing(word) + CASINGS * _listed().get(word.lower(), 0)


def windows(text: str, sentence_ends: Sequence[int], tokenizer: Tokenizer) -> Iterator[Window]:
    """Yield windows that cover a text in order, of about equal size, cut at sentence ends.

    `sentence_ends` are ascending character offsets. If a window contains none, it ends after the
    last word that fits.
    """
    # Arrays take 16 bytes a word, lists would take 200, and there may be millions of words.
    ids, firsts, starts, ends = array("i"), array("i"), array("i"), array("i")
    for start, end in _segments(text):
        # The tokenizer rejects half a surrogate pair, so replace it.
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
    # The first word after each sentence end.
    cut_words = sorted({bisect_left(starts, cut) for cut in sentence_ends})
    begin = 0
    while begin < len(firsts):
        end = _window_end(begin, firsts, len(ids), cut_words)
        low = firsts[begin]
        high = firsts[end] if end < len(firsts) else len(ids)
        high = min(high, low + PIECES - 2)  # one word may have more pieces than fit
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
    """Return the last word (exclusive) of the window that begins with word `begin`."""
    room = PIECES - 2
    remaining = total - firsts[begin]
    if remaining <= room:
        return len(firsts)
    last_fit = bisect_right(firsts, firsts[begin] + room) - 1
    # Aim at windows of equal size: a short last one would lack context.
    target = bisect_left(firsts, firsts[begin] + remaining // -(-remaining // room))
    next_cut = bisect_left(cut_words, target)
    if next_cut < len(cut_words) and cut_words[next_cut] <= last_fit:
        return cut_words[next_cut]
    previous_cut = bisect_right(cut_words, last_fit) - 1
    if previous_cut >= 0 and cut_words[previous_cut] > begin:
        return cut_words[previous_cut]
    return max(last_fit, begin + 1)


def _segments(text: str) -> Iterator[tuple[int, int]]:
    """Yield segments of at most SEGMENT characters, cut at white space if there is any."""
    start = 0
    while start < len(text):
        end = min(start + SEGMENT, len(text))
        if end < len(text):
            blank = max(text.rfind(" ", start, end), text.rfind("\n", start, end))
            end = blank + 1 if blank > start else end
        yield start, end
        start = end
