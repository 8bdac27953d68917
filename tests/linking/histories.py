"""A small corpus, random histories of corrections over it, and their result row by row.

`naive` is the specification: it applies the rows in order to one text at a time, while
`etl.corrections.replay` runs all steps of a level at once in SQL.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache

import duckdb
import pyarrow as pa
from hypothesis import strategies as st

from etl.corrections.plan import Plan, conflict_reason, make_plan
from etl.corrections.records import UNDO, Correction, record
from etl.corrections.replay import replay
from etl.corrections.write_back import write_back
from etl.schema import tables

NAMES = ("Ann Ash", "A. Ash", "Ash", "Bo Birch", "Birch")
OUTLETS = ("Daily Test", "The New York Times", None)
DAYS = (date(2025, 1, 1), date(2025, 1, 15), date(2025, 2, 1), None)
START = datetime(2025, 3, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Fact:
    """An actor of a text: its linked entity, and the values that splits select by."""

    text_actor_id: str
    name: str
    article_id: str
    outlet: str | None
    day: date | None
    linked: str


def facts() -> list[Fact]:
    """Thirty articles, each with two actors; five entities, one of which has two names."""
    found = []
    for number in range(30):
        outlet, day = OUTLETS[number % 3], DAYS[number % 4]
        for turn in (0, 1):
            name = NAMES[(number + 2 * turn + number // 7) % 5]
            entity = f"E{NAMES.index(name)}" if (number + turn) % 6 else "E1"
            found.append(Fact(f"t{number}-{turn}", name, f"a{number}", outlet, day, entity))
    return found


FACTS = facts()
ENTITIES = sorted({fact.linked for fact in FACTS})


def database(chosen: Sequence[Fact] = FACTS) -> duckdb.DuckDBPyConnection:
    """Schema `loaded` in memory with these actors of texts, linked and not corrected."""
    con = duckdb.connect()
    con.execute("set threads = 1")
    con.execute("create schema loaded")
    for table in tables.TABLES:
        con.execute(table.ddl)
    articles = {f.article_id: f for f in chosen}
    rows: dict[tables.Table, list[dict[str, object]]] = {
        tables.ARTICLE_VERSIONS: [
            {"content_sha256": f"v-{f.article_id}", "article_id": f.article_id, "outlet": f.outlet,
             "published_on": f.day}
            for f in articles.values()
        ],
        tables.TEXT_ACTORS: [
            {"text_actor_id": f.text_actor_id, "content_sha256": f"v-{f.article_id}",
             "name": f.name, "type": "PERSON"}
            for f in chosen
        ],
        tables.TEXT_LINKS: [
            {"text_actor_id": f.text_actor_id, "entity_id": f.linked, "method": "name",
             "confidence": 0.5}
            for f in chosen
        ],
    }  # fmt: skip
    fillers: dict[object, object] = {
        tables.STRING: "", tables.INT: 0, tables.LONG: 0, tables.STRINGS: [],
        tables.TIMESTAMP: START,
    }  # fmt: skip
    for table, values in rows.items():
        filled = [
            {c.name: None if c.nullable else fillers.get(c.type) for c in table.columns} | row
            for row in values
        ]
        con.register("rows", pa.Table.from_pylist(filled, table.arrow_schema))
        con.execute(f"insert into loaded.{table.name} by name from rows")
        con.unregister("rows")
    return con


Links = dict[str, tuple[str, str | None]]


def corrected(con: duckdb.DuckDBPyConnection, rows: Sequence[Correction]) -> Links:
    """Entity and correction by actor of a text, as stored after these rows."""
    replay(con, make_plan(rows))
    write_back(con)
    return {
        actor: (entity, by)
        for actor, entity, by in con.execute(
            "select text_actor_id, entity_id, correction_id from loaded.actor_links"
        ).fetchall()
    }


def naive(rows: Sequence[Correction], chosen: Sequence[Fact] = FACTS) -> Links:
    """The same result, computed one row and one actor of a text at a time."""
    plan = make_plan(rows)
    leads: dict[str, str] = {}
    now = {f.text_actor_id: f.linked for f in chosen}
    by: dict[str, str] = {}

    def meant(entity: str) -> str:
        while entity in leads:
            entity = leads[entity]
        return entity

    for c in plan.corrections:
        if plan.outcomes[c.id].status != "applied" or c.action not in ("merge", "split", "alias"):
            continue
        source = meant(c["actor"]) if c.action != "alias" else None
        target = c.get("actor" if c.action == "alias" else "into")
        target = meant(target) if target else c.minted or ""
        for f in chosen:
            fits = f.name == c["spelling"] if c.action == "alias" else _fits(c, f, plan)
            if fits and (source is None or now[f.text_actor_id] == source):
                now[f.text_actor_id], by[f.text_actor_id] = target, c.id
        if c.action == "merge" and source:
            leads[source] = target
    return {
        f.text_actor_id: (
            now[f.text_actor_id],
            by.get(f.text_actor_id) if now[f.text_actor_id] != f.linked else None,
        )
        for f in chosen
    }


def _fits(c: Correction, f: Fact, plan: Plan) -> bool:
    if c.action == "merge":
        return True
    day = plan.dates.get(f.article_id, (f.day,))[0]
    outlet = plan.outlets.get(f.article_id, (f.outlet,))[0]
    first, last = c.get("from"), c.get("to")
    return (
        (not c.all("article") or f.article_id in c.all("article"))
        and (not c.all("name") or f.name in c.all("name"))
        and (not c.all("outlet") or outlet in c.all("outlet"))
        and (first is None or (day is not None and day.isoformat() >= first))
        and (last is None or (day is not None and day.isoformat() <= last))
    )


@cache
def _times() -> list[datetime]:
    return [START + timedelta(minutes=n) for n in range(100)]


@st.composite
def histories(draw: st.DrawFn, most: int = 9) -> list[Correction]:
    """Rows that were each valid when recorded, undos included."""
    rows: list[Correction] = []
    for number in range(draw(st.integers(1, most))):
        row = draw(_rows(rows, _times()[number]))
        if not conflict_reason(rows, row):
            rows.append(row)
    return rows


@st.composite
def _rows(draw: st.DrawFn, before: list[Correction], now: datetime) -> Correction:
    ids = [*ENTITIES, *(c.minted for c in before if c.minted)]
    actor, other = draw(st.sampled_from(ids)), draw(st.sampled_from(ids))
    action = draw(st.sampled_from(("merge", "merge", "split", "split", "alias", "distinct",
                                   "rename", "article", UNDO, UNDO)))  # fmt: skip
    undoes = ""
    pairs: list[tuple[str, str]] = []
    if action == "merge":
        pairs = [("actor", actor), ("into", other)]
    elif action == "distinct":
        pairs = [("actor", actor), ("other", other)]
    elif action == "rename":
        pairs = [("actor", actor), ("name", "Somebody; or \\ other")]
    elif action == "alias":
        pairs = [("spelling", draw(st.sampled_from(NAMES)))]
        pairs += [("actor", actor)] if draw(st.booleans()) else []
    elif action == "article":
        pairs = [("article", f"a{draw(st.integers(0, 29))}"), ("date", "2025-01-20")]
        pairs += [("outlet", "Daily Test")] if draw(st.booleans()) else []
    elif action == "split":
        pairs = [("actor", actor), *draw(_selections())]
        pairs += [("into", other)] if draw(st.booleans()) else []
    elif before:
        undoes = draw(st.sampled_from(before)).id
    else:
        action, pairs = "rename", [("actor", actor), ("name", "Somebody")]
    return record(action, pairs, because="test", author="test", undoes=undoes, now=now)


@st.composite
def _selections(draw: st.DrawFn) -> list[tuple[str, str]]:
    kinds = draw(st.sets(st.sampled_from(("article", "name", "outlet", "from", "to")), min_size=1))
    values = {
        "article": st.sampled_from([f.article_id for f in FACTS]),
        "name": st.sampled_from(NAMES),
        "outlet": st.sampled_from([o for o in OUTLETS if o]),
        "from": st.just("2025-01-10"),
        "to": st.just("2025-01-31"),
    }
    return [
        (kind, draw(values[kind]))
        for kind in sorted(kinds)
        for _ in range(2 if kind in ("article", "name") else 1)
    ]


def without(rows: Sequence[Correction], *ids: str) -> list[Correction]:
    """Return the rows except these."""
    return [replace(row) for row in rows if row.id not in ids]
