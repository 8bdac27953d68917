"""Finds the records in a JSON document, at any depth.

Belongs here: which lists and objects of a document are records. Does not belong here: parsing
(`readers.records.json_records`), what the fields of a record mean (`readers.records.fields`).

An API wraps its articles: `{"articles": {"results": [...]}}`, `{"2025-04-03": [...]}`, or a list of
such answers. The paths in mappings come first. Without one that fits, every list counts whose first
objects are articles: each has a text, and a headline or an address. If there is none, lists of
links count. An object that has a headline of its own is never searched: what is inside it are its
parts, such as readers' comments.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from etl.readers.records.fields import mappings_for, own_values
from etl.readers.source import Source

_JUDGED = 20
"""Objects of a list that are looked at to judge it."""

_IsRecord: TypeAlias = Callable[[set[str]], bool]


def records_in(document: object, source: Source) -> list[object]:
    """Return the records of a document, in its order: the document itself if none are found."""
    at_known_path = _at_known_path(document, source)
    if at_known_path:
        return at_known_path
    for is_record in (_is_article, _is_link):
        if found := list(_nested(document, is_record, source)):
            return found
    if at_known_path is not None:
        return at_known_path
    return document if isinstance(document, list) else [document]


def _is_article(values: set[str]) -> bool:
    return "body" in values and bool(values & {"headline", "url"})


def _is_link(values: set[str]) -> bool:
    return {"headline", "url"} <= values


def _at_known_path(document: object, source: Source) -> list[object] | None:
    """Return the list at the first path of a mapping that leads to one, if possible not empty."""
    empty: list[object] | None = None
    for mapping in mappings_for(source):
        for path in mapping.records:
            found: Any = document
            for step in path.split("."):
                found = found.get(step) if isinstance(found, dict) else None
            if isinstance(found, list) and all(isinstance(r, dict) for r in found):
                if found:
                    return found
                empty = found
    return empty


def _nested(value: object, is_record: _IsRecord, source: Source) -> Iterator[object]:
    """Yield the records in a value, outermost first."""
    if isinstance(value, list):
        judged = [own_values(e, source) for e in value[:_JUDGED] if isinstance(e, dict)]
        if any(map(is_record, judged)):
            yield from value
        else:
            for entry in value:
                if isinstance(entry, dict | list):
                    yield from _nested(entry, is_record, source)
    elif isinstance(value, dict):
        values = own_values(value, source)
        if is_record(values):
            yield value
        elif "headline" not in values:
            for entry in value.values():
                if isinstance(entry, list | dict):
                    yield from _nested(entry, is_record, source)
