"""NITF: the older XML of news agencies, one article a document or inside NewsML-G2.

Belongs here: what its elements mean. Does not belong here: the envelope (`newsml`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from etl.readers.markup import block_text, descendants, first_text, local_name, xml_tree
from etl.readers.reader import Part
from etl.readers.source import Source
from etl.readers.source_metadata import SourceMetadata, article

name = "nitf"

_BLOCKS = {"p", "block", "hl1", "hl2", "li", "tr", "td", "bq", "table", "pre", "br"}
_SILENT = {"media", "note", "nitf-table-metadata"}
_BODY = "body.content"


def sniff(head: bytes, path: str) -> float:
    """The root element."""
    is_mine = re.search(rb"<(?:\w+:)?nitf[\s>]", head[:8192]) and b"<newsItem" not in head
    return 0.95 if is_mine else 0.0


def read(source: Source) -> Iterator[Part]:
    """The one article. Raises Rejected."""
    yield article(told_by(xml_tree(source.data())), source, name)


def told_by(root: Any) -> SourceMetadata:
    """What a tree with one `nitf` element tells."""
    body = descendants(root, _BODY)
    text = block_text(body[0], _BLOCKS, _SILENT) if body else ""
    return SourceMetadata(
        name,
        body=text or _whole(root),
        headline=first_text(root, "hl1", "hedline", "title"),
        outlet=_attribute(root, "pubdata", "name") or first_text(root, "distributor"),
        authors=[author for b in descendants(root, "byline") if (author := _byline(b))],
        dates=[
            (_attribute(root, "date.issue", "norm"), "nitf date.issue", None),
            (_attribute(root, "date.release", "norm"), "nitf date.release", None),
            (_attribute(root, "pubdata", "date.publication"), "nitf pubdata", None),
            (_attribute(root, "story.date", "norm"), "nitf dateline", None),
        ],
        url=_attribute(root, "pubdata", "ex-ref"),
        language=_language(root),
    )


def _byline(element: Any) -> str | None:
    return first_text(element, "person") or " ".join("".join(element.itertext()).split()) or None


def _whole(root: Any) -> str:
    bodies = descendants(root, "body")
    return block_text(bodies[0], _BLOCKS, {*_SILENT, "body.head"}) if bodies else ""


def _attribute(root: Any, element: str, attribute: str) -> str | None:
    return next((v for e in descendants(root, element) if (v := e.get(attribute))), None)


def _language(root: Any) -> str | None:
    for element in root.iter():
        if local_name(element) in ("nitf", "body", "body.content"):
            code = element.get("{http://www.w3.org/XML/1998/namespace}lang") or element.get("lang")
            if code:
                return str(code)
    return None
