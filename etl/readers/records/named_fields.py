"""The fields of a record, found however their names are spelled.

Belongs here: which spellings of a name are the same. Does not belong here: what a name means
(`shapes.yaml`), what the fields hold (`readers.records.fields`).

People name columns: "Full text", "full_text", "FullText" and "Título" are known names in another
spelling. A name exactly as asked for comes first.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from collections.abc import Mapping as Values
from functools import lru_cache
from typing import Any


@lru_cache(maxsize=8192)
def letters_of_name(name: str) -> str:
    """Return the letters and digits of a name, without case, accents and marks between words."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKD", name[:200]).casefold()))


class NamedFields(dict[Any, Any]):
    """A record that also has its fields under other spellings, the same ones by `fold`."""

    def __init__(
        self, record: Values[Any, object], fold: Callable[[str], str] = letters_of_name
    ) -> None:
        super().__init__(record)
        self._fold = fold
        self._spelled: dict[str, Any] = {}
        for name in record:
            if isinstance(name, str):
                self._spelled.setdefault(fold(name), name)

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name) or (
            isinstance(name, str) and self._fold(name) in self._spelled
        )

    def __missing__(self, name: Any) -> Any:
        if isinstance(name, str) and (fold := self._fold(name)) in self._spelled:
            return self[self._spelled[fold]]
        raise KeyError(name)
