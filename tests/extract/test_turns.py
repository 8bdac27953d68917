"""Speech by layout: transcripts and interviews. All extractors find it alike."""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise

import pytest
from extract_noisy import noisy_extractor
from extract_time import check_linear_time, cpu_seconds
from hypothesis import given, settings
from hypothesis import strategies as st
from suite_length import examples

from etl.domain import Article, Extraction, Mention, Quote
from etl.extract import Extractor, get_extractor, tokens, turns
from etl.extract.lexicon import load_lexicon

EACH = pytest.mark.parametrize("extractor", ["tagger", "fast", "rules"])
ALL_METHODS = ("turn", "interview")


class Read:
    """The extraction of one text, with what its turns say and by whom."""

    def __init__(
        self, extractor: str, body: str, headline: str | None = None, outlet: str | None = None
    ) -> None:
        article = Article(headline, body.strip(), outlet=outlet, authors=("Mira Dalgren",))
        self.extraction: Extraction = get_extractor(extractor).extract(article)
        self.names = {actor.local_id: actor.name for actor in self.extraction.actors}

    @property
    def turns(self) -> list[Quote]:
        return [q for q in self.extraction.quotes if q.method in ALL_METHODS]

    @property
    def said(self) -> list[tuple[str | None, str]]:
        """(speaker, text) of each turn; the speaker of an unnamed source is None."""
        return [(self._name(q.speaker), q.text) for q in self.turns]

    def speaker(self, beginning: str) -> str | None:
        (quote,) = (q for q in self.extraction.quotes if q.text.startswith(beginning))
        return self._name(quote.speaker)

    @property
    def people(self) -> set[str]:
        return {actor.name for actor in self.extraction.actors if actor.type == "PERSON"}

    def mention(self, surface: str) -> Mention:
        return next(m for m in self.extraction.mentions if m.surface == surface)

    def _name(self, actor: int | None) -> str | None:
        return None if actor is None else self.names[actor]


BROADCAST = """
The following is a transcript of a programme broadcast on Sunday.

[00:00:12] BRITA SOLENDER, HOST: Good evening, Minister. Will the harbour close in June?

[00:00:20] OSKAR VENNBERG, FISHERIES MINISTER: It will close in June. I have read the report.

We owe that to the towns on the coast.

(APPLAUSE)

SOLENDER: Your own divers say August.

VENNBERG (through translator): They said August before we hired more divers.

UNIDENTIFIED MALE: You promised us April!

CROSSTALK: (inaudible)

SOLENDER: And if you miss it?

VENNBERG: Then I will resign.

Mira Dalgren is a reporter in Brenmouth.
"""
TURNS = [
    ("Brita Solender", "Good evening, Minister. Will the harbour close in June?"),
    ("Oskar Vennberg", "It will close in June. I have read the report."),
    ("Oskar Vennberg", "We owe that to the towns on the coast."),
    ("Brita Solender", "Your own divers say August."),
    ("Oskar Vennberg", "They said August before we hired more divers."),
    (None, "You promised us April!"),
    ("Brita Solender", "And if you miss it?"),
    ("Oskar Vennberg", "Then I will resign."),
]


@EACH
def test_each_label_of_a_transcript_is_a_turn_of_its_person(extractor: str) -> None:
    view = Read(extractor, BROADCAST)
    assert view.said == TURNS
    assert {q.kind for q in view.turns} == {"direct"}
    assert all(one.char_end <= other.char_start for one, other in pairwise(view.extraction.quotes))


@EACH
def test_the_paragraphs_of_a_turn_are_one_utterance(extractor: str) -> None:
    numbers = [q.utterance for q in Read(extractor, BROADCAST).turns]
    assert numbers[1] == numbers[2]
    assert len(set(numbers)) == len(TURNS) - 1


@EACH
def test_labels_are_no_names_of_their_own(extractor: str) -> None:
    view = Read(extractor, BROADCAST)
    assert {"Brita Solender", "Oskar Vennberg"} <= view.people
    assert not {name for name in view.people if name.isupper()}
    vennberg = [m for m in view.extraction.mentions if m.surface == "VENNBERG"]
    assert [view.names[m.actor] for m in vennberg if m.actor is not None] == ["Oskar Vennberg"] * 2


@EACH
def test_a_label_tells_the_role(extractor: str) -> None:
    view = Read(extractor, BROADCAST)
    assert view.mention("OSKAR VENNBERG").role == "FISHERIES MINISTER"
    assert view.mention("BRITA SOLENDER").role == "HOST"


@EACH
def test_an_unnamed_label_is_an_unnamed_source(extractor: str) -> None:
    quote = next(q for q in Read(extractor, BROADCAST).turns if q.text.startswith("You promised"))
    assert (quote.speaker, quote.speaker_surface) == (None, "UNIDENTIFIED MALE")


@EACH
def test_a_surname_in_capitals_is_the_person_named_in_the_text(extractor: str) -> None:
    view = Read(
        extractor,
        """
The mayor, Ulrika Tordane, met the engineer Johan McKell on television on Monday.

TORDANE: I want the tunnel, and you know it.

McKELL: You will not get it from me.

TORDANE: We shall see who is right.

McKELL: I hope we do, and soon.
""",
    )
    assert [name for name, _ in view.said] == ["Ulrika Tordane", "Johan McKell"] * 2
    assert view.people == {"Ulrika Tordane", "Johan McKell"}


@EACH
def test_initials_and_surnames_in_normal_case_are_labels_too(extractor: str) -> None:
    view = Read(
        extractor,
        """
Katrin Selwood studies seabirds in Osterby. She answered our questions.

((Courier)) What made you curious about terns?

Katrin Selwood: I saw one as a child, and I never forgot it.

((Courier)) How long did you stay on the island?

KS: We stayed for a year. It rained every day.

((Courier)) Would you go back?

KS: I would go tomorrow.
""",
        outlet="Harbour Courier",
    )
    assert [name for name, _ in view.said] == [None, "Katrin Selwood"] * 3


@EACH
def test_a_label_before_a_quotation_in_marks_speaks_it(extractor: str) -> None:
    view = Read(
        extractor,
        """
Three leaders met on Monday night. Here is what they said about rents.

Anton Holberg, Liberal: “Rents must be frozen for three years.”

Maria Lindqvist, Conservative: "A freeze would empty every building site."

Peter Wenstad, Green: “We should build on the old docks first.”
""",
    )
    assert view.said == [
        ("Anton Holberg", "Rents must be frozen for three years."),
        ("Maria Lindqvist", "A freeze would empty every building site."),
        ("Peter Wenstad", "We should build on the old docks first."),
    ]
    assert view.mention("Anton Holberg").role == "Liberal"


INTERVIEW = """
Hanna Brevik runs the smallest bank in Velmark. She spoke to the Courier about money.

{0}Why do loans cost so much?

{1}Because nobody trusts us. We pay for what others did.

{0}Would you lend to me?

{1}I would lend to anybody who asks on a Monday.
"""


@EACH
@pytest.mark.parametrize(
    ("question", "answer"), [("Q: ", "A: "), ("Q. ", "A. "), ("Question: ", "Answer: ")]
)
def test_answers_are_by_the_person_interviewed(extractor: str, question: str, answer: str) -> None:
    view = Read(
        extractor, INTERVIEW.format(question, answer), "Five Questions for Hanna Brevik", "Courier"
    )
    assert [name for name, _ in view.said] == [None, "Hanna Brevik"] * 2
    assert {q.method for q in view.turns if q.speaker is not None} == {"interview"}
    assert view.people == {"Hanna Brevik"}
    assert "A" not in {m.surface for m in view.extraction.mentions}


@EACH
def test_answers_without_labels_follow_the_questions_of_the_outlet(extractor: str) -> None:
    view = Read(
        extractor,
        """
Hanna Brevik agreed to answer some questions for our reporter.

((Courier)) Why do loans cost so much?

HB We pay for what others did. That is why.

((Courier)) Would you lend to me?

HB I would lend to anybody who asks.

The bank opened in May.
""",
        outlet="Harbour Courier",
    )
    assert view.said == [
        (None, "Why do loans cost so much?"),
        ("Hanna Brevik", "We pay for what others did. That is why."),
        (None, "Would you lend to me?"),
        ("Hanna Brevik", "I would lend to anybody who asks."),
    ]


@EACH
def test_answers_have_no_speaker_if_two_people_may_be_meant(extractor: str) -> None:
    body = INTERVIEW.format("Q: ", "A: ").replace(
        "She spoke to the Courier", "Emil Drahm owns half of it. They spoke to the Courier"
    )
    view = Read(extractor, body, "Five Questions on Money", "Courier")
    assert view.said
    assert {name for name, _ in view.said} == {None}


@EACH
def test_quoted_answers_under_questions_are_by_the_person_interviewed(extractor: str) -> None:
    view = Read(
        extractor,
        """
The Courier met the conductor Hanna Brevik in Osterby on Friday.

Why did you leave the opera?

“I was tired of the trains, and the trains were tired of me.”

The critics call you a deserter.

She laughs. “I was never one of theirs. They said, ‘Come back,’ and I stayed.”

What comes next?

“We will play in barns for a summer. Nobody has asked us to stop.”

“The cows listen better than the critics ever did.”
""",
        "The Conductor Who Plays in Barns",
    )
    for beginning in ("I was tired", "I was never", "We will play", "The cows"):
        assert view.speaker(beginning) == "Hanna Brevik"


NO_TURNS = {
    "a dateline": "BRENMOUTH: The harbour closes in June, the port said.\n\nOSTERBY: I am told "
    "that the ferry stops, too.",
    "a note": "Lise Holm left the council on Monday.\n\nNote: You can read my earlier report.\n\n"
    "Update: We have corrected the date.",
    "a list of days": "Monday: Lise Holm opens the fair.\n\nTuesday: Do you like boats? We do.\n\n"
    "Monday: Emil Drahm closes it.",
    "figures": "Lise Holm: 1,769.\n\nEmil Drahm: 1,501.\n\nHolm: 547.\n\nDrahm: 46.",
    "positions": "Lise Holm: Wants a tunnel by May.\n\nEmil Drahm: Wants a bridge instead.\n\n"
    "Holm: Supports higher fares.\n\nDrahm: Opposes the fares.",
    "headings": "Holm: Win at any price.\n\nMayor Lise Holm needs Osterby.\n\nDrahm: Hang on.\n\n"
    "Emil Drahm has money left.",
    "a recipe": "SERVES: Four people.\n\nTIME: You need an hour.\n\nMETHOD: Boil the fish.",
    "a press release": "WHO: Mayor Lise Holm\n\nWHAT: Opening of our bridge\n\nWHERE: Osterby",
    "a statement": "Lise Holm, the mayor of Osterby, said in a statement: “We will close it.”\n\n"
    "Emil Drahm, who runs the port, added: “I will not let her do that.”",
    "an outlet’s own answers": "Mayor Lise Holm wants a toll.\n\nQ: What does it cost?\n\nA: The "
    "council has not decided.\n\nQ: Who pays?\n\nA: All drivers do.",
    "captions": "Lise Holm opens the fair. Image: Emil Drahm.\n\nThe crowd. Image: Emil Drahm.",
    "initials": "A. Holm said it was over.\n\nA. Drahm agreed.\n\nB. Selwick did not.",
    "quoted titles": "Best film: “The Long Way Home”\n\nBest song: “My Old Boat”",
}


@EACH
def test_a_paragraph_under_a_question_keeps_the_source_that_it_names(extractor: str) -> None:
    view = Read(
        extractor,
        """
The Courier met the conductor Hanna Brevik in Osterby on Friday.

Why did you leave the opera?

“I was tired of the trains, and the trains were tired of me.”

Who will replace you?

“We will find somebody young,” the manager, Emil Drahm, said by telephone.
""",
        "The Conductor Who Plays in Barns",
    )
    assert view.speaker("I was tired") == "Hanna Brevik"
    assert view.speaker("We will find") == "Emil Drahm"


@EACH
@pytest.mark.parametrize("body", NO_TURNS.values(), ids=NO_TURNS.keys())
def test_other_lines_with_a_colon_are_no_turns(extractor: str, body: str) -> None:
    assert Read(extractor, body).turns == []


@EACH
def test_a_label_that_fits_two_people_names_neither(extractor: str) -> None:
    view = Read(
        extractor,
        """
Jonas Merrow and Hanna Merrow, who run the port, met the mayor, Ulrika Tordane.

TORDANE: Will you sell me the port?

MERROW: We will not sell it to you.

TORDANE: Then I will build my own.
""",
    )
    assert [name for name, _ in view.said] == ["Ulrika Tordane", None, "Ulrika Tordane"]


def test_text_behind_the_last_turn_is_not_spoken() -> None:
    after = "Vennberg took office in May.\n\nThe ministry declined to comment."
    view = Read("rules", f"{BROADCAST}\n\n{after}")
    assert view.said == TURNS


LINES = st.sampled_from(
    [
        "ANN HOLM: I say so.",
        "HOLM: Do you?",
        "Q: Why?",
        "A: Because I can.",
        "((WN)) What now?",
        "Emil Drahm: “We go, you stay.”",
        "DRAHM (laughs): “I",
        "CROSSTALK: x",
        "[00:12] ALL: We do.",
        "“Yes, we do.”",
        "Is it over?",
        "Lise Holm left.",
        "(APPLAUSE)",
        "",
        "A.",
        "Q:",
        "HOLM:",
        "((",
    ]
)
LAYOUTS = st.lists(LINES | st.text(max_size=20), max_size=30).flatmap(
    lambda lines: st.sampled_from(["\n", "\n\n", "\r\n"]).map(lambda gap: gap.join(lines))
)


@lru_cache
def extractor_of(name: str) -> Extractor:
    return noisy_extractor() if name == "noisy" else get_extractor(name)


@pytest.mark.parametrize("name", ["rules", "noisy"])
@settings(deadline=None, max_examples=examples(60))
@given(LAYOUTS)
def test_any_layout_yields_quotes_that_do_not_overlap_turns(name: str, body: str) -> None:
    found = extractor_of(name).extract(Article("Ann Holm and Emil Drahm", body))
    quotes = [q for q in found.quotes if q.part == "body"]
    for one, other in pairwise(quotes):
        if one.method in ALL_METHODS or other.method in ALL_METHODS:
            assert one.char_end <= other.char_start
    for quote in found.quotes:
        assert body[quote.char_start : quote.char_end] == quote.text or quote.part == "headline"
        assert quote.text.strip()
        if quote.method in ALL_METHODS:
            assert quote.speaker_surface
    mentions = [(m.char_start, m.char_end) for m in found.mentions if m.part == "body"]
    assert all(one[1] <= other[0] for one, other in pairwise(mentions))


UNITS = {
    "questions": "Q: Why so?\n\nA: I like it.\n\n",
    "answers": "A:\n",
    "labels": "ANN HOLM: I say it is so.\n\nHOLM: Do you think so?\n\n",
    "brackets": "((AB)) I do so.\n",
    "asides": "ANN" + " ((" * 60 + "\n",
    "roles": "Ann, " + "x" * 140 + ":\n",
    "headings": "Why is it so?\n\n“I did that.”\n\n",
    "marks": "ANN HOLM: “I say “you are.\n\n",
}


@pytest.mark.parametrize("unit", UNITS.values(), ids=UNITS.keys())
def test_a_layout_takes_linear_time(unit: str) -> None:
    def seconds(size: int) -> float:
        text = (unit * (size // len(unit) + 1))[:size]
        doc = tokens.segment(text)

        def read() -> None:
            layout = turns.find_layout(Article(None, text), doc, [], [], load_lexicon())
            layout.speech_of("body", lambda _: [])([])

        return cpu_seconds(read)

    seconds(20_000)
    check_linear_time(seconds, 50_000)


SPOKEN = st.sampled_from(
    [
        "I told you that it would close.",
        "Do you think he knows what my plan is?",
        "We have read it, and I like it.",
        "Your own divers say so, I hear.",
    ]
)
SILENT = st.sampled_from(["CROSSTALK: (inaudible)", "(APPLAUSE)", "LAUGHTER: (laughs)"])
SPEAKERS = {
    "BRITA SOLENDER": "Brita Solender",
    "OSKAR VENNBERG": "Oskar Vennberg",
    "UNIDENTIFIED MALE": None,
}


@st.composite
def transcripts(draw: st.DrawFn) -> tuple[str, list[tuple[str | None, str]]]:
    """A transcript, with the speaker and the words of each of its turns."""
    named = list(SPEAKERS)[:2]
    first = [*named, *named] if draw(st.booleans()) else [*named, named[0], "UNIDENTIFIED MALE"]
    labels = [*first, *draw(st.lists(st.sampled_from(list(SPEAKERS)), max_size=5))]
    lines, said = [], []
    for number, label in enumerate(labels):
        is_short = number > 1 and label in named and draw(st.booleans())
        words = draw(SPOKEN)
        lines.append(f"{label.split()[1] if is_short else label}: {words}")
        said.append((SPEAKERS[label], words))
        if draw(st.booleans()):
            lines.append(draw(SILENT))
    return "\n\n".join(lines), said


@EACH
@settings(deadline=None, max_examples=examples(20))
@given(transcripts())
def test_each_label_is_a_turn_and_silent_ones_are_no_actors(
    extractor: str, transcript: tuple[str, list[tuple[str | None, str]]]
) -> None:
    body, said = transcript
    view = Read(extractor, body)
    assert view.said == said, body
    assert view.people == {"Brita Solender", "Oskar Vennberg"}, body
    for quote in view.turns:
        assert body[quote.char_start : quote.char_end] == quote.text
        label, _, _ = body[: quote.char_start].rpartition(":")
        assert label.endswith(quote.speaker_surface or ""), body
    meant = {m.actor for m in view.extraction.mentions if m.method == "first_person"}
    assert meant <= {q.speaker for q in view.turns}
