"""What files would become, without writing anything: `newsactors ingest --dry-run`.

Belongs here: looking at files as an ingest would, and a row an item. Does not belong here: reading
them (`readers`), and whether an article is new, which only an ingest decides.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from etl.pipeline.archive_files import roots_of
from etl.pipeline.errors import InputError
from etl.pipeline.sandbox import read_sandboxed
from etl.readers import Item
from etl.readers.field_mapping import MappingError, load_mappings
from etl.settings import Location, Settings
from etl.storage import inbox
from etl.storage.archive import ChangedError


@dataclass(frozen=True)
class Preview:
    """One item: an article's values as they would be stored, or the reason it would not be."""

    path: str
    item: int
    format: str | None = None
    headline: str | None = None
    date: str | None = None
    date_method: str | None = None
    outlet: str | None = None
    language: str | None = None
    words: int | None = None
    reason: str | None = None
    detail: str | None = None
    remedy: str | None = None

    def as_dict(self) -> dict[str, object]:
        return asdict(self)

    def values(self) -> tuple[str, ...]:
        """The row for people."""
        if self.reason is not None:
            said = f"{self.reason}: {self.detail}; {self.remedy}"
            return self.path, str(self.item), said
        on = f"{self.date} ({self.date_method})" if self.date else "no date"
        return (
            self.path,
            str(self.item),
            self.format or "",
            on,
            self.outlet or "no outlet",
            self.language or "language unknown",
            f"{self.words:,} words",
            self.headline or "no headline",
        )


def preview(settings: Settings, places: Sequence[Location]) -> Iterator[Preview]:
    """A row an item at `places` (the inbox where empty), as they are read.

    Raises InputError where a path does not exist, a store cannot be listed, or `fields.yaml` cannot
    be used.
    """
    roots = roots_of(settings, places)
    try:
        mappings = load_mappings(settings.field_mappings)
        scan = inbox.scan(roots, settings.inbox, 0)
    except (MappingError, inbox.LocationError) as error:
        raise InputError(str(error)) from None
    for path, closed in scan.closed:
        yield _unreadable(inbox.recorded_path(path, settings.inbox), closed)
    limits = settings.limits
    with TemporaryDirectory(prefix="newsactors-") as folder:
        found = inbox.opened(scan.ready, roots, limits.file_bytes, Path(folder))
        for candidate, opened in found:
            try:
                with opened as file:
                    yield from map(
                        _row,
                        read_sandboxed(
                            file, candidate.size, candidate.source_path, limits, mappings
                        ),
                    )
            except FileNotFoundError:
                continue  # taken away since the scan
            except ChangedError as error:
                changing = inbox.UnreadableError(str(error), "an ingest leaves it for the next run")
                yield _unreadable(candidate.source_path, changing)
            except inbox.UnreadableError as error:
                yield _unreadable(candidate.source_path, error)
                if isinstance(error, inbox.UnreachableError):
                    break


def _unreadable(path: str, error: inbox.UnreadableError) -> Preview:
    return Preview(path, 0, reason="unreadable", detail=str(error), remedy=error.remedy)


def _row(item: Item) -> Preview:
    a = item.article
    if a is None:
        assert item.rejection is not None
        return Preview(item.path, item.number, **asdict(item.rejection))
    return Preview(
        item.path,
        item.number,
        a.source_format,
        a.headline,
        (a.published_at or a.published_on).isoformat() if a.published_on else None,
        a.date_method,
        a.outlet,
        a.language,
        len(a.body.split()),
    )
