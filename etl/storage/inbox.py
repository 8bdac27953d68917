"""Which files of the inbox are ready to be read, and opening them.

Belongs here: walking, the settle time of half-written files, odd names, files that cannot be
opened. Does not belong here: asking an object store (`remote`), what is in a file (`etl.readers`).
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import BinaryIO, cast

from etl.readers.streams import Forwarding
from etl.settings import Location
from etl.storage import object_store
from etl.storage.object_store import LocationError, Store
from etl.storage.source_file import SourceFile, UnreachableError, UnreadableError

__all__ = [
    "LocationError",
    "Scan",
    "SourceFile",
    "UnreachableError",
    "UnreadableError",
    "covers",
    "open_file",
    "opened",
    "recorded_path",
    "scan",
]

PARTIAL_SUFFIXES = (".part", ".tmp")
"""Names that programs give to files they are still writing."""


@dataclass
class Scan:
    """What a look at the inbox found."""

    ready: list[SourceFile] = field(default_factory=list)
    settling: list[Location] = field(default_factory=list)
    closed: list[tuple[Location, UnreadableError]] = field(default_factory=list)
    """Folders and files that could not be looked at, and why."""


def recorded_path(path: Location, inbox: Location) -> str:
    """The path that a source is known by: relative to the inbox, else absolute; always UTF-8.

    An object is known by its address.
    """
    if isinstance(path, str):
        return path
    absolute = Path(os.path.normpath(path.absolute()))
    if isinstance(inbox, Path) and absolute.is_relative_to(inbox):
        absolute = absolute.relative_to(inbox)
    return os.fsencode(absolute).decode("utf-8", "backslashreplace")


def _walk(path: Path, closed: list[tuple[Location, UnreadableError]]) -> Iterator[Path]:
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
    roots: Iterable[Location],
    inbox: Location,
    settle_seconds: float,
    *,
    wait: bool = True,
) -> Scan:
    """Files under `roots` (files, folders, addresses) that nobody seems to be writing any more.

    A file changed less than `settle_seconds` ago is looked at again after that time; if its size,
    modification time or ETag moved meanwhile it is left for a later run, listed as settling.
    Without `wait` such files are listed as settling at once. Raises LocationError for a store that
    cannot be listed.
    """
    result = Scan()
    found: dict[str, SourceFile] = {}
    young: dict[Location, list[SourceFile]] = {}
    for root in roots:
        for candidate in _candidates(root, inbox, result.closed):
            if candidate.source_path in found:
                continue
            found[candidate.source_path] = candidate
            if time.time() - candidate.mtime_ns / 1e9 < settle_seconds:
                young.setdefault(root, []).append(candidate)
    if young and wait:
        time.sleep(settle_seconds)
    for root, candidates in young.items():
        # A store is asked for its list again: 1,000 objects a request, and not each of them.
        now = set(_candidates(root, inbox, [])) if wait and isinstance(root, str) else set()
        for candidate in candidates:
            if candidate not in now and not (wait and _is_unchanged(candidate, inbox)):
                result.settling.append(candidate.path)
                del found[candidate.source_path]
    result.ready = list(found.values())
    return result


def _candidates(
    root: Location, inbox: Location, closed: list[tuple[Location, UnreadableError]]
) -> Iterator[SourceFile]:
    """What lies under a root and is meant to be read; what cannot be looked at goes to `closed`."""
    if isinstance(root, str):
        store = Store(root)
        for candidate in store.objects():
            below = store.below(candidate.source_path)
            if not candidate.source_path.endswith(PARTIAL_SUFFIXES) and not any(
                part.startswith(".") for part in below.split("/")
            ):
                yield candidate
        return
    for path in _walk(root, closed):
        try:
            found = _candidate(path, inbox)
        except OSError as error:  # in a folder that may be listed and not entered
            closed.append((path, UnreadableError(error.strerror or str(error))))
            continue
        if found is not None:
            yield found


def _candidate(path: Path, inbox: Location) -> SourceFile | None:
    try:
        info = path.lstat()
        if stat.S_ISLNK(info.st_mode) and path.exists():
            info = path.stat()  # what is written to is the file it leads to
    except FileNotFoundError:
        return None
    return SourceFile(path, recorded_path(path, inbox), info.st_size, info.st_mtime_ns)


def _is_unchanged(candidate: SourceFile, inbox: Location) -> bool:
    try:
        return isinstance(candidate.path, Path) and _candidate(candidate.path, inbox) == candidate
    except OSError:
        return False


def _leads_out(target: Path) -> UnreadableError:
    return UnreadableError(
        f"symbolic link leads out of the inbox, to {target}",
        "put what it leads to into the inbox, or name that path: newsactors ingest PATH",
    )


def covers(root: Location, inbox: Location, source_path: str) -> bool:
    """Whether a look at `root` looks at what is recorded as `source_path`."""
    if isinstance(root, str):
        return Store(root).covers(source_path)
    path, folder = PurePath(source_path), PurePath(recorded_path(root, inbox))
    if "://" in source_path:
        return False
    # That of the inbox itself is '.'.
    return path.is_relative_to(folder) or (folder == PurePath() and not path.is_absolute())


def opened(
    candidates: Sequence[SourceFile], roots: Sequence[Location], max_bytes: int, folder: Path
) -> Iterator[tuple[SourceFile, AbstractContextManager[BinaryIO]]]:
    """Each of these files, to be opened: those on disk first, then objects, some fetched ahead.

    See `open_file` and `remote.fetched` for what entering raises. `folder` holds large objects for
    the time being.
    """
    for candidate in candidates:
        if isinstance(candidate.path, Path):
            yield candidate, open_file(candidate.path, roots, max_bytes)
    yield from object_store.fetched(
        (c for c in candidates if isinstance(c.path, str)), max_bytes, folder
    )


@contextmanager
def open_file(path: Path, roots: Sequence[Location], max_bytes: int) -> Iterator[BinaryIO]:
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
            folders = [root.resolve() for root in roots if isinstance(root, Path)]
            if not any(target.is_relative_to(folder) for folder in folders):
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
