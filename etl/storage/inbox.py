"""Lists the inbox files that are ready to be read, and opens them.

Belongs here: walking folders, the settle time of half-written files, unusual names, files that
cannot be opened, the folder of files beside a saved page. Does not belong here: object stores
(`storage.object_store`), which files were read before (`storage.seen_files`), what is in a file
(`etl.readers`).
"""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import BinaryIO, cast

from etl.readers.containers.streams import PassThroughFile
from etl.readers.pages.saved_page import SavedPages
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
"""Suffixes of files that a program is still writing."""

_LAST_NS = 2**63 - 1
"""The last modification time that SQLite can hold, in the year 2262; file systems go further."""


@dataclass
class Scan:
    """The result of scanning the inbox."""

    ready: list[SourceFile] = field(default_factory=list)
    settling: list[Location] = field(default_factory=list)
    unreadable: list[tuple[Location, UnreadableError]] = field(default_factory=list)
    """Folders and files that could not be listed, and why."""
    beside_pages: list[str] = field(default_factory=list)
    """Folders of files that a browser saved with a page, which are no articles."""


def recorded_path(path: Location, inbox: Location) -> str:
    """Return the path to record for a source: relative to the inbox, else absolute; always UTF-8.

    An object is recorded by its address.
    """
    if isinstance(path, str):
        return path
    absolute = Path(os.path.normpath(path.absolute()))
    if isinstance(inbox, Path) and absolute.is_relative_to(inbox):
        absolute = absolute.relative_to(inbox)
    return os.fsencode(absolute).decode("utf-8", "backslashreplace")


def _walk(path: Path, result: Scan) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return

    def report(error: OSError) -> None:
        failed = UnreadableError(error.strerror or str(error))
        result.unreadable.append((Path(error.filename), failed))

    for folder, folders, names in os.walk(path, onerror=report):
        pages = SavedPages(names)
        own = sorted(name for name in folders if pages.own(f"{name}/"))
        result.beside_pages += [str(Path(folder) / name) for name in own]
        folders[:] = sorted(
            name for name in folders if not name.startswith(".") and name not in own
        )
        # Links to folders are not followed: a target inside the inbox is walked in its own place.
        links = (link for name in folders if (link := Path(folder) / name).is_symlink())
        result.unreadable += [(link, error) for link in links if (error := _not_walked(link, path))]
        for name in sorted(names):
            # rsync and editors write to a dot file and then rename it.
            if (
                not name.startswith(".")
                and not name.endswith(PARTIAL_SUFFIXES)
                and not pages.own(f"{Path(folder).name}/{name}")
            ):
                yield Path(folder) / name


def scan(
    roots: Iterable[Location],
    inbox: Location,
    settle_seconds: float,
    *,
    wait: bool = True,
) -> Scan:
    """Return the files under `roots` (files, folders, addresses) that are no longer being written.

    A file that changed less than `settle_seconds` ago is checked again after that time. If its
    size, modification time or ETag changed in between, it is listed as settling and left for a
    later run. Without `wait` it is listed as settling at once. Raises LocationError if a store
    cannot be listed.
    """
    result = Scan()
    found: dict[str, SourceFile] = {}
    young: dict[Location, list[SourceFile]] = {}
    roots = list(roots)
    # A shell names the page and its folder for "news/*".
    pages = SavedPages(str(root) for root in roots)
    for root in roots:
        if pages.own(str(root)) or pages.own(f"{root}/"):
            continue
        for candidate in _candidates(root, inbox, result):
            if (other := found.get(candidate.source_path)) is not None:
                if not _is_same(other.path, candidate.path):
                    result.unreadable.append((candidate.path, _same_name(other.path)))
                continue
            found[candidate.source_path] = candidate
            if time.time() - candidate.mtime_ns / 1e9 < settle_seconds:
                young.setdefault(root, []).append(candidate)
    if young and wait:
        time.sleep(settle_seconds)
    for root, candidates in young.items():
        # A store is listed again, at 1,000 objects per request, instead of querying each object.
        is_listed = wait and isinstance(root, str)
        relisted = set(_candidates(root, inbox, Scan())) if is_listed else set()
        for candidate in candidates:
            if candidate not in relisted and not (wait and _is_unchanged(candidate, inbox)):
                result.settling.append(candidate.path)
                del found[candidate.source_path]
    result.ready = list(found.values())
    return result


def _candidates(root: Location, inbox: Location, result: Scan) -> Iterator[SourceFile]:
    """Yield the files to read under a root; note in `result` what isn't listed, and why."""
    if isinstance(root, str):
        store = Store(root)
        objects = store.objects()
        pages = SavedPages(candidate.source_path for candidate in objects)
        for candidate in objects:
            below = store.below(candidate.source_path)
            if not candidate.source_path.endswith(PARTIAL_SUFFIXES) and not (
                any(part.startswith(".") for part in below.split("/"))
                or pages.own(candidate.source_path)
            ):
                yield candidate
        return
    for path in _walk(root, result):
        try:
            found = _candidate(path, inbox)
        except OSError as error:  # in a folder with read but no search permission
            result.unreadable.append((path, UnreadableError(error.strerror or str(error))))
            continue
        if found is not None:
            yield found


def _candidate(path: Path, inbox: Location) -> SourceFile | None:
    try:
        info = path.lstat()
        if stat.S_ISLNK(info.st_mode) and path.exists():
            info = path.stat()  # a writer changes the target, not the link
    except FileNotFoundError:
        return None
    mtime_ns = min(max(info.st_mtime_ns, -_LAST_NS), _LAST_NS)
    # A copy that keeps size and time, as rsync and archives make, has another change time.
    changed = str(info.st_ctime_ns)
    return SourceFile(path, recorded_path(path, inbox), info.st_size, mtime_ns, changed)


def _is_unchanged(candidate: SourceFile, inbox: Location) -> bool:
    try:
        return isinstance(candidate.path, Path) and _candidate(candidate.path, inbox) == candidate
    except OSError:
        return False


def _is_same(one: Location, other: Location) -> bool:
    """Whether two locations are one file or object, such as "a" and "./a"."""
    if isinstance(one, str) or isinstance(other, str):
        return one == other
    return os.path.normpath(one.absolute()) == os.path.normpath(other.absolute())


def _same_name(other: Location) -> UnreadableError:
    return UnreadableError(f"its name is recorded as that of {str(other)!a}", "rename one of them")


def _not_walked(link: Path, root: Path) -> UnreadableError | None:
    """Return why the files below a link to a folder are not read, None if they are."""
    target = link.resolve()
    if not target.is_relative_to(root.resolve()):
        return _leads_out(target)
    if any(part.startswith(".") for part in target.relative_to(root.resolve()).parts):
        return UnreadableError(
            f"symbolic link to {target}, in a hidden folder", "rename the folder without the dot"
        )
    return None


def _leads_out(target: Path) -> UnreadableError:
    return UnreadableError(
        f"symbolic link leads out of the inbox, to {target}",
        "move its target into the inbox, or name the target: newsactors ingest PATH",
    )


def _broken_link(path: Path) -> UnreadableError | None:
    """Return the error of a symbolic link that ends at no file; None if `path` is none."""
    if not path.is_symlink():
        return None
    try:
        path.stat()
    except FileNotFoundError:
        way = "leads nowhere"
    except OSError as error:
        if error.errno != errno.ELOOP:
            return None
        way = "leads in a circle"
    else:
        return None
    target = os.fsencode(path.readlink()).decode("utf-8", "backslashreplace")
    return UnreadableError(
        f"symbolic link {way}, by way of {target}", "remove the link, or let it lead to a file"
    )


def covers(root: Location, inbox: Location, source_path: str) -> bool:
    """Whether a scan of `root` covers the file recorded as `source_path`."""
    if isinstance(root, str):
        return Store(root).covers(source_path)
    path, folder = PurePath(source_path), PurePath(recorded_path(root, inbox))
    if "://" in source_path:
        return False
    # The inbox itself is recorded as '.'.
    return path.is_relative_to(folder) or (folder == PurePath() and not path.is_absolute())


def opened(
    candidates: Sequence[SourceFile], roots: Sequence[Location], max_bytes: int, folder: Path
) -> Iterator[tuple[SourceFile, AbstractContextManager[BinaryIO]]]:
    """Yield each file with a context manager that opens it: files on disk first, then objects.

    Objects are prefetched; `folder` holds large ones temporarily. Entering raises as `open_file`
    and `object_store.fetched` do.
    """
    for candidate in candidates:
        if isinstance(candidate.path, Path):
            yield candidate, open_file(candidate.path, roots, max_bytes)
    yield from object_store.fetched(
        (c for c in candidates if isinstance(c.path, str)), max_bytes, folder
    )


@contextmanager
def open_file(path: Path, roots: Sequence[Location], max_bytes: int) -> Iterator[BinaryIO]:
    """Open a regular file for reading.

    Raises UnreadableError if it cannot be opened, is a pipe or device (which could block a run
    forever), is a symbolic link that leads out of `roots`, or is larger than `max_bytes`; and
    FileNotFoundError if it no longer exists. A later error while reading becomes an
    UnreadableError too.
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
        if (broken := _broken_link(path)) is not None:
            raise broken from error
        raise UnreadableError(getattr(error, "strerror", None) or str(error)) from error
    with os.fdopen(fd, "rb") as file:
        info = os.fstat(fd)
        if not stat.S_ISREG(info.st_mode):
            raise UnreadableError("not a regular file", "remove it from the inbox")
        if info.st_size > max_bytes:
            raise UnreadableError(
                f"{info.st_size:,} bytes; at most {max_bytes:,} are read",
                "split the file, or raise NEWSACTORS_MAX_FILE_BYTES",
            )
        yield cast(BinaryIO, _Readable(file))


class _Readable(PassThroughFile):
    """Turns an OSError while reading this file into UnreadableError.

    Any other OSError is then known to have another cause, such as a full disk.
    """

    def read(self, size: int = -1) -> bytes:
        try:
            return self.file.read(size)
        except OSError as error:
            raise UnreadableError(error.strerror or str(error)) from error
