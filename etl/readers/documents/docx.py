"""Word documents (.docx): the paragraphs of the text, and the document properties.

Belongs here: the parts of a document that hold an article. Does not belong here: other parts
(macros, pictures, embedded files and links are never opened), opening the ZIP archive
(`readers.containers.zip_archive`).
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from typing import Any

from etl.domain import Article
from etl.readers.base import Rejected, Rejection
from etl.readers.documents.office_parts import part_of_document
from etl.readers.documents.written_document import WrittenDocument, articles_of
from etl.readers.markup import children, descendants, first_text, local_name, xml_tree
from etl.readers.source import Source

name = "docx"

_WHAT = "Word document"
_PARTS = ("word/", "docProps/", "customXml/", "_rels/", "docMetadata/", "[Content_Types].xml")
_TITLE_STYLES = {"title", "heading1", "headline"}


def is_part(name: str) -> bool:
    """Whether a member of the ZIP archive belongs to the document itself."""
    return name.startswith(_PARTS)


def parts_of(archive: zipfile.ZipFile, source: Source) -> Iterator[Article | Rejection]:
    """Yield the articles of an opened document. Raises Rejected."""
    root = xml_tree(part_of_document(archive, "word/document.xml", source, _WHAT))
    body = children(root, "body")
    if not body:
        raise Rejected("malformed", "the Word document has no body", "save it again in Word")
    document = WrittenDocument()
    for paragraph in descendants(body[0], "p"):
        style = next((_value(s) for s in descendants(paragraph, "pstyle")), "")
        document.paragraphs.append((style.lower() in _TITLE_STYLES, _text(paragraph)))
    if "docProps/core.xml" in archive.namelist():
        properties = xml_tree(part_of_document(archive, "docProps/core.xml", source, _WHAT))
        document.title = first_text(properties, "title")
        document.author = first_text(properties, "creator")
        document.created = first_text(properties, "created")
    yield from articles_of(document, source, name)


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
