"""Pages of outlets and of stories: what one outlet does unlike others, and what versions change."""

from __future__ import annotations

from urllib.parse import urlencode

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.explorer.views.story import changed_words

from .app import App

WORDS = st.lists(st.sampled_from(["the", "bank", "closed", "on", "Monday"]), max_size=60)


@pytest.fixture
def published(app: App) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(str(app.settings.published.resolve()), read_only=True)


def test_an_outlets_numbers_are_those_of_its_articles(
    app: App, published: duckdb.DuckDBPyConnection
) -> None:
    listed = app.get("/outlet").links
    for outlet, articles in published.execute(
        "select outlet, count(*) from articles where outlet is not null group by 1"
    ).fetchall():
        path = f"/outlet?{urlencode({'name': outlet})}"
        assert path in listed
        response = app.get(path)
        assert f"<h1>{outlet}</h1>" in response.text
        assert f">{articles}</a>" in response.text


def test_an_actor_stands_out_where_an_outlet_writes_more_about_it_than_others(app: App) -> None:
    rows = app.get("/outlet?name=The+Calder+Ledger").cells("Articles beyond what the other")
    assert rows
    assert all(int(row[1]) > float(row[2]) for row in rows)


def test_an_unknown_outlet_or_story_is_reported(app: App) -> None:
    for path in ("/outlet?name=No+Such+Paper", "/story?id=S0", "/story"):
        response = app.get(path)
        assert response.status == 404
        assert "there is no" in response.text


def test_a_story_shows_its_outlets_in_order_and_what_each_changed(
    app: App, published: duckdb.DuckDBPyConnection
) -> None:
    story_id, outlets = published.execute(
        "select story_id, list(outlet order by published_on) from articles "
        "group by 1 having count(*) > 1 order by count(*) desc limit 1"
    ).fetchall()[0]
    response = app.get(f"/story?id={story_id}")
    rows = response.cells("Articles of this story")
    assert sorted(row[1] for row in rows) == sorted(outlets)
    assert [row[0] for row in rows] == sorted(row[0] for row in rows)
    assert "<ins>" in response.text or "word for word" in response.text


@given(WORDS, WORDS)
def test_changes_lead_from_one_text_to_the_other(before: list[str], after: list[str]) -> None:
    changes = list(changed_words(before, after))
    left_out = sum(change.gap for change in changes)
    removed = sum(len(change.removed.split()) for change in changes)
    added = sum(len(change.added.split()) for change in changes)
    same = sum(len(change.same.split()) for change in changes)
    assert same + left_out + removed == len(before)
    assert same + left_out + added == len(after)
    if not left_out:
        parts = " ".join(f"{change.same} {change.removed}" for change in changes)
        assert parts.split() == before
