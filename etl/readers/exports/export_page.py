"""Pages saved from Nexis or ProQuest: many articles in one HTML file.

Belongs here: recognising such a page, and its text in lines. Does not belong here: the articles in
that text (`readers.exports`), pages of news sites (`readers.pages.html_page`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import lxml.etree as et
import lxml.html

from etl.readers.base import Rejected
from etl.readers.exports import export_of, proquest
from etl.readers.exports.proquest_document import ANCHOR
from etl.readers.markup import SILENT, html_text, local_name
from etl.readers.reader import Part
from etl.readers.source import Source

name = "html"

_MARKS = re.compile(
    rb"<DOCFULL>|<!-- LXNComment|<a name=[\"']?(?:DOC_ID_\d|DocID_)"
    rb"|>\s{0,20}ProQuest document link<",
    re.IGNORECASE,
)
_BLOCKS = {"p", "div", "li", "ul", "ol", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "tr",
           "table", "section", "article", "pre", "hr", "td", "body", "text"}  # fmt: skip
_DOCUMENT = re.compile(r"DocID_\D{0,20}(?P<number>\d{0,20})")
_ANCHOR = re.compile(r"<a name=[\"']?DocID_", re.IGNORECASE)
_FRAME = re.compile(r"\A\s*<\?xml[^>]*>|</?(?:html|body)\b[^<>]*>", re.IGNORECASE)
"""Tags of pages within the page, at whose ends a parser would stop."""
_RULE = "_" * 60


def sniff(head: bytes, path: str) -> float:
    """Certain for the anchors and comments that these databases write."""
    is_markup = head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")
    return 0.95 if is_markup and _MARKS.search(head) else 0.0


def read(source: Source) -> Iterator[Part]:
    """Yield the page's articles. Raises Rejected."""
    page = html_text(source.data(), source.charset)
    try:
        tree = lxml.html.document_fromstring(_FRAME.sub(" ", page))
    except (et.ParserError, et.XMLSyntaxError, ValueError) as error:
        raise Rejected("malformed", f"not valid HTML: {error}"[:200], "export it again") from None
    text = _text(tree)
    export = export_of(text)
    if export is None:
        raise _unsupported("a page saved from Nexis or ProQuest in which no document was found")
    if export is proquest and export_of(text.partition(_RULE)[0]) is not None:
        raise _unsupported("a page saved from ProQuest with a document that has no anchor")
    yield from export.read(text, source)
    announced, found = len(_ANCHOR.findall(page)), text.count(_RULE)
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

    for event, element in et.iterwalk(tree, events=("start", "end", "comment", "pi")):
        if event in ("comment", "pi"):
            words.append("" if muted else _on_one_line(element.tail))
            continue
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
