"""Which id a group of names keeps when it is decided again.

Belongs here: the one rule for that, for a night (`settling`) and a relink (`relink`). Does not
belong here: ids of names that are decided for the first time (`blocking`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from etl.linking.blocking import new_entity_id
from etl.linking.decisions import Decision, FormKey


def with_kept_ids(
    again: Sequence[Decision], before: Mapping[FormKey, str], owned: Collection[str] = ()
) -> list[Decision]:
    """Return the same groups, each with the id of the old group that shares most texts with it.

    `before` has the old ids. Ids in `owned` belong to actors that are not decided again; their
    groups keep them. A group of names that had no ids keeps the one that it has. One whose old ids
    all went to groups that share more texts with them gets a new one.
    """
    shared: Counter[tuple[str, str]] = Counter()
    for d in again:
        if d.entity_id not in owned and d.form.key in before:
            shared[d.entity_id, before[d.form.key]] += d.form.texts
    kept: dict[str, str] = {}
    assigned: set[str] = set()
    for (new, old), _ in sorted(shared.items(), key=lambda kv: (-kv[1], kv[0])):
        if new not in kept and old not in assigned:
            kept[new] = old
            assigned.add(old)
    had_ids = {new for new, _ in shared}
    taken = assigned | set(before.values()) | set(owned)
    for new in sorted({d.entity_id for d in again} - kept.keys() - set(owned)):
        if new in had_ids or new in assigned:
            kept[new] = new_entity_id(f"relinked:{new}", taken)
            taken.add(kept[new])
    return [replace(d, entity_id=kept.get(d.entity_id, d.entity_id)) for d in again]
