"""Exports that are recognised, but not read: their articles can't be told apart with certainty.

Belongs here: the marks by which they are recognised, and what to do instead. Does not belong here:
exports that are read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from etl.domain import Article
from etl.readers.base import Rejection
from etl.readers.exports.entries import unsplittable
from etl.readers.source import Source


@dataclass
class UnreadExport:
    """The exports of one database; all of `marks` are found in a text, one of `pages` in a page."""

    name: str
    database: str
    remedy: str
    marks: tuple[re.Pattern[str], ...]
    pages: re.Pattern[str] | None = None

    def recognises(self, text: str) -> bool:
        """Whether the text is an export of the database."""
        return all(mark.search(text) for mark in self.marks)

    def recognises_page(self, markup: str) -> bool:
        """Whether the page is an export of the database."""
        return self.pages is not None and self.pages.search(markup) is not None

    def read(self, text: str, source: Source) -> Iterator[Article | Rejection]:
        """Yield the rejection of the whole export."""
        why = "this form doesn't mark where an article begins and ends"
        yield unsplittable(self.database, why, self.remedy)

    def read_page(self, markup: str, source: Source) -> Iterator[Article | Rejection]:
        """Yield the rejection of the whole export."""
        return self.read("", source)


EUROPRESSE = UnreadExport(
    "europresse",
    "Europresse",
    "export the articles from Europresse again as HTML, and ingest that file",
    (
        re.compile(r"news·\d{8}·\w"),
        re.compile(r"certificat|numéro de document|document number|europresse", re.IGNORECASE),
    ),
)
GENIOS = UnreadExport(
    "genios",
    "Genios (wiso)",
    "write each article into a text file of its own (headline, a line 'By NAME – OUTLET', the "
    "text), or all of them into a CSV file with the columns title, date, source, author and text",
    (
        re.compile(r"GBI-Genios Deutsche Wirtschaftsdatenbank|wiso-net\.de/document/"),
        re.compile(r"(?:Dauerhafte Adresse des Dokuments|Dokumentnummer|Quelle|Ressort):"),
    ),
    re.compile(r"<pre\s[^<>]{0,200}\bdoc(?:Title|Source|Copy)\b"),
)
