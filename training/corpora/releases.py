"""Reads press releases of members of the US Congress, 2005 to 2019: dated, without headlines.

Belongs here: reading their file. Does not belong here: measures on them (`training.stories`). No
text of them enters the project.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Collection, Iterator
from datetime import date

from training.corpora.documents import corpora_folder
from training.corpora.reuters import Item

_DAY = re.compile(r"(\d+)\.(\d+)\.(\d{4})")


def items(years: Collection[int]) -> Iterator[Item]:
    """Yield the releases of some years by date; `number` is the line in the file, from 1.

    The member is the outlet. Lines without a date are left out. Raises FileNotFoundError if the
    corpus is missing.
    """
    found = []
    path = corpora_folder() / "raw_text" / "congress_press_releases.tsv.gz"
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            fields = line.rstrip("\n").split("\t")
            match = _DAY.search(fields[1]) if len(fields) == 3 else None
            if match and int(match[3]) in years:
                month, day, year = map(int, match.groups())
                found.append(Item(number, date(year, month, day), "", fields[2], outlet=fields[0]))
    yield from sorted(found, key=lambda item: (item.published_on, item.number))
