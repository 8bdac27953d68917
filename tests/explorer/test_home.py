"""The first page: what it says of a small archive, and of what came in since the last visit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from etl.explorer.visits import COOKIE, PAUSE, Visits, read_visits

from .app import App

NOON = datetime(2025, 6, 5, 12, tzinfo=UTC)


def test_a_small_archive_has_risers_fallers_and_voices(app: App) -> None:
    response = app.get("/home")
    for caption in ("More stories than", "Fewer stories than", "Statements in these days"):
        assert len(response.cells(caption)) >= 3, caption
    assert response.text.count('<svg class="line"') >= 9


def test_the_window_and_the_last_day_can_be_chosen_and_shared(app: App) -> None:
    june = app.get("/home?days=7&until=2025-06-15")
    assert "9 June 2025 to 15 June 2025" in june.text
    assert "Nadia Verholt" in [row[0] for row in june.cells("More stories than")]
    assert app.get("/home?days=5").status == 400
    assert app.get("/today?days=7&until=2025-06-15").text == june.text  # a former address


def test_articles_that_came_in_since_the_last_visit_are_counted(app: App) -> None:
    long_ago = f"{COOKIE}={Visits(None, NOON).cookie}"
    response = app.get("/home", Cookie=long_ago)
    assert "Since your last visit on 5 June 2025: 48 new articles" in response.text
    link = next(link for link in response.links if "added=" in link)
    assert "added since 2025-06-05T12:00" in app.get(link).text
    assert "Since your last visit" not in app.get("/home").text


def test_a_visit_ends_with_a_pause() -> None:
    first = Visits().at(NOON)
    assert first == Visits(None, NOON)
    same = first.at(NOON + PAUSE)
    assert same.before is None
    assert same.at(NOON + 3 * PAUSE) == Visits(NOON + PAUSE, NOON + 3 * PAUSE)


@given(st.text(max_size=40))
def test_any_cookie_is_read(cookie: str) -> None:
    visits = read_visits(cookie)
    assert read_visits(visits.cookie) == visits


def test_a_cookie_keeps_its_times() -> None:
    visits = Visits(NOON, NOON + timedelta(hours=3))
    assert read_visits(visits.cookie) == visits
