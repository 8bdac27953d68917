"""Which fields of a record hold what: the shapes that are known, and those a user describes.

Belongs here: reading `fields.yaml` (docs/formats.md) and `shapes.yaml`, which has the same form.
Does not belong here: applying them to a record (`fields`).
"""

from __future__ import annotations

from collections.abc import Mapping as Values
from dataclasses import dataclass, fields
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from etl.errors import NewsactorsError

TEXTS = ("headline", "body", "outlet", "authors", "date", "url", "language")
"""What can be told of an article. A value in a mapping is a field or a list of them, the first
that holds something counts; "a.b" is field b of the object in field a."""


class MappingError(NewsactorsError):
    """`fields.yaml` cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class FieldMapping:
    """One shape of record. Without `match` and `needs` it is tried on every record."""

    name: str = "fields.yaml"
    match: str | None = None
    """Pattern of the source paths that it is for ("feeds/*.jsonl")."""
    needs: tuple[str, ...] = ()
    """Fields that a record must have."""
    records: tuple[str, ...] = ()
    """Where in a JSON document the list of records stands."""
    columns: tuple[str, ...] = ()
    """Names of the columns of a CSV file that has no header."""
    headline: tuple[str, ...] = ()
    body: tuple[str, ...] = ()
    outlet: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    date: tuple[str, ...] = ()
    url: tuple[str, ...] = ()
    language: tuple[str, ...] = ()
    date_format: str | None = None
    """`strptime` pattern of the date."""
    outlet_is: str | None = None
    """The outlet of all records that name none."""
    language_is: str | None = None

    def is_for(self, path: str) -> bool:
        return self.match is None or fnmatchcase(path.split("!/")[0], self.match)


def load_mappings(path: Path) -> tuple[FieldMapping, ...]:
    """The mappings in a file, none where it does not exist. Raises MappingError."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ()
    except (OSError, UnicodeDecodeError) as error:
        raise MappingError(f"{path} cannot be read: {error}") from None
    try:
        return _mappings(yaml.safe_load(text))
    except (yaml.YAMLError, MappingError) as error:
        raise MappingError(f"{path}: {error}; see docs/formats.md") from None


@cache
def shapes() -> tuple[FieldMapping, ...]:
    """The shapes that are known, in the order in which they are tried."""
    return _mappings(yaml.safe_load((Path(__file__).parent / "shapes.yaml").read_text("utf-8")))


def _mappings(found: object) -> tuple[FieldMapping, ...]:
    if found is None:
        return ()
    if not isinstance(found, list):
        raise MappingError("a list of mappings is expected")
    return tuple(_mapping(entry, number) for number, entry in enumerate(found, 1))


def _mapping(entry: object, number: int) -> FieldMapping:
    if not isinstance(entry, Values):
        raise MappingError(f"mapping {number}: names and fields are expected")
    kinds = {field.name: field.type for field in fields(FieldMapping)}
    if unknown := sorted(str(name) for name in entry if name not in kinds):
        raise MappingError(f"mapping {number}: unknown {', '.join(unknown)}; known: "
                           f"{', '.join(kinds)}")  # fmt: skip
    values: dict[str, Any] = {}
    for name, value in entry.items():
        texts = value if isinstance(value, list) else [value]
        if not all(isinstance(text, str) for text in texts):
            raise MappingError(f"mapping {number}: {name} must be text or a list of texts")
        is_list = kinds[name] == "tuple[str, ...]"
        if not is_list and len(texts) != 1:
            raise MappingError(f"mapping {number}: {name} must be one text")
        values[name] = tuple(texts) if is_list else texts[0]
    return FieldMapping(**values)
