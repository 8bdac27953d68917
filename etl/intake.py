"""From files to staged batches, without Dagster: archive, read, extract.

Belongs here: the order of these steps, and what makes it safe to stop and repeat them. Does not
belong here: how a step is done (`store`, `readers`, `extract`), what follows (`pipeline`), and
extracting again (`reextract`).

Archiving and staging hold the intake lock; who needs the writer lock too takes that one first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path, PurePath
from typing import TypeVar

from etl.extract import Extractor
from etl.model import Article, Extraction
from etl.readers import read_file
from etl.settings import Settings
from etl.store import checks, inbox, staging
from etl.store.archive import Entry, RawArchive
from etl.store.files import exclusive_lock
from etl.store.inbox import Candidate
from etl.store.staging import Batch, ReadArticle, Staging
from etl.store.state import Rejected, State

Progress = Callable[[str, int, int], None]
"""Called with the name of the stage, what is done and what there is in all."""

ARCHIVE_CHUNK = 100
"""Files between two writes of the manifest: a killed run reads at most so many again."""

T = TypeVar("T")


def silent(stage: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


class InputError(ValueError):
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


def archive_new(
    settings: Settings, paths: Sequence[Path], run_id: str, progress: Progress = silent
) -> Archived:
    """Archive what is new under `paths` (the inbox where empty) and enter it in the manifest.

    Raises InputError where a path does not exist. Unreadable files go to quarantine.
    """
    roots = list(paths) or [settings.inbox]
    for root in roots:
        if not root.exists() and not root.is_symlink():
            raise InputError(
                f"{root} does not exist; "
                + ("check the path" if paths else "create it or set NEWSACTORS_INBOX")
            )
    archive, state = RawArchive(settings.raw), State(settings.state_file)
    with exclusive_lock(archive.intake_lock):
        state.catch_up(archive)
        scan = inbox.scan(roots, settings.inbox, settings.settle_seconds)
        todo = state.unseen(scan.ready)
        forgotten = archive.forgotten()
        sequence = archive.last_sequence()
        result = Archived(
            files_seen=len(scan.ready), settling=[str(path) for path in scan.settling]
        )
        unreadable = [
            _unreadable(inbox.recorded_path(path, settings.inbox), error, run_id)
            for path, error in scan.closed
        ]
        done = 0
        for chunk in chunks(todo, ARCHIVE_CHUNK):
            known = state.seen_sha256([c.source_path for c in chunk])
            entries: list[Entry] = []
            seen: list[tuple[Candidate, str, int]] = []
            for candidate in chunk:
                try:
                    data = inbox.read_bytes(candidate.path, roots)
                except FileNotFoundError:
                    continue  # taken away since the scan
                except inbox.UnreadableError as error:
                    unreadable.append(_unreadable(candidate.source_path, error, run_id))
                    continue
                sha256 = archive.digest(data)
                if sha256 == known.get(candidate.source_path) or sha256 in forgotten:
                    seen.append((candidate, sha256, 0))
                    continue
                archive.put(data)
                sequence += 1
                entry = Entry(
                    sequence, sha256, len(data), candidate.source_path, datetime.now(UTC), run_id
                )
                entries.append(entry)
                seen.append((candidate, sha256, sequence))
            archive.append(entries)
            state.mark_seen(seen)
            result.files_new += len(entries)
            done += len(chunk)
            progress("archive", done, len(todo))
        looked_at = [PurePath(inbox.recorded_path(root, settings.inbox)) for root in roots]
        result.quarantined = state.settle_unreadable(
            unreadable, lambda path: any(_is_under(PurePath(path), root) for root in looked_at)
        )
    state.add_counts(
        run_id,
        files_seen=result.files_seen,
        files_new=result.files_new,
        quarantined=result.quarantined,
    )
    return result


def _is_under(path: PurePath, root: PurePath) -> bool:
    """Whether a recorded path lies under another; that of the inbox itself is '.'."""
    return path.is_relative_to(root) or (root == PurePath() and not path.is_absolute())


def _unreadable(source_path: str, error: inbox.UnreadableError, run_id: str) -> Rejected:
    return Rejected(
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
    with exclusive_lock(archive.intake_lock):
        extractor = extractor_in_use()
        stage.sweep("new")
        forgotten = archive.forgotten()
        entries = list(archive.entries(after=stage.staged_through()))
        came_back: set[str] = set()
        done = 0
        for chunk in chunks(entries, settings.batch_articles):
            read, rejected, gone = _read(archive, chunk, forgotten)
            came_back |= gone
            extracted, failed = extract(extractor, {r.content_sha256: r.article for r in read})
            rejected += [
                _rejected(
                    r.entry,
                    r.item,
                    "extraction_failed",
                    f"{extractor.version}: {failed[r.content_sha256]}",
                    "report this article as a bug of the extractor; `newsactors rebuild` "
                    "with a mended version takes it in",
                )
                for r in read
                if r.content_sha256 in failed
            ]
            read = [r for r in read if r.content_sha256 in extracted]
            result.quarantined += state.settle_items(
                [(e.source_path, e.sha256) for e in chunk if not e.forgets], rejected
            )
            result.batches.append(
                stage.write(
                    "ingest",
                    chunk[0].sequence,
                    chunk[-1].sequence,
                    extractor.version,
                    {
                        staging.ARTICLES: staging.article_rows(read, extractor.version),
                        **staging.extracted_rows(extracted),
                    },
                )
            )
            result.articles += len(read)
            done += len(chunk)
            progress("read and extract", done, len(entries))
        if came_back:
            archive.forget(came_back, run_id)
    state.add_counts(run_id, quarantined=result.quarantined)
    return result


def _read(
    archive: RawArchive, entries: Sequence[Entry], forgotten: frozenset[str]
) -> tuple[list[ReadArticle], list[Rejected], set[str]]:
    """What is in the archived files: articles, rejections, and bytes that hold forgotten texts.

    The last are files that say in other bytes (another line end) what is to be forgotten, and
    nothing else.
    """
    read: list[ReadArticle] = []
    rejected: list[Rejected] = []
    gone: set[str] = set()
    for entry in entries:
        if entry.forgets or entry.sha256 in forgotten:
            continue
        items = read_file(archive.get(entry.sha256), entry.source_path)
        articles = [ReadArticle(entry, i.number, i.article) for i in items if i.article]
        kept = [found for found in articles if found.content_sha256 not in forgotten]
        if not kept and len(articles) == len(items):
            gone.add(entry.sha256)
        read += kept
        rejected += [
            _rejected(entry, i.number, i.rejection.reason, i.rejection.detail, i.rejection.remedy)
            for i in items
            if i.rejection
        ]
    return read, rejected, gone


def _rejected(entry: Entry, item: int, reason: str, detail: str, remedy: str) -> Rejected:
    return Rejected(
        entry.sha256, entry.source_path, item, reason, detail, remedy, entry.at, entry.run_id
    )


def extract(
    extractor: Extractor, articles: Mapping[str, Article]
) -> tuple[dict[str, Extraction], dict[str, str]]:
    """The extraction of each article on which the extractor succeeds, and why it failed on others.

    Failing is also to yield what the checks would refuse: one text must not block the publish.
    """
    extracted: dict[str, Extraction] = {}
    failed: dict[str, str] = {}
    try:
        extracted = dict(
            zip(articles, extractor.extract_many(list(articles.values())), strict=True)
        )
    except Exception:
        for content, article in articles.items():
            try:
                extracted[content] = extractor.extract(article)
            except Exception as error:
                failed[content] = f"{type(error).__name__}: {error}"
    for content in list(extracted):
        if fault := checks.fault_of(articles[content], extracted[content]):
            failed[content] = fault
            del extracted[content]
    return extracted, failed
