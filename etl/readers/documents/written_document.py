"""An article in a word processor's document, whatever its file format.

Belongs here: which paragraph is the headline, and what the document's properties may say. Does not
belong here: finding paragraphs and properties in a file (`readers.documents.docx`,
`readers.documents.odt`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from etl.domain import Article
from etl.readers.base import Rejection
from etl.readers.exports import export_of
from etl.readers.source import Source
from etl.readers.source_metadata import SourceMetadata, article


@dataclass(slots=True)
class WrittenDocument:
    """A document: its paragraphs with their line breaks, and whether their style is of a title."""

    paragraphs: list[tuple[bool, str]] = field(default_factory=list)
    title: str | None = None
    author: str | None = None
    created: str | None = None


def articles_of(
    document: WrittenDocument, source: Source, source_format: str
) -> Iterator[Article | Rejection]:
    """Yield the only article of a document, or those of the export that it is. Raises Rejected."""
    whole = "\n\n".join(text for _, text in document.paragraphs if text.strip())
    if export := export_of(whole):
        yield from export.read(whole, source)
        return
    headline: str | None = None
    lines: list[str] = []
    for is_title, text in document.paragraphs:
        line = " ".join(text.split())
        if headline is None and not lines and line and is_title:
            headline = line
        elif line:
            lines.append(line)
    metadata = SourceMetadata(
        "document",
        body="\n\n".join(lines),
        headline=headline or (document.title if document.title in lines else None),
        authors=[document.author] if document.author else [],
        methods={"authors": "document_properties"},
    )
    found = article(metadata, source, source_format)
    if found.published_on is None and document.created is not None:
        # A file is often, but not always, created when its text was written: only a fallback.
        metadata.dates = [(document.created, "document_properties", None)]
        found = article(metadata, source, source_format)
    yield found
