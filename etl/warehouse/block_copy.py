"""A DuckDB file by its blocks: their hashes, and an old copy made equal to a newer file.

A night changes few of the blocks of a large file, so a publish writes those into a snapshot that
nobody needs any more, instead of all. Which they are is told by SHA-256: DuckDB's own checksum of a
block is the xor of its words, each times a constant, and misses two that changed places.

A block is what DuckDB calls one, 256 KiB behind three headers of 4 KiB; of a file laid out
otherwise more would be written, and nothing else be different.
Does not belong here: which snapshot may be written to (`store.publish`).
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from etl.settings import available_cores
from etl.storage import checksums
from etl.storage.files import write_atomically

HEADER = 4096
HEADERS = 3
BLOCK = 1 << 18
_SUFFIX = ".blocks"
_STEP = 64
"""Blocks that a thread hashes at a time: 16 MiB, read one by one."""
_TIME = "# nanoseconds of the last change: "


@dataclass(frozen=True)
class Noted:
    """The hashes of a file's blocks when it was noted, and when it had last been changed."""

    digests: tuple[str, ...]
    changed: int

    def is_of(self, file: Path) -> bool:
        """Whether every byte of a file is as it was noted."""
        return tuple(hashes(file)) == self.digests


def list_of(file: Path) -> Path:
    """Where the hashes of a file's blocks are noted."""
    return file.with_name(f"{file.name}{_SUFFIX}")


def hashes(file: Path) -> list[str]:
    """The SHA-256 of each block: first of the headers, then of the blocks behind them."""
    bounds = _bounds(file.stat().st_size)
    with file.open("rb") as source, ThreadPoolExecutor(available_cores()) as pool:
        fd = source.fileno()

        def some(first: int) -> list[str]:
            part = bounds[first : first + _STEP + 1]
            return [
                hashlib.sha256(os.pread(fd, end - begin, begin)).hexdigest()
                for begin, end in pairwise(part)
            ]

        return [h for part in pool.map(some, range(0, len(bounds) - 1, _STEP)) for h in part]


def note(file: Path, digests: Sequence[str]) -> None:
    """Note the hashes of a file's blocks beside it, and of that list in `SHA256SUMS`."""
    lines = "".join(f"{digest}\n" for digest in digests)
    changed = file.stat().st_mtime_ns
    write_atomically(list_of(file), f"{_TIME}{changed}\n{lines}".encode())
    checksums.record(file.parent, list_of(file).name)


def noted(file: Path) -> Noted | None:
    """What is noted of a file; None where nothing is. Raises DamagedError as checksums do."""
    path = list_of(file)
    if path.name not in checksums.recorded(file.parent):
        return None
    checksums.verify(file.parent, [path.name])
    first, *digests = path.read_text().splitlines()
    return Noted(tuple(digests), int(first.removeprefix(_TIME)))


def differing(digests: Sequence[str], old: Sequence[str]) -> list[int]:
    """The blocks of a file with these hashes that one with the old hashes has not, or otherwise."""
    return [n for n, digest in enumerate(digests) if n >= len(old) or old[n] != digest]


def write(source: Path, target: Path, blocks: Iterable[int]) -> None:
    """Write these blocks of `source` over those of `target`, which gets its size."""
    size = source.stat().st_size
    bounds = _bounds(size)
    with source.open("rb") as new, target.open("r+b") as old:
        old.truncate(size)
        for n in blocks:
            new.seek(bounds[n])
            old.seek(bounds[n])
            old.write(new.read(bounds[n + 1] - bounds[n]))


def _bounds(size: int) -> list[int]:
    """Where blocks begin and, last, where the file ends."""
    inner = range(HEADER * HEADERS, size, BLOCK)
    return [0, *inner, size] if size else [0]
