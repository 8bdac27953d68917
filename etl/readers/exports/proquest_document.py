"""One document of ProQuest: its title, fields, full text, and the fields below the text.

Belongs here: the labels and which block of a document is what. Does not belong here: dividing a
file into documents (`exports.proquest`).

In a text file a field is "Label: value". In RTF and Word the fields below the text are a table
under the heading DETAILS, so label and value can come in separate lines.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from etl.readers.exports.days import first_day
from etl.readers.exports.layout import Block, blocks, unwrapped
from etl.readers.names import given_first
from etl.readers.source_metadata import SourceMetadata

_LABELS = {
    label.replace(" ", ""): label
    for label in re.split(
        r"\|\s*",
        """abstract|accession number|alternate title|author|author affiliation|
        business indexing term|caption|classification|coden|column|company / organization|company|
        copyright|correspondence author|country of publication|credit|database|dateline|
        document feature|document type|document url|doi|duns|e-issn|edition|first page|full text|
        headnote|identifier / keyword|illustrations|issn|issue|language|language of publication|
        last updated|links|location|medium|naics|number of pages|page|page count|pages|people|
        place of publication|product name|proquest document id|publication date|publication info|
        publication subject|publication title|publication year|publisher|references|section|
        source type|subject|subtitle|supplement|ticker symbol|title|url|volume|volume/issue|
        word count|year""",
    )
}
"""Labels by their letters: pages lose the space at a line break, as in "Languageof publication"."""
_LABEL = re.compile(r"([A-Za-z][A-Za-z /-]{1,38}):(?:[ \t\xa0]+(.*))?", re.DOTALL)
_HEADINGS = {"FULL TEXT": "full text", "Full text": "full text", "ABSTRACT": "abstract",
             "DETAILS": "details", "LINKS": "links", "Headnote": "headnote"}  # fmt: skip
_ABSTRACT = re.compile(r"ABSTRACT(?: \([A-Z ]{3,20}\))?")
LINK = "ProQuest document link"
ANCHOR = "document anchor"
"""Label under which pages state a document's number at its top."""
NUMBER = re.compile(r"Document (\d{1,6}) of (\d{1,6})")
_ONCE: dict[str, Callable[[str], object]] = {
    "full text": lambda value: True,
    "proquest document id": lambda value: value[:1].isdecimal(),
    "document url": lambda value: value.startswith("http"),
    "publication date": first_day,
}
"""Fields that a document has once, and how their values look: two show two documents."""
_NO_TEXT = re.compile(r"(?:none|not|un)\s?available\.?|full text unavailable\.?", re.IGNORECASE)
_EDITION = re.compile(r"\s*,\s[^,;]{0,40}\bedition\b.*", re.IGNORECASE)
_ROLE = re.compile(
    r"\b(?:writer|reporter|editor|correspondent|columnist|staff|bureau|special|news|times|press"
    r"|contributor)\b",
    re.IGNORECASE,
)
_SUFFIX = re.compile(r",\s*(Jr|Sr|II|III|IV)\b\.?")
_NO_AUTHOR = {"anonymous", "unknown", "none", "none available"}
_CONTINUED = {"copyright": 3, "database": 8}
"""Paragraphs that may go on below a field; below the last one stands the page's foot."""
_CAPTIONS = re.compile(
    r"Illustrations?|Photographs?|Photos?|Graphs?|Charts?|Maps?|Graphics?|AuthorAffiliation"
    r"|Caption text only\."
)
_MAX_CAPTIONS = 4
_REPEATED = {"credit", "caption"}
_FURNITURE = re.compile(r"Enlarge this image\.?")
_BRACKETED = re.compile(r"\s*:\s*\[[^\[\]]{2,40}\]$|\s*\[[^\[\]]{0,30}\bEdition\]$")


@dataclass(frozen=True, slots=True)
class Field:
    """A labelled field or a heading; the value is empty if it stands in the next block."""

    name: str
    value: str


def field(block: Block) -> Field | None:
    """Return the field or heading in a block, or None if it is a paragraph."""
    text = "\n".join(block.lines).strip()
    if text.startswith(f"{ANCHOR}: "):
        return Field(ANCHOR, text.rpartition(" ")[2])
    if (name := _HEADINGS.get(text)) or (_ABSTRACT.fullmatch(text) and (name := "abstract")):
        return Field(name, "")
    match = _LABEL.match(text)
    name = _LABELS.get(match[1].casefold().replace(" ", "")) if match else None
    return Field(name, (match[2] or "").strip()) if match and name else None


def split(text: str) -> Iterator[Block]:
    """Yield the blocks of a text; each of several fields without blank lines is one."""
    for block in blocks(text.split("\n")):
        start = 0
        if field(Block(block.lines[:1])) is not None:
            for at in range(1, len(block.lines)):
                if field(Block(block.lines[at : at + 1])) is not None:
                    yield Block(block.lines[start:at])
                    start = at
        yield Block(block.lines[start:])


@dataclass(frozen=True, slots=True)
class Document:
    """The values of one document; `text` is the block of the label "Full text" and its body."""

    title: str | None
    fields: dict[str, str]
    text: Sequence[Block]
    has_text: bool
    twice: str | None

    def doubt(self) -> str | None:
        """Return why it may be two documents, or None."""
        if self.twice is not None:
            return f"the field “{self.twice}” stands in it twice, as if it were two documents"
        named = self.fields.get("title")
        if named and self.title and not _is_same(named, self.title):
            return f"its heading is “{self.title[:80]}”, but its title “{named[:80]}”"
        number = re.sub(r"\D", "", self.fields.get("proquest document id", ""))
        if self.fields.get(ANCHOR, number) != number:
            return "its number at the top is not the one at its end, as if another document began"
        return None

    def metadata(self, width: int | None) -> SourceMetadata:
        fields = self.fields
        outlet = fields.get("publication title") or fields.get("publication info", "")
        outlet = _EDITION.sub("", outlet.split(";")[0]).strip()
        days = (first_day(fields.get(key, "")) for key in ("publication date", "publication info"))
        body = "\n\n".join(
            unwrapped(block.lines, width)
            for block in self.text
            if not _FURNITURE.fullmatch(block.first)
        )
        credit = fields.get("credit", "")
        return SourceMetadata(
            "field",
            body="" if _NO_TEXT.fullmatch(body.strip()) else body,
            headline=_BRACKETED.sub("", fields.get("title") or self.title or ""),
            outlet=outlet or None,
            authors=authors(fields.get("author") or ("" if credit.endswith(".") else credit)),
            dates=[(day, "field", None) for day in days if day],
            language=fields.get("language of publication"),
        )


def document_of(found: Sequence[Block]) -> Document:
    """Return the document in the blocks between two rules."""
    fields = [field(block) for block in found]
    text_at = next((at for at, f in enumerate(fields) if f and f.name == "full text"), len(found))
    end = max(_tail(found, fields, text_at + 1), text_at)
    values: dict[str, str] = {}
    for at, value in enumerate(fields):
        if value is None or text_at <= at < end:
            continue
        following = at + 1 < len(found) and fields[at + 1] is None and at + 1 != text_at
        text = value.value or (found[at + 1].text if following else "")
        values.setdefault(value.name, " ".join(text.split()))
    names = [
        value.name
        for value in fields
        if value and value.name in _ONCE and _ONCE[value.name](value.value)
    ]
    text_blocks = list(found[text_at + 1 : end])
    if text_at < len(found) and (label := fields[text_at]) and label.value:
        text_blocks.insert(0, Block(tuple(label.value.split("\n"))))
    return Document(
        _title(found[:text_at], fields),
        values,
        text_blocks,
        text_at < len(found),
        next((name for name in _ONCE if names.count(name) > 1), None),
    )


def _title(found: Sequence[Block], fields: Sequence[Field | None]) -> str | None:
    for block, value in zip(found, fields, strict=False):
        if value is not None:
            if value.name in ("headnote", ANCHOR):
                continue
            return None
        if block.text != LINK and not NUMBER.fullmatch(block.text):
            return block.text
    return None


def _tail(found: Sequence[Block], fields: Sequence[Field | None], start: int) -> int:
    """Return where the fields below the text begin: only fields and their values follow."""
    for at in range(len(found) - 2, start - 1, -1):
        value, below = fields[at], fields[at + 1]
        if value is not None and value.name == "details" and below is not None:
            return at
    belongs = _values(found, fields, start)
    end = len(found)
    seen: set[str] = set()
    for at in range(len(found) - 1, start - 1, -1):
        value = fields[at]
        if value is not None and value.name in _REPEATED:
            end = at
        elif value is not None and value.name not in seen and value.name != "full text":
            seen.add(value.name)
            end = at
        elif value is None and _CAPTIONS.fullmatch(found[at].text):
            end = at
        elif at not in belongs and (value is not None or not _LABEL.match(found[at].first)):
            break
    return end


def _values(found: Sequence[Block], fields: Sequence[Field | None], start: int) -> set[int]:
    """Return the indices of the paragraphs that are a field's value, or go on with one."""
    out: set[int] = set()
    left = 0
    for at in range(start, len(found)):
        value = fields[at]
        if value is not None:
            left = 1 if not value.value else _CONTINUED.get(value.name, 0)
        elif _CAPTIONS.fullmatch(found[at].text):
            left = _MAX_CAPTIONS
        elif left:
            left -= 1
            out.add(at)
    return out


def authors(text: str) -> list[str]:
    """Return the authors in "Marsk, Ellen; Jonas Falk, Staff Writer": given names first."""
    names = []
    for part in text.split(";"):
        part = _SUFFIX.sub(r" \1", part)
        last, comma, first = (" ".join(word.split()) for word in part.partition(","))
        is_inverted = (
            comma
            and 1 <= len(last.split()) <= 3
            and 1 <= len(first.split()) <= 3
            and "," not in first
            and not _ROLE.search(f"{last} {first}")
        )
        name = given_first(part) if is_inverted else " ".join(part.split())
        if name and name.casefold() not in _NO_AUTHOR:
            names.append(name)
    return names


def _is_same(one: str, other: str) -> bool:
    """Whether one title is the other, or its beginning, apart from signs."""
    a, b = (re.sub(r"\W+", "", text).casefold() for text in (one, other))
    return a.startswith(b) or b.startswith(a)
