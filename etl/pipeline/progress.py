"""How a stage reports what it has done, and that it waits for a lock."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""Called with the name of the stage, what is done and what there is in all."""

WAITING = "another process is writing to the warehouse; this one waits for it"
"""Stage that is reported, once, while somebody else holds the lock that is needed next."""


def silent(stage: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


def waiting(progress: Progress) -> Callable[[], None]:
    """What to call where another holds a lock: it says that this one waits."""
    return lambda: progress(WAITING, 0, 1)
