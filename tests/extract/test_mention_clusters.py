"""Coreference within one article: which mentions refer to the same actor."""

import pytest
from extract_view import read

from etl.domain import Article, EntityType
from etl.extract import get_extractor
from etl.extract.lexicon import load_lexicon
from etl.extract.mention_clusters import MentionClusters, NameMention
from etl.extract.names import Name
from etl.extract.tokens import segment


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


def test_middle_initials_tell_two_people_apart() -> None:
    view = read("Walter J.H. Brandt spoke. Walter H. Brandt listened. Walter Brandt Jr. slept.")
    assert {"Walter J.H. Brandt", "Walter H. Brandt"} <= set(view.types)


def test_an_acronym_in_brackets_refers_to_its_expansion() -> None:
    view = read("The Osterby Harbour Authority (OHA) met. The OHA then closed the port.")
    assert view.mentions_of("Osterby Harbour Authority") == [
        "Osterby Harbour Authority",
        "OHA",
        "OHA",
    ]


def test_letters_in_brackets_after_a_person_are_no_acronym() -> None:
    view = read("Lise Holm (PX) spoke. The Port Exchange (PX) closed.")
    assert view.types["Lise Holm"] == "PERSON"


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


COUPLES = {
    "Jon and Ada Merrow": ("Mr Merrow", "Jon Merrow", "Mrs Merrow", "Ada Merrow", "Merrow"),
    "Peter and Hilde Brask": ("Mr Brask", "Peter Brask", "Mrs Brask", "Hilde Brask", "Brask"),
    "Dr Lena and Prof. Karl Ashby": (
        "Dr Ashby", "Lena Ashby", "Prof. Ashby", "Karl Ashby", "Ashby",
    ),
}  # fmt: skip
EACH = pytest.mark.parametrize("extractor", ["rules", "tagger", "fast"])


def said_by(extractor: str, body: str) -> dict[str, str | None]:
    """The speaker of each quote, by its first word."""
    found = get_extractor(extractor).extract(Article(None, body))
    names = {actor.local_id: actor.name for actor in found.actors} | {None: None}
    return {q.text.split()[0]: names[q.speaker] for q in found.quotes}


@EACH
@pytest.mark.parametrize("couple", COUPLES)
def test_titles_tell_a_couple_apart(extractor: str, couple: str) -> None:
    short, one, other_short, other, _ = COUPLES[couple]
    body = (
        f"{couple} bought the mill at Keldane in May.\n\n"
        f"“Nobody wanted it,” {short} told reporters on Monday.\n\n"
        f"“Everybody wanted it,” {other_short} told reporters on Friday."
    )
    assert said_by(extractor, body) == {"Nobody": one, "Everybody": other}


@EACH
def test_a_title_tells_two_apart_across_the_end_of_a_line(extractor: str) -> None:
    body = (
        "Harbour Secretary Emil Drahm met Port Commissioner Lise Drahm in Osterby on Monday.\n\n"
        "“Nobody wanted it,” Port\nCommissioner Drahm told reporters."
    )
    found = get_extractor(extractor).extract(Article(None, body))
    assert said_by(extractor, body) == {"Nobody": "Lise Drahm"}
    assert "Port Commissioner" in {m.role for m in found.mentions if m.surface == "Drahm"}


@EACH
@pytest.mark.parametrize("couple", COUPLES)
def test_the_surname_of_a_couple_alone_is_neither(extractor: str, couple: str) -> None:
    surname = COUPLES[couple][-1]
    body = f"{couple} bought the mill at Keldane in May.\n\n“Nobody wanted it,” {surname} said."
    assert said_by(extractor, body) == {"Nobody": None}
    found = get_extractor(extractor).extract(Article(None, body))
    (alone,) = (m for m in found.mentions if m.char_start == body.index(f"{surname} said"))
    assert (alone.actor, alone.method, alone.type) == (None, "shared_surname", "PERSON")


@EACH
def test_mr_and_mrs_are_two_people(extractor: str) -> None:
    body = (
        "Mr and Mrs Dunmore sold the farm at Keldane.\n\nMr Dunmore wept. Mrs Dunmore smiled.\n\n"
        "“Nobody wanted it,” Dunmore said."
    )
    found = get_extractor(extractor).extract(Article(None, body))
    dunmores = [m.actor for m in found.mentions if m.surface == "Dunmore"]
    _, mr, mrs, alone = dunmores
    assert mr != mrs
    assert alone is None
    assert said_by(extractor, body) == {"Nobody": None}


@EACH
def test_a_title_tells_the_gender_for_later_pronouns(extractor: str) -> None:
    body = (
        "Ulla-Brit Tordane opened the harbour on Monday.\n\n"
        "“It is deep,” said {} Tordane. Then he left."
    )

    def means_tordane(title: str) -> bool:
        found = get_extractor(extractor).extract(Article(None, body.format(title)))
        return any(m.surface == "he" and m.actor is not None for m in found.mentions)

    assert means_tordane("Mr")
    assert not means_tordane("Mrs")


@EACH
def test_the_first_of_a_surname_is_less_sure_the_nearer_the_other_is_introduced(
    extractor: str,
) -> None:
    def confidence(between: str) -> float:
        body = (
            f"Lise Holm opened the harbour.{between}Her uncle, Emil Holm, watched.\n\n"
            "“Nobody wanted it,” Holm said."
        )
        found = get_extractor(extractor).extract(Article(None, body))
        (alone,) = (m for m in found.mentions if m.char_start == body.index("Holm said"))
        assert alone.actor is not None
        assert found.actors[alone.actor].name == "Lise Holm"
        return alone.confidence

    assert confidence(" ") < confidence("\n\n")


def test_a_party_and_its_nickname_are_one_actor() -> None:
    view = read("The Republican Party met on Monday. The GOP then chose a chairman.")
    assert view.mentions_of("Republican Party") == ["Republican Party", "GOP"]
    assert read("The GOP chose a chairman.").types == {"Republican Party": "ORG"}


def test_a_middle_name_alone_refers_to_the_full_name() -> None:
    view = read("Mr. Walter Dunmore Brandt came in. Everybody knows Dunmore, who sat down.")
    assert set(view.types) == {"Walter Dunmore Brandt"}


def test_ec_is_the_community_and_not_its_commission() -> None:
    view = read("The European Commission met on Monday. The EC has twelve members.")
    assert view.mentions_of("European Commission") == ["European Commission"]


def _clustered(text: str, *names: tuple[str, EntityType]) -> list[list[str]]:
    """Return the surfaces of each actor, if a text has these names, in order."""
    doc, position, mentions = segment(text), 0, []
    for form, entity_type in names:
        position = text.index(form, position)
        first, last = doc.token_range(position, position + len(form))
        mentions.append(NameMention("body", Name(first, last, form, entity_type)))
        position += len(form)
    clusters = MentionClusters(load_lexicon())
    clusters.cluster(mentions, {"body": doc, "headline": segment("")})
    return [sorted(mention.surface for mention in actor.mentions) for actor in clusters.actors]


@pytest.mark.parametrize(
    ("full", "short"),
    [
        ("The Osterby Harbour Times", "The Times"),
        ("Osterby Harbour Times", "the Times"),
        ("Drahm Motor Co of Canada", "Drahm Canada"),
        ("The Osterby Courier", "Osterby Courier"),
        ("Keldane Motor Co", "Keldane"),
        ("Keldane Industrie", "KELDANE"),
        ("E.F. Keldane Group", "Keldane"),
        ("Senate Fisheries Committee", "Fisheries Committee"),
        ("Senate Committee on Fisheries", "Fisheries Committee"),
        ("Tidewatch Equity (Pacific) Ltd", "Tidewatch Equity"),
    ],
)
def test_an_organisation_has_short_forms(full: str, short: str) -> None:
    names: list[tuple[str, EntityType]] = [(full, "ORG"), (short, "ORG")]
    assert _clustered(f"{full} met. Then {short} closed.", *names) == [sorted([full, short])]


@pytest.mark.parametrize(
    "others",
    [
        [("Keldane Motor Co", "ORG"), ("Keldane Stores", "ORG")],
        [("Keldane Motor Co", "ORG"), ("Ann Keldane", "PERSON")],
        [("Keldane Foundation", "ORG")],
    ],
)
def test_a_word_that_may_name_another_is_no_short_form(
    others: list[tuple[str, EntityType]],
) -> None:
    text = ", ".join(name for name, _ in others)
    found = _clustered(f"{text}. Then Keldane closed.", *others, ("Keldane", "ORG"))
    assert ["Keldane"] in found


def test_a_commission_is_not_called_by_the_person_it_is_named_after() -> None:
    names: list[tuple[str, EntityType]] = [("Tower Commission", "ORG"), ("Tower", "ORG")]
    found = _clustered("The Tower Commission met. Later Tower left.", *names)
    assert found == [["Tower Commission"]]


def test_a_short_form_of_two_organisations_is_neither() -> None:
    names: list[tuple[str, EntityType]] = [
        ("Osterby Times", "ORG"),
        ("Drahm Times", "ORG"),
        ("The Times", "ORG"),
    ]
    assert len(_clustered("Osterby Times, Drahm Times. The Times", *names)) == 3


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("ANN DUNMORE III", "Ann Dunmore III"),
        ("Ann DUNMORE-LEE", "Ann Dunmore-Lee"),
        ("JFK", "JFK"),
    ],
)
def test_a_person_is_named_without_the_capitals_of_a_headline(name: str, written: str) -> None:
    doc = segment(name)
    mentions = [NameMention("headline", Name(0, len(doc.tokens), name, "PERSON"))]
    clusters = MentionClusters(load_lexicon())
    clusters.cluster(mentions, {"headline": doc, "body": segment("")})
    assert [actor.name for actor in clusters.actors] == [written]


def test_the_case_of_the_body_names_an_organisation() -> None:
    doc, headline = segment("Drahm's closed."), segment("DRAHM'S CLOSES")
    mentions = [
        NameMention("headline", Name(0, 2, "DRAHM'S", "ORG")),
        NameMention("body", Name(0, 2, "Drahm's", "ORG")),
    ]
    clusters = MentionClusters(load_lexicon())
    clusters.cluster(mentions, {"headline": headline, "body": doc})
    assert [actor.name for actor in clusters.actors] == ["Drahm's"]


@pytest.mark.parametrize("longer", ["House Rules Committee", "White House"])
def test_a_listed_body_is_no_short_form_of_a_name_that_has_its_word(longer: str) -> None:
    text = f"The {longer} met. Then the House voted."
    assert _clustered(text, (longer, "ORG"), ("the House", "ORG")) == [[longer], ["the House"]]


@pytest.mark.parametrize("longer", ["Velmark House", "House of Velmark"])
def test_a_listed_body_is_a_short_form_of_the_one_of_a_state(longer: str) -> None:
    text = f"The {longer} met. Then the House voted."
    assert _clustered(text, (longer, "ORG"), ("the House", "ORG")) == [[longer, "the House"]]
