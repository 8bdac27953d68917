"""Relinking: decides all names again and keeps the ids of actors where possible.

Belongs here: what a relink changes. Does not belong here: deciding (`resolver`), applying the
changes (`link`), and showing them (`etl.cli`).

A full name is decided once and later articles follow it, so early decisions had little evidence. A
relink decides everything on today's evidence. Ids are kept by majority: the old and new actor that
share most texts are the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import duckdb

from etl.corrections.plan import Plan
from etl.linking.blocking import new_entity_id
from etl.linking.cannot_link import load_cannot_link
from etl.linking.decisions import Decision, Form, FormKey
from etl.linking.forms import evidence_of, register_forms
from etl.linking.ledger import Ledger
from etl.linking.reference import load_reference
from etl.linking.resolver import Resolver
from etl.linking.settling import base_key, settle


@dataclass(frozen=True, slots=True)
class Change:
    """A name that would change its entity: the current entity, and the new decision."""

    before: str
    decision: Decision


def preview(con: duckdb.DuckDBPyConnection, ledger: Ledger, plan: Plan) -> list[Change]:
    """Return what a relink would change in a published file, the names in most texts first."""
    ledger.register(con)
    register_forms(con)
    found = changes(con, plan)
    con.execute("drop table forms")
    con.execute("drop table ledger")
    return found


def changes(con: duckdb.DuckDBPyConnection, plan: Plan) -> list[Change]:
    """Return what a relink changes. Needs the temporary tables `forms` and `ledger`."""
    rows = con.execute(
        """
        select f.name, f.type, f.scope, l.entity_id, count(*) from forms f
        join ledger l using (name, type, scope) group by all order by all
        """
    ).fetchall()
    forms = [Form(name, type_, scope, texts) for name, type_, scope, _, texts in rows]
    before = {f.key: entity for f, (*_, entity, _) in zip(forms, rows, strict=True)}
    of_texts = con.execute(
        """
        select f.name, f.type, f.text_scope, l.entity_id, l.method from forms f
        join ledger l on l.name = f.name and l.type = f.type and l.scope = f.text_scope
        order by all
        """
    ).fetchall()
    evidence, reference = evidence_of(con, forms), load_reference()
    cannot_link = load_cannot_link(con, plan)
    decided = Resolver([], evidence, reference, cannot_link).decide(forms)
    by_text = [
        Decision(Form(name, type_, scope), entity, method, 1.0)
        for name, type_, scope, entity, method in of_texts
    ]
    before |= {d.form.key: d.entity_id for d in by_text}
    settled = settle([*decided, *by_text], evidence, reference, cannot_link)
    after = {d.form.key: d for d in decided} | {d.form.key: d for d in settled}
    for d in settled:
        before.setdefault(d.form.key, before[base_key(d.form)])
    found = [
        Change(before[d.form.key], d)
        for d in with_old_ids(list(after.values()), before)
        if d.entity_id != before[d.form.key]
    ]
    return sorted(found, key=lambda c: (-c.decision.form.texts, c.decision.form.key))


def with_old_ids(decided: Sequence[Decision], before: Mapping[FormKey, str]) -> list[Decision]:
    """Return the same groups, each with the id of the old group that shares most texts with it."""
    shared: Counter[tuple[str, str]] = Counter()
    for d in decided:
        shared[d.entity_id, before[d.form.key]] += d.form.texts
    kept: dict[str, str] = {}
    assigned: set[str] = set()
    for (new, old), _ in sorted(shared.items(), key=lambda kv: (-kv[1], kv[0])):
        if new not in kept and old not in assigned:
            kept[new] = old
            assigned.add(old)
    taken = set(before.values())
    for new in sorted({d.entity_id for d in decided} - set(kept)):
        # A group whose old ids all went to larger groups gets a new id.
        kept[new] = new_entity_id(f"relinked:{new}", taken)
        taken.add(kept[new])
    return [replace(d, entity_id=kept[d.entity_id]) for d in decided]
