"""NewsML-G2: agency news items, single or several in a message.

Belongs here: the envelope, and content in XHTML or plain text. Does not belong here: NITF content
(`readers.nitf`), fetching what an item refers to.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from etl.readers import nitf
from etl.readers.base import Rejected
from etl.readers.markup import (
    XML_LANG,
    block_text,
    descendants,
    first_attribute,
    first_text,
    line_of,
    local_name,
    xml_tree,
)
from etl.readers.reader import Part
from etl.readers.source import Source
from etl.readers.source_metadata import SourceMetadata, article

name = "newsml"

_ROOT = re.compile(rb"<(?:\w+:)?(?:newsItem|newsMessage|packageItem)[\s>]")
_BLOCKS = {"p", "div", "br", "li", "ul", "ol", "blockquote", "h1", "h2", "h3", "h4", "tr", "table"}
_SILENT = {"script", "style", "head", "title", "img", "figure"}


def sniff(head: bytes, path: str) -> float:
    """High for a root element of NewsML-G2."""
    return 0.95 if _ROOT.search(head[:8192]) else 0.0


def read(source: Source) -> Iterator[Part]:
    """Yield the text items in order; skip withdrawn items, pictures and video."""
    root = xml_tree(source.data())
    items = [e for e in root.iter() if local_name(e) == "newsitem"]
    for item in items:
        kind = first_attribute(item, "itemclass", "qcode")
        if kind and kind.split(":")[-1] not in ("text", "composite"):
            yield None
            continue
        status = first_attribute(item, "pubstatus", "qcode")
        if status and status.split(":")[-1] == "canceled":
            yield None
            continue
        try:
            yield article(_metadata(item), source, name)
        except Rejected as rejected:
            yield rejected.rejection
    if not items:
        raise Rejected("empty", "the message has no news item", "fetch the items themselves")


def _metadata(item: Any) -> SourceMetadata:
    content = next(iter(descendants(item, "contentset")), item)
    meta = next(iter(descendants(item, "contentmeta")), item)
    inner = next(iter(descendants(content, "nitf")), None)
    metadata = (
        nitf.metadata_of(inner) if inner is not None else SourceMetadata(name, body=_body(content))
    )
    metadata.method = name
    metadata.headline = first_text(meta, "headline") or metadata.headline
    metadata.outlet = _outlet(item) or metadata.outlet
    bylines = [line_of(by) for by in descendants(meta, "by")]
    creators = [first_text(creator, "name") or "" for creator in descendants(meta, "creator")]
    metadata.authors = [n for n in bylines if n] or [n for n in creators if n] or metadata.authors
    metadata.dates = [
        (_own(meta, "contentcreated"), "newsml contentCreated", None),
        (_own(item, "firstcreated"), "newsml firstCreated", None),
        (_own(item, "versioncreated"), "newsml versionCreated", None),
        *metadata.dates,
    ]
    metadata.url = first_attribute(item, "remotecontent", "href") or metadata.url
    metadata.language = (
        first_attribute(meta, "language", "tag") or item.get(XML_LANG) or metadata.language
    )
    return metadata


def _body(content: Any) -> str:
    for holder in ("inlinexml", "inlinedata"):
        for found in descendants(content, holder):
            text = block_text(found, _BLOCKS, _SILENT) if len(found) else (found.text or "").strip()
            if text:
                return text
    return ""


def _outlet(item: Any) -> str | None:
    for holder in ("infosource", "provider", "copyrightholder"):
        for found in descendants(item, holder):
            if text := first_text(found, "name") or found.get("literal"):
                return str(text)
    return None


def _own(item: Any, child: str) -> str | None:
    return next((e.text.strip() for e in descendants(item, child) if e.text), None)
