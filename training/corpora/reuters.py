"""Reads Reuters-21578 as dated texts, with the reader of the warehouse.

Belongs here: the location of the corpus, and the order of its items. Does not belong here: its SGML
(`etl.readers.reuters_sgml`), measures on it (`training.stories`). No text of it enters the project.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from etl.domain import Article
from etl.readers.reuters_sgml import records
from etl.readers.source import Budget, Source
from etl.settings import Limits
from training.corpora.documents import corpora_folder


@dataclass(frozen=True, slots=True)
class Item:
    """One wire item; `number` is its NEWID, in order of arrival.

    If not `is_processed`, the corpus does not separate headline and text; most are price lists.
    """

    number: int
    published_on: date
    headline: str
    body: str
    is_processed: bool = True
    outlet: str = "Reuters"


def items() -> Iterator[Item]:
    """Yield the items that have a body, by NEWID.

    Raises FileNotFoundError if the corpus is missing.
    """
    folder = corpora_folder() / "articles" / "reuters21578"
    for path in sorted(folder.glob("*.sgm"), key=lambda path: int(path.stem)):
        with path.open("rb") as file:
            budget = Budget(Limits(), path.stat().st_size)
            for record in records(Source.of(file, path.name, budget)):
                found = record.part
                if isinstance(found, Article) and record.number and found.published_on:
                    yield Item(
                        record.number,
                        found.published_on,
                        found.headline or "",
                        found.body,
                        record.is_processed,
                    )
