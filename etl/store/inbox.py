"""Which files of the inbox are ready to be read, and their bytes.

Belongs here: walking, the settle time of half-written files, odd names, files that cannot be
opened. Does not belong here: what is in a file (`etl.readers`).
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

PARTIAL_SUFFIXES = (".part", ".tmp")
"""Names that programs give to files they are still writing."""


class UnreadableError(OSError):
    """A file is there and its bytes cannot be had; the message says why."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file that may be new: where it is, the name it is recorded by, and what stat says."""

    path: Path
    source_path: str
    size: int
    mtime_ns: int


@dataclass
class Scan:
    """What a look at the inbox found."""

    ready: list[Candidate] = field(default_factory=list)
    settling: list[Path] = field(default_factory=list)
    closed: list[tuple[Path, str]] = field(default_factory=list)
    """Folders that could not be listed, and why."""


def recorded_path(path: Path, inbox: Path) -> str:
    """The path that a source is known by: relative to the inbox, else absolute; always UTF-8."""
    absolute = Path(os.path.normpath(path.absolute()))
    if absolute.is_relative_to(inbox):
        absolute = absolute.relative_to(inbox)
    return os.fsencode(absolute).decode("utf-8", "backslashreplace")


def _walk(path: Path, closed: list[tuple[Path, str]]) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return

    def note(error: OSError) -> None:
        closed.append((Path(error.filename), error.strerror or str(error)))

    for folder, folders, names in os.walk(path, onerror=note):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            # rsync and editors write to dot files before they rename.
            if not name.startswith(".") and not name.endswith(PARTIAL_SUFFIXES):
                yield Path(folder) / name


def scan(
    roots: Iterable[Path],
    inbox: Path,
    settle_seconds: float,
    *,
    wait: bool = True,
) -> Scan:
    """Files under `roots` (files or folders) that nobody seems to be writing any more.

    A file changed less than `settle_seconds` ago is looked at again after that time; if its size
    or modification time moved meanwhile it is left for a later run, listed as settling. Without
    `wait` such files are listed as settling at once.
    """
    result = Scan()
    found: dict[str, Candidate] = {}
    young: list[Candidate] = []
    for root in roots:
        for path in _walk(root, result.closed):
            candidate = _candidate(path, inbox)
            if candidate is None or candidate.source_path in found:
                continue
            found[candidate.source_path] = candidate
            if time.time() - candidate.mtime_ns / 1e9 < settle_seconds:
                young.append(candidate)
    if young:
        if wait:
            time.sleep(settle_seconds)
        for candidate in young:
            if not wait or _candidate(candidate.path, inbox) != candidate:
                result.settling.append(candidate.path)
                del found[candidate.source_path]
    result.ready = list(found.values())
    return result


def _candidate(path: Path, inbox: Path) -> Candidate | None:
    try:
        info = path.lstat()
    except FileNotFoundError:
        return None
    return Candidate(path, recorded_path(path, inbox), info.st_size, info.st_mtime_ns)


def read_bytes(path: Path, roots: Sequence[Path]) -> bytes:
    """The bytes of a regular file.

    Raises UnreadableError for what cannot be opened, for pipes and devices (which could block a
    run for ever), and for a symbolic link that leads out of the folders that were asked for.
    """
    try:
        if path.is_symlink() and path not in roots:
            target = path.resolve(strict=True)
            if not any(target.is_relative_to(root.resolve()) for root in roots):
                raise UnreadableError(f"symbolic link leads out of the inbox, to {target}")
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except (OSError, RuntimeError) as error:
        if isinstance(error, UnreadableError):
            raise
        raise UnreadableError(getattr(error, "strerror", None) or str(error)) from error
    with os.fdopen(fd, "rb") as file:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise UnreadableError("not a regular file")
        try:
            return file.read()
        except OSError as error:
            raise UnreadableError(error.strerror or str(error)) from error
