"""Exports of Factiva as a web page: with codes in a table of two columns, and without codes.

Belongs here: the elements of both layouts. Does not belong here: what the fields mean
(`exports.factiva_fields`).

An article is `<div class="article enArticle">`; "en" is its language. Classes name the headline
(`enHeadline`), the author and the paragraphs of the text (`articleParagraph`). Other paragraphs are
captions, the publisher, and the number of the document.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from etl.domain import Article
from etl.readers.base import Rejection
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
from etl.readers.exports.factiva_fields import (
    BODY,
    HEAD,
    NAME,
    REMEDY,
    TAIL,
    header_of,
    is_document_number,
    metadata_of,
)
from etl.readers.markup import block_text, children
from etl.readers.source import Source
from etl.readers.source_metadata import SourceMetadata

name = NAME

_ARTICLE = re.compile(r"""class\s?=\s?["']?article\s[a-z]{2,6}Article\b""")
_SITE = re.compile(r"<title>\s{0,99}Factiva\s{0,99}</title>", re.IGNORECASE)
_IS_OURS = re.compile(r"fcpNavContainer|Factiva, Inc\.|global\.factiva\.")
_LANGUAGE = re.compile(r"([a-z]{2})[a-z]{0,4}Article")
_HEADLINE = re.compile(r"[a-z]{2,6}Headline")
_PARAGRAPH = "articleParagraph"
_BLOCKS = {"p", "div", "br", "li", "ul", "ol", "blockquote", "pre", "tr", "table", "h1", "h2", "h3"}
_SILENT = {"script", "style", "noscript"}


def recognises_page(markup: str) -> bool:
    """Whether the page has articles of Factiva, or is another page of Factiva."""
    return _ARTICLE.search(markup) is not None or (
        "Factiva" in markup
        and _SITE.search(markup) is not None
        and _IS_OURS.search(markup) is not None
    )


def read_page(markup: str, source: Source) -> Iterator[Article | Rejection]:
    """Yield the articles, and a rejection for each whose bounds are uncertain."""
    tree = page_tree(markup)
    is_damaged = swallowed(tree)
    articles = apart(tree, lambda element: _language(element) is not None)
    for number, article in enumerate(articles, 1):
        if doubt := _doubt(article):
            yield unsplittable("Factiva", doubt, REMEDY).at(f"article {number}")
        else:
            yield entry(_metadata(article), source, NAME, f"article {number}")
    if is_damaged or any(_PARAGRAPH in _classes(e) for e in tree.iter()):
        yield unsplittable("Factiva", "text stands outside of any article", REMEDY)
    elif not articles:
        yield unsplittable(
            "Factiva",
            "the page has no article, only a list or a form",
            "select the articles in Factiva and export them as HTML or RTF",
        )


def _doubt(article: Any) -> str | None:
    """Return why an element may hold more than one article."""
    heads = [e for e in article.iterdescendants() if _has_class(e, _HEADLINE)]
    numbers = [e for e in article.iterdescendants("p", "td") if is_document_number(one_line(e))]
    if len(heads) > 1 or len(numbers) > 1:
        return f"{len(heads)} headlines and {len(numbers)} numbers of documents in one article"
    codes = [code for code, _ in _rows(article)]
    return "a code comes twice in one article" if len(set(codes)) < len(codes) else None


def _metadata(article: Any) -> SourceMetadata:
    rows = _rows(article)
    if rows:
        metadata = metadata_of({code: _cell(code, cell) for code, cell in rows})
    else:
        metadata = _without_codes(article)
    metadata.language = metadata.language or _language(article)
    return metadata


def _rows(article: Any) -> list[tuple[str, Any]]:
    """Return codes and cells of the table of fields; a table in the text is none."""
    found = []
    for table in article.iterchildren("table"):
        for row in (e for e in table.iter("tr") if next(e.iterancestors("table")) is table):
            cells = children(row, "td")
            code = one_line(cells[0]).strip() if len(cells) == 2 else ""
            if code in HEAD or code in BODY or code in TAIL:
                found.append((code, cells[1]))
    return found


def _cell(code: str, cell: Any) -> list[str]:
    if code not in BODY:
        return [one_line(cell)]
    return [line for text in _paragraphs(cell) or [_text(cell)] for line in (text, "")]


def _without_codes(article: Any) -> SourceMetadata:
    headline, authors, lines = None, list[str](), list[str]()
    for element in article.iterdescendants("div"):
        if element.get("id") == "hd":
            heads = [e for e in element.iter() if _has_class(e, _HEADLINE)]
            headline = one_line(heads[0] if heads else element)
        elif "author" in _classes(element):
            authors += names_of(one_line(element))
        elif not children(element, "div"):
            lines.append(one_line(element))
    header = header_of([line for line in lines if line])
    return SourceMetadata(
        NAME,
        body="\n\n".join(_paragraphs(article)),
        headline=headline,
        outlet=header.outlet,
        authors=authors,
        dates=[(header.day, f"{NAME} header", None)] if header.day else [],
        language=header.language,
    )


def _paragraphs(element: Any) -> list[str]:
    """Return the texts of the paragraphs that are marked as the article's text."""
    marked = outermost(element, lambda e: _PARAGRAPH in _classes(e))
    return [text for paragraph in marked if (text := _text(paragraph))]


def _text(element: Any) -> str:
    return block_text(element, _BLOCKS, _SILENT)


def _language(element: Any) -> str | None:
    """Return the language of an article's element; None for other elements."""
    classes = _classes(element)
    if "article" not in classes:
        return None
    return next((m[1] for token in classes if (m := _LANGUAGE.fullmatch(token))), None)


def _has_class(element: Any, pattern: re.Pattern[str]) -> bool:
    return any(pattern.fullmatch(token) for token in _classes(element))


def _classes(element: Any) -> list[str]:
    return (element.get("class") or "").split() if isinstance(element.tag, str) else []
