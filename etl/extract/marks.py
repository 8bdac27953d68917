"""Quotation marks: the spans of a text inside outermost marks.

Belongs here: pairing marks, telling them from apostrophes, and spans that reopen in the next
paragraph. Does not belong here: who speaks, and whether a span is speech at all (`quotes`).

Each paragraph takes one pass over its marks, so the time is linear in the length of the text.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass

from etl.extract.document import Document

_DOUBLE = re.compile(r"[“”„«»\"]|''|``")
_SINGLE = re.compile(r"[‘’']")
_CLOSING_PUNCTUATION = ",.!?…;"


@dataclass(frozen=True, slots=True)
class MarkedSpan:
    """The text inside a pair of outermost marks, without the marks: characters `start`:`end`.

    `is_open`: the paragraph ends without a closing mark. `continues`: the span resumes the previous
    one, which was left open.
    """

    start: int
    end: int
    paragraph: int
    is_open: bool
    continues: bool


def find_spans(doc: Document) -> list[MarkedSpan]:
    """Return all outermost marked spans of a text, in order and without overlaps."""
    spans: list[MarkedSpan] = []
    for number, paragraph in enumerate(doc.paragraphs):
        found = _outermost(doc.text, _double_spans(doc.text, paragraph.start, paragraph.end),
                           paragraph.start, paragraph.end)  # fmt: skip
        gaps = _gaps(paragraph.start, paragraph.end, [(s, e) for s, e, _ in found])
        found += [single for start, end in gaps for single in _single_spans(doc.text, start, end)]
        found.sort()
        for start, end, is_open in found:
            continues = (
                bool(spans)
                and spans[-1].is_open
                and spans[-1].paragraph == number - 1
                and not doc.text[paragraph.start : start - 1].strip()
            )
            spans.append(MarkedSpan(start, end, number, is_open, continues))
    return [
        span
        for i, span in enumerate(spans)
        # An unclosed mark counts only if it is curly or the next paragraph reopens it: most others
        # are typing errors or stand for inches.
        if not span.is_open
        or span.continues
        or (i + 1 < len(spans) and spans[i + 1].continues)
        or doc.text[span.start - 1] == "“"
    ]


def inner_spans(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Return the spans in marks inside the quote `start`:`end`, which has lost its own marks."""
    found = _double_spans(text, start, end) + _single_spans(text, start, end)
    return [(first, last) for first, last, _ in found]


def _outermost(
    text: str, doubles: list[tuple[int, int, bool]], start: int, end: int
) -> list[tuple[int, int, bool]]:
    """Replace spans in double marks by the span in single marks around them, as in 'Read "it"?'.

    Only one that ends with punctuation inside and cuts no span in double marks: most other single
    marks around double ones are apostrophes.
    """
    if not doubles or not _SINGLE.search(text, start, end):
        return doubles
    starts, ends = [s for s, _, _ in doubles], [e for _, e, _ in doubles]
    found: list[tuple[int, int, bool]] = []
    done = 0
    for s, e, _ in _single_spans(text, start, end):
        # The spans in double marks that it touches, doubles[first:last], all lie inside.
        first, last = bisect_left(ends, s), bisect_right(starts, e)
        is_around = first < last and s < starts[first] and ends[last - 1] < e
        if is_around and text[e - 1] in _CLOSING_PUNCTUATION:
            found += [*doubles[done:first], (s, e, False)]
            done = last
    return found + doubles[done:]


def _gaps(start: int, end: int, taken: list[tuple[int, int]]) -> list[tuple[int, int]]:
    gaps = []
    for s, e in taken:
        gaps.append((start, s - 1))
        start = e + 1
    gaps.append((start, end))
    return [(s, e) for s, e in gaps if e - s > 1]


def _double_spans(text: str, start: int, end: int) -> list[tuple[int, int, bool]]:
    spans: list[tuple[int, int, bool]] = []
    opened_at = -1
    for match in _DOUBLE.finditer(text, start, end):
        i, after = match.span()
        if opened_at < 0:
            if _is_opening(text, i, after, start, end):
                opened_at = after
        elif _is_closing(text, i, after, end):
            if text[opened_at:i].strip():
                spans.append((opened_at, i, False))
            opened_at = -1
    if opened_at >= 0 and text[opened_at:end].strip():
        spans.append((opened_at, end, True))
    return spans


def _is_opening(text: str, i: int, after: int, start: int, end: int) -> bool:
    mark = text[i]
    if mark in "“„«`":
        return True
    if mark not in "\"'" or after >= end or text[after].isspace():
        return False
    return i == start or not text[i - 1].isalnum()


def _is_closing(text: str, i: int, after: int, end: int) -> bool:
    mark = text[i]
    if mark in "”»":
        return True
    if mark == "“":
        # German style or mistyped: it closes a span where it cannot open one.
        return i + 1 >= end or text[i + 1].isspace()
    return mark in "\"'" and (after >= end or not text[after].isalnum())


def _single_spans(text: str, start: int, end: int) -> list[tuple[int, int, bool]]:
    """Return the spans in ‘ ’ or ' ' as outermost marks; apostrophes neither open nor close one."""
    spans: list[tuple[int, int, bool]] = []
    opened_at, fallback_at = -1, -1
    for match in _SINGLE.finditer(text, start, end):
        i = match.start()
        if opened_at >= 0 and _is_single_closing(text, i, end):
            if (
                text[i - 1] in _CLOSING_PUNCTUATION
                or text[i - 1] != "s"
                or i + 1 >= end
                or (text[i + 1] in _CLOSING_PUNCTUATION)
            ):
                spans.append((opened_at, i, False))
                opened_at, fallback_at = -1, -1
            elif fallback_at < 0:
                fallback_at = i  # “the voters’ will”: closes only if no better mark follows
        elif _is_single_opening(text, i, start, end):
            if opened_at >= 0 and fallback_at > 0:
                spans.append((opened_at, fallback_at, False))
            opened_at, fallback_at = i + 1, -1
    if opened_at >= 0 and fallback_at > 0:
        spans.append((opened_at, fallback_at, False))
    return [(s, e, o) for s, e, o in spans if text[s:e].strip()]


def _is_single_opening(text: str, i: int, start: int, end: int) -> bool:
    if text[i] == "’" or i + 1 >= end or not text[i + 1].isalpha():
        return False
    if i > start and not (text[i - 1].isspace() or text[i - 1] in "([—–-:"):
        return False
    # In 'em, 'til and 'tis the apostrophe stands for the lost beginning of the word.
    return not re.compile(r"(?:em|til|tis|twas|bout|cause|n|round)\b").match(text, i + 1, end)


def _is_single_closing(text: str, i: int, end: int) -> bool:
    if text[i] == "‘" or text[i - 1].isspace():
        return False
    return i + 1 >= end or not text[i + 1].isalnum()
