"""How long tests that draw examples run: short and repeatable by default, long under `make soak`.

Belongs here: the number of examples and of rounds, and the seeds of random histories.
NEWSACTORS_SOAK=1 selects the long form.
"""

from __future__ import annotations

import os
import random

IS_SOAK = os.environ.get("NEWSACTORS_SOAK") == "1"
_LONGER = 20


def examples(short: int) -> int:
    """The number of hypothesis examples: `short` by default, twenty times as many in a soak."""
    return short * _LONGER if IS_SOAK else short


def rounds(short: int, long: int) -> int:
    """The number of times that a random trial is repeated: `short` by default, `long` in a soak."""
    return long if IS_SOAK else short


def seed() -> int:
    """The seed of a random history: always the same by default, drawn in a soak.

    NEWSACTORS_SEED repeats one that failed; a failing test prints its seed.
    """
    if given := os.environ.get("NEWSACTORS_SEED"):
        return int(given)
    return random.randrange(10**6) if IS_SOAK else 20_251_129
