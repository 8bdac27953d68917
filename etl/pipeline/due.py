"""Whether an ingest has anything to do, found out without a run.

A schedule or sensor asks this at each tick, within the time that Dagster allows for a tick.

Belongs here: the first reason for a run; what to do if listing the inbox takes too long. Does not
belong here: the run itself (`etl.pipeline.archive_files` and the later stages), when a look happens
(`etl.orchestration`).
"""

from __future__ import annotations

import queue
import threading
from typing import TypeVar

from etl.errors import NewsactorsError
from etl.pipeline import archive_files
from etl.pipeline.publish_run import is_publish_due
from etl.query import display
from etl.settings import Location, Settings
from etl.storage import inbox
from etl.storage.archive import RawArchive
from etl.storage.files import exclusive_lock
from etl.storage.inbox import Scan, SourceFile
from etl.storage.run_state import State
from etl.storage.staging import Staging
from etl.warehouse import archive_link, build_db, catch_up
from etl.warehouse.publish import FORGOTTEN_THROUGH

T = TypeVar("T")

LISTING_SECONDS = 30
"""Dagster allows 60 s for a tick, and the rest of a look takes under one."""

_listing = threading.Lock()


class SlowListingError(NewsactorsError):
    """The inbox could not be listed in time."""


class _BusyError(Exception):
    """Another process is writing to the warehouse."""


def list_inbox(settings: Settings, seconds: float = LISTING_SECONDS) -> Scan:
    """List the inbox without waiting for files to settle.

    Raises SlowListingError if that takes longer than `seconds`, or if the last listing of this
    process isn't done yet: a store that doesn't answer must not collect a thread per tick. Raises
    InputError or LocationError if the inbox does not exist or cannot be listed.
    """
    slow = SlowListingError(f"listing {settings.inbox} takes longer than {seconds:g} s")
    if not _listing.acquire(blocking=False):
        raise slow
    answer: queue.SimpleQueue[Scan | BaseException] = queue.SimpleQueue()

    def listed() -> None:
        try:
            roots = archive_files.roots_of(settings, [])
            answer.put(inbox.scan(roots, settings.inbox, settings.settle_seconds, wait=False))
        except BaseException as error:
            answer.put(error)
        finally:
            _listing.release()

    threading.Thread(target=listed, name="list inbox", daemon=True).start()
    try:
        found = answer.get(timeout=seconds)
    except queue.Empty:
        raise slow from None
    if isinstance(found, BaseException):
        raise found
    return found


def new_files(settings: Settings, scan: Scan) -> list[SourceFile]:
    """Return the listed files that a run would read.

    A file in quarantine because it could not be opened counts only once it can be.
    """
    state = State(settings.state_file)
    unopened = {item.source_path for item in state.quarantine() if not item.source_sha256}
    return [
        candidate
        for candidate in state.unseen(scan.ready)
        if candidate.source_path not in unopened or _opens(settings, candidate)
    ]


def _opens(settings: Settings, candidate: SourceFile) -> bool:
    limit = settings.limits.file_bytes
    if isinstance(candidate.path, str):
        return candidate.size <= limit  # whether the store answers again, the run finds out
    try:
        with inbox.open_file(candidate.path, [settings.inbox], limit):
            return True
    except (inbox.UnreadableError, OSError):
        return False


def reason_to_ingest(settings: Settings, seconds: float = LISTING_SECONDS) -> str | None:
    """Return why an ingest should run now; None if it would change nothing.

    Whatever a run would refuse is a reason too: the run fails with the message, and is reported.
    """
    try:
        return (
            _unfinished(settings)
            or _unread(settings)
            or _arrived(settings, list_inbox(settings, seconds))
            or _unpublished(settings)
        )
    except (NewsactorsError, OSError) as error:
        return str(error)
    except _BusyError:
        return "another process is writing, so what is due can't be seen"


def _unfinished(settings: Settings) -> str | None:
    if not settings.state_file.exists():
        return "nothing was ingested yet"
    runs = [run for run in State(settings.state_file).runs() if run.kind == "ingest"]
    if not runs:
        return "nothing was ingested yet"
    return None if runs[0].status == "success" else f"the last ingest: {runs[0].status}"


def _unread(settings: Settings) -> str | None:
    """Compare the archive with what was made from it, the build file excepted."""
    archive_link.require(settings)
    if catch_up.is_behind(settings):
        return "a part of the warehouse is behind the archive"
    through = Staging(settings.extracted).staged_through()
    waiting = RawArchive(settings.raw).last_sequence() - through
    return f"{display.counted(waiting, 'archived file')} to read" if waiting > 0 else None


def _arrived(settings: Settings, scan: Scan) -> str | None:
    if new := new_files(settings, scan):
        return f"{display.counted(len(new), 'new file')} in {settings.inbox}"
    if scan.settling:
        # The run waits for them: a file written right before the tick isn't late by a day.
        return f"{display.counted(len(scan.settling), 'file')} still being written"
    return _unopened(settings, scan)


def _unopened(settings: Settings, scan: Scan) -> str | None:
    """Return whether the files that cannot be opened are others than those in quarantine."""
    known = {
        item.source_path
        for item in State(settings.state_file).quarantine()
        if not item.source_sha256 and _is_below(settings.inbox, item.source_path)
    }
    found = {inbox.recorded_path(path, settings.inbox) for path, _ in scan.unreadable}
    listed = found | {candidate.source_path for candidate in scan.ready}
    if found - known:
        return f"{display.counted(len(found - known), 'file')} that cannot be opened"
    gone = known - listed
    return (
        f"{display.counted(len(gone), 'file')} of the quarantine gone from the inbox"
        if gone
        else None
    )


def _is_below(place: Location, source_path: str) -> bool:
    return inbox.covers(place, place, source_path)


def _unpublished(settings: Settings) -> str | None:
    """Compare the build file with the archive, with staging and with the published file."""
    if not settings.build_file.exists():
        return "there is no build file"

    def busy() -> None:
        raise _BusyError

    with (
        exclusive_lock(settings.writer_lock, busy, wait=False),
        build_db.open_build(settings.build_file) as con,
    ):
        archive_link.require(settings, con)
        if build_db.pending(con, Staging(settings.extracted).batches()):
            return "staged articles to load"
        tombstones = RawArchive(settings.raw).tombstones()
        forgotten_through = build_db.get_property(con, FORGOTTEN_THROUGH)
        if tombstones and forgotten_through != str(tombstones[-1].sequence):
            return "forgotten articles to remove"
        if is_publish_due(settings, con):
            return "the published file is not up to date"
    return None
