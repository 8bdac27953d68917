"""How files would be read, without writing anything: `newsactors ingest --dry-run`.

Belongs here: scanning files as an ingest would, one row per item. Does not belong here: reading
them (`etl.readers`), and whether an article is new, which only an ingest decides.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, astuple, dataclass
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
    """One item: an article's values as they would be stored, or the reason for its rejection."""

    path: str
    item: int
    format: str | None = None
    headline: str | None = None
    date: str | None = None
    date_method: str | None = None
    date_note: str | None = None
    outlet: str | None = None
    language: str | None = None
    words: int | None = None
    is_truncated: bool | None = None
    reason: str | None = None
    detail: str | None = None
    remedy: str | None = None

    def as_dict(self) -> dict[str, object]:
        return asdict(self)

    def values(self) -> tuple[str, ...]:
        """Return the columns for a terminal."""
        if self.reason is not None:
            rejection = f"{self.reason}: {self.detail}; {self.remedy}"
            return self.path, str(self.item), rejection
        day = f"{self.date} ({self.date_method})" if self.date else "no date"
        day += f" [{self.date_note}]" if self.date_note else ""
        return (
            self.path,
            str(self.item),
            self.format or "",
            day,
            self.outlet or "no outlet",
            self.language or "language unknown",
            f"{self.words:,} words" + (", cut by the source" if self.is_truncated else ""),
            self.headline or "no headline",
        )


def preview(settings: Settings, places: Sequence[Location]) -> Iterator[Preview]:
    """Yield a row per item at `places` (the inbox if empty), as the items are read.

    Raises InputError if a path does not exist, a store cannot be listed, or `fields.yaml` cannot be
    used.
    """
    roots = roots_of(settings, places)
    try:
        mappings = load_mappings(settings.field_mappings)
        scan = inbox.scan(roots, settings.inbox, 0)
    except (MappingError, inbox.LocationError) as error:
        raise InputError(str(error)) from None
    for path, closed in scan.unreadable:
        yield _unreadable(inbox.recorded_path(path, settings.inbox), closed)
    limits = settings.limits
    with TemporaryDirectory(prefix="newsactors-") as folder:
        found = inbox.opened(scan.ready, roots, limits.file_bytes, Path(folder))
        for source, opened in found:
            try:
                with opened as file:
                    yield from map(
                        _row,
                        read_sandboxed(file, source.size, source.source_path, limits, mappings),
                    )
            except FileNotFoundError:
                continue  # removed since the scan
            except ChangedError as error:
                changing = inbox.UnreadableError(str(error), "an ingest leaves it for the next run")
                yield _unreadable(source.source_path, changing)
            except inbox.UnreadableError as error:
                yield _unreadable(source.source_path, error)
                if isinstance(error, inbox.UnreachableError):
                    break


def _unreadable(path: str, error: inbox.UnreadableError) -> Preview:
    return Preview(path, 0, reason="unreadable", detail=str(error), remedy=error.remedy)


def _row(item: Item) -> Preview:
    article = item.article
    if article is None:
        assert item.rejection is not None
        reason, detail, remedy = astuple(item.rejection)[:3]
        return Preview(item.path, item.number, reason=reason, detail=detail, remedy=remedy)
    return Preview(
        item.path,
        item.number,
        article.source_format,
        article.headline,
        (article.published_at or article.published_on).isoformat()
        if article.published_on
        else None,
        article.date_method,
        article.date_note,
        article.outlet,
        article.language,
        len(article.body.split()),
        article.is_truncated,
    )
