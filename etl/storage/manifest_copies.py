"""Compares the two copies of the manifest, and repairs each from the other.

Belongs here: comparing and repairing the copies. Does not belong here: reading and appending
(`storage.archive`, which never reads the second copy).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from etl.storage.archive import Entry, RawArchive
from etl.storage.files import write_atomically


@dataclass(frozen=True)
class Comparison:
    """What both copies hold together. Lists hold sequences.

    `damaged`: by copy, lines that it should hold and doesn't. `lost`: lines that neither holds.
    `disputed`: lines that differ between the copies, with no checksum to decide. `lines`: every
    known line, filled only if the copies are not sound.
    """

    count: int
    behind: int = 0
    """Lines that the copy lacks; the next append adds them."""
    lines: dict[int, bytes] = field(default_factory=dict)
    damaged: dict[Path, list[int]] = field(default_factory=dict)
    lost: list[int] = field(default_factory=list)
    disputed: list[int] = field(default_factory=list)

    @property
    def is_sound(self) -> bool:
        return not (self.lost or self.disputed or any(self.damaged.values()))


def compare(archive: RawArchive, known_through: int = 0) -> Comparison:
    """Compare both copies. Lines are matched by the sequence they state, not by position.

    `known_through` is the last line that other parts know of; lines that both copies lack before
    it are lost.
    """
    # Read the copy first: it never holds a line that the manifest did not hold before.
    copy_lines, main_lines = _lines(archive.manifest_copy), _lines(archive.manifest)
    main = _sound(main_lines)
    # A shorter or missing copy is only behind (a run was killed, or an older version wrote). The
    # manifest itself never is.
    is_behind = main_lines[: len(copy_lines)] == copy_lines
    if is_behind and known_through <= len(main) == len(main_lines) == max(main, default=0):
        return Comparison(len(main), len(main) - len(copy_lines))
    copy = _sound(copy_lines)
    through = max(len(main_lines), len(copy_lines), *main, *copy, known_through)
    lines = copy | main
    return Comparison(
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


def repair(archive: RawArchive, comparison: Comparison, known: Mapping[int, Entry]) -> None:
    """Rewrite both copies from their sound lines. The caller holds the intake lock.

    A lost line is rebuilt from `known`, or replaced by a placeholder so that later lines keep their
    place. Keeping backups of the damaged copies is up to the caller.
    """
    lines = dict(comparison.lines)
    for sequence in comparison.lost:
        placeholder = Entry(sequence, "", 0, "", datetime.now(UTC), "lost")
        lines[sequence] = replace(known.get(sequence, placeholder), sequence=sequence).to_line()
    data = b"".join(lines[sequence] for sequence in sorted(lines))
    # The copy first: until it is whole, the manifest is the only source.
    for path in (archive.manifest_copy, archive.manifest):
        write_atomically(path, data)


def _lines(path: Path) -> list[bytes]:
    """Return the complete lines; bytes after the last line feed are being written, or torn."""
    data = path.read_bytes() if path.exists() else b""
    return data[: data.rfind(b"\n") + 1].split(b"\n")[:-1]


def _sound(lines: list[bytes]) -> dict[int, bytes]:
    """Return the undamaged lines, by sequence."""
    found = {}
    for line in lines:
        try:
            found[Entry.from_line(line).sequence] = line + b"\n"
        except (ValueError, TypeError, KeyError):
            continue
    return found


def _missing(found: Mapping[int, bytes], through: int) -> list[int]:
    return [sequence for sequence in range(1, through + 1) if sequence not in found]
