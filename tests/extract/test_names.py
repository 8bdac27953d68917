"""Names: their spans, types and roles."""

import pytest
from extract_view import read

from etl.extract.lexicon import load_lexicon
from etl.extract.names import Name
from etl.extract.titles import TitleFinder
from etl.extract.tokens import segment


@pytest.mark.parametrize(
    ("body", "name", "kind"),
    [
        ("He met President Orsola von der Brink on Monday.", "Orsola von der Brink", "PERSON"),
        ("It was written by Anna-Lena Böhm-Roth.", "Anna-Lena Böhm-Roth", "PERSON"),
        ("It was built by Walter J. Brandt Jr. in May.", "Walter J. Brandt Jr.", "PERSON"),
        ("She rang Omar al-Rashidi.", "Omar al-Rashidi", "PERSON"),
        ("It is the Ministry of Culture and Science.", "Ministry of Culture and Science", "ORG"),
        ("He works for Lowen Holdings.", "Lowen Holdings", "ORG"),
        ("It belongs to the Weavers’ Guild of Osterby.", "Weavers’ Guild of Osterby", "ORG"),
        ("Ships sail from Germany.", "Germany", "GPE"),
        ("They live in the city of Osterby.", "Osterby", "GPE"),
        ("It flows into Lake Mornel.", "Lake Mornel", "LOC"),
        ("They closed the Karlow Bridge.", "Karlow Bridge", "FAC"),
        ("Many Norwegians came.", "Norwegians", "NORP"),
        ("The US and the WHO agreed.", "US", "GPE"),
    ],
)
def test_a_name_has_the_right_span_and_type(body: str, name: str, kind: str) -> None:
    assert read(body).mention(name).type == kind


@pytest.mark.parametrize(
    "body",
    [
        "Officials met. Judging by the mood, nothing came of it. On Monday they left in May.",
        "The President spoke. I did not. However, Several others did.",
        "“Nobody came,” they said. “Everybody stayed.”",
    ],
)
def test_capitals_alone_do_not_make_names(body: str) -> None:
    assert read(body).surfaces() == []


@pytest.mark.parametrize(
    ("body", "name", "surface"),
    [
        ("The singer Anders “Bo” Lindvall sang.", "Anders Lindvall", "Anders “Bo” Lindvall"),
        ("Police shot Walter (Bo) Lindvall.", "Walter Lindvall", "Walter (Bo) Lindvall"),
        ("They met Walter Lindvall, Sr., there.", "Walter Lindvall Sr.", "Walter Lindvall, Sr."),
    ],
)
def test_a_name_leaves_out_the_nickname_in_its_middle(body: str, name: str, surface: str) -> None:
    view = read(body)
    assert view.types == {name: "PERSON"}
    assert view.surfaces() == [surface]


def test_a_possessive_is_not_part_of_the_name() -> None:
    assert read("Germany’s border and Lise Holm's house.").surfaces() == ["Germany", "Lise Holm"]


def test_a_sentence_initial_word_is_a_name_if_it_is_one_elsewhere() -> None:
    view = read("Drahm spoke first. Then the others asked Emil Drahm to stop.")
    assert view.mentions_of("Emil Drahm") == ["Drahm", "Emil Drahm"]


def test_a_people_is_recognised_by_the_place_in_its_name() -> None:
    view = read("The ships left Osterland. Two Osterlandian sailors stayed in Osterland.")
    assert view.types == {"Osterland": "GPE", "Osterlandian": "NORP"}


def test_a_title_case_headline_yields_only_known_names() -> None:
    view = read(
        "The mayor of Osterby, Lise Holm, said on Monday that the bridge would stay closed.",
        headline="Holm Says Broken Bridge In Osterby Stays Closed Until Further Notice",
    )
    assert view.surfaces("headline") == ["Holm", "Osterby"]
    assert view.mentions_of("Lise Holm") == ["Holm", "Lise Holm"]


def test_a_headline_in_sentence_case_is_read_like_any_sentence() -> None:
    view = read("", headline="Bridge closed after talks between Lise Holm and unions fail")
    assert view.surfaces("headline") == ["Lise Holm"]


@pytest.mark.parametrize(
    "body",
    [
        "He met a major Lise Holm donor.",
        "They feared a President Holm. Lise Holm is mayor.",
        "Lise Holm, a sad day as my former coach of six years, said no.",
    ],
)
def test_other_words_are_no_role(body: str) -> None:
    roles = {mention.role for mention in read(body).extraction.mentions}
    assert roles == {None}


@pytest.mark.parametrize(
    ("body", "role"),
    [
        ("Undersheriff Lise Holm left.", "Undersheriff"),
        ("Dep. Lise Holm left.", "Dep."),
        ("They met ex-mayor Lise Holm.", "ex-mayor"),
        ("They met Mayor-designate Lise Holm.", "Mayor-designate"),
        ("The film is The Notorious Lise Holm.", None),
    ],
)
def test_words_before_a_name_are_no_part_of_it(body: str, role: str | None) -> None:
    assert read(body).mention("Lise Holm").role == role


def test_a_person_in_a_headline_is_named_as_in_the_body() -> None:
    view = read("Lise Drahmer won on Sunday.", headline="Lise Drahmer Cruises to victory again")
    assert view.types == {"Lise Drahmer": "PERSON"}


def test_an_incumbent_president_is_president() -> None:
    assert read("The incumbent President Lise Holm won.").mention("Lise Holm").role == "President"


def test_a_role_in_a_headline_has_titles_only() -> None:
    doc = segment("Police Arrest Former Mayor Lise Holm Over Harbour Contracts")
    name = Name(4, 6, "Lise Holm", "PERSON")
    TitleFinder(doc, load_lexicon()).add_title(name)
    assert name.role == "Former Mayor"


@pytest.mark.parametrize(
    ("body", "role"),
    [
        ("They met French President Lise Holm.", "French President"),
        ("They met Mrs. Lise Holm.", "Mrs."),
        ("It hit former prime minister Lise Holm.", "former prime minister"),
        ("The Lowen Holdings spokeswoman Lise Holm left.", "Lowen Holdings spokeswoman"),
        ("Secretary of State Lise Holm left.", "Secretary of State"),
        ("Lise Holm, the ministry's spokeswoman, left.", "the ministry's spokeswoman"),
        ("The ministry’s spokeswoman, Lise Holm, left.", "The ministry’s spokeswoman"),
        ("The mayor of the city of Osterby, Lise Holm, left.", "The mayor of the city of Osterby"),
        ("In the north of Osterby, Lise Holm, left alone, slept.", None),
        ("Lise Holm left.", None),
    ],
)
def test_the_role_is_the_title_as_written(body: str, role: str | None) -> None:
    assert read(body).mention("Lise Holm").role == role


def test_a_nationality_in_a_title_is_a_mention_of_its_own() -> None:
    view = read("They met French President Lise Holm.")
    assert view.types == {"French": "NORP", "Lise Holm": "PERSON"}


def test_mentions_inside_marks_are_flagged() -> None:
    view = read("“We trust Lise Holm,” said Emil Drahm.")
    assert view.mention("Lise Holm").is_in_quote
    assert not view.mention("Emil Drahm").is_in_quote


def test_sentences_and_paragraphs_count_from_zero_and_ignore_abbreviations() -> None:
    view = read("Mr. Emil Drahm left at 5 p.m. with Dr. Lise Holm. He slept.\n\nJonas Vik came.")
    assert (view.mention("Lise Holm").paragraph, view.mention("Lise Holm").sentence) == (0, 0)
    assert (view.mention("Jonas Vik").paragraph, view.mention("Jonas Vik").sentence) == (1, 2)
