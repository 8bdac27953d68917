"""The outlet of an article, which those who speak tell something."""

from __future__ import annotations

import pytest

from etl.domain import Article
from etl.extract import get_extractor


@pytest.mark.parametrize("extractor", ["tagger", "fast", "rules"])
@pytest.mark.parametrize(
    ("words", "outlet", "is_actor"),
    [
        ("Lise Holm told Reuters that it was over.", "Reuters", False),
        ("Lise Holm said in an interview with Reuters that it was over.", "Reuters", False),
        ("Lise Holm told Reuters that it was over.", "Harbour Courier", True),
        ("Lise Holm told Reuters that it was over.", None, True),
        ("Lise Holm sued Reuters on Monday.", "Reuters", True),
    ],
)
def test_an_outlet_that_is_told_something_is_no_actor_of_its_own_article(
    extractor: str, words: str, outlet: str | None, is_actor: bool
) -> None:
    found = get_extractor(extractor).extract(Article(None, words, outlet=outlet))
    expected = {"Lise Holm", "Reuters"} if is_actor else {"Lise Holm"}
    assert {actor.name for actor in found.actors} == expected
