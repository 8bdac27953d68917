"""Articles written in any format are read back unchanged, with fields in any order."""

from __future__ import annotations

import gzip
import json
import random
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from suite_length import examples

from etl.domain import Article
from etl.readers import read_file
from formats import files
from formats.files import Order, Story

EXAMPLES = settings(
    max_examples=examples(12), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
LATIN = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789éüñçßøÅÉ"
ANY = LATIN + "αΩжЯłşı字語한ひ𝔸🙂"
MARKS = "&<>\"'\\,;|{}%$#*_[]()`~^@!?=+/:-–“”’…"
NAMES = st.sampled_from(("Ana Ruiz", "Zoë O’Neill", "Bo Li", "Jean-Luc Ménard", "Ilse Marrand"))
OUTLETS = st.sampled_from(("Harbour Courier", "Straße & Söhne Post", "Le Télégramme", "Daily Test"))


def words(alphabet: str) -> st.SearchStrategy[str]:
    """Return words of letters, some with a punctuation mark inside."""
    letters = st.text(alphabet, min_size=2, max_size=9)
    return st.tuples(letters, st.sampled_from(["", "", "", *MARKS]), letters).map("".join)


@st.composite
def stories(draw: st.DrawFn, alphabet: str = LATIN) -> Story:
    """Return articles whose sentences don't look like bylines, date lines or page furniture."""

    def sentence(number: int) -> str:
        some = draw(st.lists(words(alphabet), min_size=3, max_size=8))
        rest = " ".join(unicodedata.normalize("NFC", word) for word in some)
        return f"The bank said on day {number} that {rest} would be read by all of the town."

    paragraphs = tuple(
        " ".join(sentence(number) for _ in range(draw(st.integers(2, 3))))
        for number in range(draw(st.integers(2, 4)))
    )
    zone = timezone(timedelta(minutes=draw(st.sampled_from((-480, -210, 0, 60, 345, 720)))))
    at = draw(st.datetimes(datetime(1995, 1, 1), datetime(2026, 10, 1))).replace(microsecond=0)
    return Story(
        headline=f"Council {draw(words(alphabet))} and the {draw(words(alphabet))} of a town",
        paragraphs=paragraphs,
        outlet=draw(OUTLETS),
        author=draw(NAMES),
        at=at.replace(tzinfo=zone),
        url=f"https://courier.example/{draw(st.integers(0, 10**6))}?a=1&b=2",
    )


orders = st.integers(0, 2**32).map(
    lambda seed: lambda fields: random.Random(seed).sample(fields, len(fields))
)


def articles(data: bytes, name: str) -> list[Article]:
    items = read_file(data, name)
    assert all(item.article for item in items), items
    return [item.article for item in items if item.article]


def same(article: Article, story: Story) -> None:
    assert article.body == story.body
    assert article.headline == story.headline
    assert article.outlet == story.outlet
    assert article.authors == (story.author,)
    assert article.published_at == story.at
    assert article.published_on == story.at.date()
    assert article.url == story.url


COMPLETE_FORMATS: dict[str, Callable[[Story, Order], bytes]] = {
    "x.json": lambda s, reorder: json.dumps(dict(reorder([*s.record.items()]))).encode(),
    "x.jsonl": lambda s, reorder: files.jsonl(s, reorder=reorder).encode(),
    "x.csv": lambda s, reorder: files.csv(",", s, reorder=reorder).encode(),
    "x.tsv": lambda s, reorder: files.csv("\t", s, reorder=reorder).encode(),
    "semicolon.csv": lambda s, reorder: files.csv(";", s, reorder=reorder).encode(),
    "x.rss": lambda s, reorder: files.rss(s, reorder=reorder).encode(),
    "x.atom": lambda s, reorder: files.atom(s, reorder=reorder).encode(),
    "x.nitf": lambda s, reorder: files.nitf(s, reorder=reorder).encode(),
    "x.newsml": lambda s, reorder: files.newsml(s, reorder=reorder).encode(),
    "x.md": lambda s, reorder: files.markdown(s, reorder=reorder).encode(),
}


@pytest.mark.parametrize("name", COMPLETE_FORMATS)
@EXAMPLES
@given(story=stories(ANY), reorder=orders)
def test_formats_with_complete_metadata(name: str, story: Story, reorder: Order) -> None:
    (article,) = articles(COMPLETE_FORMATS[name](story, reorder), name)
    same(article, story)


def test_a_page_that_shows_what_looks_like_an_entity() -> None:
    words = "Food&region, x&quot and &para would be read by all of the town."
    story = replace(
        files.STORY,
        headline="Council &para and the town",
        paragraphs=tuple(f"The bank said on day {day} that {words}" for day in range(4)),
    )
    (article,) = articles(files.html(story).encode(), "x.html")
    assert (article.headline, article.body) == (story.headline, story.body)


@EXAMPLES
@given(story=stories(), reorder=orders, charset=st.sampled_from(("utf-8", "windows-1252")))
def test_a_page(story: Story, reorder: Order, charset: str) -> None:
    (article,) = articles(
        files.html(story, charset=charset, reorder=reorder).encode(charset), "x.html"
    )
    same(article, story)


@EXAMPLES
@given(story=stories(), more=stories())
def test_records_of_a_crawl(story: Story, more: Story) -> None:
    data = gzip.compress(files.warc(story, more))
    for article, expected in zip(articles(data, "x.warc.gz"), (story, more), strict=True):
        same(article, expected)


@EXAMPLES
@given(story=stories(), reorder=orders, charset=st.sampled_from(("utf-8", "windows-1252")))
def test_a_mail_and_its_attachment(story: Story, reorder: Order, charset: str) -> None:
    mail, attached = articles(files.eml(story, charset, reorder), "x.eml")
    assert (mail.body, mail.headline, mail.outlet) == (story.body, story.headline, story.outlet)
    assert mail.published_at == story.at
    assert (attached.body, attached.headline) == (story.body, story.headline)
    assert (attached.outlet, attached.authors) == (story.outlet, (story.author,))
    assert attached.published_on == story.at.date()


@EXAMPLES
@given(
    story=stories(ANY),
    encoding=st.sampled_from(("utf-8", "utf-8-sig", "utf-16", "utf-32")),
    end=st.sampled_from(("\n", "\r\n", "\r")),
)
def test_a_text(story: Story, encoding: str, end: str) -> None:
    data = files.text(story).replace("\n", end).encode(encoding)
    (article,) = articles(data, "x.txt")
    assert (article.body, article.headline) == (story.body, story.headline)
    assert (article.outlet, article.authors) == (story.outlet, (story.author,))
    assert article.published_on == story.at.date()


@EXAMPLES
@given(story=stories())
def test_saved_pages(story: Story) -> None:
    for data, name in (
        (files.mhtml(story), "x.mht"),
        (files.webarchive(story), "x.webarchive"),
        (files.webarchive(story, is_binary=False), "x"),
        (files.wayback(story).encode(), "x.html"),
    ):
        (article,) = articles(data, name)
        same(article, story)


@EXAMPLES
@given(story=stories(), more=stories())
def test_the_chapters_of_a_book(story: Story, more: Story) -> None:
    assume(story.headline != more.headline)
    found = articles(files.epub(story, more), "x.epub")
    for article, expected in zip(found, (story, more), strict=True):
        assert (article.body, article.headline) == (expected.body, expected.headline)
        assert (article.outlet, article.authors) == (story.outlet, (expected.author,))
        assert (article.published_at, article.date_method) == (expected.at, "text published")


@EXAMPLES
@given(story=stories(ANY))
def test_a_rich_text_and_a_document(story: Story) -> None:
    (rich,) = articles(files.rtf(story), "x.rtf")
    assert (rich.body, rich.headline, rich.authors) == (
        story.body, story.headline, (story.author,)
    )  # fmt: skip
    for data in (files.docx(story), files.odt(story)):
        (document,) = articles(data, "x")
        assert (document.body, document.headline) == (story.body, story.headline)
        assert document.authors == (story.author,)
        assert document.published_on == story.at.date()


@EXAMPLES
@given(story=stories(), is_packed=st.booleans())
def test_a_pdf(story: Story, is_packed: bool) -> None:
    """PDF loses line breaks; paragraph ends are guessed, so only the words are compared.

    The headline is guessed too: it is a first line much shorter than the text's lines.
    """
    assume(len(story.headline) < 60)
    (article,) = articles(files.pdf(story=story, is_packed=is_packed), "x.pdf")
    marks = str.maketrans("“”", '""')
    assert article.body.split() == story.body.translate(marks).split()
    assert article.headline == story.headline.translate(marks)
    assert article.published_on == story.at.date()


@EXAMPLES
@given(first=stories(), second=stories())
def test_items_of_reuters(first: Story, second: Story) -> None:
    found = [i.article for i in read_file(files.sgml(first, second).encode(), "x.sgm") if i.article]
    for article, story in zip(found, (first, second), strict=True):
        assert (article.body, article.headline) == (story.body, story.headline)
        assert article.published_on == story.at.date()
