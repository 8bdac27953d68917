"""Peoples and parties: how they are named, and when they speak."""

from __future__ import annotations

import pytest
from extract_view import read

from etl.domain import Article
from etl.extract import get_extractor
from etl.extract.lexicon import load_lexicon
from etl.extract.peoples import noun


@pytest.mark.parametrize(
    ("form", "plural"),
    [
        ("Democratic", "Democrats"),
        ("Swedish", "Swedes"),
        ("Russian", "Russians"),
        ("RUSSIAN", "Russians"),
        ("Russians", "Russians"),
        ("French", "French"),
        ("Islamic", "Islamic"),
        ("Osterlandian", "Osterlandian"),
    ],
)
def test_a_people_has_a_noun(form: str, plural: str) -> None:
    assert noun(form, load_lexicon()) == plural


@pytest.mark.parametrize("extractor", ["tagger", "fast", "rules"])
def test_a_people_is_named_by_its_noun(extractor: str) -> None:
    body = "The Democratic plan failed. Swedish ships left, and Danish ones stayed with Danes."
    found = get_extractor(extractor).extract(Article(None, body))
    assert {actor.name for actor in found.actors} == {"Democrats", "Swedes", "Danes"}


@pytest.mark.parametrize("extractor", ["tagger", "rules"])
def test_a_people_in_capitals_is_the_same(extractor: str) -> None:
    article = Article("SWEDISH SHIPS LEAVE HARBOUR", "The Swedish ships left on Monday morning.")
    assert len(get_extractor(extractor).extract(article).actors) == 1


def test_a_people_that_no_list_has_is_named_by_its_noun_if_it_is_written() -> None:
    view = read("The Osterlandian ships left Osterland. The Osterlandians stayed.")
    assert view.types == {"Osterlandians": "NORP", "Osterland": "GPE"}


@pytest.mark.parametrize("extractor", ["tagger", "rules"])
@pytest.mark.parametrize(
    ("source", "speaker"),
    [
        ("Russians", "Russians"),
        ("a Russian", None),
        ("Russian officials", None),
        ("the Republican", None),
    ],
)
def test_only_a_people_speaks_and_not_one_of_it(
    extractor: str, source: str, speaker: str | None
) -> None:
    body = f"Russians and Republicans met. “We will stay here,” {source} said."
    found = get_extractor(extractor).extract(Article(None, body))
    names = {actor.local_id: actor.name for actor in found.actors}
    speakers = {None if q.speaker is None else names[q.speaker] for q in found.quotes}
    assert speakers == {speaker}
