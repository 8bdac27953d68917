"""Which rows of a model a change makes stale, as conditions in SQL.

Belongs here: what follows for one model from a change set and its promises. Does not belong here:
finding the change set (`warehouse.incremental.change_set`), replacing rows
(`warehouse.incremental.fill`).

Values stand in the SQL as a list of literals: DuckDB 1.5.5 pushes a list down into views and
through joins, but not a semi join with a table of ids (quotes_about of two actors, on 10,080
articles: 0.9 s and 2.8 s).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from etl.schema import tables
from etl.warehouse.incremental.change_set import UNDATED, ChangeSet
from etl.warehouse.incremental.compiled import CompiledNode
from etl.warehouse.incremental.promises import ACTORS, GRAINS, Columns

_TABLES_OF_LINKS = {
    table.name for table in tables.CORRECTED if table.name != tables.ARTICLE_OVERRIDES.name
}  # fmt: skip
"""The loaded tables that say which actor a text actor is. They leave articles as they are."""
_MOST_CACHED_ACTORS = 100
"""The actors of a nightly run are more, and have a good part of all mentions: caching their rows
does not pay."""


@dataclass(frozen=True)
class RowFilter:
    """The stale rows of a model, by one kind of value.

    Either `values`, `ranges` or `since` says which values.
    """

    columns: Columns
    """The columns of the model that hold the values, with those of its inputs."""
    values: frozenset[str] = frozenset()
    """SQL literals."""
    ranges: tuple[tuple[date, date], ...] = ()
    """Days of whole periods, from the first of a pair to before the second."""
    since: date | None = None
    """The first day of all that follow."""
    is_by_actors: bool = False
    is_by_articles: bool = False
    cooccurring_actors: frozenset[str] | None = None
    """By actors: these and all that co-occur with one, as SQL literals; None if not known."""

    @property
    def is_cacheable(self) -> bool:
        """Whether the rows that a view has for it are few enough to be kept in a table."""
        return self.is_by_articles or (
            self.is_by_actors and len(self.values) <= _MOST_CACHED_ACTORS
        )

    @property
    def condition(self) -> str:
        """The SQL condition that selects the stale rows of the model."""
        return self.condition_on(self.columns)

    def condition_on(self, columns: Collection[str]) -> str:
        """The SQL condition that one of these columns holds one of the values."""
        if self.since is not None:
            return " or ".join(f"{name} >= {_literal(self.since)}" for name in columns)
        if self.ranges:
            # Ranges rather than truncated days: DuckDB prunes by ranges, and estimates from them
            # how many rows are left.
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
        """The SQL condition that a row of an input is needed.

        `wanted` is the column of the input, for `since` with how many days earlier to begin.
        """
        if self.since is not None:
            column, days_before = wanted
            first = self.since - timedelta(days_before)
            return replace(self, since=first).condition_on([column])
        return self.condition_on([wanted])


def affected_rows(
    node: CompiledNode, changes: ChangeSet, changed_tables: Collection[str]
) -> list[RowFilter] | None:
    """The stale rows of a model; an empty list if none are, None if all may be.

    `changed_tables` names the tables of schema `loaded` that have changed.
    """
    sources = node.sources & set(changed_tables)
    filters: list[RowFilter] = []
    actors = changes.actors if sources & _TABLES_OF_LINKS else frozenset()
    if changes.articles and sources - _TABLES_OF_LINKS:
        kind = node.promises.article_kind
        if node.promises.own_articles:
            actors |= changes.mentioned_actors
        elif kind is None:
            return None
        else:
            filters += _by_articles(node.promises.by(kind), kind, changes)
    if actors:
        if not node.promises.by(ACTORS):
            return None
        cooccurring = changes.cooccurring_actors
        filters.append(
            RowFilter(
                node.promises.by(ACTORS),
                text_literals(actors),
                is_by_actors=True,
                cooccurring_actors=None
                if cooccurring is None
                else text_literals(cooccurring | actors),
            )
        )
    return filters


def _by_articles(columns: Columns, kind: str, changes: ChangeSet) -> list[RowFilter]:
    if kind == "articles":
        return [RowFilter(columns, text_literals(changes.articles), is_by_articles=True)]
    if kind == "stories":
        return [RowFilter(columns, text_literals(changes.stories))]
    if kind in GRAINS:
        return [RowFilter(columns, ranges=_periods(changes.days, GRAINS[kind]))]
    dated = changes.days - {UNDATED}
    if not dated:
        return []
    month = _first_day(min(dated), "month")
    return [RowFilter(columns, since=_first_day(month, "week"))]


def is_unchanged(node: CompiledNode, column: str | None, changes: ChangeSet) -> bool:
    """Whether a column of a view keeps its values, by what the view promises in `alters`."""
    alters = node.promises.alters
    if alters is None or column is None or changes.has_loaded_articles:
        return False
    return not (
        (changes.actors and column in alters.get(ACTORS, ()))
        or (changes.articles and column in alters.get("articles", ()))
    )


def text_literals(values: Collection[str]) -> frozenset[str]:
    """Texts as SQL literals."""
    return frozenset("'" + value.replace("'", "''") + "'" for value in values)


def _periods(days: Collection[date], grain: str) -> tuple[tuple[date, date], ...]:
    """The periods that hold these days, adjacent ones merged."""
    found: list[tuple[date, date]] = []
    for first in sorted({_first_day(day, grain) for day in days}):
        after = first + timedelta({"day": 1, "week": 7, "month": 31}[grain])
        after = after.replace(day=1) if grain == "month" else after
        if found and found[-1][1] == first and found[-1][0] != UNDATED:
            found[-1] = (found[-1][0], after)
        else:
            found.append((first, after))
    return tuple(found)


def _first_day(day: date, grain: str) -> date:
    """The first day of the period that holds a day."""
    if grain == "month":
        return day.replace(day=1)
    return day - timedelta(day.weekday()) if grain == "week" and day != UNDATED else day


def _literal(day: date) -> str:
    return f"date '{day.isoformat()}'"
