"""ProQuest: documents between rules, with a full text among labelled fields.

Belongs here: dividing a text into documents. Does not belong here: the parts of one document
(`exports.proquest_document`).

A text file has a rule of underscores around each document, and mostly "Document 2 of 3" below it. A
rule can also stand in an article. RTF and Word files have no rules: there each document ends with
the table DETAILS, and the last row of the table is "Database".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from etl.domain import Article
from etl.readers.base import Rejection
from etl.readers.exports.entries import entry
from etl.readers.exports.layout import Block, wrap_width
from etl.readers.exports.numbering import absent, doubt, examine, unsplit
from etl.readers.exports.proquest_document import LINK, NUMBER, document_of, field, split
from etl.readers.source import Source

name = "proquest"

_NAME = "ProQuest"
_RULE = re.compile(r"_{20,200}")
_MARK = re.compile(rf"^[ \t]*(?:{LINK}[ \t]*$|ProQuest document ID:)", re.MULTILINE | re.IGNORECASE)
_ANY_LANGUAGE = re.compile(r"^[^\n:]{0,40}\bProQuest\b[^\n:]{0,40}(?::|$)", re.MULTILINE)
_FULL_TEXT = re.compile(r"^[ \t]*(?:Full text:|FULL TEXT[ \t]*$|Full text[ \t]*$)", re.MULTILINE)
_TABLE = re.compile(r"^[ \t]*DETAILS[ \t]*$", re.MULTILINE)
_OPENING = {"full text", "publication info", "links", "abstract"}
"""Fields above the text; if they stand below a rule, a document begins there."""
_END = {"database", "proquest document id"}


def recognises(text: str) -> bool:
    """Whether fields stand there that only ProQuest has, or its name between rules."""
    if _MARK.search(text) and (_FULL_TEXT.search(text) or "Publication " in text):
        return True
    return len(_rules(text)) > 1 and _ANY_LANGUAGE.search(text) is not None


def read(text: str, source: Source) -> Iterator[Article | Rejection]:
    """Yield the articles. Raises Rejected if the text can't be divided with certainty."""
    width = wrap_width(text.split("\n"))
    is_ruled = len(_rules(text)) > 1 or not _TABLE.search(text)
    parts = list(_between_rules(text) if is_ruled else _by_tables(text))
    if not parts:
        raise unsplit(_NAME, "no fields such as “Full text:”; export it with English labels")
    numbered = [part.number for part in parts if part.number is not None]
    if numbered and len(numbered) < len(parts):
        raise unsplit(_NAME, "only some documents have a number such as “Document 1 of 3”")
    numbers = examine(numbered, _NAME)
    for at, part in enumerate(parts):
        where = "document {:,} of {:,}".format(*(part.number or (at + 1, len(parts))))
        document = document_of(part.blocks)
        why = document.doubt()
        if why is None and at in numbers.doubtful:
            why = "the document that should follow is missing, so this text may hold its text"
        if why is not None:
            yield doubt(_NAME, where, why)
        else:
            yield entry(document.metadata(width), source, name, where)
    if numbers.missing:
        yield absent(_NAME, numbers.missing)


@dataclass(slots=True)
class _Part:
    """The blocks of a document, the names of its fields, and its number with the total, if any."""

    blocks: list[Block]
    names: set[str]
    number: tuple[int, int] | None

    @classmethod
    def of(cls, found: list[Block]) -> _Part:
        match = NUMBER.fullmatch(found[0].text) if found else None
        number = (int(match[1]), int(match[2])) if match else None
        names = {value.name for value in map(field, found) if value is not None}
        return cls(found[1:] if match else found, names, number)


def _rules(text: str) -> list[str]:
    return [line for line in text.split("\n") if _RULE.fullmatch(line.strip())]


def _between_rules(text: str) -> Iterator[_Part]:
    """Yield the documents between rules; a rule in an article does not end it."""
    current: _Part | None = None
    for rule, segment in _segments(text):
        part = _Part.of(list(split(segment)))
        if current is not None:
            is_closed = current.names & _END or part.number is not None
            if not is_closed and not part.names & _OPENING:
                current.blocks += [Block((rule,)), *part.blocks]
                current.names |= part.names
                continue
            yield current
            current = None
        if part.number is not None or part.names & (_OPENING | _END):
            current = part
    if current is not None:
        yield current


def _segments(text: str) -> Iterator[tuple[str, str]]:
    """Yield each rule with the text below it, first the text above all rules."""
    rule, lines = "", list[str]()
    for line in text.split("\n"):
        if _RULE.fullmatch(line.strip()):
            yield rule, "\n".join(lines)
            rule, lines = line.strip(), []
        else:
            lines.append(line)
    yield rule, "\n".join(lines)


def _by_tables(text: str) -> Iterator[_Part]:
    """Yield the documents of a file without rules: each ends with the field "Database"."""
    found: list[Block] = []
    is_over = False
    for block in split(text):
        value = field(block)
        if is_over:
            is_over = False
            if value is None and not found[-1].text.partition(":")[2].strip():
                found.append(block)  # the name of the database, in a cell of its own
                yield _Part.of(found)
                found = []
                continue
            yield _Part.of(found)
            found = []
        found.append(block)
        is_over = value is not None and value.name == "database"
    if is_over or _Part.of(found).names & _OPENING:
        yield _Part.of(found)
