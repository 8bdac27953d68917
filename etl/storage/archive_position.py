"""A position in the archive's manifest: how a part says which archive it was made from.

A position names a line and has a digest of the bytes that end with it. A later manifest that holds
the same bytes there is the same archive, or a continuation of it: each line has its own time, run
and checksum. The check reads 4 KB, however long the manifest is (docs/adr/0029).

Belongs here: taking and checking positions. Does not belong here: which parts record one, and what
a mismatch means (`etl.warehouse.archive_link`).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from etl.storage.archive import RawArchive

_DIGESTED = 4096
"""Bytes before the end of the line that the digest covers: about twelve lines."""


@dataclass(frozen=True)
class Position:
    """The end of a manifest line: its sequence, its offset in bytes, and a digest."""

    sequence: int
    end: int
    digest: str

    @classmethod
    def from_json(cls, text: str | None) -> Position | None:
        """Return the position that `to_json` wrote; None for None or an empty text."""
        return cls(**json.loads(text)) if text else None

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    def is_in(self, archive: RawArchive) -> bool:
        """Whether the archive is the one in which this position was taken, or continues it."""
        return _digest(archive.manifest, self.end) == self.digest

    def is_beyond(self, archive: RawArchive) -> bool:
        """Whether the manifest ends before this position."""
        path = archive.manifest
        return self.end > (path.stat().st_size if path.exists() else 0)


def position_at(
    archive: RawArchive, sequence: int, known: Position | None = None
) -> Position | None:
    """Return the position at the end of this line; None for 0 and for a line that doesn't exist.

    `known`, an earlier position, saves reading the lines before it if this archive still has it.
    """
    if sequence < 1 or not archive.manifest.exists():
        return None
    if known is None or known.sequence > sequence or not known.is_in(archive):
        known = Position(0, 0, "")
    elif known.sequence == sequence:
        return known
    end = known.end
    with archive.manifest.open("rb") as file:
        file.seek(end)
        for number, line in enumerate(file, start=known.sequence + 1):
            end += len(line)
            if number == sequence and line.endswith(b"\n"):
                return Position(sequence, end, _digest(archive.manifest, end) or "")
    return None


def _digest(path: Path, end: int) -> str | None:
    """Return the digest of the bytes before `end`; None if the file is shorter."""
    try:
        with path.open("rb") as file:
            start = max(0, end - _DIGESTED)
            file.seek(start)
            data = file.read(end - start)
    except FileNotFoundError:
        return None
    return hashlib.sha256(data).hexdigest() if len(data) == end - start else None
