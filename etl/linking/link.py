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
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import duckdb
import pyarrow as pa

from etl.corrections.plan import Plan
from etl.linking.blocking import blocking_keys, keys_to_look_up
from etl.linking.cannot_link import load_cannot_link
from etl.linking.decisions import Arrival, Decision, Form, FormKey, decision_of
from etl.linking.forms import evidence_of, register_forms
from etl.linking.known import Known
from etl.linking.ledger import DECISIONS, Ledger
from etl.linking.name_keys import name_key, type_group
from etl.linking.near import Near
from etl.linking.reference import load_reference
from etl.linking.relink import changes
from etl.linking.resolver import Resolver
from etl.linking.settling import settle
from etl.linking.text_links import fill, only_lacks_links, update

LINKING_VERSION = "7"


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
    is_all = relink or is_trial or forget or new_in is None or not only_lacks_links(con, new_in)
    register_forms(con, *([] if is_all else ["unlinked_actors"]))
    if forget:
        ledger.forget(con)
    ledger.register(con)
    decided = _decide(con, plan, is_all=is_all, is_settled=not relink)
    _append(con, ledger, as_table(decided, now), is_trial=is_trial)
    if relink and (changed := changes(con, plan)):
        _append(con, ledger, as_table([c.decision for c in changed], now), is_trial=is_trial)
    if is_all:
        fill(con)
    else:
        update(con, decided)
    row = con.execute("select count(distinct entity_id) from loaded.text_links").fetchone()
    con.execute("drop table forms")
    con.execute("drop table ledger")
    return Linked(int(row[0]) if row else 0, is_all)


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
        create or replace temp table appended as
        select d.*, l.rowid as replaced,
          list_filter(list_append(l.former, l.entity_id), lambda e: e <> d.entity_id) as former
        from decided d left join ledger l using (name, type, scope);
        delete from ledger where rowid in (select replaced from appended);
        insert into ledger by name select * exclude (replaced) from appended
        """
    )
    con.unregister("decided")


def _decide(
    con: duckdb.DuckDBPyConnection, plan: Plan, *, is_all: bool, is_settled: bool
) -> list[Decision]:
    """Decide new names, and settle the undecided ones that the texts of `forms` concern.

    `is_all` says that the temporary table `forms` holds all texts. If not `is_settled`, only new
    names are decided, for a relink to follow.
    """
    new = _new_forms(con)
    reference = load_reference()
    cannot_link = load_cannot_link(con, plan, new)
    known: Known
    outdated: list[FormKey] = []
    if is_all:
        stored, outdated = _all_stored(con)
        evidence = evidence_of(con, [*new, *(d.form for d in stored)], "forms")
        known = Known(stored, reference, evidence, [form for form in new if form.is_lone_surname])
    else:
        evidence = evidence_of(con, new, "similar_forms")
        known = Near(con, _arrival(con, new), new, reference, evidence)
    named = [form for form in new if not form.is_lone_surname] if is_settled else new
    keys = {key for form in named for key in keys_to_look_up(form, reference)}
    known.put(Resolver(known.sharing(keys), evidence, reference, cannot_link).decide(named))
    decided = settle(known, evidence, reference, cannot_link) if is_settled else known.changed()
    is_decided = {d.form.key for d in decided}
    return [*decided, *(known.current[key] for key in outdated if key not in is_decided)]


def _all_stored(con: duckdb.DuckDBPyConnection) -> tuple[list[Decision], list[FormKey]]:
    """Return all decisions, and which of them an older version stored without today's keys.

    These are written again: a night finds names by the keys in the ledger.
    """
    rows = con.execute(
        """
        with counted as (select name, type, scope, count(*) as texts from forms group by all)
        select name, type, scope, coalesce(texts, 0), entity_id, method, confidence, evidence,
          beside, block
        from ledger left join counted using (name, type, scope) order by name, type, scope
        """
    ).fetchall()
    reference = load_reference()
    stored = [decision_of(row) for *row, _ in rows]
    outdated = [
        d.form.key
        for d, (*_, block) in zip(stored, rows, strict=True)
        if not set(blocking_keys(d.form, reference)).issubset(block)
    ]
    return stored, outdated


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
    organisations = set()
    for name, type_, month in con.execute(
        "select distinct name, type, month from forms"
    ).fetchall():
        if type_ == "PERSON":
            people[name].add(month or "")
            continue
        if type_group(type_) == "ORG":
            organisations.add(name)
        if " " not in (key := name_key(name, "ORG")):
            words.add(key)
    return Arrival(
        {name: frozenset(months) for name, months in people.items()},
        frozenset(words),
        frozenset(form.name for form in new if form.type == "PERSON"),
        frozenset(organisations),
    )


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
