"""The lines and paragraphs of an export, and hard-wrapped lines joined again.

Belongs here: blocks between blank lines, the width at which lines were wrapped. Does not belong
here: what the lines of a database mean, an article from its values (`exports.entries`).

A program breaks a line where the next word would not have fitted. So a break is the program's if
the next word doesn't fit into the width, or runs on in small letters. Any other is the author's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

_MAX_WIDTH = 100
"""Lines of hard-wrapped exports are shorter (80 in all public samples)."""
_WRAPPED_SHARE = 0.95
_RUNNING_ON = 0.2
"""Share of soft breaks before a small letter; in unwrapped text hardly any line begins so."""


@dataclass(frozen=True)
class Block:
    """Lines between blank lines, with their indentation."""

    lines: tuple[str, ...]

    @property
    def first(self) -> str:
        return self.lines[0].strip()

    @cached_property
    def text(self) -> str:
        """The block as one line with single spaces."""
        return " ".join(" ".join(self.lines).split())

    @property
    def is_centred(self) -> bool:
        """Whether every line is indented as outlet and day are in a text file."""
        return all(line.startswith(" " * 8) for line in self.lines)

    @property
    def is_left(self) -> bool:
        """Whether no line is indented."""
        return not any(line.startswith((" ", "\t")) for line in self.lines)


def blocks(lines: Sequence[str]) -> Iterator[Block]:
    """Yield the blocks between blank lines."""
    current: list[str] = []
    for line in lines:
        if line.strip():
            current.append(line.rstrip())
        elif current:
            yield Block(tuple(current))
            current = []
    if current:
        yield Block(tuple(current))


def wrap_width(lines: Sequence[str], *, is_likely: bool = False) -> int | None:
    """Return the width at which the lines were wrapped, or None if each is a whole paragraph.

    `is_likely`: the layout is one that is usually wrapped; else sentences must run on.
    """
    lengths = [len(line) for line in lines if line.strip()]
    short = [length for length in lengths if length <= _MAX_WIDTH]
    if len(short) < _WRAPPED_SHARE * len(lengths) or not short:
        return None
    width = max(short)
    if is_likely:
        return width
    after = [
        second.strip()
        for first, second in pairwise(lines)
        if first.strip() and second.strip() and _overflows(first, second, width)
    ]
    running_on = sum(text[0].islower() for text in after)
    return width if running_on and running_on >= _RUNNING_ON * len(after) else None


def unwrapped(lines: Sequence[str], width: int | None) -> str:
    """Return the lines of a block with the breaks that wrapping made replaced by spaces.

    In a text that was not wrapped, each line is a paragraph.
    """
    out: list[str] = []
    for number, line in enumerate(lines):
        if number and width is not None and _is_soft(lines[number - 1], line, width):
            out[-1] += f" {line.strip()}"
        else:
            out.append(line.strip())
    return ("\n" if width is not None else "\n\n").join(out)


def _is_soft(line: str, following: str, width: int) -> bool:
    """Whether the break between two lines was made by wrapping."""
    if len(line) > _MAX_WIDTH:
        return False
    return following.strip()[0].islower() or _overflows(line, following, width)


def _overflows(line: str, following: str, width: int) -> bool:
    """Whether the first word of the following line would not have fitted into this one."""
    word = following.split(maxsplit=1)[0]
    return len(line.rstrip()) + 1 + len(word) > width
