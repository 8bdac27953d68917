"""How files would be read, without writing anything: `newsactors ingest --dry-run`.

Belongs here: scanning files as an ingest would, one row per item. Does not belong here: reading
them (`etl.readers`), and which articles are versions of earlier ones, which only an ingest decides.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from etl.domain import Article
from etl.pipeline.archive_files import roots_of
from etl.pipeline.errors import InputError
from etl.pipeline.sandbox import read_sandboxed
from etl.query.display import counted
from etl.readers import Item
from etl.readers.field_mapping import MappingError, load_mappings
from etl.readers.language import ENGLISH
from etl.settings import Location, Settings
from etl.storage import article_ids, inbox, state_file_check
from etl.storage.archive import ChangedError
from etl.storage.run_state import State
from etl.storage.source_file import SourceFile
from etl.storage.state_file import STATE_VERSION

_HASH = 12
"""Bytes kept of each text's hash: 96 bits tell a million items apart."""


@dataclass(frozen=True)
class Preview:
    """One item: an article's values as they would be stored, or the reason for its rejection.

    `is_known`: its file was ingested before and has not changed, so an ingest skips it.
    `same_as`: the item of this preview that has the same text, outlet, day, headline and authors;
    both are one article. `same_address_as`: the item of the same address, outlet and day with
    another text; this one is a new version of it if they share half the text. `same_body_as`: the
    item whose body alone is the same. `day` is `published_on`, and `date` the instant if the source
    gives one.
    """

    path: str
    item: int
    format: str | None = None
    headline: str | None = None
    day: str | None = None
    date: str | None = None
    date_method: str | None = None
    date_note: str | None = None
    outlet: str | None = None
    outlet_method: str | None = None
    authors: tuple[str, ...] = ()
    language: str | None = None
    words: int | None = None
    is_truncated: bool | None = None
    is_known: bool = False
    url: str | None = None
    unread_fields: tuple[str, ...] = ()
    same_as: str | None = None
    same_address_as: str | None = None
    same_body_as: str | None = None
    reason: str | None = None
    detail: str | None = None
    remedy: str | None = None

    def as_dict(self) -> dict[str, object]:
        return asdict(self)

    def values(self) -> tuple[str, ...]:
        """Return the columns for a terminal: one line an article."""
        notes = ["ingested before"] if self.is_known else []
        if self.reason is not None:
            rejection = f"to quarantine: {self.reason}: {self.detail}; {self.remedy}"
            return self.path, str(self.item), rejection, *notes
        if self.unread_fields:
            notes.append(f"fields not read: {', '.join(self.unread_fields)}")
        if self.same_as is not None:
            notes.append(f"same as {self.same_as}")
        elif self.same_address_as is not None:
            notes.append(f"new version of {self.same_address_as}, if half the text is the same")
        elif self.same_body_as is not None:
            notes.append(f"same text as {self.same_body_as}, but another article")
        language = self.language or "language unknown"
        day = _found(self.day, self.date_method) or "no date"
        day += f" [{self.date_note}]" if self.date_note else ""
        return (
            self.path,
            str(self.item),
            self.format or "",
            day,
            _found(self.outlet, self.outlet_method) or "no outlet",
            counted(len(self.authors), "author") if self.authors else "no author",
            language if self.language in (None, ENGLISH) else f"{language}: not extracted",
            counted(self.words or 0, "word") + (", cut by the source" if self.is_truncated else ""),
            self.headline or "no headline",
            *([self.url] if self.url else []),
            *notes,
        )


def _found(value: str | None, method: str | None) -> str | None:
    """Return a value with the method by which it was found, as far as they are known."""
    return f"{value} ({method})" if value and method else value


COLUMNS = (
    "path",
    "item in the file, from 0",
    "format",
    "day (found by)",
    "outlet (found by)",
    "authors",
    "language",
    "words",
    "headline",
    "address",
    "notes",
)
"""What `Preview.values` holds, for an article."""


def preview(
    settings: Settings, places: Sequence[Location], beside_pages: list[str] | None = None
) -> Iterator[Preview]:
    """Yield a row per item at `places` (the inbox if empty), as the items are read.

    `beside_pages` receives the folders that are skipped because a browser saved them with a page.
    Raises InputError if a path does not exist, a store cannot be listed, or `fields.yaml` cannot be
    used.
    """
    roots = roots_of(settings, places)
    try:
        mappings = load_mappings(settings.field_mappings)
        scan = inbox.scan(roots, settings.inbox, 0)
    except (MappingError, inbox.LocationError) as error:
        raise InputError(str(error)) from None
    if beside_pages is not None:
        beside_pages += scan.beside_pages
    for path, closed in scan.unreadable:
        yield _unreadable(inbox.recorded_path(path, settings.inbox), closed)
    limits = settings.limits
    new = _unseen(settings, scan.ready)
    seen = _Seen()
    with TemporaryDirectory(prefix="newsactors-") as folder:
        found = inbox.opened(scan.ready, roots, limits.file_bytes, Path(folder))
        for source, opened in found:
            try:
                with opened as file:
                    is_known = source.source_path not in new
                    for item in read_sandboxed(
                        file, source.size, source.source_path, limits, mappings
                    ):
                        yield _row(item, seen, is_known=is_known)
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


def _unseen(settings: Settings, files: Sequence[SourceFile]) -> set[str]:
    """Return the recorded paths of the files that an ingest would read."""
    if not settings.state_file.exists():
        return {file.source_path for file in files}
    if state_file_check.version_of(settings.state_file) != STATE_VERSION:
        return {file.source_path for file in files}  # opening it would upgrade it
    return {file.source_path for file in State(settings.state_file).unseen(files)}


@dataclass
class _Seen:
    """The item that had each text, address or body first, by hash."""

    texts: dict[bytes, str] = field(default_factory=dict)
    addresses: dict[bytes, str] = field(default_factory=dict)
    bodies: dict[bytes, str] = field(default_factory=dict)

    def before(self, article: Article, here: str) -> tuple[str | None, str | None, str | None]:
        """Return the earlier items of the same text, address and body; note this one."""
        a = article
        text = article_ids.content_sha256(a.outlet, a.published_on, a.headline, a.authors, a.body)
        keys = [(self.texts, text), (self.bodies, article_ids.place_id("", "", a.body))]
        if a.url:
            on = str(a.published_on)
            keys.append((self.addresses, article_ids.place_id(a.outlet or "", on, a.url)))
        found = [_other(known.setdefault(bytes.fromhex(key)[:_HASH], here), here)
                 for known, key in keys]  # fmt: skip
        return found[0], found[2] if a.url else None, found[1]


def _other(first: str, here: str) -> str | None:
    return None if first == here else first


def _row(item: Item, seen: _Seen, *, is_known: bool) -> Preview:
    """Return the row of an item."""
    article = item.article
    if article is None:
        assert item.rejection is not None
        rejection = item.rejection
        return Preview(
            item.path,
            item.number,
            is_known=is_known,
            reason=rejection.reason,
            detail=rejection.detail,
            remedy=rejection.remedy,
        )
    a = article
    same, address, body = seen.before(a, f"{item.path} {item.number}")
    on = a.published_at or a.published_on
    return Preview(
        item.path,
        item.number,
        a.source_format,
        a.headline,
        a.published_on.isoformat() if a.published_on else None,
        on.isoformat() if on else None,
        a.date_method,
        a.date_note,
        a.outlet,
        a.outlet_method,
        a.authors,
        a.language,
        len(a.body.split()),
        a.is_truncated,
        is_known,
        a.url,
        a.unread_fields,
        same,
        address,
        body,
    )
