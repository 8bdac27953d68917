"""Options and parameter types for several commands."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import click


class Day(click.ParamType[date]):
    """A day (YYYY-MM-DD), or a month (YYYY-MM): its first day, or its last day if `end`."""

    name = "day"

    def __init__(self, *, end: bool = False) -> None:
        self.end = end

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        if isinstance(value, date):
            return value
        digits = str(value).split("-")
        try:
            if [len(part) for part in digits] not in ([4, 2, 2], [4, 2]):
                raise ValueError
            if not all(part.isascii() and part.isdigit() for part in digits):
                raise ValueError
            year, month, *days = map(int, digits)
            last = calendar.monthrange(year, month)[1] if self.end else 1
            return date(year, month, days[0] if days else last)
        except ValueError:
            self.fail(f"{value!r} is not a date; write YYYY-MM-DD or YYYY-MM", param, ctx)


class Age(click.ParamType[timedelta]):
    """A duration: 26h, 90m, 3d."""

    name = "age"
    _UNITS = {"m": "minutes", "h": "hours", "d": "days"}  # noqa: RUF012 - never changed

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        if isinstance(value, timedelta):
            return value
        if not (match := re.fullmatch(r"(\d{1,6})([mhd])", str(value))):
            self.fail(f"{value!r} is not a duration; write 26h, 90m or 3d", param, ctx)
        return timedelta(**{self._UNITS[match[2]]: int(match[1])})


verbose_option = click.option("-v", "--verbose", is_flag=True, help="Show Dagster's log.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON only.")
from_option = click.option("--from", "from_day", type=Day(), help="First day or month.")
to_option = click.option("--to", "to_day", type=Day(end=True), help="Last day or month.")
outlet_option = click.option("--outlet", help="Only articles from this outlet; case is ignored.")
excel_option = click.option(
    "--excel-safe", is_flag=True, help="CSV: put ' before text that starts like a formula (=+-@)."
)


def limit_option(default: int) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return the option `--limit`, at least 1."""
    return click.option(
        "--limit",
        default=default,
        show_default=True,
        type=click.IntRange(1),
        help="Maximum number of rows.",
    )
