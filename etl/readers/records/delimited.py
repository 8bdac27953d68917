"""CSV and TSV: one record per row, with a header, column names from fields.yaml, or neither.

Belongs here: delimiters, quoting, the header. Does not belong here: the meaning of columns
(`readers.records.fields`).

A table without a header (GDELT) has no known columns: each row is rejected, with its address. Its
first row is an entry like the others, so it must not be taken for names.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator

from etl.readers.base import Rejected, Rejection
from etl.readers.dates import ImpossibleDateError
from etl.readers.decode import LineDecoder, decode
from etl.readers.field_mapping import TEXTS, shapes
from etl.readers.reader import Part
from etl.readers.records.draft_mapping import draft
from etl.readers.records.fields import LINK_REMEDY, mappings_for, part_of
from etl.readers.records.named_fields import letters_of_name
from etl.readers.records.prose import is_prose
from etl.readers.source import Source
from etl.readers.timestamps import parse_date
from etl.readers.urls import canonical

name = "csv"

_DELIMITERS = (",", "\t", ";", "|")
_MAX_COLUMNS = 2000
_MAX_HEADER = 20_000
_JUDGED_LINES = 10
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def sniff(head: bytes, path: str) -> float:
    """High for a header with a known text column and another known column."""
    is_named = path.lower().endswith((".csv", ".tsv", ".tab", ".psv"))
    header = _header(head)
    if header is None:
        return 0.3 if is_named else 0.0
    known = {letters_of_name(column) for column in header}
    bodies = {letters_of_name(p) for shape in shapes() for p in shape.body}
    if known & bodies and (known & _known_columns()) - bodies:
        return 0.9
    return 0.5 if is_named else 0.0


def _known_columns() -> set[str]:
    return {letters_of_name(p) for shape in shapes() for t in TEXTS for p in getattr(shape, t)}


def _header(head: bytes) -> list[str] | None:
    text = _text(head)
    line, delimiter = text.split("\n", 1)[0].strip("\ufeff\r"), _delimiter(text)
    if line.count(delimiter) == 0 or len(line) > _MAX_HEADER:
        return None
    return _cells(line, delimiter)


def _cells(line: str, delimiter: str) -> list[str] | None:
    try:
        return [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter), [])]
    except csv.Error:
        return None


def _delimiter(head: str) -> str:
    """Return the delimiter: tabs if each line has as many, else the most frequent in the first.

    GDELT has more semicolons than tabs in a line.
    """
    lines = head.split("\n", _JUDGED_LINES + 1)[: _JUDGED_LINES + 1]
    whole = lines[:-1] or lines  # the last may be cut or empty
    if whole[0].count("\t") and len({line.count("\t") for line in whole}) == 1:
        return "\t"
    return max(_DELIMITERS, key=whole[0].count)


def _is_header(cells: list[str], source: Source) -> bool:
    """Whether the cells of the first row are names: known ones, or no address, date or number."""
    names = {letters_of_name(cell) for cell in cells}
    mapped = {letters_of_name(p) for m in source.mappings for t in TEXTS for p in getattr(m, t)}
    if len(names & (_known_columns() | mapped)) > 1:
        return True
    return not any(canonical(cell) or _is_date(cell) or len(cell) > 500 for cell in cells)


def _is_date(cell: str) -> bool:
    if not re.match(r"\s*\d", cell):
        return False
    try:
        return parse_date(cell) is not None
    except ImpossibleDateError:
        return True


def read(source: Source) -> Iterator[Part]:
    """Yield the rows in order, one at a time. Raises Rejected."""
    csv.field_size_limit(source.budget.limits.document_bytes)
    text = _text(source.head)
    delimiter = _delimiter(text)
    names = next((m.columns for m in mappings_for(source) if m.columns), None)
    first = _cells(text.split("\n", 1)[0].strip("\r"), delimiter)
    has_header = names is None and (first is None or _is_header(first, source))
    # Tables without a header are written by programs that don't quote: GDELT's texts may begin with
    # a quotation mark, which would join all lines up to the next one.
    is_quoted = has_header or delimiter != "\t"
    rows = csv.reader(
        _lines(source),
        delimiter=delimiter,
        quoting=csv.QUOTE_MINIMAL if is_quoted else csv.QUOTE_NONE,
    )
    number = 0
    try:
        columns = list(names or ())
        if has_header:
            columns = [c.strip().removeprefix("\ufeff") for c in next(rows, [])]
        if len(columns) > _MAX_COLUMNS:
            raise Rejected(
                "malformed",
                f"{len(columns):,} columns; the limit is {_MAX_COLUMNS:,}",
                "check that it is a table of articles",
            )
        begins = rows.line_num + 1
        for number, row in enumerate(rows, 1):
            is_long = rows.line_num > begins
            lines = f"lines {begins} to {rows.line_num}" if is_long else f"line {begins}"
            where, begins = f"row {number} ({lines})", rows.line_num + 1
            if not any(cell.strip() for cell in row):
                yield None
            elif not columns:
                yield _without_columns(row, source).at(where)
            elif len(row) > len(columns):
                yield Rejection(
                    "malformed",
                    f"{where}: {len(row)} cells but {len(columns)} columns",
                    "quote cells that contain the delimiter or quotation marks",
                )
            else:
                yield part_of(dict(zip(columns, row, strict=False)), source, name, where)
    except csv.Error as error:
        raise Rejected(
            "malformed", f"after row {number}: {error}", "fix the quotation marks there"
        ) from None


def _without_columns(row: list[str], source: Source) -> Rejection:
    """Return the rejection of a row in a table that names no columns."""
    link = next((url for cell in row if (url := canonical(cell))), None)
    if link is not None and not any(map(is_prose, row)):
        return Rejection("empty", f"the entry has no text, only a link: {link}", LINK_REMEDY)
    names = tuple(f"column {number}" for number in range(1, len(row) + 1))
    record = dict(zip(names, row, strict=True))
    return Rejection(
        "unmapped",
        f"the table has no header ({len(row)} columns)"
        + (f", and the entry has the link {link}" if link else ""),
        "name the columns in fields.yaml: `newsactors quarantine show` prints an entry for it",
        draft(record, source.path, names) if source.is_drafting else "",
    )


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
