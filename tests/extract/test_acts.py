"""Acts: whether an utterance is said, thought or wanted."""

import pytest
from extract_view import read

from etl.domain import Article
from etl.extract import get_extractor
from etl.extract.acts import act_of

ACTS = {
    "statement": """
        said | it was late
        did not say | whether he knew
        according to | the ministry
        has long argued | that it is late
        was told | that it is late
        said she believes | it is late
        expressed concern | that it is late
        urged | the council to go
        promised | that the port stays open
        vowed | the port would stay open
        agreed | that it was late
        a study found | that it was late
        the court determined | that it was late
        made it clear | that it was late
        offered | them a plan to leave
    """,
    "opinion": """
        believes | it is late
        does not believe | it is late
        fears | a storm
        is concerned | that it is late
        is widely expected | to win
        was seen as | a friend
        thought | it was late
        continues to hope | for rain
        in his view | it is late
        no longer supports | the plan
        have doubts about | the plan
        remained skeptical | of the plan
    """,
    "intention": """
        wants | to leave
        wanted | them to leave
        refused | to leave
        declined to comment | on the plan
        is planning | to leave
        vowed | to fight
        vowed on Monday | not to leave
        promised | to leave
        has agreed to | pay a fine
        threatened | to leave
        pledged | a million crowns
        would like | to leave
        would rather leave | than stay
        are determined | to leave
        the decision | to leave
        sought | a ban
    """,
}


@pytest.mark.parametrize(
    ("act", "cue", "content"),
    [
        (act, *(side.strip() for side in line.split("|")))
        for act, lines in ACTS.items()
        for line in lines.strip().splitlines()
    ],
)
def test_the_cue_and_its_syntax_decide(act: str, cue: str, content: str) -> None:
    assert act_of(cue, f" {content}.", content) == act


def test_words_in_quotation_marks_are_stated_unless_their_cue_is_a_thought() -> None:
    assert act_of(None, "", "We will fight.", is_direct=True) == "statement"
    assert act_of("vowed", ".", "We will fight,", is_direct=True) == "statement"
    assert act_of("thought", ".", "Too late,", is_direct=True) == "opinion"


def test_an_infinitive_counts_only_right_after_the_cue() -> None:
    assert act_of("promised", " the council a plan to leave.", "a plan to leave") == "statement"
    assert act_of("promised", " on Monday never to leave.", "never to leave") == "intention"
    assert act_of("agreed", " to the plan.", "the plan") == "statement"


@pytest.mark.parametrize("name", ["tagger", "fast", "rules"])
def test_every_extractor_tells_the_act_of_all_pieces_alike(name: str) -> None:
    body = (
        "“If we must,” Lise Holm said, “we will close the bridge.”\n\n"
        "Lise Holm said that the bridge was old and “about to fall”.\n\n"
        "Lise Holm believes that the bridge is old and “about to fall”."
    )
    quotes = get_extractor(name).extract(Article(None, body)).quotes
    acts = {quote.utterance: set[str | None]() for quote in quotes}
    for quote in quotes:
        acts[quote.utterance].add(quote.act)
    assert all(len(found) == 1 and None not in found for found in acts.values())
    by_cue = {quote.cue: quote.act for quote in quotes}
    assert by_cue["said"] == "statement"
    assert by_cue["believes"] == "opinion"


def test_the_act_of_a_quote_in_an_article() -> None:
    assert read("“We will close it,” warned Lise Holm.").quote("We").act == "statement"
