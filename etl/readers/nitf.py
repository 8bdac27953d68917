"""NITF: the older XML format of news agencies, one article per document or inside NewsML-G2.

Belongs here: the meaning of its elements. Does not belong here: the envelope (`readers.newsml`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

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

name = "nitf"

_BLOCKS = {"p", "block", "hl1", "hl2", "li", "tr", "td", "bq", "table", "pre", "br"}
_SILENT = {"media", "note", "nitf-table-metadata"}
_BODY = "body.content"


def sniff(head: bytes, path: str) -> float:
    """High for the root element."""
    is_mine = re.search(rb"<(?:\w+:)?nitf[\s>]", head[:8192]) and b"<newsItem" not in head
    return 0.95 if is_mine else 0.0


def read(source: Source) -> Iterator[Part]:
    """Yield the only article. Raises Rejected."""
    yield article(metadata_of(xml_tree(source.data())), source, name)


def metadata_of(root: Any) -> SourceMetadata:
    """Return the metadata and body of a tree with one `nitf` element."""
    body = descendants(root, _BODY)
    text = block_text(body[0], _BLOCKS, _SILENT) if body else ""
    return SourceMetadata(
        name,
        body=text or _whole(root),
        headline=first_text(root, "hl1", "hedline", "title"),
        outlet=first_attribute(root, "pubdata", "name") or first_text(root, "distributor"),
        authors=[author for b in descendants(root, "byline") if (author := _byline(b))],
        dates=[
            (first_attribute(root, "date.issue", "norm"), "nitf date.issue", None),
            (first_attribute(root, "date.release", "norm"), "nitf date.release", None),
            (first_attribute(root, "pubdata", "date.publication"), "nitf pubdata", None),
            (first_attribute(root, "story.date", "norm"), "nitf dateline", None),
        ],
        url=first_attribute(root, "pubdata", "ex-ref"),
        language=_language(root),
    )


def _byline(element: Any) -> str | None:
    return first_text(element, "person") or line_of(element) or None


def _whole(root: Any) -> str:
    bodies = descendants(root, "body")
    return block_text(bodies[0], _BLOCKS, {*_SILENT, "body.head"}) if bodies else ""


def _language(root: Any) -> str | None:
    for element in root.iter():
        if local_name(element) in ("nitf", "body", "body.content"):
            code = element.get(XML_LANG) or element.get("lang")
            if code:
                return str(code)
    return None
