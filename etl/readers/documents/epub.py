"""E-books of news (.epub): each article of the table of contents, as Calibre's recipes make them.

Belongs here: where an article begins and ends in the files of a book, and its metadata. Does not
belong here: the package (`readers.documents.epub_package`), opening the ZIP archive
(`readers.containers.zip_archive`).

An entry of the contents begins an article, and so does a file that begins with a heading. A file
without either goes on with the article before it, because programs split long files. Covers,
imprints, lists of links and pages without a text are no articles. The outlet is the title of the
book, without its date. The date of the download, which Calibre writes into the book and its title,
is no date of an article.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import lxml.etree as et
import lxml.html

from etl.domain import Article
from etl.readers.base import Rejected, Rejection
from etl.readers.dates import WrittenDate, date_at
from etl.readers.documents.epub_package import CONTAINER, Package, package_of
from etl.readers.documents.office_parts import part_of_document
from etl.readers.markup import BLOCKS, SILENT, html_text, line_of, local_name
from etl.readers.pages.html_page import metas_of
from etl.readers.pages.page_dates import Found, dates_of
from etl.readers.source import Source
from etl.readers.source_metadata import SourceMetadata, article, letters_of
from etl.readers.timestamps import parse_date

name = "epub"

_HEADINGS = {"h1", "h2", "h3"}
_HEADING_LINES = 6
"""Lines at the top of an article among which its headline is."""
_NAVIGATION = re.compile(r"\bcalibre_navbar")
_LIST = re.compile(r"\bcalibre_(?:feed|article)_list")
_LINKS = 0.5
"""Share of a text's letters in links from which it is a list of articles."""
_ISSUE = re.compile(
    r"\s*[\[(][^\])]{0,60}\d[^\])]{0,60}[\])]\s*\Z|\s+(?:issue|no\.?|vol\.?)\s*\d+\s*\Z", re.I
)
_SEPARATOR = re.compile(r"\s*[,:|–—-]\s+")
_FEED_DAY = re.compile(r"\[?\s*(?:[A-Za-z]{3},\s*)?(\d{1,2} [A-Za-z]{3})\b")
_MAX_CHARS = 300


def is_part(name: str, package: Package) -> bool:
    """Whether a member of the ZIP archive belongs to the book itself."""
    return name in package.parts or name.startswith("META-INF/")


@dataclass(slots=True)
class _Text:
    """A stretch of a book: lines with the names of their elements, and what it is about."""

    title: str | None = None
    lines: list[tuple[str, str]] = field(default_factory=list)
    link_chars: int = 0
    url: str | None = None
    dates: list[Found] = field(default_factory=list)

    @property
    def is_article(self) -> bool:
        chars = sum(len(text) for _, text in self.lines)
        is_prose = any(tag not in _HEADINGS for tag, _ in self.lines)
        return is_prose and self.link_chars < _LINKS * chars


def articles_of(
    archive: zipfile.ZipFile, source: Source, book: Package
) -> Iterator[Article | Rejection | None]:
    """Yield the articles of an opened book in reading order. Raises Rejected."""
    title, in_title = _outlet(book.title)
    found = 0
    feed_days: dict[str, str] = {}
    waiting: _Text | None = None
    for path in book.files:
        yield None
        tree = _tree(part_of_document(archive, path, source, "e-book"))
        if tree is None or path in book.furniture:
            continue
        if any(_LIST.search(e.get("class") or "") for e in tree.iter("ul")):
            feed_days |= _feed_days(tree, path)
            continue
        for number, text in enumerate(_texts(tree, book.contents.get(path, {}))):
            is_listed = text.title is not None
            begins = is_listed or (text.lines and text.lines[0][0] in _HEADINGS)
            if number == 0 and not begins and waiting is not None and text.is_article:
                waiting.lines += text.lines
                waiting.url = waiting.url or text.url
                continue
            if waiting is not None:
                found += 1
                yield _article(waiting, book, title, source)
            waiting = text if text.is_article and not _is_cover(text, book, title) else None
            if waiting is not None:
                waiting.dates += [
                    *_feed_date(feed_days.get(path), book),
                    *([] if book.is_download else in_title),
                    *([] if book.is_download else [(d, "epub date", None) for d in book.dates]),
                ]
    if waiting is not None:
        found += 1
        yield _article(waiting, book, title, source)
    if not found:
        raise Rejected(
            "empty", "the e-book has no text", "if its pages are pictures, ingest another edition"
        )


def _tree(data: bytes) -> Any:
    text = re.sub(r"\A\s*<\?xml[^>]*>", "", html_text(data, None))
    try:
        return lxml.html.document_fromstring(text)
    except (et.ParserError, et.XMLSyntaxError, ValueError):
        return None


def _texts(tree: Any, places: dict[str, str]) -> Iterator[_Text]:
    """Yield the stretches of a file, which begin at the places in it that the contents name."""
    texts = [_Text(places.get(""))]
    words: list[str] = []
    muted_by: list[Any] = []
    links = 0

    def flush(tag: str) -> None:
        if line := " ".join("".join(words).split()):
            texts[-1].lines.append((tag, line))
        words.clear()

    for event, element in et.iterwalk(tree, events=("start", "end", "comment", "pi")):
        tag = local_name(element)
        if event == "start":
            if (place := element.get("id")) in places and place and not muted_by:
                flush("p")
                if texts[-1].lines or texts[-1].title is not None:
                    texts.append(_Text())
                texts[-1].title = texts[-1].title or places[place]
            if tag == "a" and "calibre" in f"{element.get('rel')} {_line_before(element)}":
                texts[-1].url = element.get("href")
            if tag in BLOCKS:
                flush(local_name(element.getparent()) if element.getparent() is not None else "p")
            links += tag == "a"
            if muted_by:
                continue
            if tag in SILENT or tag == "nav" or _NAVIGATION.search(element.get("class") or ""):
                muted_by.append(element)
                continue
            words.append(element.text or "")
            texts[-1].link_chars += len((element.text or "").strip()) if links else 0
            continue
        if event == "end":
            if tag in BLOCKS:
                flush(tag)
            links -= tag == "a"
            if muted_by and muted_by[-1] is element:
                muted_by.pop()
        if not muted_by and element is not tree:
            words.append(element.tail or "")
    flush("p")
    if len(texts) == 1:
        headline = next(iter(tree.iter("h1", "h2", "h3")), None)
        texts[0].dates = dates_of(tree, metas_of(tree), [], headline)
    yield from texts


def _is_cover(text: _Text, book: Package, outlet: str | None) -> bool:
    """Whether a text only says what the book says of itself: its title, day, makers."""
    said = {letters_of(s) for s in (book.title, outlet, book.publisher, *book.authors) if s}
    return all(
        letters_of(line) in said or ((there := date_at(line)) and there[1] == len(line))
        for _, line in text.lines
    )


def _line_before(link: Any) -> str:
    """Return the program's name if a link follows "This article was downloaded by calibre from"."""
    previous = link.getprevious()
    return (
        line_of(previous)[:20] if previous is not None and local_name(previous) == "strong" else ""
    )


def _article(text: _Text, book: Package, outlet: str | None, source: Source) -> Article | Rejection:
    headings = [(tag, line) for tag, line in text.lines[:_HEADING_LINES] if tag in _HEADINGS]
    headline = _headline(headings, text.title)
    lines = [line for _, line in text.lines]
    if headline in lines[:_HEADING_LINES]:
        lines.remove(headline)
    is_page = letters_of(headline or "") == letters_of(book.title or "")
    metadata = SourceMetadata(
        "epub heading" if headings else "epub contents",
        body="\n\n".join(lines),
        headline=headline,
        # A book of one page is called like the page, and its author is the page's.
        outlet=book.publisher if is_page and book.source is None else None if is_page else outlet,
        authors=[a for a in book.authors if is_page and a.lower() not in ("calibre", "unknown")],
        dates=text.dates,
        url=text.url or (book.source if is_page or len(book.files) == 1 else None),
        language=book.language,
        methods={
            "outlet": "epub publisher" if is_page else "epub title",
            "authors": "epub creator",
        },
    )
    try:
        return article(metadata, source, name)
    except Rejected as rejected:
        return rejected.rejection


def _headline(headings: list[tuple[str, str]], title: str | None) -> str | None:
    """Return the heading that the contents name, else the highest, else what the contents say."""
    for _, line in headings:
        if letters_of(line) == letters_of(title or ""):
            return line
    return min(headings, key=lambda heading: heading[0], default=("", title))[1]


def _outlet(title: str | None) -> tuple[str | None, list[Found]]:
    """Return the title of a book without its issue, and the date in it."""
    outlet = _ISSUE.sub("", (title or "")[:_MAX_CHARS]).strip()
    for mark in _SEPARATOR.finditer(outlet):
        there = date_at(outlet, mark.end())
        if there and there[1] == len(outlet):
            return outlet[: mark.start()] or None, [(there[0], "epub title", None)]
    return outlet or None, []


def _feed_days(tree: Any, path: str) -> dict[str, str]:
    """Return the day and month that Calibre's list of a feed states beside each article."""
    found: dict[str, str] = {}
    folder = path.rpartition("/")[0]
    for item in tree.iter("li"):
        link = next(iter(item.iter("a")), None)
        days = [s for s in item.iter("span") if "article_date" in (s.get("class") or "")]
        if link is not None and days and (day := _FEED_DAY.search(line_of(days[0]))):
            href = (link.get("href") or "").split("#")[0]
            found[f"{folder}/{href}".lstrip("/")] = day[1]
    return found


def _feed_date(day: str | None, book: Package) -> list[Found]:
    """Return the date of an article in a feed: the last such day before the download."""
    written = next((w for d in book.dates if (w := _day(d))), None)
    if day is None or written is None:
        return []
    for year in (written.year, written.year - 1):
        there = date_at(f"{day} {year}")
        if there and there[0].on and there[0].on <= written + timedelta(days=1):
            return [(WrittenDate(there[0].on), "epub article_date", None)]
    return []


def _day(text: str) -> date | None:
    try:
        written = parse_date(text)
    except ValueError:
        return None
    return written.on if written else None


__all__ = ["CONTAINER", "articles_of", "is_part", "name", "package_of"]
