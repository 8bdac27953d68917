"""Nexis and LexisNexis, classic layout: each document under a heading "2 of 3 DOCUMENTS".

Belongs here: dividing a text at the headings. Does not belong here: the parts of one document
(`exports.nexis_document`), the later layout (`exports.nexis_uni`), what the numbers show
(`exports.numbering`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from etl.domain import Article
from etl.readers.base import Rejection
from etl.readers.exports.entries import entry
from etl.readers.exports.layout import wrap_width
from etl.readers.exports.nexis_document import Document, document_of
from etl.readers.exports.nexis_fields import NAME, field, is_rights, split, word_count
from etl.readers.exports.numbering import absent, doubt, examine, unsplit
from etl.readers.source import Source

name = "nexis"

_HEADING = re.compile(
    r"^(?P<indent>[ \t\xa0\f]*)(?:FOCUS - )?"
    r"(?:(?P<n>\d{1,6}) (?:of|von|de|van|di|sur) (?P<of>\d{1,6}) "
    r"(?:DOCUMENTS?|DOKUMENTEN?|DOCUMENTEN|DOCUMENTOS?|DOCUMENTI)"
    r"|(?:Document|Dokument|Documento) (?P<n2>\d{1,6}) (?:of|von|de|van|di|sur) (?P<of2>\d{1,6}))"
    r"[ \t\xa0]*$",
    re.MULTILINE,
)
_CENTRED = 8
_COVER = re.compile(
    r"^[ \t]*(?:(?:Download|Print|E-?mail|Delivery) Request:|Printopdracht:|Time Of Request:"
    r"|\W{0,20}Print Completed|\W{0,20}End of Request|We are sorry but there is an error in this)",
    re.MULTILINE | re.IGNORECASE,
)
_SELECTED = re.compile(
    r"(?:Request|Printopdracht):[^:\n]{0,40}:[ \t]*(?P<ranges>\d[\d\-, \t]{0,200})", re.IGNORECASE
)
_UNNUMBERED = re.compile(r"^[ \t]*(?:LENGTH|LÄNGE|LONGUEUR|LENGTE):", re.MULTILINE)
_SAMPLE = 6000
_SAMPLES = 20
_MAX_SELECTED = 100_000
_LOT = 50
"""Downloads in lots have 50, 100, 200 or 500 documents."""
_TOLERANCE = 0.2
"""Allowed difference between the stated and the counted number of words."""


@dataclass(frozen=True, slots=True)
class _Heading:
    number: int
    total: int
    start: int
    end: int

    def __str__(self) -> str:
        return f"document {self.number:,} of {self.total:,}"


def recognises(text: str) -> bool:
    """Whether a document stands under a heading, or the fields of one stand without any."""
    headings = _headings(text)
    if headings:
        samples = (text[h.end : h.end + _SAMPLE] for h in headings[:_SAMPLES])
        return any(found.blocks and found.is_document for found in map(document_of, samples))
    if not _UNNUMBERED.search(text):
        return False
    names = set(_fields(text))
    return _HEADING.search(text) is not None or ("length" in names and len(names) > 1)


def read(text: str, source: Source) -> Iterator[Article | Rejection]:
    """Yield the articles. Raises Rejected if the text can't be divided with certainty."""
    width = wrap_width(text.split("\n"), is_likely=True)
    headings = _headings(text)
    if not headings:
        yield _only_article(text, width, source)
        return
    numbers = examine([(h.number, h.total) for h in headings], NAME, _selected(text))
    ends = [heading.start for heading in headings[1:]] + [len(text)]
    texts = [_without_cover(text[h.end : end]) for h, end in zip(headings, ends, strict=True)]
    documents = list(map(document_of, texts))
    for heading, document in zip(headings, documents, strict=True):
        if document.blocks and not document.is_document:
            raise unsplit(NAME, f"below {heading} there is neither a day nor a field")
    if _fields(text[: headings[0].start]):
        yield doubt(NAME, f"above {headings[0]}", "there is text without a heading")
    for at, (heading, document) in enumerate(zip(headings, documents, strict=True)):
        is_end_of_lot = at + 1 == len(headings) and len(headings) % _LOT == 0
        is_whole = at not in numbers.doubtful or (is_end_of_lot and _has_length(document, width))
        if why := _doubt(document, is_whole=is_whole):
            yield doubt(NAME, str(heading), why)
        else:
            yield entry(document.metadata(width), source, name, str(heading))
    if numbers.missing:
        yield absent(NAME, numbers.missing)


def _headings(text: str) -> list[_Heading]:
    """Return the headings: centred lines, or lines between blank lines."""
    found = []
    for match in _HEADING.finditer(text):
        before = text[max(0, match.start() - 200) : match.start()]
        is_first = not before.strip("\ufeff \t\n\f\xa0")
        is_apart = is_first or re.search(r"\n[ \t\xa0\f]*\n\Z", before)
        below = text[match.end() : match.end() + 200].split("\n", 2)
        if (is_apart or len(match["indent"]) >= _CENTRED) and not "".join(below[1:2]).strip():
            number, total = match["n"] or match["n2"], match["of"] or match["of2"]
            found.append(_Heading(int(number), int(total), match.start(), match.end()))
    return found


def _selected(text: str) -> frozenset[int]:
    """Return the numbers of the documents that a cover page announces."""
    numbers: set[int] = set()
    for match in _SELECTED.finditer(text[:_SAMPLE]):
        for part in match["ranges"].split(","):
            first, _, last = (word.strip() for word in part.partition("-"))
            if first.isdecimal():
                low, high = int(first), int(last) if last.isdecimal() else int(first)
                numbers.update(range(low, min(high, low + _MAX_SELECTED) + 1))
    return frozenset(numbers)


def _without_cover(text: str) -> str:
    """Return the text of a document without the cover page of another export behind it."""
    for match in _COVER.finditer(text):
        above = text[max(0, match.start() - _SAMPLE) : match.start()].rstrip()
        above = above.rpartition("\n\n")[2]
        if is_rights(" ".join(above.split())) or field(above.strip(), is_upper=True):
            return text[: match.start()]
    return text


def _fields(text: str) -> list[str]:
    """Return the names of the fields in a text that no other format has."""
    found = (block.field for block in split(text))
    return [f.name for f in found if f and f.name in ("length", "loaded", "language", "kind")]


def _only_article(text: str, width: int | None, source: Source) -> Article | Rejection:
    """Return the article of a file without headings. Raises Rejected if it holds several."""
    names = _fields(text)
    if _HEADING.search(text):
        raise unsplit(NAME, "its headings and fields don't stand in lines of their own")
    if names.count("length") > 1 or names.count("loaded") > 1:
        raise unsplit(NAME, "several documents without a heading such as “1 of 3 DOCUMENTS”")
    return entry(document_of(text).metadata(width), source, name, "its document")


def _doubt(document: Document, *, is_whole: bool) -> str | None:
    """Return why the text may hold another document's, or None."""
    for block in document.body:
        found = block.field
        if found and found.name in ("length", "loaded"):
            return f"“{block.first[:80]}” stands in its text, as if another document began there"
    if not is_whole:
        return "the document that should follow is missing, so this text may hold its text"
    return None


def _has_length(document: Document, width: int | None) -> bool:
    """Whether the text has about as many words as the document states."""
    stated = document.fields.get("length")
    count = word_count(stated.value) if stated else None
    words = len(document.text(width).split())
    return count is not None and abs(words - count) <= _TOLERANCE * count
