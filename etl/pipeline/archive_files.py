"""From the inbox to the raw archive: new files are copied and entered in the manifest.

Belongs here: which files are new, and what makes it safe to interrupt and repeat archiving. Does
not belong here: finding and opening files (`etl.storage.inbox`), the archive itself
(`etl.storage.archive`), and reading articles from it (`etl.pipeline.stage_articles`).

Archiving holds the intake lock. Code that needs the writer lock too takes that one first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from etl.pipeline.chunks import chunks
from etl.pipeline.errors import InputError
from etl.pipeline.progress import SETTLING, Progress, silent, waiting
from etl.settings import Location, Settings
from etl.storage import inbox
from etl.storage.archive import ChangedError, Entry, RawArchive
from etl.storage.files import exclusive_lock
from etl.storage.inbox import SourceFile
from etl.storage.quarantine import QuarantinedItem
from etl.storage.run_state import State
from etl.warehouse import archive_link, catch_up

ARCHIVE_CHUNK = 100
"""Files between two writes of the manifest: after a kill at most this many are read again."""


@dataclass
class Archived:
    """The outcome of a scan of the inbox."""

    files_seen: int = 0
    files_new: int = 0
    quarantined: int = 0
    settling: list[str] = field(default_factory=list)
    """Files that are still being written; the next run takes them."""


def roots_of(settings: Settings, places: Sequence[Location]) -> list[Location]:
    """Return the places to scan: those given, or the inbox if there are none.

    Raises InputError if a path does not exist.
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
    """Archive the new files at `places` (the inbox if empty) and enter them in the manifest.

    Unreadable files go to quarantine. If a store becomes unreachable, what was fetched is kept and
    the next run resumes. Raises InputError if a path does not exist or a store cannot be listed,
    ArchiveMismatchError if the archive is not the one that other parts were made from.
    """
    roots = roots_of(settings, places)
    archive, state = RawArchive(settings.raw), State(settings.state_file)
    catch_up.catch_up(settings, waiting(progress))
    with exclusive_lock(archive.intake_lock, waiting(progress)):
        archive_link.require(settings)
        sequence = archive.last_sequence()
        state.note_inbox(sequence + 1, str(settings.inbox))
        archive_link.note_archived(settings, sequence)
        if sequence == 0:
            state.set_loaded_through(0)
        state.catch_up(archive)
        try:
            scan = inbox.scan(roots, settings.inbox, settings.settle_seconds)
        except inbox.LocationError as error:
            raise InputError(str(error)) from error
        unseen = state.unseen(scan.ready)
        forgotten = archive.forgotten()
        result = Archived(
            files_seen=len(scan.ready), settling=[str(path) for path in scan.settling]
        )
        unreadable = [
            _unreadable(inbox.recorded_path(path, settings.inbox), error, run_id)
            for path, error in scan.unreadable
        ]
        done, is_reachable = 0, True
        for chunk in chunks(unseen, ARCHIVE_CHUNK):
            if not is_reachable:
                chunk = [c for c in chunk if isinstance(c.path, Path)]
            known = state.seen_sha256([c.source_path for c in chunk])
            entries: list[Entry] = []
            seen: list[tuple[SourceFile, str, int]] = []
            for source, opened in inbox.opened(
                chunk, roots, settings.limits.file_bytes, settings.raw
            ):
                try:
                    with opened as file:
                        sha256, size = archive.digest(file)
                        if sha256 in forgotten:
                            seen.append((source, sha256, 0))
                            continue
                        archive.put(file, sha256)
                        if sha256 == known.get(source.source_path):
                            seen.append((source, sha256, 0))
                            continue
                except FileNotFoundError:
                    continue  # removed since the scan
                except ChangedError:
                    result.settling.append(str(source.path))
                    continue
                except inbox.UnreadableError as error:
                    unreadable.append(_unreadable(source.source_path, error, run_id))
                    if isinstance(error, inbox.UnreachableError):
                        is_reachable = False
                        break  # objects of stores come last
                    continue
                sequence += 1
                entry = Entry(sequence, sha256, size, source.source_path, datetime.now(UTC), run_id)
                entries.append(entry)
                seen.append((source, sha256, sequence))
            archive.append(entries)
            state.mark_seen(seen)
            archive_link.note_archived(settings, sequence)
            result.files_new += len(entries)
            done += len(chunk)
            progress("archive", done, len(unseen))
        if result.settling:
            progress(SETTLING, 0, len(result.settling))
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


def _unreadable(source_path: str, error: inbox.UnreadableError, run_id: str) -> QuarantinedItem:
    return QuarantinedItem(
        "", source_path, 0, "unreadable", str(error), error.remedy, datetime.now(UTC), run_id
    )
