"""Exports of Factiva as text, from RTF, TXT, DOCX or PDF: with codes, and without.

Belongs here: recognising them, and choosing the layout. Does not belong here: the layouts
(`exports.factiva_codes`, `factiva_plain`), what the fields mean (`exports.factiva_fields`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from etl.domain import Article
from etl.readers.base import Rejection
from etl.readers.exports.entries import entry, unsplittable
from etl.readers.exports.factiva_codes import coded_articles
from etl.readers.exports.factiva_fields import (
    NAME,
    REMEDY,
    document_numbers,
    has_word_count,
    metadata_of,
)
from etl.readers.exports.factiva_plain import has_header, plain_articles
from etl.readers.source import Source

name = NAME

_CODED = re.compile(r"^[ \t\u00a0]{0,40}(?:WC|PD|SN)(?![A-Za-z])", re.MULTILINE)


def recognises(text: str) -> bool:
    """Whether the text has codes of Factiva, a whole header, or a document's number and words."""
    if _CODED.search(text) and next(coded_articles(text), None) is not None:
        return True
    if document_numbers(text) > 0:
        return has_word_count(text, within_line=True)
    return has_word_count(text, within_line=False) and has_header(text)


def read(text: str, source: Source) -> Iterator[Article | Rejection]:
    """Yield the articles, and a rejection for each whose parts can't be told apart."""
    number = 0
    for number, found in enumerate(coded_articles(text), 1):
        if found.doubt:
            yield unsplittable("Factiva", found.doubt, REMEDY).at(f"article {number}")
        else:
            yield entry(metadata_of(found.fields), source, NAME, f"article {number}")
    if not number:
        for number, part in enumerate(plain_articles(text), 1):
            if isinstance(part, str):
                yield unsplittable("Factiva", part, REMEDY).at(f"article {number}")
            else:
                yield entry(part, source, NAME, f"article {number}")
