"""Zotero's RDF: a library with its notes and attachments, of which only the references are read.

Belongs here: its elements. Does not belong here: feeds in RDF (`readers.feed`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from etl.readers.base import Rejected
from etl.readers.bibliography.reference import Reference, part_of
from etl.readers.markup import children, descendants, first_text, line_of, xml_tree
from etl.readers.reader import Part
from etl.readers.source import Source

name = "zotero_rdf"

_NAMESPACE = b"zotero.org/namespaces/export"
_ABOUT = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about"
_RESOURCE = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}resource"
_NO_REFERENCES = {"attachment", "note", "annotation"}


def sniff(head: bytes, path: str) -> float:
    """Certain for Zotero's namespace in RDF; it names that of feeds too."""
    head = head.replace(b"\0", b"")[:4096]
    return 1.0 if _NAMESPACE in head and b"RDF" in head else 0.0


def read(source: Source) -> Iterator[Part]:
    """Yield the references in order. Raises Rejected."""
    root = xml_tree(source.data())
    named = {e.get(_ABOUT): e for e in root if e.get(_ABOUT)}
    count = 0
    for element in root:
        kind = _own(element, "itemtype")
        if kind and kind not in _NO_REFERENCES:
            count += 1
            yield part_of(_reference(element, named), source, name, f"record {count}")
    if not count:
        raise Rejected("empty", "no reference in the file", "export the references again")


def _reference(element: Any, named: dict[str, Any]) -> Reference:
    people = [p for seq in children(element, "authors") for p in descendants(seq, "person")]
    address = [line_of(e) for i in children(element, "identifier") for e in descendants(i, "value")]
    address.append(element.get(_ABOUT) or "")
    return Reference(
        headline=_own(element, "title"),
        outlet=next(filter(None, (_outlet(e, named) for e in children(element, "ispartof"))), ""),
        authors=[
            f"{first_text(p, 'surname') or ''}, {first_text(p, 'givenname', 'givenName') or ''}"
            for p in people
        ],
        texts=["".join(e.itertext()) for e in children(element, "abstract")],
        dates=[(line_of(e), "zotero_rdf date") for e in children(element, "date")],
        url=next((url for url in address if url.startswith("http")), ""),
        language=_own(element, "language"),
    )


def _outlet(element: Any, named: dict[str, Any]) -> str:
    """Return the title of what a reference is part of, which may stand elsewhere in the file."""
    target = named.get(element.get(_RESOURCE)) if element.get(_RESOURCE) else element
    holder = target if target is element or target is None else [target]
    return next((_own(e, "title") for e in (holder if holder is not None else [])), "")


def _own(element: Any, child: str) -> str:
    return next((line_of(e) for e in children(element, child)), "")
