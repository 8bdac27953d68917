"""Exports of Nexis and ProQuest as a web page: their text in lines, read like a text file's.

Belongs here: recognising such a page, and its text in lines. Does not belong here: the articles in
that text (`readers.exports`), pages whose elements name the fields (`exports.factiva_page`,
`exports.europresse_page`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import lxml.etree as et

from etl.domain import Article
from etl.readers.base import Rejected, Rejection
from etl.readers.exports import export_of, proquest
from etl.readers.exports.entries import page_tree
from etl.readers.exports.proquest_document import ANCHOR
from etl.readers.markup import SILENT, local_name
from etl.readers.source import Source

_WORDS = ("DOCFULL", "docfull", "LXNComment", "DOC_ID_", "DocID_", "ProQuest document link")
"""A page without any has no mark. Looking for them takes a tenth of the time of the pattern."""
_MARKS = re.compile(
    r"<DOCFULL>|<!-- LXNComment|<a name=[\"']?(?:DOC_ID_\d|DocID_)"
    r"|>\s{0,20}ProQuest document link<",
    re.IGNORECASE,
)
_BLOCKS = {"p", "div", "li", "ul", "ol", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "tr",
           "table", "section", "article", "pre", "hr", "td", "body", "text"}  # fmt: skip
_DOCUMENT = re.compile(r"DocID_\D{0,20}(?P<number>\d{0,20})")
_ANCHOR = re.compile(r"<a name=[\"']?DocID_", re.IGNORECASE)
_RULE = "_" * 60


def recognises_page(markup: str) -> bool:
    """Whether the page has the anchors and comments that these databases write."""
    return any(word in markup for word in _WORDS) and _MARKS.search(markup) is not None


def read_page(markup: str, source: Source) -> Iterator[Article | Rejection]:
    """Yield the page's articles. Raises Rejected."""
    text = _text(page_tree(markup))
    export = export_of(text)
    if export is None:
        raise _unsupported("a page saved from Nexis or ProQuest in which no document was found")
    if export is proquest and export_of(text.partition(_RULE)[0]) is not None:
        raise _unsupported("a page saved from ProQuest with a document that has no anchor")
    yield from export.read(text, source)
    announced, found = len(_ANCHOR.findall(markup)), text.count(_RULE)
    if announced > found:
        yield _unsupported(
            f"the page has anchors of {announced:,} documents, {found:,} were found"
        ).rejection


def _unsupported(why: str) -> Rejected:
    return Rejected("unsupported", why, "export the documents as text (TXT), and ingest that file")


def _text(tree: Any) -> str:
    """Return the text with a blank line between blocks, and the line breaks in them.

    ProQuest marks each document by an anchor with its number. A rule takes its place, as in its
    text files, and the number below it.
    """
    out: list[str] = []
    words: list[str] = []
    muted = 0

    def flush() -> None:
        lines = (" ".join(line.split()) for line in "".join(words).split("\n"))
        if text := "\n".join(filter(None, lines)):
            out.append(text)
        words.clear()

    for event, element in et.iterwalk(tree, events=("start", "end")):
        tag = local_name(element)
        if tag in SILENT:
            muted += 1 if event == "start" else -1
        if tag in _BLOCKS:
            flush()
        elif event == "start" and tag == "br":
            words.append("\n")
        elif event == "start" and tag == "a" and (anchor := _anchor(element)):
            flush()
            out.append(_RULE)
            if anchor["number"]:
                out.append(f"{ANCHOR}: {anchor['number']}")
        if not muted and element is not tree:
            words.append(_on_one_line(element.text if event == "start" else element.tail))
    flush()
    return "\n\n".join(out)


def _anchor(element: Any) -> re.Match[str] | None:
    return _DOCUMENT.match(element.get("name") or "")


def _on_one_line(text: str | None) -> str:
    return (text or "").replace("\n", " ").replace("\r", " ")
