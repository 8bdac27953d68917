"""BibTeX and BibLaTeX: exports of Zotero, JabRef, Mendeley and databases.

Belongs here: the entries of a file, and the meaning of their fields. Does not belong here: LaTeX in
values (`bibliography.latex`), what references of all formats share (`bibliography.reference`).

bibtexparser splits an entry into its fields. It gets one entry at a time, so that memory does not
grow with the file, and a damaged entry costs only itself: an entry ends where a line begins the
next one. docs/adr/0037 has the measurements.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from etl.domain import Article
from etl.readers.base import Rejection
from etl.readers.bibliography.latex import plain
from etl.readers.bibliography.reference import Reference, part_of
from etl.readers.reader import Part
from etl.readers.source import Source
from etl.readers.text_lines import text_lines

name = "bibtex"

_START = re.compile(r"\s{0,80}@\s{0,20}(\w{1,40})\s{0,20}[{(]")
_HEAD = re.compile(rb"(?:\A|[\r\n])[ \t]{0,80}@\w{1,40}[ \t]{0,9}[{(][^\s,{}]{0,200}[ \t]{0,9},")
_FIELD_IN_HEAD = re.compile(rb"[\r\n,][ \t]{0,80}\w{1,40}[ \t]{0,40}=[ \t]{0,40}[\"{\w]")
_FIELD_LINE = re.compile(r"^[ \t]{0,80}[a-z]\w{0,40}[ \t]{0,40}=[ \t]{0,40}[\"{]", re.I | re.M)
_PIECE = re.compile(r"\s{0,80}(?:(\{)|\"|([^\s{}\"#]{1,200}))")
_BRACE = re.compile(r"(?<!\\)[{}]")
_SKIPPED = {"comment", "preamble"}
_MAX_STRINGS = 10_000
_EXPORT_AGAIN = "export the references again, or correct the entry"


def sniff(head: bytes, path: str) -> float:
    """High for an entry with a key and fields."""
    head = head.replace(b"\0", b"")
    is_first = head.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").startswith((b"@", b"%"))
    if not is_first and not path.lower().endswith((".bib", ".bibtex")):
        return 0.0
    is_entry = _HEAD.search(head) is not None and _FIELD_IN_HEAD.search(head) is not None
    return 0.0 if not is_entry else 0.95 if is_first else 0.9


def read(source: Source) -> Iterator[Part]:
    """Yield the entries in order, one in memory. Raises Rejected."""
    strings: dict[str, str] = {}
    limit = source.budget.limits.document_bytes
    for number, lines, size in _blocks(source):
        if size > limit:
            yield Rejection(
                "too_large",
                f"line {number}: more than {limit:,} characters in one entry",
                "split it, or raise NEWSACTORS_MAX_DOCUMENT_BYTES",
            )
        else:
            yield from _parts("\n".join(lines), number, strings, source)


def _blocks(source: Source) -> Iterator[tuple[int, list[str], int]]:
    """Yield each entry with what follows it: its first line's number, its lines, and its size."""
    lines: list[str] = []
    begun, size = 1, 0
    limit = source.budget.limits.document_bytes
    for number, line in enumerate(text_lines(source), 1):
        if _START.match(line):
            if lines:
                yield begun, lines, size
            lines, begun, size = [], number, 0
        size += len(line) + 1
        if size <= limit:
            lines.append(line)
    yield begun, lines, size


def _parts(
    text: str, number: int, strings: dict[str, str], source: Source
) -> Iterator[Article | Rejection | None]:
    from bibtexparser import model

    where = f"line {number}"
    for block in _splitter()(text).split().blocks:
        if isinstance(block, model.String):
            if len(strings) < _MAX_STRINGS:
                strings[block.key.lower()] = _value(block.value, strings)
        elif isinstance(block, model.Entry):
            fields = {f.key.lower(): _value(f.value, strings) for f in block.fields}
            if any(_FIELD_LINE.search(value) for value in fields.values()):
                yield _malformed(where, "a field holds other fields: a brace is missing")
            else:
                yield part_of(_reference(fields), source, name, where)
        elif isinstance(block, model.ParsingFailedBlock):
            reason = getattr(block.error, "abort_reason", None) or str(block.error)
            yield _malformed(where, reason)
        elif isinstance(block, model.ImplicitComment) and _FIELD_LINE.search(block.comment):
            yield _malformed(where, "fields outside any entry")
        else:
            yield None


def _malformed(where: str, detail: str) -> Rejection:
    return Rejection("malformed", f"{where}: {detail}"[:300], _EXPORT_AGAIN)


@cache
def _splitter() -> Any:
    """Return bibtexparser's splitter; imported for the first entry (40 ms)."""
    from bibtexparser.splitter import Splitter

    logging.getLogger("bibtexparser").setLevel(logging.CRITICAL)
    return Splitter


def _value(raw: str, strings: dict[str, str]) -> str:
    """Return a field's text: pieces in braces, in quotation marks, or named, joined by #."""
    pieces: list[str] = []
    at = 0
    while match := _PIECE.match(raw, at):
        if match[1]:
            end = _closing_brace(raw, match.end())
            pieces.append(raw[match.end() : end])
        elif match[2]:
            end = match.end() - 1
            pieces.append(strings.get(match[2].lower(), match[2]))
        else:
            end = _closing_quote(raw, match.end())
            pieces.append(raw[match.end() : end])
        joint = re.compile(r"\s{0,80}#").match(raw, end + 1)
        if joint is None:
            break
        at = joint.end()
    return "".join(pieces)


def _closing_brace(raw: str, start: int) -> int:
    depth = 1
    for match in _BRACE.finditer(raw, start):
        depth += 1 if match[0] == "{" else -1
        if not depth:
            return match.start()
    return len(raw)


def _closing_quote(raw: str, start: int) -> int:
    depth = 0
    for match in re.compile(r"(?<!\\)[{}\"]").finditer(raw, start):
        if match[0] == '"' and depth <= 0:
            return match.start()
        depth += {"{": 1, "}": -1}.get(match[0], 0)
    return len(raw)


def _reference(fields: dict[str, str]) -> Reference:
    def first(*names: str) -> str:
        return next((text for n in names if (text := plain(fields.get(n, "")))), "")

    url = re.search(r"https?://[^\s{}\\]{1,2000}", first("url", "link", "howpublished", "ee"))
    return Reference(
        headline=first("title"),
        outlet=first("journal", "journaltitle", "newspaper", "magazine", "publication",
                     "booktitle", "organization", "publisher"),
        authors=[plain(author) for author in _authors(fields.get("author", ""))],
        texts=[plain(fields.get(n, "")) for n in ("abstract", "fulltext", "text")],
        notes=[plain(fields.get("note", ""))],
        dates=_dates(first("date"), first("year"), first("month"), first("day")),
        year=first("year"),
        url=url[0] if url else "",
        language=first("language", "langid"),
    )  # fmt: skip


def _dates(date: str, year: str, month: str, day: str) -> list[tuple[str, str]]:
    found = [(date, "bibtex date")] if date else []
    if day.isdigit() and month.isdigit() and year.isdigit():
        return [*found, (f"{year}/{month}/{day}", "bibtex day")]
    if month:
        found.append((f"{month} {day}".strip(), "bibtex day" if day else "bibtex month"))
    return found


def _authors(value: str) -> list[str]:
    """Return the names between "and" outside braces: "{Press and Journal}" is one."""
    names, start, depth = [], 0, 0
    for match in re.finditer(r"(?<!\\)[{}]|\sand\s", value):
        if match[0] in "{}":
            depth += 1 if match[0] == "{" else -1
        elif depth <= 0:
            names.append(value[start : match.start()])
            start = match.end()
    names.append(value[start:])
    return [n.strip() for n in names if n.strip() and n.strip() != "others"]
