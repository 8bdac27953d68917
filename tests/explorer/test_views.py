"""What the pages say over the samples: numbers lead to as many articles, every link leads on."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter, deque
from datetime import date
from urllib.parse import parse_qs, urlsplit

import duckdb
import pyarrow.parquet as pq
import pytest

from etl.explorer.views.periods import fill_gaps

from .app import Answer, App

VIEWS = ["today", "period", "actor", "compare", "quotes", "articles", "corrections"]
VERHOLT = "/actor?name=Nadia+Verholt"


def kind_of(path: str) -> tuple[object, ...]:
    """Links that differ in their values only are one kind."""
    parts = urlsplit(path)
    asked = parse_qs(parts.query)
    chosen = tuple(asked.get(key, [""])[0] for key in ("by", "of", "as", "how", "action", "type"))
    if "export" in parts.path:
        return (parts.path.rpartition(".")[2],)
    return (parts.path, *sorted(asked), chosen)


def total(answer: Answer) -> int:
    found = re.search(r'class="total">([\d,]+) in all', answer.text)
    return int(found[1].replace(",", "")) if found else 0


@pytest.mark.parametrize("view", VIEWS)
def test_each_view_has_an_address_of_its_own_and_asks_nobody_else(app: App, view: str) -> None:
    answer = app.get(f"/{view}")
    assert answer.status == 200
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert not re.search(r'(?:src|href)="(?:https?:)?//', answer.text)


def test_every_kind_of_link_leads_to_a_page(app: App) -> None:
    seen: set[tuple[object, ...]] = set()
    waiting = deque(["/today", "/period", VERHOLT, "/compare?name=Verholt&name=Krayle"])
    while waiting:
        path = waiting.popleft()
        answer = app.get(path.partition("#")[0])
        assert answer.status == 200, path
        anchor = urlsplit(path).fragment
        assert not anchor or f'id="{anchor}"' in answer.text, path
        for link in answer.links if "text/html" in answer.headers["content-type"] else []:
            if kind_of(link) not in seen:
                seen.add(kind_of(link))
                waiting.append(link)
    assert len(seen) > 40


def test_numbers_lead_to_as_many_articles(app: App) -> None:
    checked: Counter[tuple[object, ...]] = Counter()
    for page in (VERHOLT, VERHOLT + "&of=headlines&by=month", "/period"):
        answer = app.get(page)
        for href, shown in re.findall(r'<a href="(/articles\?[^"]*)">([\d,]+)</a>', answer.text):
            path = href.replace("&amp;", "&")
            if page == "/period" and "how=quoted" in path:
                continue  # utterances: an article may have several
            kind = (page, *kind_of(path))
            if checked[kind] < 4:
                assert total(app.get(path)) == int(shown.replace(",", "")), (page, path)
                checked[kind] += 1
    assert len(checked) >= 8
    assert sum(checked.values()) > 25


def test_the_timeline_is_that_of_the_published_file(
    app: App, published: duckdb.DuckDBPyConnection
) -> None:
    rows = published.execute(
        "select period_start, article_count from actor_timeline("
        "(select entity_id from actor('Nadia Verholt') limit 1), 'month', '2025-05-01', null)"
        " order by 1 desc"
    ).fetchall()
    cells = app.get(VERHOLT + "&by=month&from=2025-05-01").cells("Nadia Verholt, articles by month")
    assert [(date.fromisoformat(row[1]), int(row[2])) for row in cells] == rows


@pytest.fixture
def published(app: App) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(str(app.settings.published.resolve()), read_only=True)


def test_any_spelling_finds_an_actor_while_one_types(app: App) -> None:
    found = app.get("/suggest?q=verh").json
    assert found[0]["name"] == "Nadia Verholt"
    assert app.get(found[0]["href"]).status == 200
    assert [f["name"] for f in app.get("/suggest?q=okoro").json] == ["Ilse Brandt-Okoro"]
    assert app.get("/suggest?q=").json == []


def test_a_name_that_nobody_has_gets_others_to_choose_from(app: App) -> None:
    answer = app.get("/actor?name=Nadja+Verhold")
    assert answer.status == 404
    assert answer.cells("Did you mean")[0][0] == "Nadia Verholt"


def test_whoever_may_be_meant_takes_the_place_of_the_name_in_what_was_asked(app: App) -> None:
    answer = app.get("/articles?actor=Nadja+Verhold&how=quoted&from=2025-06-01")
    link = next(link for link in answer.links if link.startswith("/articles?actor=E"))
    assert {"how=quoted", "from=2025-06-01"} <= set(urlsplit(link).query.split("&"))
    assert total(app.get(link)) > 0


def test_an_address_names_the_actor_and_the_page_who_else_may_be_meant(app: App) -> None:
    answer = app.get("/actor?name=Verholt&by=month")
    assert "<h1>Nadia Verholt</h1>" in answer.text
    assert re.search(r"may also be\s+<a [^>]*>Greta Verholt</a>", answer.text)
    assert any("id=E" in link and "name=" not in link for link in answer.links if "by=" in link)


def test_a_line_falls_to_nothing_where_there_is_nothing() -> None:
    june, august = date(2025, 6, 1), date(2025, 8, 1)
    rows = [{"period_start": august, "n": 1}, {"period_start": june, "n": 14}]
    filled = [(row["period_start"].month, row["n"]) for row in fill_gaps(rows, "month")]
    assert filled == [(6, 14), (7, 0), (8, 1)]


@pytest.mark.parametrize(
    "path",
    [
        "/actor?name=Verholt&by=year",
        "/articles?from=yesterday",
        "/articles?page=0",
        "/period?from=2025-06-02&to=2025-06-01",
        "/articles?from=2025-06-02&to=2025-06-01",
        "/actor?name=Verholt&from=2025-06-02&to=2025-06-01",
    ],
)
def test_what_cannot_be_asked_is_said(app: App, path: str) -> None:
    answer = app.get(path)
    assert answer.status == 400
    assert 'role="alert"' in answer.text


def test_a_quote_is_found_by_its_words_and_shown_in_its_place(app: App) -> None:
    answer = app.get("/quotes?q=correct+MY+sevens")
    (link,) = [link for link in answer.links if link.startswith("/article?")]
    anchor = urlsplit(link).fragment
    article = app.get(link.partition("#")[0])
    marked = re.search(
        rf'id="{anchor}" data-part-of="{anchor}" class="([^"]*)" title="([^"]*)"', article.text
    )
    assert marked
    assert "q" in marked[1].split()
    assert "Lorraine Pettifer" in marked[2]


def test_variants_of_one_utterance_are_one_quote_and_a_conflict_is_shown(app: App) -> None:
    answer = app.get("/quotes?q=They+will+shake+hands+over+our+heads")
    assert total(answer) == 1
    (group,) = [link for link in answer.links if "group=" in link]
    told = app.get(group)
    assert [row[0] for row in told.cells("Who is given as the speaker")] == [
        "Finlay Skaw",
        "Tarsenia",
    ]


def test_a_table_is_exported_whole_and_not_as_its_first_page(app: App) -> None:
    shown = total(app.get("/articles"))
    rows = list(csv.reader(io.StringIO(app.get("/export/articles/articles.csv").text)))
    assert len(rows) - 1 == shown
    quotes = app.get("/quotes?kind=direct")
    assert quotes.text.count("<blockquote") < total(quotes)
    exported = csv.reader(io.StringIO(app.get("/export/quotes/quotes.csv?kind=direct").text))
    assert len(list(exported)) - 1 == total(quotes)


def test_what_is_shown_can_be_taken_as_csv_and_parquet(app: App) -> None:
    path = "/export/actor/timeline.{}?name=Nadia+Verholt&by=month"
    rows = list(csv.DictReader(io.StringIO(app.get(path.format("csv")).text)))
    table = pq.read_table(io.BytesIO(app.get(path.format("parquet")).body))
    assert [int(row["article_count"]) for row in rows] == table["article_count"].to_pylist()
    assert str(table["period_start"].type).startswith("date")
    assert app.get("/export/actor/nothing.csv?name=Nadia+Verholt").status == 404
