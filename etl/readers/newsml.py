"""NewsML-G2: news items of agencies, alone or many in a message.

Belongs here: the envelope, and text that stands in it as XHTML or plain. Does not belong here: NITF
within it (`nitf`), and anything that an item only refers to: nothing is fetched.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from etl.readers import nitf
from etl.readers.base import Rejected
from etl.readers.markup import block_text, descendants, first_text, local_name, xml_tree
from etl.readers.reader import Part
from etl.readers.source import Source
from etl.readers.source_metadata import SourceMetadata, article

name = "newsml"

_ROOT = re.compile(rb"<(?:\w+:)?(?:newsItem|newsMessage|packageItem)[\s>]")
_BLOCKS = {"p", "div", "br", "li", "ul", "ol", "blockquote", "h1", "h2", "h3", "h4", "tr", "table"}
_SILENT = {"script", "style", "head", "title", "img", "figure"}
_XML = "{http://www.w3.org/XML/1998/namespace}"


def sniff(head: bytes, path: str) -> float:
    """A root element of NewsML-G2."""
    return 0.95 if _ROOT.search(head[:8192]) else 0.0


def read(source: Source) -> Iterator[Part]:
    """The text items in order; those that are withdrawn, or of pictures and video, passed over."""
    root = xml_tree(source.data())
    items = [e for e in root.iter() if local_name(e) == "newsitem"]
    for item in items:
        kind = _qcode(item, "itemclass")
        if kind and kind.split(":")[-1] not in ("text", "composite"):
            yield None
            continue
        if (status := _qcode(item, "pubstatus")) and status.split(":")[-1] == "canceled":
            yield None
            continue
        try:
            yield article(_told(item), source, name)
        except Rejected as verdict:
            yield verdict.rejection
    if not items:
        raise Rejected("empty", "no news item in the message", "fetch the items themselves")


def _told(item: Any) -> SourceMetadata:
    content = next(iter(descendants(item, "contentset")), item)
    meta = next(iter(descendants(item, "contentmeta")), item)
    inner = next(iter(descendants(content, "nitf")), None)
    told = nitf.told_by(inner) if inner is not None else SourceMetadata(name, body=_body(content))
    told.method = name
    told.headline = first_text(meta, "headline") or told.headline
    told.outlet = _outlet(item) or told.outlet
    bylines = [" ".join("".join(by.itertext()).split()) for by in descendants(meta, "by")]
    creators = [first_text(creator, "name") or "" for creator in descendants(meta, "creator")]
    told.authors = [n for n in bylines if n] or [n for n in creators if n] or told.authors
    told.dates = [
        (_own(meta, "contentcreated"), "newsml contentCreated", None),
        (_own(item, "firstcreated"), "newsml firstCreated", None),
        (_own(item, "versioncreated"), "newsml versionCreated", None),
        *told.dates,
    ]
    told.url = _attribute(item, "remotecontent", "href") or told.url
    told.language = _attribute(meta, "language", "tag") or item.get(f"{_XML}lang") or told.language
    return told


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


def _qcode(item: Any, element: str) -> str | None:
    return _attribute(item, element, "qcode")


def _attribute(root: Any, element: str, attribute: str) -> str | None:
    return next((v for e in descendants(root, element) if (v := e.get(attribute))), None)
