"""Word documents (.docx): the paragraphs of the text, and the document properties.

Belongs here: the parts of a document that hold an article. Does not belong here: other parts
(macros, pictures, embedded files and links are never opened), opening the ZIP archive
(`readers.zip_archive`).
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from typing import Any

from etl.domain import Article
from etl.readers.base import Rejected, Rejection
from etl.readers.exports import export_of
from etl.readers.markup import children, descendants, first_text, local_name, xml_tree
from etl.readers.source import Source
from etl.readers.source_metadata import SourceMetadata, article

name = "docx"

_PARTS = ("word/", "docProps/", "customXml/", "_rels/", "docMetadata/", "[Content_Types].xml")
_TITLE_STYLES = {"title", "heading1", "headline"}


def is_part(name: str) -> bool:
    """Whether a member of the ZIP archive belongs to the document itself."""
    return name.startswith(_PARTS)


def parts_of(archive: zipfile.ZipFile, source: Source) -> Iterator[Article | Rejection]:
    """Yield the articles of an opened document. Raises Rejected."""
    root = xml_tree(_member(archive, "word/document.xml", source))
    body = children(root, "body")
    if not body:
        raise Rejected("malformed", "the Word document has no body", "save it again in Word")
    headline: str | None = None
    lines: list[str] = []
    paragraphs = descendants(body[0], "p")
    texts = [_text(paragraph) for paragraph in paragraphs]
    whole = "\n\n".join(text for text in texts if text.strip())
    if export := export_of(whole):
        yield from export.read(whole, source)
        return
    for paragraph, text in zip(paragraphs, texts, strict=True):
        line = " ".join(text.split())
        style = next((_value(s) for s in descendants(paragraph, "pstyle")), "")
        if headline is None and not lines and line and style.lower() in _TITLE_STYLES:
            headline = line
            continue
        lines.append(line)
    text = "\n\n".join(line for line in lines if line)
    title = author = created = None
    if "docProps/core.xml" in archive.namelist():
        properties = xml_tree(_member(archive, "docProps/core.xml", source))
        title = first_text(properties, "title")
        author = first_text(properties, "creator")
        created = first_text(properties, "created")
    metadata = SourceMetadata(
        "document",
        body=text,
        headline=headline or (title if title in lines else None),
        authors=[author] if author else [],
        methods={"authors": "document_properties"},
    )
    found = article(metadata, source, name)
    if found.published_on is None and created is not None:
        # A file is often, but not always, created when its text was written: only a fallback.
        metadata.dates = [(created, "document_properties", None)]
        found = article(metadata, source, name)
    yield found


def _member(archive: zipfile.ZipFile, name: str, source: Source) -> bytes:
    limit = source.budget.limits.document_bytes
    try:
        with archive.open(name) as file:
            data = file.read(limit + 1)
    except Rejected:
        raise
    except Exception as error:
        raise Rejected(
            "malformed", f"the Word document is damaged: {error}", "save it again in Word"
        ) from None
    source.budget.unpack(len(data))
    if len(data) > limit:
        raise Rejected("too_large", f"{name} exceeds {limit:,} bytes", "split the document")
    return data


def _text(paragraph: Any) -> str:
    """Return the text of a paragraph with its line breaks, without tracked deletions."""
    parts: list[str] = []
    for element in paragraph.iter():
        tag = local_name(element)
        if tag == "t":
            parts.append((element.text or "").replace("\n", " "))
        elif tag in ("tab", "br", "cr"):
            parts.append("\t" if tag == "tab" else "\n")
    return "".join(parts)


def _value(element: Any) -> str:
    return next((str(v) for k, v in element.attrib.items() if str(k).endswith("}val")), "")
