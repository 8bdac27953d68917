"""Coreference within one article: which mentions refer to the same actor."""

import pytest
from extract_view import read


def test_surname_and_first_name_refer_to_the_full_name() -> None:
    view = read("Lise Holm came in. Holm sat down. Everybody knows Lise. Mrs. Holm smiled.")
    assert view.mentions_of("Lise Holm") == ["Lise Holm", "Holm", "Lise", "Holm"]


def test_the_fullest_form_names_the_actor() -> None:
    view = read("They thanked Walter Brandt and then Walter J. Brandt again.")
    assert view.types == {"Walter J. Brandt": "PERSON"}


def test_two_people_with_one_surname_stay_separate() -> None:
    view = read("Lise Holm met Emil Holm. Later, Emil left and Lise stayed.")
    assert view.mentions_of("Lise Holm") == ["Lise Holm", "Lise"]
    assert view.mentions_of("Emil Holm") == ["Emil Holm", "Emil"]


def test_a_shared_surname_refers_to_the_person_named_first() -> None:
    view = read("Lise Holm spoke. Then came Emil Holm. Holm left early, and Mr. Holm stayed.")
    assert view.mentions_of("Lise Holm") == ["Lise Holm", "Holm"]
    assert view.mentions_of("Emil Holm") == ["Emil Holm", "Holm"]


def test_father_and_son_stay_separate() -> None:
    view = read("Walter Brandt Jr. sat beside Walter Brandt Sr. at the table.")
    assert set(view.types) == {"Walter Brandt Jr.", "Walter Brandt Sr."}
    view = read("Walter Brandt spoke. Walter Brandt Jr. sat at the table.")
    assert set(view.types) == {"Walter Brandt", "Walter Brandt Jr."}


def test_an_acronym_in_brackets_refers_to_its_expansion() -> None:
    view = read("The Osterby Harbour Authority (OHA) met. The OHA then closed the port.")
    assert view.mentions_of("Osterby Harbour Authority") == [
        "Osterby Harbour Authority",
        "OHA",
        "OHA",
    ]


def test_a_capital_city_is_not_merged_with_its_country() -> None:
    view = read("Moscow said that it would not answer. Russia waited.")
    assert view.types == {"Moscow": "GPE", "Russia": "GPE"}
    assert view.speaker("it would not answer") == "Moscow"


def test_a_pronoun_means_the_only_person_more_surely_than_one_of_two() -> None:
    view = read("Lise Holm arrived late. She apologised.")
    assert view.mentions_of("Lise Holm") == ["Lise Holm", "She"]
    assert view.mention("She").kind == "pronoun"
    other = read("Lise Holm met Anna Vik. She apologised.")
    assert other.mention("She").confidence < view.mention("She").confidence


@pytest.mark.parametrize(
    "body",
    [
        "Nobody was named. He left.",
        "The letter thanked Emil Drahm and Jonas Vik. Then it rained. He left.",
    ],
)
def test_an_ambiguous_pronoun_is_skipped(body: str) -> None:
    assert "He" not in read(body).surfaces()
