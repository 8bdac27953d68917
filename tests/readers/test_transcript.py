"""Plain transcripts: title, programme and air date above the turns; the labels stay."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.domain import Article
from etl.readers import read_file

TURNS = """MIRA OLSEN, HOST: Good evening. Will the ferry sail again?

PER DAHL, HARBOUR MASTER: It will sail in May. I have seen the engine.

OLSEN: And if it does not?

DAHL (through translator): Then we will row."""
PLAIN = TURNS.replace("MIRA OLSEN, HOST", "Mira Olsen").replace("OLSEN", "Mira Olsen")
PLAIN = PLAIN.replace("PER DAHL, HARBOUR MASTER", "Per Dahl").replace("DAHL", "Per Dahl")


def read(text: str) -> Article:
    (item,) = read_file(text.encode(), "a.txt")
    assert item.article is not None, item.rejection
    return item.article


@pytest.mark.parametrize("turns", [TURNS, PLAIN])
@pytest.mark.parametrize(
    ("header", "outlet"),
    [
        ("Interview with the harbour master\nThe Harbour Hour\nAired April 6, 2025", None),
        (
            "TRANSCRIPT\n\nInterview with the harbour master\nHalven Public Radio\n"
            "Sunday, April 6, 2025",
            "Halven Public Radio",
        ),
        (
            "Title: Interview with the harbour master\nProgramme: The Harbour Hour\n"
            "Station: Halven FM\nAir date: 6 April 2025\nHost: Mira Olsen",
            "Halven FM",
        ),
        (
            "HPR TRANSCRIPTS\n\nTHE HARBOUR HOUR\n\n"
            "Interview with the harbour master. Aired 4-5p ET\n\nAired April 06, 2025 - 16:00\n\n"
            "THIS IS A RUSH TRANSCRIPT. THIS COPY MAY NOT BE IN ITS FINAL FORM.",
            "HPR",
        ),
        (
            "Interview with the harbour master\nThe Harbour Hour – Halven Radio\n\n"
            "The following is a transcript of an interview that aired on April 6, 2025.",
            "Halven Radio",
        ),
    ],
)
def test_the_header_of_a_transcript(header: str, outlet: str | None, turns: str) -> None:
    article = read(f"{header}\n\n{turns}\n")
    assert article.headline == "Interview with the harbour master"
    assert (article.published_on, article.outlet) == (date(2025, 4, 6), outlet)
    assert article.body.endswith(turns)
    assert "RUSH TRANSCRIPT" not in article.body


def test_the_programme_and_an_introduction_stay_in_the_body() -> None:
    intro = "The following is a transcript of an interview that aired on April 6, 2025."
    article = read(f"Transcript: The ferry\nThe Harbour Hour\n\n{intro}\n\n{TURNS}")
    assert article.headline == "Transcript: The ferry"
    assert article.body == f"The Harbour Hour\n{intro}\n\n{TURNS}"


@pytest.mark.parametrize(
    "text",
    [
        f"Five questions about the ferry\n\nBy Ana Ruiz\n\nWe met them.\n\n{TURNS}",
        "Ferry soup as aired\n\nPREPARE: Wash the fish.\n\nCook it.\n\nAdd salt.",
    ],
)
def test_other_texts_with_labels_are_read_as_usual(text: str) -> None:
    assert read(text).headline_method != "transcript"


LINE = st.sampled_from(
    ["TRANSCRIPT", "Aired April 6, 2025", "Aired April 66, 2025", "MIRA OLSEN:", "OLSEN: Yes.",
     "DAHL: No.", "Title: x", "Network: ", "Date: May 5, 2024", "The Harbour Hour – Halven Radio",
     "A (B): c", "[16:00:03] DAHL: I", ":", "", "TV", "x " * 90]
)  # fmt: skip


@given(st.lists(st.one_of(LINE, st.text(max_size=20)), max_size=14).map("\n".join))
def test_any_arrangement_of_lines_is_read(text: str) -> None:
    (item,) = read_file(text.encode(), "a.txt")
    assert (item.article is None) != (item.rejection is None)
    assert item.rejection is None or item.rejection.reason != "unreadable", item.rejection
