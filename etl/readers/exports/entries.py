"""The articles of an export, from the values that a database states.

Belongs here: what is the same for every database: names in a field of authors, an article or its
rejection, and the rejection of an export that can't be split. Does not belong here: the fields and
marks of one database.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import lxml.etree as et

from etl.domain import Article
from etl.readers.base import Rejected, Rejection
from etl.readers.markup import block_text, html_tree
from etl.readers.source import Source
from etl.readers.source_metadata import SourceMetadata, article

# "Von" only before two capitalised words: "Von Ulrich Berg" is a byline, "von Berg" a name.
_INTRODUCTION = re.compile(r"\s*(?i:by|par|von|por|di|door)\s+(?=[^\W\d_a-z]\S*\s+[^\W\d_])")
_PLACE = re.compile(
    r",\s+(?:à|au|en|in|aus|de|notre|nos|envoyée?|correspondante?|[Ss]pecial to|for)\s.*"
)
_AND = re.compile(r"\s+(?:et|und)\s+(?=[^\W\d_])|\s*;\s*(?=\S)")
_FRAME = re.compile(r"</?(?:html|body)\b[^<>]*>", re.IGNORECASE)
_MAX_CHARS = 500
_BREAKS = {"br", "p", "div", "li", "tr", "td"}


def names_of(field: str) -> list[str]:
    """Return a field of authors for `SourceMetadata.authors`, in any of the interface's languages.

    Without "Par" or "Von" before and a place after them, and with "and" for "et" and "und".
    """
    line = " ".join(field.split())[:_MAX_CHARS].strip(" ,;")
    if introduction := _INTRODUCTION.match(line):
        line = line[introduction.end() :]
    line = _AND.sub(" and ", _PLACE.sub("", line, count=1))
    return [line] if line else []


def entry(metadata: SourceMetadata, source: Source, name: str, where: str) -> Article | Rejection:
    """Return one article of an export, or its rejection, which names the place."""
    metadata.is_complete = True
    try:
        return article(metadata, source, name)
    except Rejected as rejected:
        return rejected.rejection.at(where)


def page_tree(markup: str) -> Any:
    """Return the tree of a page that may hold pages, at whose ends a parser would stop.

    Raises Rejected.
    """
    return html_tree(_FRAME.sub(" ", markup), "export it again")


def outermost(tree: Any, is_wanted: Callable[[Any], bool]) -> Iterator[Any]:
    """Yield the wanted elements that are in no other wanted one, in document order."""
    within = None
    for event, element in et.iterwalk(tree, events=("start", "end")):
        if event == "end":
            within = None if element is within else within
        elif within is None and is_wanted(element):
            within = element
            yield element


def apart(tree: Any, is_wanted: Callable[[Any], bool]) -> list[Any]:
    """Return the wanted elements in document order, each taken out of the tree.

    Of an element that isn't closed before the next one begins, what precedes the next is left.
    """
    found = [element for element in tree.iter() if is_wanted(element)]
    for element in found:
        if (parent := element.getparent()) is not None:
            parent.remove(element)
    return found


def one_line(element: Any) -> str:
    """Return the text of an element as one line, with a space where a line ends (`<br>`)."""
    return " ".join(block_text(element, _BREAKS).split())


def swallowed(tree: Any) -> bool:
    """Whether an attribute holds markup: a quotation mark is missing, and with it an article."""
    return any(
        "<" in (element.get(key) or "")
        for element in tree.iter()
        if isinstance(element.tag, str)
        for key in ("class", "id")
    )


def unsplittable(database: str, why: str, remedy: str) -> Rejection:
    """Return the rejection of an export, or of a part of it, that can't be split with certainty."""
    return Rejection("unsupported", f"{database} export: {why}", remedy)


def paragraphs(lines: Sequence[str]) -> str:
    """Return the lines of a body as paragraphs with a blank line between them.

    Blank lines separate paragraphs if there are any. Otherwise each line is one, except a line that
    goes on in lower case: it was wrapped.
    """
    stripped = [line.strip() for line in lines]
    while stripped and not stripped[-1]:
        stripped.pop()
    while stripped and not stripped[0]:
        del stripped[0]
    if "" in stripped:
        return re.sub(r"\n{3,}", "\n\n", "\n".join(stripped))
    return "".join(
        line if n == 0 else ("\n" if line[:1].islower() else "\n\n") + line
        for n, line in enumerate(stripped)
    )
