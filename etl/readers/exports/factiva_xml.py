"""Factiva's XML: what its services answer (`ppsarticle`), and the older archive form.

Belongs here: the elements of an article in both. Does not belong here: other exports of Factiva
(`readers.exports`).

In the form of `DistDoc` each element has the code of its field in the attribute `fid` ("hd", "lp").
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from etl.readers.base import Rejected
from etl.readers.exports.entries import entry, names_of, outermost, unsplittable
from etl.readers.exports.factiva_fields import NAME, REMEDY
from etl.readers.exports.header_days import day_in
from etl.readers.markup import (
    XML_LANG,
    block_text,
    children,
    line_of,
    local_name,
    xml_tree,
)
from etl.readers.reader import Part
from etl.readers.source import Source
from etl.readers.source_metadata import SourceMetadata

name = NAME

_ROOT = re.compile(
    rb"<(?:\w+:)?(?:PPSResponse|ppsArticleResponse|ppsarticle\w*|DistDoc)[\s>]", re.I
)
_ARCHIVE = re.compile(rb"<(?:\w+:)?articles?[\s>]", re.IGNORECASE)
_FIELDS = re.compile(
    rb"<(?:\w+:)?(?:leadParagraph|tailParagraphs|accessionNo|publicationDate|sourceName)[\s>]"
)
_NAMES = {
    "hd": "headline",
    "lp": "leadParagraph",
    "td": "tailParagraphs",
    "pd": "publicationDate",
    "sn": "sourceName",
    "by": "byline",
    "la": "baseLanguage",
}
_BLOCKS = {"paragraph", "para"}
_RAW_BREAK = re.compile(r"\n[ \t]*\n|\n(?=[ \t]{2,}\S)")


def sniff(head: bytes, path: str) -> float:
    """High for an element that only Factiva has."""
    head = head.replace(b"\0", b"")
    if not head.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").startswith(b"<"):
        return 0.0
    is_ours = _ROOT.search(head[:8192]) or (
        _ARCHIVE.search(head[:8192]) and len(set(_FIELDS.findall(head))) >= 2
    )
    return 0.96 if is_ours and b"<html" not in head[:8192].lower() else 0.0


def read(source: Source) -> Iterator[Part]:
    """Yield the articles in order. Raises Rejected."""
    root = xml_tree(source.data())
    number = 0
    for number, element in enumerate(outermost(root, _is_document), 1):
        fields = _fields(element)
        if doubled := [name for name, found in fields.items() if len(found) > 1]:
            why = f"the element {doubled[0]} comes twice in one article"
            yield unsplittable("Factiva", why, REMEDY).at(f"article {number}")
        else:
            only = {name: found[0] for name, found in fields.items() if found}
            yield entry(_metadata(only, element), source, NAME, f"article {number}")
    if not number:
        raise Rejected("empty", "the answer of Factiva has no article", "export the articles again")


def _is_document(element: Any) -> bool:
    return local_name(element) in ("distdoc", "article")


def _fields(document: Any) -> dict[str, list[Any]]:
    """Return the elements of each field: children by their name, or descendants by their `fid`."""
    if local_name(document) == "article":
        return {code: children(document, name.lower()) for code, name in _NAMES.items()}
    elements = [e for e in document.iter() if isinstance(e.tag, str)]
    return {
        "article": [e for e in elements if local_name(e) == "article"],
        **{code: [e for e in elements if e.get("fid") == code] for code in _NAMES},
    }


def _metadata(fields: dict[str, Any], document: Any) -> SourceMetadata:
    def value(code: str) -> str:
        element = fields.get(code)
        return "" if element is None else line_of(element) or (element.get("value") or "").strip()

    language = fields.get("article", document)
    return SourceMetadata(
        NAME,
        body="\n\n".join(filter(None, (_text(fields.get(code)) for code in ("lp", "td")))),
        headline=value("hd") or None,
        outlet=value("sn") or None,
        authors=names_of(value("by")),
        dates=[(day, f"{NAME} PD", None) for day in _days(fields.get("pd"), value("pd"))],
        language=value("la") or language.get("lang") or language.get(XML_LANG),
    )


def _days(element: Any, line: str) -> list[str]:
    """Return the day and the instant that a publication date holds, or its value."""
    parts = [e for n in ("date", "datetime") for e in children(element, n)] if line else []
    found = day_in(line)
    return [line_of(e) for e in parts] or ([found.iso if found else line] if line else [])


def _text(element: Any) -> str:
    """Return the paragraphs of a field: elements, or raw text with indented or blank lines."""
    if element is None:
        return ""
    if any(local_name(child) in _BLOCKS for child in element):
        return block_text(element, _BLOCKS)
    parts = _RAW_BREAK.split("".join(element.itertext()))
    return "\n\n".join(filter(None, (" ".join(part.split()) for part in parts)))
