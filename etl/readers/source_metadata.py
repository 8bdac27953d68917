"""What a format tells about an article beside its text, and the article made of both.

Belongs here: which value goes before which (told, written in the text, in the address, in the
file's name), and the method recorded with each. Does not belong here: where a format keeps a value
(the readers), what counts as a byline or dateline in the text (`plain_text`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from etl.domain import Article
from etl.readers.base import Rejected
from etl.readers.byline import parse_byline
from etl.readers.dates import ImpossibleDateError
from etl.readers.plain_text import Found, article_of
from etl.readers.source import Source
from etl.readers.timestamps import moment
from etl.readers.urls import canonical

_MAX_VALUE = 1000
_MAX_AUTHORS = 50


@dataclass(slots=True)
class SourceMetadata:
    """An article's values as a format holds them; None or nothing where it does not.

    `dates` are tried in order, each with the method by which it was found and, where told, its
    pattern. A name in `methods` is the method of another value; `method` is that of all others.
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


def article(told: SourceMetadata, source: Source, source_format: str) -> Article:
    """The article. Raises Rejected where it has no body, or only an impossible date."""
    found = Found(url=canonical(told.url) or canonical(source.url), language=told.language)
    found.headline = _line(told.headline)
    found.outlet = _line(told.outlet)
    found.authors = tuple(dict.fromkeys(a for text in told.authors for a in _names(text)))
    found.authors = found.authors[:_MAX_AUTHORS]
    for name in ("headline", "outlet", "authors"):
        if getattr(found, name):
            setattr(found, f"{name}_method", told.methods.get(name, told.method))
    impossible: ImpossibleDateError | None = None
    for value, method, pattern in told.dates:
        try:
            written = moment(value, pattern)
        except ImpossibleDateError as error:
            impossible = impossible or error
            continue
        if written is not None:
            found.on, found.at, found.date_method = written.on, written.at, method
            break
    if impossible is not None and found.on is None:
        raise Rejected(
            "impossible_date", str(impossible), "correct the date in the file and drop it in again"
        )
    return article_of(told.body or "", source.name, found, source_format)


def _line(text: str | None) -> str | None:
    """One line of text: white space made single blanks."""
    return " ".join((text or "")[:_MAX_VALUE].split()) or None


def _names(text: str) -> tuple[str, ...]:
    """The names in a value that holds one or several: "Ana Ruiz and Bo Li"."""
    line = _line(text)
    if line is None or re.match(r"https?://", line):
        return ()
    line = re.sub(r"^by\s+", "", line, flags=re.IGNORECASE)
    try:
        byline = parse_byline(f"By {line}")
    except ImpossibleDateError:
        byline = None
    return byline.authors if byline and byline.authors else (line,)
