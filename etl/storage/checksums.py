"""Checksums of a folder's files, recorded beside them in `SHA256SUMS` (`sha256sum -c` reads it).

A file that is being replaced has two lines for a moment, one for its old and one for its new bytes,
and a new file is recorded once it exists: a kill in between never makes a sound file look damaged.
The last line, a comment, is the checksum of the lines before it. It distinguishes a damaged
checksum file from damaged data.

Belongs here: recording and verifying checksums. Does not belong here: what the files are, and what
to do about a damaged one (`etl.doctor`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from etl.errors import NewsactorsError
from etl.storage.files import write_atomically

NAME = "SHA256SUMS"
ALTERED = "is damaged: its bytes are not those that were written"
REMEDY = "run `newsactors doctor --repair` to rebuild it"

_OWN = "# sha256 of the lines above: "


class DamagedError(NewsactorsError):
    """Files differ from their recorded checksums; the message says which and what to do."""


@dataclass(frozen=True)
class Fault:
    """A damaged file, and what is wrong with it."""

    path: Path
    why: str

    def __str__(self) -> str:
        return f"{self.path} {self.why}"


def sha256_of(path: Path) -> str:
    """Return the hash of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def recorded(folder: Path) -> dict[str, tuple[str, ...]]:
    """Return the valid hashes of each file in the folder, by name; empty if none are recorded.

    Raises DamagedError if SHA256SUMS itself is damaged.
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
        raise DamagedError(f"{path}: the recorded checksums are damaged; {REMEDY}") from None
    found: dict[str, tuple[str, ...]] = {}
    for line in lines.splitlines():
        digest, _, name = line.partition("  ")
        found[name] = (*found.get(name, ()), digest)
    return found


def record(folder: Path, *names: str) -> None:
    """Record these files as they are now, and drop the checksums of files that no longer exist."""
    sums = {name: kept for name, kept in recorded(folder).items() if (folder / name).exists()}
    _write(folder, sums | {name: (sha256_of(folder / name),) for name in names})


def record_all(folder: Path) -> None:
    """Record every file of a folder as it is now, replacing earlier checksums."""
    names = sorted(p.name for p in folder.iterdir() if p.is_file() and _is_covered(p.name))
    _write(folder, {name: (sha256_of(folder / name),) for name in names})


def replace(path: Path, data: bytes) -> None:
    """Write a file atomically, with its checksum; the folder's other checksums stay."""
    digest = hashlib.sha256(data).hexdigest()
    path.parent.mkdir(parents=True, exist_ok=True)
    sums = recorded(path.parent)
    if path.name in sums:
        _write(path.parent, sums | {path.name: (*sums[path.name], digest)})
    write_atomically(path, data)
    _write(path.parent, sums | {path.name: (digest,)})


def faults(folder: Path, names: Collection[str] | None = None) -> list[Fault]:
    """Return the files that differ from their checksums, of these names or of the whole folder.

    A folder without checksums has no faults: an older version wrote it.
    """
    try:
        sums = recorded(folder)
    except DamagedError:
        return [Fault(folder / NAME, "is damaged; the files themselves may be sound")]
    return [
        Fault(folder / name, why)
        for name, digests in sums.items()
        if (names is None or name in names) and (why := _fault(folder / name, digests))
    ]


def unrecorded(folder: Path) -> list[Path]:
    """Return the files without a checksum: written by an older version, or just now."""
    try:
        sums = recorded(folder)
    except DamagedError:
        return []
    return sorted(
        p for p in folder.iterdir() if p.is_file() and _is_covered(p.name) and p.name not in sums
    )


def verify(folder: Path, names: Collection[str] | None = None) -> None:
    """Raise DamagedError if a file of a folder differs from its checksum."""
    if found := faults(folder, names):
        raise DamagedError(f"{'; '.join(map(str, found))}; {REMEDY}")


def _fault(path: Path, digests: tuple[str, ...]) -> str | None:
    if not path.exists():
        return "is missing"
    try:
        return None if sha256_of(path) in digests else ALTERED
    except OSError as error:
        return f"cannot be read: {error.strerror or error}"


def _is_covered(name: str) -> bool:
    return name != NAME and not name.startswith(".") and not name.endswith(".tmp")


def _write(folder: Path, sums: Mapping[str, tuple[str, ...]]) -> None:
    lines = "".join(f"{d}  {name}\n" for name in sorted(sums) for d in dict.fromkeys(sums[name]))
    own = hashlib.sha256(lines.encode()).hexdigest()
    write_atomically(folder / NAME, f"{lines}{_OWN}{own}\n".encode())
