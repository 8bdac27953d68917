"""What people declared distinct, in the terms of the linker.

Belongs here: which forms stand for the actors of those corrections. Does not belong here: what the
corrections mean together (`plan`), and keeping to them (`linker`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import duckdb

from etl.corrections.plan import Plan
from etl.linking.reference import load_reference
from etl.linking.resolver import CannotLink, Form, FormKey, blocking_keys, new_entity_id


def cannot_link_of(
    con: duckdb.DuckDBPyConnection, plan: Plan, undecided: Iterable[Form] = ()
) -> CannotLink:
    """The pairs of `distinct`, with the forms that stand for each actor; temporary table `ledger`.

    A form stands for the actor that it is in, for that with which it was merged, and for those that
    a relink gave up with it.
    """
    pairs = frozenset(frozenset((a, b)) for a, b, _ in plan.distinct)
    meant = {i: i for pair in pairs for i in pair}
    meant |= {old: new for old, new in plan.redirects.items() if new in meant}
    if not pairs:
        return CannotLink()
    stands_for: dict[FormKey, set[str]] = defaultdict(set)
    rows = con.execute(
        """
        select name, type, scope, entity_id, former from ledger
        where list_has_any(list_append(former, entity_id), $ids)
        """,
        {"ids": sorted(meant)},
    ).fetchall()
    living = {row[3] for row in rows}
    for name, type_, scope, entity, former in rows:
        ids = [entity, *(old for old in former if old not in living)]
        stands_for[name, type_, scope] |= {meant[i] for i in ids if i in meant}
    for form in undecided:
        alone = new_entity_id(blocking_keys(form, load_reference())[0])
        if alone in meant:
            stands_for[form.key].add(meant[alone])
    return CannotLink(pairs, {key: frozenset(ids) for key, ids in stands_for.items()})
