"""EndNote's XML, which Zotero and databases write too.

Belongs here: its elements. Does not belong here: other XML.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from etl.readers.base import Rejected
from etl.readers.bibliography.reference import Reference, part_of
from etl.readers.markup import children, descendants, first_text, line_of, local_name, xml_tree
from etl.readers.reader import Part
from etl.readers.source import Source

name = "endnote_xml"

_ROOT = re.compile(rb"<records[\s>]", re.IGNORECASE)
_SIGN = re.compile(rb"<(?:ref-type|source-app|contributors|titles|reference_type)[\s>]", re.I)


def sniff(head: bytes, path: str) -> float:
    """High for a list of references with EndNote's elements."""
    head = head.replace(b"\0", b"")
    return 0.95 if _ROOT.search(head[:4096]) and _SIGN.search(head) else 0.0


def read(source: Source) -> Iterator[Part]:
    """Yield the references in order. Raises Rejected."""
    root = xml_tree(source.data())
    records = [e for e in root.iter() if local_name(e) == "record"]
    for number, record in enumerate(records, 1):
        yield part_of(_reference(record), source, name, f"record {number}")
    if not records:
        raise Rejected("empty", "no reference in the file", "export the references again")


def _reference(record: Any) -> Reference:
    titles = next(iter(descendants(record, "titles")), record)
    dates = next(iter(descendants(record, "dates")), record)
    urls = [line_of(url) for url in descendants(record, "url")]
    periodical = next(iter(descendants(record, "periodical")), titles)
    outlet = first_text(titles, "secondary-title", "tertiary-title", "alt-title")
    notes = (*children(record, "notes"), *children(record, "research-notes"))
    authors = next(iter(descendants(record, "authors")), None)
    return Reference(
        headline=first_text(titles, "title") or "",
        outlet=outlet or first_text(periodical, "full-title")
        or first_text(record, "publisher") or "",
        authors=[] if authors is None else [line_of(e) for e in children(authors, "author")],
        texts=[_lines(e) for e in children(record, "abstract")],
        notes=[_lines(e) for e in notes],
        dates=[(line_of(e), "endnote_xml date") for e in descendants(dates, "date")],
        year=first_text(dates, "year") or "",
        url=next((url for url in urls if url.startswith("http")), ""),
        language=first_text(record, "language") or "",
    )  # fmt: skip


def _lines(element: Any) -> str:
    """Return an element's text; EndNote writes the end of a line as a carriage return."""
    return "".join(element.itertext()).replace("\r\n", "\n").replace("\r", "\n")
