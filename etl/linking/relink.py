"""Relinking: decides all names again and keeps the ids of actors where possible.

Belongs here: what a relink changes. Does not belong here: deciding (`resolver`), applying the
changes (`link`), and showing them (`etl.cli`).

A full name is decided once and later articles follow it, so early decisions had little evidence. A
relink decides everything on today's evidence. Ids are kept by majority: the old and new actor that
share most texts are the same.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from etl.corrections.plan import Plan
from etl.linking.cannot_link import load_cannot_link
from etl.linking.decisions import Decision, Form
from etl.linking.forms import evidence_of, register_forms
from etl.linking.kept_ids import with_kept_ids
from etl.linking.known import Known
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
    by_text = [
        Decision(Form(name, type_, scope), entity, method, 1.0)
        for name, type_, scope, entity, method in of_texts
    ]
    before |= {d.form.key: d.entity_id for d in by_text}
    known = Known(by_text, reference, evidence, [form for form in forms if form.is_lone_surname])
    full = [form for form in forms if not form.is_lone_surname]
    known.put(Resolver([], evidence, reference, cannot_link).decide(full))
    settled = settle(known, evidence, reference, cannot_link)
    for d in settled:
        before.setdefault(d.form.key, before.get(base_key(d.form), d.entity_id))
    found = [
        Change(before[d.form.key], d)
        for d in with_kept_ids(settled, before)
        if d.entity_id != before[d.form.key]
    ]
    return sorted(found, key=lambda c: (-c.decision.form.texts, c.decision.form.key))
