"""A saved page is one article under its own address, whatever was saved with it."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.domain import Article
from etl.readers import read_file
from etl.readers.pages.saved_page import SavedPages, pages_folder
from formats import files

UNDATED = files.html().replace(f'content="{files.AT}"', 'content=""')
ELSEWHERE = "https://courier.example/keldane"
CAPTURED = "20260505080000"


def article(data: str | bytes, path: str = "x.html") -> Article:
    (item,) = read_file(data.encode() if isinstance(data, str) else data, path)
    assert item.article, item
    return item.article


@pytest.mark.parametrize("name", ["saved.mhtml", "saved.webarchive", "copy.html"])
def test_styles_frames_and_bars_are_no_part_of_the_article(name: str) -> None:
    found = article(files.FILES[name], name)
    assert found.body == files.BODY
    assert found.url == files.URL


def test_the_page_is_recognised_by_what_browsers_write_or_by_its_name() -> None:
    chrome = files.mhtml().decode()
    explorer = chrome.replace("<Saved by Blink>", '"Saved by Internet Explorer 11"')
    nobody = chrome.replace("From: <Saved by Blink>\r\n", "").replace("Snapshot-", "X-")
    for text in (chrome, explorer, nobody, chrome.replace("\r\n", "\n")):
        found = article(text, "noname")
        assert (found.headline, found.source_format, found.url) == (
            files.HEADLINE,
            "html",
            files.URL,
        )
    (message, *_) = read_file(files.FILES["letter.eml"], "x.mht")
    assert message.article is not None
    assert message.article.source_format == "mail"


def test_the_part_that_the_header_names_is_the_page() -> None:
    text = files.mhtml().decode()
    text = text.replace(f"Snapshot-Content-Location: {files.URL}", "X-Address: none")
    text = text.replace('type="text/html";', 'type="text/html"; start="<page@mhtml>";')
    frame = (
        "------MultipartBoundary--x----\r\nContent-Type: text/html\r\nContent-Location: "
        f"https://adverts.example/\r\n\r\n{files.ADVERT}\r\n"
    )
    at = text.index("------Multi")
    text = text[:at] + frame + text[at:]
    marked = text.replace(
        f"Content-Location: {files.URL}\r\n",
        f"Content-ID: <page@mhtml>\r\nContent-Location: {files.URL}\r\n",
    )
    assert article(marked, "x.mht").body == files.BODY


@pytest.mark.parametrize(
    "note",
    [
        f"<!-- saved from url=(0031){ELSEWHERE} -->",
        f"<!--\n Page saved with SingleFile \n url: {ELSEWHERE} \n saved date: Tue May 05 2026 -->",
        f'<script>__wm.wombat("{ELSEWHERE}","{CAPTURED}","https://web.archive.org/");</script>',
        f'<input type="text" id="wmtbURL" name="url" value="{ELSEWHERE}">',
    ],
)
def test_the_address_that_a_program_noted_is_the_page_s(note: str) -> None:
    page = UNDATED.replace(f'<link rel="canonical" href="{files.URL}">', note)
    found = article(page)
    assert found.url == ELSEWHERE
    assert found.published_on is None


def test_the_day_of_saving_is_never_that_of_the_article() -> None:
    bare = UNDATED.replace(files.URL, ELSEWHERE)
    copy = bare.replace(ELSEWHERE, f"https://web.archive.org/web/{CAPTURED}/{ELSEWHERE}")
    note = "<!-- Page saved with SingleFile\n url: x\n saved date: Tue May 05 2026 08:00:00 -->"
    single = bare.replace("<head>", f"<head>{note}")
    for text, path in (
        (copy, "copy.html"),
        (single, "Keldane Bank (2026-05-05 08_00_00).html"),
        (files.mhtml(page=bare).decode(), "x.mht"),
    ):
        found = article(text.replace(files.URL, ELSEWHERE), path)
        assert (found.published_on, found.date_method) == (None, None)
    assert article(single, "2025-06-24 bank.html").published_on == date(2025, 6, 24)


def test_a_page_and_its_copy_have_one_key() -> None:
    page, copy = article(files.html()), article(files.wayback())
    assert page == copy
    assert (copy.outlet, copy.published_on) == (files.OUTLET, date(2025, 6, 24))
    screen = files.wayback().replace("BEGIN WAYBACK", "x").replace("END WAYBACK", "y")
    assert article(screen) == page
    nameless = files.wayback().replace('property="og:site_name"', 'property="x"')
    assert article(nameless).outlet == "courier.example"


@pytest.mark.parametrize("pack", [files.zipped, files.tarred], ids=["zip", "tar"])
def test_files_in_the_folder_of_a_page_are_left_out_of_archives(pack: object) -> None:
    assert callable(pack)
    packed = pack(
        {
            "in/Keldane.html": files.html().encode(),
            "in/Keldane_files/frame.html": files.ADVERT.encode(),
            "in/Keldane_files/a.css": b"p { color: red }",
            "in/Keldane_files/a.js": b"var lamp = 'the lamp of Tarn';",
            "in/other_files/saved_resource.html": files.ADVERT.encode(),
        }
    )
    (item,) = read_file(packed, "x")
    assert item.path == "x!/in/Keldane.html"


@pytest.mark.parametrize("path", ["a.css", "Lamp_files/a.js", "deep/b.min.js", "c.svg"])
def test_a_style_sheet_or_script_is_never_an_article(path: str) -> None:
    (item,) = read_file(b"/* Lamp of Tarn */ p { color: red } and more words.", path)
    assert item.rejection is not None
    assert item.rejection.reason == "unsupported"


def test_a_folder_is_a_page_s_only_beside_it() -> None:
    pages = SavedPages(["a/Lamp.html", "Ferry.HTM", "notes.txt"])
    for path in ("a/Lamp_files/x.html", "Ferry.files/x", "Ferry_fichiers/deep/er/x.html"):
        assert pages.own(path)
    for path in ("Lamp_files/x.html", "notes_files/x.html", "a/Lamp/x.html", "a/Lamp_files"):
        assert not pages.own(path)


@given(st.lists(st.text("ab_-./filesFDatein", max_size=20), max_size=6))
def test_no_page_is_left_out_for_its_own_sake(paths: list[str]) -> None:
    pages = SavedPages(paths)
    for path in paths:
        if pages.own(path):
            assert any(pages_folder(folder) for folder in path.split("/")[:-1])
