"""Articles of Factiva in text with codes: "HD", "PD", "TD" at the beginning of lines.

Belongs here: which lines begin a field, and where an article begins. Does not belong here: what the
fields mean (`exports.factiva_fields`), text without codes (`exports.factiva_text`).

A code stands alone, or before a tab, two spaces or a bar: "HD television" is prose. The rest of the
certainty comes from the order: fields of the head, LP and TD, fields of the index, number of the
document. A code that comes out of order, twice or before a value that it can't have is prose.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from etl.readers.exports.factiva_fields import BODY, HEAD, TAIL, is_value

_CODE = re.compile(
    r"[ \t\u00a0]{0,40}(?P<code>[A-Z]{2,3})"
    r"(?:[ \u00a0]{0,40}(?:\t|  |\u00a0[ \u00a0]|\|)[ \t\u00a0|]{0,40}(?P<value>.*)|\s{0,40})"
)
_END = re.compile(
    r"\s*(?:search summary|zusammenfassung der suche|résumé de (?:la )?recherche"
    r"|resumen de (?:la )?búsqueda)\W*",
    re.IGNORECASE,
)
_IDENTIFYING = frozenset(("WC", "PD", "SN", "SC", "LA"))
_CODES = HEAD.union(BODY, TAIL)
_FIRST = frozenset(("CLM", "SE"))
"""The codes that stand before the headline."""
_MAX_GAP = 4
"""Lines of a field in the head, at most: headlines and bylines are wrapped, prose is longer."""
_MAX_INDEX_LINES = {"ART": 1, "CT": 1, "RF": 1, "PUB": 1, "IPD": 2}
"""Lines that a free text of the index may go on for. More of them may be the article's prose."""
_MAX_AFTER = 3
"""Lines between an article's last field and the next article: page numbers, a copyright notice."""


@dataclass(slots=True)
class CodedArticle:
    """The lines of an article's fields; `doubt` says why its end is uncertain."""

    fields: dict[str, list[str]] = field(default_factory=dict)
    doubt: str | None = None


@dataclass(frozen=True, slots=True)
class _Mark:
    """A line that may begin a field."""

    at: int
    code: str
    value: str


def coded_articles(text: str) -> Iterator[CodedArticle]:
    """Yield the articles in file order; none if the text has no codes. Text before is skipped."""
    lines = lines_of(text)
    marks = [mark for n, line in enumerate(lines) if (mark := _mark(lines, n, line)) is not None]
    starts = {mark.at for n, mark in enumerate(marks) if _is_start(marks, n, lines)}
    if not starts:
        return
    first, last = min(starts), max(starts)
    if any(mark.at < first and mark.code in ("AN", *BODY) for mark in marks):
        yield CodedArticle(doubt="its head is damaged")
    by_line = {mark.at: mark for mark in marks}
    end = next((n for n in range(last, len(lines)) if is_search_summary(lines[n])), len(lines))
    found, code = CodedArticle(), ""
    for n in range(first, end):
        mark = by_line.get(n)
        if mark is not None and n in starts and not _goes_on(found, code, mark):
            if found.fields:
                yield _checked(found, code, is_last=False)
            found, code = CodedArticle({mark.code: [mark.value]}), mark.code
        elif mark is not None and _is_next(found, code, mark):
            code = mark.code
            found.fields[code] = [mark.value]
        else:
            if mark is not None:
                found.doubt = found.doubt or _doubt(code, mark)
            found.fields[code].append(lines[n])
    yield _checked(found, code, is_last=True)


def lines_of(text: str) -> list[str]:
    """Return the lines of a text in any container; a page break ends a line."""
    return re.sub(r"\r\n|[\r\f\v]", "\n", text).split("\n")


def is_search_summary(line: str) -> bool:
    """Whether the line is the title of the summary that follows the last article."""
    return len(line) < 80 and _END.fullmatch(line) is not None


def _checked(found: CodedArticle, code: str, *, is_last: bool) -> CodedArticle:
    """Return the article, with a doubt if a field of its index may hold other text."""
    for name, limit in _MAX_INDEX_LINES.items():
        if sum(1 for line in found.fields.get(name, ())[1:] if line.strip()) > limit:
            found.doubt = found.doubt or f"the text after {name} may belong to the article"
    after = sum(1 for line in found.fields[code][1:] if line.strip())
    if code == "AN" and after > _MAX_AFTER and not is_last:
        found.doubt = found.doubt or "text follows the number of its document"
    return found


def _mark(lines: Sequence[str], at: int, line: str) -> _Mark | None:
    match = _CODE.fullmatch(line)
    if match is None or match["code"] not in _CODES:
        return None
    value = (match["value"] or "").strip(" \t\u00a0|")
    shown = value or _following(lines, at)
    if not is_value(match["code"], shown):
        return None
    return _Mark(at, match["code"], value)


def _following(lines: Sequence[str], at: int) -> str:
    """Return the next line with text, which is the value of a code that stands alone."""
    return next((line.strip(" \t|") for line in lines[at + 1 : at + 4] if line.strip()), "")


def _is_start(marks: Sequence[_Mark], n: int, lines: Sequence[str]) -> bool:
    """Whether the head of an article begins here: fields in a row, two of them unmistakable."""
    seen: set[str] = set()
    previous = marks[n].at
    for mark in marks[n : n + len(HEAD)]:
        if mark.code not in HEAD or mark.code in seen or mark.at - previous > 4 * _MAX_GAP:
            break
        gap = sum(1 for line in lines[previous + 1 : mark.at] if line.strip())
        if gap > _MAX_GAP or (mark.code == "HD" and not seen <= _FIRST):
            break
        seen.add(mark.code)
        previous = mark.at
    return len(seen & _IDENTIFYING) >= 2


def _goes_on(found: CodedArticle, code: str, mark: _Mark) -> bool:
    """Whether a field that could begin an article is one more of the head that is being read."""
    if code not in HEAD or mark.code in found.fields:
        return False
    return mark.code not in ("HD", *_FIRST) or found.fields.keys() <= _FIRST


def _is_next(found: CodedArticle, code: str, mark: _Mark) -> bool:
    """Whether the order allows this field after the field that is being read."""
    if mark.code in found.fields:
        return False
    if mark.code in TAIL:
        return code not in TAIL or TAIL.index(code) < TAIL.index(mark.code)
    return code in HEAD or (code, mark.code) == BODY


def _doubt(code: str, mark: _Mark) -> str | None:
    """Return why a field out of order makes the bounds of the article's text uncertain."""
    if mark.code in BODY or (code in TAIL and mark.code in TAIL):
        return f"the field {mark.code} comes twice or out of order"
    return None
