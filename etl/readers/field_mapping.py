"""Field mappings: which fields of a record, or parts of a path, hold what.

Belongs here: reading `fields.yaml` (docs/formats.md) and `shapes.yaml`, which has the same format.
Does not belong here: applying mappings to a record (`readers.records.fields`) or path
(`readers.path_values`).
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
from etl.readers.path_values import PatternError, compiled

TEXTS = ("headline", "body", "outlet", "authors", "date", "url", "language")
"""Article values that a mapping can set. Each names a field or a list of fields, of which the first
with a value counts; "a.b" is field b of the object in field a."""


class MappingError(NewsactorsError):
    """`fields.yaml` cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class FieldMapping:
    """A mapping for one shape of record. Without `match` and `needs` it applies to every record."""

    name: str = "fields.yaml"
    match: str | None = None
    """Pattern of the source paths it applies to ("feeds/*.jsonl")."""
    path: str | None = None
    """Where a path names outlet and day ("{outlet}/{date}*", see `readers.path_values`). For files
    of all formats; an entry with it describes no records."""
    needs: tuple[str, ...] = ()
    """Fields that a record must have."""
    records: tuple[str, ...] = ()
    """Paths to the list of records in a JSON document."""
    columns: tuple[str, ...] = ()
    """Column names for a CSV file without a header."""
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
    """Outlet of records that name none."""
    language_is: str | None = None
    kind: str | None = None
    """"references" for bibliographic ones: authors are "Marsk, Ellen; Falk, Jonas", and a day in
    the file's name is that of the export."""

    @property
    def is_of_references(self) -> bool:
        return self.kind == "references"

    def is_for(self, path: str) -> bool:
        return self.match is None or fnmatchcase(path.split("!/")[0], self.match)


def load_mappings(path: Path) -> tuple[FieldMapping, ...]:
    """Return the mappings in a file, empty if it does not exist. Raises MappingError."""
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
    """Return the known shapes, in the order in which they are tried."""
    return _mappings(yaml.safe_load((Path(__file__).parent / "shapes.yaml").read_text("utf-8")))


def _mappings(found: object) -> tuple[FieldMapping, ...]:
    if found is None:
        return ()
    if not isinstance(found, list):
        raise MappingError("expected a list of mappings")
    return tuple(_mapping(entry, number) for number, entry in enumerate(found, 1))


def _mapping(entry: object, number: int) -> FieldMapping:
    if not isinstance(entry, Values):
        raise MappingError(f"mapping {number}: expected names and fields")
    kinds = {field.name: field.type for field in fields(FieldMapping)}
    if unknown := sorted(str(name) for name in entry if name not in kinds):
        raise MappingError(
            f"mapping {number}: unknown {', '.join(unknown)}; known: {', '.join(kinds)}"
        )
    values: dict[str, Any] = {}
    for name, value in entry.items():
        texts = value if isinstance(value, list) else [value]
        if not all(isinstance(text, str) for text in texts):
            raise MappingError(f"mapping {number}: {name} must be a string or a list of strings")
        is_list = kinds[name] == "tuple[str, ...]"
        if not is_list and len(texts) != 1:
            raise MappingError(f"mapping {number}: {name} must be a single string")
        values[name] = tuple(texts) if is_list else texts[0]
    if values.get("kind") not in (None, "references"):
        raise MappingError(f"mapping {number}: kind must be references, or absent")
    if "path" in values:
        if others := sorted(values.keys() - {"path", "match", "name"}):
            raise MappingError(
                f"mapping {number}: an entry with path takes no {others[0]}: write two entries"
            )
        try:
            compiled(values["path"])
        except PatternError as error:
            raise MappingError(f"mapping {number}: path: {error}") from None
    return FieldMapping(**values)
