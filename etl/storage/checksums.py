"""Checksums of a folder's files, noted beside them in `SHA256SUMS`, as `sha256sum -c` reads them.

A file that is replaced has two lines for a moment, of its old and of its new bytes, and a new one
is noted when it is there, so that a kill in between leaves nothing sound that looks damaged. The
last line, a comment, is the checksum of those before it: damage to the notes is told from damage to
what they are of.
Does not belong here: what a file is, and what to do about a damaged one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from etl.errors import NewsactorsError
from etl.storage.files import write_atomically

NAME = "SHA256SUMS"
_OWN = "# sha256 of the lines above: "


class DamagedError(NewsactorsError):
    """Files are not as they were noted; the message says which and what to do."""


@dataclass(frozen=True)
class Fault:
    """A file that is not as it was written, and why."""

    path: Path
    why: str

    def __str__(self) -> str:
        return f"{self.path} {self.why}"


def sha256_of(path: Path) -> str:
    """The hash of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def noted(folder: Path) -> dict[str, tuple[str, ...]]:
    """By name, the hashes that a file of the folder may have; empty where nothing is noted.

    Raises DamagedError where the notes are not as they were written.
    """
    path = folder / NAME
    try:
        text = path.read_bytes().decode()
        lines, _, own = text.rpartition(_OWN)
        if own != f"{hashlib.sha256(lines.encode()).hexdigest()}\n":
            raise ValueError
    except FileNotFoundError:
        return {}
    except ValueError:
        raise DamagedError(f"{path}: the notes of checksums are damaged; {REMEDY}") from None
    found: dict[str, tuple[str, ...]] = {}
    for line in lines.splitlines():
        digest, _, name = line.partition("  ")
        found[name] = (*found.get(name, ()), digest)
    return found


ALTERED = "is damaged: other bytes than were written"
REMEDY = "`newsactors doctor --repair` makes it again"


def note(folder: Path, *names: str) -> None:
    """Note these files as they are now, and drop what is noted of files that are gone."""
    sums = {name: kept for name, kept in noted(folder).items() if (folder / name).exists()}
    _write(folder, sums | {name: (sha256_of(folder / name),) for name in names})


def renew(folder: Path) -> None:
    """Note all files of a folder as they are now, whatever was noted before."""
    names = sorted(p.name for p in folder.iterdir() if p.is_file() and _is_kept(p.name))
    _write(folder, {name: (sha256_of(folder / name),) for name in names})


def replace(path: Path, data: bytes) -> None:
    """Write a file whole or not at all, with its checksum; the folder's others stay noted."""
    digest = hashlib.sha256(data).hexdigest()
    path.parent.mkdir(parents=True, exist_ok=True)
    sums = noted(path.parent)
    if path.name in sums:
        _write(path.parent, sums | {path.name: (*sums[path.name], digest)})
    write_atomically(path, data)
    _write(path.parent, sums | {path.name: (digest,)})


def faults(folder: Path, names: Collection[str] | None = None) -> list[Fault]:
    """What is not as it was noted, among these names (by default all of the folder).

    A folder without notes has none: it was written before there were any.
    """
    try:
        sums = noted(folder)
    except DamagedError:
        return [Fault(folder / NAME, "is damaged; the files themselves may be sound")]
    return [
        Fault(folder / name, why)
        for name, digests in sums.items()
        if (names is None or name in names) and (why := _why(folder / name, digests))
    ]


def unnoted(folder: Path) -> list[Path]:
    """The files of a folder that are not noted: written by an older version, or just now."""
    try:
        sums = noted(folder)
    except DamagedError:
        return []
    return sorted(p for p in folder.iterdir() if p.is_file() and _is_kept(p.name)
                  and p.name not in sums)  # fmt: skip


def require(folder: Path, names: Collection[str] | None = None) -> None:
    """Raise DamagedError where a file of a folder is not as it was noted."""
    if found := faults(folder, names):
        raise DamagedError(f"{'; '.join(map(str, found))}; {REMEDY}")


def _why(path: Path, digests: tuple[str, ...]) -> str | None:
    if not path.exists():
        return "is missing"
    try:
        return None if sha256_of(path) in digests else ALTERED
    except OSError as error:
        return f"cannot be read: {error.strerror or error}"


def _is_kept(name: str) -> bool:
    return name != NAME and not name.startswith(".") and not name.endswith(".tmp")


def _write(folder: Path, sums: Mapping[str, tuple[str, ...]]) -> None:
    lines = "".join(f"{d}  {name}\n" for name in sorted(sums) for d in dict.fromkeys(sums[name]))
    own = hashlib.sha256(lines.encode()).hexdigest()
    write_atomically(folder / NAME, f"{lines}{_OWN}{own}\n".encode())
