"""Sources that are texts speak for who issued them; and the head of a source is who speaks."""

from __future__ import annotations

import pytest

from etl.domain import Article
from etl.extract import get_extractor

NORDHAVN = "Nordhavn Energy lost money last year. "
HOLM = "Mayor Lise Holm was ill on Monday. "


def speaker(extractor: str, body: str) -> str | None:
    found = get_extractor(extractor).extract(Article("Plan for Winter", body))
    speakers = {quote.speaker for quote in found.quotes}
    assert len(speakers) == 1, found.quotes
    number = speakers.pop()
    return None if number is None else found.actors[number].name


@pytest.mark.parametrize("extractor", ["tagger", "rules"])
@pytest.mark.parametrize(
    ("body", "who"),
    [
        (NORDHAVN + "Nordhavn Energy's report said the plant would close.", "Nordhavn Energy"),
        (NORDHAVN + "A Nordhavn Energy statement said the plant would close.", "Nordhavn Energy"),
        ("According to the website of Nordhavn Energy, the plant will close.", "Nordhavn Energy"),
        ("According to a statement from Nordhavn Energy, it will close.", "Nordhavn Energy"),
        (HOLM + "Lise Holm's statement said the plan would not change.", "Lise Holm"),
        (HOLM + "Her office said the plan would not change.", None),
        (HOLM + "Lise Holm's campaign statement said the plan would not change.", None),
        (HOLM + "The Holm documents said the plan would not change.", None),
    ],
)
def test_a_text_speaks_for_who_issues_it(extractor: str, body: str, who: str | None) -> None:
    assert speaker(extractor, body) == who


@pytest.mark.parametrize(
    ("body", "who"),
    [
        (NORDHAVN + "Its press release said the plant would close.", "Nordhavn Energy"),
        (HOLM + "Her statement said the plan would not change.", "Lise Holm"),
        ("A study by economists Emil Drahm and Ada Merrow found that prices fell.", "Emil Drahm"),
        ("An EB-5 fund-raising document said the visas were safe.", None),
        ("The memo about Nordhavn Energy said the plant would close.", None),
        (HOLM + "Voters who dislike Lise Holm said the plan would not change.", None),
        ("Members of the Harbour Party said the plan would not change.", None),
    ],
)
def test_the_head_of_a_source_speaks(body: str, who: str | None) -> None:
    assert speaker("tagger", body) == who
