"""Metadata that a format holds beside an article's text, and the article built from both.

Belongs here: the precedence of values (metadata, text, address, file name), the method recorded
with each, and what no format's value may be: a day that no article was published on, the name of
the outlet at the end of a headline. Does not belong here: where a format keeps a value (the
readers), recognising bylines and datelines in the text (`readers.text.plain_text`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from etl.domain import Article
from etl.readers.base import Rejected
from etl.readers.dates import ImpossibleDateError, NoDateError, WrittenDate, not_published
from etl.readers.source import Source
from etl.readers.text.author_field import author_names
from etl.readers.text.kickers import without_label
from etl.readers.text.plain_text import KnownFields, article_of
from etl.readers.timestamps import parse_date
from etl.readers.truncation import without_cut_mark
from etl.readers.urls import canonical, capture_time, host

_MAX_VALUE = 1000
_MAX_AUTHORS = 50
_REPEATED_WITHIN = 3
"""Paragraphs at the top of a body among which the headline may be repeated, below a kicker."""
_MAX_MARKS = 100
"""Characters that the repeated headline may be longer."""
_OUTLET_MARK = re.compile(r"\s+(?:[-–—|·•»]|::|//)\s+|\s*\|\s*")
_WEB_ARCHIVES = {
    *("web.archive.org", "archive.org", "archive.ph", "archive.is", "archive.today"),
    *("wayback machine", "internet archive", "internet archive wayback machine"),
}


@dataclass(slots=True)
class SourceMetadata:
    """An article's values as a format holds them; None or empty if it has none.

    `dates` are tried in order; each has the method by which it was found and an optional `strptime`
    pattern. `methods` maps the name of a value to its method; `method` applies to all others.
    `is_complete` is that of `KnownFields`: the container's address and name say nothing about it.
    """

    method: str
    body: str | None = None
    headline: str | None = None
    outlet: str | None = None
    authors: Sequence[str] = ()
    dates: Sequence[tuple[object, str, str | None]] = ()
    url: str | None = None
    language: str | None = None
    methods: dict[str, str] = field(default_factory=dict)
    is_complete: bool = False
    is_truncated: bool = False
    """Whether the source says that the body is cut; a mark in the body says so too."""
    are_single_names: bool = False
    """Whether each author is one name as written, not a byline that may hold several."""


def article(metadata: SourceMetadata, source: Source, source_format: str) -> Article:
    """Return the article. Raises Rejected if it has no body, or its only date is impossible."""
    address = metadata.url or source.url
    found = KnownFields(
        url=canonical(metadata.url) or (None if metadata.is_complete else canonical(source.url)),
        language=metadata.language,
        is_complete=metadata.is_complete,
    )
    captured = capture_time(address.strip()) if address else None
    outlet = _line(metadata.outlet)
    if outlet and captured is not None and outlet.casefold() in _WEB_ARCHIVES:
        outlet = None
    body, is_cut = without_cut_mark(metadata.body or "")
    headline = metadata.headline
    if headline and len(headline) <= _MAX_VALUE:
        shown = headline
        headline = without_label(_without_outlet(headline, outlet or host(found.url or "")))
        body = _without_headline(body, shown, headline)
    length, limit = len(headline or ""), source.budget.limits.article_chars - len(body)
    if _MAX_VALUE < length < limit - 1:
        body = f"{headline}\n\n{body}"  # no headline is that long
    else:
        found.headline = _line(headline)
    found.outlet = outlet
    names = _single_name if metadata.are_single_names else author_names
    found.authors = tuple(dict.fromkeys(a for text in metadata.authors for a in names(text)))
    found.authors = found.authors[:_MAX_AUTHORS]
    for name in ("headline", "outlet", "authors"):
        if getattr(found, name):
            setattr(found, f"{name}_method", metadata.methods.get(name, metadata.method))
    note = _date(metadata, found, captured)
    read = article_of(body, source.name, found, source_format)
    return replace(read, date_note=note, is_truncated=is_cut or metadata.is_truncated)


def _date(metadata: SourceMetadata, found: KnownFields, captured: str | None) -> str | None:
    """Set the date; return why another was not used. Raises Rejected ('impossible_date').

    `captured` is the time at which a web archive made its copy, which says nothing of the article.
    """
    impossible: ImpossibleDateError | None = None
    note: str | None = None
    unread: str | None = None
    for value, method, pattern in metadata.dates:
        if captured and re.sub(r"\D", "", str(value)[:_MAX_VALUE])[:14] == captured:
            continue
        try:
            written = parse_date(value, pattern)
            is_prose = isinstance(value, WrittenDate)
            why = not_published(written, is_prose=is_prose) if written else None
        except NoDateError as error:
            written, why = WrittenDate(), str(error).rpartition("” ")[2]
        except ImpossibleDateError as error:
            impossible = impossible or error
            continue
        if why is not None:
            note = note or f"{method}: “{str(value)[:80]}” {why}"
        elif written is not None and written.on is not None:
            found.on, found.at, found.date_method = written.on, written.at, method
            break
        elif value not in (None, ""):
            unread = unread or f"{method}: “{str(value)[:80]}” is ambiguous, or no date"
    if impossible is not None and found.on is None:
        raise Rejected(
            "impossible_date", str(impossible), "correct the date in the file and ingest it again"
        )
    return note or (unread if found.on is None else None)


def letters_of(text: str) -> str:
    """Return a text for comparison: its letters and digits, without case, marks and spaces."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text).casefold()))


def _without_outlet(headline: str, outlet: str | None) -> str:
    """Return the headline without " | Outlet" at its end, which sites add for a list of tabs."""
    name = letters_of(outlet or "").removeprefix("the")
    if not name:
        return headline
    for mark in reversed(list(_OUTLET_MARK.finditer(headline))):
        last = letters_of(headline[mark.end() :]).removeprefix("the")
        if last == name and headline[: mark.start()].strip():
            return headline[: mark.start()].rstrip()
        if len(last) >= len(name):
            break
    return headline


def _without_headline(body: str, *headlines: str) -> str:
    """Return the body without a line at its top that is the headline in other marks or spaces."""
    wanted = {letters for headline in headlines if (letters := letters_of(headline))}
    longest = max(map(len, headlines), default=0) + _MAX_MARKS
    lines = body.split("\n")
    seen = 0
    for number, line in enumerate(lines):
        if not line.strip():
            continue
        following = lines[number + 1].strip() if number + 1 < len(lines) else ""
        if len(line) <= longest and letters_of(line) in wanted and not following[:1].islower():
            rest = "\n".join(lines[:number] + lines[number + (1 if following else 2) :])
            return rest if rest.strip() else body
        seen += 1
        if seen == _REPEATED_WITHIN:
            break
    return body


def _line(text: str | None) -> str | None:
    """Return the text as one line with single spaces, None if it is empty."""
    return " ".join((text or "")[:_MAX_VALUE].split()) or None


def _single_name(text: str) -> tuple[str, ...]:
    line = _line(text)
    return () if line is None or re.match(r"https?://", line) else (line,)
