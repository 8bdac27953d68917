"""Drafts an entry of fields.yaml for a record whose fields have unknown names.

Belongs here: guessing by its values which field holds what. Does not belong here: reading records;
nothing is read with a guess, a person pastes the entry first (`newsactors quarantine show`).

A field with a known name is taken for what the name says. Otherwise the longest running text is the
body, the first line of some words the headline, the first value that is a date or an address that.
"""

from __future__ import annotations

import glob
import re
from collections.abc import Iterator
from collections.abc import Mapping as Values
from typing import Any

from etl.readers.dates import ImpossibleDateError
from etl.readers.field_mapping import shapes
from etl.readers.records.named_fields import letters_of_name
from etl.readers.records.prose import is_prose
from etl.readers.timestamps import parse_date
from etl.readers.urls import canonical

_MAX_DEPTH = 4
_MAX_FIELDS = 300
_EXAMPLE_CHARS = 40
_MIN_BODY = 80
_WORD = re.compile(r"[^\W\d_]{2,}")
_PICTURE = re.compile(r"\.(?:jpe?g|png|gif|webp|svg)(?:$|\?)", re.IGNORECASE)


def draft(record: Values[Any, object], path: str, columns: tuple[str, ...] = ()) -> str:
    """Return an entry for the record of the file `path`; empty if no field can be the body.

    `columns` are names for the columns of a table without a header; they become part of the entry.
    """
    found = dict(_texts(record))
    body = _body(found)
    records = ""
    if not body and (nested := _records(record)):
        records, first = nested
        found = dict(_texts(first))
        body = _body(found)
    if not body:
        return ""
    chosen = {"headline": _headline(found, body), "body": body}
    chosen |= {name: _known(found, name, body) for name in ("outlet", "authors")}
    chosen["date"] = _known(found, "date", body) or next(filter(_is_date, found.items()), ("",))[0]
    chosen["url"] = _known(found, "url", body) or _address(found)
    chosen["language"] = _known(found, "language", body)
    match = glob.escape(path.split("!/")[0])
    lines = [f"- match: {_quoted(match)}  # or a glob of source paths"]
    if columns:
        lines.append(f"  columns: [{', '.join(map(_quoted, columns))}]")
    if records:
        lines.append(f"  records: {_quoted(records)}")
    lines += [f"  {n}: {_quoted(p)}  # {_example(found[p])}" for n, p in chosen.items() if p]
    return "\n".join(lines) + "\n"


def _body(found: dict[str, str]) -> str:
    """Return the path of the longest text, if it is long enough; running text comes first."""
    body = max(found, key=lambda p: (is_prose(found[p]), len(found[p])), default="")
    return body if body and len(found[body]) >= _MIN_BODY else ""


def _records(document: object, path: str = "", depth: int = 0) -> tuple[str, object] | None:
    """Return the path of a list of records with a text in a document, and its first record."""
    if isinstance(document, list):
        is_list = document and isinstance(document[0], Values) and _body(dict(_texts(document[0])))
        return (path, document[0]) if path and is_list else None
    if isinstance(document, Values) and depth < _MAX_DEPTH:
        for name, value in list(document.items())[:_MAX_FIELDS]:
            if isinstance(name, str) and name and "." not in name:
                found = _records(value, f"{path}.{name}" if path else name, depth + 1)
                if found is not None:
                    return found
    return None


def _texts(record: object, path: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """Yield the texts of a record with their paths, as a mapping writes them.

    A mapping joins the texts of a list. So of a list of objects only the short ones count, such as
    the names of authors: long ones may be articles, which must not be joined.
    """
    if isinstance(record, str) and path and record.strip():
        yield path, record.strip()
    elif isinstance(record, list) and record:
        for found, text in _texts(record[0], path, depth):
            if isinstance(record[0], str) or len(text) < _MIN_BODY:
                yield found, text
    elif isinstance(record, Values) and depth < _MAX_DEPTH:
        for name, value in list(record.items())[:_MAX_FIELDS]:
            if isinstance(name, str) and name:
                yield from _texts(value, f"{path}.{name}" if path else name, depth + 1)


def _known(found: dict[str, str], value: str, body: str) -> str:
    """Return the path that has a known name for a value of an article, or an empty string."""
    names = dict.fromkeys(letters_of_name(p) for shape in shapes() for p in getattr(shape, value))
    spelled = {letters_of_name(p): p for p in reversed(found) if p != body}
    return next((spelled[name] for name in names if name in spelled), "")


def _headline(found: dict[str, str], body: str) -> str:
    short = [
        path
        for path, text in found.items()
        if path != body and len(text) <= 200 and not canonical(text) and not _is_date((path, text))
    ]
    # Of three words, because one or two may be a name; if there is none, of two.
    of_words = (p for n in (3, 2) for p in short if len(_WORD.findall(found[p])) >= n)
    return _known(found, "headline", body) or next(of_words, "")


def _is_date(field: tuple[str, str]) -> bool:
    text = field[1]
    if len(text) < 8 or re.fullmatch(r"\d{9,13}(?:\.\d+)?", text):
        return False  # a number; as seconds since 1970 it would need a name that says so
    try:
        written = parse_date(text)
    except ImpossibleDateError:
        return False
    return written is not None and written.on is not None


def _address(found: dict[str, str]) -> str:
    return next((p for p, t in found.items() if canonical(t) and not _PICTURE.search(t)), "")


def _quoted(text: str) -> str:
    """Return the text as YAML; what a terminal would not show is escaped."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    shown = (c if c.isprintable() else f"\\U{ord(c):08x}" for c in escaped)
    return f'"{"".join(shown)}"'


def _example(text: str) -> str:
    line = " ".join("".join(c if c.isprintable() else " " for c in text[:200]).split())
    return line if len(line) <= _EXAMPLE_CHARS else f"{line[:_EXAMPLE_CHARS]}…"
