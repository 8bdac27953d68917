"""Inspecting quarantined items: selecting them, finding their bytes, and exporting the bytes.

Belongs here: selecting items, finding the bytes of an item again, and writing bytes to a folder
under safe names. Does not belong here: reading items again (`etl.pipeline.retry_quarantined`), what
goes to quarantine and when (`etl.storage.run_state`), and how it is shown (`etl.cli.quarantine`).
"""

from __future__ import annotations

import fnmatch
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa

from etl.errors import NewsactorsError
from etl.pipeline.sandbox import read_sandboxed
from etl.query import export
from etl.readers import Item
from etl.readers.field_mapping import MappingError, load_mappings
from etl.settings import Settings
from etl.storage.archive import RawArchive
from etl.storage.quarantine import QuarantinedItem

EXCERPT_BYTES = 600
INDEX = "index.csv"
_NAME_CHARACTERS = 50
"""Characters kept of a file's name; at four bytes each, below the 255 bytes file systems allow."""


@dataclass(frozen=True)
class QuarantineFilter:
    """Selects the items that match every condition; an empty filter matches all."""

    ids: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    run_id: str = ""
    path: str = ""
    """A glob; `*` also matches slashes."""
    since: date | None = None

    def __bool__(self) -> bool:
        return self != QuarantineFilter()

    def matches(self, item: QuarantinedItem) -> bool:
        return (
            (not self.ids or any(item.quarantine_id.startswith(i) for i in self.ids))
            and (not self.reasons or item.reason in self.reasons)
            and item.run_id.startswith(self.run_id)
            and (not self.path or fnmatch.fnmatchcase(item.source_path, self.path))
            and (self.since is None or item.first_seen_at.date() >= self.since)
        )


class UnknownItemError(NewsactorsError):
    """No quarantined item, or more than one, has an id with this prefix."""


def choose(rejected: Iterable[QuarantinedItem], choice: QuarantineFilter) -> list[QuarantinedItem]:
    """Return the items that match. Raises UnknownItemError if a prefix fits none or several ids."""
    rejected = list(rejected)
    for wanted in choice.ids:
        found = sum(r.quarantine_id.startswith(wanted) for r in rejected)
        if found != 1:
            raise UnknownItemError(
                f"{found or 'no'} items have an id that begins with {wanted!r}; "
                "see `newsactors quarantine list`"
            )
    return [r for r in rejected if choice.matches(r)]


@dataclass(frozen=True)
class Look:
    """An item's archived bytes, and whether it can be read today."""

    object_path: Path
    size: int
    excerpt: bytes
    is_record: bool
    """Whether the excerpt is the record itself, not the beginning of its file."""
    is_read_today: bool
    draft: str = ""
    """An entry of fields.yaml that may map the record; a guess."""


def look(settings: Settings, item: QuarantinedItem) -> Look | None:
    """Return an item's bytes and whether it can be read today; None if it was never opened.

    Reads the file up to the item. Raises ArchiveError if the bytes are lost.
    """
    if not item.source_sha256:
        return None
    archive = RawArchive(settings.raw)
    with archive.open(item.source_sha256) as file:
        size = file.seek(0, 2)
        found = next(_items(settings, file, size, item.source_path, {item.item}), None)
        file.seek(0)
        start = file.read(EXCERPT_BYTES)
    raw = found.raw[:EXCERPT_BYTES] if found else b""
    return Look(
        archive.object_path(item.source_sha256),
        size,
        raw or start,
        bool(raw),
        # An item that is no longer found was read, or is now part of other items.
        found is None or found.article is not None,
        found.rejection.draft if found and found.rejection else "",
    )


def _items(
    settings: Settings, file: BinaryIO, size: int, path: str, numbers: set[int]
) -> Iterator[Item]:
    """Yield the items of a file with these numbers, as today's readers return them."""
    try:
        mappings = load_mappings(settings.field_mappings)
    except MappingError:
        mappings = ()
    last = max(numbers)
    # Sandboxed, as in an ingest: this file may be the one that crashed its reader.
    reading = read_sandboxed(file, size, path, settings.limits, mappings, is_drafting=True)
    with closing(reading) as items:
        for found in items:
            if found.number in numbers:
                yield found
            if found.number >= last:
                return


def export_items(
    settings: Settings,
    items: Sequence[QuarantinedItem],
    folder: Path,
    report: Callable[[int], object] = lambda _: None,
) -> int:
    """Write the bytes of items and an `index.csv` into a new folder; return the number of files.

    In formats with one record per line, each record becomes a file of its own; otherwise the whole
    file is written, once for all its items. A name consists of the item's id and the harmless
    characters of the file's name. In the index, text that a spreadsheet would run is prefixed with
    an apostrophe. Raises FileExistsError if the folder is not empty and ArchiveError if bytes are
    lost.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise FileExistsError(f"{folder} is not empty: name a new folder")
    archive, rows, written = RawArchive(settings.raw), [], 0
    ordered = sorted(items, key=lambda r: (r.source_sha256, r.source_path, r.item))
    for (sha256, path), group in groupby(ordered, key=lambda r: (r.source_sha256, r.source_path)):
        items_of_file = {r.item: r for r in group}
        names: dict[int, str] = {}
        if sha256:
            with archive.open(sha256) as file:
                size = file.seek(0, 2)
                for found in _items(settings, file, size, path, set(items_of_file)):
                    if found.raw:
                        names[found.number] = _safe(items_of_file[found.number], found.path)
                        (folder / names[found.number]).write_bytes(found.raw)
                whole = [number for number in items_of_file if number not in names]
                if whole:
                    name = _safe(items_of_file[whole[0]], path)
                    file.seek(0)
                    with (folder / name).open("xb") as out:
                        shutil.copyfileobj(file, out)
                    names |= dict.fromkeys(whole, name)
        written += len(set(names.values()))
        rows += [_index_row(r, names.get(number)) for number, r in items_of_file.items()]
        report(len(rows))
    table = pa.Table.from_pylist(rows, _INDEX)
    with export.replacing(folder / INDEX) as sink:
        export.write_rows(table.to_reader(), sink, "csv", excel_safe=True)
    return written


def _safe(item: QuarantinedItem, path: str) -> str:
    """Return a file name that cannot act as a path or an option, and that names its source."""
    harmless = re.sub(r"[^\w.-]+", "_", path.rstrip("/").rpartition("/")[2])
    return f"{item.quarantine_id}-{harmless[-_NAME_CHARACTERS:]}"


_INDEX = pa.schema(
    {
        "quarantine_id": pa.string(),
        "file": pa.string(),
        "source_path": pa.string(),
        "item": pa.int64(),
        "reason": pa.string(),
        "detail": pa.string(),
        "remedy": pa.string(),
        "first_seen_at": pa.timestamp("us", tz="UTC"),
        "attempts": pa.int64(),
        "run_id": pa.string(),
        "source_sha256": pa.string(),
    }
)


def _index_row(item: QuarantinedItem, name: str | None) -> dict[str, object]:
    return {"file": name} | {c: getattr(item, c) for c in _INDEX.names if c != "file"}
