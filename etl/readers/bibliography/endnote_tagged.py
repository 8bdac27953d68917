"""EndNote's tagged format (.enw), which Zotero and databases write too.

Belongs here: recognising the format. Does not belong here: its lines (`bibliography.tagged`).
"""

from __future__ import annotations

from collections.abc import Iterator

from etl.readers.bibliography.tagged import ENDNOTE, has_tag, references
from etl.readers.reader import Part
from etl.readers.source import Source

name = ENDNOTE.name


def sniff(head: bytes, path: str) -> float:
    """High for a line of %0 and another of a title, an author or a text."""
    if has_tag(head, rb"%0 [A-Z]") and has_tag(head, rb"%[TAXU] "):
        return 0.95
    return 0.6 if path.lower().endswith(".enw") and has_tag(head, rb"%[A-Z0-9] ") else 0.0


def read(source: Source) -> Iterator[Part]:
    """Yield the references in order. Raises Rejected."""
    return references(source, ENDNOTE)
