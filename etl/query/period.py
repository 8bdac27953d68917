"""The period of a query: publication days and an outlet.

Belongs here: what narrows a query to some articles.
Does not belong here: what is counted in a period (`etl.query.timelines`, `etl.query.quotes`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import duckdb

from etl.query.published import ReadError, Row, rows

IN_PERIOD = """
where ($from_day::date is null or published_on >= $from_day::date)
    and ($to_day::date is null or published_on <= $to_day::date)
    and ($outlet::varchar is null or lower(outlet) = lower($outlet::varchar))
"""
"""Condition on `published_on` and `outlet`, with the parameters of a Period."""


class OutletNotFoundError(ReadError):
    """No article is from this outlet; the message lists the most similar outlets."""


@dataclass(frozen=True)
class Period:
    """Which articles count: the days are inclusive, and None means no limit.

    Undated articles count only if neither day is set.
    """

    from_day: date | None = None
    to_day: date | None = None
    outlet: str | None = None

    @property
    def parameters(self) -> Row:
        """Values for the parameters of IN_PERIOD."""
        return {"from_day": self.from_day, "to_day": self.to_day, "outlet": self.outlet}


def known_outlet(connection: duckdb.DuckDBPyConnection, name: str | None) -> str | None:
    """Return the outlet as the warehouse spells it, whatever the case of `name`; None for None.

    Raises OutletNotFoundError, which lists similar outlets, if there is no such outlet.
    """
    if name is None:
        return None
    found = rows(
        connection,
        "select outlet from article_metadata where outlet is not null group by outlet order by"
        " lower(outlet) = lower($name) desc,"
        " jaro_winkler_similarity(lower(outlet), lower($name)) desc, outlet limit 8",
        {"name": name},
    )
    if found and found[0]["outlet"].lower() == name.lower():
        return str(found[0]["outlet"])
    nearest = ", ".join(repr(row["outlet"]) for row in found)
    raise OutletNotFoundError(
        f"no outlet {name!r}; " + (f"nearest: {nearest}" if found else "none is known")
    )
