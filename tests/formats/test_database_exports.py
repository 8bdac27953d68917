"""Exports of news databases give each article by itself, or say why they can't."""

from __future__ import annotations

import io
import random
import time
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from html import escape
from typing import cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from suite_length import examples
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from etl.domain import Article
from etl.readers import Item, Rejection, read_file
from etl.settings import Limits
from formats import database_exports, files
from formats.database_exports import (
    ENGLISH,
    EUROPRESSE,
    FACTIVA,
    FACTIVA_TEXT,
    FRENCH,
    GERMAN,
    Entry,
)
from formats.test_round_trip import ANY, words

Write = Callable[[Sequence[Entry]], bytes]
EXAMPLES = settings(
    max_examples=examples(8), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
ALL: dict[str, Write] = {**FACTIVA, **FACTIVA_TEXT, **EUROPRESSE}
TRAPS = (
    "HD television came to the harbour late, and few of the crews have it at home.",
    "TD Bank said that it had lent the ferries nothing since the spring of that year.",
    "IN : a word on a door of the harbour, which the crews no longer use.",
    "SN was painted on the hull, in letters as tall as the men who had painted them.",
    "Document the fares, she had told them, before the company changes its mind.",
    "41 words were all that the minister had left for the islanders on that day.",
    "3 April 2025 was a Thursday, and the crews of the Sennet ferries went home early.",
    "© 2025 was written under the picture that the crews had hung on their wall.",
    'The page began with <div class="article enArticle"> and ended with nothing at all.',
    "English was spoken on the ferries, and Harbour Courier Ltd. was read on all of them.",
)
NAMES = st.sampled_from(("Ana Ruiz", "Zoë O’Neill", "Bo Li", "Jean-Luc Ménard", "Ilse Marrand"))
OUTLETS = st.sampled_from(("Harbour Courier", "Le Télégramme", "Die Küste", "Northwater Tribune"))


@st.composite
def entries(draw: st.DrawFn, *, is_complete: bool = False) -> Entry:
    """Return articles with any fields missing, unless `is_complete`."""

    def sentence(number: int) -> str:
        some = " ".join(draw(st.lists(words(ANY), min_size=3, max_size=6)))
        rest = unicodedata.normalize("NFC", some)
        return f"The bank said on day {number} that {rest} would be read by all of the town."

    def maybe(values: st.SearchStrategy[str]) -> str | None:
        return draw(values) if draw(st.booleans()) else None

    texts = [sentence(number) for number in range(draw(st.integers(1, 4)))]
    for trap in draw(st.lists(st.sampled_from(TRAPS), max_size=2, unique=True)):
        texts.insert(draw(st.integers(0, len(texts) - 1)), trap)
    headline = st.just(f"Council {draw(words(ANY))} and the {draw(words(ANY))} of a town")
    days = st.dates(date(1995, 1, 1), date(2026, 10, 1))
    return Entry(
        headline=draw(headline) if is_complete else maybe(headline),
        paragraphs=tuple(texts),
        author=maybe(NAMES),
        on=draw(days) if is_complete or draw(st.booleans()) else None,
        outlet=draw(OUTLETS) if is_complete else maybe(OUTLETS),
        section=maybe(st.sampled_from(("News", "Politics", "Foreign Desk"))),
        clock=maybe(st.sampled_from(("17:04", "09:30"))),
        has_code=draw(st.booleans()) if is_complete else True,
        has_language=is_complete or draw(st.booleans()),
        tongue=draw(st.sampled_from((ENGLISH, FRENCH, GERMAN))),
    )


def same(item: Item, entry: Entry) -> None:
    article = item.article
    assert article is not None, item.rejection
    assert article.body == entry.body
    assert article.headline == (entry.headline and " ".join(entry.headline.split()))
    assert article.published_on == entry.on
    assert article.outlet == entry.outlet
    assert article.authors == ((entry.author,) if entry.author else ())
    assert article.url is None


def all_same(data: bytes, name: str, expected: Sequence[Entry]) -> None:
    # The name's day is the day of the export, and of no article.
    items = read_file(data, f"2025-05-20-{name}")
    assert len(items) == len(expected), [item.rejection for item in items]
    for item, entry in zip(items, expected, strict=True):
        same(item, entry)


@pytest.mark.parametrize("name", FACTIVA)
@EXAMPLES
@given(expected=st.lists(entries(), min_size=1, max_size=20))
def test_articles_of_factiva_come_back_one_by_one(name: str, expected: list[Entry]) -> None:
    all_same(FACTIVA[name](expected), name, expected)


@pytest.mark.parametrize("name", FACTIVA_TEXT)
@EXAMPLES
@given(expected=st.lists(entries(is_complete=True), min_size=1, max_size=20))
def test_articles_of_factiva_without_codes_come_back(name: str, expected: list[Entry]) -> None:
    all_same(FACTIVA_TEXT[name](expected), name, expected)


@pytest.mark.parametrize("name", EUROPRESSE)
@EXAMPLES
@given(expected=st.lists(entries(is_complete=True), min_size=1, max_size=20), lacking=st.data())
def test_articles_of_europresse_come_back(
    name: str, expected: list[Entry], lacking: st.DataObject
) -> None:
    expected = [
        replace(
            entry,
            author=lacking.draw(st.sampled_from((entry.author, None))),
            on=lacking.draw(st.sampled_from((entry.on, None))),
        )
        for entry in expected
    ]
    all_same(EUROPRESSE[name](expected), name, expected)


CREWS = ("Aldhaven", "Brinmouth", "Corvale", "Dunmere", "Eastwick")


def marked(number: int) -> Entry:
    """Return an article whose every paragraph names it."""
    name = CREWS[number]
    return Entry(
        headline=f"The crews of {name} wait for the harbour to open again",
        paragraphs=tuple(
            f"The crews of {name} said on day {day} that they would wait for the harbour."
            for day in range(4)
        ),
        author="Ana Ruiz",
        on=date(2025, 4, 1 + number),
        outlet="Harbour Courier",
    )


def lossy(data: bytes, rng: random.Random) -> bytes:
    """Return the bytes damaged in up to three places, without a copy of other bytes of them."""
    out = bytearray(data)
    for _ in range(rng.randint(1, 3)):
        at, length = rng.randrange(len(out)), rng.randint(1, 40)
        match rng.randrange(4):
            case 0:
                del out[at : at + length]
            case 1:
                out[at : at + length] = b"#" * length
            case 2:
                out[at] ^= 1 << rng.randrange(7)
            case 3:
                del out[max(at, len(out) // 2) :]
    return bytes(out)


@pytest.mark.parametrize("name", ALL)
def test_damage_never_brings_the_text_of_one_article_into_another(name: str) -> None:
    expected = [marked(number) for number in range(5)]
    data = ALL[name](expected)
    for number in range(examples(40)):
        rng = random.Random(f"{name} {number}")
        for item in read_file(lossy(data, rng), name):
            if item.article:
                text = f"{item.article.headline} {item.article.body}"
                assert sum(crew in text for crew in CREWS) < 2, (number, text)
            else:
                assert item.rejection is not None
                assert item.rejection.reason != "unreadable", item.rejection


@pytest.mark.parametrize("name", ALL)
def test_a_damaged_export_loses_no_article_in_silence(name: str) -> None:
    """Each article comes back, or a rejection tells of the loss."""
    expected = [marked(number) for number in range(5)]
    data = ALL[name](expected)
    for number in range(examples(40)):
        rng = random.Random(f"{name} {number}")
        at = rng.randrange(len(data) * 4 // 5)
        items = read_file(data[:at] + b"#" * 30 + data[at + 30 :], name)
        found = sum(item.article is not None for item in items)
        assert found == 5 or any(item.rejection for item in items), (number, at)


def rejections(data: bytes, name: str) -> list[Rejection]:
    return [item.rejection for item in read_file(data, name) if item.rejection]


def article(data: bytes, name: str) -> Article:
    (item,) = read_file(data, name)
    assert item.article is not None, item.rejection
    return item.article


FERRIES = Entry(
    "Ferry fares rise in the month of May",
    ("Fares on the ferries will rise in May.", "“We had to,” said Ragna Thorsby of Sennline."),
    "Ellen Marsk",
    date(2025, 4, 3),
    "Harbour Courier",
)


def in_docx(data: bytes) -> bytes:
    """Return text as a Word document, with a paragraph for each line."""
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    lines = "".join(
        f"<w:p><w:r><w:t>{escape(line)}</w:t></w:r></w:p>" for line in data.decode().split("\n")
    )
    document = f'<w:document xmlns:w="{space}"><w:body>{lines}</w:body></w:document>'
    return files.zipped({"word/document.xml": document})


@pytest.mark.parametrize("write", [database_exports.pasted_alone, database_exports.factiva_txt])
def test_a_word_document_holds_an_export_like_text(write: Write) -> None:
    both = [FERRIES, replace(FERRIES, headline="Islanders march against dearer fares again")]
    all_same(in_docx(write(both)), "export.docx", both)


@pytest.mark.parametrize(
    ("above", "headline", "author"),
    [
        ("Ferry fares rise in May\n\nEllen Marsk", "Ferry fares rise in May", "Ellen Marsk"),
        ("World\nFares Rise\n\nEllen Marsk", "Fares Rise", "Ellen Marsk"),
        ("Ferry Fares Rise In May\nEllen Marsk", "Ferry Fares Rise In May", "Ellen Marsk"),
        ("Fares Rise\nBy Ellen Marsk", "Fares Rise", "Ellen Marsk"),
        ("World\nFerry fares rise in May", "Ferry fares rise in May", None),
        ("World\nFerry Fares Rise In May\nEllen Marsk", "Ferry Fares Rise In May", "Ellen Marsk"),
        ("World\nIslanders March", None, None),
        ("Fares Rise\nEllen Marsk\nAna Ruiz", None, None),
    ],
)
def test_without_codes_a_headline_is_told_from_section_and_author_or_the_article_rejected(
    above: str, headline: str | None, author: str | None
) -> None:
    text = database_exports.factiva_txt([replace(FERRIES, headline=None, author=None), FERRIES])
    first, second = read_file(f"{above}\n".encode() + text, "a.txt")
    same(second, FERRIES)
    if headline is None:
        assert first.rejection is not None
        assert (first.rejection.reason, first.rejection.detail[:9]) == ("unsupported", "article 1")
    else:
        same(first, replace(FERRIES, headline=headline, author=author))


PRINTED = " ".join(f"{FERRIES.headline} {' '.join(FERRIES.header())} {FERRIES.body}".split())
GENIOS = (
    "Hafen-Kurier vom 03.04.2025, S. 4\nFähren werden teurer\nDie Preise steigen im Mai.\n"
    "Quelle: Hafen-Kurier\nDokumentnummer: 4711\nDauerhafte Adresse des Dokuments: 4711\n"
    "© GBI-Genios Deutsche Wirtschaftsdatenbank GmbH\n"
)
CERTIFIED = (
    "Les tarifs augmentent\n\nLes ferries seront plus chers en mai.\n\n© 2025 Le Courrier. "
    "Le présent certificat est émis à l'Université.\n\nnews·20250403·HC·4711\n"
)


@pytest.mark.parametrize(
    ("data", "database"),
    [
        (f"{PRINTED} {FERRIES.number} Page 1 of 5 © 2025 Factiva, Inc.".encode(), "Factiva"),
        (database_exports.factiva_html([]), "Factiva"),
        (GENIOS.encode(), "Genios"),
        (b"<html><pre class='docTitle'>A</pre><pre class='docSource'>B</pre></html>", "Genios"),
        (CERTIFIED.encode(), "Europresse"),
        (b"<html><span class='DocPublicationName'>A</span><i class='DocHeader'></i>", "Europresse"),
    ],
)
def test_an_export_that_cannot_be_split_is_named_with_what_to_do(
    data: bytes, database: str
) -> None:
    (rejection,) = rejections(data, "export")
    assert rejection.reason == "unsupported"
    assert database in rejection.detail and " export: " in rejection.detail
    assert len(rejection.remedy) > 40


@dataclass(frozen=True)
class Day:
    """A day that need not exist."""

    year: int
    month: int
    day: int

    def weekday(self) -> int:
        return 0

    def __str__(self) -> str:
        return f"{self.year}-{self.month:02}-{self.day:02}"

    def __format__(self, pattern: str) -> str:
        return str(self).replace("-", "") if pattern else str(self)


@pytest.mark.parametrize("name", [*FACTIVA, *EUROPRESSE])
def test_an_article_with_an_impossible_day_or_no_text_rejects_only_itself(name: str) -> None:
    empty = replace(FERRIES, paragraphs=("",), headline="No text came with this one")
    data = ALL[name]([FERRIES, replace(FERRIES, on=cast(date, Day(2025, 2, 31))), empty, FERRIES])
    found = [item.rejection and item.rejection.reason for item in read_file(data, name)]
    assert found == [None, "impossible_date", "empty", None]


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("3 April 2025", date(2025, 4, 3)),
        ("Thursday, April 3, 2025", date(2025, 4, 3)),
        ("jeudi 3 avril 2025", date(2025, 4, 3)),
        ("1er août 2025", date(2025, 8, 1)),
        ("4. April 2025", date(2025, 4, 4)),
        ("Donnerstag, 3. März 2016", date(2016, 3, 3)),
        ("3 de abril de 2025", date(2025, 4, 3)),
        ("13 ноября 2017", date(2017, 11, 13)),
        ("2018 年 10 月 7 日 17:04", date(2018, 10, 7)),
        ("7 Sivan 2025", None),
    ],
)
@pytest.mark.parametrize("name", ["codes.html", "plain.html", "pasted.txt", "plain.txt"])
def test_days_are_read_in_the_language_of_the_export(
    name: str, written: str, day: date | None
) -> None:
    data = ALL[name]([FERRIES]).replace(b"3 April 2025", written.encode())
    found = article(data, name)
    assert (found.published_on, found.outlet) == (day, "Harbour Courier")


@pytest.mark.parametrize(
    ("byline", "authors"),
    [
        ("By Jonas Falk and Mira Kessel", ("Jonas Falk", "Mira Kessel")),
        ("Par Jeanne Dupré et Paul Aumont, à Corvale", ("Jeanne Dupré", "Paul Aumont")),
        ("Von ULRICH BERG und Ana Ruiz", ("ULRICH BERG", "Ana Ruiz")),
        ("Jonas Falk; Mira Kessel", ("Jonas Falk", "Mira Kessel")),
        ("Von Berg", ("Von Berg",)),
    ],
)
def test_authors_are_read_in_the_language_of_the_export(
    byline: str, authors: tuple[str, ...]
) -> None:
    data = database_exports.factiva_html([FERRIES]).replace(b"Ellen Marsk", byline.encode())
    assert article(data, "a.html").authors == authors
    page = database_exports.europresse_html([FERRIES])
    assert article(page.replace(b"Ellen Marsk", byline.encode()), "a.html").authors == authors


@pytest.mark.parametrize("language", ["Français", "French", "Französisch", "法文"])
def test_a_text_too_short_to_detect_has_the_language_that_is_stated(language: str) -> None:
    short = replace(FERRIES, headline=None, paragraphs=("Non.",))
    data = database_exports.factiva_html_codes([short]).replace(
        b">English<", f">{language}<".encode()
    )
    assert article(data.replace(b"enArticle", b"xxArticle"), "a.html").language == "fr"
    assert (
        article(
            database_exports.factiva_html_codes(
                [replace(short, tongue=FRENCH, has_language=False)]
            ),
            "a.html",
        ).language
        == "fr"
    )


@pytest.mark.parametrize(
    ("written", "outlet"),
    [
        ("La Croix, no. 43018", "La Croix"),
        ("Ouest-France    Lannion", "Ouest-France"),
        ("Le Monde (site web)", "Le Monde (site web)"),
        ("Revue du port, Vol. 14, no 4", "Revue du port"),
    ],
)
def test_an_outlet_of_europresse_has_no_issue_and_no_local_edition(
    written: str, outlet: str
) -> None:
    data = database_exports.europresse_html([FERRIES])
    data = data.replace(b"Harbour Courier, no. 4711   ", written.encode())
    assert article(data, "a.html").outlet == outlet


@pytest.mark.parametrize("write", [database_exports.factiva_html, database_exports.europresse_html])
def test_lines_of_a_headline_are_words_apart(write: Write) -> None:
    page = write([replace(FERRIES, headline="Fares rise|in May")]).replace(b"|", b"<br/>")
    assert article(page, "a.html").headline == "Fares rise in May"


def test_an_article_is_found_behind_any_number_of_styles() -> None:
    data = database_exports.factiva_html([FERRIES])
    data = data.replace(b"<title>", b"<style>" + b"p{margin:0}" * 20_000 + b"</style><title>")
    all_same(data, "a.html", [FERRIES])


def test_articles_of_a_page_in_a_crawl_do_not_share_its_address() -> None:
    """An address is an article's key: they would become versions of one another."""
    out = io.BytesIO()
    writer = WARCWriter(out, gzip=False)
    page = database_exports.europresse_html([FERRIES, FERRIES])
    headers = StatusAndHeaders("200 OK", [("Content-Type", "text/html")], protocol="HTTP/1.1")
    record = writer.create_warc_record(
        files.URL, "response", payload=io.BytesIO(page), http_headers=headers
    )
    writer.write_record(record)
    all_same(out.getvalue(), "crawl.warc", [FERRIES, FERRIES])


@pytest.mark.parametrize(
    ("name", "begin", "repeated", "end"),
    [
        ("a.txt", "HD  a\nWC  1 words\nPD  3 April 2025\nLP  ", "TD  b\n", "AN  x"),
        ("a.txt", "", "WC  1 words\nPD  3 April 2025\n", ""),
        ("a.txt", "", "HD" + " " * 50 + "\n", ""),
        ("a.txt", "", "1 words\n3 April 2025\n", "Document HARBCO0020250403el4300298"),
        ("a.txt", "", "Document HARBCO0020250403el4300298 1 words\n", ""),
        ("a.html", '<title>Factiva</title><p class="DocPublicationName DocHeader">', "<i>", ""),
        ("a.html", "<html>", '<div class="article enArticle">a', ""),
        ("a.html", "<html>", '<article><span class="DocPublicationName">DocHeader', ""),
        ("a.html", "<html>", '<td><span class="DocPublicationName">DocHeader', ""),
        ("a.xml", "<PPSResponse>", "<article><headline>a</headline></article>", "</PPSResponse>"),
    ],
)  # fmt: skip
def test_repetition_takes_linear_time(name: str, begin: str, repeated: str, end: str) -> None:
    data = (begin + repeated * (500_000 // len(repeated)) + end).encode()
    started = time.process_time()
    assert read_file(data, name, Limits(items=100))
    assert time.process_time() - started < 5
