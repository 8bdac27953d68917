"""One document of Nexis in the classic layout: outlet, day, headline, fields, body, fields.

Belongs here: which block of a document is what. Does not belong here: dividing a file into
documents (`exports.nexis`), labels and their values (`exports.nexis_fields`).

Older documents have the headline above the day, or SECTION and LENGTH below the body. So the end of
the body is found from below: it is where only fields and notices follow.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from dataclasses import field as of

from etl.readers.exports.days import day_line
from etl.readers.exports.entries import names_of
from etl.readers.exports.layout import Block, unwrapped
from etl.readers.exports.nexis_fields import (
    Field,
    FieldBlock,
    byline,
    is_labelled,
    is_rights,
    split,
)
from etl.readers.source_metadata import SourceMetadata

_EDITION = re.compile(
    r".{0,60}\b(?:edition|editie|ausgabe|[ée]dition|edici[óo]n)\b.{0,20}"
    r"|correction appended|version corrected",
    re.IGNORECASE,
)
_BY = re.compile(r"(?:by|von|van|par|por|door|di)\s+(?!onze|unser|our|notre)(?=\S)", re.IGNORECASE)
_HOLDER = re.compile(
    r"\b(?:rights|reserved|droits|rechte|ltd|limited|inc|llc|gmbh|verlag|company|corp|plc|kg)\b",
    re.IGNORECASE,
)
_FAILED = "there is an error in this document"
_ADDRESS = re.compile(r"https?://\S{1,500}")
_TOP = 7
"""Blocks in which outlet and day must come; more stand nowhere in the public samples."""
_MAX_PLAIN = 3
"""Blocks between the day and the fields: headline, second headline, byline without a label."""
_MAX_STARTS = 4
_MAX_CAPTIONS = 3
_OPEN = {"open", "above"}
"""Fields whose text may go on in paragraphs below: GRAPHIC, HIGHLIGHT."""
_BELOW_BODY = {"length", "section"}
"""Fields of the head that old documents have below the body."""


@dataclass(slots=True)
class Document:
    """The blocks of one document, with its values; the body is `blocks[start:end]`."""

    blocks: Sequence[FieldBlock]
    fields: dict[str, Field] = of(default_factory=dict)
    outlet: str | None = None
    day: str | None = None
    headline: str | None = None
    authors: str | None = None
    url: str | None = None
    lead: str = ""
    start: int = 0
    end: int = 0

    @property
    def is_document(self) -> bool:
        """Whether its top is one of a document: a day, a field of the head, or only a notice."""
        if self.day is not None:
            return True
        found = [block.field for block in self.blocks[:_TOP]]
        if any(f is not None and f.is_above for f in found):
            return True
        return len(self.blocks) <= 3 and all(
            is_rights(block.text) or _FAILED in block.text for block in self.blocks
        )

    @property
    def body(self) -> Sequence[FieldBlock]:
        return self.blocks[self.start : self.end]

    def text(self, width: int | None) -> str:
        """The body, with lines that were wrapped at `width` joined."""
        parts = [self.lead, *(unwrapped(block.lines, width) for block in self.body)]
        return "\n\n".join(filter(None, parts))

    def metadata(self, width: int | None) -> SourceMetadata:
        names, language = self.fields.get("byline"), self.fields.get("language")
        title = self.fields.get("headline")
        authors = names.value if names else self.authors
        return SourceMetadata(
            "field",
            body="" if any(_FAILED in b.text for b in self.blocks[:2]) else self.text(width),
            headline=self.headline or (title.value if title else None),
            outlet=self.outlet,
            authors=names_of(byline(authors)) if authors else [],
            dates=[(self.day, "field", None)] if self.day else [],
            url=self.url,
            language=language.value.split(";")[0] if language else None,
        )


def document_of(text: str) -> Document:
    """Return the document in the text between two headings."""
    found = Document(tuple(split(text)))
    after_day = _read_top(found)
    for start in _possible_starts(found.blocks, after_day, has_headline=found.headline is not None):
        head = dict(_named(found.blocks[after_day:start]))
        found.start, found.end = start, _tail(found.blocks, start, set(head))
        found.fields = dict(_named(found.blocks[found.end :])) | head
        found.lead = _read_headlines(found, after_day)
        if found.lead or found.end > start:
            break
    return found


def _named(found: Sequence[FieldBlock]) -> Iterator[tuple[str, Field]]:
    """Yield the fields among blocks, last first, so that the first of a name wins in a dict."""
    for block in reversed(found):
        if value := block.field:
            yield value.name, value


def _read_top(found: Document) -> int:
    """Take outlet, day and a headline above it; return the index of the block below."""
    above: list[Block] = []
    rights: list[Block] = []
    at = 0
    for block in found.blocks[:_TOP]:
        day = day_line(block.first)
        if day is not None and found.day is None:
            found.day = day
        elif found.day is not None:
            if day is None and not _is_edition(found.blocks, at):
                break
        elif block.field:
            break
        elif is_rights(block.text):
            rights.append(block)
        elif address := _ADDRESS.fullmatch(block.text.replace(" ", "")):
            found.url = address[0]
        else:
            above.append(block)
        at += 1
    if found.day is None and (at == len(found.blocks) or found.blocks[at].field is None):
        return 0
    if above:
        found.outlet = above[0].text
        if len(above) > 1 and above[0].is_centred and above[-1].is_left:
            found.headline = above[-1].text
    elif rights and len(rights[-1].lines) > 1:  # the notice above the outlet, in one block
        last = rights[-1].lines[-1].strip()
        found.outlet = None if _HOLDER.search(last) else last
    return at


def _is_edition(found: Sequence[FieldBlock], at: int) -> bool:
    """Whether it is a line such as "Final Edition" or the name of a show, above the headline."""
    if at + 1 >= len(found) or is_rights(found[at + 1].text):
        return False
    below = found[at + 1].field
    if below is not None and not below.is_above:
        return False
    return found[at].is_centred or _EDITION.fullmatch(found[at].text) is not None


def _possible_starts(
    found: Sequence[FieldBlock], after_day: int, *, has_headline: bool
) -> list[int]:
    """Return where the body may start, the likeliest first: below the fields of the head.

    Blocks before the fields are headlines. Below the first fields, only LENGTH shows that the head
    goes on, because a paragraph can begin with the words of another label.
    """
    starts = [after_day] if has_headline else []
    seen: set[str] = set()
    plain = 0
    for at in range(after_day, len(found)):
        value = found[at].field
        if value is None:
            plain += 1
            if plain > _MAX_PLAIN:
                break
        elif not value.is_above or (value.name in seen and value.name != "above"):
            break
        elif value.name == "section" and "length" in seen:
            break  # SECTION is above LENGTH, so these are words of the text
        elif plain == 0 or not seen or value.name in ("length", "body"):
            seen.add(value.name)
            plain = 0
            starts.append(at + 1)
            if value.name == "body":
                break
        else:
            break
    if not seen and plain and not has_headline:
        starts.append(after_day + 1)  # a headline without any field
    return starts[: -_MAX_STARTS - 1 : -1]


def _tail(found: Sequence[FieldBlock], start: int, head: set[str]) -> int:
    """Return where the fields and notices below the body begin; `head` are the fields above."""
    captions = _captions(found, start)
    end = len(found)
    seen: set[str] = set(head)
    for at in range(len(found) - 1, start - 1, -1):
        block = found[at]
        value = block.field
        if is_rights(block.text):
            end = at
        elif value is not None and value.name in (*_OPEN, "below"):
            if at + 1 not in captions:
                end = at
        elif value is not None and value.name not in seen:
            if value.is_above and value.name not in _BELOW_BODY:
                break
            seen.add(value.name)
            end = at
        elif at not in captions and not is_labelled(block.first):
            break
    return end


def _captions(found: Sequence[FieldBlock], start: int) -> set[int]:
    """Return the indices of the paragraphs that go on below a field such as GRAPHIC."""
    captions: set[int] = set()
    count = _MAX_CAPTIONS
    for at in range(start, len(found)):
        value = found[at].field
        if value is not None or is_rights(found[at].text):
            count = 0 if value is not None and value.name in _OPEN else _MAX_CAPTIONS
        elif count < _MAX_CAPTIONS:
            count += 1
            captions.add(at)
    return captions


def _read_headlines(found: Document, after_day: int) -> str:
    """Take the headline below the day; return the other paragraphs above the body."""
    head = found.blocks[after_day : found.start]
    plain = [b.text for b in head if b.field is None and not is_rights(b.text)]
    if plain and found.headline is None:
        found.headline = plain.pop(0)
    for text in plain:
        if match := _BY.match(text):
            found.authors = text[match.end() :]
    body = found.fields.get("body")
    plain = [text for text in plain if not _BY.match(text)]
    return "\n\n".join([*plain, body.value] if body and body.value else plain)
