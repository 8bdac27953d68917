"""Replaying corrections: the set-based SQL and a row-by-row replay agree."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest
from histories import FACTS, corrected, database, histories, naive, without
from hypothesis import HealthCheck, given, settings
from suite_length import examples
from test_plan import merge, row, undo

from etl.corrections.outcomes import correction_problems
from etl.corrections.plan import conflict_reason, make_plan
from etl.corrections.records import Correction

thorough = settings(
    max_examples=examples(15),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    """One database for all histories: nothing of an earlier one may remain."""
    with database() as connection:
        yield connection


def everything(con: duckdb.DuckDBPyConnection) -> list[object]:
    tables = ("actor_links", "entity_redirects", "entity_overrides", "article_overrides")
    return [con.execute(f"select * from loaded.{t} order by all").fetchall() for t in tables]


@thorough
@given(histories())
def test_replay_equals_the_row_by_row_specification(
    con: duckdb.DuckDBPyConnection, rows: list[Correction]
) -> None:
    assert corrected(con, rows) == naive(rows)


@thorough
@given(histories(most=7))
def test_a_permitted_undo_leaves_the_rows_of_a_file_without_both(
    con: duckdb.DuckDBPyConnection, rows: list[Correction]
) -> None:
    for target in rows:
        back = undo(target)
        if conflict_reason(rows, back):
            continue
        never = corrected(con, without(rows, target.id))
        tables = everything(con)
        assert corrected(con, [*rows, back]) == never
        undone = everything(con)
        made = {c.minted for c in rows if c.minted}
        assert undone[0] == tables[0]
        assert undone[2:] == tables[2:]
        # Redirects also keep the ids that were created and undone.
        kept = set(tables[1])  # type: ignore[call-overload]
        assert kept <= set(undone[1])  # type: ignore[call-overload]
        assert {old for old, _ in set(undone[1]) - kept} <= made  # type: ignore[call-overload]


@thorough
@given(histories())
def test_redirects_lead_from_dead_ids_to_living_ids(
    con: duckdb.DuckDBPyConnection, rows: list[Correction]
) -> None:
    living = {entity for entity, _ in corrected(con, rows).values()}
    redirects = dict(con.execute("from loaded.entity_redirects").fetchall())
    assert not set(redirects) & living
    # Every id of the linker leads to a living actor.
    for fact in FACTS:
        assert fact.linked in living or redirects[fact.linked] in living


def test_merge_split_undo_merge(con: duckdb.DuckDBPyConnection) -> None:
    links = {f.text_actor_id: (f.linked, None) for f in FACTS}
    one = merge("E0", "E1")
    merged = corrected(con, [one])
    assert merged == {
        a: ("E1", one.id) if entity == "E0" else (entity, None) for a, (entity, _) in links.items()
    }
    method = con.execute("select distinct method, confidence from loaded.actor_links "
                         "where correction_id is not null").fetchall()  # fmt: skip
    assert method == [("correction", 1.0)]
    parted = row("split", actor="E1", outlet="nyt", from_="2025-01-10")
    made = {
        a for a, (entity, _) in corrected(con, [one, parted]).items() if entity == parted.minted
    }
    expected = {
        f.text_actor_id for f in FACTS
        if f.linked in ("E0", "E1") and f.outlet == "The New York Times" and f.day
        and f.day.isoformat() >= "2025-01-10"
    }  # fmt: skip
    assert made == expected  # by any name that the outlet is known under
    assert expected
    again = merge(parted.minted or "", "E1")
    assert "depend on" in conflict_reason([one, parted, again], undo(parted))
    rows = [one, parted, again]
    assert {e for e, _ in corrected(con, rows).values()} == {e for e, _ in merged.values()}
    rows += [undo(target) for target in (again, parted, one)]
    assert corrected(con, rows) == links


def test_a_text_that_comes_later_is_corrected_too() -> None:
    rows = [merge("E0", "E1"), row("split", actor="E1", name="A. Ash", to="2025-01-31")]
    early, late = FACTS[:20], FACTS
    with database(early) as before, database(late) as after:
        seen = corrected(before, rows)
        assert {
            actor: link for actor, link in corrected(after, rows).items() if actor in seen
        } == seen
        assert corrected(after, rows) == naive(rows, late)


def test_a_correction_without_effect_is_idle_and_reported(con: duckdb.DuckDBPyConnection) -> None:
    rows = [
        merge("Egone", "E1"),
        row("rename", actor="Egone", name="x"),  # the id means E1 by now
        row("type", actor="Elost", type="ORG"),
        row("article", article="a99", date="2025-01-01"),
        row("split", actor="E1", article="a99"),
        row("distinct", actor="E2", other="Elost"),
        row("merge", actor="E3", into="E4"),
        row("merge", actor="E4", into="E3"),
    ]
    corrected(con, rows)
    history = con.execute(
        "select correction_id, status, detail from loaded.corrections order by position"
    ).fetchall()
    assert [status for _, status, _ in history] == [
        "idle", "applied", "idle", "idle", "idle", "idle", "applied", "skipped",
    ]  # fmt: skip
    assert len(correction_problems(history)) == 6
    assert "one actor already" in correction_problems(history)[-1]


def test_an_article_is_split_by_its_corrected_day_and_outlet(
    con: duckdb.DuckDBPyConnection,
) -> None:
    moved = row("article", article="a3", date="2030-01-01", outlet="Elsewhere")
    (actor,) = [f for f in FACTS if f.text_actor_id == "t3-0"]
    parted = row("split", actor=actor.linked, outlet="elsewhere", from_="2030-01-01")
    found = corrected(con, [moved, parted])
    assert [a for a, (e, _) in found.items() if e == parted.minted] == ["t3-0"]


def test_a_hand_made_row_makes_the_same_actor_every_time(con: duckdb.DuckDBPyConnection) -> None:
    parted = row("split", actor="E1", name="A. Ash")
    first = corrected(con, [parted])
    with database() as rebuilt:
        assert corrected(rebuilt, [parted]) == first
    assert make_plan([parted]).minted == {parted.minted: parted}
