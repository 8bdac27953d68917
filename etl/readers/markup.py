"""HTML and XML to text and trees, with nothing executed, fetched or expanded.

Belongs here: the one way in which markup is parsed. Does not belong here: finding the article in a
page (`html_page`), and what elements mean.
"""

from __future__ import annotations

import re
from typing import Any

import lxml.etree as et
import lxml.html

from etl.readers.base import Rejected
from etl.readers.decode import declared, decode

_MARKUP = re.compile(
    r"</(?:p|div|br|a|span|strong|em|b|i|h\d|li|ul|ol|blockquote|figure|section)\s*>|<br\s*/?>"
    r"|<(?:p|img|div)(?:\s[^<>]*)?>",
    re.IGNORECASE,
)
_BLOCKS = {"p", "div", "br", "li", "ul", "ol", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6",
           "tr", "table", "section", "article", "figure", "figcaption", "pre", "hr", "header",
           "footer", "td", "dd", "dt"}  # fmt: skip
_SILENT = {"script", "style", "noscript", "template", "head", "title", "iframe", "object", "svg"}


def looks_like_markup(text: str) -> bool:
    """Whether a text has tags that only HTML has."""
    return "<" in text and _MARKUP.search(text) is not None


def text_of(markup: str) -> str:
    """The text of a piece of HTML, a blank line between blocks; empty where nothing is left."""
    try:
        tree = lxml.html.fromstring(f"<div>{without_controls(markup)}</div>")
    except (et.ParserError, et.XMLSyntaxError, ValueError):
        return ""
    return block_text(tree, _BLOCKS, _SILENT)


def block_text(tree: Any, blocks: set[str], silent: set[str] = frozenset()) -> str:  # type: ignore[assignment]
    """The text below an element: white space made single blanks, a blank line around `blocks`.

    Walks with events, not recursively: elements may lie as deep as a hostile file likes.
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
    """The name of an element without its namespace, in lower case; empty for what is none."""
    tag = element.tag
    return tag.rsplit("}", 1)[-1].lower() if isinstance(tag, str) else ""


def children(element: Any, name: str) -> list[Any]:
    """The children of an element with this local name."""
    return [child for child in element if local_name(child) == name]


def descendants(element: Any, name: str) -> list[Any]:
    """All elements below with this local name, in document order."""
    return [found for found in element.iter() if local_name(found) == name]


def first_text(element: Any, *names: str) -> str | None:
    """The text of the first descendant with the first of these local names that has any."""
    for name in names:
        for found in descendants(element, name):
            if text := " ".join("".join(found.itertext()).split()):
                return text
    return None


def xml_tree(data: bytes, *, recover: bool = False) -> Any:
    """The root of an XML document. Raises Rejected ('malformed').

    Entities are neither expanded nor fetched, whatever the document declares; one that declares
    its own is rejected, for no format of news needs them. `recover` mends what feeds get wrong.
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
        raise Rejected("malformed", "no element in the XML", "fetch the file again")
    dtd = root.getroottree().docinfo.internalDTD
    if dtd is not None and next(dtd.iterentities(), None) is not None:
        raise Rejected(
            "malformed",
            "declares entities of its own, as XML bombs do",
            "resolve the entities, or take the file away: it may mean harm",
        )
    return root


def html_text(data: bytes, told: str | None) -> str:
    """The text of a page's bytes: as its headers, its own head, or detection says."""
    return without_controls(decode(data, told or declared(data)))


def without_controls(text: str) -> str:
    """The text without the characters that libxml2 ends a document at."""
    return re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]", "", text)
