"""Request for a view: its validated parameters, and a connection to query.

Does not belong here: URLs and HTTP (`etl.explorer.server`), the SQL of pages
(`etl.explorer.views`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

import duckdb

from etl.errors import NewsactorsError
from etl.explorer.quote_index import QuoteIndex
from etl.query import names, published
from etl.query.published import Row
from etl.settings import Settings

T = TypeVar("T")

MAX_EXPORTED_ROWS = 100_000
"""Rows of one exported table; `newsactors export` and SQL have no limit."""

_TOTALS = """
select count(*) as articles, count(distinct outlet) as outlets, min(published_on) as first_day,
  max(published_on) as last_day
from article_metadata
"""


class RequestError(NewsactorsError):
    """A parameter is invalid. The message names it and the allowed values."""


class NotFoundError(NewsactorsError):
    """The published file has no such actor or article.

    `candidates` are actors that `name` may refer to.
    """

    def __init__(self, message: str, candidates: Sequence[Row] = (), name: str = "") -> None:
        super().__init__(message)
        self.candidates = candidates
        self.name = name


@dataclass(frozen=True)
class ViewRequest:
    """One request for a view."""

    con: duckdb.DuckDBPyConnection
    settings: Settings
    parameters: Mapping[str, Sequence[str]]
    cache: dict[object, Any] = field(default_factory=dict)
    """Results shared by all requests to the same snapshot."""
    quote_index: QuoteIndex | None = None
    """Full-text index of quotes; None if it is not available."""
    is_export: bool = False
    """Whether to return whole tables instead of a page to read."""
    last_visit: datetime | None = None
    """When the reader was here before this visit; None if that is unknown."""

    def values(self, name: str) -> list[str]:
        """Return all non-empty values of a parameter."""
        return [value for value in self.parameters.get(name, ()) if value.strip()]

    def text(self, name: str, default: str = "") -> str:
        """Return the first value of a parameter."""
        return next(iter(self.values(name)), default).strip()

    def one_of(self, name: str, allowed: Sequence[str]) -> str:
        """Return a parameter that has a fixed set of values; the default is the first of them.

        Raises RequestError if the value is not allowed.
        """
        value = self.text(name, allowed[0])
        if value not in allowed:
            raise RequestError(f"{name} must be one of {', '.join(allowed)}, not {value!r}")
        return value

    def day(self, name: str) -> date | None:
        """Return a parameter as a date, or None if it is missing.

        Raises RequestError if it is not a date.
        """
        value = self.text(name)
        try:
            return date.fromisoformat(value) if value else None
        except ValueError:
            raise RequestError(f"{name} must be a date such as 2025-06-05, not {value!r}") from None

    def moment(self, name: str) -> datetime | None:
        """Return a parameter as a time, or None if it is missing.

        Raises RequestError if it is not a time.
        """
        value = self.text(name)
        try:
            return datetime.fromisoformat(value) if value else None
        except ValueError:
            raise RequestError(
                f"{name} must be a time such as 2025-06-05T09:30+00:00, not {value!r}"
            ) from None

    def date_range(self) -> tuple[date | None, date | None]:
        """Return `from` and `to`, within the days that have articles.

        Without that, a slip in the year (1025) made a page of 35 MB. A range without any of these
        days becomes the day before or after them. Raises RequestError for an invalid date or a
        reversed range.
        """
        since, until = self.day("from"), self.day("to")
        if since and until and since > until:
            raise RequestError(f"from {since} is after to {until}")
        first, last = self.published_days() or (date.today(), date.today())
        if until and until < first:
            return since and first - timedelta(days=1), first - timedelta(days=1)
        if since and since > last:
            return last + timedelta(days=1), until and last + timedelta(days=1)
        return since and max(since, first), until and min(until, last)

    def totals(self) -> Row:
        """Return `articles`, `outlets`, and `first_day` and `last_day` with articles, if any."""
        return self.cached("totals", lambda: self.rows(_TOTALS)[0])

    def published_days(self) -> tuple[date, date] | None:
        """Return the days of the oldest and the newest article; None if no article has a date."""
        totals = self.totals()
        return (totals["first_day"], totals["last_day"]) if totals["first_day"] else None

    def page(self) -> int:
        """Return the page number of a long table, from 1. Raises RequestError if it is invalid."""
        value = self.text("page", "1")
        if not value.isdecimal() or not 1 <= int(value) <= 1_000_000:
            raise RequestError(f"page must be a number from 1, not {value!r}")
        return 1 if self.is_export else int(value)

    def row_limit(self, page_rows: int) -> int:
        """Return how many rows of a long table to fetch: one page, or all for an export."""
        return MAX_EXPORTED_ROWS if self.is_export else page_rows

    def find_actor(self, value: str) -> Row:
        """Resolve an id or a name to an actor.

        Raises NotFoundError, with candidates, if no actor or several match.
        """
        try:
            return names.resolve(self.con, value)[0]
        except names.NameNotFoundError as error:
            raise NotFoundError(str(error), error.candidates, value) from None

    def cached(self, key: object, compute: Callable[[], T]) -> T:
        """Return the result of `compute`, computed once per snapshot."""
        if key not in self.cache:
            self.cache[key] = compute()
        result: T = self.cache[key]
        return result

    def rows(self, sql: str, **parameters: object) -> list[Row]:
        """Return the rows of a query. Values are bound as parameters."""
        return published.rows(self.con, sql, parameters)
