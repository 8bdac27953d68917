"""Outlet and date from the names of folders and files ("The Merrow Times/2024-03-05-harbour.txt").

A pattern of `fields.yaml` says which part of a path is the outlet and which the day. Without one
nothing is taken from folders: a folder may be named after a person, a search or a download.

Belongs here: such patterns and what they find. Does not belong here: the file they stand in
(`readers.field_mapping`), a day in a file's name that nobody has described (`readers.dates`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

from etl.domain import Article

FOLDER, FILE_NAME = "folder", "file_name"

_PLACEHOLDERS = {
    "outlet": r"(?P<outlet>.+)",
    "date": r"(?P<date>\d{4}[-_.]?\d{2}[-_.]?\d{2})",
    "year": r"(?P<year>\d{4})",
    "month": r"(?P<month>\d{1,2})",
    "day": r"(?P<day>\d{1,2})",
}
_TOKEN = re.compile(r"\{(\w*)\}|(\*+)|([^{*]+|\{)")
_DAY = "{date}, or {year}, {month} and {day}"
_MAX_NAME = 1000
_MAX_WILDCARDS = 2
"""Parts of one name that may have any length (`*`, `{outlet}`). With two, a match takes time that
grows with the square of the name's length (a millisecond); with five, it did not end."""


class PatternError(ValueError):
    """A pattern of paths is invalid; the message says why."""


@dataclass(frozen=True, slots=True)
class PathValues:
    """What a path says, each value with where it stands: in a folder's name or in the file's."""

    outlet: str | None = None
    outlet_method: str | None = None
    on: date | None = None
    date_method: str | None = None


@lru_cache(maxsize=256)
def compiled(pattern: str) -> tuple[re.Pattern[str], ...]:
    """Return an expression for each name of a pattern such as "{outlet}/{date}*.txt".

    `*` stands for any characters of one name. Raises PatternError.
    """
    names: list[str] = []
    expressions = tuple(_expression(name, names) for name in pattern.split("/"))
    if twice := [name for name in names if names.count(name) > 1]:
        raise PatternError(f"{{{twice[0]}}} appears twice")
    if not names:
        raise PatternError(f"{pattern!r} names neither {{outlet}} nor {{date}}")
    if (of_day := {*names} - {"outlet"}) not in (set(), {"date"}, {"year", "month", "day"}):
        raise PatternError(f"{', '.join(sorted(of_day))}: a day needs {_DAY}")
    return expressions


def _expression(text: str, names: list[str]) -> re.Pattern[str]:
    """Return the expression of one name of a pattern, and add its placeholders to `names`."""
    parts, wildcards = [], 0
    for token in _TOKEN.finditer(text):
        placeholder, stars, literal = token.groups()
        if placeholder is not None:
            if placeholder not in _PLACEHOLDERS:
                known = ", ".join(f"{{{name}}}" for name in _PLACEHOLDERS)
                raise PatternError(f"unknown {{{placeholder}}}; known: {known}")
            names.append(placeholder)
            parts.append(_PLACEHOLDERS[placeholder])
        else:
            parts.append(".*" if stars else re.escape(literal))
        wildcards += bool(stars) or placeholder == "outlet"
    if wildcards > _MAX_WILDCARDS:
        raise PatternError(
            f"more than {_MAX_WILDCARDS} of `*` and {{outlet}} in one name, {text!r}"
        )
    return re.compile("".join(parts), re.DOTALL)


def values_of(path: str, pattern: str) -> PathValues | None:
    """Return what a pattern finds at the end of a path, None if the path does not fit.

    Members of an archive count as files in a folder. A day that does not exist is not found.
    """
    expressions = compiled(pattern)
    names = path.replace("!/", "/").split("/")[-len(expressions) :]
    if len(names) < len(expressions) or any(len(name) > _MAX_NAME for name in names):
        return None
    found: dict[str, tuple[str, str]] = {}
    for at, (name, expression) in enumerate(zip(names, expressions, strict=True), 1):
        if (match := expression.fullmatch(name)) is None:
            return None
        method = FILE_NAME if at == len(names) else FOLDER
        found |= {group: (value, method) for group, value in match.groupdict().items()}
    outlet, outlet_method = found.get("outlet", ("", ""))
    written, date_method = found.get("date") or found.get("day") or ("", "")
    digits = re.sub(r"\D", "", written)
    day = [digits[:4], digits[4:6], digits[6:]] if "date" in found else [
        found.get(name, ("",))[0] for name in ("year", "month", "day")
    ]  # fmt: skip
    on = None
    if all(day):
        with suppress(ValueError):
            on = date(*map(int, day))
    return PathValues(
        outlet.strip() or None,
        outlet_method if outlet.strip() else None,
        on,
        date_method if on else None,
    )


def with_path_values(article: Article, path: str, patterns: Iterable[str]) -> Article:
    """Return the article with outlet and day from its path, where the file itself states none.

    The first pattern that fits counts. It takes precedence over the address of a page.
    """
    found = next((v for pattern in patterns if (v := values_of(path, pattern))), None)
    if found is None:
        return article
    if found.outlet and article.outlet_method in (None, "address"):
        article = replace(article, outlet=found.outlet, outlet_method=found.outlet_method)
    if found.on and article.date_method in (None, "address"):
        article = replace(article, published_on=found.on, date_method=found.date_method)
    return article
