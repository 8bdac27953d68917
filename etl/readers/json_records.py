"""JSON: one record, a list of them, a list inside a document; JSON lines, a record a line.

Belongs here: where records stand in such a file. Does not belong here: what their fields mean
(`fields`, `shapes.yaml`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from etl.readers.base import Rejected, Rejection
from etl.readers.decode import decode
from etl.readers.fields import mappings_for, part_of
from etl.readers.reader import Part
from etl.readers.source import Source

name = "json"

_START = re.compile(rb"\s*(?:\{\s*(?:\"|\})|\[\s*(?:\{|\]|\[))")
_LINE = re.compile(rb"\s*\{[^\r\n]*\}\s*\r?\n\s*\{")
_TOO_LONG = "split it, or raise NEWSACTORS_MAX_DOCUMENT_BYTES"


def sniff(head: bytes, path: str) -> float:
    """An object or a list of them begins."""
    text = head.removeprefix(b"\xef\xbb\xbf").replace(b"\0", b"")
    return 0.85 if _START.match(text) else 0.0


def read(source: Source) -> Iterator[Part]:
    """The records in order; of JSON lines one at a time. Raises Rejected."""
    head = source.head.removeprefix(b"\xef\xbb\xbf")
    is_named = source.name.lower().endswith((".jsonl", ".ndjson", ".jl"))
    if b"\0" not in head[:100] and (
        _LINE.match(head) or (is_named and head.lstrip().startswith(b"{"))
    ):
        yield from _lines(source)
        return
    for number, record in enumerate(_records(_parsed(decode(source.data())), source), 1):
        yield part_of(record, source, name, f"record {number}")


def _lines(source: Source) -> Iterator[Part]:
    for number, line in enumerate(source.lines(), 1):
        where = f"line {number}"
        if line is None:
            limit = source.budget.limits.document_bytes
            yield Rejection("too_large", f"{where}: more than {limit:,} bytes", _TOO_LONG)
            continue
        if not line.strip():
            yield None
            continue
        try:
            record = _parsed(decode(line))
        except Rejected as verdict:
            found = verdict.rejection
            yield Rejection(found.reason, f"{where}: {found.detail}", found.remedy)
            continue
        yield part_of(record, source, name, where)


def _parsed(text: str) -> object:
    try:
        return json.loads(text)
    except RecursionError:
        raise Rejected("too_deep", "values lie too deep within each other", "flatten it") from None
    except ValueError as error:  # also an integer of more than 4,300 digits
        raise Rejected("malformed", f"not JSON: {error}"[:300], "fetch the file again") from None


def _records(document: object, source: Source) -> list[object]:
    """The records of a document: itself where it is a list or holds no list of them."""
    if isinstance(document, list):
        return document
    if isinstance(document, dict):
        for mapping in mappings_for(source):
            for path in mapping.records:
                found: object = document
                for step in path.split("."):
                    found = found.get(step) if isinstance(found, dict) else None
                if isinstance(found, list) and all(isinstance(r, dict) for r in found):
                    return found
    return [document]
