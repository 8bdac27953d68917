"""OpenDocument texts (.odt): the paragraphs of the text, and the document properties.

Belongs here: the parts of a document that hold an article. Does not belong here: other parts
(macros, pictures and embedded objects are never opened), comments and deleted text, opening the
ZIP archive (`readers.containers.zip_archive`).
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from typing import Any

import lxml.etree as et

from etl.domain import Article
from etl.readers.base import Rejected, Rejection
from etl.readers.documents.office_parts import part_of_document
from etl.readers.documents.written_document import WrittenDocument, articles_of
from etl.readers.markup import descendants, first_text, local_name, xml_tree
from etl.readers.source import Source

name = "odt"

_WHAT = "OpenDocument text"
_PARTS = ("META-INF/", "Pictures/", "Thumbnails/", "Configurations2/", "Object", "Basic/",
          "Dialogs/", "media/", "content.xml", "styles.xml", "settings.xml", "meta.xml", "mimetype",
          "manifest.rdf", "layout-cache")  # fmt: skip
_SILENT = {"annotation", "annotation-end", "tracked-changes", "note", "forms", "sequence-decls",
           "table-of-content", "bibliography", "variable-decls", "user-field-decls"}  # fmt: skip
_PARAGRAPHS = {"p", "h"}
_TITLES = {"title", "heading_20_1", "heading 1", "headline"}


def is_part(name: str) -> bool:
    """Whether a member of the ZIP archive belongs to the document itself."""
    return name.startswith(_PARTS)


def parts_of(archive: zipfile.ZipFile, source: Source) -> Iterator[Article | Rejection]:
    """Yield the articles of an opened document. Raises Rejected."""
    root = xml_tree(part_of_document(archive, "content.xml", source, _WHAT))
    texts = descendants(root, "text")
    if not texts:
        raise Rejected(
            "unsupported",
            "an OpenDocument file that is no text (.ods, .odp)",
            "save it as CSV or text",
        )
    document = WrittenDocument(paragraphs=list(_paragraphs(texts[0], _parents(root))))
    if "meta.xml" in archive.namelist():
        about = xml_tree(part_of_document(archive, "meta.xml", source, _WHAT))
        document.title = first_text(about, "title")
        document.author = first_text(about, "initial-creator", "creator")
        document.created = first_text(about, "creation-date")
    yield from articles_of(document, source, name)


def _parents(root: Any) -> dict[str, str]:
    """Return the named style that each automatic style changes."""
    return {
        _attribute(style, "name"): _attribute(style, "parent-style-name")
        for style in descendants(root, "style")
    }


def _paragraphs(text: Any, parents: dict[str, str]) -> Iterator[tuple[bool, str]]:
    """Yield whether it is a title and the text of each paragraph, in order."""
    words: list[str] = []
    muted = 0
    for event, element in et.iterwalk(text, events=("start", "end", "comment", "pi")):
        tag = local_name(element)
        if event == "start":
            muted += tag in _SILENT
            if tag in _PARAGRAPHS and not muted:
                words.clear()
            if not muted:
                words.append(" " if tag in ("s", "tab", "line-break") else element.text or "")
            continue
        if event == "end":
            if tag in _PARAGRAPHS and not muted:
                style = _attribute(element, "style-name")
                is_title = {style.lower(), parents.get(style, "").lower()} & _TITLES or (
                    tag == "h" and _attribute(element, "outline-level") == "1"
                )
                yield bool(is_title), " ".join("".join(words).split())
                words.clear()
            muted -= tag in _SILENT
        if not muted and element is not text:
            words.append(element.tail or "")


def _attribute(element: Any, name: str) -> str:
    return next((str(v) for k, v in element.attrib.items() if str(k).endswith(f"}}{name}")), "")
