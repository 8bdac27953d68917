"""Which files of the inbox are ready to be read, and opening them.

Belongs here: walking, the settle time of half-written files, odd names, files that cannot be
opened. Does not belong here: what is in a file (`etl.readers`).
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, cast

from etl.streams import Forwarding

PARTIAL_SUFFIXES = (".part", ".tmp")
"""Names that programs give to files they are still writing."""


class UnreadableError(OSError):
    """A file is there and its bytes cannot be had: the message says why, `remedy` what to do."""

    def __init__(self, why: str, remedy: str = "") -> None:
        super().__init__(why)
        self.remedy = remedy or "give this user the right to read it; the next run tries again"


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
    closed: list[tuple[Path, UnreadableError]] = field(default_factory=list)
    """Folders and files that could not be looked at, and why."""


def recorded_path(path: Path, inbox: Path) -> str:
    """The path that a source is known by: relative to the inbox, else absolute; always UTF-8."""
    absolute = Path(os.path.normpath(path.absolute()))
    if absolute.is_relative_to(inbox):
        absolute = absolute.relative_to(inbox)
    return os.fsencode(absolute).decode("utf-8", "backslashreplace")


def _walk(path: Path, closed: list[tuple[Path, UnreadableError]]) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return

    def note(error: OSError) -> None:
        closed.append((Path(error.filename), UnreadableError(error.strerror or str(error))))

    for folder, folders, names in os.walk(path, onerror=note):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        # Links to folders are not followed: one that stays inside is walked where it leads to.
        links = [link for name in folders if (link := Path(folder) / name).is_symlink()]
        closed += [
            (link, _leads_out(target))
            for link in links
            if not (target := link.resolve()).is_relative_to(path.resolve())
        ]
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
            try:
                candidate = _candidate(path, inbox)
            except OSError as error:  # in a folder that may be listed and not entered
                result.closed.append((path, UnreadableError(error.strerror or str(error))))
                continue
            if candidate is None or candidate.source_path in found:
                continue
            found[candidate.source_path] = candidate
            if time.time() - candidate.mtime_ns / 1e9 < settle_seconds:
                young.append(candidate)
    if young:
        if wait:
            time.sleep(settle_seconds)
        for candidate in young:
            if not wait or not _is_unchanged(candidate, inbox):
                result.settling.append(candidate.path)
                del found[candidate.source_path]
    result.ready = list(found.values())
    return result


def _candidate(path: Path, inbox: Path) -> Candidate | None:
    try:
        info = path.lstat()
        if stat.S_ISLNK(info.st_mode) and path.exists():
            info = path.stat()  # what is written to is the file it leads to
    except FileNotFoundError:
        return None
    return Candidate(path, recorded_path(path, inbox), info.st_size, info.st_mtime_ns)


def _is_unchanged(candidate: Candidate, inbox: Path) -> bool:
    try:
        return _candidate(candidate.path, inbox) == candidate
    except OSError:
        return False


def _leads_out(target: Path) -> UnreadableError:
    return UnreadableError(
        f"symbolic link leads out of the inbox, to {target}",
        "put what it leads to into the inbox, or name that path: newsactors ingest PATH",
    )


@contextmanager
def open_file(path: Path, roots: Sequence[Path], max_bytes: int) -> Iterator[BinaryIO]:
    """A regular file, open for reading.

    Raises UnreadableError for what cannot be opened, for pipes and devices (which could block a
    run for ever), for a symbolic link that leads out of the folders that were asked for, and for
    what is above `max_bytes`; FileNotFoundError where the file has gone since it was found. An
    error while it is read becomes an UnreadableError too.
    """
    if not os.path.lexists(path):
        raise FileNotFoundError(path)
    try:
        if path.is_symlink() and path not in roots:
            target = path.resolve(strict=True)
            if not any(target.is_relative_to(root.resolve()) for root in roots):
                raise _leads_out(target)
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except (OSError, RuntimeError) as error:
        if isinstance(error, UnreadableError):
            raise
        raise UnreadableError(getattr(error, "strerror", None) or str(error)) from error
    with os.fdopen(fd, "rb") as file:
        info = os.fstat(fd)
        if not stat.S_ISREG(info.st_mode):
            raise UnreadableError("not a regular file", "take it out of the inbox")
        if info.st_size > max_bytes:
            raise UnreadableError(
                f"{info.st_size:,} bytes; at most {max_bytes:,} are read",
                "split the file, or raise NEWSACTORS_MAX_FILE_BYTES",
            )
        yield cast(BinaryIO, _Readable(file))


class _Readable(Forwarding):
    """A file whose errors in reading are those of that file, and of nothing else at work."""

    def read(self, size: int = -1) -> bytes:
        try:
            return self.file.read(size)
        except OSError as error:
            raise UnreadableError(error.strerror or str(error)) from error
