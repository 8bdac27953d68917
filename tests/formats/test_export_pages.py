"""A page of any database gives the same articles in whatever a page can be in."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from email.message import EmailMessage

import pytest

from etl.readers import read_file
from formats import files, nexis_proquest
from formats.database_exports import EUROPRESSE, FACTIVA, Entry
from formats.files import STORY
from formats.test_nexis_proquest import SECOND

ENTRIES = (
    Entry(STORY.headline, STORY.paragraphs, STORY.author, STORY.at.date(), STORY.outlet),
    Entry(SECOND.headline, SECOND.paragraphs, SECOND.author, SECOND.at.date(), SECOND.outlet),
)
PAGES: dict[str, bytes] = {
    **{name: write(ENTRIES) for name, write in (FACTIVA | EUROPRESSE).items() if "html" in name},
    "nexis.html": nexis_proquest.nexis_html(STORY, SECOND).encode(),
    "proquest.html": nexis_proquest.proquest_html(STORY, SECOND).encode(),
}


def _zip(page: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a/export.html", page)
    return buffer.getvalue()


def _mail(page: bytes) -> bytes:
    message = EmailMessage()
    message["From"], message["Subject"] = "library@harbour.example", "Your articles"
    message["Date"], message["Message-ID"] = "Tue, 24 Jun 2025 08:00:00 +0000", "<1@x.example>"
    message.set_content(page.decode(), subtype="html")
    return message.as_bytes()


CONTAINERS: dict[str, Callable[[bytes], bytes]] = {
    "export.mhtml": lambda page: files.mhtml(page=page.decode()),
    "export.webarchive": lambda page: files.webarchive(page=page.decode()),
    "export.zip": _zip,
    "export.eml": _mail,
    "without a suffix": lambda page: page,
    "saved.html": lambda page: page.replace(
        b"<head>", b"<head><!-- saved from url=(0028)https://library.example/list -->"
    ),
    "styled.html": lambda page: b"<html><style>" + b"p {} " * 20_000 + b"</style>" + page,
}  # fmt: skip


def _read(data: bytes, name: str) -> list[object]:
    return [
        (a.headline, a.body, a.outlet, a.published_on, a.authors, a.url, a.source_format)
        if (a := item.article)
        else item.rejection
        for item in read_file(data, name)
    ]


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_of_a_database_is_read_alike_in_any_container(name: str, container: str) -> None:
    expected = _read(PAGES[name], "export.html")
    assert len(expected) == 2
    assert all(isinstance(article, tuple) for article in expected), expected
    assert _read(CONTAINERS[container](PAGES[name]), container) == expected


@pytest.mark.parametrize(
    "name", ["nexis.html", *(n for n in PAGES if "html" in n and n in FACTIVA)]
)
def test_pages_of_a_database_that_follow_each_other_in_a_file_are_read_in_full(name: str) -> None:
    once = _read(PAGES[name], "export.html")
    assert _read(PAGES[name] * 2, "export.html") == [*once, *once]
