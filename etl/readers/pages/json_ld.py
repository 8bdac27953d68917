"""JSON-LD in a page: the nodes that describe articles, and which of them is the page's own.

Belongs here: finding the nodes and telling them apart. Does not belong here: what a page takes from
them (`readers.pages.html_page`). Scripts never run; these are read as data.

A page also describes the articles that it links to. A node is the page's own if its address is the
page's, or its headline the page's title.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from etl.readers.source_metadata import letters_of
from etl.readers.urls import canonical

_ARTICLES = re.compile(r"(?:\w*NewsArticle|Article|BlogPosting|Report|LiveBlogPosting|WebPage)\Z")
_MAX_JSON_LD = 1 << 20
_MAX_NODES = 2000
_MAX_HEADLINE = 1000
_SHARED_WORDS = 0.6
"""Share of the shorter headline's words from which two versions of one headline are assumed."""
_MIN_WORDS = 3


def nodes_of(tree: Any) -> Iterator[dict[str, Any]]:
    """Yield the nodes that describe articles, in order."""
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


def own_nodes(
    nodes: list[dict[str, Any]], titles: list[str], url: str | None
) -> list[dict[str, Any]]:
    """Return the nodes about the article of a page with these titles and address."""
    ranks = [_rank(node, titles, _place(url)) for node in nodes]
    best = max(ranks, default=0)
    if best == 0:
        return []
    return [node for node, rank in zip(nodes, ranks, strict=True) if rank == best]


def _rank(node: dict[str, Any], titles: list[str], page: str | None) -> int:
    """Return how surely a node is about the page: 0 if it isn't."""
    places = set(filter(None, map(_place, _addresses(node))))
    if page is not None and page in places:
        return 3
    headline = next((h for key in ("headline", "name") if isinstance(h := node.get(key), str)), "")
    letters = letters_of(headline[:_MAX_HEADLINE])
    if not letters:
        return 0 if places and page else 1
    if not titles:
        return 0 if places and page else 1
    if any(letters == (own := letters_of(title)) or own.startswith(letters) for title in titles):
        return 2
    is_elsewhere = bool(places) and page is not None
    return int(not is_elsewhere and any(_is_like(headline, title) for title in titles))


def _is_like(one: str, other: str) -> bool:
    words, others = (set(map(letters_of, text[:_MAX_HEADLINE].split())) for text in (one, other))
    shorter = min(len(words), len(others))
    return shorter >= _MIN_WORDS and len(words & others) >= _SHARED_WORDS * shorter


def _addresses(node: dict[str, Any]) -> Iterator[str]:
    for key in ("url", "mainEntityOfPage", "@id"):
        value = node.get(key)
        if isinstance(value, dict):
            value = value.get("@id") or value.get("url")
        if isinstance(value, str):
            yield value


def _place(url: str | None) -> str | None:
    """Return an address without what differs between links to one page."""
    found = canonical(url)
    return re.sub(r"^https?://(?:www\.)?", "", found).rstrip("/") if found else None
