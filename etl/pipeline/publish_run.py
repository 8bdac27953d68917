"""Publishing the build database, and whether a publish is due.

Belongs here: the conditions of a publish, and the properties that describe it. Does not belong
here: snapshots and the symlink (`etl.warehouse.publish`).
"""

from __future__ import annotations

import hashlib

import duckdb

from etl.extract import Extractor
from etl.pipeline import build_models
from etl.pipeline.apply_corrections import is_correction_due
from etl.readers import READERS_VERSION
from etl.settings import Settings
from etl.storage.run_state import State
from etl.warehouse import archive_link, build_db, catch_up, stage_markers
from etl.warehouse.incremental.build_state import (
    MODELS_VERSION,
)
from etl.warehouse.publish import (
    CORRECTIONS,
    FORGOTTEN_THROUGH,
    READING,
    SETTLED_THROUGH,
    Published,
    PublishError,
    current_snapshot,
    publish,
    published_property,
)


def is_publish_due(settings: Settings, con: duckdb.DuckDBPyConnection) -> bool:
    """Whether a publish now would differ from the published file, or readers see no snapshot."""
    return (
        current_snapshot(settings) is None
        or published_property(settings, "generation") != build_db.get_property(con, "generation")
        or published_property(settings, MODELS_VERSION) != build_models.models_version()
        or published_property(settings, "quarantine") != _quarantine_digest(settings)
        or is_correction_due(settings)
    )


def _quarantine_digest(settings: Settings) -> str:
    rows = State(settings.state_file).quarantine()
    items = repr([(r.source_sha256, r.source_path, r.item) for r in rows])
    return hashlib.sha256(items.encode()).hexdigest()


def publish_build(settings: Settings, extractor: Extractor, run_id: str) -> Published:
    """Publish the build database; the caller holds the writer lock.

    Raises PublishError if the loaded rows were not checked, linked and modelled since they changed,
    so that a run of selected assets in the UI cannot publish incomplete data.
    """
    catch_up.catch_up_locked(settings)
    with build_db.open_build(settings.build_file) as con:
        corrections = build_db.get_property(con, CORRECTIONS)
        forgotten_through = build_db.get_property(con, FORGOTTEN_THROUGH)
        position = build_db.get_property(con, archive_link.ARCHIVE_POSITION)
        reading = build_db.get_property(con, READING)
        missing = stage_markers.missing(con)
        if build_db.get_property(con, MODELS_VERSION) != build_models.models_version():
            missing.append("modelled by the current SQL")
    if missing:
        raise PublishError(
            f"what is loaded is not {', not '.join(missing)}; run the job nightly_ingest "
            "(or `newsactors ingest`), which does all that is due"
        )
    return publish(
        settings,
        run_id,
        {
            "extractor_version": extractor.version,
            "readers_version": READERS_VERSION,
            MODELS_VERSION: build_models.models_version(),
            "quarantine": _quarantine_digest(settings),
            CORRECTIONS: corrections or "",
            FORGOTTEN_THROUGH: forgotten_through or "",
            READING: reading or "",
            SETTLED_THROUGH: str(State(settings.state_file).settled_through()),
            archive_link.ARCHIVE_POSITION: position or "",
        },
    )


def clear_touched_days(settings: Settings) -> None:
    """Clear the days touched since the last publish, after they were reported."""
    with build_db.open_build(settings.build_file) as con:
        con.execute("delete from bookkeeping.touched_days")
