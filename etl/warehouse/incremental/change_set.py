"""Filling and testing only those rows of a model that new articles or corrections concern.

Belongs here: what the `meta` of a model says about which rows a change can touch, as SQL around
what dbt compiled. Does not belong here: what is concerned (`modelling`), which models are filled in
what order (`refresh`).

    meta:
      actors:
        entity_id: {mentions: entity_id, quotes: speaker_entity_id}

says that a row of the model depends on links of no other actors than those in `entity_id`, and that
to have the rows of some actors there it is enough to read, of `mentions` and `quotes`, those with
them in these columns. With several columns each is filled in turn. Where articles came, or got
another text, day or outlet, one of these says the same about their rows:

    articles: {article_id: {…}}     by the articles themselves
    stories: {story_id: {…}}        by the stories that they are or were in
    days: {period_start: {…}}       by the days that they left or came to; weeks and months likewise
    since: {period_start: {…}}      all periods from the month of the first of these days on; for
                                    an input how many days before it has to reach: [column, days]
    own_articles: true              by `actors`: those in the articles, for no others matter
    cooccurring_actors: {actor_articles: entity_id}
                                    besides `actors`: inputs of which the rows of all actors are
                                    needed that are in an article with one of these

A data test that is not of one model may say the same of what it reads, in its own `meta`.

`rows_name_others: true` says that a row may name actors that are in an article with its own, whose
rows are concerned as well. `among_all: {rank: "rank() over (…)"}` gives, for a column that compares
a row with those of all other actors, its expression by other columns of the table; `follows: {…}`
the same for a column that other rows may change whatever the change is about, where the table is
called `filled`. A view says with `alters: {actors: […], articles: […]}` which of its columns a
correction can alter, and that the rest and the rows stay. A model that says nothing about a change
is filled whole.

Values stand in the SQL as a list: DuckDB 1.5.5 carries that down into views and through joins, and
a semi join with a table of ids not (quotes_about of two actors, on 10,080 articles: 0.9 s and
2.8 s).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import duckdb

from etl.schema import tables

Node = dict[str, Any]
Columns = dict[str, dict[str, Any]]

_GRAINS = {"days": "day", "weeks": "week", "months": "month"}
_KINDS = ("actors", "articles", "stories", *_GRAINS, "since")
_OF_ACTORS = {
    t.name for t in tables.CORRECTED if t.name != tables.ARTICLE_OVERRIDES.name
}  # fmt: skip
"""Tables that say whom links lead to: where only these changed, articles are as they were."""
_KEPT_ACTORS = 100
"""More of them, as those of a night, have a good part of all mentions."""
UNDATED = date.min
"""Stands for the day of articles without one."""


@dataclass(frozen=True)
class ChangeSet:
    """What new articles and corrections are about."""

    actors: frozenset[str]
    """Actors whose links came, went or changed in other articles than these."""
    articles: frozenset[str] = frozenset()
    """Articles that came, or got another text, day or outlet, and those of their stories."""
    days: frozenset[date] = frozenset()
    """The days that these had, and those that they have; UNDATED for none."""
    named: frozenset[str] = frozenset()
    """The actors in these articles."""
    stories: frozenset[str] = frozenset()
    """The stories that these are or were in."""
    is_loaded: bool = False
    """Whether articles came or got another text: then a correction is not all that changed."""
    cooccurring_actors: frozenset[str] | None = None
    """`actors` and all that are in an article with one of them; None where they are too many."""


@dataclass(frozen=True)
class RowFilter:
    """Rows to make anew by one kind of value: columns of the model, with those of its inputs."""

    columns: dict[str, dict[str, str]]
    values: frozenset[str]
    """As SQL literals."""
    ranges: tuple[tuple[date, date], ...] = ()
    """Instead of values: days, from the first to before the second, of whole periods."""
    since: date | None = None
    """Instead of values: the first day, from which on all periods are made anew."""
    is_by_actors: bool = False
    is_by_articles: bool = False
    cooccurring_actors: frozenset[str] | None = None
    """With actors: these and all in their articles, as SQL literals; None where not known."""

    @property
    def is_kept(self) -> bool:
        """Whether what a view gives for it is little enough to be kept."""
        return self.is_by_articles or (self.is_by_actors and len(self.values) <= _KEPT_ACTORS)

    def condition(self, columns: Collection[str]) -> str:
        """Whether one of these columns holds one of the values."""
        if self.since is not None:
            return " or ".join(f"{name} >= {_literal(self.since)}" for name in columns)
        if self.ranges:
            # Not by truncating days: DuckDB prunes by ranges, and knows how many rows they leave.
            return " or ".join(
                f"({name} is null or {name} = {_literal(UNDATED)})"
                if first == UNDATED
                else f"({name} >= {_literal(first)} and {name} < {_literal(after)})"
                for name in columns
                for first, after in self.ranges
            )
        values = ", ".join(sorted(self.values))
        return " or ".join(f"{name} in ({values})" for name in columns)

    def input_condition(self, wanted: Any) -> str:
        """Whether a row of an input is needed; `wanted`: its column, or [column, days before]."""
        if self.since is not None:
            column, days_before = wanted
            return replace(self, since=self.since - timedelta(days_before)).condition([column])
        return self.condition([wanted])


def affected_rows(
    node: Node, concerned: ChangeSet, changed: Collection[str]
) -> list[RowFilter] | None:
    """The rows of a model that are to be made anew; None where that may be all.

    `changed` names the tables of schema `loaded` that are others now.
    """
    sources, found = node["sources"] & set(changed), []
    actors = concerned.actors if sources & _OF_ACTORS else frozenset()
    if concerned.articles and sources - _OF_ACTORS:
        kind = next((k for k in _KINDS if k != "actors" and _columns(node, k)), None)
        if _meta(node).get("own_articles"):
            actors |= concerned.named
        elif kind is None:
            return None
        else:
            found += _by_articles(_columns(node, kind), kind, concerned)
    if actors:
        if not _columns(node, "actors"):
            return None
        cooccurring_actors = (
            None
            if concerned.cooccurring_actors is None
            else _texts(concerned.cooccurring_actors | actors)
        )
        columns, values = _columns(node, "actors"), _texts(actors)
        found.append(
            RowFilter(columns, values, is_by_actors=True, cooccurring_actors=cooccurring_actors)
        )
    return found


def _by_articles(columns: Columns, kind: str, concerned: ChangeSet) -> list[RowFilter]:
    if kind in ("articles", "stories"):
        values = _texts(getattr(concerned, kind))
        return [RowFilter(columns, values, is_by_articles=kind == "articles")]
    if kind in _GRAINS:
        return [RowFilter(columns, frozenset(), ranges=_periods(concerned.days, _GRAINS[kind]))]
    dated = concerned.days - {UNDATED}
    if not dated:
        return []
    month = min(dated).replace(day=1)
    return [RowFilter(columns, frozenset(), since=month - timedelta(month.weekday()))]


def names_others(node: Node) -> bool:
    """Whether rows of a model name actors besides those that they are of, from their articles."""
    return bool(_meta(node).get("rows_name_others"))


def says_itself(test: Node) -> bool:
    """Whether a test says in its own `meta` which rows of what it reads a change can touch."""
    return any(_columns(test, kind) for kind in _KINDS)


def stays(node: Node, column: str | None, concerned: ChangeSet) -> bool:
    """Whether a column of a model is the same after the change."""
    alters = _meta(node).get("alters")
    if alters is None or column is None or concerned.is_loaded:
        return False
    return not (
        (concerned.actors and column in alters.get("actors", ()))
        or (concerned.articles and column in alters.get("articles", ()))
    )


def is_sound(node: Node) -> bool:
    """Whether the SQL of a model reads what its `meta` says."""
    inputs = {name for kind in _KINDS for of in _columns(node, kind).values() for name in of}
    inputs |= _meta(node).get("cooccurring_actors", {}).keys()
    return all(_relation(name).search(node["sql"]) for name in inputs)


class InputFilter:
    """SQL that reads only the rows of its inputs that a pass wants.

    What a view gives for articles or for a few actors is kept in a temporary table for the models
    and tests that want the same of it: of a million articles' mentions those of a thousand take a
    second each time.
    """

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self.con = con
        self._views = {
            f'"{schema_name}"."{name}"'
            for schema_name, name in con.execute(
                "select schema_name, view_name from duckdb_views() where not internal"
            ).fetchall()
        }
        self._kept: dict[tuple[str, str], str] = {}

    def narrowed(self, sql: str, name: str, condition: str, *, is_kept: bool) -> str:
        """The SQL with this relation, wherever it is read, held to a condition."""
        return _relation(name).sub(lambda m: self._rows(m[0], condition, is_kept=is_kept), sql)

    def _rows(self, relation: str, condition: str, *, is_kept: bool) -> str:
        if not is_kept or relation not in self._views:
            return f"(select * from {relation} where {condition})"
        if (relation, condition) not in self._kept:
            table = f"narrowed_{len(self._kept)}"
            self.con.execute(
                f"create or replace temp table {table} as from {relation} where {condition}"
            )
            self._kept[relation, condition] = table
        return f"temp.{self._kept[relation, condition]}"


def fill(narrowing: InputFilter, node: Node, todo: Sequence[RowFilter]) -> None:
    """Delete the rows of these passes and insert what the SQL of the model gives for them."""
    con = narrowing.con
    relation = f'"{node["schema"]}"."{node["name"]}"'
    for each in todo:
        if names_others(node) and each.is_by_actors:
            each = replace(each, values=each.cooccurring_actors or _all_there(con, relation, each))
        _fill(narrowing, node, relation, each)
    by_others = _meta(node).get("follows", {})
    if any(each.is_by_actors for each in todo):  # periods are made anew with all actors in them
        by_others = by_others | _meta(node).get("among_all", {})
    for column, expression in by_others.items():
        # Not by filling all anew: 0.25 s of processor time for three series against 1.9 s.
        con.execute(
            f"update {relation} as filled set {column} = found.value from ("
            f"select rowid as id, {expression} as value from {relation} as filled) as found "
            f"where filled.rowid = found.id and filled.{column} is distinct from found.value"
        )


def test_sql(narrowing: InputFilter, test: Node, tested: Node, todo: Sequence[RowFilter]) -> str:
    """A test of a model, over the rows of these passes only."""
    if not todo:
        return f"select * from (\n{test['sql']}\n) as failing limit 0"
    condition = " or ".join(each.condition(each.columns) for each in todo)
    is_kept = all(each.is_kept for each in todo)
    return narrowing.narrowed(test["sql"], tested["name"], condition, is_kept=is_kept)


def own_test_sql(narrowing: InputFilter, test: Node, todo: Sequence[RowFilter]) -> str:
    """A test that says itself what it reads, over the rows of these passes only."""
    each = [
        _with_inputs(narrowing, test["sql"], one, inputs)
        for one in todo
        for inputs in one.columns.values()
    ]
    return "\nunion all\n".join(f"select * from (\n{sql}\n)" for sql in each) or (
        f"select * from (\n{test['sql']}\n) as failing limit 0"
    )


def _fill(narrowing: InputFilter, node: Node, relation: str, todo: RowFilter) -> None:
    con = narrowing.con
    con.execute(f"delete from {relation} where {todo.condition(todo.columns)}")
    filled: list[str] = []
    whole = node["sql"]
    if todo.cooccurring_actors is not None:
        with_cooccurring = replace(todo, values=todo.cooccurring_actors)
        whole = _with_inputs(
            narrowing, whole, with_cooccurring, _meta(node).get("cooccurring_actors", {})
        )
    for column, inputs in todo.columns.items():
        sql = _with_inputs(narrowing, whole, todo, inputs)
        others = f" and ({todo.condition(filled)}) is not true" if filled else ""
        con.execute(
            f"insert into {relation} select * from (\n{sql}\n) as rows_concerned "
            f"where {todo.condition([column])}{others}"
        )
        filled.append(column)


def _with_inputs(
    narrowing: InputFilter, sql: str, todo: RowFilter, inputs: Mapping[str, Any]
) -> str:
    for name, wanted in inputs.items():
        condition = todo.input_condition(wanted)
        sql = narrowing.narrowed(sql, name, condition, is_kept=todo.is_kept)
    return sql


def _all_there(con: duckdb.DuckDBPyConnection, relation: str, todo: RowFilter) -> frozenset[str]:
    """The actors of a pass, and all that have rows."""
    there = {
        i
        for column in todo.columns
        for (i,) in con.execute(f"select distinct {column} from {relation}").fetchall()
    }
    return todo.values | _texts(there)


def _meta(node: Node) -> dict[str, Any]:
    found: dict[str, Any] = node["config"]["meta"]
    return found


def _columns(node: Node, kind: str) -> Columns:
    """By column of a model that holds a kind of value, the column of the same in each input."""
    found: Columns = _meta(node).get(kind, {})
    return found


def _relation(name: str) -> re.Pattern[str]:
    """A relation as dbt writes it: "schema"."name" (see sql/macros/relations.sql)."""
    return re.compile(rf'"\w+"\."{re.escape(name)}"')


def _texts(values: Collection[str]) -> frozenset[str]:
    return frozenset("'" + value.replace("'", "''") + "'" for value in values)


def _periods(days: Collection[date], grain: str) -> tuple[tuple[date, date], ...]:
    """The periods of these days, those beside each other as one."""
    found: list[tuple[date, date]] = []
    for first in sorted({_first_of(day, grain) for day in days}):
        after = first + timedelta({"day": 1, "week": 7, "month": 31}[grain])
        after = after.replace(day=1) if grain == "month" else after
        if found and found[-1][1] == first and found[-1][0] != UNDATED:
            found[-1] = (found[-1][0], after)
        else:
            found.append((first, after))
    return tuple(found)


def _first_of(day: date, grain: str) -> date:
    if grain == "month":
        return day.replace(day=1)
    return day - timedelta(day.weekday()) if grain == "week" and day != UNDATED else day


def _literal(day: date) -> str:
    return f"date '{day.isoformat()}'"
