"""Durable file operations and operating-system locks.

Belongs here: what any file of the warehouse needs to survive kills and power cuts. Does not belong
here: which files there are (the other modules of `etl.storage`, `etl.warehouse`).
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


def sync_directory(path: Path) -> None:
    """Make renames and new entries of a directory survive a power cut."""
    _fsync(path)


def sync_file(path: Path) -> None:
    """Make a file's content survive a power cut."""
    _fsync(path)


def _fsync(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def copy(source: Path, target: Path) -> None:
    """Copy a file's content; XFS and Btrfs share the blocks instead of copying them."""
    with source.open("rb") as old, target.open("wb") as new:
        remaining = os.fstat(old.fileno()).st_size
        try:
            while remaining and (
                copied := os.copy_file_range(old.fileno(), new.fileno(), remaining)
            ):
                remaining -= copied
        except (AttributeError, OSError):  # not on macOS, nor on some file systems
            old.seek(0)
            new.seek(0)
            shutil.copyfileobj(old, new, 1 << 24)


def remove_folder(folder: Path) -> None:
    """Remove a folder atomically: it is renamed to `.gone-…` first. A missing folder is fine."""
    if folder.exists():
        gone = folder.with_name(f".gone-{folder.name}")
        shutil.rmtree(gone, ignore_errors=True)
        folder.rename(gone)
        sync_directory(folder.parent)
        shutil.rmtree(gone, ignore_errors=True)


def is_open_elsewhere(path: Path) -> bool:
    """Whether another process may have this file open, or the file has a second name.

    Returns True if the system cannot tell. Linux grants a write lease only to the sole opener of
    an own file. The caller must make sure that nobody opens it from now on, for example by renaming
    it first.
    """
    try:
        with path.open("rb+") as file:
            # A process that opens the file at this moment makes the kernel send us SIGIO, which
            # would end this process; SIGURG is ignored.
            fcntl.fcntl(file, fcntl.F_SETSIG, signal.SIGURG)
            fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_WRLCK)
            fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_UNLCK)
            return os.fstat(file.fileno()).st_nlink > 1
    except (AttributeError, OSError):
        return True


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file whole or not at all, even if the process is killed.

    The caller holds the lock that guards this file: a killed writer's leftover is overwritten.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.tmp")
    with temporary.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    sync_directory(path.parent)


@contextmanager
def exclusive_lock(
    path: Path, on_wait: Callable[[], None] | None = None, *, wait: bool = True
) -> Iterator[None]:
    """Hold an exclusive lock; the operating system releases it if the process dies.

    If another process holds it, `on_wait` is called once before waiting. Without `wait` the block
    is entered without the lock in that case.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if on_wait is not None:
                on_wait()
            if wait:
                fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def shared_lock(path: Path) -> Iterator[bool]:
    """Try to hold a shared lock, without waiting and without creating the file.

    Yields whether it is held (or there is no lock file), so that nothing it guards can change.
    """
    if not path.exists():
        yield True
        return
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
