"""What the published tables say about the texts of the fixture."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import duckdb
import pytest

from etl.extract import first_person
from etl.warehouse.dbt import PROJECT

from .conftest import GEORGIA, GERMANY, GONE, TSELENSKYY, Warehouse


def test_articles_show_the_current_version(news: duckdb.DuckDBPyConnection) -> None:
    rows = news.execute(
        "select article_id, published_on, outlet, outlet_as_written from articles order by all"
    ).fetchall()
    assert rows == [
        ("a1", date(2024, 1, 1), "The New York Times", "nyt"),
        ("a2", date(2024, 1, 1), "Reuters", "Reuters"),
        ("a3", date(2024, 1, 3), "The Tbilisi Paper", "The Tbilisi Paper"),
        ("a4", date(2024, 1, 9), None, None),
        ("a5", None, "Reuters", "Reuters"),
        ("a6", date(2024, 2, 5), None, None),
        ("a7", date(2024, 4, 30), "The New York Times", "New York Times"),
    ]
    assert news.execute(
        "select count(*), count(*) filter (is_current) from article_versions"
    ).fetchone() == (8, 7)


def test_a_reprint_is_an_article_of_the_story_of_who_published_first(
    news: duckdb.DuckDBPyConnection,
) -> None:
    assert news.execute(
        "select article_id, story_id, is_reprint from articles where article_id < 'a5' order by all"
    ).fetchall() == [
        ("a1", "Sa1", False),
        ("a2", "Sa1", True),
        ("a3", "Sa3", False),
        ("a4", "Sa3", None),
    ]
    assert news.execute("from stories where article_count > 1 order by story_id").fetchall() == [
        ("Sa1", "a1", date(2024, 1, 1), "The New York Times", date(2024, 1, 1), 2, 2,
         "Tselenskyy speaks 🇺🇦 to Germany"),
        ("Sa3", "a3", date(2024, 1, 3), "The Tbilisi Paper", date(2024, 1, 9), 2, 1, None),
    ]  # fmt: skip
    assert news.execute("from story_redirects").fetchall() == [("Sgone", "Sa1")]


def test_every_number_leads_to_characters(news: duckdb.DuckDBPyConnection) -> None:
    """Offsets are code points: before the mention stand a joined emoji and a combining accent."""
    rows = news.execute(
        """
        select surface, body[char_start + 1 : char_end]
        from mentions inner join articles using (article_id)
        where entity_id = ? and part = 'body' and article_id = 'a1'
        order by char_start
        """,
        [TSELENSKYY],
    ).fetchall()
    assert rows == [("Wolodar Tselenskyy",) * 2, ("he", "he")]
    body, char_start, char_end, text = news.execute(
        """
        select body, char_start, char_end, text
        from quotes inner join articles using (article_id)
        where text = 'for you'
        """
    ).fetchall()[0]
    assert body[char_start:char_end] == text


def test_entities_are_named_dated_and_placed(news: duckdb.DuckDBPyConnection) -> None:
    rows = news.execute(
        """
        select entity_id, name, type, aliases, country_code, first_seen, last_seen, article_count
        from entities order by entity_id
        """
    ).fetchall()
    assert rows == [
        (GEORGIA, "Georgia", "GPE", [], None, date(2024, 1, 3), date(2024, 1, 3), 1),
        (GERMANY, "Germany", "GPE", [], "DE", date(2024, 1, 1), date(2024, 4, 30), 4),
        (
            TSELENSKYY,
            "Wolodar Tselenskyy",
            "PERSON",
            ["Tselenskyy", "Tselenský"],
            None,
            date(2024, 1, 1),
            date(2024, 2, 5),
            4,
        ),
    ]
    assert GONE not in {row[0] for row in rows}, "it was in a superseded version only"


def test_publication_days_leave_unknown_outlets_out_of_the_map(
    news: duckdb.DuckDBPyConnection,
) -> None:
    rows = news.execute("from publication_days").fetchall()
    assert rows[0] == (date(2024, 1, 1), 2, {"Reuters": 1, "The New York Times": 1}, 1)
    assert rows[2] == (date(2024, 1, 9), 1, {}, 1)


@pytest.mark.parametrize(
    ("wanted", "matched_by"),
    [
        ("wolodar  TSELENSKYY ", "name"),
        ("tselensky", "alias"),
        ("TSELENSKÝ", "alias"),
        (TSELENSKYY, "entity_id"),
    ],
)
def test_an_actor_is_found_by_any_of_its_forms(
    news: duckdb.DuckDBPyConnection, wanted: str, matched_by: str
) -> None:
    rows = news.execute("select entity_id, matched_by from actor(?)", [wanted]).fetchall()
    assert rows == [(TSELENSKYY, matched_by)]
    assert news.execute("from actor('nobody')").fetchall() == []


@pytest.fixture
def corrected(warehouse: Warehouse, tmp_path: Path) -> Path:
    """A copy in which one id was given up, and two actors share a form of a name."""
    file = tmp_path / "news.duckdb"
    shutil.copy(warehouse.file, file)
    with duckdb.connect(file) as connection:
        connection.execute("insert into entity_redirects values ('e-old', ?)", [TSELENSKYY])
        connection.execute(
            "update entities set aliases = ['Wolodar Tselenskyy'] where entity_id = ?", [GERMANY]
        )
    return file


def test_a_redirected_id_leads_to_the_actor_it_means_now(corrected: Path) -> None:
    with duckdb.connect(corrected, read_only=True) as news:
        assert news.execute("select entity_id from actor('e-old')").fetchall() == [(TSELENSKYY,)]
        old = news.execute("from actor_timeline('e-old', 'day')").fetchall()
        assert old
        assert old == news.execute("from actor_timeline(?, 'day')", [TSELENSKYY]).fetchall()


def test_a_name_comes_before_an_alias(corrected: Path) -> None:
    with duckdb.connect(corrected, read_only=True) as news:
        rows = news.execute("select entity_id from actor('Wolodar Tselenskyy')").fetchall()
    assert rows == [(TSELENSKYY,), (GERMANY,)]


def test_models_and_extractor_agree_on_the_method_of_the_first_person() -> None:
    macro = (PROJECT / "macros" / "is_talk_of_actor.sql").read_text(encoding="utf-8")
    assert f"is distinct from '{first_person.METHOD}'" in macro
