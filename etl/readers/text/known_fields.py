"""The known values of an article while it is read, and which value takes precedence.

Belongs here: taking over a byline, a date and an outlet from a text. Does not belong here: where in
a text they stand (`readers.text.plain_text`), values of a format (`readers.source_metadata`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from etl.readers.dates import WrittenDate
from etl.readers.text.byline import Byline


@dataclass
class KnownFields:
    """The known values of an article; values from its format take precedence over its text.

    `is_complete`: the format has a place for each value. A headline or day that it lacks is
    unknown, and not searched for in the first line of the text or the name of the file.
    """

    headline: str | None = None
    headline_method: str | None = None
    on: date | None = None
    at: datetime | None = None
    date_method: str | None = None
    authors: tuple[str, ...] = ()
    authors_method: str | None = None
    outlet: str | None = None
    outlet_method: str | None = None
    url: str | None = None
    language: str | None = None
    dateline: str | None = None
    bylines: int = 0
    is_complete: bool = False

    def take(self, parts: Iterable[WrittenDate | Byline]) -> None:
        for part in parts:
            if isinstance(part, Byline):
                self.take_byline(part)
            else:
                self.take_date(part)

    def take_byline(self, byline: Byline) -> None:
        """Add a byline: later ones ("Authored by … via …") add authors; the first outlet wins."""
        self.bylines += bool(byline.authors)
        if self.authors_method in (None, "byline"):
            self.authors = tuple(dict.fromkeys((*self.authors, *byline.authors)))
            self.authors_method = "byline" if self.authors else None
        self.take_outlet(byline.outlet, "byline")
        if byline.written:
            self.take_date(byline.written)

    def take_outlet(self, outlet: str | None, method: str) -> None:
        if outlet and self.outlet is None:
            self.outlet, self.outlet_method = outlet, method

    def take_date(self, written: WrittenDate) -> None:
        if written.on is None:
            return
        is_better = self.date_method == "update_line" and not written.is_update
        if self.on is None or is_better:
            self.on = written.on
            self.date_method = "update_line" if written.is_update else "date_line"
        # A time counts only together with its own day; time zones may put them a day apart.
        if self.at is None and written.at and not written.is_update:
            self.at = written.at if abs((written.on - self.on).days) <= 1 else None
