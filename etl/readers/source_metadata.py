"""Metadata that a format holds beside an article's text, and the article built from both.

Belongs here: the precedence of values (metadata, text, address, file name) and the method recorded
with each. Does not belong here: where a format keeps a value (the readers), recognising bylines and
datelines in the text (`readers.plain_text`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from etl.domain import Article
from etl.readers.base import Rejected
from etl.readers.byline import parse_byline
from etl.readers.dates import ImpossibleDateError
from etl.readers.plain_text import KnownFields, article_of
from etl.readers.source import Source
from etl.readers.timestamps import parse_date
from etl.readers.urls import canonical

_MAX_VALUE = 1000
_MAX_AUTHORS = 50


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


def article(metadata: SourceMetadata, source: Source, source_format: str) -> Article:
    """Return the article. Raises Rejected if it has no body, or its only date is impossible."""
    found = KnownFields(
        url=canonical(metadata.url) or (None if metadata.is_complete else canonical(source.url)),
        language=metadata.language,
        is_complete=metadata.is_complete,
    )
    body = metadata.body or ""
    length, limit = len(metadata.headline or ""), source.budget.limits.article_chars - len(body)
    if _MAX_VALUE < length < limit - 1:
        body = f"{metadata.headline}\n\n{body}"  # no headline is that long
    else:
        found.headline = _line(metadata.headline)
    found.outlet = _line(metadata.outlet)
    found.authors = tuple(dict.fromkeys(a for text in metadata.authors for a in _names(text)))
    found.authors = found.authors[:_MAX_AUTHORS]
    for name in ("headline", "outlet", "authors"):
        if getattr(found, name):
            setattr(found, f"{name}_method", metadata.methods.get(name, metadata.method))
    impossible: ImpossibleDateError | None = None
    for value, method, pattern in metadata.dates:
        try:
            written = parse_date(value, pattern)
        except ImpossibleDateError as error:
            impossible = impossible or error
            continue
        if written is not None:
            found.on, found.at, found.date_method = written.on, written.at, method
            break
    if impossible is not None and found.on is None:
        raise Rejected(
            "impossible_date", str(impossible), "correct the date in the file and ingest it again"
        )
    return article_of(body, source.name, found, source_format)


def _line(text: str | None) -> str | None:
    """Return the text as one line with single spaces, None if it is empty."""
    return " ".join((text or "")[:_MAX_VALUE].split()) or None


def _names(text: str) -> tuple[str, ...]:
    """Return the names in a value that holds one or several: "Ana Ruiz and Bo Li"."""
    line = _line(text)
    if line is None or re.match(r"https?://", line):
        return ()
    line = re.sub(r"^by\s+", "", line, flags=re.IGNORECASE)
    try:
        byline = parse_byline(f"By {line}")
    except ImpossibleDateError:
        byline = None
    return byline.authors if byline and byline.authors else (line,)
