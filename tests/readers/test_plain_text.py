"""Plain text in the dated (seed) form and bare text: how each line is parsed."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.domain import Article
from etl.readers import read_file

SHARED = Path(
    os.environ.get("NEWSACTORS_CORPORA")
    or Path(__file__).resolve().parents[2].parent / "shared" / "corpora"
).parent
LEAD = "The mayor of Aldhaven resigned on Monday after a dispute over the harbour that took years."


def read_text(text: str, path: str = "article.txt") -> Article:
    (item,) = read_file(text.encode(), path)
    assert item.article is not None, item.rejection
    return item.article


def test_the_seed_form() -> None:
    article = read_text(
        " date 2025-06-03 Mayor ‘Quits’ – At Last\n\n"
        "By Ana Ruiz – Valley Times\n\n"
        f"{LEAD}\n\n  “I am  tired,” she said.\tThen she left.\n\n\nNobody followed.\n\n"
    )
    assert article == Article(
        headline="Mayor ‘Quits’ – At Last",
        body=f"{LEAD}\n\n  “I am  tired,” she said.\tThen she left.\n\n\nNobody followed.",
        outlet="Valley Times",
        authors=("Ana Ruiz",),
        published_on=date(2025, 6, 3),
        language="en",
        source_format="text",
        headline_method="first_line",
        outlet_method="byline",
        authors_method="byline",
        date_method="first_line",
    )


def test_the_first_seed_article_of_the_project() -> None:
    files = sorted((SHARED / "seeds").glob("000_*.txt"))
    if not files:
        pytest.skip(f"no seed article in {SHARED / 'seeds'}")
    (item,) = read_file(files[0].read_bytes(), files[0].name)
    article = item.article
    assert article is not None
    assert article.headline == (
        "Kremlin Blasts ‘Unacceptable’ Western Plan For Ukraine Security Guarantees"
    )
    assert (article.published_on, article.outlet) == (date(2025, 9, 4), "Zerohedge")
    assert article.authors == ("Tyler Derden",)
    assert article.body.startswith("After earlier this week European Commission President")
    assert article.body.endswith("just to have it.")
    assert article.body in files[0].read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("first_line", "expected"),
    [
        ("date 2025-06-03 Mayor quits", (date(2025, 6, 3), "Mayor quits")),
        ("\tDATE: 2025-06-03  Mayor quits ", (date(2025, 6, 3), "Mayor quits")),
        ("date 1400-01-01 Press invented soon", (date(1400, 1, 1), "Press invented soon")),
        ("date 2025/6/3 Mayor quits", (date(2025, 6, 3), "Mayor quits")),
        ("date 2025-06-03\n\nMayor quits today", (date(2025, 6, 3), "Mayor quits today")),
        ("date 2025-06-03", (date(2025, 6, 3), None)),
        ("date 2025-06-03 2025-06-02 was a Monday", (date(2025, 6, 3), "2025-06-02 was a Monday")),
    ],
)
def test_the_dated_first_line(first_line: str, expected: tuple[date, str | None]) -> None:
    article = read_text(f"{first_line}\n\n{LEAD}\n")
    assert (article.published_on, article.headline) == expected
    assert article.body == LEAD


@pytest.mark.parametrize(
    ("byline", "authors", "outlet"),
    [
        ("By Ana Ruiz – Valley Times", ["Ana Ruiz"], "Valley Times"),
        ("By Ana Ruiz — Valley Times", ["Ana Ruiz"], "Valley Times"),
        ("By Ana Ruiz - Valley Times", ["Ana Ruiz"], "Valley Times"),
        ("BY ANA RUIZ | Valley Times", ["ANA RUIZ"], "Valley Times"),
        ("By Ana-Maria Ruiz – Valley-Times", ["Ana-Maria Ruiz"], "Valley-Times"),
        ("By Ana Ruiz and Bo Li – Valley Times", ["Ana Ruiz", "Bo Li"], "Valley Times"),
        ("By Ana Ruiz, Bo Li and Cy Odo – VT", ["Ana Ruiz", "Bo Li", "Cy Odo"], "VT"),
        ("By Ana Ruiz, Bo Li, and Cy Odo – VT", ["Ana Ruiz", "Bo Li", "Cy Odo"], "VT"),
        ("By Ana Ruiz", ["Ana Ruiz"], None),
        ("By April Ruiz", ["April Ruiz"], None),
        ("By Ana Ruiz & Bo van der Li", ["Ana Ruiz", "Bo van der Li"], None),
        ("By Ana Ruiz, Jr. – Valley Times", ["Ana Ruiz, Jr."], "Valley Times"),
        ("By Ana Ruiz, Valley Times", ["Ana Ruiz"], "Valley Times"),
        ("By Ana Ruiz, Bo Li", ["Ana Ruiz", "Bo Li"], None),
        ("By Ana Ruiz, political editor – Valley Times", ["Ana Ruiz"], "Valley Times"),
        ("By Ana Ruiz, @anaruiz, Valley Times", ["Ana Ruiz"], "Valley Times"),
        ("Authored by Ana Ruiz via The Valley Times,", ["Ana Ruiz"], "The Valley Times"),
        ("By Ana Ruiz via The Harbour – Valley Times", ["Ana Ruiz"], "Valley Times"),
        ("By Ana Ruiz for the Valley Times", ["Ana Ruiz"], "the Valley Times"),
        ("By Ana Ruiz in Aldhaven and Bo Li in Merrow", ["Ana Ruiz", "Bo Li"], None),
        ("By Ana Ruiz\nValley News, Aldhaven", ["Ana Ruiz"], "Valley News"),
        ("By Ana Ruiz\nPolitical correspondent", ["Ana Ruiz"], None),
        ("By Ana Ruiz | June 4, 2025", ["Ana Ruiz"], None),
        ("By Ana Ruiz, Updated June 4, 2025", ["Ana Ruiz"], None),
        ("June 4, 2025 | By Ana Ruiz | 3 min read", ["Ana Ruiz"], None),
        ("By Ana Ruiz – VT\n\nAuthored by Bo Li via The Harbour,", ["Ana Ruiz", "Bo Li"], "VT"),
        ("By staff – Valley Times", ["staff"], "Valley Times"),
        ("By 김민수 – 골짜기신문", ["김민수"], "골짜기신문"),
        ("By Valley Times – Valley Times", [], "Valley Times"),
    ],
)
def test_bylines(byline: str, authors: list[str], outlet: str | None) -> None:
    article = read_text(f"date 2025-06-03 Mayor quits\n\n{byline}\n\n{LEAD}")
    assert (list(article.authors), article.outlet) == (authors, outlet)
    assert article.authors_method == ("byline" if authors else None)
    assert article.outlet_method == ("byline" if outlet else None)
    assert article.body == LEAD


@pytest.mark.parametrize(
    "paragraph",
    [
        "By Friday, the army had left the town.",
        "By the time – if ever – that it ended, nobody was there.",
        "By the numbers – a year in figures",
        "By Christmas Aldhaven had a new mayor and Merrow none.",
        "By 2030 the harbour will be gone – Valley Times readers know why.",
        "Written by hand, the letter reached the mayor on Monday.",
        "Paris – the city of light – went dark on Monday.",
        "Sen. Ana Ruiz (R-TX) – A former mayor – said no.",
        "Ana Ruiz (left) – The mayor – said no.",
        "NATO — Europe's shield — met on Monday.",
        "Exclusive rights — The mayor has sold them.",
        "MAYOR: I never said so.",
        "ALDHAVEN — the town on the sea — is gone.",
        "Reporting by the Valley Times showed that she had lied.",
        "Editing by hand takes long; nobody does it.",
        "Follow us, she said, and they did.",
        "Read more books, the mayor said.",
        "Related parties were informed.",
        "Advertisement of the post ended in June.",
        "Sign up or leave, the teacher told them.",
        "Copyright was her trade for years.",
        "Share prices fell, X users mocked.",
        "Published in June, the book sold well.",
        "September 4, 2025 was a Thursday.",
    ],
)
def test_prose_stays_in_the_body(paragraph: str) -> None:
    """Even right below the headline and at the very end, where bylines and credits usually are."""
    dated = "date 2025-06-03 Mayor quits\n\n"
    for body in (f"{paragraph}\n\n{LEAD}", f"{LEAD}\n\n{paragraph}\n\n{LEAD}"):
        assert read_text(dated + body).body == body
    if not paragraph.startswith("Copyright"):  # a copyright notice is recognised by its first word
        assert read_text(f"{dated}{LEAD}\n\n{paragraph}").body == f"{LEAD}\n\n{paragraph}"


@pytest.mark.parametrize(
    ("dateline", "agency"),
    [
        ("ALDHAVEN, June 3 (Meridian Wire) – ", "Meridian Wire"),
        ("WASHINGTON (AP) — ", "AP"),
        ("MOSCOW, Sept. 4 /TASS/. ", "TASS"),
        ("London, Sept 4 (Reuters) - ", "Reuters"),
        ("New York (AFP) – ", "AFP"),
        ("Sept 4 (Reuters) - ", "Reuters"),
        ("(Reuters) - ", "Reuters"),
        ("NEWPORT NEWS, Va. — ", None),
        ("ST. LOUIS — ", None),
        ("BULAWAYO, Zimbabwe, Jun 23 2022 (IPS) - ", "IPS"),
        ("HEFEI, July 18 (Xinhua) -- ", "Xinhua"),
        ("CAIRO - 24 July 2022: ", None),
        ("KUWAIT CITY, July 24: ", None),
        ("LEON, GUANAJUATO.- ", None),
        ("Valley News, 23 April - ", "Valley News"),
    ],
)
def test_datelines_are_removed_from_the_body_and_name_the_agency(
    dateline: str, agency: str | None
) -> None:
    article = read_text(f"date 2025-06-03 Mayor quits\n\n{dateline}{LEAD}\n\nMore.")
    assert article.body == f"{LEAD}\n\nMore."
    assert article.outlet == agency
    assert article.outlet_method == ("dateline" if agency else None)
    signed = read_text(f"date 2025-06-03 Mayor quits\n\nBy A. Ruiz – VT\n\n{dateline}{LEAD}")
    assert (signed.outlet, signed.outlet_method) == ("VT", "byline")


@pytest.mark.parametrize(
    "line",
    [
        "Advertisement",
        "ADVERTISEMENT - CONTINUE READING BELOW",
        "Story continues below advertisement",
        "Read more: Mayor of Merrow quits too",
        "Share Tweet Email",
        "Share on Facebook | WhatsApp",
        "Sign up for our newsletter to get more of this.",
        "Follow us on Instagram and Facebook",
    ],
)
def test_page_furniture_is_removed_anywhere(line: str) -> None:
    article = read_text(f"{line}\n\nMayor quits at last\n\n{LEAD}\n\n{line}\n\nMore.\n\n{line}\n")
    assert article.body == f"{LEAD}\n\nMore."
    assert article.headline == "Mayor quits at last"


@pytest.mark.parametrize(
    "line",
    [
        "(Additional reporting by Ana Ruiz and Bo van der Li)",
        "Contributing: Ana Ruiz",
        "© 2025 Valley Times",
        "Copyright 2025 Valley Times. All rights reserved.",
        "Ana Ruiz contributed to this report.",
        "Follow Ana Ruiz on Twitter @anaruiz.",
        "Our Standards: The Thomson Reuters Trust Principles.",
        "###",
    ],
)
def test_credits_are_removed_only_at_the_end(line: str) -> None:
    assert read_text(f"date 2025-06-03 Quits\n\n{LEAD}\n\n{line}\n\n{line}").body == LEAD
    inside = f"{LEAD}\n\n{line}\n\n{LEAD}"
    assert read_text(f"date 2025-06-03 Quits\n\n{inside}").body == inside


@pytest.mark.parametrize(
    ("text", "headline", "method"),
    [
        (f"Mayor of Aldhaven quits\n\n{LEAD}", "Mayor of Aldhaven quits", "first_paragraph"),
        (f"Mayor of Aldhaven quits\n{LEAD}\n{LEAD}", "Mayor of Aldhaven quits", "first_line"),
        ("Mayor of Aldhaven quits\nShe left.", "Mayor of Aldhaven quits", "first_line"),
        (f"Is the harbour lost?\n\n{LEAD}", "Is the harbour lost?", "first_paragraph"),
        (f"A Rush for Seats After the Rain.\n\n{LEAD}", "A Rush for Seats After the Rain.", None),
        (f"Mayor quits at last.\n\nALDHAVEN (AP) — {LEAD}", "Mayor quits at last.", None),
        (f"{LEAD}\n\nMore.", None, None),
        (f"It rained.\n\n{LEAD}", None, None),
        (f"Ana Ruiz\n\n{LEAD}", None, None),
        (f"“It is over, and I am glad.”\n\n{LEAD}", None, None),
        ("The mayor of Aldhaven said on Monday that she\nwould leave the town hall.", None, None),
        ("The mayor of Aldhaven said on Monday to\nEurope that\nBo left.", None, None),
    ],
)
def test_bare_text_has_a_headline_only_if_it_looks_like_one(
    text: str, headline: str | None, method: str | None
) -> None:
    article = read_text(text)
    assert article.headline == headline
    assert article.headline_method == (method or ("first_paragraph" if headline else None))
    if headline is None:
        assert article.body == text
    assert article.published_on is None
    assert article.date_method is None


AT_0815_UTC = datetime(2025, 9, 4, 8, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("line", "on", "at"),
    [
        ("Published: 3 September 2025", date(2025, 9, 3), None),
        ("Published on Sept. 3rd, 2025", date(2025, 9, 3), None),
        ("September 4, 2025", date(2025, 9, 4), None),
        ("Thursday, September 4, 2025 ", date(2025, 9, 4), None),
        ("2025-09-04", date(2025, 9, 4), None),
        ("4.9.2025", date(2025, 9, 4), None),
        ("Posted: 25/09/2025", date(2025, 9, 25), None),
        ("Posted: 04/09/2025", None, None),  # April or September: unknown
        ("2025-09-04T10:15:00+02:00", date(2025, 9, 4), AT_0815_UTC),
        ("Published 4 September 2025, 09:15 BST", date(2025, 9, 4), AT_0815_UTC),
        ("September 4, 2025 at 4:15 a.m. EDT", date(2025, 9, 4), AT_0815_UTC),
        ("2025-09-04 08:15:00Z", date(2025, 9, 4), AT_0815_UTC),
        ("2025-09-04 08:15", date(2025, 9, 4), None),  # no zone: no instant
        ("Published\n3 hours ago", None, None),
        ("https://example.org/2025/quits", None, None),
    ],
)
def test_date_lines(line: str, on: date | None, at: datetime | None) -> None:
    article = read_text(f"Mayor of Aldhaven quits\n\n{line}\n\n{LEAD}")
    assert (article.published_on, article.published_at) == (on, at)
    assert article.date_method == ("date_line" if on else None)
    assert article.headline == "Mayor of Aldhaven quits"
    assert article.body == LEAD
    assert read_text(f"{line}\n\nMayor of Aldhaven quits\n\n{LEAD}") == article


def test_the_better_date_wins_and_the_file_name_is_the_last_resort() -> None:
    updated = "Updated: 5 September 2025\n"
    published = "Published: 4 September 2025\n"
    dateline = "ALDHAVEN, September 3, 2025 (Reuters) - "
    path = "in/2025-09-09/x_2025-09-02.txt"

    def dated(text: str) -> tuple[date | None, str | None]:
        article = read_text(text, path)
        return article.published_on, article.date_method

    bare = "Mayor of Aldhaven quits\n\n"
    assert dated(f"date 2025-09-01 Quits\n{published}\n{LEAD}") == (date(2025, 9, 1), "first_line")
    for lines in (updated + published, published + updated):
        assert dated(f"{bare}{lines}\n{dateline}{LEAD}") == (date(2025, 9, 4), "date_line")
    assert dated(f"{bare}{updated}\n{LEAD}") == (date(2025, 9, 5), "update_line")
    assert dated(f"{bare}{dateline}{LEAD}") == (date(2025, 9, 3), "dateline")
    assert dated(f"{bare}{LEAD}") == (date(2025, 9, 2), "file_name")
    # A dateline without a year is no date, and a number in a file name need not be one.
    undated = read_text(f"{bare}ALDHAVEN, June 3 (Reuters) - {LEAD}", "x_2025-13-45.txt")
    assert undated.published_on is None


WORD = st.text(st.sampled_from("abcdefghijklmnopqrstuvwxyzéü"), min_size=2, max_size=8)
NAME = st.lists(WORD.map(str.capitalize), min_size=2, max_size=3).map(" ".join)
PARAGRAPH = st.lists(WORD, min_size=3, max_size=12).map(lambda w: " ".join(w).capitalize() + ".")


@given(
    headline=st.lists(WORD, min_size=1, max_size=9).map(" ".join),
    on=st.dates(date(1400, 1, 1), date(2025, 1, 1)),
    authors=st.lists(NAME, min_size=1, max_size=4, unique=True),
    outlet=NAME.map(lambda n: f"The {n}"),
    separator=st.sampled_from([" – ", " — ", " - ", " | "]),
    paragraphs=st.lists(PARAGRAPH, min_size=1, max_size=5),
)
def test_the_seed_form_round_trips(**kept: Any) -> None:
    names = kept["authors"]
    byline = " and ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)
    article = read_text(
        f" date {kept['on'].isoformat()} {kept['headline']}\n\n"
        f"By {byline}{kept['separator']}{kept['outlet']}\n\n" + "\n\n".join(kept["paragraphs"])
    )
    assert article.headline == kept["headline"]
    assert article.published_on == kept["on"]
    assert list(article.authors) == names
    assert article.outlet == kept["outlet"]
    assert article.body == "\n\n".join(kept["paragraphs"])


LINE = st.one_of(
    st.text(max_size=60),
    PARAGRAPH,
    st.sampled_from(
        ["", "", "By Ana Ruiz", "Advertisement", "© 2025 X", "ALDHAVEN (AP) — Rain.", "2025-09-04"]
    ),
)


@given(st.lists(LINE, max_size=8).map("\n".join))
def test_every_line_of_the_body_is_in_the_input_in_order(text: str) -> None:
    (item,) = read_file(text.encode(), "x.txt")
    if item.article is not None:
        source = text.replace("\r\n", "\n").replace("\r", "\n")
        position = 0
        for line in item.article.body.split("\n"):
            position = source.index(line, position) + len(line)
        assert (item.article.headline or "") in source
