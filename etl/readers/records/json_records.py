"""JSON: a record, a list of records, or lists at any depth; JSON lines: a document per line.

Belongs here: finding the documents in a file. Does not belong here: finding the records in a
document (`readers.records.nested_records`), the meaning of their fields (`readers.records.fields`,
`shapes.yaml`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace

from etl.readers.base import Rejected, Rejection
from etl.readers.decode import decode
from etl.readers.reader import Part
from etl.readers.records.fields import part_of
from etl.readers.records.nested_records import records_in
from etl.readers.source import Source

name = "json"

_START = re.compile(rb"\s*(?:\{\s*(?:\"|\})|\[\s*(?:\{|\]|\[))")
_LINE = re.compile(rb"\s*[{\[][^\r\n]*[}\]]\s*\r?\n\s*[{\[]")
_TOO_LONG = "split it, or raise NEWSACTORS_MAX_DOCUMENT_BYTES"


def sniff(head: bytes, path: str) -> float:
    """High if an object or a list of objects begins."""
    text = head.removeprefix(b"\xef\xbb\xbf").replace(b"\0", b"")
    return 0.85 if _START.match(text) else 0.0


def read(source: Source) -> Iterator[Part]:
    """Yield the records in order, JSON lines one at a time. Raises Rejected."""
    head = source.head.removeprefix(b"\xef\xbb\xbf")
    is_named = source.name.lower().endswith((".jsonl", ".ndjson", ".jl"))
    if b"\0" not in head[:100] and (
        _LINE.match(head) or (is_named and head.lstrip().startswith(b"{"))
    ):
        yield from _lines(source)
        return
    for number, record in enumerate(records_in(_parsed(decode(source.data())), source), 1):
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
            records = records_in(_parsed(decode(line)), source)
        except Rejected as rejected:
            # Where it is within the line; the line within itself is always the first.
            detail = rejected.rejection.detail.replace(" (line 1)", "").replace(
                "line 1 column", "column"
            )
            yield replace(rejected.rejection, detail=detail).at(where)
            continue
        if not records:
            yield None
        for index, record in enumerate(records, 1):
            at = where if len(records) == 1 else f"{where}, record {index}"
            yield part_of(record, source, name, at)


def _parsed(text: str) -> object:
    try:
        return json.loads(text)
    except RecursionError:
        raise Rejected("too_deep", "values are nested too deeply", "flatten it") from None
    except json.JSONDecodeError as error:
        is_cut = error.msg.startswith("Unterminated") or error.pos >= len(text.rstrip())
        early = "it ends early (an incomplete download?): " if is_cut else ""
        raise Rejected(
            "malformed", f"not JSON: {early}{error}"[:300], "fetch the file again"
        ) from None
    except ValueError as error:  # an integer of more than 4,300 digits
        raise Rejected("malformed", f"not JSON: {error}"[:300], "fetch the file again") from None
