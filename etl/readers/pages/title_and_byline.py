"""What only the title and a visible byline say: the outlet behind the headline, the authors.

Belongs here: when they can be trusted without metadata. Does not belong here: metadata, which takes
precedence (`html_page`), dates (`page_dates`), how a byline looks (`readers.text.byline`).

A title may end with a section or a slogan, so the name must fit the page's host, or look like an
outlet's if the host is unknown. A page may show bylines of other articles, so only a single one
counts.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import Any

from etl.readers.dates import ImpossibleDateError
from etl.readers.markup import line_of, local_name
from etl.readers.source_metadata import SourceMetadata, letters_of
from etl.readers.text.byline import is_outlet, parse_byline
from etl.readers.text.kickers import is_kicker
from etl.readers.urls import host

_MARK = re.compile(r"\s+[-–—|·•»]\s+|\s*\|\s*")
_MAX_CHARS = 300
_MAX_NAME_WORDS = 6
_MIN_SHARED = 4
"""Letters of a word that host and name share: "courier.example", Harbour Courier."""
_MAX_HEADINGS = 10
_MAX_BYLINES = 20
_MAX_LINE = 250
_OTHER = re.compile(
    r"comment|related|teaser|sidebar|footer|promo|recommend|card|widget|more-", re.I
)
_OTHER_TAGS = {"aside", "footer", "nav", "li", "script", "style"}


def fill_from_view(metadata: SourceMetadata, tree: Any) -> None:
    """Set the outlet and the authors of a page that has no metadata for them."""
    if not metadata.outlet and (outlet := _outlet(tree, metadata)):
        metadata.outlet, metadata.methods["outlet"] = outlet, "title"
    if not metadata.authors and (authors := _authors(tree)):
        metadata.authors, metadata.methods["authors"] = authors, "text byline"


def _outlet(tree: Any, metadata: SourceMetadata) -> str | None:
    """Return the name behind the headline in the title: "Dam opens - Harbour Courier"."""
    title = next((line_of(element)[:_MAX_CHARS] for element in tree.iter("title")), "")
    mark = next(reversed(list(_MARK.finditer(title))), None)
    if mark is None:
        return None
    before, name = letters_of(_MARK.split(title)[0]), title[mark.end() :].strip()
    headings = islice(tree.iter("h1", "h2"), _MAX_HEADINGS)
    shown = [letters_of(line_of(heading)[:_MAX_CHARS]) for heading in headings]
    shown.append(letters_of((metadata.headline or "")[:_MAX_CHARS]))
    is_headline = any(
        s and before and (s.startswith(before) or before.startswith(s)) for s in shown
    )
    if not is_headline or not name or is_kicker(name) or len(name.split()) > _MAX_NAME_WORDS:
        return None
    site = host(metadata.url or "")
    return name if (_fits(name, site) if site else is_outlet(name)) else None


def _fits(name: str, site: str) -> bool:
    """Whether a name and a host share a word, or the host is the name's initials or letters."""
    labels = [letters_of(label) for label in site.split(".")[:-1] if label != "www"]
    words = [letters_of(word) for word in name.split()]
    letters, initials = "".join(words), "".join(word[:1] for word in words)
    return any(
        label in (letters, letters.removeprefix("the"), initials, initials.removeprefix("t"))
        or any(len(word) >= _MIN_SHARED and word in label for word in words)
        for label in labels
        if label
    )


def _authors(tree: Any) -> list[str]:
    """Return the authors of the only byline that the page shows, else none."""
    found: dict[tuple[str, ...], None] = {}
    begin = (e for e in tree.iter() if (e.text or "").lstrip()[:3].lower() in ("by ", "by", "by\n"))
    for element in islice(begin, _MAX_BYLINES):
        line = line_of(element)
        if len(line) > _MAX_LINE or _is_of_others(element):
            continue
        try:
            byline = parse_byline(line)
        except ImpossibleDateError:
            continue
        if byline is not None and byline.authors:
            found[byline.authors] = None
    return list(next(iter(found))) if len(found) == 1 else []


def _is_of_others(element: Any) -> bool:
    """Whether an element belongs to a comment, a teaser or the page's foot."""
    return any(
        local_name(e) in _OTHER_TAGS or _OTHER.search(f"{e.get('class')} {e.get('id')}")
        for e in (element, *element.iterancestors())
        if isinstance(e.tag, str)
    )
