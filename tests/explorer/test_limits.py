"""What a request may cost: days, periods, time, and nothing at all for pages of other sites."""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path
from urllib.parse import urlsplit

import duckdb
import pytest

from .app import App, running

VERHOLT = "/actor?name=Nadia+Verholt"
SLOW_RUNS = """
create or replace view ingest_runs as
select null as run_id, '' as kind, '' as status, null as started_at, null as finished_at,
  0 as articles_new, 0 as quarantined, '' as error
where (select count(*) from range(1000000000000) as n(i) where hash(i) = 1) > 0
"""
"""The page Today reads this view; on the samples alone no page is slow."""


@pytest.fixture(scope="module")
def old_and_slow(own_home: Path) -> Path:
    """The samples with an article of 1950 and a page, Today, that takes for ever."""
    file = (own_home / "news.duckdb").resolve()
    file.chmod(0o644)
    with duckdb.connect(str(file)) as con:
        con.execute(SLOW_RUNS)
        con.execute(
            "update article_metadata set published_on = '1950-01-02' where article_id = "
            "(select min(article_id) from article_metadata)"
        )
    file.chmod(0o444)
    return own_home


@pytest.mark.parametrize(
    "days",
    [
        "&from=1025-06-01",
        "&from=0001-01-01&to=9999-12-31&by=day",
        "&to=9999-12-31&by=month",
        "&from=9999-12-31",
        "&to=0001-01-01&by=day",
    ],
)
def test_dates_far_from_the_articles_make_a_page_of_ordinary_size(app: App, days: str) -> None:
    ordinary = len(app.get(VERHOLT + "&by=day").body)
    for view in (VERHOLT, "/compare?name=Verholt&name=Krayle", "/articles?", "/quotes?"):
        response = app.get(view + days)
        assert response.status == 200, view
        assert len(response.body) < 2 * ordinary, view
    assert app.get(f"/period?{days}").status == 200


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_today_can_be_any_day(app: App, day: str) -> None:
    assert app.get(f"/home?until={day}").status == 200


def test_days_without_articles_are_left_out_of_a_range(app: App) -> None:
    within = app.get(VERHOLT + "&by=day&from=2025-06-01&to=2025-06-20").cells("by day")
    beyond = app.get(VERHOLT + "&by=day&from=1025-06-01&to=2925-06-20").cells("by day")
    assert len(within) == 20
    assert set(map(tuple, within)) < set(map(tuple, beyond))
    assert (
        "No articles in this period. They are from 2025" in app.get("/period?from=2999-01-01").text
    )


def test_more_periods_than_a_chart_shows_are_refused_with_a_remedy(old_and_slow: Path) -> None:
    with running(old_and_slow) as app:
        for view in (VERHOLT, "/compare?name=Verholt"):
            for grain, coarser in (("day", "show weeks (by=week)"), ("week", "show months")):
                response = app.get(f"{view}&from=1900-01-01&by={grain}")
                assert response.status == 400
                assert (
                    f"a chart shows at most 2,000: choose fewer days, or {coarser}" in response.text
                )
                assert app.get(f"{view}&by={grain}").status == 200, "the default is shorter"
            assert app.get(f"{view}&from=1900-01-01&by=month").status == 200
        export = app.get(
            f"/export/actor/timeline.csv?{urlsplit(VERHOLT).query}&by=week&from=1900-01-01"
        )
        assert export.status == 400
        volume = "Articles and stories by month"
        assert app.get("/period?from=1900-01-01").cells(volume), "a period has no choice of grain"


def test_a_page_that_takes_too_long_is_stopped_and_says_what_to_do(
    old_and_slow: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEWSACTORS_PAGE_SECONDS", "1")
    with running(old_and_slow) as app:
        started = time.monotonic()
        response = app.get("/home")
        assert response.status == 503
        assert 1 <= time.monotonic() - started < 10
        assert "longer than 1 s. Ask for less" in response.text
        assert "NEWSACTORS_PAGE_SECONDS" in response.text
        assert app.get("/period").status == 200, "the others still work"


def test_a_query_ends_when_its_client_leaves(old_and_slow: Path) -> None:
    with running(old_and_slow) as app:
        assert app.get("/period").status == 200
        with socket.create_connection(("127.0.0.1", urlsplit(app.address).port or 0)) as client:
            client.sendall(b"GET /home HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert any(_processor_seconds(app, during=1) > 0.3 for _ in range(20))
        assert any(_processor_seconds(app, during=1) < 0.1 for _ in range(20))


def _processor_seconds(app: App, during: float) -> float:
    def used() -> int:
        fields = Path(f"/proc/{app.process.pid}/stat").read_text().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])

    before = used()
    time.sleep(during)
    return (used() - before) / os.sysconf("SC_CLK_TCK")


@pytest.mark.parametrize(
    ("site", "mode", "dest", "status"),
    [
        ("none", "navigate", "document", 200),
        ("same-origin", "cors", "empty", 200),
        ("cross-site", "navigate", "document", 200),
        ("same-site", "navigate", "document", 200),
        ("cross-site", "navigate", "iframe", 403),
        ("cross-site", "no-cors", "image", 403),
        ("cross-site", "cors", "empty", 403),
        ("same-site", "no-cors", "script", 403),
        ("cross-site", "", "", 403),
    ],
)
def test_another_site_can_link_to_a_page_but_not_embed_it(
    app: App, site: str, mode: str, dest: str, status: int
) -> None:
    sent = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": dest}
    for path in ("/period", "/suggest?q=v", "/export/articles/articles.csv", "/static/vega.js"):
        assert app.get(path, **sent).status == status, path
    if status == 403:
        assert "follow a link" in app.get("/period", **sent).text


def test_another_site_cannot_post(app: App) -> None:
    sent = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    refused = app.post("/corrections", {}, **sent, **{"Sec-Fetch-Site": "cross-site"})
    assert refused.status == 403
    assert "Refused" in refused.text
