"""Whether this user may write what a run writes.

A home becomes partly foreign when another user runs once, such as root by `sudo` or cron: files and
folders that run created can't be changed by the first user. A run that finds out half-way leaves
its work half done, so it is checked before it starts.

Belongs here: finding what this user can't write, and the command that mends it. Does not belong
here: sharing a home on purpose (`docs/operations.md`).
"""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterator
from pathlib import Path

from etl.errors import NewsactorsError
from etl.settings import Settings
from etl.storage.archive import RawArchive

_SHOWN = 3


class ForeignFilesError(NewsactorsError):
    """This user can't write files of the warehouse; the message says which and what to do."""


def require_writable(settings: Settings) -> None:
    """Raise ForeignFilesError if a run would fail because files belong to another user."""
    # A snapshot of another user is left alone: the publish makes a copy instead of reusing it.
    found = [path for path in foreign_paths(settings) if settings.snapshots not in path.parents]
    if found:
        raise ForeignFilesError(f"{describe(found)}. Nothing was changed: {remedy(settings)}")


def foreign_paths(settings: Settings) -> list[Path]:
    """Return the folders and files of the warehouse that this user needs to write and can't.

    Empty on a read-only file system: its own error says more.
    """
    if not settings.home.exists() or os.statvfs(settings.home).f_flag & os.ST_RDONLY:
        return []
    return [path for path in _written(settings) if not _may_write(path)]


def _written(settings: Settings) -> Iterator[Path]:
    """Yield the existing folders in which runs create files, and the files they write in place."""
    archive = RawArchive(settings.raw)
    for root in (settings.home, settings.registry):
        for name, folders, _ in os.walk(root):
            folder = Path(name)
            yield folder
            if folder == settings.home:
                # Repairs move files there; Dagster's own folder has its own messages.
                folders[:] = [name for name in folders if name not in ("damaged", "dagster")]
            if folder == settings.raw / "objects":
                # Not into its folders: they hold every original.
                yield from (folder / name for name in folders)
                folders.clear()
        if settings.registry.is_relative_to(settings.home):
            break
    for file in (
        archive.manifest, archive.manifest_copy, archive.intake_lock, settings.writer_lock,
        settings.state_file, settings.build_file,
    ):  # fmt: skip
        if file.exists():
            yield file


def _may_write(path: Path) -> bool:
    wanted = os.W_OK | os.X_OK if path.is_dir() else os.W_OK
    return os.access(path, wanted, effective_ids=os.access in os.supports_effective_ids)


def describe(paths: list[Path]) -> str:
    """Return which paths belong to whom, in one sentence."""
    owners = " and ".join(sorted({_name(path.stat().st_uid) for path in paths}))
    shown = ", ".join(map(str, paths[:_SHOWN]))
    more = f" and {len(paths) - _SHOWN:,} more" if len(paths) > _SHOWN else ""
    return f"{_name(os.geteuid())} can't write {shown}{more}, which belong to {owners}"


def remedy(settings: Settings) -> str:
    """Return the command that gives the files to this user."""
    roots = str(settings.home)
    if not settings.registry.is_relative_to(settings.home):
        roots += f" {settings.registry}"
    return (
        f"`sudo chown -R {_name(os.geteuid())} {roots}` gives them to this user; "
        "docs/operations.md says how several users share a warehouse"
    )


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
