"""The SQL page: what may run, what is shown, and that the questions to start from work."""

from __future__ import annotations

import csv
import io
from urllib.parse import urlencode

import pytest

from etl.explorer.views.sql import starting_questions

from .app import App, PageResponse


def run(app: App, query: str, page: str = "/sql") -> PageResponse:
    return app.get(f"{page}?{urlencode({'query': query})}")


@pytest.mark.parametrize(("title", "query"), list(starting_questions()), ids=lambda text: text[:30])
def test_a_question_to_start_from_runs(app: App, title: str, query: str) -> None:
    response = run(app, query)
    assert response.status == 200
    assert title in response.text
    assert 'role="alert"' not in response.text
    assert "no date or no outlet" in title or response.cells("Result")


def test_rows_are_shown_as_they_are_and_exported_whole(app: App) -> None:
    query = "select range as n, range / 3 as third, 'a' as n from range(2025, 2625)"
    cells = run(app, query).cells("Result")
    assert len(cells) == 500
    assert cells[0] == ["2025", "675", "a"]
    exported = run(app, query, "/export/sql/result.csv").body.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(exported)))
    assert rows[0] == ["n", "third", "n_2"]
    assert len(rows) == 601


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("delete from entities", "only queries run here"),
        ("select 1; select 2", "give one query"),
        ("select * from read_csv('/etc/passwd')", "DuckDB says"),
        ("select * from nowhere", "nowhere"),
        ("set lock_configuration = false", "only queries run here"),
    ],
)
def test_what_may_not_run_is_refused_in_words(app: App, query: str, message: str) -> None:
    response = run(app, query)
    assert response.status == 200
    assert 'role="alert"' in response.text
    assert message in response.text
    assert "root:" not in response.text


def test_a_day_and_a_number_are_a_line_and_a_name_and_a_number_are_bars(app: App) -> None:
    line = "select published_on, count(*) as articles from articles group by 1 order by 1"
    bars = "select outlet, count(*) as articles from articles group by 1"
    assert "articles by published_on" in run(app, line).text
    assert "articles by outlet" in run(app, bars).text
    by_outlet = (
        "select case when range < 3 then 'a' else 'b' end as outlet, "
        "date '2025-06-01' + (range % 3)::integer as day, range from range(6)"
    )
    assert "range by day" in run(app, by_outlet).text


@pytest.mark.parametrize(
    "query",
    [
        "select outlet, headline, 1 from articles",
        "select outlet, 1 from articles",
        "select ['a'], 1 from range(3)",
        "select date '2025-06-01', 1 from range(3)",
        "select 1",
    ],
)
def test_rows_without_the_shape_of_a_chart_have_none(app: App, query: str) -> None:
    response = run(app, query)
    assert response.cells("Result")
    assert "<figure" not in response.text
