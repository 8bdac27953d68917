"""`--accept-loss`: continuing although the archive lacks what is loaded or published.

Does not belong here: comparing the archive with the other parts (`etl.warehouse.archive_link`).
"""

from __future__ import annotations

import uuid

import click

from etl.pipeline.progress import WAITING
from etl.query import display
from etl.settings import Settings
from etl.storage.archive import RawArchive
from etl.storage.files import exclusive_lock
from etl.storage.run_state import State
from etl.storage.writer_lock import WriterLock
from etl.warehouse import archive_link

accept_loss_option = click.option(
    "--accept-loss",
    is_flag=True,
    help="If the archive lacks what is published, continue with the archive as it is: what is only "
    "there is dropped, and all files of the inbox are looked at again.",
)


def writer_lock(settings: Settings) -> WriterLock:
    """Return the writer lock, which tells the user if taking it means waiting."""
    return WriterLock(settings, on_wait=lambda: click.echo(WAITING, err=True))


def accept_lost_archive(settings: Settings) -> None:
    """Accept what is lost, print it, and record it in the run history."""
    with writer_lock(settings), exclusive_lock(RawArchive(settings.raw).intake_lock):
        lost = archive_link.accept_loss(settings)
        if lost is None:
            click.echo("nothing is lost: the archive holds all that was loaded", err=True)
            return
        what = f"accepted: {lost.describe()}"
        State(settings.state_file).record_note(str(uuid.uuid4()), "accept_loss", what)
    click.echo(display.clean(what), err=True)
