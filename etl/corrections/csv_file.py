"""The file `corrections.csv` of the registry: strict reading, atomic appending.

Belongs here: that file, its lock and its digest. Does not belong here: what rows mean (`records`,
`plan`).

The file is CSV with a header, one row a line, quotes only if a field needs them, and LF line ends:
easy to edit by hand and to keep in git. An append writes a new file beside the old one, syncs it
and renames it, under a lock. A kill leaves the old rows or all of them, and concurrent appends lose
nothing.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from etl.corrections.records import COLUMNS, Correction, CorrectionError, parse
from etl.errors import NewsactorsError
from etl.settings import Settings
from etl.storage.files import exclusive_lock, write_atomically

HEADER = ",".join(COLUMNS)


class RegistryError(NewsactorsError):
    """The file cannot be read; the message says where, what is wrong and what to do."""


def corrections_file(settings: Settings) -> Path:
    """Return the path of the file of corrections."""
    return settings.registry / "corrections.csv"


def read_corrections(settings: Settings) -> list[Correction]:
    """Return all rows in order; none if there is no file. Raises RegistryError."""
    return _parse(corrections_file(settings), _bytes(settings))


def corrections_and_digest(settings: Settings) -> tuple[list[Correction], str]:
    """Return all rows and their digest, from one read of the file. Raises RegistryError."""
    data = _bytes(settings)
    return _parse(corrections_file(settings), data), _digest(data)


def corrections_digest(settings: Settings) -> str:
    """Return a digest of the file, even of an invalid one; empty if it has no rows."""
    return _digest(_bytes(settings))


def locked(settings: Settings) -> AbstractContextManager[None]:
    """Lock the file against other writers, from reading to appending."""
    return exclusive_lock(settings.registry / ".corrections.lock")


def append(settings: Settings, check: Callable[[list[Correction]], Correction]) -> Correction:
    """Append the row that `check` returns, given the rows before it.

    Other writers wait meanwhile. Raises RegistryError if the file cannot be read, and whatever
    `check` raises; nothing is appended then.
    """
    with locked(settings):
        path = corrections_file(settings)
        data = _bytes(settings)
        new = check(_parse(path, data))
        if data and not data.endswith(b"\n"):
            data += b"\n"
        if not data.strip():
            data = f"{HEADER}\n".encode()
        # Follow a symlink: the file may lie in a checkout of its own.
        write_atomically(path.resolve(), data + _line(new.fields).encode())
    return new


def _bytes(settings: Settings) -> bytes:
    try:
        return corrections_file(settings).read_bytes()
    except FileNotFoundError:
        return b""
    except IsADirectoryError:
        raise RegistryError(
            f"{corrections_file(settings)} is a directory, and must be a file of corrections: move "
            "the directory away and put the file in its place, or none to start without corrections"
        ) from None


def _digest(data: bytes) -> str:
    rows = data.replace(b"\r\n", b"\n").strip()
    is_empty = not rows or b"\n" not in rows
    return "" if is_empty else hashlib.sha256(rows).hexdigest()


def _line(fields: tuple[str, ...]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(fields)
    return out.getvalue()


def _parse(path: Path, data: bytes) -> list[Correction]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise RegistryError(f"{path}:{line}: it is not UTF-8; save it as UTF-8") from None
    found = []
    # One line at a time: an unclosed quote must not swallow the rows below it.
    for number, row in enumerate(text.replace("\r\n", "\n").split("\n"), 1):
        if number == 1:
            if row.strip() and row.strip() != HEADER:
                raise RegistryError(f"{path}:1: the first line must be {HEADER}")
            continue
        if not row.strip():
            continue
        try:
            (fields,) = csv.reader([row], strict=True)
            found.append(parse(fields, number))
        except csv.Error as error:
            raise RegistryError(
                f'{path}:{number}: {error}; a row is one line, with "…" around a field that holds '
                "a comma, and two quotes for one inside"
            ) from None
        except CorrectionError as error:
            raise RegistryError(f"{path}:{number}: {error}") from None
    return found
