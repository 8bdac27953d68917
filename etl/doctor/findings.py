"""What the doctor says about a part of the warehouse."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import duckdb

RUN = "`newsactors ingest`"
REPAIR = "`newsactors doctor --repair`"
UPDATE = "update newsactors"
"""What there is to do."""

Connection = duckdb.DuckDBPyConnection

Level = Literal["sound", "note", "amiss"]
"""'note': something to know and nothing to repair, such as what the next run does anyway."""

PARTS = (
    "manifest",
    "archive",
    "ledger",
    "corrections",
    "staging",
    "reextraction",
    "state",
    "build",
    "published",
    "folder",
)
"""In the order in which they are healed: each by what stands before it, and by copies."""


@dataclass(frozen=True)
class Finding:
    """The state of a part, or one thing amiss with it: where, what, and what to do."""

    part: str
    level: Level
    path: Path
    what: str
    remedy: str = ""

    def as_dict(self) -> dict[str, str]:
        """The finding as JSON-ready values."""
        return {
            "part": self.part,
            "state": self.level,
            "path": str(self.path),
            "what": self.what,
            "remedy": self.remedy,
        }


def is_sound(findings: Sequence[Finding]) -> bool:
    """Whether nothing is amiss."""
    return all(finding.level != "amiss" for finding in findings)


Found = Iterator[Finding]


def or_sound(part: str, path: Path, found: list[Finding], what: str) -> Found:
    """The findings of a part, and before them that it is sound where none is amiss."""
    if is_sound(found):
        yield Finding(part, "sound", path, what)
    yield from found
