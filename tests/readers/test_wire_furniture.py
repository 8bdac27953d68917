"""What agencies and photographers add to a text is no text: datelines, captions, credits, notes."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.domain import Article
from etl.readers import read_file

LEAD = "The bank of Halven said on Monday that it would close its last branch on the island."
CAPTION = "FILE PHOTO: A woman leaves the bank in Halven, April 2, 2025. REUTERS/Bo Li"


def body_of(*lines: str) -> str:
    return article_of(*lines).body


def article_of(*lines: str) -> Article:
    text = "\n\n".join(["date 2025-06-03 Bank to close", *lines])
    (item,) = read_file(text.encode(), "a.txt")
    assert item.article is not None, item.rejection
    return item.article


@pytest.mark.parametrize(
    ("dateline", "place", "agency"),
    [
        ("(Reuters) - ", None, "Reuters"),
        ("(MW) — ", None, "MW"),
        ("HALVEN / MERROW (Reuters) - ", "HALVEN / MERROW", "Reuters"),
        ("HALVEN/MERROW/ORLE, April 2 (Reuters) -", "HALVEN/MERROW/ORLE", "Reuters"),
        ("ST. ORLE, N.Y. (AP) — ", "ST. ORLE, N.Y.", "AP"),
        ("Halven, Velmark, April 2 (AFP) – ", "Halven, Velmark", "AFP"),
        ("Halven (dpa) - ", "Halven", "dpa"),
        ("HALVEN. April 2 (Interfax) - ", "HALVEN", "Interfax"),
        ("HALVEN, April 2. /TASS/. ", "HALVEN", "TASS"),
        ("New Halven [Velmark], April 2 (ANI): ", "New Halven [Velmark]", "ANI"),
        ("New Halven, Apr 2 (PTI) ", "New Halven", "PTI"),
        ("Halven, April 2 (IANS) ", "Halven", "IANS"),
        ("HALVEN , Apr 2 2025 (IPS) - ", "HALVEN", "IPS"),
        ("Halven (PA Media) - ", "Halven", "PA Media"),
        ("(Bloomberg) -- ", None, "Bloomberg"),
        ("ST. ORLE, Calif. (AP) - ", "ST. ORLE, Calif.", "AP"),
        ("HALVEN, April 2 (SBW) — ", "HALVEN", "SBW"),
        ("HALVEN, April 2 (Xinhua) -- ", "HALVEN", "Xinhua"),
    ],
)
@pytest.mark.parametrize(
    "above",
    [
        (),
        (CAPTION,),
        ("(Adds quotes, details)",),
        ("By Ana Ruiz and Bo Li", "A boat off Halven in May. Bo Li/AFP"),
    ],
)
def test_a_dateline_is_no_text_and_its_place_is_kept(
    dateline: str, place: str | None, agency: str, above: tuple[str, ...]
) -> None:
    article = article_of(*above, dateline + LEAD)
    assert (article.body, article.outlet) == (LEAD, agency)
    assert article.dateline == place


def test_the_mark_of_an_agency_may_stand_alone_before_the_first_word() -> None:
    article = article_of(f"(SBN) {LEAD}", f"(SBN) {LEAD}")
    assert (article.outlet, article.body) == ("SBN", f"{LEAD}\n\n(SBN) {LEAD}")


@pytest.mark.parametrize(
    ("dateline", "place"),
    [
        ("NEW HALVEN, Va. - ", "NEW HALVEN, Va."),
        ("HALVEN, D.C. – ", "HALVEN, D.C."),
        ("HALVEN, MERROW.- ", "HALVEN, MERROW"),
    ],
)
def test_the_place_of_a_dateline_is_kept_as_written(dateline: str, place: str) -> None:
    assert article_of(dateline + LEAD).dateline == place


@pytest.mark.parametrize(
    "above",
    [
        "FILE PHOTO: A boat. REUTERS/Bo Li/File Photo ",
        "(Adds details from the bank) ",
        "By Ana Ruiz and Cy Odo ",
    ],
)
def test_a_dateline_is_found_behind_what_runs_into_it(above: str) -> None:
    assert body_of(f"{above}HALVEN, April 2 (Reuters) - {LEAD}") == LEAD


@pytest.mark.parametrize(
    "line",
    [
        CAPTION,
        "FILE PHOTO: The bank in Halven.",
        "FILE - Ana Ruiz speaks in Halven, April 2, 2025. (AP Photo/Bo Li, File)",
        "[1/3] A woman leaves the bank. REUTERS/Bo Li Acquire Licensing Rights, opens new tab",
        "Ana Ruiz leaves the bank. (Photo by Bo Li/Getty Images)",
        "Ana Ruiz leaves the bank. Photograph: Bo Li/EPA",
        "Bo Li via Getty Images",
        "Photo by Bo Li",
        "Advertisement",
        "Read more",
        "Slideshow (4 Images)",
        "(Adds quotes, details)",
        "(This story has been refiled to correct the name of the bank in paragraph 2)",
        "Get the news of the islands with our weekly newsletter. Sign up here.",
        "Reporting by Ana Ruiz in Halven; Editing by Cy Odo",
        "(Reporting by Ana Ruiz; additional reporting by Bo Li aboard a ferry; editing by Cy Odo)",
        "Reporting by Ana Ruiz Writing by Bo Li Editing by Cy Odo",
    ],
)
def test_captions_notes_and_shared_credits_are_no_text_anywhere(line: str) -> None:
    assert body_of(line, LEAD, line, LEAD, line) == f"{LEAD}\n\n{LEAD}"


@pytest.mark.parametrize(
    "credit",
    [
        " (Reporting by Ana Ruiz in Halven; Editing by Cy Odo)",
        " Reporting by Ana Ruiz; Additional reporting by Bo Li; Editing by Cy Odo",
        " (Writing by Ana Ruiz)",
        " (This story has been refiled to fix the date)",
        "\n\nAna Ruiz reported from Halven; Editing by Cy Odo",
        "\n\nWith inputs from agencies",
        "\n\n- Reuters",
    ],
)
def test_credits_at_the_end_of_the_last_paragraph_are_no_text(credit: str) -> None:
    assert body_of(f"{LEAD} It rained.{credit}") == f"{LEAD} It rained."


@pytest.mark.parametrize(
    "paragraph",
    [
        "The mayor (RPH) - an old hand - said no.",
        "She shared a photo of the bank via Getty Images, the mayor said.",
        "He took a photo: the bank, at night.",
        "A Reuters/Ipsos poll found that few had heard of it.",
        "Reporting by hand is slow; editing by machine is no faster, the mayor said.",
        "He enjoys writing by the sea; editing by candlelight, too.",
        "Ana Ruiz of the Halven Post/Courier said so.",
        "File the photo away, he told them.",
        "TV/RADIO — both of them — were silent.",
    ],
)
def test_prose_about_photographs_and_writers_stays(paragraph: str) -> None:
    assert body_of(paragraph, LEAD, paragraph) == f"{paragraph}\n\n{LEAD}\n\n{paragraph}"


PIECE = st.sampled_from(
    ["FILE PHOTO: ", "REUTERS/", "Bo Li", "HALVEN", " / ", "(Reuters)", " - ", "Reporting by ",
     "; ", "Editing by ", "(", ")", "April 2", ", ", "/AFP", " via ", "Getty Images", ". ", "\n"]
)  # fmt: skip


@given(st.lists(st.one_of(PIECE, st.text("aZ 1.“—é\t", max_size=5)), max_size=25).map("".join))
def test_a_lead_survives_any_furniture_around_it(noise: str) -> None:
    assert LEAD in body_of(noise, LEAD, "It rained.", noise)


@pytest.mark.parametrize(
    "label",
    [
        "EXCLUSIVE — ",
        "BREAKING NEWS: ",
        "FIRST ON SBN: ",
        "Listen to this article. ",
        "Listen to the story (3 min). ",
        "EXCLUSIVE - Listen to this article. ",
    ],
)
def test_a_label_that_runs_into_the_first_paragraph_is_no_text(label: str) -> None:
    assert body_of(f"{label}{LEAD}", LEAD) == f"{LEAD}\n\n{LEAD}"
    assert body_of(LEAD, f"{label}{LEAD}") == f"{LEAD}\n\n{label}{LEAD}"
    found = article_of(f"{label}HALVEN (Reuters) - {LEAD}")
    assert (found.body, found.dateline) == (LEAD, "HALVEN")


@pytest.mark.parametrize(
    "note",
    [
        " (MW)",
        " This report was first published by a partner.",
        " The article originally appeared in the Merrow Times",
        "\n\nThis report was first published by a partner.",
        "\n\nCorrection: June 9, 2025\n\nAn earlier version of this article misstated the height.",
        "\n\nCorrection: An earlier version of this article misstated the height.",
        "\n\nCorrection appended",
        "\n\nEditor’s note (June 9): the name of the bank was added.",
        "\n\nUnsubscribe: https://halven.example/u",
        "\n\nTo unsubscribe from this newsletter, https://halven.example/u",
        "\n\nYou received this email because you are a reader of the Merrow Times.",
    ],
)
def test_a_note_at_the_end_is_no_text(note: str) -> None:
    assert body_of(LEAD, LEAD + note) == f"{LEAD}\n\n{LEAD}"


@pytest.mark.parametrize(
    "end",
    [
        "The island belongs to the Union of Western Ports (UWP)",
        "and this report was first published by a partner of the bank in 1990, which he denied.",
        "Correction officers of Halven met on Monday.",
        "Unsubscribe from everything, she told them.",
        "Listen to this article. and so on",
    ],
)
def test_prose_like_a_note_stays(end: str) -> None:
    assert body_of(LEAD, end) == f"{LEAD}\n\n{end}"


def test_the_outlet_below_the_byline_is_no_text() -> None:
    top = "EXCLUSIVE\nBank to Close\nBy Ana Ruiz and Bo Li\nHalven Courier"
    text = f"{top}\n\nPORT ORLE, April 7 - {LEAD}"
    (item,) = read_file(text.encode(), "a.txt")
    found = item.article
    assert found is not None
    assert (found.headline, found.authors) == ("Bank to Close", ("Ana Ruiz", "Bo Li"))
    assert (found.outlet, found.outlet_method) == ("Halven Courier", "byline")
    assert (found.dateline, found.body) == ("PORT ORLE", LEAD)


@pytest.mark.parametrize(
    ("written", "headline"),
    [
        ("Opinion | The bank that left us", "The bank that left us"),
        ("Op-Ed Columnist: The bank that left us", "The bank that left us"),
        ("Exclusive: Bank to close", "Bank to close"),
        ("UPDATE 2-Bank to close", "Bank to close"),
        ("Opinion | Bank", "Opinion | Bank"),
        ("Review: The bank on the island", "Review: The bank on the island"),
        ("Opinion polls: bank loses", "Opinion polls: bank loses"),
    ],
)
def test_a_kicker_before_a_headline_is_no_part_of_it(written: str, headline: str) -> None:
    record = json.dumps({"title": written, "text": LEAD, "publication": "Merrow Times"})
    (item,) = read_file(record.encode(), "a.json")
    assert item.article is not None
    assert item.article.headline == headline
