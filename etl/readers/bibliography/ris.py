"""RIS: exports of Zotero, EndNote, ProQuest and most databases.

Belongs here: recognising the format. Does not belong here: its lines (`bibliography.tagged`).
"""

from __future__ import annotations

from collections.abc import Iterator

from etl.readers.bibliography.tagged import RIS, has_tag, references
from etl.readers.reader import Part
from etl.readers.source import Source

name = RIS.name


def sniff(head: bytes, path: str) -> float:
    """High for a line of TY and another of a title, an author, a text or ER."""
    if has_tag(head, rb"TY {1,2}- ?[A-Z]{3,}"):
        return 0.95 if has_tag(head, rb"(?:TI|T1|AU|A1|AB|N2|UR|ER) {1,2}-") else 0.6
    return 0.6 if path.lower().endswith(".ris") and has_tag(head, rb"[A-Z][A-Z0-9]  -") else 0.0


def read(source: Source) -> Iterator[Part]:
    """Yield the references in order. Raises Rejected."""
    return references(source, RIS)
