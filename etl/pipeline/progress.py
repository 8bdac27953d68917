"""How a stage reports its progress, and that it waits for a lock.

Belongs here: the callback and the one message that all stages share. Does not belong here: how
progress looks on a screen (`etl.cli.run`) or in Dagster (`etl.orchestration.resources`).
"""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""Called with the name of the stage, the number of items done, and the total."""

WAITING = "another process is writing to the warehouse; this one waits for it"
"""Progress stage reported once while waiting for another process's lock."""

SETTLING = "some files are still being written; the next run takes them"
"""Progress stage reported once if files are left in the inbox."""

_WARNING = "warning: "


def warn(progress: Progress, what: str) -> None:
    """Report something that the user must know."""
    progress(f"{_WARNING}{what}", 0, 1)


def is_note(stage: str) -> bool:
    """Whether a stage is no work of its own: something to say once."""
    return stage in (WAITING, SETTLING) or stage.startswith(_WARNING)


def silent(stage: str, done: int, total: int) -> None:
    """Ignore progress."""


def waiting(progress: Progress) -> Callable[[], None]:
    """Return a callback that reports that this process waits for a lock."""
    return lambda: progress(WAITING, 0, 1)
