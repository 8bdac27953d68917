"""HTML and XML to text and trees, with nothing executed, fetched or expanded.

Belongs here: parsing markup safely, and small helpers for element trees. Does not belong here:
finding the article in a page (`readers.pages.html_page`), the meaning of elements.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import lxml.etree as et
import lxml.html

from etl.readers.base import Rejected, Rejection
from etl.readers.decode import declared, decode

_MARKUP = re.compile(
    r"</(?:p|div|br|a|span|strong|em|b|i|h\d|li|ul|ol|blockquote|figure|section)\s*>|<br\s*/?>"
    r"|<(?:p|img|div)(?:\s[^<>]*)?>",
    re.IGNORECASE,
)
_XML_DECLARATION = re.compile(r"\A\s*<\?xml[^>]*>")
_CLOSED_ROOT = re.compile(r"(<html\b[^<>]*)/>", re.IGNORECASE)
"""A root that is closed at once: the parser would stop there."""
_HEAD_CHARS = 4096
_PAGE_PARSER = lxml.html.HTMLParser(remove_comments=True, remove_pis=True, collect_ids=False)
BLOCKS = {"p", "div", "br", "li", "ul", "ol", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6",
           "tr", "table", "section", "article", "figure", "figcaption", "pre", "hr", "header",
           "footer", "td", "dd", "dt"}  # fmt: skip
_BETWEEN = 2048
"""Bytes after the end of a document in which the next one begins, if two were joined."""
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
SILENT = {"script", "style", "noscript", "template", "head", "title", "iframe", "object", "svg"}


def looks_like_markup(text: str) -> bool:
    """Whether a text contains tags that only HTML has."""
    return "<" in text and _MARKUP.search(text) is not None


def text_of(markup: str) -> str:
    """Return the text of an HTML fragment with blank lines between blocks; empty if none."""
    try:
        tree = lxml.html.fromstring(f"<div>{without_controls(markup)}</div>")
    except (et.ParserError, et.XMLSyntaxError, ValueError):
        return ""
    return block_text(tree, BLOCKS, SILENT)


def block_text(tree: Any, blocks: set[str], silent: set[str] = frozenset()) -> str:  # type: ignore[assignment]
    """Return the text below an element: single spaces, and a blank line between `blocks`.

    Iterates over events instead of recursing, because a hostile file can nest arbitrarily deep.
    """
    lines: list[str] = []
    words: list[str] = []
    muted = 0

    def flush() -> None:
        if line := " ".join("".join(words).split()):
            lines.append(line)
        words.clear()

    for event, element in et.iterwalk(tree, events=("start", "end", "comment", "pi")):
        if event in ("comment", "pi"):
            if not muted:
                words.append(element.tail or "")
            continue
        name = local_name(element)
        if name in silent:
            muted += 1 if event == "start" else -1
        if name in blocks:
            flush()
        text = element.text if event == "start" else element.tail
        if text and not muted and (event == "start" or element is not tree):
            words.append(text)
    flush()
    return "\n\n".join(lines)


def local_name(element: Any) -> str:
    """Return an element's name in lower case, without namespace; empty for comments etc."""
    tag = element.tag
    return _local_name(tag) if isinstance(tag, str) else ""


@lru_cache(maxsize=1024)
def _local_name(tag: str) -> str:
    return tag.rsplit("}", 1)[-1].lower()


def children(element: Any, name: str) -> list[Any]:
    """Return the children of an element with this local name."""
    return [child for child in element if local_name(child) == name]


def descendants(element: Any, name: str) -> list[Any]:
    """Return the element itself and all descendants with this local name, in document order."""
    return [found for found in element.iter() if local_name(found) == name]


def line_of(element: Any) -> str:
    """Return the text of an element and its descendants as one line with single spaces."""
    return " ".join("".join(element.itertext()).split())


def first_attribute(element: Any, name: str, attribute: str) -> str | None:
    """Return an attribute of the first descendant with this local name that has it."""
    return next((v for e in descendants(element, name) if (v := e.get(attribute))), None)


def first_text(element: Any, *names: str) -> str | None:
    """Return the text of the first descendant that has any; earlier `names` take precedence."""
    for name in names:
        for found in descendants(element, name):
            if text := line_of(found):
                return text
    return None


def xml_tree(data: bytes, *, recover: bool = False) -> Any:
    """Return the root of an XML document. Raises Rejected ('malformed').

    Entities are never expanded or fetched. A document that declares its own entities is rejected,
    because no news format needs them. `recover` repairs common mistakes of feeds.
    """
    parser = et.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        recover=recover,
        remove_pis=True,
    )
    try:
        root = et.fromstring(data, parser)
    except (et.XMLSyntaxError, ValueError, LookupError) as error:
        raise Rejected(
            "malformed", f"not well-formed XML: {error}"[:300], "fetch the file again"
        ) from None
    if root is None:
        raise Rejected("malformed", "the XML has no element", "fetch the file again")
    dtd = root.getroottree().docinfo.internalDTD
    if dtd is not None and next(dtd.iterentities(), None) is not None:
        raise Rejected(
            "malformed",
            "declares its own entities, as XML bombs do",
            "resolve the entities, or delete the file: it may be malicious",
        )
    return root


def html_text(data: bytes, charset: str | None) -> str:
    """Decode a page by the charset of its HTTP headers, its own declaration, or detection."""
    text = without_controls(decode(data, charset or declared(data)))
    if closed := _CLOSED_ROOT.search(text, 0, _HEAD_CHARS):
        text = f"{text[: closed.end(1)]}>{text[closed.end() :]}"
    return text


def html_tree(text: str, remedy: str = "fetch the page again") -> Any:
    """Return the tree of a decoded page, without comments. Raises Rejected ('malformed')."""
    try:
        return lxml.html.document_fromstring(_XML_DECLARATION.sub("", text), parser=_PAGE_PARSER)
    except (et.ParserError, et.XMLSyntaxError, ValueError) as error:
        raise Rejected("malformed", f"not valid HTML: {error}"[:200], remedy) from None


def appended(data: bytes, roots: str) -> Rejection | None:
    """Return what to report if another document with such a root follows the end of the first.

    Only the first is read then. `roots` are names of elements, separated by bars.
    """
    opening = re.compile(
        rb"(?:\xef\xbb\xbf)?(?:<\?xml[^<>]{0,200}>\s{0,99})?(?:<!doctype[^<>]{0,500}>\s{0,99})?"
        rb"<(?:[\w.-]{1,40}:)?(?:%s)[\s>]" % roots.encode(),
        re.IGNORECASE,
    )
    data = data.replace(b"\0", b"")  # UTF-16
    for end in re.finditer(rb"</(?:[\w.-]{1,40}:)?(?:%s)>" % roots.encode(), data, re.IGNORECASE):
        if opening.match(data[end.end() : end.end() + _BETWEEN].lstrip()):
            return Rejection(
                "malformed",
                f"another document follows the end of the first, at byte {end.end():,}",
                "ingest the two as files of their own",
            )
    return None


def without_controls(text: str) -> str:
    """Return the text without the characters at which libxml2 ends a document."""
    return re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]", "", text)
