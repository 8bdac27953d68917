"""HTML: the article in a page, without the boilerplate around it.

Belongs here: the precedence of the many places that hold a date, author or outlet. Does not belong
here: exports of databases with many articles in a page (`readers.exports.pages`), separating text
from boilerplate, which trafilatura does (Barbaresi 2021, "Trafilatura: A Web Scraping Library and
Command-Line Tool for Text Discovery and Extraction"). Scripts never run and nothing is fetched; the
only scripts read are JSON-LD, as data.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Iterator
from functools import cache, partial
from typing import Any

import lxml.etree as et
import lxml.html

from etl.readers.base import Rejected
from etl.readers.exports.pages import page_export_of
from etl.readers.markup import appended, html_text, text_of
from etl.readers.reader import Part
from etl.readers.source import Source
from etl.readers.source_metadata import SourceMetadata, article
from etl.readers.urls import host

name = "html"

_TAG = re.compile(
    rb"<(?:!doctype\s+html|html|head|body|meta|title|article|main|h1|div|p|script|link)[\s>/]", re.I
)
_ARTICLES = re.compile(r"(?:\w*NewsArticle|Article|BlogPosting|Report|LiveBlogPosting|WebPage)\Z")
_MAX_JSON_LD = 1 << 20
_MAX_NODES = 2000
_META = {
    "date": ("article:published_time", "og:article:published_time", "og:published_time",
             "datepublished", "parsely-pub-date", "sailthru.date", "article.published",
             "dc.date.issued", "dcterms.created", "dc.date", "publish-date", "pubdate", "date"),
    "headline": ("og:title", "twitter:title", "dc.title"),
    "outlet": ("og:site_name", "application-name", "dc.publisher", "cre"),
    "authors": ("author", "article:author", "parsely-author", "sailthru.author", "dc.creator",
                "byl"),
    "url": ("og:url", "parsely-link"),
}  # fmt: skip
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
    try:
        tree = lxml.html.document_fromstring(re.sub(r"\A\s*<\?xml[^>]*>", "", text))
    except (et.ParserError, et.XMLSyntaxError, ValueError) as error:
        raise Rejected(
            "malformed", f"not valid HTML: {error}"[:200], "fetch the page again"
        ) from None
    if export := page_export_of(text):
        yield from export.read_page(tree, source)
        if rejection := appended(data, "html"):
            yield rejection
        return
    metadata = _head_metadata(tree, source)
    found = _trafilatura()(text, url=metadata.url)
    if found is not None:
        _fill(metadata, found)
    yield article(metadata, source, name)
    if rejection := appended(data, "html"):
        yield rejection


@cache
def _trafilatura() -> Callable[..., Any]:
    """Return trafilatura's extraction with our settings; imported for the first page (0.5 s)."""
    import trafilatura
    from trafilatura.settings import use_config

    for library in ("trafilatura", "htmldate", "courlan", "justext"):
        logging.getLogger(library).setLevel(logging.CRITICAL)
    config = use_config()
    # The timeout uses a signal, which works in the main thread only.
    config.set("DEFAULT", "EXTRACTION_TIMEOUT", "0")
    return partial(
        trafilatura.bare_extraction,
        include_comments=False,
        include_tables=False,
        with_metadata=True,
        config=config,
    )


def _head_metadata(tree: Any, source: Source) -> SourceMetadata:
    """Return the page's metadata: JSON-LD first, then OpenGraph and other meta elements."""
    metadata = SourceMetadata("meta", language=tree.get("lang"))
    values: dict[str, tuple[Any, str]] = {}
    for node in _json_ld(tree):
        _take(values, "headline", node.get("headline"), "json_ld")
        _take(values, "date", node.get("datePublished"), "json_ld")
        _take(values, "authors", _names(node.get("author")), "json_ld")
        _take(values, "outlet", next(iter(_names(node.get("publisher"))), None), "json_ld")
        _take(values, "url", node.get("url"), "json_ld")
        body = node.get("articleBody")
        if isinstance(body, str) and metadata.body is None:
            metadata.body = text_of(body) if "<" in body else body
        if isinstance(node.get("inLanguage"), str):
            metadata.language = node["inLanguage"]
    metas: dict[str, list[str]] = {}
    for element in tree.iter("meta"):
        key = element.get("property") or element.get("name") or element.get("itemprop") or ""
        if content := (element.get("content") or "").strip():
            metas.setdefault(key.lower(), []).append(content)
    for wanted, keys in _META.items():
        for key in keys:
            if key in metas:
                method = next((m for k, m in _METHODS.items() if key.startswith(k)), "meta")
                value = metas[key] if wanted == "authors" else metas[key][0]
                _take(values, wanted, value, method)
    for link in tree.iter("link"):
        if (link.get("rel") or "").lower() == "canonical" and link.get("href"):
            values["url"] = (link.get("href"), "canonical")
    for element in tree.iter("time"):
        if element.get("itemprop") == "datePublished" or element.get("pubdate") is not None:
            _take(values, "date", element.get("datetime"), "time_element")
    metadata.headline, metadata.outlet = _value(values, "headline"), _value(values, "outlet")
    metadata.authors = [a for a in _value(values, "authors") or [] if isinstance(a, str)]
    metadata.dates = [(*values["date"], None)] if "date" in values else []
    metadata.url = source.url or _value(values, "url")
    metadata.methods = {k: v[1] for k, v in values.items()}
    return metadata


def _fill(metadata: SourceMetadata, found: Any) -> None:
    """Add what trafilatura found: the body, and values that the page's metadata lacks."""
    body = "\n\n".join(line for line in (found.text or "").split("\n") if line.strip())
    if metadata.body is None or 2 * len(body) > len(metadata.body):
        metadata.body = body
    if not metadata.headline and found.title:
        metadata.headline, metadata.methods["headline"] = found.title, "page"
    if metadata.headline and found.title and metadata.headline.startswith(found.title):
        metadata.headline = found.title  # drop " | Outlet" from the head's title
    site = found.sitename
    if not metadata.outlet and site and site.lower() != (host(metadata.url or "") or ""):
        metadata.outlet, metadata.methods["outlet"] = site, "page"
    if not metadata.authors and found.author:
        metadata.authors, metadata.methods["authors"] = found.author.split("; "), "page"
    if found.date:
        metadata.dates = [*metadata.dates, (found.date, "page", None)]
    metadata.language = metadata.language or found.language


def _take(values: dict[str, tuple[Any, str]], name: str, value: Any, method: str) -> None:
    if value and name not in values and isinstance(value, str | list):
        values[name] = (value, method)


def _value(values: dict[str, tuple[Any, str]], name: str) -> Any:
    return values[name][0] if name in values else None


def _json_ld(tree: Any) -> Iterator[dict[str, Any]]:
    """Yield the JSON-LD nodes that describe articles."""
    count = 0
    for script in tree.iter("script"):
        kind = (script.get("type") or "").split(";")[0].strip().lower()
        text = script.text or ""
        if kind != "application/ld+json" or len(text) > _MAX_JSON_LD:
            continue
        try:
            waiting: list[Any] = [json.loads(text, strict=False)]
        except (ValueError, RecursionError):
            continue
        while waiting and count < _MAX_NODES:
            node = waiting.pop(0)
            count += 1
            if isinstance(node, list):
                waiting += node
            elif isinstance(node, dict):
                waiting += [node[key] for key in ("@graph", "mainEntity") if key in node]
                kinds = node.get("@type")
                kinds = kinds if isinstance(kinds, list) else [kinds]
                if any(isinstance(kind, str) and _ARTICLES.match(kind) for kind in kinds):
                    yield node


def _names(value: Any) -> list[str]:
    """Return the names in a JSON-LD value: a string, an object with a name, or a list of either."""
    entries = value if isinstance(value, list) else [value]
    names = [entry.get("name") if isinstance(entry, dict) else entry for entry in entries[:50]]
    return [name for name in names if isinstance(name, str) and name.strip()]
