"""Days of corpora beside their sources: what counts as a contradiction."""

from __future__ import annotations

from datetime import date

import pytest

from etl.domain import Article
from training.corpora.documents import CorporaMissingError, corpora_folder
from training.evaluation.days import CORPORA, count, row

DAY, NEXT = date(2025, 3, 1), date(2025, 3, 2)


def read(day: date | None, method: str = "file name") -> Article:
    return Article(None, "Text.", published_on=day, date_method=method if day else None)


def test_another_day_contradicts_and_an_unknown_one_does_not() -> None:
    counted = count(
        [
            ("same", DAY, read(DAY)),
            ("unknown", DAY, read(None)),
            ("not stated", None, read(DAY)),
            ("other", DAY, read(NEXT)),
            ("dateline", DAY, read(NEXT, "dateline")),
        ]
    )
    assert row("test", counted) == "| test | 5 | 4 | 4 | 1 | 1 | 1 |"
    assert counted.contradicting == ["other: 2025-03-02 by file name, the source states 2025-03-01"]


@pytest.mark.soak
@pytest.mark.parametrize("name", CORPORA)
def test_no_article_of_a_corpus_has_another_day_than_its_source(name: str) -> None:
    try:
        folder = corpora_folder()
    except CorporaMissingError as missing:
        pytest.skip(str(missing))
    counted = count(CORPORA[name](folder))
    assert counted.articles
    assert counted.contradicting == []
