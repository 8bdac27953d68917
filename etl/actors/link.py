"""Links each actor within an article (`text_actors`) to an entity across articles.

Belongs here: which names are new and what the loaded texts say about them. Does not belong here:
deciding (`linker`), how decisions are kept (`ledger`), what users correct.

A name is decided once, when it first comes, and entered in the ledger; later articles follow it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

import duckdb
import pyarrow as pa

from etl.actors.ledger import DECISIONS, Ledger
from etl.actors.linker import Decision, Evidence, Form, Linker, NameType, blocks, is_short
from etl.actors.names import name_key
from etl.actors.reference import Reference, load_reference
from etl.actors.variants import person_name

LINKING_VERSION = "2"


def link_actors(
    con: duckdb.DuckDBPyConnection,
    ledger: Ledger,
    now: datetime,
    *,
    is_trial: bool = False,
    forget: bool = False,
) -> int:
    """Decide what is new, then fill `loaded.text_links`; returns the number of entities.

    The ledger is written before the table, so that what is stopped in between is decided already.
    A trial reads the ledger and writes nothing to it. `forget` first removes from the
    ledger what no text has any more.
    """
    register_forms(con)
    if forget:
        ledger.forget(con)
    ledger.register(con)
    new = [
        Form(*row)
        for row in con.execute(
            """
            select f.name, f.type, f.scope, count(*) from forms f
            anti join ledger using (name, type, scope)
            group by all order by all
            """
        ).fetchall()
    ]
    if new:
        decided = as_table(_decide(con, new), now)
        if not is_trial:
            ledger.append(decided)
        con.register("decided", decided)
        con.execute("insert into ledger by name select * from decided")
        con.unregister("decided")
    con.execute("begin")
    con.execute("delete from loaded.text_links")
    con.execute(
        """
        insert into loaded.text_links by name
        select f.text_actor_id, l.entity_id, l.method, l.confidence
        from forms f join ledger l using (name, type, scope)
        """
    )
    con.execute("commit")
    row = con.execute("select count(distinct entity_id) from loaded.text_links").fetchone()
    con.execute("drop table forms")
    con.execute("drop table ledger")
    return int(row[0]) if row else 0


def register_forms(con: duckdb.DuckDBPyConnection) -> None:
    """A temporary table `forms`: each actor of a text with its name, type and scope."""
    people = con.execute(
        "select distinct name from loaded.text_actors where type = 'PERSON'"
    ).fetchall()
    short = [name for (name,) in people if is_short(name, "PERSON")]
    con.register("short_names", pa.table({"name": pa.array(short, pa.string())}))
    con.execute(
        """
        create or replace temp table forms as
        with titles as (
          select m.text_actor_id, min(lower(rtrim(m.role, '.'))) as title
          from loaded.text_mentions m join loaded.text_actors a using (text_actor_id)
          where a.type = 'PERSON' and m.role is not null and a.name in (from short_names)
          group by all
        )
        select a.text_actor_id, a.name, a.type,
          strftime(v.published_on, '%Y-%m') as month,
          case when a.type = 'PERSON' and a.name in (from short_names)
            then coalesce(strftime(v.published_on, '%Y-%m'), '') || '|' || coalesce(t.title, '')
            else '' end as scope
        from loaded.text_actors a
        join loaded.article_versions v using (content_sha256)
        left join titles t using (text_actor_id)
        """
    )
    con.unregister("short_names")


def _decide(con: duckdb.DuckDBPyConnection, new: Sequence[Form]) -> list[Decision]:
    reference = load_reference()
    wanted = sorted({block for form in new for block in _asked_for(form, reference)})
    con.register("wanted", pa.table({"block": pa.array(wanted, pa.string())}))
    known = [
        Decision(Form(name, type_, scope, texts), entity, method, confidence)
        for name, type_, scope, entity, method, confidence, texts in con.execute(
            """
            with near as (
              select distinct l.name, l.type, l.scope, l.entity_id, l.method, l.confidence
              from (select *, unnest(block) as b from ledger) l
              semi join wanted on l.b = wanted.block
            ), counted as (select name, type, scope, count(*) as texts from forms group by all)
            select near.*, coalesce(counted.texts, 0)
            from near left join counted using (name, type, scope) order by all
            """
        ).fetchall()
    ]
    con.unregister("wanted")
    return Linker(known, evidence_of(con), reference).decide(new)


def evidence_of(con: duckdb.DuckDBPyConnection) -> Evidence:
    """What the loaded texts say beyond names; temporary table `forms` must be there."""
    months: dict[NameType, dict[str, int]] = defaultdict(dict)
    for name, type_, month, texts in con.execute(
        "select name, type, month, count(*) from forms "
        "where type = 'PERSON' and scope = '' and month is not null group by all"
    ).fetchall():
        months[name, type_][month] = texts
    expansions = con.execute(
        """
        select distinct m.surface, a.name
        from loaded.text_mentions m join loaded.text_actors a using (text_actor_id)
        where a.type = 'ORG' and m.kind = 'name' and m.surface <> a.name
          and m.surface = upper(m.surface) and length(m.surface) between 2 and 10
        order by all
        """
    ).fetchall()
    return Evidence(expansions, months, lambda pairs: _together(con, pairs))


def _asked_for(form: Form, reference: Reference) -> set[str]:
    """The blocks in which a new form looks for others."""
    asked = set(blocks(form, reference))
    bare = person_name(form.name).surname if form.type == "PERSON" else name_key(form.name, "ORG")
    if " " not in bare:
        asked |= {f"~{bare}", *(f"{group}:{bare}" for group in ("ORG", "PLACE", "NORP"))}
    return asked


def _together(
    con: duckdb.DuckDBPyConnection, pairs: set[frozenset[NameType]]
) -> set[frozenset[NameType]]:
    ordered = [sorted(pair) for pair in pairs]
    con.register(
        "pairs",
        pa.table(
            {
                "a": pa.array([a for (a, _), _ in ordered], pa.string()),
                "b": pa.array([b for _, (b, _) in ordered], pa.string()),
            }
        ),
    )
    found = con.execute(
        """
        select distinct p.a, p.b from pairs p
        join loaded.text_actors x on x.name = p.a and x.type = 'PERSON'
        join loaded.text_actors y
          on y.name = p.b and y.type = 'PERSON' and x.content_sha256 = y.content_sha256
        """
    ).fetchall()
    con.unregister("pairs")
    return {frozenset(((a, "PERSON"), (b, "PERSON"))) for a, b in found}


def as_table(decided: Sequence[Decision], now: datetime) -> pa.Table:
    """Decisions as rows of the ledger."""
    reference = load_reference()
    columns = {
        "name": [d.form.name for d in decided],
        "type": [d.form.type for d in decided],
        "scope": [d.form.scope for d in decided],
        "block": [blocks(d.form, reference) for d in decided],
        "entity_id": [d.entity_id for d in decided],
        "method": [d.method for d in decided],
        "confidence": [d.confidence for d in decided],
        "evidence": [d.evidence for d in decided],
        "decided_at": [now] * len(decided),
    }
    return pa.table(
        {name: pa.array(values, DECISIONS.field(name).type) for name, values in columns.items()},
        schema=DECISIONS,
    )
