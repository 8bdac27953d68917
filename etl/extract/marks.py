"""Quotation marks: which spans of a text stand inside outer marks.

Belongs here: pairing marks, telling them from apostrophes, and spans that are reopened in the next
paragraph. Does not belong here: who speaks, and whether a span is speech at all (`quotes`).

One pass over the marks of each paragraph; a mark is never looked at twice from the same opening.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from etl.extract.document import Document

_DOUBLE = re.compile(r"[“”„«»\"]|''|``")
_SINGLE = re.compile(r"[‘’']")
_END_SIGNS = ",.!?…;"


@dataclass(frozen=True, slots=True)
class Span:
    """What stands inside a pair of outer marks, marks excluded.

    `is_open`: the paragraph ends without a closing mark; `continues`: it takes up the span before
    it, which stayed open.
    """

    start: int
    end: int
    paragraph: int
    is_open: bool
    continues: bool


def find_spans(doc: Document) -> list[Span]:
    """All outermost marked spans of a text, in order, none overlapping."""
    spans: list[Span] = []
    for number, paragraph in enumerate(doc.paragraphs):
        found = _double_spans(doc.text, paragraph.start, paragraph.end)
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
            spans.append(Span(start, end, number, is_open, continues))
    return [
        span
        for i, span in enumerate(spans)
        # A mark that nothing closes counts only if the next paragraph reopens it or no sign of
        # another one follows: most often it is a typing error or a sign for inches.
        if not span.is_open
        or span.continues
        or (i + 1 < len(spans) and spans[i + 1].continues)
        or doc.text[span.start - 1] == "“"
    ]


def _gaps(start: int, end: int, taken: list[tuple[int, int]]) -> list[tuple[int, int]]:
    gaps = []
    for s, e in taken:
        gaps.append((start, s - 1))
        start = e + 1
    gaps.append((start, end))
    return [(s, e) for s, e in gaps if e - s > 1]


def _double_spans(text: str, start: int, end: int) -> list[tuple[int, int, bool]]:
    spans: list[tuple[int, int, bool]] = []
    opened = -1
    for match in _DOUBLE.finditer(text, start, end):
        i, behind = match.span()
        if opened < 0:
            if _opens(text, i, behind, start, end):
                opened = behind
        elif _closes(text, i, behind, end):
            if text[opened:i].strip():
                spans.append((opened, i, False))
            opened = -1
    if opened >= 0 and text[opened:end].strip():
        spans.append((opened, end, True))
    return spans


def _opens(text: str, i: int, behind: int, start: int, end: int) -> bool:
    mark = text[i]
    if mark in "“„«`":
        return True
    if mark not in "\"'" or behind >= end or text[behind].isspace():
        return False
    return i == start or not text[i - 1].isalnum()


def _closes(text: str, i: int, behind: int, end: int) -> bool:
    mark = text[i]
    if mark in "”»":
        return True
    if mark == "“":
        # German-style or mistyped: it closes where it cannot open.
        return i + 1 >= end or text[i + 1].isspace()
    return mark in "\"'" and (behind >= end or not text[behind].isalnum())


def _single_spans(text: str, start: int, end: int) -> list[tuple[int, int, bool]]:
    """Spans in ‘ ’ or ' ' as outer marks; an apostrophe is neither an opening nor an end."""
    spans: list[tuple[int, int, bool]] = []
    opened, fallback = -1, -1
    for match in _SINGLE.finditer(text, start, end):
        i = match.start()
        if opened >= 0 and _single_closes(text, i, end):
            if (
                text[i - 1] in _END_SIGNS
                or text[i - 1] != "s"
                or i + 1 >= end
                or (text[i + 1] in _END_SIGNS)
            ):
                spans.append((opened, i, False))
                opened, fallback = -1, -1
            elif fallback < 0:
                fallback = i  # “the voters’ will”: an end only if no better one follows
        elif _single_opens(text, i, start, end):
            if opened >= 0 and fallback > 0:
                spans.append((opened, fallback, False))
            opened, fallback = i + 1, -1
    if opened >= 0 and fallback > 0:
        spans.append((opened, fallback, False))
    return [(s, e, o) for s, e, o in spans if text[s:e].strip()]


def _single_opens(text: str, i: int, start: int, end: int) -> bool:
    if text[i] == "’" or i + 1 >= end or not text[i + 1].isalpha():
        return False
    if i > start and not (text[i - 1].isspace() or text[i - 1] in "([—–-:"):
        return False
    # 'em, 'til, 'tis: apostrophes where a word lost its beginning.
    return not re.compile(r"(?:em|til|tis|twas|bout|cause|n|round)\b").match(text, i + 1, end)


def _single_closes(text: str, i: int, end: int) -> bool:
    if text[i] == "‘" or text[i - 1].isspace():
        return False
    return i + 1 >= end or not text[i + 1].isalnum()
