"""Reuters-21578 as dated texts, read by the reader of the product.

Belongs here: which of its items are measured on (`stories`): those with a body of their own. Does
not belong here: reading its SGML (`etl.readers.reuters_sgml`). No text of it enters the project.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from etl.readers import read_items
from training.corpora import corpora_folder


@dataclass(frozen=True, slots=True)
class Item:
    """One wire item; `number` is its NEWID, which is in the order of arrival."""

    number: int
    published_on: date
    headline: str
    body: str


def items() -> Iterator[Item]:
    """The items that have a body, by NEWID. Raises FileNotFoundError where the corpus is absent."""
    folder = corpora_folder() / "articles" / "reuters21578"
    number = 0
    for path in sorted(folder.glob("*.sgm"), key=lambda path: int(path.stem)):
        with path.open("rb") as file:
            for item in read_items(file, path.stat().st_size, path.name):
                number += 1  # items are numbered from 1 through all files
                found = item.article
                if found is not None and found.published_on is not None:
                    yield Item(number, found.published_on, found.headline or "", found.body)
