"""Recovers lost decisions of the identity ledger from the links made by them.

Belongs here: which decisions a damaged ledger lacks. Does not belong here: its files (`ledger`),
and deciding (`resolver`). A recovered decision lacks its time and the other name behind it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from etl.linking.blocking import blocking_keys, new_entity_id
from etl.linking.decisions import CONTEXT, Decision, Form
from etl.linking.forms import register_forms
from etl.linking.ledger import Ledger
from etl.linking.link import as_table
from etl.linking.reference import load_reference
from etl.linking.settling import base_key
from etl.linking.text_links import RESOLVED

FORMER = "former"
"""Method of a decision that a relink replaced: only its entity is known."""


def lost_decisions(
    con: duckdb.DuckDBPyConnection, ledger: Ledger, files: Sequence[Path], *, is_damaged: bool
) -> pa.Table:
    """Return the decisions behind `loaded.text_links` that these files of the ledger lack.

    If no file is damaged, only names missing from all files count: after an interrupted relink the
    ledger and the links differ legitimately.
    """
    register_forms(con)
    ledger.read(con, files)
    con.execute(
        """
        create or replace temp table former as
        select distinct f.name, f.type, f.scope, g.entity_id
        from forms f
        join loaded.former_links g using (text_actor_id)
        left join ledger l using (name, type, scope)
        where $1 and l.entity_id is distinct from g.entity_id
          and coalesce(not list_contains(l.former, g.entity_id), true)
        """,
        [is_damaged],
    )
    former = con.execute("from former order by all").fetchall()
    # For a name with a former entity, the current decision must come after the former one.
    found = con.execute(
        f"""
        select distinct f.name, f.type, coalesce(case when t.method = $2 then f.text_scope end,
          f.scope), t.entity_id, t.method, t.confidence
        from forms f
        join loaded.text_links t using (text_actor_id)
        left join ({RESOLVED.format(forms="forms")}) l using (text_actor_id)
        where l.entity_id is null or ($1 and l.entity_id <> t.entity_id)
          or (f.name, f.type, f.scope) in (select (name, type, scope) from former)
        order by all
        """,
        [is_damaged, CONTEXT],
    ).fetchall()
    lost = [Decision(Form(n, t, s, 0), e, m, c) for n, t, s, e, m, c in found]
    known = set(con.execute("select name, type, scope from ledger").fetchall())
    known |= {d.form.key for d in lost}
    bases = {base_key(d.form) for d in lost if d.form.is_of_text} - known
    lost += [_undecided(Form(*key, 0)) for key in sorted(bases)]
    for name in ("forms", "ledger", "former"):
        con.execute(f"drop table {name}")
    before = [Decision(Form(n, t, s, 0), e, FORMER, 0.0) for n, t, s, e in former]
    return as_table([*before, *lost], datetime.now(UTC))


def _undecided(form: Form) -> Decision:
    """Return the decision on a name of which only decisions on single texts are known."""
    own_id = new_entity_id(blocking_keys(form, load_reference())[0])
    return Decision(form, own_id, "ambiguous", 1.0)
