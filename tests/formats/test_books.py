"""E-books of news and OpenDocument texts: which text is an article, and of which day."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from datetime import date
from io import BytesIO

import pytest

from etl.domain import Article
from etl.readers import Item, read_file
from formats import files
from formats.files import STORY
from formats.test_formats import reasons

SECOND = replace(
    STORY,
    headline="Lamp of Skerry Point is lit again",
    paragraphs=("The keeper of Skerry Point lit the lamp on Thursday, to the joy of the harbour.",),
)


def read(members: dict[str, str | bytes], name: str = "x.epub") -> list[Item]:
    return read_file(files.zipped(members), name)


def members_of(data: bytes) -> dict[str, str | bytes]:
    with zipfile.ZipFile(BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def articles(members: dict[str, str | bytes]) -> list[Article]:
    items = read(members)
    assert all(item.article for item in items), items
    return [item.article for item in items if item.article]


def undated(**about: str) -> dict[str, str | bytes]:
    """Return a book of two stories whose chapters state no day."""
    members = members_of(files.epub(STORY, SECOND, **about))
    for name in members:
        if "chapter" in name:
            page = members[name]
            assert isinstance(page, bytes)
            members[name] = page.replace(f"<p>Published: {files.AT}</p>".encode(), b"")
    return members


def test_chapters_are_articles_and_covers_pictures_and_contents_are_none() -> None:
    first, second = articles(members_of(files.epub(STORY, SECOND)))
    assert (first.headline, first.body) == (STORY.headline, STORY.body)
    assert (second.headline, second.body) == (SECOND.headline, SECOND.body)
    assert {first.source_format, second.source_format} == {"epub"}
    assert first.headline_method == "epub heading"


@pytest.mark.parametrize(
    "cover",
    [
        "<p>Tarn Tidings</p><p>4 March 2021</p>",
        "<p>TARN TIDINGS, 4 March 2021</p><p>Tarn Press</p>",
        "<h1>Tarn Tidings</h1><p>Thursday, March 4, 2021</p>",
    ],
)
def test_a_cover_of_words_is_no_article(cover: str) -> None:
    members = undated(title="Tarn Tidings, 4 March 2021", publisher="Tarn Press")
    members["OEBPS/cover.xhtml"] = f"<html><body>{cover}</body></html>"
    assert [a.headline for a in articles(members)] == [STORY.headline, SECOND.headline]


@pytest.mark.parametrize(
    ("title", "day", "publisher", "on", "method"),
    [
        ("Tarn Tidings", "2021-03-04", "Tarn Press", date(2021, 3, 4), "epub date"),
        ("Tarn Tidings, 4 March 2021", "2021-06-01", "", date(2021, 3, 4), "epub title"),
        ("Tarn Tidings - March 4, 2021", "", "", date(2021, 3, 4), "epub title"),
        ("Tarn Tidings No. 23", "2021", "", None, None),
        # Of the day on which Calibre fetched it.
        ("Tarn Tidings [Fri, 05 Mar 2021]", "2021-03-05", "calibre", None, None),
    ],
)  # fmt: skip
def test_the_day_of_an_issue_is_its_articles_but_not_that_of_a_download(
    title: str, day: str, publisher: str, on: date | None, method: str | None
) -> None:
    for article in articles(undated(title=title, day=day, publisher=publisher)):
        assert (article.outlet, article.outlet_method) == ("Tarn Tidings", "epub title")
        assert (article.published_on, article.date_method) == (on, method)


def test_a_book_of_calibre_gives_each_article_its_address_and_its_day_in_the_feed() -> None:
    members = undated(
        title="Tarn Tidings [Sat, 02 Jan 2021]", day="2021-01-02", publisher="calibre"
    )
    for number, story in enumerate((STORY, SECOND), 1):
        url = f"https://tidings.example/news/{number}"
        members[f"OEBPS/chapter{number}.xhtml"] = (
            "<html><body><div class='calibre_navbar x'>| <a href='x'>Next</a></div>"
            f"<h2>{story.headline}</h2><div>{story.elements}</div><div class='calibre_navbar'><hr/>"
            f"<p>This article was downloaded by <strong>calibre</strong> from <a href='{url}'>{url}"
            "</a></p></div></body></html>"
        )
    members["OEBPS/cover.xhtml"] = (
        "<html><body><h2 class='calibre_feed_title'>Coast</h2><ul class='calibre_article_list'>"
        "<li><a class='article' href='chapter1.xhtml'>One</a><span class='article_date'> "
        "[Thu, 31 Dec 21:10]</span></li><li><a class='article' href='chapter2.xhtml'>Two</a>"
        "<span class='article_date'> [Fri, 01 Jan 07:00]</span></li></ul></body></html>"
    )
    first, second = articles(members)
    assert (first.body, second.body) == (STORY.body, SECOND.body)
    assert (first.url, second.url) == (
        "https://tidings.example/news/1", "https://tidings.example/news/2"
    )  # fmt: skip
    assert (first.published_on, second.published_on) == (date(2020, 12, 31), date(2021, 1, 1))
    assert first.date_method == "epub article_date"


def test_a_split_file_goes_on_with_its_article_and_a_place_in_a_file_begins_one() -> None:
    members = undated(title="Tarn Tidings")
    contents = members["OEBPS/toc.ncx"]
    assert isinstance(contents, bytes)
    members["OEBPS/toc.ncx"] = contents.replace(b"chapter2.xhtml", b"chapter1.xhtml#two")
    members["OEBPS/chapter1.xhtml"] = (
        f"<html><body><h1>{STORY.headline}</h1>{STORY.elements}<div id='two'><h2>{SECOND.headline}"
        f"</h2>{SECOND.elements}</div></body></html>"
    )
    members["OEBPS/chapter2.xhtml"] = "<html><body><p>It burns until the morning.</p></body></html>"
    first, second = articles(members)
    assert (first.headline, first.body) == (STORY.headline, STORY.body)
    assert second.headline == SECOND.headline
    assert second.body == f"{SECOND.body}\n\nIt burns until the morning."


def test_a_book_of_one_saved_page_is_that_page() -> None:
    members = members_of(files.epub(STORY, title=STORY.headline, day="2026-05-05"))
    package = members["OEBPS/content.opf"]
    assert isinstance(package, bytes)
    source = f"<dc:source>{STORY.url}</dc:source></metadata>".encode()
    members["OEBPS/content.opf"] = package.replace(b"</metadata>", source)
    (article,) = articles(members)
    assert (article.headline, article.url) == (STORY.headline, STORY.url)
    assert article.outlet == "courier.example"
    assert article.published_on == STORY.at.date()


def test_books_that_cannot_be_read_are_rejected_by_reason() -> None:
    members = undated()
    lock = "<encryption><CipherReference URI='OEBPS/chapter1.xhtml'/></encryption>"
    for changed, reason in (
        (members | {"META-INF/encryption.xml": lock}, "encrypted"),
        (members | {"META-INF/container.xml": "<container/>"}, "malformed"),
        (
            members | dict.fromkeys(("OEBPS/chapter1.xhtml", "OEBPS/chapter2.xhtml"), "<p/>"),
            "empty",
        ),
    ):
        assert reasons(files.zipped(changed)) == [reason]
    fonts = members | {"META-INF/encryption.xml": lock.replace("chapter1.xhtml", "a.otf")}
    assert len(articles(fonts)) == 2


def test_comments_and_deleted_words_of_a_document_are_no_text() -> None:
    (item,) = read_file(files.odt(), "x.odt")
    assert item.article is not None
    assert (item.article.headline, item.article.body) == (files.HEADLINE, files.BODY)
    assert (item.article.source_format, item.article.date_method) == ("odt", "document_properties")
    sheet = {"content.xml": "<document-content><body><spreadsheet/></body></document-content>",
             "META-INF/manifest.xml": "<manifest/>"}  # fmt: skip
    assert reasons(files.zipped({**sheet})) == ["unsupported"]


def test_members_beside_the_parts_of_a_document_are_read() -> None:
    for data in (files.odt(), files.epub()):
        items = read_file(files.zipped(members_of(data) | {"more.txt": files.text()}), "x")
        assert [item.path for item in items] == ["x", "x!/more.txt"]
