"""Spans of an article in the sentences around them.

Belongs here: which stretch of a text is shown around a span. Does not belong here: the query of the
text, and layout.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from etl.extract import tokens

REACH = 1_000
"""Characters before and after a span within which its sentences are sought."""
LEFT_OUT = " … "

Span = tuple[int, int]
Stretch = tuple[str, bool]
"""Characters of a text, or LEFT_OUT, and whether they belong to a span."""


def sentence_bounds(text: str, start: int, end: int) -> tuple[int, int]:
    """Return the bounds of the sentences that a span is in, at most REACH beyond it."""
    base = max(0, start - REACH)
    document = tokens.segment(text[base : end + REACH])
    first, last = document.token_range(start - base, end - base)
    if first >= last:
        return start, end
    left = document.tokens[document.sentence_of(first).first].start
    right = document.tokens[document.sentence_of(last - 1).last - 1].end
    return base + min(left, start - base), base + max(right, end - base)


def in_sentences(text: str, spans: Sequence[Span]) -> list[Stretch]:
    """Return the sentences around spans, given in text order, with the spans told apart.

    Spans with nothing but signs between them are one stretch.
    """
    merged = _merged(text, spans, lambda between: not any(c.isalnum() for c in between))
    said = [_with_marks(text, *span) for span in merged]
    around = [sentence_bounds(text, *span) for span in said]
    stretches: list[Stretch] = []
    for left, right in _merged(text, around, lambda between: not between.strip()):
        if stretches:
            stretches.append((LEFT_OUT, False))
        at = left
        for start, end in said:
            if left <= start < right:
                stretches += [(text[at:start], False), (text[start:end], True)]
                at = end
        stretches.append((text[at:right], False))
    return [stretch for stretch in stretches if stretch[0]]


def _with_marks(text: str, start: int, end: int) -> Span:
    """Return a span with the quotation mark beside it whose partner it holds."""
    for opening, closing in (("“", "”"), ('"', '"')):
        count = text.count(opening, start, end) - text.count(closing, start, end)
        is_odd = opening == closing and text.count(opening, start, end) % 2 == 1
        if (count > 0 or is_odd) and text[end : end + 1] == closing:
            end += 1
        elif (count < 0 or is_odd) and start and text[start - 1] == opening:
            start -= 1
    return start, end


def _merged(text: str, spans: Sequence[Span], is_joined: Callable[[str], bool]) -> list[Span]:
    merged: list[Span] = []
    for start, end in spans:
        if merged and is_joined(text[merged[-1][1] : start]):
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged
