"""The one writer: a lock of the operating system, held from load to publish."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack

from etl.settings import Settings
from etl.storage.files import exclusive_lock


class WriterLock:
    """The writer lock of a warehouse, taken when it is first needed and held until released.

    It is taken late so that reading and extracting, which may take long, keep nobody waiting.
    """

    def __init__(self, settings: Settings, on_wait: Callable[[], None] | None = None) -> None:
        self._settings = settings
        self._on_wait = on_wait
        self._held: ExitStack | None = None

    def acquire(self) -> None:
        """Wait for the lock and hold it; does nothing where it is held already."""
        if self._held is None:
            stack = ExitStack()
            stack.enter_context(exclusive_lock(self._settings.writer_lock, self._on_wait))
            self._held = stack

    def release(self) -> None:
        """Give the lock back; does nothing where it is not held."""
        if self._held is not None:
            self._held.close()
            self._held = None
