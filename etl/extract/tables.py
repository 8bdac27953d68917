"""Lines of a table: price lists, results and earnings notices, which name nobody.

Belongs here: which lines of a text are rows of a table. Does not belong here: names in running text
(`name_spans`).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass

_NUMBER = re.compile(r"(?<![^\s(<\[+$£€¥-])\d[\d.,/-]*(?=$|[\s%)\]>-])")
_WORD = re.compile(r"[^\W\d_]+")
_GAP = re.compile(r"\S(?:[^\S\n]{3,}|[^\S\n]*\t[^\S\n]*)(?=\S)")
_COMPARED = re.compile(r"\b(?:vs\.?|versus)(?=\s|$)", re.IGNORECASE)
_ENDS_SENTENCE = re.compile(r"[^\W\d_]{3,}[.!?][”\"’')]*\s*$")
_MAX_HEADING_WORDS = 4


@dataclass(frozen=True, slots=True)
class Tables:
    """The rows of a text's tables, as ascending character ranges."""

    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def contain(self, position: int) -> bool:
        """Whether a character is in a row."""
        i = bisect_right(self.starts, position) - 1
        return i >= 0 and position < self.ends[i]


def find_tables(text: str) -> Tables:
    """Return the rows of tables, with the short headings between them ("Nine mths").

    A row has numbers in columns, or compares two numbers ("Net 64 mln vs 53 mln"), and is no
    sentence. One row alone counts too, because a notice may have a single line.
    """
    lines: list[tuple[int, int]] = []
    start = 0
    for line in text.split("\n"):
        lines.append((start, start + len(line)))
        start += len(line) + 1
    is_row = [_is_row(text[begin:end]) for begin, end in lines]
    rows = [
        lines[i]
        for i in range(len(lines))
        if is_row[i] or (_is_heading(text[slice(*lines[i])]) and _touches(is_row, i))
    ]
    return Tables(tuple(begin for begin, _ in rows), tuple(end for _, end in rows))


def _is_row(line: str) -> bool:
    numbers = len(_NUMBER.findall(line))
    if _ENDS_SENTENCE.search(line):
        return False
    words = len(_WORD.findall(line))
    if _COMPARED.search(line) and numbers:
        return words <= 4 * numbers + 2
    gaps = len(_GAP.findall(line))
    return numbers > 0 and gaps > 0 and words <= 2 * (numbers + gaps)


def _is_heading(line: str) -> bool:
    words = line.split()
    return 0 < len(words) <= _MAX_HEADING_WORDS and not line.rstrip().endswith((".", "!", "?", ","))


def _touches(is_row: list[bool], i: int) -> bool:
    """Whether a row stands right before or after line `i`."""
    return any(0 <= j < len(is_row) and is_row[j] for j in (i - 1, i + 1))
