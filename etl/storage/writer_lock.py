"""The single-writer lock: an operating-system lock, held from load to publish.

Belongs here: taking and releasing it. Does not belong here: locks in general (`storage.files`).
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Self

from etl.settings import Settings
from etl.storage.files import exclusive_lock


class WriterLock:
    """The writer lock of a warehouse, held for a `with` block, or from `acquire` to `release`.

    Runs take it when it is first needed, so that reading and extracting, which can be slow, don't
    block other writers.
    """

    def __init__(self, settings: Settings, on_wait: Callable[[], None] | None = None) -> None:
        self._settings = settings
        self._on_wait = on_wait
        self._held: ExitStack | None = None

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def acquire(self) -> None:
        """Wait for the lock and hold it. Does nothing if it is already held."""
        if self._held is None:
            stack = ExitStack()
            stack.enter_context(exclusive_lock(self._settings.writer_lock, self._on_wait))
            self._held = stack

    def release(self) -> None:
        """Release the lock. Does nothing if it is not held."""
        if self._held is not None:
            self._held.close()
            self._held = None
