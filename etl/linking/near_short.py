"""Selects the short names that new articles concern, and the names that these may mean.

Belongs here: those two selections, as queries on the temporary tables of `near`. Does not belong
here: who is meant (`resolver`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from etl.extract.lexicon import load_lexicon
from etl.linking.bearers import MONTHS_AROUND, month_number
from etl.linking.blocking import (
    blocking_keys,
    keys_of_things,
    longer_names,
    new_entity_id,
    short_keys,
)
from etl.linking.decisions import UNDECIDED, Arrival, Decision, Form, NameType
from etl.linking.forms import register_forms
from etl.linking.reference import Reference
from etl.linking.relations import register_strings
from etl.linking.resolver import is_telling
from etl.linking.variants import person_name, surname_tails

_STORED = "name, type, scope, block, entity_id, method, confidence, evidence, beside"
MEANINGS = ("meant_names", "meant_short", "meant_people")
"""The temporary tables of `select_meanings`."""


def tails_of(name: str) -> set[str]:
    """Return the surnames that a name of a person may be shortened to."""
    return surname_tails(person_name(name))


def select_concerned(
    con: duckdb.DuckDBPyConnection,
    arrival: Arrival,
    moved: Iterable[str],
    new_short: Iterable[Form],
) -> None:
    """Create the temporary tables `concerned` and `concerned_in_texts`, of decisions to make again.

    A lone surname depends on the full names within MONTHS_AROUND of its month, or, if there are
    none, on whether one person of that surname is known at all. Titles of bearers count at any
    time. `moved` full names belong to another actor now. The temporary table `similar_forms` then
    holds the actors in texts with these names and with `new_short`.
    """
    touched: list[tuple[str, str, int | None]] = []
    for name, months in arrival.people.items():
        for tail in tails_of(name):
            touched += [(tail, "arrived", _month_number(month)) for month in months]
            touched += [(tail, "new", None)] if name in arrival.new else []
    words = {key for name in arrival.organisations for key in short_keys(name)}
    touched += [(word, "new", None) for word in words | arrival.words]
    touched += [(tail, "moved", None) for name in moved for tail in tails_of(name)]
    columns = {
        "key": pa.array([f"~{tail}" for tail, *_ in touched], pa.string()),
        "kind": pa.array([kind for _, kind, _ in touched], pa.string()),
        "month": pa.array([month for *_, month in touched], pa.int64()),
    }
    con.register("touched", pa.table(columns))
    register_strings(con, "new_short", {"name": [form.name for form in new_short]})
    con.execute(
        f"""
        create or replace temp table touched_short as
        select id, key, split_part(scope, '|', 2) as title,
          case when scope[1] <> '|' then scope[1:4]::bigint * 12 + scope[6:7]::bigint end as month
        from (
          select rowid as id, unnest(block) as key, scope from ledger
          where type = 'PERSON' and scope <> '' and scope not like '%|%|%'
        )
        where key in (select key from touched);

        create or replace temp table concerned_ids as
        select id from touched_short s join touched t using (key)
        where t.kind = 'moved' or s.month is null or s.title <> ''
          or (t.kind = 'arrived' and coalesce(abs(t.month - s.month) <= {MONTHS_AROUND}, true))
        union
        select id from touched_short s
        where key in (select key from touched where kind = 'new') and not exists (
          select 1 from bearer_months b
          where b.key = s.key and abs(b.month - s.month) <= {MONTHS_AROUND}
        );

        create or replace temp table similar_actors as
        select * from loaded.text_actors
        where type = 'PERSON' and (name in (from new_short) or name in (
          select name from ledger where rowid in (from concerned_ids)
        ))
        """.replace("bearer_months b", "(" + _BEARER_MONTHS + ") b")
    )
    con.unregister("touched")
    con.unregister("new_short")
    register_forms(con, "similar_actors", "similar_forms")
    con.execute(
        f"""
        create or replace temp table concerned as
        select {_STORED}, coalesce(f.texts, 0)::bigint as texts
        from (from ledger where rowid in (from concerned_ids)) left join (
          select name, scope, count(*) as texts from similar_forms group by all
        ) f using (name, scope);

        create or replace temp table concerned_in_texts as
        select {_STORED}, 1 as texts from ledger
        where type = 'PERSON' and scope like '%|%|%'
          and (name, array_to_string(string_split(scope, '|')[:2], '|'))
            in (select (name, scope) from concerned)
        """
    )


_BEARER_MONTHS = """
  select distinct n.key, m.month from (
    select name, unnest(block) as key from near where type = 'PERSON'
  ) n join near_months m on m.name = n.name and m.type = 'PERSON'
  where n.key in (select key from touched where kind = 'new')
"""


@dataclass(frozen=True)
class MeaningKeys:
    """Under which blocking keys and ids the names are found that short names may mean.

    `own_ids` are the ids that the short names get if they mean nobody else; a full name that has
    one after a relink keeps it.
    """

    words: frozenset[str]
    longer: frozenset[str]
    offices: frozenset[str]
    identities: frozenset[str]
    own_ids: frozenset[str]


def keys_of_meanings(short: Iterable[Form], reference: Reference) -> MeaningKeys:
    """Return the keys for short names."""
    surnames = {person_name(form.name).surname for form in short}
    identities = {blocking_keys(form, reference)[0] for form in short}
    return MeaningKeys(
        frozenset(key for s in surnames for key in (f"~{s}", *keys_of_things(s))),
        frozenset(longer_names(s) for s in surnames),
        frozenset(key for s in surnames for o in reference.offices.get(s, ()) for key in o.keys),
        frozenset(identities),
        frozenset(new_entity_id(identity) for identity in identities),
    )


def select_meanings(
    con: duckdb.DuckDBPyConnection,
    short: Sequence[Form],
    keys: MeaningKeys,
    moved: Sequence[Decision],
) -> None:
    """Create the temporary tables MEANINGS, of decisions on names that short names may mean.

    Of the people of a surname, those who are named around the month of a short name matter. Of the
    others it matters only whether there are any, and whether these are two; a woman or a man, if
    titles tell. `moved` are this run's decisions on names in `near`.
    """
    columns = {
        "key": pa.array([f"~{person_name(form.name).surname}" for form in short], pa.string()),
        "month": pa.array([_month_number(form.month) for form in short], pa.int64()),
        "is_for_all": pa.array([is_telling(f.title) or not f.month for f in short], pa.bool_()),
    }
    con.register("asked", pa.table(columns).group_by(list(columns)).aggregate([]))
    genders = load_lexicon().first_names
    strings: Mapping[str, Mapping[str, Iterable[str]]] = {
        "given_names": {"given": genders.keys(), "gender": genders.values()},
        "words": {"value": keys.words},
        "longer": {"value": keys.longer},
        "offices": {"value": keys.offices},
        "identities": {"value": keys.identities},
        "own_ids": {"value": keys.own_ids},
        "moved_names": {
            "name": [d.form.name for d in moved if d.form.type == "PERSON"],
            "entity_id": [d.entity_id for d in moved if d.form.type == "PERSON"],
        },
    }
    for name, values in strings.items():
        register_strings(con, name, values)
    con.execute(
        f"""
        create or replace temp table meant_names as
        from near
        where block[1] in (from words) or block[1] in (from offices) or entity_id in (from own_ids)
          or rowid in (
            select id from (select rowid as id, unnest(block) as key from near where type = 'ORG')
            where key in (from longer)
          );

        -- An undecided surname of other months has an actor already.
        create or replace temp table meant_short as
        select *, 0 as texts from ledger where rowid in (
          select arg_min(rowid, (name, scope)) from ledger
          where type = 'PERSON' and scope <> '' and scope not like '%|%|%'
            and block[1] in (from identities)
            and (name, scope) not in (select (name, scope) from concerned)
          group by block[1], entity_id, method in {UNDECIDED}
        );

        create or replace temp table bearers as
        select b.key, b.name, b.texts, coalesce(m.entity_id, b.entity_id) as entity_id,
          coalesce(g.gender, '') as gender
        from (
          select unnest(block) as key, name, texts, entity_id, split_part(block[1], ' ', 1) as given
          from near where type = 'PERSON'
        ) b
        left join moved_names m using (name)
        left join given_names g using (given)
        where b.key in (select key from asked);

        create or replace temp table bearer_months as
        select b.key, b.name, m.month, m.texts
        from (select distinct key, name from bearers) b
        join near_months m on m.name = b.name and m.type = 'PERSON'
        where m.month is null or (b.key, m.month) in (
          select (key, month + n)
          from asked, range(-{MONTHS_AROUND}, {MONTHS_AROUND + 1}) as around(n)
        );

        create or replace temp table meant_people as
        with ranked as (
          select *, row_number() over (
              partition by key, gender, entity_id order by texts desc, name) as name_rank,
            (key, name) in (select (key, name) from bearer_months) as is_near,
          from bearers where texts > 0
        ),
        entities as (
          select *, bool_or(is_near) over (partition by key, gender, entity_id) as is_entity_near
          from ranked
        ),
        chosen as (
          select name from entities where is_near
          union
          select name from entities where is_entity_near and name_rank = 1
          union
          select name from entities where name_rank = 1
          qualify row_number() over (partition by key, gender order by texts desc, name) <= 2
          union
          select name from bearers where key in (select key from asked where is_for_all)
        )
        from near where type = 'PERSON' and name in (from chosen)
        """
    )
    for name in ("asked", *strings):
        con.unregister(name)


def months_of_bearers(con: duckdb.DuckDBPyConnection) -> dict[NameType, dict[str, int]]:
    """Return in how many texts of each month people are named, near the short names."""
    months: dict[NameType, dict[str, int]] = defaultdict(dict)
    for name, number, texts in con.execute(
        "select distinct name, month, texts from bearer_months where month is not null"
    ).fetchall():
        year, month = divmod(number - 1, 12)
        months[name, "PERSON"][f"{year:04}-{month + 1:02}"] = texts
    return months


def _month_number(month: str) -> int | None:
    return month_number(month) if month else None
