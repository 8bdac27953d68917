"""CSL JSON: references of Zotero and of citation tools, as records of plain fields.

Belongs here: its objects for people and dates. Does not belong here: the meaning of plain fields
(`shapes.yaml`), finding records in a file (`readers.records.json_records`).
"""

from __future__ import annotations

from collections.abc import Mapping as Values
from typing import Any

_MAX_PEOPLE = 50


def flattened(record: Values[Any, object]) -> Values[Any, object]:
    """Return a reference with its names and its day as texts; any other record unchanged."""
    issued = record.get("issued")
    if not isinstance(issued, Values) or not ("container-title" in record or "type" in record):
        return record
    people = record.get("author")
    names = [_name(p) for p in people[:_MAX_PEOPLE]] if isinstance(people, list) else []
    return {**record, "author": [name for name in names if name], "issued": _day(issued)}


def _name(person: object) -> str:
    if not isinstance(person, Values):
        return person if isinstance(person, str) else ""
    given, family, literal = (_text(person, key) for key in ("given", "family", "literal"))
    particle = _text(person, "non-dropping-particle")
    return literal or " ".join(part for part in (given, particle, family) if part)


def _day(issued: Values[Any, object]) -> str:
    """Return year, month and day; empty if one of them is missing."""
    match issued.get("date-parts"):
        case [[year, month, day]]:
            numbers = [str(part) for part in (year, month, day)]
            if all(n.isascii() and n.isdigit() and len(n) <= 4 for n in numbers):
                return f"{numbers[0]:0>4}-{numbers[1]:0>2}-{numbers[2]:0>2}"
    return _text(issued, "raw") or _text(issued, "literal")


def _text(record: Values[Any, object], key: str) -> str:
    value = record.get(key)
    return value.strip() if isinstance(value, str) else ""
