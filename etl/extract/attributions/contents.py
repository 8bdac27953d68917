"""Contents of speech: where they begin and end, at paragraphs and at quotation marks.

Belongs here: splitting spans of contents, and their position among marks and paragraphs. Does not
belong here: who says them (`attributions.utterances`, `attributions.speakers`).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import replace

from etl.domain import QuoteKind
from etl.extract.document import Document
from etl.extract.marks import MarkedSpan
from etl.extract.speech import Speech
from etl.extract.tagger.tags import Span

_LONGEST_MARK = 2
"""Characters of the mark ''."""


def split_at_paragraphs(doc: Document, contents: Sequence[Span]) -> Iterator[Span]:
    """Yield the contents, those that the network joined across paragraphs in their parts."""
    for content in contents:
        first, last = (doc.paragraph_of(doc.token_at(i)) for i in (content.start, content.end - 1))
        for paragraph in doc.paragraphs[first : last + 1]:
            start, end = max(content.start, paragraph.start), min(content.end, paragraph.end)
            text = doc.text[start:end]
            if any(c.isalnum() for c in text):
                start += len(text) - len(text.lstrip())
                yield replace(content, start=start, end=start + len(text.strip()))


def pieces_of(
    doc: Document, content: Span, marked: Sequence[MarkedSpan]
) -> list[tuple[int, int, QuoteKind]]:
    """Split a content into its parts inside and outside marks: (start, end, kind)."""
    text = doc.text
    pieces: list[tuple[int, int, QuoteKind]] = []
    at = content.start
    inside: list[tuple[int, int]] = []
    first = max(0, bisect_left(marked, content.start, key=start_of) - 1)
    for span in marked[first : bisect_left(marked, content.end, key=start_of)]:
        overlap = min(span.end, content.end) - max(span.start, content.start)
        if overlap <= 0:
            continue
        # A span in marks that is half covered counts whole: marks delimit quotes better.
        is_whole = 2 * overlap >= span.end - span.start or span.start >= content.start - 1
        inside.append(
            (span.start, span.end)
            if is_whole
            else (max(span.start, content.start), min(span.end, content.end))
        )
    for start, end in inside:
        pieces += _unmarked_piece(text, at, start)
        pieces.append((start, end, "direct"))
        at = end
    pieces += _unmarked_piece(text, at, content.end)
    if inside:
        # Drop single words such as the "and" between two quoted phrases.
        pieces = [
            piece for piece in pieces if piece[2] == "direct" or " " in text[piece[0] : piece[1]]
        ]
    if any(kind == "indirect" for _, _, kind in pieces):
        pieces = [(a, b, "mixed" if kind == "direct" else kind) for a, b, kind in pieces]
    return pieces


def _unmarked_piece(text: str, start: int, end: int) -> list[tuple[int, int, QuoteKind]]:
    """Return the words between two spans in marks, without surrounding punctuation."""
    while start < end and not text[start].isalnum() and text[start] not in "($€£#@[":
        start += 1
    while end > start and not text[end - 1].isalnum() and text[end - 1] not in ")%]":
        end -= 1
    return [(start, end, "indirect")] if start < end else []


def without_overlaps(quotes: list[Speech], text: str) -> list[Speech]:
    """Sort quotes; if marks made two contents overlap, shorten or drop the later one."""
    kept: list[Speech] = []
    for quote in sorted(quotes, key=lambda quote: (quote.start, quote.end)):
        if kept and quote.start < kept[-1].end:
            quote.start = kept[-1].end
            if not text[quote.start : quote.end].strip():
                continue
        kept.append(quote)
    return kept


def overlaps(content: Span, spans: Sequence[Span | MarkedSpan]) -> bool:
    """Whether part of a content is in one of some spans, such as those in marks."""
    after = bisect_left(spans, content.end, key=start_of)
    return after > 0 and spans[after - 1].end > content.start


def starts_in_marks(content: Span, marked: Sequence[MarkedSpan]) -> bool:
    """Whether a content begins with a quotation mark, or right behind one."""
    at = bisect_left(marked, content.start, key=start_of)
    return at < len(marked) and marked[at].start - content.start <= _LONGEST_MARK


def paragraph_at(doc: Document, span: Span) -> int:
    """Return the number of the paragraph in which a span begins."""
    return doc.paragraph_of(doc.token_at(span.start))


def start_of(span: Span | MarkedSpan) -> int:
    """Return where a span begins, as the key of a bisection."""
    return span.start
