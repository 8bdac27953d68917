"""Exports of news databases: many articles in one file, with labelled fields.

A database writes the same text into TXT, RTF, DOCX or PDF. So the container's reader extracts the
text, and `export_of` recognises the database by its lines, whatever the container. Pages have their
list in `exports.pages`; `factiva_xml` is a reader of its own.

Belongs here: modules that split what one database writes into articles, and the lists of them. Does
not belong here: the formats around them (`readers.text_file`, `readers.documents`,
`readers.pages`), text that is one article (`readers.text`).

To add a database, write a module with the names of `TextExport` and add it to TEXT_EXPORTS. An
export that is recognised but can't be split with certainty must be rejected as `unsupported`, with
the database's name and what to do: reading several articles as one mixes their people and days.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from etl.domain import Article
from etl.readers.base import Rejection
from etl.readers.exports import factiva_text, nexis, nexis_uni, proquest
from etl.readers.exports.unread import EUROPRESSE, GENIOS
from etl.readers.source import Source


class TextExport(Protocol):
    """A module that reads the exports of one database from their text.

    `name` becomes `Article.source_format`. `recognises` judges by marks that no single article has.
    `read` yields in file order; it raises Rejected if the text can't be split with certainty.
    """

    name: str

    def recognises(self, text: str) -> bool: ...

    def read(self, text: str, source: Source) -> Iterator[Article | Rejection]: ...


TEXT_EXPORTS: tuple[TextExport, ...] = (
    proquest,
    nexis_uni,
    nexis,
    factiva_text,
    EUROPRESSE,
    GENIOS,
)


def export_of(text: str) -> TextExport | None:
    """Return the database that wrote the text, or None if it is one article."""
    return next((export for export in TEXT_EXPORTS if export.recognises(text)), None)
