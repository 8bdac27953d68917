"""Exports of Nexis and ProQuest: each article by itself, or a rejection that names the export."""

from __future__ import annotations

import random
import re
import time
from dataclasses import replace
from datetime import UTC, date, datetime
from email.message import EmailMessage

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from suite_length import examples

from etl.domain import Article
from etl.readers import Rejection, read_file
from formats import files, nexis_proquest
from formats.files import PARAGRAPHS, STORY, Story
from formats.nexis_proquest import WRITERS, docx_of, nexis, proquest, rtf_of, uni_lines
from formats.test_round_trip import ANY, stories

SECOND = replace(
    STORY,
    headline="Regulator opens an inquiry into the bank of the harbour and its board of seven",
    paragraphs=PARAGRAPHS[::-1],
    outlet="Northwater Tribune",
    author="Jonas Falk",
    at=datetime(2025, 7, 2, 8, 15, tzinfo=UTC),
)
THIRD = replace(STORY, headline="Savers queue in the rain", outlet="Calder Ledger")
THREE = (STORY, SECOND, THIRD)


def articles(data: bytes, name: str) -> list[Article]:
    items = read_file(data, name)
    assert all(item.article for item in items), items
    return [item.article for item in items if item.article]


def rejections(data: bytes, name: str = "x.txt") -> list[Rejection]:
    return [item.rejection for item in read_file(data, name) if item.rejection]


def same(article: Article, story: Story) -> None:
    assert article.headline == story.headline
    assert article.body == story.body
    assert article.outlet == story.outlet
    assert article.published_on == story.at.date()


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("count", [1, 2, 3])
def test_each_article_of_an_export_is_an_article(name: str, count: int) -> None:
    found = articles(WRITERS[name](*THREE[:count]), name)
    for article, story in zip(found, THREE, strict=False):
        same(article, story)
        assert article.authors == (story.author,)
        assert article.language == "en"
        assert article.source_format in ("nexis", "proquest")
        assert article.url is None
    assert len(found) == count


@pytest.mark.parametrize(
    ("line", "on"),
    [
        ("April 3, 2025 Thursday", date(2025, 4, 3)),
        ("April 3, 2025, Thursday, Late Edition - Final", date(2025, 4, 3)),
        ("Thursday 3 April 2025 12:00 AM GMT", date(2025, 4, 3)),
        ("3 avril 2025", date(2025, 4, 3)),
        ("Donnerstag 3. April 2025", date(2025, 4, 3)),
        ("3 april 2025 donderdag", date(2025, 4, 3)),
        ("3 de abril de 2025 jueves", date(2025, 4, 3)),
        ("Summer, 2025", None),
    ],
)
@pytest.mark.parametrize("layout", ["nexis", "uni"])
def test_the_day_is_read_in_the_forms_of_the_interfaces(
    line: str, on: date | None, layout: str
) -> None:
    if layout == "nexis":
        text = nexis(STORY).replace("June 24, 2025 Tuesday", line)
        (article,) = articles(text.encode(), "x.txt")
    else:
        lines = [re.sub(r"^June 24, 2025 Tuesday.*", line, x) for x in uni_lines(STORY)]
        (article,) = articles(docx_of(lines), "x.docx")
    assert (article.published_on, article.published_at) == (on, None)
    assert (article.headline, article.outlet) == (STORY.headline, STORY.outlet)


@pytest.mark.parametrize("cover", [True, False])
def test_a_headline_like_an_entry_of_the_list_is_a_headline(cover: bool) -> None:
    story = replace(STORY, headline="10. Ferries that never came back")
    (article,) = articles(docx_of(uni_lines(story, cover=cover)), "x.docx")
    same(article, story)


def test_a_time_with_a_known_zone_gives_the_instant() -> None:
    (article,) = articles(docx_of(uni_lines(SECOND)), "x.docx")
    assert article.published_at == SECOND.at


def test_the_day_of_an_export_in_the_name_of_the_file_is_not_the_article_s() -> None:
    text = re.sub(r"Publication (?:date|info): .*\n", "", proquest(STORY))
    (article,) = articles(text.encode(), "ProQuestDocuments-2025-05-20.txt")
    assert article.published_on is None


def test_an_export_in_a_mail_is_read_like_a_file() -> None:
    message = EmailMessage()
    message["From"], message["Subject"] = "noreply@proquest.example", "Your ProQuest Research"
    message["Date"], message["Message-ID"] = "Tue, 24 Jun 2025 08:00:00 +0000", "<1@x.example>"
    message.set_content(nexis_proquest.proquest_html(*THREE), subtype="html")
    for article, story in zip(articles(message.as_bytes(), "x.eml"), THREE, strict=True):
        same(article, story)


def test_several_exports_may_follow_each_other() -> None:
    text = nexis(*THREE) + "\n\n\n" + nexis(SECOND, STORY)
    assert len(articles(text.encode(), "x.txt")) == 5


@pytest.mark.parametrize(
    ("data", "kept", "says"),
    [
        (nexis(*THREE, cover=False).replace("3 of 3 DOCUMENTS", ""), 1, "document 3 of 3"),
        (nexis(*THREE).replace("2 of 3 DOCUMENTS", ""), 1, "document 2 of 3"),
        (nexis(*THREE).replace("2 of 3 DOCUMENTS", "3 of 3 DOCUMENTS"), 0, "after document 3"),
        (nexis(*THREE).replace("1 of 3 DOCUMENTS", ""), 2, "without a heading"),
        (re.sub(r"\d of 3 DOCUMENTS", "", nexis(*THREE)), 0, "several documents"),
        (nexis(*THREE).replace(PARAGRAPHS[0][:60], "\n\n  5 of 9 DOCUMENTS\n\n"), 0, "neither"),
        (proquest(*THREE).replace("Document 2 of 3", ""), 0, "only some documents"),
        (proquest(*THREE).replace(f"{nexis_proquest.RULE}\n\nDocument 2 of 3", "x"), 1, "twice"),
        (proquest(*THREE, numbered=False).replace(nexis_proquest.RULE, ""), 0, "twice"),
        (proquest(STORY).replace("Full text", "Volltext").replace("Title", "Titel"), 0, "no body"),
    ],
)  # fmt: skip
def test_what_can_t_be_divided_with_certainty_is_rejected(data: str, kept: int, says: str) -> None:
    items = read_file(data.encode(), "x.txt")
    assert sum(item.article is not None for item in items) == kept, items
    found = [item.rejection for item in items if item.rejection]
    assert says in " ".join(rejection.detail for rejection in found)
    for rejection in found:
        assert rejection.reason in ("unsupported", "empty")
        assert rejection.remedy


@pytest.mark.parametrize("lost", ["End of Document", "Body"])
def test_a_download_without_its_marks_is_rejected(lost: str) -> None:
    lines = [line for line in uni_lines(*THREE) if line != lost]
    for rejection in rejections(docx_of(lines), "x.docx"):
        assert rejection.reason == "unsupported"
        assert f"no line “{lost}”" in rejection.detail
    assert not [item for item in read_file(docx_of(lines), "x.docx") if item.article]


def test_a_lost_end_shows_by_the_list_on_the_cover_page() -> None:
    lines = uni_lines(*THREE, without=frozenset({"Load-Date", "Classification"}))
    del lines[lines.index("End of Document")]
    items = read_file(docx_of(lines), "x.docx")
    assert [item.article.headline for item in items if item.article] == [THIRD.headline]


def test_a_lot_of_a_larger_search_is_read_whole_and_the_rest_is_named() -> None:
    headings = [f"{number} of 1325 DOCUMENTS" for number in range(1, 51)]
    text = "\n\n".join(nexis_proquest.nexis_document(STORY, heading) for heading in headings)
    items = read_file(text.encode(), "x.txt")
    assert sum(item.article is not None for item in items) == 50
    (rejection,) = (item.rejection for item in items if item.rejection)
    assert "documents 51 to 1,325 of 1,325" in rejection.detail


def test_the_list_of_a_download_in_many_files_is_no_article() -> None:
    lines = uni_lines(*THREE)
    (rejection,) = rejections(docx_of(lines[: lines.index(STORY.headline)]), "Files_doclist.docx")
    assert rejection.reason == "empty"


OLD = """
                               1 of 1 DOCUMENT

                  Copyright 2003 Harbour Publishing Company
                              Harbour Courier

             April 3, 2003, Thursday, Late Edition - Final
                            Correction Appended

SECTION: Section A; Column 3; Foreign Desk; Pg. 1

LENGTH: 27  words

HEADLINE: A NATION AT THE HARBOUR: THE FERRIES;
Crews Will Strike

BYLINE:  By ILSE MARRAND (now) and JONAS FALK

DATELINE: ALDHAVEN, April 2

BODY:
   The crews of the ferries said that they would strike from Tuesday over pay, and
the company said nothing at all.

   “We have waited,” said Una Tarrish.

GRAPHIC: Photo: The harbour. (pg. A1)

LOAD-DATE: April 3, 2003
"""
WIRE = """
                             1 of 1 DOCUMENT

                            Meridian Press Agency

LEADALL: Ferry crews strike over pay

                            April 17, 2003, Thursday

DATELINE: Aldhaven


The crews of the ferries said that they would strike from Tuesday over pay, and
the company said nothing at all.

“We have waited,” said Una Tarrish.

SECTION: Politics

LENGTH: 27 words

LOAD-DATE: April 17, 2003

LANGUAGE: ENGLISH


                     Copyright 2003 Meridian Press Agency
"""


@pytest.mark.parametrize(
    ("text", "headline", "outlet", "authors"),
    [
        (OLD, "A NATION AT THE HARBOUR: THE FERRIES; Crews Will Strike", "Harbour Courier",
         ("ILSE MARRAND", "JONAS FALK")),
        (WIRE, "LEADALL: Ferry crews strike over pay", "Meridian Press Agency", ()),
        (OLD.replace("1 of 1 DOCUMENT", ""), "A NATION AT THE HARBOUR: THE FERRIES; Crews Will "
         "Strike", "Harbour Courier", ("ILSE MARRAND", "JONAS FALK")),
    ],
    ids=["labels", "fields-below", "no-heading"],
)  # fmt: skip
def test_older_layouts_of_nexis(
    text: str, headline: str, outlet: str, authors: tuple[str, ...]
) -> None:
    (article,) = articles(text.encode(), "x.txt")
    assert (article.headline, article.outlet, article.authors) == (headline, outlet, authors)
    assert article.body.split("\n\n") == [
        "The crews of the ferries said that they would strike from Tuesday over pay, and the "
        "company said nothing at all.",
        "“We have waited,” said Una Tarrish.",
    ]
    assert article.published_on is not None
    assert article.published_on.year == 2003


def test_a_document_without_a_headline_keeps_its_first_line() -> None:
    flash = """
                             1 of 1 DOCUMENT

                          Meridian Press Agency

                      January 16, 2009 Friday 9:25 PM EST

SECTION: WORLD NEWS; Political

LENGTH: 7 words


FLASH: HARBOUR OF ALDHAVEN CLOSED AFTER FIRE

LOAD-DATE: January 17, 2009

LANGUAGE: ENGLISH
"""
    (article,) = articles(flash.encode(), "x.txt")
    assert article.headline is None
    assert article.body == "FLASH: HARBOUR OF ALDHAVEN CLOSED AFTER FIRE"


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ("Von Ulrich Berg und Ana Ruiz", ("Ulrich Berg", "Ana Ruiz")),
        ("Par Sophie Latil, à Aldhaven", ("Sophie Latil",)),
        ("By ILSE MARRAND in Aldhaven", ("ILSE MARRAND",)),
    ],
)
def test_bylines_are_read_in_the_languages_of_the_interfaces(
    written: str, names: tuple[str, ...]
) -> None:
    text = nexis(STORY).replace(f"BYLINE: {STORY.author}", f"BYLINE: {written}")
    (article,) = articles(text.encode(), "x.txt")
    assert article.authors == names


def test_a_pdf_of_an_export_is_rejected_with_its_name() -> None:
    data = files.pdf(story=replace(STORY, paragraphs=tuple(filter(None, uni_lines(STORY)))))
    (rejection,) = rejections(data, "x.pdf")
    assert rejection.reason == "unsupported"
    assert "nexis" in rejection.detail


TRAPS = (
    "LENGTH: of the bridge over the sound, nobody at the bank said a word to the board.",
    "2 of 3 documents were leaked to the harbour office, as the clerk of the court said.",
    "Document 2 of 3 was the worst of them all, as the clerk of the court said.",
    "Body of evidence: the clerk of the court had none of it, as she said herself.",
    "The words End of Document stood on the last page, as the clerk of the court said.",
    "LOAD-DATE: these words stood on the crates, as the clerk of the court said.",
    "SECTION: the word stood on the door of the room where the board had met.",
    "Publication date: these words stood on the page, as the clerk of the court said.",
    "Title: she had none and wanted none, as the clerk of the court said of her.",
    "Copyright was the matter of the suit of 1998, as the clerk of the court said.",
    "Full text of the speech: nobody had it, as the clerk of the court said.",
)
FIELDS_OF = {
    "nexis": ("BYLINE", "SECTION", "DATELINE", "LOAD-DATE", "LANGUAGE", "GRAPHIC",
              "PUBLICATION-TYPE"),
    "uni": ("Section", "Byline", "Highlight", "Graphic", "Classification", "Load-Date"),
    "proquest": ("Subject", "Location", "Publication year", "Section", "Author", "CODEN",
                 "Language of publication", "Document URL", "Copyright", "Last updated"),
}  # fmt: skip


@st.composite
def exports(draw: st.DrawFn) -> tuple[str, bytes, list[Story]]:
    """Return the name of a file, an export of 1 to 20 articles with traps, and the articles."""
    layout = draw(st.sampled_from(sorted(FIELDS_OF)))
    pool = draw(st.lists(stories(ANY), min_size=1, max_size=3))
    written = []
    for number in range(draw(st.integers(1, 20))):
        story = pool[number % len(pool)]
        traps = draw(st.lists(st.sampled_from(TRAPS), max_size=3))
        paragraphs = [*story.paragraphs]
        for trap in traps:  # last of all, nothing distinguishes a trap from a field
            paragraphs.insert(draw(st.integers(0, len(paragraphs) - 1)), trap)
        if layout == "proquest" and draw(st.booleans()):
            paragraphs.insert(1, nexis_proquest.RULE)
        headline = f"{story.headline} {number}"
        written.append(replace(story, headline=headline, paragraphs=tuple(paragraphs)))
    without = frozenset(draw(st.sets(st.sampled_from(FIELDS_OF[layout]))))
    if layout == "nexis":
        each = [without] * len(written)
        text = nexis(*written, cover=draw(st.booleans()), without=each)
    elif layout == "proquest":
        text = proquest(*written, without=without)
    else:
        lines = uni_lines(*written, cover=draw(st.booleans()), without=without)
        if draw(st.booleans()):
            return "x.docx", docx_of(lines), written
        return "x.rtf", rtf_of(lines), written
    if draw(st.booleans()):
        text = text.replace("\n", "\r\n")
    return "x.txt", text.encode(), written


@settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(exports())
def test_articles_of_random_exports_come_back_unchanged(
    export: tuple[str, bytes, list[Story]],
) -> None:
    name, data, written = export
    for article, story in zip(articles(data, name), written, strict=True):
        same(article, story)


TAGS = ("ALDERALDER", "BRIARBRIAR", "CEDARCEDAR", "MAPLEMAPLE")
TAGGED = [
    replace(
        story,
        headline=f"{story.headline} {tag}",
        paragraphs=tuple(
            " ".join(f"{word} {tag}" for word in paragraph.split()) for paragraph in PARAGRAPHS
        ),
    )
    for tag, story in zip(TAGS, (*THREE, STORY), strict=True)
]
"""Articles of which every other word names the article."""
MUTATED: dict[str, bytes] = {
    "nexis.txt": nexis(*TAGGED).encode(),
    "nexis-without-cover.txt": nexis(*TAGGED, cover=False).encode(),
    "uni.rtf": rtf_of(uni_lines(*TAGGED)),
    "proquest.txt": proquest(*TAGGED).encode(),
    "nexis.html": nexis_proquest.nexis_html(*TAGGED).encode(),
    "proquest.html": nexis_proquest.proquest_html(*TAGGED).encode(),
}
TOKENS = (b"\n", b"\n\n", b"\r", b"\x00", b"\xff", b":", b"<", b">", b"1 of 4 DOCUMENTS", b"{",
          b"\nEnd of Document\n", b"Document 2 of 4", b"LENGTH: 3 words", b"}", b"\\", b"Body",
)  # fmt: skip


def mutated(data: bytes, rng: random.Random) -> bytes:
    """Return the bytes with one to three deletions, flips or insertions, but nothing copied."""
    out = bytearray(data)
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(out))
        match rng.randrange(4):
            case 0:
                out[at] ^= 1 << rng.randrange(7)
            case 1:
                del out[at : at + rng.randint(1, len(out) // 2)]
            case 2:
                out[at:at] = rng.choice(TOKENS)
            case 3:
                del out[at:]
        if not out:
            break
    return bytes(out)


@pytest.mark.parametrize("name", MUTATED)
def test_a_damaged_export_never_mixes_articles(name: str) -> None:
    """20,400 inputs in a soak."""
    for seed in range(examples(170)):
        data = mutated(MUTATED[name], random.Random(seed))
        started = time.process_time()
        for item in read_file(data, name):
            if item.rejection:
                assert item.rejection.reason != "unreadable", (seed, item.rejection)
            if item.article is None or item.article.source_format not in ("nexis", "proquest"):
                continue
            text = f"{item.article.headline} {item.article.body}"
            assert sum(tag in text for tag in TAGS) <= 1, seed
        assert time.process_time() - started < 10


@pytest.mark.parametrize(
    ("begin", "repeated"),
    [
        ("1 of 1 DOCUMENTS\n\nOutlet\n\nApril 3, 2025\n\n", "DATELINE: x\n\n"),
        ("1 of 1 DOCUMENTS\n\nOutlet\n\nApril 3, 2025\n\n", "Download Request:\n\n"),
        ("", "1 of 2 DOCUMENTS\n\nOutlet\n\nApril 3, 2025\n\n"),
        ("", " of 2 DOCUMENTS"),
        ("1 of 1 DOCUMENTS\n\n", " "),
        ("LENGTH: 3 words\nLOAD-DATE: April 3, 2025\n\n", "GRAPHIC: x\n\n"),
        ("Length: 3 words\nBody\n", "End of Document\n"),
        ("Length: 3 words\n", "Body\n"),
        ("ProQuest document link\nFull text: x\n", "_" * 30 + "\n"),
        ("ProQuest document link\nFull text: x\n", "Database:\n"),
        ("ProQuest document link\nFull text: x\n\n", "Subject:\n\nx\n\n"),
    ],
)
def test_repetition_in_an_export_takes_linear_time(begin: str, repeated: str) -> None:
    """Half a million characters."""
    data = (begin + repeated * (500_000 // len(repeated)) + "\n\nThe end.").encode()
    started = time.process_time()
    assert read_file(data, "x.txt")
    assert time.process_time() - started < 8
