"""Carrying out what the manifest says is to be forgotten, in every place that may hold it.

Does not belong here: entering an article (`forgetting`), and names in the identity ledger, which
linking forgets (`actors.link`).
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
    """Remove what a forgotten article left behind, also after a kill in the middle of it.

    The build file is made anew from staging, because a deleted row may live on in free blocks.
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
    for made in (settings.report, settings.search):  # they quote what was published
        shutil.rmtree(made, ignore_errors=True)
    for moved in settings.damaged.glob("*"):
        # What was moved aside later holds nothing of it.
        if moved < settings.damaged_at(tombstones[-1].at):
            shutil.rmtree(moved, ignore_errors=True)
    build_db.remove_build(settings.build_file)
    with build_db.open_build(settings.build_file) as con:
        build_db.set_property(con, FORGOTTEN_THROUGH, last)
