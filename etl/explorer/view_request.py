"""What an address asks for: the parameters of a view, checked, and a connection to answer from.

Does not belong here: addresses themselves (`server`), SQL (`views`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar

import duckdb

from etl.errors import NewsactorsError
from etl.explorer.quote_index import QuoteIndex
from etl.query import names, published
from etl.query.published import Row
from etl.settings import Settings

T = TypeVar("T")

MOST_EXPORTED = 100_000
"""Rows of a table that are exported; whoever wants more has `newsactors export` and SQL."""


class RequestError(NewsactorsError):
    """A parameter that cannot be used; the message says which and what is possible."""


class NotFoundError(NewsactorsError):
    """What is asked for is not in the published file.

    `candidates` are actors that may be meant by `name`.
    """

    def __init__(self, message: str, candidates: Sequence[Row] = (), name: str = "") -> None:
        super().__init__(message)
        self.candidates = candidates
        self.name = name


@dataclass(frozen=True)
class ViewRequest:
    """One question of one visitor."""

    con: duckdb.DuckDBPyConnection
    settings: Settings
    parameters: Mapping[str, Sequence[str]]
    memory: dict[object, Any] = field(default_factory=dict)
    """What was found out about this snapshot before."""
    index: QuoteIndex | None = None
    """Full text of quotes; None where it is not ready."""
    is_export: bool = False
    """Whether a table is wanted whole, rather than a page to read."""

    def all(self, name: str) -> list[str]:
        """Every value of a parameter, without empty ones."""
        return [value for value in self.parameters.get(name, ()) if value.strip()]

    def text(self, name: str, default: str = "") -> str:
        """The value of a parameter."""
        return next(iter(self.all(name)), default).strip()

    def one_of(self, name: str, allowed: Sequence[str]) -> str:
        """The value of a parameter out of a list, the first where it is not given.

        Raises RequestError for another.
        """
        value = self.text(name, allowed[0])
        if value not in allowed:
            raise RequestError(f"{name} is one of {', '.join(allowed)}, not {value!r}")
        return value

    def day(self, name: str) -> date | None:
        """The value of a parameter as a day; None where it is not given.

        Raises RequestError where it is no day.
        """
        value = self.text(name)
        try:
            return date.fromisoformat(value) if value else None
        except ValueError:
            raise RequestError(f"{name} is a day such as 2025-06-05, not {value!r}") from None

    def days(self) -> tuple[date | None, date | None]:
        """`from` and `to`. Raises RequestError where they are no days or the wrong way round."""
        since, until = self.day("from"), self.day("to")
        if since and until and since > until:
            raise RequestError(f"from {since} is after to {until}")
        return since, until

    def page(self) -> int:
        """The page of a long table, from 1. Raises RequestError where it is no such number."""
        value = self.text("page", "1")
        if not value.isdecimal() or not 1 <= int(value) <= 1_000_000:
            raise RequestError(f"page is a number from 1, not {value!r}")
        return 1 if self.is_export else int(value)

    def most(self, rows: int) -> int:
        """How many rows of a long table are wanted: so many to read, or all, up to a bound."""
        return MOST_EXPORTED if self.is_export else rows

    def actor(self, value: str) -> Row:
        """The actor that an id or a name means; NotFoundError with those that it may mean."""
        try:
            return names.resolve(self.con, value)[0]
        except names.NameNotFoundError as error:
            raise NotFoundError(str(error), error.candidates, value) from None

    def remembered(self, key: object, find: Callable[[], T]) -> T:
        """What `find` gives, found once a snapshot."""
        if key not in self.memory:
            self.memory[key] = find()
        found: T = self.memory[key]
        return found

    def rows(self, sql: str, **parameters: object) -> list[Row]:
        """The rows of a query; values travel as parameters."""
        return published.rows(self.con, sql, parameters)
