"""Candidate pairs of texts without comparing all: MinHash with locality-sensitive hashing.

Belongs here: the bands of a text. Does not belong here: looking them up (`assign`, by a join), and
whether a candidate pair is a lineage (`lineage`).

Broder (1997), "On the resemblance and containment of documents"; the bands are those of Indyk and
Motwani (1998). Two texts whose phrases have the Jaccard index j share a band with probability
1 - (1 - j^ROWS)^BANDS: 0.995 at 0.2 (a text cut to its half with every third word changed), 0.94 at
0.15, 0.11 at 0.03 (two texts on one subject).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from etl.stories.text import Hashes

BANDS, ROWS = 128, 2

_RANDOM = np.random.Generator(np.random.PCG64(20261123))
_FACTORS = _RANDOM.integers(1 << 63, size=BANDS * ROWS, dtype=np.uint64) * np.uint64(2) + np.uint64(
    1
)
_OFFSETS = _RANDOM.integers(1 << 63, size=BANDS * ROWS, dtype=np.uint64)
_HIGH = np.uint64(32)
_MIX = np.uint64(0xBF58476D1CE4E5B9)


def bands(phrases: Hashes) -> npt.NDArray[np.uint32]:
    """Return the BANDS bands of a text, each with its number mixed in. Equal bands share a bucket.

    A text without phrases has none.
    """
    if not len(phrases):
        return np.empty(0, np.uint32)
    mixed = (phrases ^ (phrases >> np.uint64(31))) * _MIX
    least = (np.multiply.outer(_FACTORS, mixed) + _OFFSETS[:, None] >> _HIGH).min(axis=1)
    rows = least.reshape(BANDS, ROWS)
    number = np.arange(1, BANDS + 1, dtype=np.uint64)
    band = ((rows[:, 0] << _HIGH) + rows[:, 1]) * _MIX + number * _FACTORS[:BANDS]
    sketched: npt.NDArray[np.uint32] = (band >> _HIGH).astype(np.uint32)
    return sketched
