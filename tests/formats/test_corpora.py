"""External corpora: every item is either an article or rejected with a reason."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

from etl.readers import Item, read_items

CORPORA = Path(
    os.environ.get("NEWSACTORS_CORPORA")
    or Path(__file__).resolve().parents[2].parent / "shared" / "corpora"
)
pytestmark = pytest.mark.skipif(not CORPORA.exists(), reason=f"no corpora in {CORPORA}")


def items(pattern: str) -> list[Item]:
    found: list[Item] = []
    for path in sorted(CORPORA.glob(pattern)):
        with path.open("rb") as file:
            found += read_items(file, path.stat().st_size, path.name)
    return found


def test_both_wikinews_tables_have_295_dated_articles() -> None:
    found = items("articles/wikinews_*.csv")
    assert len(found) == 295
    assert all(item.article and item.article.published_on for item in found)


def test_the_address_line_is_the_source_and_not_part_of_the_body() -> None:
    found = [item.article for item in items("ner/worldwide/text/*.txt")]
    assert len(found) == 871
    assert all(a and a.url and a.outlet and a.url not in a.body for a in found)
    assert {a.language for a in found if a} == {"en"}


@pytest.mark.parametrize(
    ("pattern", "articles", "empty"),
    [
        pytest.param("0.sgm", 940, 60, id="one file"),
        pytest.param("*.sgm", 19_775, 1_803, marks=pytest.mark.soak, id="all 22"),
    ],
)
def test_every_item_of_reuters_is_accounted_for(pattern: str, articles: int, empty: int) -> None:
    found = items(f"articles/reuters21578/{pattern}")
    reasons = Counter(item.rejection.reason if item.rejection else "article" for item in found)
    assert reasons == {"article": articles, "empty": empty}
    assert all(item.article.published_on for item in found if item.article)
