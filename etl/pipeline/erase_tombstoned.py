"""Erasing articles that have a tombstone in the manifest, in every place that may hold them.

Does not belong here: recording a tombstone (`etl.pipeline.tombstone_article`), and names in the
identity ledger, which linking removes (`etl.linking.link`).
"""

from __future__ import annotations

import shutil

from etl.settings import Settings
from etl.storage import editions
from etl.storage.archive import RawArchive
from etl.storage.staging import Staging
from etl.warehouse import build_db
from etl.warehouse.publish import FORGOTTEN_THROUGH


def erase_tombstoned(settings: Settings, archive: RawArchive, stage: Staging) -> None:
    """Erase what forgotten articles left behind; idempotent, and safe to repeat after a kill.

    The build file is rebuilt from staging, because a deleted row may survive in free blocks.
    """
    tombstones = archive.tombstones()
    if not tombstones:
        return
    last = str(tombstones[-1].sequence)
    with build_db.open_build(settings.build_file) as con:
        if build_db.get_property(con, FORGOTTEN_THROUGH) == last:
            return
    hashes = archive.forgotten()
    for sha256 in hashes:
        archive.remove(sha256)
    stage.drop(hashes)
    editions.drop(settings, hashes)
    for derived in (settings.report, settings.search):  # they quote published articles
        shutil.rmtree(derived, ignore_errors=True)
    for moved in settings.damaged.glob("*"):
        # Folders moved aside after the last tombstone hold no forgotten article.
        if moved < settings.damaged_at(tombstones[-1].at):
            shutil.rmtree(moved, ignore_errors=True)
    build_db.remove_build(settings.build_file)
    with build_db.open_build(settings.build_file) as con:
        build_db.set_property(con, FORGOTTEN_THROUGH, last)
