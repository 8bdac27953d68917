"""The doctor's findings: the state of each part of the warehouse."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import duckdb

RUN = "`newsactors ingest`"
REPAIR = "`newsactors doctor --repair`"
UPDATE = "update newsactors"
"""Remedies."""

Connection = duckdb.DuckDBPyConnection

Level = Literal["sound", "note", "damaged"]
"""'note': something to know that needs no repair, such as work that the next run does anyway."""

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
"""In order of repair: each part is repaired from the parts before it and from copies."""


@dataclass(frozen=True)
class Finding:
    """The state of a part, or one fault in it: where, what, and what to do."""

    part: str
    level: Level
    path: Path
    what: str
    remedy: str = ""

    def as_dict(self) -> dict[str, str]:
        """Return the finding as JSON-ready values."""
        return {
            "part": self.part,
            "state": self.level,
            "path": str(self.path),
            "what": self.what,
            "remedy": self.remedy,
        }


def is_sound(findings: Sequence[Finding]) -> bool:
    """Whether nothing is damaged."""
    return all(finding.level != "damaged" for finding in findings)


Found = Iterator[Finding]


def or_sound(part: str, path: Path, found: list[Finding], what: str) -> Found:
    """Yield the findings of a part; first, that it is sound if nothing is damaged."""
    if is_sound(found):
        yield Finding(part, "sound", path, what)
    yield from found
