"""Exports of news databases as web pages: many articles in one page.

Belongs here: the interface of such an export, and the list of them. Does not belong here: pages of
one article (`readers.pages.html_page`), exports as text (`readers.exports`).

They are recognised in the whole page, and not by `sniff`: a page of Factiva has 200 KB of styles
before its first article, and a reader is chosen by the first 64 KB. So a page is recognised in any
container: a file, an archive, a mail, a page saved by a browser.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from etl.domain import Article
from etl.readers.base import Rejection
from etl.readers.exports import europresse_page, factiva_page, lined_page
from etl.readers.exports.unread import GENIOS
from etl.readers.source import Source


class PageExport(Protocol):
    """A module that reads the exports of a database from their page.

    `recognises_page` judges the markup. `read_page` yields in document order; it raises Rejected if
    the page can't be split with certainty.
    """

    def recognises_page(self, markup: str) -> bool: ...

    def read_page(self, markup: str, source: Source) -> Iterator[Article | Rejection]: ...


PAGE_EXPORTS: tuple[PageExport, ...] = (factiva_page, europresse_page, lined_page, GENIOS)


def page_export_of(markup: str) -> PageExport | None:
    """Return the database that wrote the page, or None if it is a page of another kind."""
    return next((export for export in PAGE_EXPORTS if export.recognises_page(markup)), None)
