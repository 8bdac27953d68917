"""Groups of names that are decided again keep their ids by one rule."""

from __future__ import annotations

from collections import Counter, defaultdict

from hypothesis import given
from hypothesis import strategies as st

from etl.linking.decisions import Decision, Form, FormKey
from etl.linking.kept_ids import with_kept_ids

IDS = st.sampled_from(["E1", "E2", "E3"])
NAMES = st.lists(st.tuples(IDS, st.one_of(IDS, st.none()), st.integers(1, 9)), max_size=8)


def decided(
    rows: list[tuple[str, str | None, int]],
) -> tuple[list[Decision], dict[FormKey, str]]:
    """Decisions on names, and former ids, from the new id, the former id and texts of each."""
    again = [
        Decision(Form(f"Name{number}", "PERSON", "", texts), new, "name", 1.0)
        for number, (new, _, texts) in enumerate(rows)
    ]
    olds = zip(again, rows, strict=True)
    return again, {d.form.key: old for d, (_, old, _) in olds if old}


def test_the_group_with_most_texts_of_an_old_one_has_its_id() -> None:
    again, before = decided([("E2", "E1", 3), ("E2", "E1", 3), ("E3", "E1", 5), ("E1", None, 1)])
    first, second, smaller, new = (d.entity_id for d in with_kept_ids(again, before))
    assert first == second == "E1"
    assert len({first, smaller, new}) == 3
    assert not {smaller, new} & {"E2", "E3"}, "a group never gets the id of another one"


def test_a_group_that_joined_another_actor_has_its_id() -> None:
    again, before = decided([("E1", "E2", 3), ("E3", "E2", 1)])
    joined, left = (d.entity_id for d in with_kept_ids(again, before, owned={"E1"}))
    assert (joined, left) == ("E1", "E2")


@given(NAMES)
def test_groups_stay_the_same_and_no_two_share_an_id(
    rows: list[tuple[str, str | None, int]],
) -> None:
    again, before = decided(rows)
    kept = with_kept_ids(again, before)
    ids = defaultdict(set)
    for d, k in zip(again, kept, strict=True):
        ids[d.entity_id].add(k.entity_id)
    assert all(len(of_group) == 1 for of_group in ids.values())
    assert all(n == 1 for n in Counter(i for of_group in ids.values() for i in of_group).values())
    assert with_kept_ids(kept, {d.form.key: d.entity_id for d in kept}) == kept
