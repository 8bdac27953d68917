"""RSS (0.9 to 2.0, RDF) and Atom files: one article per entry.

Belongs here: the meaning of their elements. Does not belong here: fetching; if a feed holds only
summaries, the articles are summaries.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import lxml.etree as et

from etl.readers.base import Rejected
from etl.readers.markup import (
    XML_LANG,
    appended,
    children,
    line_of,
    local_name,
    looks_like_markup,
    text_of,
    xml_tree,
)
from etl.readers.reader import Part
from etl.readers.source import Source
from etl.readers.source_metadata import SourceMetadata, article

name = "feed"

_ROOT = re.compile(rb"<(?:[\w.-]+:)?(rss|feed|RDF)[\s>]")
_MAX_AUTHOR = 1000
_BODIES = ("encoded", "content", "fulltext", "description", "summary")
_DATES = ("pubdate", "published", "issued", "date", "updated", "modified")


def sniff(head: bytes, path: str) -> float:
    """High for the root element of a feed."""
    head = head.replace(b"\0", b"")
    match = _ROOT.search(head[:4096])
    if match is None or not head.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").startswith(b"<"):
        return 0.0
    if match[1] == b"RDF" and b"purl.org/rss" not in head[:4096]:
        return 0.0
    is_first = b"<html" not in head[: match.start()].lower()
    return 0.95 if is_first else 0.0


def read(source: Source) -> Iterator[Part]:
    """Yield the entries in order. Raises Rejected if the XML is beyond recovery."""
    data = source.data()
    root = xml_tree(data, recover=True)
    channel = next(iter(children(root, "channel")), root)
    outlet = _text(channel, "title")
    language = _text(channel, "language") or root.get(XML_LANG)
    for entry in root.iter():
        if local_name(entry) not in ("item", "entry"):
            continue
        try:
            yield article(_metadata(entry, outlet, language), source, name)
        except Rejected as rejected:
            yield rejected.rejection
    if rejection := appended(data, "rss|feed|RDF"):
        yield rejection


def _metadata(entry: Any, outlet: str | None, language: str | None) -> SourceMetadata:
    bodies = [text for name in _BODIES if (text := _markup(entry, name))]
    authors = [
        author
        for child in entry
        if local_name(child) in ("author", "creator", "contributor")
        and (author := _text(child, "name") or line_of(child))
    ]
    origin = next(iter(children(entry, "source")), None)
    return SourceMetadata(
        "feed",
        body=max(bodies, key=len, default=None),
        headline=_markup(entry, "title"),
        outlet=(None if origin is None else _text(origin, "title") or line_of(origin)) or outlet,
        authors=[_name(author) for author in authors],
        dates=[(day, f"feed {name}", None) for name in _DATES if (day := _text(entry, name))],
        url=_link(entry),
        language=_text(entry, "language") or language,
    )


def _text(element: Any, child: str) -> str | None:
    return next((text for found in children(element, child) if (text := line_of(found))), None)


def _markup(entry: Any, child: str) -> str:
    """Return the text of a child that may hold HTML, escaped or as elements (Atom's xhtml)."""
    for found in children(entry, child):
        if len(found):
            text = et.tostring(found, encoding="unicode", with_tail=False)
        else:
            text = found.text or ""
        if text.strip():
            return text_of(text) if looks_like_markup(text) or len(found) else text.strip()
    return ""


def _name(author: str) -> str:
    """Return the name in an author value; RSS has "desk@courier.example (Ana Ruiz)"."""
    author = author[:_MAX_AUTHOR]
    match = re.fullmatch(r"\S+@\S+\s+\((.+)\)", author)
    return match[1] if match else "" if re.fullmatch(r"\S+@\S+", author) else author


def _link(entry: Any) -> str | None:
    for found in children(entry, "link"):
        if found.get("rel", "alternate") == "alternate" and (
            url := found.get("href") or found.text
        ):
            return str(url)
    guid = _text(entry, "guid") or _text(entry, "id")
    return guid if guid and guid.startswith("http") else None
