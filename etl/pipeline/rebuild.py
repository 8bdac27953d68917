"""Removing everything that a rebuild makes again from the archive.

Does not belong here: the rebuild itself, which is an ordinary run.
"""

from __future__ import annotations

import contextlib

from etl.pipeline.load import remove_older_build
from etl.settings import Settings
from etl.storage import editions
from etl.storage.archive import RawArchive
from etl.storage.files import exclusive_lock
from etl.storage.run_state import State
from etl.storage.staging import Staging
from etl.warehouse import archive_link, build_db, catch_up


def clear_for_rebuild(settings: Settings) -> None:
    """Remove everything derived from the archive except the published file; an ingest is to follow.

    The caller holds the writer lock. Readers keep the published file until the next publish.
    Raises ArchiveMismatchError if the archive is not the one that other parts were made from.
    """
    archive = RawArchive(settings.raw)
    with exclusive_lock(archive.intake_lock):
        archive_link.require(settings)
        state = State(settings.state_file)
        state.begin_reading(catch_up.new_reading())  # first: a killed rebuild is then completed
        Staging(settings.extracted).batches()  # raises if they have a newer layout
        with contextlib.suppress(build_db.DamagedError):
            remove_older_build(settings)
        editions.finish(settings)
        build_db.remove_build(settings.build_file)
        Staging(settings.extracted).clear()
        state.set_loaded_through(0)
