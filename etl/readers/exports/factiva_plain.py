"""Articles of Factiva in text without codes, as RTF and TXT have them.

Belongs here: splitting this layout, and telling the lines of an article apart. Does not belong
here: text with codes (`exports.factiva_codes`), what the fields mean (`exports.factiva_fields`).

An article is: section, headline, author (often missing), number of words, day, more of the header,
text, publisher, "Document HARBCO0020250403el430001". The last line ends it. The number of words
with the day below it is the only fixed point at its top: an article has one of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from etl.readers.dates import ImpossibleDateError
from etl.readers.exports.entries import names_of, paragraphs
from etl.readers.exports.factiva_codes import is_search_summary, lines_of
from etl.readers.exports.factiva_fields import (
    NAME,
    header_of,
    is_copyright,
    is_day,
    is_document_number,
    is_word_count,
)
from etl.readers.exports.header_days import day_line
from etl.readers.language import named_language
from etl.readers.source_metadata import SourceMetadata
from etl.readers.text.byline import parse_byline

_BYLINE = re.compile(r"(?i:by|par|von|por|di|door)\s+[^\W\d_a-z]")
_MAX_HEADER = 12
_SECTION_WORDS = 4
_COVER_WORDS = 25
"""A cover or a table of contents may stand above the first article, but no prose."""
_HEADLINE_WORDS = 4
"""A headline has at least this many words. Without blank lines, shorter ones may be a section or a
name."""
_MAX_PUBLISHER = 80
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_NOTICE_WORDS = 8
_COMPANY = re.compile(
    r"\s(?:Inc|Ltd|Limited|Co|Corp|Corporation|LLC|PLC|plc|GmbH|AG|KG|SA|S\.A|SAS|SpA|S\.p\.A|BV|B\.V|AB)"
    r"\.?\Z"
)
_LONG_WORD = re.compile(r"\w{4,}")


class _Doubt(Exception):  # noqa: N818 - a verdict on the input
    """An article's parts can't be told apart."""


def has_header(text: str) -> bool:
    """Whether a number of words, a day, a language and a copyright notice follow one another."""
    lines = _Line.of(lines_of(text))
    for head in _heads(lines):
        below = lines[head + 2 : head + _MAX_HEADER]
        if any(named_language(a) and is_copyright(b) for a, b in pairwise(below)):
            return True
    return False


def plain_articles(text: str) -> Iterator[SourceMetadata | str]:
    """Yield each article's metadata, or why its parts can't be told apart."""
    lines, number, begin = lines_of(text), 0, 0
    for at, line in enumerate(lines):
        if is_document_number(line):
            try:
                yield _metadata(_Line.of(lines[begin:at]), is_first=number == 0)
            except _Doubt as doubt:
                yield str(doubt)
            number, begin = number + 1, at + 1
    rest = lines[begin:]
    end = next((n for n, line in enumerate(rest) if is_search_summary(line)), len(rest))
    if not number or _heads(_Line.of(rest[:end])):
        yield "it doesn't end with the number of its document"


class _Line(str):
    """A line with text, and whether a blank line is above it."""

    is_apart: bool

    @classmethod
    def of(cls, lines: Sequence[str]) -> list[_Line]:
        """Return the lines with text."""
        found, is_apart = [], True
        for line in lines:
            if line.strip():
                kept = cls(line.strip())
                kept.is_apart = is_apart
                found.append(kept)
            is_apart = not line.strip()
        return found


def _heads(lines: list[_Line]) -> list[int]:
    """Return where a number of words stands above a day."""
    return [n for n in range(len(lines) - 1) if is_word_count(lines[n]) and is_day(lines[n + 1])]


def _metadata(lines: list[_Line], *, is_first: bool) -> SourceMetadata:
    """Return the parts of an article. Raises _Doubt."""
    heads = _heads(lines)
    if len(heads) != 1:
        raise _Doubt(f"{len(heads)} numbers of words with a day below them, instead of one")
    (head,) = heads
    headline, byline = _above(lines[:head], is_joined=not lines[head].is_apart, is_first=is_first)
    start = _body_start(lines, head)
    header = header_of(lines[head:start])
    body = lines[start:]
    if sum(map(_is_of_header, body)) > 1:
        raise _Doubt("a second header stands in its text")
    if body and _is_publisher(body[-1], " ".join([header.outlet or "", *lines[head:start]])):
        body = body[:-1]
    text = [part for line in body for part in (["", line] if line.is_apart else [line])]
    return SourceMetadata(
        NAME,
        body=paragraphs(text),
        headline=headline,
        outlet=header.outlet,
        authors=names_of(byline) if byline else [],
        dates=[(header.day, f"{NAME} header", None)] if header.day else [],
        language=header.language,
    )


def _is_of_header(line: str) -> bool:
    return (
        is_word_count(line)
        or day_line(line) is not None
        or named_language(line) is not None
        or is_copyright(line)
    )


def _above(lines: list[_Line], *, is_joined: bool, is_first: bool) -> tuple[str | None, str | None]:
    """Return headline and byline from the lines above the number of words. Raises _Doubt.

    `is_joined`: the number of words follows a line without a blank one. What is joined to it below
    a blank line is the byline; what stands above that is the headline.
    """
    if not lines:
        return None, None
    begin = len(lines)
    while is_joined and begin and not (begin < len(lines) and lines[begin].is_apart):
        begin -= 1
    joined, above = lines[begin:], lines[:begin]
    if not is_joined or not above:
        return _headline_and_byline(lines if is_joined or not is_first else lines[-2:])
    top = len(above) - 1
    while not above[top].is_apart and top:
        top -= 1
    titles = above[top:]
    limit = _COVER_WORDS if is_first else _SECTION_WORDS
    if any(len(line.split()) > limit for line in above[:top]):
        raise _Doubt("text stands above its headline")
    if len(titles) == 1 or (len(titles) == 2 and len(titles[0].split()) <= _SECTION_WORDS):
        return titles[-1], joined[0] if joined else None
    raise _Doubt(f"{len(titles)} lines could be its headline")


def _headline_and_byline(lines: list[_Line]) -> tuple[str, str | None]:
    """Return headline and byline of lines that no blank line tells apart. Raises _Doubt.

    A section is short, an author is a name, and a headline is neither.
    """
    if len(lines) == 1:
        return lines[0], None
    if len(lines) == 3 and len(lines[0].split()) < _HEADLINE_WORDS:
        lines = lines[1:]
        if not _is_name(lines[1]):
            raise _Doubt("headline and author can't be told apart")
    if len(lines) == 2:
        first, second = lines
        words = len(first.split())
        if _BYLINE.match(second) or (words >= _HEADLINE_WORDS and _is_name(second)):
            return first, second
        if words < _HEADLINE_WORDS <= len(second.split()) and not _is_name(second):
            return second, None
    raise _Doubt("section, headline and author can't be told apart")


def _is_name(line: str) -> bool:
    try:
        byline = parse_byline(f"By {line}")
    except ImpossibleDateError:
        return False
    return byline is not None and bool(byline.authors) and len(line.split()) < 12


def _body_start(lines: list[_Line], head: int) -> int:
    """Return the line below the header, which ends with language and copyright. Raises _Doubt."""
    is_spaced = lines[head + 1].is_apart
    limit = min(len(lines), head + _MAX_HEADER)
    for at in range(head + 2, limit):
        if lines[at].is_apart and not is_spaced:
            return at  # a blank line ends the header
        if named_language(lines[at]):
            return _copyright_end(lines, at + 1)
    raise _Doubt("its header has neither a language nor a blank line below it")


def _copyright_end(lines: list[_Line], at: int) -> int:
    """Return the line below the copyright notice, if one stands here. Raises _Doubt."""
    if at == len(lines) or is_copyright(lines[at]):
        return min(at + 1, len(lines))
    if not lines[at].is_apart and at + 1 < len(lines) and lines[at + 1].is_apart:
        return at + 1  # the last line above a blank one
    if _YEAR.search(lines[at]) and len(lines[at].split()) <= _NOTICE_WORDS:
        raise _Doubt("a copyright notice and the first paragraph can't be told apart")
    return at


def _is_publisher(line: _Line, header: str) -> bool:
    """Whether the last line of the text is the publisher: a company, or a name like the header's.

    A last line of prose ends with a mark, and is longer.
    """
    if len(line) > _MAX_PUBLISHER or is_copyright(line):
        return False
    if _COMPANY.search(line):
        return True
    known = {word for word in _LONG_WORD.findall(header.casefold()) if not word.isdigit()}
    return line[-1] not in ".!?…:;,”\"'»" and not known.isdisjoint(
        _LONG_WORD.findall(line.casefold())
    )
