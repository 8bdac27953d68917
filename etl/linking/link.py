"""Links each actor within an article (`text_actors`) to an entity across articles.

Belongs here: the order of a nightly run: find new names, decide them, append them to the ledger,
write the links. Does not belong here: deciding (`resolver`), reading the texts (`forms`), storing
decisions (`ledger`), and what users correct (`etl.corrections`).

Each full name is resolved once, when it is first seen, and appended to the ledger; later articles
follow it. Undecided names that new articles concern are settled each time (`settling`), and the
links of earlier articles change with them. So a nightly run reads only the actors of new texts and
similar names. It reads all of them if the links were made from another ledger: after a relink, a
restore or a forgotten article.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import duckdb
import pyarrow as pa

from etl.corrections.plan import Plan
from etl.linking.blocking import blocking_keys, keys_to_look_up
from etl.linking.cannot_link import load_cannot_link
from etl.linking.decisions import CONTEXT, UNDECIDED, Arrival, Decision, Form
from etl.linking.forms import evidence_of, register_forms
from etl.linking.ledger import DECISIONS, Ledger
from etl.linking.name_keys import name_key
from etl.linking.reference import Reference, load_reference
from etl.linking.relations import register_strings
from etl.linking.relink import changes
from etl.linking.resolver import Resolver
from etl.linking.settling import settle

LINKING_VERSION = "5"


@dataclass(frozen=True)
class Linked:
    """The number of entities, and whether all links were rebuilt.

    If not, the links that were added or changed are those of the actors in the temporary table
    `relinked_actors`.
    """

    entities: int
    is_all: bool


def link_actors(
    con: duckdb.DuckDBPyConnection,
    ledger: Ledger,
    now: datetime,
    plan: Plan,
    *,
    relink: bool = False,
    is_trial: bool = False,
    forget: bool = False,
    new_in: str | None = None,
) -> Linked:
    """Decide new names, then fill `loaded.text_links`.

    The ledger is written before the table, so an interrupted run resumes with its decisions made.
    `plan` says which actors people declared distinct. `relink` decides all names again. `is_trial`
    reads the ledger and writes nothing to it. `forget` first removes names from the ledger that no
    text uses any more. `new_in` asserts that the existing links follow from the ledger, and names a
    table of the articles (article_id) added since: then only actors without a link are read.
    """
    is_all = relink or is_trial or forget or new_in is None or not _only_lacks_links(con, new_in)
    register_forms(con, *([] if is_all else ["unlinked_actors"]))
    if forget:
        ledger.forget(con)
    ledger.register(con)
    decided = _decide(con, plan, is_all=is_all)
    _append(con, ledger, as_table(decided, now), is_trial=is_trial)
    if relink and (changed := changes(con, plan)):
        _append(con, ledger, as_table([c.decision for c in changed], now), is_trial=is_trial)
    if is_all:
        _fill(con)
    else:
        _update(con, decided)
    row = con.execute("select count(distinct entity_id) from loaded.text_links").fetchone()
    con.execute("drop table forms")
    con.execute("drop table ledger")
    return Linked(int(row[0]) if row else 0, is_all)


def _only_lacks_links(con: duckdb.DuckDBPyConnection, new_in: str) -> bool:
    """Whether links and actors agree, apart from actors of the given articles without a link.

    Creates the temporary table `unlinked_actors` of those.
    """
    con.execute(
        f"""
        create or replace temp table new_actors as
        select a.* from loaded.text_actors a semi join (
          select content_sha256 from loaded.article_versions semi join {new_in} using (article_id)
        ) using (content_sha256);
        create or replace temp table unlinked_actors as
        select * from new_actors anti join loaded.text_links using (text_actor_id);
        drop table new_actors
        """
    )
    row = con.execute(
        """
        select (select count(*) from loaded.text_links) + (select count(*) from unlinked_actors)
          = (select count(*) from loaded.text_actors)
        """
    ).fetchone()
    return bool(row and row[0])


RESOLVED = f"""
select f.text_actor_id, coalesce(t.entity_id, l.entity_id) as entity_id,
  coalesce(t.method, l.method) as method, coalesce(t.confidence, l.confidence) as confidence
from {{forms}} f
join ledger l on l.name = f.name and l.type = f.type and l.scope = f.scope
left join ledger t on t.name = f.name and t.type = f.type and t.scope = f.text_scope
  and t.method = '{CONTEXT}' and l.method in {UNDECIDED}
"""
"""Links the actors in a table of `register_forms` by the temporary table `ledger`. A decision on
one text counts as long as the name itself is undecided."""


def _new_forms(con: duckdb.DuckDBPyConnection) -> list[Form]:
    rows = con.execute(
        """
        select f.name, f.type, f.scope, count(*) from forms f
        anti join ledger using (name, type, scope)
        group by all order by all
        """
    ).fetchall()
    return [Form(*row) for row in rows]


def _append(
    con: duckdb.DuckDBPyConnection, ledger: Ledger, decided: pa.Table, *, is_trial: bool
) -> None:
    """Append decisions to the temporary table `ledger` and, unless on trial, to the ledger."""
    if not decided.num_rows:
        return
    if not is_trial:
        ledger.append(decided)
    con.register("decided", decided)
    con.execute(
        """
        create or replace temp table ledger as
        select d.*,
          list_filter(list_append(l.former, l.entity_id), lambda e: e <> d.entity_id) as former
        from decided d left join ledger l using (name, type, scope)
        union all by name
        select * from ledger anti join decided using (name, type, scope)
        """
    )
    con.unregister("decided")


def _fill(con: duckdb.DuckDBPyConnection) -> None:
    """Rebuild `text_links`, and `former_links` with the entities that were left empty."""
    con.execute("begin")
    con.execute("delete from loaded.text_links")
    con.execute(f"insert into loaded.text_links by name {RESOLVED.format(forms='forms')}")
    con.execute("delete from loaded.former_links")
    con.execute(_FORMER.format(forms="forms"))
    con.execute("commit")


_FORMER = f"""
insert into loaded.former_links by name
with given_up as (
  select f.text_actor_id, unnest(l.former) as entity_id
  from {{forms}} f join ledger l using (name, type, scope)
  union
  select f.text_actor_id, l.entity_id
  from {{forms}} f join ledger l using (name, type, scope)
  join ledger t on t.name = f.name and t.type = f.type and t.scope = f.text_scope
  where t.method = '{CONTEXT}' and t.decided_at > l.decided_at
)
from given_up where entity_id not in (select entity_id from loaded.text_links)
"""
"""Entities that names have had, and that are empty: those of earlier decisions, and that of an
undecided name which was settled later, text by text."""


def _update(con: duckdb.DuckDBPyConnection, decided: Sequence[Decision]) -> None:
    """Add the links of new texts, and change those that settled names have in earlier texts.

    The temporary table `relinked_actors` then holds the actors of both.
    """
    keys = [d.form.key for d in decided]
    columns = {name: [key[i] for key in keys] for i, name in enumerate(("name", "type", "scope"))}
    register_strings(con, "decided_keys", columns)
    con.execute(
        f"""
        create or replace temp table settled_forms as
        from similar_forms
        where text_actor_id not in (select text_actor_id from unlinked_actors)
          and ((name, type, scope) in (select (name, type, scope) from decided_keys)
            or (name, type, text_scope) in (select (name, type, scope) from decided_keys));

        create or replace temp table resettled as {RESOLVED.format(forms="settled_forms")};
        create or replace temp table changed_links as
        select r.*, l.entity_id as former_id
        from resettled r join loaded.text_links l using (text_actor_id)
        where (r.entity_id, r.method) is distinct from (l.entity_id, l.method);

        create or replace temp table relinked_actors as
        select text_actor_id from unlinked_actors
        union all
        select text_actor_id from changed_links;

        begin;
        delete from loaded.text_links
        where text_actor_id in (select text_actor_id from changed_links);
        insert into loaded.text_links by name
        select * exclude (former_id) from changed_links
        union all by name
        {RESOLVED.format(forms="forms")};

        create or replace temp table concerned_forms as
        from forms union all by name from settled_forms;
        delete from loaded.former_links
        where text_actor_id in (select text_actor_id from concerned_forms)
          or entity_id in (
            select entity_id from loaded.text_links semi join concerned_forms using (text_actor_id)
          );
        {_FORMER.format(forms="concerned_forms")};
        commit;
        """
    )
    con.unregister("decided_keys")


def _decide(con: duckdb.DuckDBPyConnection, plan: Plan, *, is_all: bool) -> list[Decision]:
    """Decide new names, and settle the undecided ones that the texts of `forms` concern.

    `is_all` says that the temporary table `forms` holds all texts. If not, the temporary table
    `similar_forms` then holds all actors that may be concerned.
    """
    new = _new_forms(con)
    reference = load_reference()
    arrival = None
    table = "forms"
    if is_all:
        con.execute("create or replace temp table near as from ledger")
    else:
        table = "similar_forms"
        arrival = _arrival(con, new)
        _select_near(con, new, arrival.people, reference)
    known = [
        Decision(Form(name, type_, scope, texts), entity, method, confidence)
        for name, type_, scope, entity, method, confidence, texts in con.execute(
            f"""
            with counted as (
              select name, type, scope, count(*) as texts from {table}
              semi join near using (name, type) group by all
            )
            select near.name, near.type, near.scope, near.entity_id, near.method,
              near.confidence, coalesce(counted.texts, 0)
            from near left join counted using (name, type, scope) order by all
            """
        ).fetchall()
    ]
    cannot_link = load_cannot_link(con, plan, new)
    evidence = evidence_of(con, [*new, *(d.form for d in known)], table)
    names = [d for d in known if not d.form.is_of_text]
    decided = Resolver(names, evidence, reference, cannot_link).decide(new)
    settled = settle([*known, *decided], evidence, reference, cannot_link, arrival)
    con.execute("drop table near")
    return list(({d.form.key: d for d in decided} | {d.form.key: d for d in settled}).values())


def _arrival(con: duckdb.DuckDBPyConnection, new: Sequence[Form]) -> Arrival:
    """Return what the texts of `forms` name; their days go to a temporary table."""
    con.execute(
        """
        create or replace temp table arrived_days as
        select distinct published_on as day from loaded.article_versions semi join (
          select content_sha256 from unlinked_actors
        ) using (content_sha256)
        where published_on is not null
        """
    )
    people: dict[str, set[str]] = defaultdict(set)
    words = set()
    for name, type_, month in con.execute(
        "select distinct name, type, month from forms"
    ).fetchall():
        if type_ == "PERSON":
            people[name].add(month or "")
        elif " " not in (key := name_key(name, "ORG")):
            words.add(key)
    return Arrival(
        {name: frozenset(months) for name, months in people.items()},
        frozenset(words),
        frozenset(form.name for form in new if form.type == "PERSON"),
    )


def _select_near(
    con: duckdb.DuckDBPyConnection,
    new: Sequence[Form],
    people: Iterable[str],
    reference: Reference,
) -> None:
    """Create the temporary tables `near`, of decisions, and `similar_forms`, of their actors."""
    forms = [*new, *(Form(name, "PERSON") for name in people)]
    wanted = sorted({block for form in forms for block in keys_to_look_up(form, reference)})
    register_strings(con, "wanted", {"block": wanted})
    con.execute(
        """
        create or replace temp table near as
        select distinct l.* exclude (block, b) from (select *, unnest(block) as b from ledger) l
        semi join wanted on l.b = wanted.block
        """
    )
    con.unregister("wanted")
    con.execute(
        """
        create or replace temp table similar_actors as
        select * from loaded.text_actors
        where name in (select name from near union select name from forms)
        """
    )
    register_forms(con, "similar_actors", "similar_forms")


def as_table(decided: Sequence[Decision], now: datetime) -> pa.Table:
    """Return decisions as rows of the ledger."""
    reference = load_reference()
    columns = {
        "name": [d.form.name for d in decided],
        "type": [d.form.type for d in decided],
        "scope": [d.form.scope for d in decided],
        "block": [blocking_keys(d.form, reference) for d in decided],
        "entity_id": [d.entity_id for d in decided],
        "method": [d.method for d in decided],
        "confidence": [d.confidence for d in decided],
        "evidence": [d.evidence for d in decided],
        "beside": [list(d.beside) or None for d in decided],
        "decided_at": [now] * len(decided),
    }
    return pa.table(
        {name: pa.array(values, DECISIONS.field(name).type) for name, values in columns.items()},
        schema=DECISIONS,
    )
