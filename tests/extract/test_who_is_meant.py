"""Pronouns and speakers in single texts; `test_invariants` has what holds of every text."""

from __future__ import annotations

from etl.domain import Article, Extraction, Mention
from etl.extract import get_extractor


def extracted(name: str, body: str) -> tuple[Article, Extraction]:
    article = Article("Council Meets Again", body)
    return article, get_extractor(name).extract(article)


def pronouns(found: Extraction) -> list[Mention]:
    return [m for m in found.mentions if m.kind == "pronoun" and m.part == "body"]


def speakers(name: str, body: str) -> dict[str, str | None]:
    """The speaker of each quote in marks, by its first two words."""
    _, found = extracted(name, body)
    return {
        " ".join(q.text.split()[:2]): None if q.speaker is None else found.actors[q.speaker].name
        for q in found.quotes
        if q.kind == "direct"
    }


def test_a_couple_of_one_surname_are_two_people() -> None:
    body = (
        "Peter and Maria Dalwick bought the mill at Keldane in spring.\n\n"
        "“We found the wheel under straw,” said Mrs Dalwick.\n\n"
        "Mr Dalwick said: “I wanted to sell it.”"
    )
    assert speakers("tagger", body) == {
        "We found": "Maria Dalwick",
        "I wanted": "Peter Dalwick",
    }


def test_mr_and_mrs_are_never_one_person() -> None:
    body = (
        "The mill at Keldane was sold to Maria Dalwick, a baker from Aldhaven.\n\n"
        "“She saved every penny,” said Mr Dalwick."
    )
    assert speakers("tagger", body)["She saved"] != "Maria Dalwick"


def test_a_name_inside_the_last_quote_attracts_no_earlier_pronoun() -> None:
    body = (
        "President Wenstad spoke in Brenmouth on Wednesday, after a parade, and did not sound like "
        "he was in a hurry.\n\n"
        "He described the state of the harbour. “The piers are worn out,” he said.\n\n"
        "He did say that “If Tordane is interested in meeting, let him come to Brenmouth.”"
    )
    _, found = extracted("tagger", body)
    meant = {m.surface: found.actors[m.actor].name for m in pronouns(found) if m.actor is not None}
    assert meant["He"] == meant["he"] == "Wenstad"
    assert set(speakers("tagger", body).values()) == {"Wenstad"}


def test_a_source_ends_with_its_paragraph() -> None:
    body = (
        "Laura Selwick and Anna Garfeld argued on Monday.\n\n"
        "“Pay is set by an independent body,” said Ms Selwick.\n\n"
        "Anna Garfeld added: “We will answer in the spring.”"
    )
    _, found = extracted("tagger", body)
    surfaces = [q.speaker_surface for q in found.quotes if q.kind == "direct"]
    assert surfaces == ["Ms Selwick", "Anna Garfeld"]


def test_a_quote_is_said_in_its_own_paragraph() -> None:
    """The network joins the end of one paragraph's quote to the beginning of the next."""
    body = (
        "‘The farmers’ stores are empty and it’s only March,’ said Peter Wenstad, the union’s "
        "president. ‘We’ve told ministers’ staff, and they’ve done nothing.’\n\n"
        "‘I don’t accept that,’ the farm minister, Anna Garfeld, said. ‘The door is open.’"
    )
    said = speakers("tagger", body)
    assert said["We’ve told"] == "Peter Wenstad"
    assert said["I don’t"] == said["The door"] == "Anna Garfeld"


def test_a_quotation_that_each_paragraph_reopens_keeps_its_speaker() -> None:
    body = (
        "“What we are watching is how quickly the wards fill,” Peter Wenstad said. “We have seen "
        "admissions fall but the severe cases increase.\n\n"
        "“Until now we have been able to stay within the mark, but we are following it closely.\n\n"
        "“I ask you to follow the rules, because I would not want to back up in the coming weeks.”"
    )
    said = speakers("tagger", body)
    assert len(said) == 4
    assert set(said.values()) == {"Peter Wenstad"}


def test_of_marks_within_marks_the_outer_ones_decide() -> None:
    body = "'Have they read the \"red file\"?' asked Peter Wenstad. 'It's on my desk.'"
    _, found = extracted("tagger", body)
    texts = {q.text for q in found.quotes}
    assert texts == {'Have they read the "red file"?', "It's on my desk."}


def test_a_speaker_may_be_addressed_in_a_quote_inside() -> None:
    body = (
        "Peter Wenstad climbed onto a crate in Brenmouth on Friday. “They have asked me all week, "
        "‘Peter, what will it take?’ It will take what it took last year,” he said."
    )
    assert set(speakers("tagger", body).values()) == {"Peter Wenstad"}


def test_the_speaker_before_says_no_quote_that_names_her() -> None:
    body = (
        "“The bridge opens in May,” Laura Selwick said.\n\n"
        "“Laura Selwick has never kept a promise.”\n\nPeter Wenstad laughed."
    )
    for name in ("tagger", "fast", "rules"):
        assert speakers(name, body) == {"The bridge": "Laura Selwick", "Laura Selwick": None}


def test_a_text_may_say_that_somebody_names_herself() -> None:
    body = (
        "Laura Selwick came to Tarn on Monday. Selwick said: “Selwick will open the bridge in May.”"
    )
    for name in ("tagger", "fast", "rules"):
        assert speakers(name, body) == {"Selwick will": "Laura Selwick"}


def first_persons(body: str) -> list[tuple[str, str]]:
    found = get_extractor("tagger").extract(Article(None, body))
    return [
        (m.surface, found.actors[m.actor].name)
        for m in found.mentions
        if m.method == "first_person" and m.actor is not None
    ]


def test_i_me_and_my_are_the_speaker_also_in_a_turn() -> None:
    body = "“I’m late, and my wife told me so,” Peter Wenstad said on Monday. I saw him."
    assert first_persons(body) == [(word, "Peter Wenstad") for word in ("I", "my", "me")]
    body = (
        "LAURA SELWICK: Do you think I am late?\n\nPETER WENSTAD: I do, and you know it.\n\n"
        "SELWICK: My watch is slow.\n\nWENSTAD: We shall see."
    )
    assert first_persons(body) == [
        ("I", "Laura Selwick"),
        ("I", "Peter Wenstad"),
        ("My", "Laura Selwick"),
    ]


def test_in_a_quote_inside_a_quote_i_is_somebody_else() -> None:
    body = "“They told me, ‘I am done,’ and I wept,” Peter Wenstad said after World War I."
    assert first_persons(body) == [("me", "Peter Wenstad"), ("I", "Peter Wenstad")]


def test_i_of_an_unknown_speaker_is_nobody() -> None:
    assert first_persons("Peter Wenstad left.\n\n“I saw it,” a neighbour said.") == []
