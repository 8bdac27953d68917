"""CSV and TSV: one record per row, with a header or with column names from fields.yaml.

Belongs here: delimiters, quoting, the header. Does not belong here: the meaning of columns
(`readers.fields`).
"""

from __future__ import annotations

import csv
from collections.abc import Iterator

from etl.readers.base import Rejected, Rejection
from etl.readers.decode import LineDecoder, decode
from etl.readers.field_mapping import TEXTS, shapes
from etl.readers.fields import mappings_for, part_of
from etl.readers.reader import Part
from etl.readers.source import Source

name = "csv"

_DELIMITERS = (",", "\t", ";", "|")
_MAX_COLUMNS = 2000
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def sniff(head: bytes, path: str) -> float:
    """High for a header with a known text column and another known column."""
    is_named = path.lower().endswith((".csv", ".tsv", ".tab", ".psv"))
    header = _header(head)
    if header is None:
        return 0.3 if is_named else 0.0
    known = {column.lower() for column in header}
    bodies = {p for shape in shapes() for p in shape.body}
    others = {p for shape in shapes() for t in TEXTS for p in getattr(shape, t)} - bodies
    if known & bodies and known & others:
        return 0.9
    return 0.5 if is_named else 0.0


def _header(head: bytes) -> list[str] | None:
    line = _text(head).split("\n", 1)[0].strip("\ufeff\r")
    delimiter = max(_DELIMITERS, key=line.count)
    if line.count(delimiter) == 0 or len(line) > 20_000:
        return None
    try:
        return [column.strip() for column in next(csv.reader([line], delimiter=delimiter), [])]
    except csv.Error:
        return None


def read(source: Source) -> Iterator[Part]:
    """Yield the rows in order, one at a time. Raises Rejected."""
    csv.field_size_limit(source.budget.limits.document_bytes)
    line = _text(source.head).split("\n", 1)[0]
    delimiter = max(_DELIMITERS, key=line.count)
    rows = csv.reader(_lines(source), delimiter=delimiter)
    names = next((m.columns for m in mappings_for(source) if m.columns), None)
    number = 0
    try:
        columns = list(names or [c.strip().removeprefix("\ufeff") for c in next(rows, [])])
        if len(columns) > _MAX_COLUMNS:
            raise Rejected(
                "malformed",
                f"{len(columns):,} columns; the limit is {_MAX_COLUMNS:,}",
                "check that it is a table of articles",
            )
        for number, row in enumerate(rows, 1):
            where = f"row {number} (line {rows.line_num})"
            if not any(cell.strip() for cell in row):
                yield None
            elif len(row) > len(columns):
                yield Rejection(
                    "malformed",
                    f"{where}: {len(row)} cells but {len(columns)} columns",
                    "quote cells that contain the delimiter or quotation marks",
                )
            else:
                record = dict(zip(columns, row, strict=False))
                folded = {c.lower(): v for c, v in record.items()} | record
                yield part_of(folded, source, name, where)
    except csv.Error as error:
        raise Rejected(
            "malformed", f"after row {number}: {error}", "fix the quotation marks there"
        ) from None


def _lines(source: Source) -> Iterator[str]:
    if source.head.startswith(_UTF16):
        yield from decode(source.data()).splitlines(keepends=True)
        return
    limit = source.budget.limits.document_bytes
    lines = LineDecoder(source.charset)
    for line in source.lines():
        if line is None:
            raise csv.Error(f"a line of more than {limit:,} bytes")
        text = lines.text(line, source.stream)
        if "\0" in text:
            raise csv.Error("a NUL character")
        yield text


def _text(head: bytes) -> str:
    return head.decode("utf-16" if head.startswith(_UTF16) else "utf-8", "replace")
