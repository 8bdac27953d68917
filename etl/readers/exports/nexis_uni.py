"""Nexis Uni, Nexis Advance and Lexis+: documents with "Body" and "End of Document".

Belongs here: dividing a text at the ends of documents, and the parts of one document. Does not
belong here: labels and their values (`exports.nexis_fields`), the classic layout
(`exports.nexis`).

A document has headline, outlet and day in lines of their own, then a notice and fields, then the
line "Body". Below the text come captions, a classification and the day of loading. A cover page
with a list of the documents may come first. It counts them, so a lost end shows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from etl.domain import Article
from etl.readers.base import Rejected, Rejection
from etl.readers.exports.days import day_line
from etl.readers.exports.entries import entry, names_of
from etl.readers.exports.layout import blocks, unwrapped, wrap_width
from etl.readers.exports.nexis_fields import Field, byline, field, is_rights
from etl.readers.exports.numbering import Numbers, absent, doubt, examine, unsplit
from etl.readers.source import Source
from etl.readers.source_metadata import SourceMetadata

name = "nexis"

_NAME = "Nexis Uni"
_END = re.compile(
    r"(?:end of document|ende des dokuments|fin du document|einde (?:van het )?document"
    r"|fin(?:al)? del documento|fine (?:del )?documento|fim do documento)\W*",
    re.IGNORECASE,
)
_BODY = re.compile(r"(?:Body|Text|Volltext|Textkörper|Texte|Tekst|Texto|Testo|Corps)")
_COUNT = re.compile(
    r"(?:Documents?|Dokumente?|Documenten|Documentos?|Documenti) \((?P<count>\d{1,6})\)"
)
_COVER = re.compile(
    r"(?:User Name|Date and Time|Job Number|Client/Matter|Search (?:Terms|Type)|Narrowed by"
    r"|Sources?|Quellen)\s?:|Narrowed by$|Content Type$"
)
_LISTED = re.compile(r"(?P<number>\d{1,5})\.\s*(?P<title>\S.*)")
_PAGE = re.compile(r"(?:Page|Seite|Pagina|Página) \d+ (?:of|von|de|van|di) \d+")
_BELOW = re.compile(r"Graphics?|Corrections?|Notes|Correction Date|Bibliography|Grafik|Graphique")
_MAX_HEAD = 24
_MAX_CAPTIONS = 4
_MAX_HEADLINES = 3


def recognises(text: str) -> bool:
    """Whether a cover page, or the line "Body" or the end of a document below fields, is there."""
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    if _is_list(lines) or (any(map(_END.fullmatch, lines)) and _has_fields(lines)):
        return True
    bodies = [at for at, line in enumerate(lines) if _BODY.fullmatch(line)]
    return any(_has_fields(lines[max(0, at - _MAX_HEAD) : at]) for at in bodies)


def _has_fields(lines: Sequence[str]) -> bool:
    return any(value.name == "length" for value in map(_field, lines) if value is not None)


def read(text: str, source: Source) -> Iterator[Article | Rejection]:
    """Yield the articles. Raises Rejected if the text can't be divided with certainty."""
    lines = text.split("\n")
    width = wrap_width(lines)
    paragraphs = [
        line.strip()
        for block in blocks(lines)
        for line in unwrapped(block.lines, width).split("\n")
        if line.strip()
    ]
    ends = [at for at, line in enumerate(paragraphs) if _END.fullmatch(line)]
    if not ends and _is_list(paragraphs) and not _has_fields(paragraphs):
        raise Rejected(
            "empty",
            "the list of documents of a Nexis export, without any document",
            "nothing: ingest the files of the documents",
        )
    if not ends:
        raise unsplit(_NAME, "no line “End of Document” shows where one ends")
    starts = [0, *(end + 1 for end in ends)]
    *parts, rest = (
        paragraphs[start:end] for start, end in zip(starts, [*ends, len(paragraphs)], strict=True)
    )
    documents = [_Document.of(part) for part in parts]
    for number, document in enumerate(documents, 1):
        if document is None:
            raise unsplit(_NAME, f"above the end of document {number:,} there is no head of one")
    found = [document for document in documents if document is not None]
    numbers = _numbers(parts[0], [document.headline or "" for document in found])
    for at, document in enumerate(found):
        where = f"document {at + 1:,}"
        if why := document.doubt(is_whole=at not in numbers.doubtful):
            yield doubt(_NAME, where, why)
        else:
            yield entry(document.metadata(), source, name, where)
    if numbers.missing:
        yield absent(_NAME, numbers.missing)
    if any(map(_BODY.fullmatch, rest)):
        yield doubt(_NAME, "the end of the file", "the last document has no end")


def _field(line: str) -> Field | None:
    return field(line, is_upper=False)


def _is_list(lines: Sequence[str]) -> bool:
    """Whether it is a cover page: a count of documents, and what was searched."""
    top = lines[:_MAX_HEAD]
    return any(map(_COUNT.fullmatch, top)) and sum(map(bool, map(_COVER.match, top))) > 1


@dataclass(frozen=True, slots=True)
class _Document:
    """The paragraphs of one document: the head above the line "Body", and the text below it."""

    headline: str | None
    outlet: str | None
    day: str | None
    fields: dict[str, str]
    body: Sequence[str] | None

    @classmethod
    def of(cls, lines: Sequence[str]) -> _Document | None:
        """Return the document whose end follows the lines, or None if they have no head."""
        lines = _without_page_heads(lines)
        body_at = next((at for at, x in enumerate(lines) if _BODY.fullmatch(x)), len(lines))
        head = lines[:body_at]
        days = {at: day for at, x in enumerate(head) if (day := day_line(x)) is not None and at}
        below = (
            at for at, x in enumerate(head) if is_rights(x) or (_field(x) and not _is_cover(x))
        )
        top = max(days, default=next(below, 0))
        if top == 0 or body_at - top > _MAX_HEAD:
            return None
        found = [value for value in map(_field, head[top:]) if value is not None]
        text = None
        if body_at < len(lines):
            text = lines[body_at + 1 :]
            found += [value for value in map(_field, text[_end(text) :]) if value is not None]
            text = text[: _end(text)]
        return cls(
            _headline(head[: top - 1]),
            head[top - 1],
            days.get(top),
            {value.name: value.value for value in reversed(found)},
            text,
        )

    def doubt(self, *, is_whole: bool) -> str | None:
        """Return why the text may hold another document's, or None."""
        if self.body is None:
            return "no line “Body” shows where its text begins"
        names = {value.name for value in map(_field, self.body) if value is not None}
        if names & {"length", "loaded"}:
            return "fields stand in its text, as if another document began there"
        if not is_whole:
            return "the document that should follow is missing, so this text may hold its text"
        return None

    def metadata(self) -> SourceMetadata:
        names = self.fields.get("byline")
        return SourceMetadata(
            "field",
            body="\n\n".join(self.body or ()),
            headline=self.headline,
            outlet=self.outlet,
            authors=names_of(byline(names)) if names else [],
            dates=[(self.day, "field", None)] if self.day else [],
            language=self.fields.get("language", "").split(";")[0] or None,
        )


def _numbers(first: Sequence[str], headlines: Sequence[str]) -> Numbers:
    """Return which documents are doubtful, by the count and the list on a cover page, if any.

    `first` are the lines of the first document with the cover page above it.
    """
    body_at = next((at for at, line in enumerate(first) if _BODY.fullmatch(line)), len(first))
    cover = first[:body_at]
    if not any(map(_COVER.match, cover)):
        return Numbers()
    counts = [int(match["count"]) for match in map(_COUNT.fullmatch, cover) if match]
    listed: list[tuple[int, str]] = []
    for match in filter(None, map(_LISTED.fullmatch, cover)):
        if not listed or int(match["number"]) == listed[-1][0] + 1:  # else a headline: "10. Best …"
            listed.append((int(match["number"]), match["title"]))
    total = max([*counts, *(number for number, _ in listed[-1:])], default=len(headlines))
    if total == len(headlines):
        return Numbers()
    if total < len(headlines):
        raise unsplit(_NAME, f"{len(headlines):,} documents, of which {total:,} are announced")
    at = 0
    order = []
    for headline in headlines:
        while at < len(listed) and not _is_same(listed[at][1], headline):
            at += 1
        if at == len(listed):  # not in the list: any document may hold another's text
            missing = (f"{total - len(headlines):,} of {total:,} documents",)
            return Numbers(frozenset(range(len(headlines))), missing)
        order.append((listed[at][0], total))
        at += 1
    return examine(order, _NAME)


def _is_same(listed: str, headline: str) -> bool:
    """Whether the list names a headline, apart from signs; it may add a second headline."""
    one, other = (re.sub(r"\W+", "", text).casefold() for text in (listed, headline))
    return bool(other) and one.startswith(other)


def _is_cover(line: str) -> bool:
    return any(pattern.match(line) for pattern in (_COVER, _COUNT, _LISTED))


def _headline(lines: Sequence[str]) -> str | None:
    """Return the headline in the lines above the outlet: the last one below a cover page."""
    if any(map(_is_cover, lines)) or len(lines) > _MAX_HEADLINES:
        lines = lines[-1:]
    return " ".join(lines) or None


def _without_page_heads(lines: Sequence[str]) -> list[str]:
    """Return the lines without "Page 2 of 3" and the headline that follows it on each page."""
    out: list[str] = []
    is_below = False
    for line in lines:
        is_page = _PAGE.fullmatch(line) is not None
        if not is_page and not (is_below and line in out[:_MAX_HEAD]):
            out.append(line)
        is_below = is_page
    return out


def _end(text: Sequence[str]) -> int:
    """Return where captions, classification and the day of loading begin below a text."""
    end = len(text)
    for at in range(len(text) - 2, -1, -1):
        if text[at] == "Classification" and _field(text[at + 1]) is not None:
            end = at
            break
    while end:
        last = _field(text[end - 1])
        above = range(end - 1, max(-1, end - 1 - _MAX_CAPTIONS), -1)
        caption = next((at for at in above if _BELOW.fullmatch(text[at])), None)
        if last is not None and last.name == "loaded":
            end -= 1
        elif caption is not None:
            end = caption
        else:
            break
    return end
