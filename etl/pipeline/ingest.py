"""From files to staged batches, without Dagster: archive, read, extract.

Belongs here: the order of these steps, and what makes it safe to stop and repeat them. Does not
belong here: how a step is done (`store`, `reading`, `extracting`), what follows (`pipeline`), and
extracting again (`reextract`).

Archiving and staging hold the intake lock; who needs the writer lock too takes that one first.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TypeVar

import pyarrow as pa

from etl.errors import NewsactorsError
from etl.extract import Extractor
from etl.pipeline.extraction import ExtractionPool
from etl.pipeline.sandbox import read_sandboxed
from etl.readers import Item
from etl.readers.field_mapping import FieldMapping as FieldMapping
from etl.readers.field_mapping import MappingError, load_mappings
from etl.schema.tables import SCHEMA_VERSION
from etl.settings import Location, Settings, location
from etl.storage import inbox, staged_tables
from etl.storage.archive import ChangedError, DamagedObjectError, Entry, RawArchive
from etl.storage.files import exclusive_lock
from etl.storage.inbox import SourceFile
from etl.storage.quarantine import QuarantinedItem
from etl.storage.run_state import State
from etl.storage.staged_batch import Batch
from etl.storage.staged_tables import ReadArticle
from etl.storage.staging import Staging

Progress = Callable[[str, int, int], None]
"""Called with the name of the stage, what is done and what there is in all."""

WAITING = "another process is writing to the warehouse; this one waits for it"
"""Stage that is reported, once, while somebody else holds the lock that is needed next."""
READ = "read and extract"
READ_AGAIN = "an older newsactors made this warehouse: read and extract all again"
ARCHIVE_CHUNK = 100
"""Files between two writes of the manifest: a killed run reads at most so many again."""

T = TypeVar("T")


def silent(stage: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


def waiting(progress: Progress) -> Callable[[], None]:
    """What to call where another holds a lock: it says that this one waits."""
    return lambda: progress(WAITING, 0, 1)


class InputError(NewsactorsError):
    """What was asked for does not exist; the message says what and what to do."""


@dataclass
class Archived:
    """What a look at the inbox brought."""

    files_seen: int = 0
    files_new: int = 0
    quarantined: int = 0
    settling: list[str] = field(default_factory=list)


@dataclass
class Staged:
    """What was read and extracted."""

    batches: list[Batch] = field(default_factory=list)
    articles: int = 0
    quarantined: int = 0


def chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """The items in lists of a size, the last one shorter."""
    items = iter(items)
    while chunk := list(islice(items, size)):
        yield chunk


def roots_of(settings: Settings, places: Sequence[Location]) -> list[Location]:
    """Where to look: the places that were named, the inbox where none was.

    Raises InputError where a path does not exist.
    """
    for path in places or [settings.inbox]:
        if isinstance(path, Path) and not path.exists() and not path.is_symlink():
            raise InputError(
                f"{path} does not exist; "
                + ("check the path" if places else "create it or set NEWSACTORS_INBOX")
            )
    return list(places) or [settings.inbox]


def archive_new(
    settings: Settings, places: Sequence[Location], run_id: str, progress: Progress = silent
) -> Archived:
    """Archive what is new at `places` (the inbox where empty) and enter it in the manifest.

    Raises InputError where a path does not exist, or a store cannot be listed. Unreadable files
    go to quarantine. Where a store goes away, what was fetched is kept, and the next run goes on.
    """
    roots = roots_of(settings, places)
    archive, state = RawArchive(settings.raw), State(settings.state_file)
    with exclusive_lock(archive.intake_lock, waiting(progress)):
        state.catch_up(archive)
        try:
            scan = inbox.scan(roots, settings.inbox, settings.settle_seconds)
        except inbox.LocationError as error:
            raise InputError(str(error)) from error
        todo = state.unseen(scan.ready)
        forgotten = archive.forgotten()
        sequence = archive.last_sequence()
        result = Archived(
            files_seen=len(scan.ready), settling=[str(path) for path in scan.settling]
        )
        unreadable = [
            _unreadable(inbox.recorded_path(path, settings.inbox), error, run_id)
            for path, error in scan.unreadable
        ]
        done, is_reachable = 0, True
        for chunk in chunks(todo, ARCHIVE_CHUNK):
            if not is_reachable:
                chunk = [c for c in chunk if isinstance(c.path, Path)]
            known = state.seen_sha256([c.source_path for c in chunk])
            entries: list[Entry] = []
            seen: list[tuple[SourceFile, str, int]] = []
            for candidate, opened in inbox.opened(
                chunk, roots, settings.limits.file_bytes, settings.raw
            ):
                try:
                    with opened as file:
                        sha256, size = archive.digest(file)
                        if sha256 == known.get(candidate.source_path) or sha256 in forgotten:
                            seen.append((candidate, sha256, 0))
                            continue
                        archive.put(file, sha256)
                except FileNotFoundError:
                    continue  # taken away since the scan
                except ChangedError:
                    result.settling.append(str(candidate.path))
                    continue
                except inbox.UnreadableError as error:
                    unreadable.append(_unreadable(candidate.source_path, error, run_id))
                    if isinstance(error, inbox.UnreachableError):
                        is_reachable = False
                        break  # objects come last
                    continue
                sequence += 1
                entry = Entry(
                    sequence, sha256, size, candidate.source_path, datetime.now(UTC), run_id
                )
                entries.append(entry)
                seen.append((candidate, sha256, sequence))
            archive.append(entries)
            state.mark_seen(seen)
            result.files_new += len(entries)
            done += len(chunk)
            progress("archive", done, len(todo))
        result.quarantined = state.settle_unreadable(
            unreadable,
            lambda path: any(inbox.covers(root, settings.inbox, path) for root in roots),
            run_id,
        )
    state.add_counts(
        run_id,
        files_seen=result.files_seen,
        files_new=result.files_new,
        quarantined=result.quarantined,
    )
    return result


def retry(
    settings: Settings, ids: Sequence[str], run_id: str, progress: Progress = silent
) -> Archived:
    """Enter files of the quarantine to be read again: those of these items, or of all.

    What is archived is entered in the manifest once more; what could not be opened is looked for
    where it was. Raises InputError for an id that is not in quarantine.
    """
    archive, state = RawArchive(settings.raw), State(settings.state_file)
    known = {r.quarantine_id: r for r in state.quarantine()}
    if missing := sorted(set(ids) - known.keys()):
        raise InputError(f"not in quarantine: {', '.join(missing[:3])}; newsactors quarantine list")
    chosen = [known[i] for i in ids] if ids else list(known.values())
    files = {(r.source_path, r.source_sha256) for r in chosen if r.source_sha256}
    with exclusive_lock(archive.intake_lock):
        state.catch_up(archive)
        sizes = {
            (e.source_path, e.sha256): e.size
            for e in archive.entries()
            if (e.source_path, e.sha256) in files
        }
        sequence, now = archive.last_sequence(), datetime.now(UTC)
        archive.append(
            Entry(number, sha256, sizes[path, sha256], path, now, run_id, again=True)
            for number, (path, sha256) in enumerate(sorted(sizes), sequence + 1)
        )
    unopened = [r.source_path for r in chosen if not r.source_sha256]
    places = [_place_of(path, settings) for path in unopened]
    there = [p for p in places if isinstance(p, str) or os.path.lexists(p)]
    result = archive_new(settings, there, run_id, progress) if there else Archived()
    gone = {path for path, p in zip(unopened, places, strict=True) if p not in there}
    state.settle_unreadable(
        [r for r in chosen if r.source_path in gone and "\\x" in r.source_path],
        gone.__contains__,
        run_id,
    )
    return result


def _place_of(source_path: str, settings: Settings) -> Location:
    """Where a file lies that is known by this path."""
    where = location(source_path) if "://" in source_path else Path(source_path)
    if isinstance(where, Path) and isinstance(settings.inbox, Path):
        return settings.inbox / where
    return where


def _unreadable(source_path: str, error: inbox.UnreadableError, run_id: str) -> QuarantinedItem:
    return QuarantinedItem(
        "", source_path, 0, "unreadable", str(error), error.remedy, datetime.now(UTC), run_id
    )


def stage_new(
    settings: Settings,
    extractor_in_use: Callable[[], Extractor],
    run_id: str,
    progress: Progress = silent,
) -> Staged:
    """Read and extract every archived file that is not staged yet, a batch at a time.

    Which extractor is in use is asked once nobody else can change that any more.
    """
    archive, state = RawArchive(settings.raw), State(settings.state_file)
    stage = Staging(settings.extracted)
    result = Staged()
    with exclusive_lock(archive.intake_lock, waiting(progress)):
        extractor = extractor_in_use()
        stage.sweep("new")
        entries = list(archive.entries(after=stage.staged_through()))
        try:
            mappings = load_mappings(settings.field_mappings)
        except MappingError as error:
            raise InputError(str(error)) from None
        is_older = any(batch.layout < SCHEMA_VERSION for batch in stage.all_batches())
        with ExtractionPool(extractor, settings.workers) as extracting:
            reading = _Reading(settings, archive, stage, extracting, archive.forgotten(), mappings)
            done = 0
            while done < len(entries):
                reading.begin(entries[done:])
                # Its length is known once it is written; a name no batch has serves until then.
                first, last = entries[done].sequence, entries[-1].sequence
                unnamed = stage.prepare(
                    "ingest", first, last, extractor.version, reading.parts(), "new"
                )
                read = reading.entries
                result.quarantined += state.settle_items(
                    [(e.source_path, e.sha256) for e in read if e.is_arrival],
                    reading.rejected,
                    run_id,
                )
                result.batches.append(stage.commit_through(unnamed, read[-1].sequence))
                result.articles += reading.articles
                done += len(read)
                progress(READ_AGAIN if is_older else READ, done, len(entries))
        if reading.came_back:
            archive.forget(reading.came_back, run_id)
    state.add_counts(run_id, quarantined=result.quarantined)
    return result


@dataclass
class _Reading:
    """One batch after the other, from archived files to rows, a part of a batch in memory."""

    settings: Settings
    archive: RawArchive
    stage: Staging
    extracting: ExtractionPool
    forgotten: frozenset[str]
    mappings: tuple[FieldMapping, ...]
    came_back: set[str] = field(default_factory=set)
    """Files that say what is to be forgotten in other bytes (line ends), and nothing else."""

    def begin(self, entries: Sequence[Entry]) -> None:
        """Begin a batch with the first of these files."""
        self.waiting = entries
        self.entries: list[Entry] = []
        self.rejected: list[QuarantinedItem] = []
        self.articles = 0
        self.given: set[bytes] = set()
        self.failed: dict[str, str] = {}
        self.read_before = self.stage.staged_items(
            e.sha256 for e in entries[: self.settings.batch_articles] if e.again
        )

    def parts(self) -> Iterator[tuple[str, pa.Table]]:
        """The rows of the batch; it ends with the file that fills it."""
        size = self.settings.batch_articles
        full: list[ReadArticle] = []
        yield from self._rows([])
        for entry in self.waiting[:size]:
            for article in self._articles_in(entry):
                self._extract(article)
                full.append(article)
                if len(full) == size:
                    yield from self._rows(full)
                    full = []
            self.entries.append(entry)
            if self.articles + len(full) >= size:
                break
        yield from self._rows(full)

    def _extract(self, read: ReadArticle) -> None:
        """Have it extracted while others are read; a text that came before has its rows there."""
        content = bytes.fromhex(read.content_sha256)
        if content not in self.given:
            self.given.add(content)
            self.extracting.add(read.content_sha256, read.article)

    def _articles_in(self, entry: Entry) -> Iterator[ReadArticle]:
        """What is in an archived file and not forgotten; what is rejected is kept for later."""
        if not entry.is_arrival or entry.sha256 in self.forgotten:
            return
        try:
            yield from self._read(entry)
        except DamagedObjectError as error:
            # One damaged file must not stop the others; doctor says which they are.
            self.rejected.append(
                _rejected(entry, 0, "unreadable", str(error), "then run `newsactors rebuild`")
            )

    def _read(self, entry: Entry) -> Iterator[ReadArticle]:
        is_kept = False
        with self.archive.open(entry.sha256) as file:
            for item in read_sandboxed(
                file, entry.size, entry.source_path, self.settings.limits, self.mappings
            ):
                if item.article is None:
                    self.rejected.append(_not_read(entry, item))
                    is_kept = True
                    continue
                found = ReadArticle(
                    entry,
                    item.number,
                    item.article,
                    item.article.url or f"{item.path}#{item.index}",
                    item.path,
                )
                if found.content_sha256 not in self.forgotten:
                    is_kept = True
                    known = self.read_before.get(entry.sha256)
                    if known is not None:
                        if entry.again and (found.source_key, found.item) in known:
                            continue
                        known.add((found.source_key, found.item))
                    yield found
        if not is_kept:
            self.came_back.add(entry.sha256)

    def _rows(self, read: list[ReadArticle]) -> Iterator[tuple[str, pa.Table]]:
        """Rows of articles, and of what is extracted from those of them that are new."""
        extracted = self.extracting.finish()
        version = self.extracting.extractor.version
        self.failed |= extracted.failed
        self.rejected += [
            _rejected(
                r.entry,
                r.item,
                "extraction_failed",
                f"{version}: {self.failed[r.content_sha256]}",
                "report this article as a bug of the extractor; `newsactors rebuild` "
                "with a mended version takes it in",
            )
            for r in read
            if r.content_sha256 in self.failed
        ]
        kept = [r for r in read if r.content_sha256 not in self.failed]
        self.articles += len(kept)
        yield staged_tables.ARTICLES, staged_tables.article_rows(kept, version)
        yield from extracted.tables.items()


def _not_read(entry: Entry, item: Item) -> QuarantinedItem:
    """A rejected item; quarantine keeps it under its file, the member's name goes to the detail."""
    assert item.rejection is not None
    found, member = item.rejection, item.path.removeprefix(entry.source_path).removeprefix("!/")
    detail = f"{member}: {found.detail}" if member else found.detail
    return _rejected(entry, item.number, found.reason, detail, found.remedy)


def _rejected(entry: Entry, item: int, reason: str, detail: str, remedy: str) -> QuarantinedItem:
    return QuarantinedItem(
        entry.sha256, entry.source_path, item, reason, detail, remedy, entry.at, entry.run_id
    )
