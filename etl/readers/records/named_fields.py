"""The fields of a record, found however their names are spelled.

Belongs here: which spellings of a name are the same. Does not belong here: what a name means
(`shapes.yaml`), what the fields hold (`readers.records.fields`).

People name columns: "Full text", "full_text", "FullText" and "Título" are known names in another
spelling. A name exactly as asked for comes first.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping as Values
from functools import cache, lru_cache
from typing import Any

from etl.readers.field_mapping import TEXTS, shapes

Record = Values[Any, object]
_Aliases = tuple[tuple[str, str], ...]

_MAX_NAMES, _MAX_LETTERS = 300, 4000
"""Records with more aren't remembered: their names may be as long as the record."""


@lru_cache(maxsize=1024)
def letters_of_name(name: str) -> str:
    """Return the letters and digits of a name, without case, accents and marks between words."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKD", name[:200]).casefold()))


def spelled(record: Record) -> tuple[Record, Record]:
    """Return the record with its names in lower case too, and with all names that they spell.

    The records of a file have the same names, so what they spell is remembered: looked up for each
    record, it took 0.2 ms of the 0.4 ms in which a row of a table is read.
    """
    names = tuple(name for name in record if isinstance(name, str))
    is_small = len(names) <= _MAX_NAMES and sum(map(len, names)) <= _MAX_LETTERS
    lower, known = (_aliases if is_small else _aliases.__wrapped__)(names)
    lowered = {**record, **{alias: record[name] for alias, name in lower}} if lower else record
    if not known:
        return lowered, lowered
    return lowered, {**lowered, **{alias: record[name] for alias, name in known}}


@lru_cache(maxsize=256)
def _aliases(names: tuple[str, ...]) -> tuple[_Aliases, _Aliases]:
    """Return names in lower case, and known names in another spelling, with the name in a record.

    Of two names of one spelling the first counts.
    """
    present = set(names)
    lower = {name.lower(): name for name in reversed(names)}
    letters = {letters_of_name(name): name for name in reversed(names)}
    known = {
        name: letters[spelling]
        for name, spelling in _known_names().items()
        if name not in present and name not in lower and spelling in letters
    }
    return tuple((k, v) for k, v in lower.items() if k not in present), tuple(known.items())


@cache
def _known_names() -> dict[str, str]:
    """Return the letters of the fields in known shapes, and of the objects that hold them."""
    paths = {path for shape in shapes() for text in TEXTS for path in getattr(shape, text)}
    names = paths | {path.split(".", 1)[0] for path in paths}
    return {name: letters_of_name(name) for name in sorted(names)}
