"""Removing everything that a rebuild makes again from the archive.

Does not belong here: the rebuild itself, which is an ordinary run.
"""

from __future__ import annotations

import contextlib

import duckdb

from etl.pipeline.load import remove_older_build
from etl.pipeline.reread import record_successions
from etl.query.published import NotPublishedError, open_published
from etl.settings import Settings
from etl.storage import editions
from etl.storage.archive import RawArchive
from etl.storage.files import exclusive_lock
from etl.storage.run_state import State
from etl.storage.staging import Staging
from etl.warehouse import archive_link, build_db, catch_up, recovery


def clear_for_rebuild(settings: Settings) -> None:
    """Remove everything derived from the archive except the published file; an ingest is to follow.

    Articles that today's readers read otherwise keep their ids, or these redirect: the archive is
    read for it once before (`etl.pipeline.reread`).

    The caller holds the writer lock. Readers keep the published file until the next publish.
    Raises ArchiveMismatchError if the archive is not the one that other parts were made from.
    """
    archive = RawArchive(settings.raw)
    with exclusive_lock(archive.intake_lock):
        archive_link.require(settings)
        _record_successions(settings)
        state = State(settings.state_file)
        state.begin_reading(catch_up.new_reading())  # first: a killed rebuild is then completed
        Staging(settings.extracted).batches()  # raises if they have a newer layout
        with contextlib.suppress(build_db.DamagedError):
            remove_older_build(settings)
        editions.finish(settings)
        build_db.remove_build(settings.build_file)
        Staging(settings.extracted).clear()
        state.set_loaded_through(0)


def _record_successions(settings: Settings) -> None:
    """Record what becomes of the loaded articles, as far as the build file or a publish knows."""
    with contextlib.suppress(build_db.BuildError), build_db.open_build(settings.build_file) as con:
        if recovery.loaded_through(con):
            record_successions(settings, con, "rebuild")
            return
    with contextlib.suppress(NotPublishedError, duckdb.Error), open_published(settings) as con:
        record_successions(settings, con, "rebuild")
