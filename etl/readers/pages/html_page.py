"""HTML: the article in a page, without the boilerplate around it.

Belongs here: the precedence of the many places that hold an author, outlet or headline. Does not
belong here: exports of databases with many articles in a page (`readers.exports.pages`), dates
(`readers.pages.page_dates`), telling JSON-LD of this article from that of others
(`readers.pages.json_ld`), separating text from boilerplate (`readers.pages.page_content`). Scripts
never run and nothing is fetched; the only scripts read are JSON-LD, as data.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import chain, islice
from typing import Any

import lxml.etree as et

from etl.domain import Article
from etl.readers.dates import ImpossibleDateError, WrittenDate
from etl.readers.exports.pages import page_export_of
from etl.readers.markup import appended, html_text, html_tree, line_of, local_name, text_of
from etl.readers.pages.json_ld import nodes_of, own_nodes
from etl.readers.pages.page_content import Shown, body_of, shown_in
from etl.readers.pages.page_dates import dates_of
from etl.readers.pages.saved_page import (
    is_archive_bar,
    is_named_by_saving,
    saved_from,
    without_archive_bar,
)
from etl.readers.pages.title_and_byline import fill_from_view
from etl.readers.reader import Part
from etl.readers.source import Source
from etl.readers.source_metadata import SourceMetadata, article, letters_of
from etl.readers.timestamps import parse_date
from etl.readers.urls import address_date, canonical, host

name = "html"

_TAG = re.compile(
    rb"<(?:!doctype\s+html|html|head|body|meta|title|article|main|h1|div|p|script|link)[\s>/]", re.I
)
_META = {
    "headline": ("og:title", "twitter:title", "dc.title"),
    "outlet": ("og:site_name", "application-name", "dc.publisher", "cre"),
    "authors": ("author", "article:author", "parsely-author", "sailthru.author", "dc.creator",
                "byl"),
    "url": ("og:url", "parsely-link"),
}  # fmt: skip
_MAX_TITLES = 10
_MAX_TITLE = 1000
_METHODS = {"og:": "open_graph", "article:": "open_graph", "twitter:": "twitter_card"}


def sniff(head: bytes, path: str) -> float:
    """High for a document type or the root element, lower for several HTML tags."""
    text = head.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    if not text.startswith(b"<"):
        return 0.0
    if re.match(rb"<!doctype\s+html|<html[\s>]", text, re.IGNORECASE):
        return 0.9
    if text.startswith(b"<?xml"):
        return 0.9 if re.search(rb"<html[\s>]", text[:4096], re.IGNORECASE) else 0.0
    found = len({tag.lower() for tag in _TAG.findall(text)})
    if path.lower().endswith((".html", ".htm", ".xhtml", ".shtml")):
        return 0.7
    return 0.6 if found >= 2 else 0.0


def read(source: Source) -> Iterator[Part]:
    """Yield the page's only article, or those of a database's export. Raises Rejected."""
    data = source.data()
    text = html_text(data, source.charset)
    if export := page_export_of(text):
        yield from export.read_page(text, source)
        return
    yield page_article(text, source, name)
    if rejection := appended(data, "html"):
        yield rejection


def page_article(text: str, source: Source, source_format: str) -> Article:
    """Return the article in the text of a page. Raises Rejected."""
    text = without_archive_bar(text)
    tree = html_tree(text)
    if bars := [element for element in tree.iter("div") if is_archive_bar(element.get("id"))]:
        for element in bars:  # in a page that was saved from the screen, without comments
            element.drop_tree()
        text = et.tostring(tree, encoding="unicode", method="html")
    metadata = _head_metadata(tree, source)
    metadata.url = metadata.url or saved_from(text)
    address = canonical(metadata.url)
    if (body := body_of(text, address)) is not None:
        _fill(metadata, body, shown_in(tree, address, has_authors=bool(metadata.authors)))
    fill_from_view(metadata, tree)
    return _dated_by_label(article(metadata, source, source_format), metadata, text, source)


def _dated_by_label(found: Article, metadata: SourceMetadata, text: str, source: Source) -> Article:
    """Return the article without a day that only its body or the time of saving suggests.

    `page_dates` has judged all dates of the page, with their labels and places. Many sites state
    the instant in UTC, in which evenings of America belong to the next day: their other dates and
    their address have the day at the place of writing.
    """
    in_address = address_date(found.url) if found.url else None
    if found.date_method in ("date_line", "update_line") or (
        found.date_method == "file_name" and is_named_by_saving(text, source.name)
    ):
        method = "address" if in_address else None
        return replace(found, published_on=in_address, published_at=None, date_method=method)
    at = found.published_at
    if at and not at.utcoffset():
        local = (w.on for value, _, _ in metadata.dates if (w := _local(value)) is not None)
        possible = _local_days(at)
        on = next((day for day in (*local, in_address) if day in possible), found.published_on)
        return replace(found, published_on=on)
    return found


def _local(value: object) -> WrittenDate | None:
    """Return a date if it is not in UTC, which says nothing of the place of writing."""
    try:
        written = parse_date(value)
    except ImpossibleDateError:
        return None
    return written if written and (written.at is None or written.at.utcoffset()) else None


def _local_days(at: datetime) -> set[date]:
    """Return the days that an instant belongs to anywhere, from 12 hours behind UTC to 14 ahead."""
    return {(at + timedelta(hours=hours)).date() for hours in (-12, 0, 14)}


def _head_metadata(tree: Any, source: Source) -> SourceMetadata:
    """Return the page's metadata: JSON-LD first, then OpenGraph and other meta elements."""
    metadata = SourceMetadata("meta", language=tree.get("lang"))
    values: dict[str, tuple[Any, str]] = {}
    metas = list(metas_of(tree))
    links = [
        e.get("href") or ""
        for e in tree.iter("link")
        if (e.get("rel") or "").lower() == "canonical"
    ]
    shared = [content for _, key, content in metas if key in _META["url"]]
    titles = _titles(tree, metas)
    nodes = own_nodes(list(nodes_of(tree)), titles, _first_url(source.url, *links, *shared))
    metadata.url = _first_url(source.url, *links, *(node.get("url") for node in nodes), *shared)
    for node in nodes:
        _take(values, "headline", node.get("headline"), "json_ld")
        _take(values, "authors", _names(node.get("author")), "json_ld")
        _take(values, "outlet", next(iter(_names(node.get("publisher"))), None), "json_ld")
        body = node.get("articleBody")
        if isinstance(body, str) and metadata.body is None:
            metadata.body = text_of(body) if "<" in body else body
        if isinstance(node.get("inLanguage"), str):
            metadata.language = node["inLanguage"]
    for wanted, keys in _META.items():
        for key in keys:
            same = [(kind, content) for kind, known, content in metas if known == key]
            if same:
                contents = [content for _, content in same]
                _take(values, wanted, contents if wanted == "authors" else contents[0], same[0][0])
    metadata.headline, metadata.outlet = _value(values, "headline"), _value(values, "outlet")
    metadata.authors = [a for a in _value(values, "authors") or [] if isinstance(a, str)]
    titles += [metadata.headline] if metadata.headline else []
    metadata.dates = dates_of(tree, metas, nodes, _headline_element(tree, titles))
    metadata.methods = {k: v[1] for k, v in values.items()}
    return metadata


def _first_url(*urls: object) -> str | None:
    return next((url for url in urls if isinstance(url, str) and canonical(url)), None)


def metas_of(tree: Any) -> Iterator[tuple[str, str, str]]:
    """Yield the kind, key and content of the meta elements; those of parts of a page aren't its."""
    for element in tree.iter("meta"):
        key = element.get("property") or element.get("name") or ""
        if not key and local_name(element.getparent()) == "head":
            key = element.get("itemprop") or ""
        if key and (content := (element.get("content") or "").strip()):
            key = key.lower()
            yield next((m for k, m in _METHODS.items() if key.startswith(k)), "meta"), key, content


def _titles(tree: Any, metas: list[tuple[str, str, str]]) -> list[str]:
    """Return what the page calls itself: in its metadata, its title and its first headings."""
    titles = [content for _, key, content in metas if key in _META["headline"]]
    named = islice(chain(tree.iter("title"), tree.iter("h1")), _MAX_TITLES)
    titles += [line_of(element)[:_MAX_TITLE] for element in named]
    return [title for title in titles if title]


def _headline_element(tree: Any, titles: list[str]) -> Any:
    """Return the element that shows the headline, None if none does."""
    known = [letters for title in titles if (letters := letters_of(title[:_MAX_TITLE]))]
    for element in islice(tree.iter("h1", "h2"), _MAX_TITLES):
        letters = letters_of(line_of(element)[:_MAX_TITLE])
        if letters and any(title.startswith(letters) for title in known):
            return element
    return None


def _fill(metadata: SourceMetadata, body: str, shown: Shown) -> None:
    """Add the body, and what the page shows where its metadata lacks a value."""
    if metadata.body is None or 2 * len(body) > len(metadata.body):
        metadata.body = body
    if not metadata.headline and shown.title:
        metadata.headline, metadata.methods["headline"] = shown.title, "page"
    if metadata.headline and shown.title and metadata.headline.startswith(shown.title):
        metadata.headline = shown.title  # drop " | Outlet" from the head's title
    if not metadata.outlet and shown.site and shown.site.lower() != host(metadata.url or ""):
        metadata.outlet, metadata.methods["outlet"] = shown.site, "page"
    if not metadata.authors and shown.authors:
        metadata.authors, metadata.methods["authors"] = shown.authors, "page"


def _take(values: dict[str, tuple[Any, str]], name: str, value: Any, method: str) -> None:
    if value and name not in values and isinstance(value, str | list):
        values[name] = (value, method)


def _value(values: dict[str, tuple[Any, str]], name: str) -> Any:
    return values[name][0] if name in values else None


def _names(value: Any) -> list[str]:
    """Return the names in a JSON-LD value: a string, an object with a name, or a list of either."""
    entries = value if isinstance(value, list) else [value]
    names = [entry.get("name") if isinstance(entry, dict) else entry for entry in entries[:50]]
    return [name for name in names if isinstance(name, str) and name.strip()]
