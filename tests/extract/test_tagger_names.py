"""Names from the network, repaired where it joins what the layout separates."""

from __future__ import annotations

import pytest

from etl.domain import Article
from etl.extract import get_extractor


@pytest.mark.parametrize("extractor", ["tagger", "fast"])
@pytest.mark.parametrize(
    ("headline", "body", "names"),
    [
        (
            "Council Elects Lise Holm",
            "Emil Drahm lost the vote on Monday.",
            [("headline", "Lise Holm"), ("body", "Emil Drahm")],
        ),
        (
            "Five Questions for Hanna Brevik",
            "Hanna Brevik runs the smallest bank.",
            [("headline", "Hanna Brevik"), ("body", "Hanna Brevik")],
        ),
    ],
)
def test_a_name_at_the_end_of_the_headline_and_one_after_it_are_two(
    extractor: str, headline: str, body: str, names: list[tuple[str, str]]
) -> None:
    found = get_extractor(extractor).extract(Article(headline, body))
    assert [(m.part, m.surface) for m in found.mentions if m.kind == "name"] == names


@pytest.mark.parametrize("extractor", ["tagger", "fast"])
def test_titles_and_other_words_before_a_name_are_no_part_of_it(extractor: str) -> None:
    body = "Dep. Brandt left. Trooper Max Brolin and Playmate Lola Venn stayed with Brandt."
    found = get_extractor(extractor).extract(Article(None, body))
    assert {actor.name for actor in found.actors} == {"Brandt", "Max Brolin", "Lola Venn"}
