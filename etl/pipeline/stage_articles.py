"""From archived files to staged batches: read articles and extract from them.

Belongs here: the order of these steps, and what makes it safe to interrupt and repeat them. Does
not belong here: archiving (`etl.pipeline.archive_files`), how a file is read and an article
extracted (`etl.pipeline.read_archived`, `etl.pipeline.extraction`), loading
(`etl.pipeline.load`), extracting again (`etl.pipeline.reextract`), and reading again what is loaded
(`etl.pipeline.reread`).

Staging holds the intake lock. Code that needs the writer lock too takes that one first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pyarrow as pa

from etl.extract import Extractor
from etl.pipeline.errors import InputError
from etl.pipeline.extraction import ExtractionPool
from etl.pipeline.keep_forgotten import withhold_parts
from etl.pipeline.progress import Progress, silent, waiting
from etl.pipeline.read_archived import forgettable_ids, places, read_archived, rejected_item
from etl.readers.field_mapping import FieldMapping, MappingError, load_mappings
from etl.schema.tables import READABLE_SINCE
from etl.settings import Settings
from etl.storage.archive import DamagedObjectError, Entry, RawArchive
from etl.storage.article_successions import Successions, record, recorded
from etl.storage.files import exclusive_lock
from etl.storage.quarantine import QuarantinedItem
from etl.storage.run_state import State
from etl.storage.staged_batch import Batch
from etl.storage.staged_tables import (
    ARTICLES,
    ReadArticle,
    article_rows,
)
from etl.storage.staging import Staging, staged_item
from etl.warehouse import archive_link, catch_up

_MAX_UNREAD = 20
READ = "read and extract"
READ_AGAIN = "an older newsactors made this warehouse: read and extract all again"


@dataclass
class Staged:
    """The outcome of reading and extracting."""

    batches: list[Batch] = field(default_factory=list)
    articles: int = 0
    quarantined: int = 0
    unread: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """By path some files whose articles lack a headline, day or outlet, and fields not read."""


def stage_new(
    settings: Settings,
    extractor_in_use: Callable[[], Extractor],
    run_id: str,
    progress: Progress = silent,
) -> Staged:
    """Read and extract every archived file that is not staged yet, one batch at a time.

    `extractor_in_use` is called under the intake lock, when no other process can change the answer.
    Raises InputError if `fields.yaml` cannot be used, ArchiveMismatchError if the archive is not
    the one that other parts were made from.
    """
    archive, state = RawArchive(settings.raw), State(settings.state_file)
    stage = Staging(settings.extracted)
    result = Staged()
    catch_up.catch_up(settings, waiting(progress))
    with exclusive_lock(archive.intake_lock, waiting(progress)):
        archive_link.require(settings)
        extractor = extractor_in_use()
        stage.sweep("new")
        stage.set_reading(state.reading())
        try:
            mappings = load_mappings(settings.field_mappings)
        except MappingError as error:
            raise InputError(str(error)) from None
        due = [*catch_up.unsettled(settings), *archive.entries(after=stage.staged_through())]
        withhold_parts(settings, due, mappings, run_id, progress)
        is_older = any(batch.layout < READABLE_SINCE for batch in stage.all_batches())
        with ExtractionPool(extractor, settings.workers) as pool:
            withheld = frozenset(recorded(archive).withheld)
            reading = _Reading(
                settings, archive, stage, pool, archive.forgotten(), mappings, withheld
            )
            result.quarantined += _settle_again(settings, reading, run_id)
            entries = list(archive.entries(after=stage.staged_through()))
            done = 0
            while done < len(entries):
                reading.begin(entries[done:])
                # A temporary name: the last sequence is known once the batch is written.
                first, last = entries[done].sequence, entries[-1].sequence
                unnamed = stage.prepare(
                    "ingest", first, last, extractor.version, reading.parts(), "new"
                )
                read = reading.entries
                result.quarantined += state.settle_items(
                    [(e.source_path, e.sha256) for e in read if e.is_arrival],
                    reading.rejected,
                    run_id,
                    OtherInboxes(settings).hold,
                )
                state.settle_through(read[-1].sequence, first)
                result.batches.append(stage.commit_through(unnamed, read[-1].sequence))
                result.articles += reading.articles
                done += len(read)
                result.unread = reading.unread
                progress(READ_AGAIN if is_older else READ, done, len(entries))
        archive_link.note_staged(settings)
        record(archive, Successions(withheld=reading.copied), run_id)
        if reading.reappeared:
            archive.forget(reading.reappeared, run_id)
        if reading.copied or reading.reappeared:
            archive_link.note_archived(settings, archive.last_sequence())
    state.add_counts(run_id, quarantined=result.quarantined)
    return result


def _settle_again(settings: Settings, reading: _Reading, run_id: str) -> int:
    """Read lines again of which no part knows what was rejected; return how many items are new.

    Articles that are not staged either are left to another line of the manifest.
    """
    archive, state = RawArchive(settings.raw), State(settings.state_file)
    size, found = settings.batch_articles, 0
    waiting = catch_up.unsettled(settings)
    for start in range(0, len(waiting), size):
        chunk = waiting[start : start + size]
        reading.begin([replace(entry, again=True) for entry in chunk])
        unread = [e for e in reading.waiting if any(True for _ in reading.articles_in(e))]
        known = {(e.source_path, e.sha256) for e in unread}
        read = [key for e in chunk if (key := (e.source_path, e.sha256)) not in known]
        hold = OtherInboxes(settings).hold
        found += state.settle_items(read, reading.rejected, run_id, hold)
        archive_link.note_archived(settings, archive.append_again(unread, run_id))
        state.settle_through(chunk[-1].sequence)
    state.settle_through(reading.stage.staged_through())
    return found


class OtherInboxes:
    """The inboxes that files came from. Two of them may hold files of the same relative path."""

    def __init__(self, settings: Settings) -> None:
        self.archive = RawArchive(settings.raw)
        self.inboxes = State(settings.state_file).inboxes()

    def hold(self, source_path: str, sha256: str) -> bool:
        """Whether the inbox that brought these bytes isn't the latest, and still holds them."""
        if len(self.inboxes) < 2:
            return False
        arrived = [e.sequence for e in self.archive.entries()
                   if (e.source_path, e.sha256) == (source_path, sha256)]  # fmt: skip
        came_from = [inbox for first, inbox in self.inboxes if first <= max(arrived, default=0)]
        if not came_from or came_from[-1] == self.inboxes[-1][1]:
            return False
        try:
            with (Path(came_from[-1]) / source_path).open("rb") as file:
                return self.archive.digest(file)[0] == sha256
        except (OSError, ValueError):
            return False


@dataclass
class _Reading:
    """Reads archived files into batches of rows, with only part of a batch in memory."""

    settings: Settings
    archive: RawArchive
    stage: Staging
    pool: ExtractionPool
    forgotten: frozenset[str]
    mappings: tuple[FieldMapping, ...]
    withheld: frozenset[str]
    unread: dict[str, tuple[str, ...]] = field(default_factory=dict)
    reappeared: set[str] = field(default_factory=set)
    """Hashes of files that hold only forgotten articles, in other bytes (line ends) than before."""
    copied: set[str] = field(default_factory=set)
    """Places of forgotten articles in other bytes that hold more: newer readers may split them."""

    def begin(self, entries: Sequence[Entry]) -> None:
        """Begin a batch that starts with the first of these files."""
        self.waiting = entries
        self.entries: list[Entry] = []
        self.rejected: list[QuarantinedItem] = []
        self.articles = 0
        self.submitted: set[bytes] = set()
        self.failed: dict[str, str] = {}
        self.read_before = self.stage.staged_items(
            e.sha256 for e in entries[: self.settings.batch_articles] if e.again
        )

    def parts(self) -> Iterator[tuple[str, pa.Table]]:
        """Yield the rows of the batch; it ends with the file that fills it."""
        size = self.settings.batch_articles
        pending: list[ReadArticle] = []
        yield from self._rows([])
        for entry in self.waiting[:size]:
            for article in self.articles_in(entry):
                self._extract(article)
                pending.append(article)
                if len(pending) == size:
                    yield from self._rows(pending)
                    pending = []
            self.entries.append(entry)
            if self.articles + len(pending) >= size:
                break
        yield from self._rows(pending)

    def _extract(self, read: ReadArticle) -> None:
        """Extract the article while others are read, unless the batch has the same text already."""
        content = bytes.fromhex(read.content_sha256)
        if content not in self.submitted:
            self.submitted.add(content)
            self.pool.add(read.content_sha256, read.article)

    def articles_in(self, entry: Entry) -> Iterator[ReadArticle]:
        """Yield the articles of an archived file that are not forgotten; keep the rejections."""
        if not entry.is_arrival or entry.sha256 in self.forgotten:
            return
        try:
            yield from self._read(entry)
        except DamagedObjectError as error:
            # One damaged file must not stop the others; `newsactors doctor` reports it.
            self.rejected.append(
                rejected_item(entry, 0, "unreadable", str(error), "then run `newsactors rebuild`")
            )

    def _read(self, entry: Entry) -> Iterator[ReadArticle]:
        has_kept_items = False
        unread: set[str] = set()
        for item in read_archived(self.archive, entry, self.settings.limits, self.mappings):
            found = item.article
            if found is None:
                assert item.rejected is not None
                self.rejected.append(item.rejected)
                has_kept_items = True
                continue
            if found.article.unread_fields and len(self.unread) < _MAX_UNREAD:
                self.unread.setdefault(found.source_path, found.article.unread_fields)
            ids = forgettable_ids(found, item.index)
            # What is withheld may not be forgotten, so the bytes must stay.
            has_kept_items |= ids.isdisjoint(self.forgotten) or not ids.isdisjoint(self.withheld)
            if not ids.isdisjoint(self.forgotten):
                here = places(found, item.index)
                unread |= here if here.isdisjoint(self.forgotten) else set()
            else:
                known = self.read_before.get(entry.sha256)
                if known is not None:
                    keys = {staged_item(found.source_path, key, found.article.body)
                            for key in (item.index, found.source_key)}  # fmt: skip
                    if entry.again and not keys.isdisjoint(known):
                        continue
                    known |= keys
                yield found
        if has_kept_items:
            self.copied |= unread
        else:
            self.reappeared.add(entry.sha256)

    def _rows(self, read: list[ReadArticle]) -> Iterator[tuple[str, pa.Table]]:
        """Yield the rows of articles, and of what was extracted from the new ones."""
        extracted = self.pool.finish()
        version = self.pool.extractor.version
        self.failed |= extracted.failed
        self.rejected += [
            rejected_item(
                r.entry,
                r.item,
                "extraction_failed",
                f"{version}: {self.failed[r.content_sha256]}",
                "report this article as a bug of the extractor; `newsactors rebuild` "
                "with a fixed version takes it in",
            )
            for r in read
            if r.content_sha256 in self.failed
        ]
        kept = [r for r in read if r.content_sha256 not in self.failed]
        self.articles += len(kept)
        yield ARTICLES, article_rows(kept, version)
        yield from extracted.tables.items()
