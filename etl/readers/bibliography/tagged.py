"""References with a tag on each line: RIS, and EndNote's tagged format (.enw).

Belongs here: splitting a file into references, and the meaning of the tags. Does not belong here:
what references of all formats share (`bibliography.reference`).

A reference of RIS begins with TY and ends with ER, one of EndNote begins with %0. If such a line is
damaged, two references run together. Then a tag that a reference has once comes twice, and nothing
of them is read: one article with the people and days of two would be wrong in silence.
docs/adr/0037 says why this is no package.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from etl.domain import Article
from etl.readers.base import Rejection
from etl.readers.bibliography.reference import Reference, part_of
from etl.readers.source import Source
from etl.readers.text_lines import text_lines

_BYTE_ORDER = re.compile(rb"\A(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)")
_EXPORT_AGAIN = "export the references again, or correct the lines"


@dataclass(frozen=True, slots=True)
class Syntax:
    """How a format writes a tag, which tags begin and end a reference, and what the others hold."""

    name: str
    line: re.Pattern[str]
    """Matches a line with a tag: the tag, and its value."""
    start: str
    end: str | None
    headline: tuple[str, ...]
    outlet: tuple[str, ...]
    authors: tuple[str, ...]
    texts: tuple[str, ...]
    notes: tuple[str, ...]
    dates: tuple[str, ...]
    year: tuple[str, ...]
    url: tuple[str, ...]
    language: tuple[str, ...]

    @property
    def single(self) -> frozenset[str]:
        """The tags that come once in a reference, or on lines that follow each other."""
        return frozenset(
            self.headline + self.outlet + self.texts + self.dates + self.year + self.language
        )


RIS = Syntax(
    "ris",
    # One space only before tags that are common: a text may have a line "US - China talks".
    re.compile(
        r"(?:\ufeff)?([A-Z][A-Z0-9](?=  -)|(?:TY|ER|TI|T1|T2|AU|A1|AB|N2|DA|PY|Y1|UR|JF|JO)(?= -))"
        r" {1,2}- ?(.*)"
    ),
    "TY",
    "ER",
    headline=("TI", "T1", "CT", "BT"),
    outlet=("T2", "JF", "JO", "JA", "J2", "PB"),
    authors=("AU", "A1"),
    texts=("AB", "N2"),
    notes=("N1",),
    dates=("DA", "Y1", "PY"),
    year=("PY", "Y1"),
    url=("UR", "L1", "L2", "LK"),
    language=("LA",),
)
ENDNOTE = Syntax(
    "endnote",
    re.compile(r"(?:\ufeff)?%([0-9A-Z@!?$&(+<>~^#*])(?: (.*))?"),
    "0",
    None,
    headline=("T",),
    outlet=("J", "B"),
    authors=("A",),
    texts=("X",),
    notes=("Z",),
    dates=("8", "D"),
    year=("D",),
    url=("U",),
    language=("G",),
)


@dataclass(slots=True)
class _Lines:
    """The lines of one reference, from line `number` on."""

    number: int
    is_begun: bool
    """Whether its first line is there."""
    values: dict[str, list[str]] = field(default_factory=dict)
    last: str = ""
    repeated: str = ""
    size: int = 0

    def add(self, tag: str | None, value: str, syntax: Syntax) -> None:
        if tag is not None:
            if tag in self.values and tag != self.last and tag in syntax.single:
                self.repeated = tag
            self.values.setdefault(tag, []).append(value.strip())
            self.last = tag
        elif self.last:
            self.values[self.last].append(value.strip())
        self.size += len(value) + 1


def references(source: Source, syntax: Syntax) -> Iterator[Article | Rejection]:
    """Yield the references in order, one in memory. Raises Rejected."""
    limit = source.budget.limits.document_bytes
    lines: _Lines | None = None
    count = 0
    for number, text in enumerate(text_lines(source), 1):
        match = syntax.line.fullmatch(text)
        tag, value = (match[1], match[2] or "") if match else (None, text)
        if tag == syntax.start:
            if lines is not None:
                yield _part(lines, source, syntax)
            lines, count = _Lines(number, is_begun=True), count + 1
        elif lines is None:
            # Before the first reference there may be a heading.
            if tag != syntax.end and text.strip() and (count or tag is not None):
                lines = _Lines(number, is_begun=False)
        elif tag is not None and tag == syntax.end:
            yield _part(lines, source, syntax)
            lines = None
            continue
        if lines is not None and lines.size <= limit:
            lines.add(tag, value, syntax)
    if lines is None:
        return
    if syntax.end is not None and lines.is_begun:
        yield Rejection(
            "malformed",
            f"line {lines.number}: the last reference is not closed by {syntax.end}",
            "export the references again: the file may be cut off",
        )
    else:
        yield _part(lines, source, syntax)


def _part(lines: _Lines, source: Source, syntax: Syntax) -> Article | Rejection:
    where = f"line {lines.number}"
    limit = source.budget.limits.document_bytes
    if lines.size > limit:
        return Rejection(
            "too_large",
            f"{where}: more than {limit:,} characters in one reference",
            "split it, or raise NEWSACTORS_MAX_DOCUMENT_BYTES",
        )
    if not lines.is_begun:
        return Rejection("malformed", f"{where}: a reference without {syntax.start}", _EXPORT_AGAIN)
    if lines.repeated:
        return Rejection(
            "malformed",
            f"{where}: {lines.repeated} comes twice, so two references may run together",
            _EXPORT_AGAIN,
        )
    return part_of(_reference(lines.values, syntax), source, syntax.name, where)


def _reference(values: dict[str, list[str]], syntax: Syntax) -> Reference:
    def first(tags: tuple[str, ...]) -> str:
        return next((text for tag in tags if (text := _line(values.get(tag, [])))), "")

    return Reference(
        headline=first(syntax.headline),
        outlet=first(syntax.outlet),
        authors=[name for tag in syntax.authors for name in values.get(tag, []) if name],
        texts=["\n".join(values[tag]) for tag in syntax.texts if tag in values],
        notes=["\n".join(values[tag]) for tag in syntax.notes if tag in values],
        dates=[
            (text, f"{syntax.name} {tag}")
            for tag in syntax.dates
            if (text := _line(values.get(tag, [])))
        ],
        year=first(syntax.year),
        url=next((u for t in syntax.url for u in values.get(t, []) if u.startswith("http")), ""),
        language=first(syntax.language),
    )


def _line(texts: list[str]) -> str:
    return " ".join(text for text in texts if text)


def has_tag(head: bytes, *tags: bytes) -> bool:
    """Whether a line of a file's beginning starts with one of the tags.

    A tag is found by its first letters, and then judged by what is before it: the other way round
    takes 20 times as long in a page, which has none.
    """
    head = _BYTE_ORDER.sub(b"", head.replace(b"\0", b""))
    found = (match.start() for tag in tags for match in re.finditer(tag, head))
    return any(start == 0 or head[start - 1] in b"\r\n" for start in found)
