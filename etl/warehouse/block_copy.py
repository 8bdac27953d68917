"""Updating an old copy of a DuckDB file by writing only the blocks that differ.

Belongs here: the hashes of blocks, and writing blocks. Does not belong here: which snapshot may be
written to (`warehouse.publish`).

A nightly run changes few blocks of a large file, so a publish writes those into a snapshot that is
no longer needed. SHA-256 finds them: DuckDB's own checksum of a block is the xor of its words, each
multiplied by a constant, and misses two words that changed places.

A block is what DuckDB calls one, 256 KiB behind three headers of 4 KiB. With another file layout
more blocks would be written, and nothing else would differ.
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
"""Blocks that a thread hashes at a time: 16 MiB, read block by block."""
_TIME = "# nanoseconds of the last change: "


@dataclass(frozen=True)
class Noted:
    """Recorded block hashes of a file, and the time of its last change then, in nanoseconds."""

    digests: tuple[str, ...]
    changed: int

    def is_of(self, file: Path) -> bool:
        """Whether every byte of a file is as recorded."""
        return tuple(hashes(file)) == self.digests


def list_of(file: Path) -> Path:
    """The path of the file that records the block hashes of a file."""
    return file.with_name(f"{file.name}{_SUFFIX}")


def hashes(file: Path) -> list[str]:
    """The SHA-256 of the headers and of each block, in the order of the file."""
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
    """Record the block hashes beside the file, and the hash of that list in `SHA256SUMS`."""
    lines = "".join(f"{digest}\n" for digest in digests)
    changed = file.stat().st_mtime_ns
    write_atomically(list_of(file), f"{_TIME}{changed}\n{lines}".encode())
    checksums.record(file.parent, list_of(file).name)


def noted(file: Path) -> Noted | None:
    """The recorded block hashes; None if there are none. Raises DamagedError if they changed."""
    path = list_of(file)
    if path.name not in checksums.recorded(file.parent):
        return None
    checksums.verify(file.parent, [path.name])
    first, *digests = path.read_text().splitlines()
    return Noted(tuple(digests), int(first.removeprefix(_TIME)))


def differing(digests: Sequence[str], old: Sequence[str]) -> list[int]:
    """The numbers of the blocks whose hash is not in the same place among the old hashes."""
    return [n for n, digest in enumerate(digests) if n >= len(old) or old[n] != digest]


def write(source: Path, target: Path, blocks: Iterable[int]) -> None:
    """Copy these blocks from `source` to `target`, and make it the same size."""
    size = source.stat().st_size
    bounds = _bounds(size)
    with source.open("rb") as new, target.open("r+b") as old:
        old.truncate(size)
        for n in blocks:
            new.seek(bounds[n])
            old.seek(bounds[n])
            old.write(new.read(bounds[n + 1] - bounds[n]))


def _bounds(size: int) -> list[int]:
    """The offsets at which headers and blocks begin, and the size of the file."""
    inner = range(HEADER * HEADERS, size, BLOCK)
    return [0, *inner, size] if size else [0]
