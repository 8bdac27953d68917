"""Plans of corrections: what counts, what depends on what, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from histories import START, histories, without
from hypothesis import given, settings
from suite_length import examples

from etl.corrections.plan import conflict_reason, make_plan
from etl.corrections.records import UNDO, Correction, record

_count = iter(range(10_000))


def row(action: str, undoes: str = "", **arguments: str) -> Correction:
    pairs = [(key.rstrip("_"), value) for key, value in arguments.items()]
    second = next(_count)
    now = datetime.fromtimestamp(START.timestamp() + second, UTC)
    return record(action, pairs, because="test", author="test", undoes=undoes, now=now)


def merge(actor: str, into: str) -> Correction:
    return row("merge", actor=actor, into=into)


def undo(c: Correction) -> Correction:
    return row(UNDO, undoes=c.id)


def status(*rows: Correction) -> list[str]:
    plan = make_plan(rows)
    return [plan.outcomes[r.id].status for r in rows]


def test_a_chain_of_merges_leads_every_id_to_its_end_in_one_step() -> None:
    plan = make_plan([merge("E1", "E2"), merge("E2", "E3"), merge("E9", "E1")])
    assert plan.redirects == {"E1": "E3", "E2": "E3", "E9": "E3"}


@pytest.mark.parametrize(
    ("before", "new", "names"),
    [
        ([], merge("E1", "E1"), "E1 is one actor, not two"),
        ([merge("E1", "E2")], merge("E2", "E1"), "one actor already, E2"),
        ([merge("E1", "E2"), merge("E2", "E3")], merge("E3", "E1"), "one actor already, E3"),
        ([row("distinct", actor="E1", other="E2")], merge("E2", "E1"), "distinct by C"),
        (
            [row("distinct", actor="E1", other="E2"), merge("E1", "E3")],
            merge("E2", "E3"),
            "distinct by C",
        ),
        ([merge("E1", "E2")], row("distinct", actor="E1", other="E2"), "one actor already"),
        ([row("distinct", actor="E1", other="E2")], row("distinct", actor="E2", other="E1"),
         "distinct already, by C"),
        ([], row("split", actor="E1", name="x", into="E1"), "one actor, not two"),
        ([], row(UNDO, undoes="C000000000000"), "there is no correction C000000000000"),
    ],
)  # fmt: skip
def test_a_contradiction_is_refused_and_named(
    before: list[Correction], new: Correction, names: str
) -> None:
    assert names in conflict_reason(before, new)
    assert make_plan([*before, new]).outcomes[new.id].status == "skipped"


def test_an_undone_row_counts_as_if_never_recorded() -> None:
    distinct = row("distinct", actor="E1", other="E2")
    both = merge("E1", "E2")  # refused until the row that it contradicts is undone
    assert status(distinct, both) == ["applied", "skipped"]
    assert status(distinct, both, undo(distinct)) == ["undone", "applied", "applied"]


def test_an_undo_is_not_undone_and_nothing_is_undone_twice() -> None:
    first = merge("E1", "E2")
    back = undo(first)
    assert "is an undo itself" in conflict_reason([first, back], undo(back))
    assert f"was undone by {back.id}" in conflict_reason([first, back], undo(first))
    assert status(first, back, merge("E1", "E2")) == ["undone", "applied", "applied"]


def test_a_row_with_dependents_is_not_undone_and_they_are_named() -> None:
    base = merge("E1", "E2")
    dependents = [
        merge("E2", "E3"),  # gives away what was merged
        row("split", actor="E2", name="x"),
        row("split", actor="E1", name="x"),  # E1 means E2 by now
        row("rename", actor="E1", name="x"),
    ]
    for later in dependents:
        reason = conflict_reason([base, later], undo(base))
        assert later.id in reason, later
        assert conflict_reason([base, later], undo(later)) == ""
    independent = [
        merge("E9", "E2"),  # into the same: each stands on its own
        row("rename", actor="E2", name="x"),
        row("alias", spelling="x", actor="E2"),
        row("distinct", actor="E2", other="E9"),
        merge("E8", "E9"),
    ]
    for later in independent:
        assert conflict_reason([base, later], undo(base)) == "", later


def test_every_row_that_names_the_new_actor_of_a_split_depends_on_it() -> None:
    parted = row("split", actor="E1", name="x")
    made = parted.minted or ""
    for later in (
        row("rename", actor=made, name="y"),
        row("distinct", actor=made, other="E1"),
        merge(made, "E1"),
        merge("E5", made),
    ):
        assert later.id in conflict_reason([parted, later], undo(parted))
    assert make_plan([parted, undo(parted)]).redirects == {made: "E1"}


def test_a_row_that_appears_twice_counts_once() -> None:
    one = merge("E1", "E2")
    plan = make_plan([one, one])
    assert len(plan.corrections) == 1
    assert "appears twice" in plan.outcomes[one.id].detail
    assert "recorded already" in conflict_reason([one], one)


@settings(max_examples=examples(60), deadline=None)
@given(histories())
def test_after_a_permitted_undo_every_other_row_still_counts(rows: list[Correction]) -> None:
    plan = make_plan(rows)
    for target in rows:
        back = undo(target)
        if conflict_reason(rows, back):
            continue
        after = make_plan([*rows, back])
        for other in without(rows, target.id):
            assert after.outcomes[other.id] == plan.outcomes[other.id], other


@settings(max_examples=examples(50), deadline=None)
@given(histories())
def test_redirects_have_no_cycles_and_no_chains(rows: list[Correction]) -> None:
    redirects = make_plan(rows).redirects
    assert not set(redirects.values()) & set(redirects)


def test_an_actor_whose_split_was_undone_redirects_to_the_one_it_was_split_from() -> None:
    first = row("split", actor="E1", name="x")
    second = row("split", actor=first.minted or "", name="y")
    undone = make_plan([first, second, undo(second), undo(first)])
    assert undone.redirects == {first.minted: "E1", second.minted: "E1"}
    taken_up = make_plan([first, undo(first), merge("E1", first.minted or "")])
    assert taken_up.redirects == {"E1": first.minted}
