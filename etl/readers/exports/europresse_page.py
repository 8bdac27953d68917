"""Exports of Europresse (Eureka) as a web page: articles in `<article>`, or in a table before 2014.

Belongs here: the elements of both layouts. Does not belong here: other exports of Europresse, which
are recognised but not read (`exports.unread`).

An article has one `DocPublicationName`. The day is in `DocHeader`: "Politique, jeudi 3 avril 2025,
p. 4". What stands beside the text (notes, legend, certificate) is in `aside` and `footer`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import lxml.etree as et

from etl.domain import Article
from etl.readers.base import Rejection
from etl.readers.dates import ImpossibleDateError
from etl.readers.exports.entries import (
    apart,
    entry,
    names_of,
    one_line,
    outermost,
    page_tree,
    swallowed,
    unsplittable,
)
from etl.readers.exports.header_days import day_in
from etl.readers.markup import block_text, local_name
from etl.readers.source import Source
from etl.readers.source_metadata import SourceMetadata
from etl.readers.text.byline import parse_byline

name = "europresse"

REMEDY = "export the articles from Europresse again as HTML, and ingest that file"
_NAME = "DocPublicationName"
_TITLES = ("titreArticleVisu", "titreArticle", "grandTitre")
_TEXTS = ("docOcurrContainer", "DocText")
_BLOCKS = {"p", "div", "br", "li", "ul", "ol", "blockquote", "h1", "h2", "h3", "h4", "h5", "tr",
           "table", "section", "figure"}  # fmt: skip
_SILENT = {"script", "style", "aside", "footer", "header", "figure", "img", "button"}
_ISSUE = re.compile(r",?\s+(?:n[o°º]\.?|vol\.|issue)\s?\d.*|,\s*\Z|[\s\u00a0]{2,}.*", re.I | re.S)
_POINTER = re.compile(r"(?:cet article est paru dans|this article appeared in)\b.{0,200}", re.I)
_NUMBER = re.compile(
    r"(?:(?:numéro de document|document number)\s{0,9}:\s{0,9})?news·\d{8}·.{0,60}", re.IGNORECASE
)
_RIGHTS = re.compile(r"(?:©|\(c\)|copyright\b).{0,300}", re.IGNORECASE)
_MARKS = {_NAME, "DocHeader", "TitreArticleVisu", *_TITLES, *_TEXTS}
_MAX_AUTHOR_WORDS = 12


def _marker(kind: str) -> Callable[[Any], bool]:
    return lambda element: kind in _classes(element)


def _named(tag: str) -> Callable[[Any], bool]:
    return lambda element: local_name(element) == tag


_ONCE = (
    *map(_marker, (_NAME, "titreArticle", "titreArticleVisu", "TitreArticleVisu")),
    *map(_named, ("header", "section", "footer")),
)
"""What an article has once. A second one is the next article's."""


def recognises_page(markup: str) -> bool:
    """Whether the page has articles of Europresse."""
    return _NAME in markup and ("DocHeader" in markup or "itreArticle" in markup)


def read_page(markup: str, source: Source) -> Iterator[Article | Rejection]:
    """Yield the articles, and a rejection for each whose bounds are uncertain."""
    tree = page_tree(markup)
    names = list(outermost(tree, _marker(_NAME)))
    is_damaged = swallowed(tree)
    articles = [e for e in apart(tree, _named("article")) if any(map(_has_mark, e.iter()))]
    metadata_of: Callable[[Any], SourceMetadata] = _metadata
    if not articles:
        marked = (e for e in tree.iter() if _has_mark(e))
        cells = (next(element.iterancestors("td"), None) for element in marked)
        articles = [cell for cell in dict.fromkeys(cells) if cell is not None]
        metadata_of = _metadata_of_cell
    held, number = 0, 0
    for number, article in enumerate(articles, 1):
        held += len(list(outermost(article, _marker(_NAME))))
        if any(len(list(outermost(article, is_part))) > 1 for is_part in _ONCE):
            why = "two publications, titles or texts in one article"
            yield unsplittable("Europresse", why, REMEDY).at(f"article {number}")
        else:
            yield entry(metadata_of(article), source, name, f"article {number}")
    if is_damaged or held < len(names) or not number:
        yield unsplittable("Europresse", "a part stands outside of any article", REMEDY)


def _metadata(article: Any) -> SourceMetadata:
    header = next(article.iterdescendants("header"), article)
    titles = [e for kind in _TITLES for e in _marked(header, kind)]
    kept, url = [], None
    for paragraph in _text_of(article).split("\n\n"):
        if _POINTER.fullmatch(paragraph):
            links = {one_line(a): a.get("href") for a in article.iterdescendants("a")}
            url = next((href for text, href in links.items() if text and text in paragraph), None)
        else:
            kept.append(paragraph)
    return SourceMetadata(
        name,
        body="\n\n".join(kept),
        headline=one_line(titles[0]) if titles else None,
        outlet=_outlet(article),
        authors=_authors(header),
        dates=_dates(" ".join(one_line(e) for e in _marked(header, "DocHeader"))),
        url=url,
    )


def _text_of(article: Any) -> str:
    """Return the text: of its own element, or of a section if that is missing."""
    for kind in _TEXTS:
        texts = [block_text(e, _BLOCKS, _SILENT) for e in outermost(article, _marker(kind))]
        if any(texts):
            return "\n\n".join(filter(None, texts))
    sections = [block_text(e, _BLOCKS, _SILENT) for e in article.iterchildren("section")]
    return "\n\n".join(filter(None, sections))


def _authors(header: Any) -> list[str]:
    """Return the authors: in `docAuthors`, or in the element that follows the title."""
    if marked := _marked(header, "docAuthors"):
        return [author for element in marked for author in names_of(one_line(element))]
    titles = _marked(header, "titreArticle") or _marked(header, "titreArticleVisu")
    for element in titles[-1].itersiblings() if titles else ():
        if local_name(element) in ("p", "div") and "rdp__subtitle" not in _classes(element):
            line = one_line(element)
            return names_of(line) if _is_byline(line) else []
    return []


def _is_byline(line: str) -> bool:
    names = names_of(line)
    try:
        byline = parse_byline(f"By {names[0]}") if names else None
    except ImpossibleDateError:
        return False
    return byline is not None and bool(byline.authors) and len(line.split()) <= _MAX_AUTHOR_WORDS


def _dates(header: str) -> list[tuple[object, str, str | None]]:
    day = day_in(" ".join(header.split()))
    return [(day.iso, f"{name} DocHeader", None)] if day else []


def _outlet(article: Any) -> str | None:
    """Return the publication, without the number of the issue and the local edition."""
    text = "".join(t for e in _marked(article, _NAME)[:1] for t in e.itertext())[:300].strip()
    return " ".join(_ISSUE.sub("", text, count=1).split()) or None


def _metadata_of_cell(cell: Any) -> SourceMetadata:
    """Return an article of the layout before 2014: spans, then lines that `<br>` and `<p>` end."""
    titles = _marked(cell, "TitreArticleVisu")
    headers = _marked(cell, "DocHeader")
    lines = _lines_below((titles or headers or _marked(cell, _NAME))[-1], cell)
    del lines[next((n for n, line in enumerate(lines) if _NUMBER.fullmatch(line)), len(lines)) :]
    while lines and _RIGHTS.fullmatch(lines[-1]):
        lines.pop()
    is_byline = bool(lines) and _is_byline(lines[0])
    return SourceMetadata(
        name,
        body="\n\n".join(lines[is_byline:]),
        headline=one_line(titles[0]) if titles else None,
        outlet=_outlet(cell),
        authors=names_of(lines[0]) if is_byline else [],
        dates=_dates("".join(text for e in headers for text in e.itertext())),
    )


def _lines_below(element: Any, cell: Any) -> list[str]:
    """Return the lines of a cell below an element in it."""
    lines: list[str] = []
    words: list[str] = []
    is_below = False
    for event, other in et.iterwalk(cell, events=("start", "end")):
        if is_below and local_name(other) in _BLOCKS:
            lines.append(" ".join("".join(words).split()))
            words = []
        is_below = is_below or (other is element and event == "end")
        if is_below and other is not cell:
            words.append((other.text if event == "start" else other.tail) or "")
    lines.append(" ".join("".join(words).split()))
    return [line for line in lines if line]


def _has_mark(element: Any) -> bool:
    return not _MARKS.isdisjoint(_classes(element))


def _marked(element: Any, kind: str) -> list[Any]:
    return [e for e in element.iter() if kind in _classes(e)]


def _classes(element: Any) -> list[str]:
    return (element.get("class") or "").split() if isinstance(element.tag, str) else []
