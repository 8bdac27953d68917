"""A newer newsactors, for tests: with this folder on its path, Python reads exports of a database.

Without it they are one article, as an older version read them. Processes that read files get the
path of the one that starts them. The environment variable GAZETTE says how well they are read:
"1" splits at documents; "2" also splits at "* * *", and takes a text's first line as headline.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import date
from types import SimpleNamespace

import etl.readers.exports
from etl.domain import Article
from etl.readers.source import Source

_DOCUMENT = re.compile(r"^Document \d+ of \d+ in the Gazette\n", re.MULTILINE)


def _read(text: str, source: Source) -> Iterator[Article]:
    is_newest = os.environ.get("GAZETTE") == "2"
    for document in _DOCUMENT.split(text)[1:]:
        for part in (
            re.split(r"^\* \* \*\n", document, flags=re.MULTILINE) if is_newest else [document]
        ):
            headline, _, body = part.strip().partition("\n") if is_newest else ("", "", part)
            if not part.strip():
                continue
            yield Article(
                headline or None, body.strip(), "Gazette", published_on=date(2025, 3, 1),
                source_format="gazette",
            )  # fmt: skip


if os.environ.get("GAZETTE"):
    etl.readers.exports.TEXT_EXPORTS = (
        SimpleNamespace(
            name="gazette",
            recognises=lambda text: _DOCUMENT.search(text) is not None,
            read=_read,
        ),
    )
