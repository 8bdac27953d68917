"""Cannot-link constraints: the actors that people declared distinct, in the linker's terms.

Belongs here: which forms stand for the actors of `distinct` corrections. Does not belong here: what
corrections mean together (`etl.corrections.plan`), and enforcing the constraints (`resolver`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import duckdb

from etl.corrections.plan import Plan
from etl.linking.blocking import blocking_keys, new_entity_id
from etl.linking.decisions import Form, FormKey
from etl.linking.reference import load_reference


@dataclass(frozen=True)
class CannotLink:
    """Pairs of actors declared distinct, and which of these actors each form stands for.

    A decided form stands for its actor. An undecided one stands for the actor that it would be
    alone. Two forms of a pair never get the same entity.
    """

    pairs: frozenset[frozenset[str]] = frozenset()
    stands_for: Mapping[FormKey, frozenset[str]] = field(default_factory=dict)

    def ids(self, form: Form) -> frozenset[str]:
        """Return the actors of pairs that a form stands for; mostly none."""
        return self.stands_for.get(form.key, frozenset())

    def separates(self, some: Iterable[str], others: Iterable[str]) -> bool:
        """Whether any actor of the first group was declared distinct from one of the second."""
        return any(frozenset((a, b)) in self.pairs for a in some for b in others)


def load_cannot_link(
    con: duckdb.DuckDBPyConnection, plan: Plan, undecided: Iterable[Form] = ()
) -> CannotLink:
    """Build the constraints of a plan, given the temporary table `ledger`.

    A form stands for its own actor, for actors merged with it, and for those that a relink
    replaced by it.
    """
    pairs = frozenset(frozenset((a, b)) for a, b, _ in plan.distinct)
    if not pairs:
        return CannotLink()
    current_id = {i: i for pair in pairs for i in pair}
    current_id |= {old: new for old, new in plan.redirects.items() if new in current_id}
    stands_for: dict[FormKey, set[str]] = defaultdict(set)
    rows = con.execute(
        """
        select name, type, scope, entity_id, former from ledger
        where list_has_any(list_append(former, entity_id), $ids)
        """,
        {"ids": sorted(current_id)},
    ).fetchall()
    living = {row[3] for row in rows}
    for name, type_, scope, entity, former in rows:
        ids = [entity, *(old for old in former if old not in living)]
        stands_for[name, type_, scope] |= {current_id[i] for i in ids if i in current_id}
    for form in undecided:
        own_id = new_entity_id(blocking_keys(form, load_reference())[0])
        if own_id in current_id:
            stands_for[form.key].add(current_id[own_id])
    return CannotLink(pairs, {key: frozenset(ids) for key, ids in stands_for.items()})
