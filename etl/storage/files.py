"""Durable file operations and the operating-system locks that the rest of the store builds on."""

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
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def sync_file(path: Path) -> None:
    """Make a file's content survive a power cut."""
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def copy(source: Path, target: Path) -> None:
    """Copy a file's content; file systems that can (XFS, Btrfs) share its blocks."""
    with source.open("rb") as old, target.open("wb") as new:
        left = os.fstat(old.fileno()).st_size
        try:
            while left and (done := os.copy_file_range(old.fileno(), new.fileno(), left)):
                left -= done
        except (AttributeError, OSError):  # macOS has no such call, some file systems neither
            old.seek(0)
            new.seek(0)
            shutil.copyfileobj(old, new, 1 << 24)


def is_open_elsewhere(path: Path) -> bool:
    """Whether anybody has this file open, or has it by another name; True where none can tell.

    A write lease is granted to whom alone has a file open (Linux, own file). The caller makes sure
    that nobody opens it from now on, for example by a rename to a name that nobody looks for.
    """
    try:
        with path.open("rb+") as file:
            # Whoever opened it in this moment would send SIGIO, which ends a process.
            fcntl.fcntl(file, fcntl.F_SETSIG, signal.SIGURG)
            fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_WRLCK)
            fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_UNLCK)
            return os.fstat(file.fileno()).st_nlink > 1
    except (AttributeError, OSError):
        return True


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file whole or not at all, whatever is killed in between.

    The caller holds the lock under which this file is written: what a kill leaves is written over.
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
    """Hold an exclusive lock that the operating system drops when the process dies.

    `on_wait` is called once where another holds it, before waiting for it; without `wait` the
    block is then entered without the lock.
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
    """Hold off who would take this lock for himself, without waiting and without making it.

    Yields whether nobody has it, so that nothing it guards changes meanwhile.
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
