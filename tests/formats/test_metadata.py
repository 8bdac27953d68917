"""What every format's metadata is held to: days, headlines, and addresses of copies."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from html import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.domain import Article
from etl.readers import read_file
from etl.readers.urls import address_date, canonical, capture_time, host, original
from formats import files

PAGE = "https://www.tidings.example/2021/03/04/lighthouse"
STAMP = "20211224113045"
TOMORROW = datetime.now(UTC) + timedelta(days=1)


def article(data: str | bytes, name: str) -> Article:
    (item,) = read_file(data.encode() if isinstance(data, str) else data, name)
    assert item.article, item
    return item.article


def entry(*elements: str, root: str = "rss") -> str:
    name = "item" if root == "rss" else "entry"
    inside = f"<{name}><title>A lamp is lit</title>{''.join(elements)}"
    inside += f"<description>{escape(files.BODY)}</description></{name}>"
    return (
        f"<{root}><channel><title>{files.OUTLET}</title>{inside}</channel></{root}>"
        if root == "rss"
        else f'<feed xmlns="http://www.w3.org/2005/Atom"><title>X</title>{inside}</feed>'
    )


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("Thu, 04 March 2021 08:00:00 GMT", date(2021, 3, 4)),
        ("Do, 4 Mar 2021 08:00:00", date(2021, 3, 4)),
        ("jeu., 04 Mar 2021 08:00:00 +0100", date(2021, 3, 4)),
        ("Thursday, 04-Mar-21 08:00:00 GMT", date(2021, 3, 4)),
        ("Thu, Mar 04 2021 23:45:00 -0800", date(2021, 3, 4)),
        ("4 Sept 2021 24:00 PST", date(2021, 9, 4)),
        ("2021/3/4 7:05:09", date(2021, 3, 4)),
        ("2021-03-04T23:59:59-11:00", date(2021, 3, 4)),
        ("Mar 4, 2021 11:30 PM", date(2021, 3, 4)),
        ("Thu, 04 Mar 2021 08:00:00 GMT+0000", date(2021, 3, 4)),
        ("1614844800", date(2021, 3, 4)),
    ],
)
def test_the_day_of_a_feed_is_the_local_one_however_it_is_written(written: str, day: date) -> None:
    found = article(entry(f"<pubDate>{written}</pubDate>"), "x.rss")
    assert (found.published_on, found.date_method) == (day, "feed pubdate")
    assert found.date_note is None


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("03/04/2021", "ambiguous"),
        ("yesterday", "no date"),
        ("0", "no date"),
        ("Thu, 01 Jan 1970 00:00:00 GMT", "clock"),
        ("Wed, 31 Dec 1969 16:00:00 PST", "clock"),
        ("1900-01-01", "spreadsheets"),
        ("1899-12-30T00:00:00", "spreadsheets"),
        ("0001-01-01T00:00:00Z", "before 1400"),
        ("0000-00-00 00:00:00", "before 1400"),
        pytest.param((TOMORROW + timedelta(days=2)).isoformat(), "after today", id="in 3 days"),
        ("2999-01-01T00:00:00Z", "future"),
    ],
)
def test_what_is_no_day_of_publication_is_unknown_and_noted(written: str, why: str) -> None:
    found = article(entry(f"<pubDate>{written}</pubDate>"), "x.rss")
    assert (found.published_on, found.published_at, found.date_method) == (None, None, None)
    assert found.date_note is not None
    assert written[:20] in found.date_note
    assert why in found.date_note
    record = article(json.dumps({**files.RECORD, "url": "", "published_at": written}), "x.json")
    assert record.published_on is None


def test_the_day_of_publication_precedes_that_of_a_change_in_any_order() -> None:
    days = (
        "<updated>2022-01-01T00:00:00Z</updated>",
        "<published>2021-03-04T09:00:00Z</published>",
    )
    for order in (days, days[::-1]):
        found = article(entry(*order, root="feed"), "x.atom")
        assert (found.published_on, found.date_method) == (date(2021, 3, 4), "feed published")
    epoch = "<pubDate>Thu, 01 Jan 1970 00:00:00 GMT</pubDate>"
    found = article(entry(epoch, days[1]), "x.rss")
    assert (found.published_on, found.date_method) == (date(2021, 3, 4), "feed published")
    assert "1970" in (found.date_note or "")


def test_tomorrow_is_today_somewhere() -> None:
    found = article(entry(f"<pubDate>{TOMORROW:%Y-%m-%d}</pubDate>"), "x.rss")
    assert found.published_on == TOMORROW.date()


@pytest.mark.parametrize(
    "copy",
    [
        f"https://web.archive.org/web/{STAMP}/{PAGE}",
        f"http://web.archive.org/web/{STAMP}id_/{PAGE}",
        f"https://web.archive.org/web/2021/{PAGE}",
        f"https://web.archive.org/web/*/{PAGE}",
        f"https://web.archive.org/web/{STAMP}/{PAGE.replace('//', '/')}",
        f"https://web.archive.org/web/{STAMP}/{PAGE.replace('.example', '.example:443')}",
        f"https://web.archive.org/web/{STAMP}/https://web.archive.org/web/2021/{PAGE}",
        f"https://wayback.archive-it.org/4711/{STAMP}/{PAGE}",
        f"https://library.example/wayback/archive/{STAMP}mp_/{PAGE}",
        f"https://archive.ph/2021.12.24-113045/{PAGE}",
    ],
)
def test_the_address_of_a_copy_is_that_of_its_page(copy: str) -> None:
    assert canonical(copy) == canonical(f"{PAGE}?utm_source=x") == PAGE
    assert host(copy) == "tidings.example"
    assert address_date(copy) == date(2021, 3, 4)


def test_an_address_with_numbers_is_no_copy() -> None:
    for url in (
        PAGE,
        "https://tidings.example/20211224113045/lighthouse",
        "https://blog.archive.org/2021/03/04/lamps",
        "https://web.archive.org/details/lamps",
    ):
        assert original(url) == url
        assert capture_time(url) is None


@pytest.mark.parametrize(
    ("path", "day"),
    [
        ("2021/03/04/lamp", date(2021, 3, 4)),
        ("coast/2021-3-4-lamp", date(2021, 3, 4)),
        ("coast/2021/mar/04/lamp", date(2021, 3, 4)),
        ("news/20210304/lamp", date(2021, 3, 4)),
        ("news/20211304/lamp", None),
        ("news/2021030412/lamp", None),
        ("news/20210304", None),
        ("2021/03/lamp", None),
    ],
)
def test_the_day_in_an_address(path: str, day: date | None) -> None:
    assert address_date(f"https://tidings.example/{path}") == day


@given(st.text(max_size=300), st.sampled_from(("", "https://web.archive.org/web/2021/", "http://")))
def test_any_address_is_read_or_refused(text: str, before: str) -> None:
    for function in (canonical, host, address_date, original, capture_time):
        function(before + text)
    if found := canonical(before + text):
        assert canonical(found) == found


def test_a_record_of_a_copy_is_the_page_and_never_dated_by_the_capture() -> None:
    copy = f"https://web.archive.org/web/{STAMP}/https://tidings.example/news/lighthouse"
    record = {"title": "A lamp is lit", "text": files.BODY, "url": copy}
    found = article(
        json.dumps(record | {"source": "web.archive.org", "timestamp": STAMP}), "x.json"
    )
    assert (found.url, found.outlet) == (
        "https://tidings.example/news/lighthouse",
        "tidings.example",
    )
    assert found.published_on is None
    dated = article(json.dumps(record | {"url": copy.replace("news", "2021/03/04")}), "x.json")
    assert (dated.published_on, dated.date_method) == (date(2021, 3, 4), "address")


@pytest.mark.parametrize(
    ("title", "headline"),
    [
        ("A lamp is lit - Harbour Courier", "A lamp is lit"),
        ("A lamp is lit | Harbour Courier", "A lamp is lit"),
        ("A lamp is lit – HARBOUR  COURIER", "A lamp is lit"),
        ("A lamp is lit | The Harbour Courier", "A lamp is lit"),
        ("Wind - and rain — Harbour Courier", "Wind - and rain"),
        ("A lamp is lit|Harbour Courier", "A lamp is lit"),
        ("A lamp is lit - Harbour Couriers", "A lamp is lit - Harbour Couriers"),
        ("A lamp is lit, says Harbour Courier", "A lamp is lit, says Harbour Courier"),
        ("A lamp - again", "A lamp - again"),
        ("Harbour Courier", "Harbour Courier"),
    ],
)
def test_the_outlet_is_no_part_of_its_headline(title: str, headline: str) -> None:
    record = {"title": title, "text": files.BODY, "source": files.OUTLET}
    assert article(json.dumps(record), "x.json").headline == headline
    feed = entry("").replace("A lamp is lit", escape(title))
    assert article(feed, "x.rss").headline == headline


@pytest.mark.parametrize(
    "line",
    ["‘Lamp is  lit’, says keeper", '"Lamp is lit", says keeper', "«Lamp is lit» says keeper"],
)
def test_a_headline_repeated_in_other_marks_is_no_part_of_the_body(line: str) -> None:
    record = {"title": "“Lamp is lit”, says keeper", "text": f"{line}\n\n{files.BODY}"}
    assert article(json.dumps(record), "x.json").body == files.BODY
    kicker = {**record, "text": f"Harbour\n\n{line}\n\n{files.BODY}"}
    assert article(json.dumps(kicker), "x.json").body == f"Harbour\n\n{files.BODY}"
    alone = {**record, "text": line}
    assert read_file(json.dumps(alone).encode(), "x.json")


def test_a_page_whose_root_is_closed_at_once_is_read_whole() -> None:
    page = files.html().replace('<html lang="en">', '<html lang="en" />', 1)
    assert "/>" in page[:200]
    for data in (page, files.html()):
        (item,) = read_file(data.encode(), "x.html")
        assert item.article is not None
        assert (item.article.headline, item.article.outlet) == (files.HEADLINE, files.OUTLET)
