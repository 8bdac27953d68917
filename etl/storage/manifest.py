"""The two copies of the manifest: what each still says, and putting one right by the other.

Belongs here: comparing and mending them. Does not belong here: reading and appending, which
`archive` does without looking at what the copy says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from etl.storage.archive import Entry, RawArchive
from etl.storage.files import write_atomically


@dataclass(frozen=True)
class Compared:
    """What both copies say together.

    `damaged` are, by copy, the sequences that it should hold and does not; `lost` those that
    neither holds; `disputed` those of which they say different things, without checksums to
    decide. `lines` are all that are known, where anything is amiss.
    """

    count: int
    behind: int = 0
    """Lines that the copy is still to get: the next append brings it up."""
    lines: dict[int, bytes] = field(default_factory=dict)
    damaged: dict[Path, list[int]] = field(default_factory=dict)
    lost: list[int] = field(default_factory=list)
    disputed: list[int] = field(default_factory=list)

    @property
    def is_sound(self) -> bool:
        return not (self.lost or self.disputed or any(self.damaged.values()))


def compare(archive: RawArchive) -> Compared:
    """Read both copies. A line is known by the sequence in it, wherever it stands."""
    # The copy first: it never holds what the manifest did not hold before.
    copy_lines, main_lines = _lines(archive.manifest_copy), _lines(archive.manifest)
    main = _sound(main_lines)
    # A copy that ends earlier, or is not there, is behind: a run was killed, or an older version
    # wrote. The manifest itself never is.
    is_behind = main_lines[: len(copy_lines)] == copy_lines
    if is_behind and len(main) == len(main_lines) == max(main, default=0):
        return Compared(len(main), len(main) - len(copy_lines))
    copy = _sound(copy_lines)
    through = max(len(main_lines), len(copy_lines), *main, *copy, 0)
    lines = copy | main
    return Compared(
        through,
        0,
        lines,
        {
            archive.manifest: _missing(main, through),
            archive.manifest_copy: _missing(copy, len(copy_lines) if is_behind else through),
        },
        _missing(lines, through),
        sorted(n for n in main.keys() & copy.keys() if main[n] != copy[n]),
    )


def mend(archive: RawArchive, compared: Compared, known: Mapping[int, Entry]) -> None:
    """Write both copies anew from what they say together; the former are the caller's to keep.

    A lost line is made again of what is `known` of it, else it says that it was lost: what follows
    keeps its place. The caller holds the intake lock.
    """
    lines = dict(compared.lines)
    for sequence in compared.lost:
        nothing = Entry(sequence, "", 0, "", datetime.now(UTC), "lost")
        lines[sequence] = replace(known.get(sequence, nothing), sequence=sequence).to_line()
    data = b"".join(lines[sequence] for sequence in sorted(lines))
    # The copy first: until it is whole the manifest is all there is.
    for path in (archive.manifest_copy, archive.manifest):
        write_atomically(path, data)


def _lines(path: Path) -> list[bytes]:
    """The whole lines; what follows the last line feed is being written, or was cut off."""
    data = path.read_bytes() if path.exists() else b""
    return data[: data.rfind(b"\n") + 1].split(b"\n")[:-1]


def _sound(lines: list[bytes]) -> dict[int, bytes]:
    """The lines that are as they were written, by sequence."""
    found = {}
    for line in lines:
        try:
            found[Entry.from_line(line).sequence] = line + b"\n"
        except (ValueError, TypeError, KeyError):
            continue
    return found


def _missing(found: Mapping[int, bytes], through: int) -> list[int]:
    return [sequence for sequence in range(1, through + 1) if sequence not in found]
