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

from etl.linking.decisions import Decision, Form
from etl.linking.forms import register_forms
from etl.linking.ledger import Ledger
from etl.linking.link import as_table

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
        """
        select distinct f.name, f.type, f.scope, t.entity_id, t.method, t.confidence
        from forms f
        join loaded.text_links t using (text_actor_id)
        left join ledger l using (name, type, scope)
        where l.entity_id is null or ($1 and l.entity_id <> t.entity_id)
          or (f.name, f.type, f.scope) in (select (name, type, scope) from former)
        order by all
        """,
        [is_damaged],
    ).fetchall()
    for name in ("forms", "ledger", "former"):
        con.execute(f"drop table {name}")
    before = [Decision(Form(n, t, s, 0), e, FORMER, 0.0) for n, t, s, e in former]
    lost = [Decision(Form(n, t, s, 0), e, m, c) for n, t, s, e, m, c in found]
    return as_table([*before, *lost], datetime.now(UTC))
