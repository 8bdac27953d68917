"""What files would become, without writing anything: `newsactors ingest --dry-run`.

Belongs here: looking at files as an ingest would, and a row an item. Does not belong here: reading
them (`readers`), and whether an article is new, which only an ingest decides.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from etl.intake import InputError
from etl.readers import Item
from etl.readers.mappings import MappingError, load_mappings
from etl.reading import read_apart
from etl.settings import Settings
from etl.store import inbox


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

    def as_line(self) -> str:
        """The row for people, its values parted by two blanks."""
        if self.reason is not None:
            return f"{self.path}  {self.item}  {self.reason}: {self.detail}; {self.remedy}"
        on = f"{self.date} ({self.date_method})" if self.date else "no date"
        return "  ".join(
            (
                self.path,
                str(self.item),
                self.format or "",
                on,
                self.outlet or "no outlet",
                self.language or "language unknown",
                f"{self.words:,} words",
                self.headline or "no headline",
            )
        )


def preview(settings: Settings, paths: Sequence[Path]) -> Iterator[Preview]:
    """A row an item under `paths` (the inbox where empty), as they are read.

    Raises InputError where a path does not exist, or `fields.yaml` cannot be used.
    """
    roots = list(paths) or [settings.inbox]
    for root in roots:
        if not root.exists() and not root.is_symlink():
            raise InputError(f"{root} does not exist; check the path")
    try:
        mappings = load_mappings(settings.field_mappings)
    except MappingError as error:
        raise InputError(str(error)) from None
    scan = inbox.scan(roots, settings.inbox, 0)
    for path, closed in scan.closed:
        yield _unreadable(inbox.recorded_path(path, settings.inbox), closed)
    for candidate in scan.ready:
        name, limits = candidate.source_path, settings.limits
        try:
            with inbox.open_file(candidate.path, roots, limits.file_bytes) as file:
                for item in read_apart(file, candidate.size, name, limits, mappings):
                    yield _row(item)
        except FileNotFoundError:
            continue  # taken away since the scan
        except inbox.UnreadableError as error:
            yield _unreadable(name, error)


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
