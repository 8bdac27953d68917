"""Reading quarantined files again.

Belongs here: which files are read again, and from where. Does not belong here: reading them
(`etl.pipeline.stage_articles`), and selecting items by reason, path or day
(`etl.pipeline.quarantine`).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from etl.pipeline.archive_files import Archived, archive_new
from etl.pipeline.errors import InputError
from etl.pipeline.progress import Progress, silent, waiting, warn
from etl.settings import Location, Settings, location
from etl.storage.archive import RawArchive
from etl.storage.files import exclusive_lock
from etl.storage.run_state import State
from etl.warehouse import archive_link, catch_up


def retry(
    settings: Settings, ids: Sequence[str], run_id: str, progress: Progress = silent
) -> Archived:
    """Schedule quarantined files to be read again: those of the given items, or all.

    Archived files are entered in the manifest once more. Files that could not be opened are looked
    for where they were. Raises InputError if an id is not in quarantine.
    """
    archive, state = RawArchive(settings.raw), State(settings.state_file)
    catch_up.catch_up(settings, waiting(progress))
    known = {r.quarantine_id: r for r in state.quarantine()}
    if missing := sorted(set(ids) - known.keys()):
        raise InputError(f"not in quarantine: {', '.join(missing[:3])}; newsactors quarantine list")
    chosen = [known[i] for i in ids] if ids else list(known.values())
    files = {(r.source_path, r.source_sha256) for r in chosen if r.source_sha256}
    with exclusive_lock(archive.intake_lock):
        archive_link.require(settings)
        state.catch_up(archive)
        arrived = {key: e for e in archive.entries() if (key := (e.source_path, e.sha256)) in files}
        archive.append_again((arrived[key] for key in sorted(arrived)), run_id)
    for path, _ in sorted(files - arrived.keys()):
        warn(progress, f"{path} is not in the archive any more: put it into the inbox again")
    unopened = [r.source_path for r in chosen if not r.source_sha256]
    places = [_location_of(path, settings) for path in unopened]
    existing = [p for p in places if isinstance(p, str) or os.path.lexists(p)]
    result = archive_new(settings, existing, run_id, progress) if existing else Archived()
    missing_paths = {path for path, p in zip(unopened, places, strict=True) if p not in existing}
    state.settle_unreadable(
        [r for r in chosen if r.source_path in missing_paths and "\\x" in r.source_path],
        missing_paths.__contains__,
        run_id,
    )
    return result


def _location_of(source_path: str, settings: Settings) -> Location:
    """Return where the file with this recorded path lies."""
    where = location(source_path) if "://" in source_path else Path(source_path)
    if isinstance(where, Path) and isinstance(settings.inbox, Path):
        return settings.inbox / where
    return where
