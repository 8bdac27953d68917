"""Pages over the samples: numbers match the articles they link to, and every link works."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter, deque
from datetime import date
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import duckdb
import pyarrow.parquet as pq
import pytest

from etl.explorer.views.periods import fill_gaps

from .app import App, PageResponse, running

VIEWS = ["home", "period", "actor", "compare", "quotes", "outlet", "articles", "corrections", "sql"]
VERHOLT = "/actor?name=Nadia+Verholt"


def kind_of(path: str) -> tuple[object, ...]:
    """Return a key shared by links that differ in their values only."""
    parts = urlsplit(path)
    query = parse_qs(parts.query)
    options = tuple(query.get(key, [""])[0] for key in ("by", "of", "as", "how", "action", "type"))
    if "export" in parts.path:
        return (parts.path.rpartition(".")[2],)
    return (parts.path, *sorted(query), options)


def total(response: PageResponse) -> int:
    match = re.search(r'class="total">([\d,]+) total', response.text)
    return int(match[1].replace(",", "")) if match else 0


@pytest.mark.parametrize("view", VIEWS)
def test_each_view_has_a_url_and_loads_nothing_from_other_servers(app: App, view: str) -> None:
    response = app.get(f"/{view}")
    assert response.status == 200
    assert "default-src 'self'" in response.headers["content-security-policy"]
    assert not re.search(r'(?:src|href)="(?:https?:)?//', response.text)


def test_every_kind_of_link_works(app: App) -> None:
    seen: set[tuple[object, ...]] = set()
    waiting = deque(["/home", "/period", VERHOLT, "/compare?name=Verholt&name=Krayle"])
    while waiting:
        path = waiting.popleft()
        response = app.get(path.partition("#")[0])
        assert response.status == 200, path
        anchor = urlsplit(path).fragment
        assert not anchor or f'id="{anchor}"' in response.text, path
        for link in response.links if "text/html" in response.headers["content-type"] else []:
            if kind_of(link) not in seen:
                seen.add(kind_of(link))
                waiting.append(link)
    assert len(seen) > 40


def test_numbers_match_the_articles_they_link_to(app: App) -> None:
    checked: Counter[tuple[object, ...]] = Counter()
    for page in (VERHOLT, VERHOLT + "&of=headlines&by=month", "/period"):
        response = app.get(page)
        for href, shown in re.findall(r'<a href="(/articles\?[^"]*)">([\d,]+)</a>', response.text):
            path = href.replace("&amp;", "&")
            if page == "/period" and "how=quoted" in path:
                continue  # statements: an article may have several
            kind = (page, *kind_of(path))
            if checked[kind] < 4:
                assert total(app.get(path)) == int(shown.replace(",", "")), (page, path)
                checked[kind] += 1
    assert len(checked) >= 8
    assert sum(checked.values()) > 25


def test_the_timeline_matches_the_published_file(
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


def test_suggestions_match_any_spelling(app: App) -> None:
    actors = app.get("/suggest?q=verh").json
    assert actors[0]["name"] == "Nadia Verholt"
    assert app.get(actors[0]["href"]).status == 200
    assert [f["name"] for f in app.get("/suggest?q=okoro").json] == ["Ilse Brandt-Okoro"]
    assert app.get("/suggest?q=").json == []


def test_an_unknown_name_returns_similar_actors(app: App) -> None:
    response = app.get("/actor?name=Nadja+Verhold")
    assert response.status == 404
    assert response.cells("Did you mean")[0][0] == "Nadia Verholt"


def test_a_suggested_actor_replaces_the_name_in_the_requested_url(app: App) -> None:
    response = app.get("/articles?actor=Nadja+Verhold&how=quoted&from=2025-06-01")
    link = next(link for link in response.links if link.startswith("/articles?actor=E"))
    assert {"how=quoted", "from=2025-06-01"} <= set(urlsplit(link).query.split("&"))
    assert total(app.get(link)) > 0


def test_a_name_redirects_to_the_id_and_the_page_lists_alternatives(app: App) -> None:
    response = app.get("/actor?name=Verholt&by=month")
    assert "<h1>Nadia Verholt</h1>" in response.text
    assert re.search(r"may also be\s+<a [^>]*>Greta Verholt</a>", response.text)
    assert any("id=E" in link and "name=" not in link for link in response.links if "by=" in link)


def test_missing_periods_are_zero() -> None:
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
def test_invalid_parameters_are_reported(app: App, path: str) -> None:
    response = app.get(path)
    assert response.status == 400
    assert 'role="alert"' in response.text


def test_a_quote_is_found_by_its_words_and_linked_to_its_place_in_the_text(app: App) -> None:
    response = app.get("/quotes?q=correct+MY+sevens")
    (link,) = [link for link in response.links if link.startswith("/article?")]
    anchor = urlsplit(link).fragment
    article = app.get(link.partition("#")[0])
    marked = re.search(
        rf'id="{anchor}" data-part-of="{anchor}"[^>]* class="([^"]*)" title="([^"]*)"', article.text
    )
    assert marked
    assert "q" in marked[1].split()
    assert "Lorraine Pettifer" in marked[2]


_CONFLICT = """
insert into attribution_conflicts
select quote_group_id, e.entity_id, 1, list(distinct outlet), min(published_on), 0.5,
    min(quote_id), 1
from quotes as q join articles using (article_id), entities as e
where q.text like 'They will shake hands over our heads%' and e.name in ('Finlay Skaw', 'Tarsenia')
group by all
"""


def test_versions_of_one_quote_are_shown_once_and_conflicting_speakers_are_listed(
    own_home: Path,
) -> None:
    # In the samples the outlets agree on every speaker.
    file = (own_home / "news.duckdb").resolve()
    file.chmod(0o644)
    with duckdb.connect(str(file)) as con:
        con.execute(_CONFLICT)
    file.chmod(0o444)
    with running(own_home) as app:
        response = app.get("/quotes?q=They+will+shake+hands+over+our+heads")
        assert total(response) == 1
        (group,) = [link for link in response.links if "group=" in link]
        versions = app.get(group)
        assert [row[0] for row in versions.cells("Attributed speakers")] == [
            "Finlay Skaw",
            "Tarsenia",
        ]


def test_an_export_has_all_rows_of_a_table(app: App) -> None:
    shown = total(app.get("/articles"))
    rows = list(csv.reader(io.StringIO(app.get("/export/articles/articles.csv").text)))
    assert len(rows) - 1 == shown
    quotes = app.get("/quotes?kind=direct")
    assert quotes.text.count("<blockquote") < total(quotes)
    exported = csv.reader(io.StringIO(app.get("/export/quotes/quotes.csv?kind=direct").text))
    assert len(list(exported)) - 1 == total(quotes)


def test_csv_and_parquet_exports_have_the_same_rows(app: App) -> None:
    path = "/export/actor/timeline.{}?name=Nadia+Verholt&by=month"
    rows = list(csv.DictReader(io.StringIO(app.get(path.format("csv")).text)))
    table = pq.read_table(io.BytesIO(app.get(path.format("parquet")).body))
    assert [int(row["article_count"]) for row in rows] == table["article_count"].to_pylist()
    assert str(table["period_start"].type).startswith("date")
    assert app.get("/export/actor/nothing.csv?name=Nadia+Verholt").status == 404
