"""Whether work takes linear time, for the tests of hostile texts."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable

import pytest


def cpu_seconds(work: Callable[[], object]) -> float:
    """Return the CPU time of some work, without collecting the garbage of other tests.

    Nor is it collected before: in a worker that has imported Dagster that takes 0.2 s, more than
    most of the work.
    """
    gc.disable()
    try:
        began = time.process_time()
        work()
        return time.process_time() - began
    finally:
        gc.enable()


def check_linear_time(seconds: Callable[[int], float], size: int) -> None:
    """Fail if four times the size takes more than eight times as long.

    A quadratic step takes sixteen times as long. CPU time and three tries, because the machine may
    be busy; short texts vary by 0.05 s.
    """
    for _ in range(3):
        once, fourfold = seconds(size), seconds(4 * size)
        if fourfold < 8 * once + 0.05:
            return
    pytest.fail(f"{once:.3f} s for {size:,} characters, {fourfold:.3f} s for four times as many")
