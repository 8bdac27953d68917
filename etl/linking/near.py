"""Reads from a large ledger the decisions that new articles concern.

Belongs here: the selections of a nightly run from the temporary table `ledger`. Does not belong
here: those for short names (`near_short`), what the steps do with decisions (`settling`,
`spellings`), and evidence about names (`forms`).

A night concerns a small part of the ledger, and only that part becomes Python objects: a million
articles have a million names, and a thousand new articles share surnames with most of them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain

import duckdb

from etl.linking import near_short
from etl.linking.blocking import (
    blocking_keys,
    keys_of_short_name,
    keys_to_look_up,
    longer_names,
    short_key,
    short_keys,
    shorter_names,
)
from etl.linking.decisions import (
    CONTEXT,
    Arrival,
    Decision,
    Evidence,
    Form,
    decision_of,
    is_full,
)
from etl.linking.known import Known, Months, is_open_full
from etl.linking.name_keys import name_key
from etl.linking.near_short import tails_of
from etl.linking.near_texts import select_texts
from etl.linking.reference import Reference
from etl.linking.relations import register_strings
from etl.linking.shared_context import DAYS_AROUND

_NO_LONE_SURNAME = "(type <> 'PERSON' or scope = '')"


class Near(Known):
    """The decisions that an arrival of articles concerns, read from the ledger when needed.

    The temporary table `near` has the stored names that share a blocking key with the names of the
    articles, and the number of their texts. `near_months` has that number by month, and
    `near_recently` the names in articles of the same days.
    """

    def __init__(
        self,
        con: duckdb.DuckDBPyConnection,
        arrival: Arrival,
        new: Sequence[Form],
        reference: Reference,
        evidence: Evidence,
    ) -> None:
        super().__init__((), reference, evidence, [form for form in new if form.is_lone_surname])
        self._con = con
        self._arrival = arrival
        self.arrived = frozenset(arrival.people)
        self._keys: set[str] = set()
        con.execute(
            f"""
            create or replace temp table near as
            select name, type, scope, block, entity_id, method, confidence, evidence, beside,
              0::bigint as texts
            from ledger limit 0;
            create or replace temp table near_months (
              name varchar, type varchar, month bigint, texts bigint
            );
            create or replace temp table near_recently (name varchar);
            create or replace temp table recent_days as
            select distinct day + n::integer as day
            from arrived_days, range(-{DAYS_AROUND}, {DAYS_AROUND + 1}) as around(n)
            """
        )
        named = (*new, *(Form(name, "PERSON") for name in arrival.people))
        self._select({key for form in named for key in keys_to_look_up(form, reference)})

    def _select(self, keys: Iterable[str]) -> None:
        """Add the stored names with these blocking keys to `near`."""
        wanted = set(keys) - self._keys
        self._keys |= wanted
        if wanted:
            with self._strings("wanted", wanted):
                self._add(f"rowid in ({_with_key('ledger', 'wanted')})")

    def _add(self, where: str) -> None:
        self._con.execute(
            f"""
            create or replace temp table added as
            select name, type, scope, block, entity_id, method, confidence, evidence, beside
            from ledger
            where {_NO_LONE_SURNAME} and {where}
              and (name, type, scope) not in (select (name, type, scope) from near)
            """
        )
        if not self._con.execute("select 1 from added limit 1").fetchall():
            return
        select_texts(self._con, self.reference)
        self._con.execute(
            """
            create or replace temp table added_months as
            select name, type, year(day) * 12 + month(day) as month, count(*) as texts
            from added_texts group by all;
            insert into near_months from added_months;
            insert into near_recently
            select distinct name from added_texts
            where type = 'PERSON' and (day is null or day in (select day from recent_days));
            insert into near by name
            select added.*, coalesce(t.texts, 0)::bigint as texts
            from added left join (
              select name, type, '' as scope, sum(texts) as texts from added_months group by all
            ) t using (name, type, scope)
            """
        )

    @contextmanager
    def _strings(self, name: str, values: Iterable[str]) -> Iterator[None]:
        register_strings(self._con, name, {"value": values})
        yield
        self._con.unregister(name)

    def _read(self, table: str, where: str = "true") -> list[Decision]:
        """Take stored decisions into memory; return those that hold."""
        rows = self._con.execute(
            f"""
            select name, type, scope, texts, entity_id, method, confidence, evidence, beside
            from {table} where {where} order by name, type, scope
            """
        ).fetchall()
        return self._load(decision_of(row) for row in rows)

    def _own(self) -> list[Decision]:
        """Return the decisions of this run on names that have none in the ledger."""
        return [d for key, d in self.current.items() if key not in self._before]

    def sharing(self, keys: Collection[str]) -> list[Decision]:
        self._select(keys)
        with self._strings("shared", keys):
            stored = self._read("near", f"rowid in ({_with_key('near', 'shared')})")
        return stored + [
            d
            for d in self._own()
            if not (
                d.form.is_lone_surname
                or set(blocking_keys(d.form, self.reference)).isdisjoint(keys)
            )
        ]

    def full_names(self) -> list[Decision]:
        """As `Known.full_names`: of names that came before, those in articles of the same days."""
        with self._strings("arrived_names", self._arrival.people):
            stored = self._read(
                "near",
                "type = 'PERSON' and "
                "(name in (from near_recently) or name in (from arrived_names))",
            )
        return [d for d in (*stored, *self._own()) if is_full(d.form) and d.method != "ambiguous"]

    def of_entities(self, entities: Collection[str]) -> list[Decision]:
        with self._strings("entities", entities):
            self._add("entity_id in (from entities)")
            self._read("near", "entity_id in (from entities)")
            self._read(
                "(select *, 1 as texts from ledger)",
                f"not {_NO_LONE_SURNAME} and entity_id in (from entities)",
            )
        return super().of_entities(entities)

    def open_full(self, moved: Collection[str]) -> list[Form]:
        """As `Known.open_full`: those with a surname that arrived or moved."""
        tails = set(chain(self._arrival.words, *map(tails_of, (*self._arrival.people, *moved))))
        keys = {f"~{tail}" for tail in tails}
        self._select(keys)
        with self._strings("tails", keys):
            stored = self._read(
                "near",
                f"""
                type = 'PERSON'
                and (method = 'ambiguous' or (block[1] like '_ %' and method <> '{CONTEXT}'))
                and rowid in ({_with_key("near", "tails")})
                """,
            )
        return [d.form for d in (*stored, *self._own()) if is_open_full(d)]

    def open_organisations(self, moved: Collection[str]) -> list[Form]:
        """As `Known.open_organisations`: those on which new articles bear.

        They name it, an organisation that allows it, or a person with this word for a surname. The
        short name of a short name may follow it.
        """
        named = self._arrival.organisations
        keys = {name_key(name, "ORG") for name in named} | set(chain(*map(short_keys, named)))
        keys |= set(chain(*map(tails_of, (*self._arrival.people, *moved))))
        asked: set[str] = set()
        found: list[Form] = []
        while new := keys - asked:
            asked |= new
            allowed = self._allowed(new)
            names = {key for s in allowed for key in keys_of_short_name(s, self.reference)}
            forms = [d.form for d in self.sharing(names) if short_key(d.form) in allowed]
            found += forms
            keys |= set(chain(*map(shorter_names, forms)))
        return found

    def _allowed(self, keys: Collection[str]) -> set[str]:
        """Return which of these short names an organisation's name allows."""
        short_of = {longer_names(key): key for key in keys}
        self._select(short_of)
        with self._strings("longer", short_of):
            rows = self._con.execute(
                """
                select distinct key from (select unnest(block) as key from near where type = 'ORG')
                semi join longer on key = value
                """
            ).fetchall()
        own = {key for d in self._own() for key in shorter_names(d.form)}
        return {short_of[key] for (key,) in rows} | (own & set(keys))

    def short(self, moved: Collection[str]) -> list[Form]:
        """As `Known.short`: those that `near_short.select_concerned` selects."""
        self._select(f"~{tail}" for tail in chain(*map(tails_of, moved)))
        near_short.select_concerned(self._con, self._arrival, moved, self.new_short)
        self._read("concerned_in_texts")
        return [*(d.form for d in self._read("concerned")), *self.new_short]

    def beside(self, short: Sequence[Form]) -> tuple[list[Decision], Months]:
        """As `Known.beside`: those that `near_short.select_meanings` selects."""
        if not short:
            return [], {}
        keys = near_short.keys_of_meanings(short, self.reference)
        self._select(keys.words | keys.longer)
        with self._strings("own_ids", keys.own_ids):
            self._add("entity_id in (from own_ids)")
        moved = [d for d in self.changed() if d.form.key in self._before and not d.form.scope]
        near_short.select_meanings(self._con, short, keys, moved)
        stored = [d for table in near_short.MEANINGS for d in self._read(table)]
        own = [d for d in self._own() if not d.form.is_lone_surname]
        asked = {form.key for form in short}
        found = {d.form.key: d for d in (*stored, *own) if d.form.key not in asked}
        months = near_short.months_of_bearers(self._con)
        return list(found.values()), {**months, **self.evidence.months}


def _with_key(table: str, keys: str) -> str:
    """Return a query of the rows of a table with a blocking key of a list."""
    scoped = f"where {_NO_LONE_SURNAME}" if table == "ledger" else ""
    return (
        f"select id from (select rowid as id, unnest(block) as key from {table} {scoped}) "
        f"semi join {keys} on key = value"
    )
