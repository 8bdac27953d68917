"""How much of what arrives lacks a day, an outlet or a speaker, compared with the month before.

Belongs here: the rates by day of arrival in the published file, and when a rate is unusual.
Does not belong here: how a warning is shown (`etl.orchestration.checks`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from etl.query.published import open_published
from etl.settings import Settings

UNDATED, UNKNOWN_OUTLETS, UNKNOWN_SPEAKERS = "undated", "unknown_outlets", "unknown_speakers"

_DAYS = 30
_FEWEST = 20
"""A day with fewer articles (or quotes) says little: at 20, one article is 5 points."""
_FEWEST_DAYS = 5
_MARGIN = 0.05
"""Smaller differences from the month's share are no news, however many articles there are."""

_BY_DAY = """
with stamped as (
  select article_id, published_on, outlet, (ingested_at at time zone 'UTC')::date as day
  from main.article_metadata
), arrived as (
  from stamped where day >= (select max(day) from stamped) - $1::integer
), spoken as (
  select day, count(*) as quotes, count(*) filter (quotes_of.speaker_entity_id is null) as unknown
  from arrived join main.quote_attributions as quotes_of using (article_id) group by day
)
select day, count(*), count(*) filter (published_on is null),
  count(*) filter (arrived.outlet is null), coalesce(max(quotes), 0), coalesce(max(unknown), 0)
from arrived left join spoken using (day) group by day order by day
"""


@dataclass(frozen=True, slots=True)
class DayRate:
    """How many of the items that arrived on a day lack something."""

    day: date
    total: int
    lacking: int

    @property
    def share(self) -> float:
        return self.lacking / self.total


@dataclass(frozen=True, slots=True)
class Comparison:
    """The last day of arrivals beside the days before it that have enough items to compare."""

    last: DayRate | None
    before: Sequence[DayRate]

    @property
    def is_compared(self) -> bool:
        return (
            self.last is not None
            and self.last.total >= _FEWEST
            and len(self.before) >= _FEWEST_DAYS
        )

    @property
    def usual(self) -> tuple[float, float]:
        """The lowest and the highest share of the days before."""
        shares = [day.share for day in self.before]
        return min(shares), max(shares)

    @property
    def is_unusual(self) -> bool:
        """Whether the last day lies outside all days before, by more than chance explains.

        Chance: three standard deviations of a share of that many items, and at least five points
        from the month's share. The range of the days alone would warn in 2 of 31 ordinary nights.
        """
        if not self.is_compared or self.last is None:
            return False
        low, high = self.usual
        mean = sum(d.lacking for d in self.before) / sum(d.total for d in self.before)
        chance = 3 * math.sqrt(mean * (1 - mean) / self.last.total)
        is_outside = not low <= self.last.share <= high
        return is_outside and abs(self.last.share - mean) > max(chance, _MARGIN)

    def describe(self, what: str) -> str:
        """Return the last share beside those before it, in a sentence."""
        if self.last is None:
            return "not compared: nothing has arrived"
        here = f"{self.last.share:.0%} {what} among the {self.last.total:,} of {self.last.day}"
        if not self.is_compared:
            needed = f"{_FEWEST} of them, and {_FEWEST_DAYS} earlier days with as many"
            return f"{here}; not compared, which takes {needed}"
        low, high = self.usual
        return f"{here}; {low:.0%} to {high:.0%} on {len(self.before)} days of the month before"


def compare_arrivals(settings: Settings) -> dict[str, Comparison]:
    """Compare the last day of arrivals with the month before it, for each of the three rates."""
    rows: list[tuple[date, int, int, int, int, int]] = []
    if settings.published.exists():
        with open_published(settings) as con:
            rows = con.execute(_BY_DAY, [_DAYS]).fetchall()
    return {
        UNDATED: _comparison([DayRate(day, n, undated) for day, n, undated, *_ in rows]),
        UNKNOWN_OUTLETS: _comparison([DayRate(day, n, no) for day, n, _, no, *_ in rows]),
        UNKNOWN_SPEAKERS: _comparison([DayRate(day, q, no) for day, *_, q, no in rows if q]),
    }


def _comparison(days: Sequence[DayRate]) -> Comparison:
    if not days:
        return Comparison(None, ())
    return Comparison(days[-1], [day for day in days[:-1] if day.total >= _FEWEST])
