"""The package of an e-book: what it is called, its files in reading order, its table of contents.

Belongs here: EPUB 2 and 3 as containers. Does not belong here: the articles in the files
(`readers.documents.epub`).
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any
from urllib.parse import unquote

from etl.readers.base import Rejected
from etl.readers.documents.office_parts import part_of_document
from etl.readers.markup import children, descendants, line_of, xml_tree
from etl.readers.source import Source

CONTAINER = "META-INF/container.xml"
_WHAT = "e-book"
_TEXTS = ("application/xhtml+xml", "text/html", "application/x-dtbook+xml")
_MAX_ENTRIES = 20_000
_FURNITURE = re.compile(r"toc|cover|title-?page|copyright|colophon|imprint|landmarks|index", re.I)


@dataclass(slots=True)
class Package:
    """An e-book. `files` are the names of its texts in reading order.

    `contents` maps a file to the places in it (an id, or "") with their titles. `furniture` are
    files that the book itself calls its cover, contents or imprint.
    """

    title: str | None = None
    authors: list[str] = field(default_factory=list)
    dates: list[str] = field(default_factory=list)
    source: str | None = None
    publisher: str | None = None
    language: str | None = None
    is_download: bool = False
    """Whether a program made it from news pages, so that its date is that of the download."""
    files: list[str] = field(default_factory=list)
    contents: dict[str, dict[str, str]] = field(default_factory=dict)
    furniture: set[str] = field(default_factory=set)
    parts: set[str] = field(default_factory=set)


def package_of(archive: zipfile.ZipFile, source: Source) -> Package:
    """Return the package of an opened e-book. Raises Rejected."""
    container = xml_tree(part_of_document(archive, CONTAINER, source, _WHAT))
    names = set(archive.namelist())
    root = next((r.get("full-path") or "" for r in descendants(container, "rootfile")), "")
    if root not in names:
        raise Rejected("malformed", "the e-book has no package document", "fetch it again")
    document = xml_tree(part_of_document(archive, root, source, _WHAT), recover=True)
    folder = posixpath.dirname(root)
    found = Package()
    _describe(document, found)
    items: dict[str, Any] = {}
    for item in descendants(document, "item"):
        if item.get("id"):
            items[item.get("id")] = item
            found.parts.add(_path(folder, item.get("href")))
    found.parts |= {root, CONTAINER, "mimetype"}
    files: dict[str, None] = {}
    for reference in descendants(document, "itemref"):
        item = items.get(reference.get("idref") or "")
        if item is None or (item.get("media-type") or "").lower() not in _TEXTS:
            continue
        path = _path(folder, item.get("href"))
        is_contents = "nav" in (item.get("properties") or "").split()
        if path in names and not is_contents:
            files[path] = None
    found.files = list(files)
    for reference in descendants(document, "reference"):
        if _FURNITURE.search(reference.get("type") or ""):
            found.furniture.add(_path(folder, (reference.get("href") or "").split("#")[0]))
    _reject_locked(archive, source, found)
    entries = _contents(archive, source, items, folder, names)
    for (path, place), title in islice(entries, _MAX_ENTRIES):
        found.contents.setdefault(path, {}).setdefault(place, title)
    return found


def _describe(document: Any, found: Package) -> None:
    about = next(iter(children(document, "metadata")), None)
    if about is None:
        return

    def texts(name: str) -> list[str]:
        return [text for e in descendants(about, name) if (text := line_of(e))]

    found.title = next(iter(texts("title")), None)
    found.authors = texts("creator")
    found.language = next(iter(texts("language")), None)
    found.publisher = next(iter(texts("publisher")), None)
    found.source = next((s for s in texts("source") if s.startswith(("http://", "https://"))), None)
    for element in descendants(about, "date"):
        event = next((v for k, v in element.attrib.items() if str(k).endswith("event")), "")
        if event in ("", "publication", "original-publication") and (text := line_of(element)):
            found.dates.append(text)
    # Calibre's recipes name the program as publisher; savers of single pages name the page.
    found.is_download = "calibre" in (found.publisher or "").lower() or found.source is not None


def _reject_locked(archive: zipfile.ZipFile, source: Source, found: Package) -> None:
    """Raise Rejected if texts are encrypted; fonts often are, which changes nothing."""
    name = "META-INF/encryption.xml"
    if name not in archive.namelist():
        return
    tree = xml_tree(part_of_document(archive, name, source, _WHAT), recover=True)
    locked = {unquote(e.get("URI") or "") for e in descendants(tree, "cipherreference")}
    if locked.intersection(found.files):
        raise Rejected(
            "encrypted", "the texts of the e-book are protected (DRM)", "ingest an unprotected copy"
        )


def _contents(
    archive: zipfile.ZipFile, source: Source, items: dict[str, Any], folder: str, names: set[str]
) -> Iterator[tuple[tuple[str, str], str]]:
    """Yield the entries of the table of contents: of EPUB 3, else of EPUB 2."""
    for item in items.values():
        path = _path(folder, item.get("href"))
        if "nav" in (item.get("properties") or "").split() and path in names:
            tree = xml_tree(part_of_document(archive, path, source, _WHAT), recover=True)
            for nav in descendants(tree, "nav"):
                kinds = [v for k, v in nav.attrib.items() if str(k).endswith("type")]
                if kinds in ([], ["toc"]):
                    for link in descendants(nav, "a"):
                        if text := line_of(link):
                            yield _place(posixpath.dirname(path), link.get("href")), text
            return
    for item in items.values():
        path = _path(folder, item.get("href"))
        if item.get("media-type") == "application/x-dtbncx+xml" and path in names:
            tree = xml_tree(part_of_document(archive, path, source, _WHAT), recover=True)
            for point in descendants(tree, "navpoint"):
                text = next((line_of(label) for label in children(point, "navlabel")), "")
                link = next((c.get("src") for c in children(point, "content")), None)
                if text and link:
                    yield _place(posixpath.dirname(path), link), text
            return


def _place(folder: str, link: str | None) -> tuple[str, str]:
    href, _, fragment = (link or "").partition("#")
    return _path(folder, href), unquote(fragment)


def _path(folder: str, href: str | None) -> str:
    return posixpath.normpath(posixpath.join(folder, unquote(href or ""))).lstrip("/")
