"""The corrections lease: the run under way will read `corrections.csv` again before it publishes.

Belongs here: the lease, and who may rely on it. Does not belong here: the file and its own lock
(`etl.corrections.csv_file`), the writer lock (`etl.storage.writer_lock`), and applying corrections
(`etl.pipeline.apply_corrections`).

A run takes the lease after the writer lock, and ends it just before it reads the file for the last
time. A recorder checks the lease after its row is in the file:

- The lease is held: the run's last read is still to come and finds the row. The recorder is done.
- The lease is free: the recorder applies the row itself, and waits for the writer lock if needed.

So no correction falls between the two, however the processes interleave (docs/adr/0024).
"""

from __future__ import annotations

from contextlib import ExitStack

from etl.settings import Settings
from etl.storage.files import exclusive_lock, shared_lock


class CorrectionsLease:
    """Held by a run that promises to read the corrections again; dropped if its process dies."""

    def __init__(self, settings: Settings) -> None:
        self._file = settings.writer_lock.with_name("corrections.lease")
        self._held: ExitStack | None = None

    def take(self) -> None:
        """Take the lease. The caller holds the writer lock, so no other run has it."""
        if self._held is None:
            stack = ExitStack()
            stack.enter_context(exclusive_lock(self._file))
            self._held = stack

    def end(self) -> None:
        """Give the lease up; does nothing if it is not held."""
        if self._held is not None:
            self._held.close()
            self._held = None

    def is_held_elsewhere(self) -> bool:
        """Whether a run holds the lease. Check this after the correction is in the file."""
        with shared_lock(self._file) as is_free:
            return not is_free
