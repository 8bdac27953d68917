"""Which pairs of actors are suggested, on what evidence."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from etl.corrections.plan import Plan
from etl.linking.suggest import Row, suggest

Actor = tuple[str, str, Sequence[str], Sequence[str]]
"""Id, type, its forms with the name first, and the articles that name it."""


def suggested(actors: Sequence[Actor], bodies: dict[str, str] | None = None) -> list[Row]:
    con = duckdb.connect()
    con.execute("""
        create schema loaded;
        create table loaded.text_actors (text_actor_id varchar, name varchar, type varchar);
        create table loaded.actor_links (text_actor_id varchar, entity_id varchar);
        create table entities (entity_id varchar, name varchar, type varchar,
            country_code varchar, article_count integer, mention_count integer);
        create table actor_articles (entity_id varchar, article_id varchar);
        create table articles (article_id varchar, body varchar);
        create table mentions (entity_id varchar, role varchar);
    """)
    for entity_id, type_, forms, articles in actors:
        con.execute(
            "insert into entities values (?, ?, ?, null, ?, ?)",
            [entity_id, forms[0], type_, len(articles), 2 * len(articles)],
        )
        for number, form in enumerate(forms):
            text_actor_id = f"{entity_id}-{number}"
            con.execute(
                "insert into loaded.text_actors values (?, ?, ?)", [text_actor_id, form, type_]
            )
            con.execute("insert into loaded.actor_links values (?, ?)", [text_actor_id, entity_id])
        for article in articles:
            con.execute("insert into actor_articles values (?, ?)", [entity_id, article])
    named = sorted({article for *_, articles in actors for article in articles})
    for article in named:
        con.execute(
            "insert into articles values (?, ?)", [article, (bodies or {}).get(article, "")]
        )
    return suggest(con, Plan(), limit=20)


def pairs(found: Sequence[Row]) -> list[set[str]]:
    return [{row["entity_id"], row["into_entity_id"]} for row in found]


BOARD = ("board", "ORG", ["Harbour Fisheries Board"], ["a1", "a2", "a3"])
INITIALS = ("initials", "ORG", ["HFB"], ["b1", "b2"])


def test_initials_need_shared_co_mentions_or_an_article_that_gives_them() -> None:
    assert suggested([BOARD, INITIALS]) == []
    beside = [
        (f"beside{n}", "PERSON", [f"{name} Tarrish"], ["a1", "b1"])
        for n, name in enumerate(["Una", "Orrin", "Maud", "Piers"])
    ]
    found = suggested([BOARD, INITIALS, *beside])
    assert pairs(found) == [{"board", "initials"}]
    assert "4 shared" in found[0]["evidence"][-1]
    bodies = {"a2": "The Harbour Fisheries Board (HFB) met."}
    both = ("initials", "ORG", ["HFB"], ["a2", "b1", "b2"])
    found = suggested([BOARD, both], bodies)
    assert pairs(found) == [{"board", "initials"}]
    assert found[0]["evidence"][1] == "so given in 1 article"
    assert suggested([BOARD, both]) == [], "one article names both, and gives none as the other"


def test_initials_that_fit_several_actors_suggest_none() -> None:
    other = ("bank", "ORG", ["Hinterland Farmers Bank"], ["c1", "c2", "c3"])
    beside = [
        (f"beside{n}", "PERSON", [f"{name} Tarrish"], ["a1", "b1", "c1"])
        for n, name in enumerate(["Una", "Orrin", "Maud", "Piers"])
    ]
    assert suggested([BOARD, other, INITIALS, *beside]) == []


def test_a_short_form_speaks_only_for_an_actor_without_a_fuller_name() -> None:
    chicago = ("police", "ORG", ["Carrow Police Department", "CPD"], ["a1", "a2"])
    debates = ("debates", "ORG", ["Commission on Public Debates", "CPD"], ["b1", "b2"])
    assert suggested([chicago, debates]) == []
    una = ("una", "PERSON", ["Una Tarrish", "Tarrish"], ["a1", "a2"])
    maud = ("maud", "PERSON", ["Maud Tarrish", "Tarrish"], ["b1", "b2"])
    assert suggested([una, maud]) == []
    again = ("again", "PERSON", ["Una Tarrish"], ["b3"])
    assert pairs(suggested([una, maud, again])) == [{"una", "again"}]


def test_the_pair_whose_merge_moves_most_mentions_comes_first() -> None:
    rare = [
        ("rare", "ORG", ["Velmark Harbour Board"], ["a1"]),
        ("rare2", "ORG", ["Board Velmark Harbour"], ["b1", "b2"]),
    ]
    frequent = [
        ("often", "ORG", ["Esk River Bank"], [f"c{n}" for n in range(9)]),
        ("often2", "ORG", ["Bank Esk River"], [f"d{n}" for n in range(9)]),
    ]
    found = suggested([*rare, *frequent])
    assert pairs(found) == [{"often", "often2"}, {"rare", "rare2"}]
    assert [row["moved_mentions"] for row in found] == [18, 2]
