"""The day of a page is that of publication, or unknown: the label decides."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etl.domain import Article
from etl.readers import read_file
from formats.dated_pages import BODY, DAY, HEADLINE, PAGES, TEXT, below, page


def article(text: str, path: str = "x.html") -> Article:
    (item,) = read_file(text.encode(), path)
    assert item.article, item
    return item.article


@pytest.mark.parametrize("name", PAGES)
def test_the_label_decides(name: str) -> None:
    text, day, method = PAGES[name]
    found = article(text)
    assert (found.published_on, found.date_method) == (day, method)
    assert found.headline == HEADLINE
    for paragraph in TEXT:
        assert paragraph in found.body


def test_the_time_zone_of_a_label_is_kept() -> None:
    found = article(PAGES["JSON-LD"][0])
    assert found.published_at is not None
    assert found.published_at.isoformat() == "2021-03-04T18:30:00+01:00"
    found = article(PAGES["the time before the day"][0])
    assert found.published_at is not None
    assert found.published_at.isoformat() == "2021-03-04T18:30:00-05:00"


@pytest.mark.parametrize(
    ("page_name", "written"),
    [("the start of a clock", "1970-01-01"), ("day or month first", "04/03/2021")],
)
def test_a_day_that_is_not_used_is_noted(page_name: str, written: str) -> None:
    assert written in (article(PAGES[page_name][0]).date_note or "")


def test_a_title_with_the_name_of_its_site_is_a_headline_without() -> None:
    text = PAGES["JSON-LD"][0].replace("</title>", " – Tarn Tidings</title>")
    named = text.replace("<head>", "<head><meta property='og:site_name' content='Tarn Tidings'>")
    assert article(named).headline == HEADLINE
    quoted = page(
        f"<article><h1>‘Lamp’  of Skerry Point is lit again</h1><p>{'</p><p>'.join(TEXT)}"
    )
    assert article(quoted).body == BODY


@settings(deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["Published", "Updated", ": ", "4 March 2021", "03/04/2021", " | ", "By Ana Ruiz", "\n",
             "<time datetime='2021-03-04'>", "</time>", "<p class='comment'>", "</p>", "<h2>",
             "<span itemprop='datePublished' content='2021-03-04'>", "</span>", "<dl><dt>", "<dd>"]
        ),
        max_size=30,
    )
)  # fmt: skip
def test_any_head_of_an_article_is_read(parts: list[str]) -> None:
    for item in read_file(below("".join(parts)).encode(), "x.html"):
        assert item.article is None or item.article.published_on in (None, DAY)
