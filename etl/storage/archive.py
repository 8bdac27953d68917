"""The raw archive: original bytes, and the manifest that records what arrived when.

Objects are content-addressed, zstd-compressed (readable with `zstd -d`) and written once. The
manifest is append-only JSON lines; line n has sequence n, so a sequence is found without parsing
the lines before it, and each line ends with its own checksum. Tombstones are recorded nowhere else,
so the manifest has a second copy, line by line. Archive and manifest are the backup from which
everything else is rebuilt.

Belongs here: storing bytes, appending to and reading the manifest. Does not belong here: what the
bytes mean (`etl.readers`), whether an article is new (`etl.warehouse.build_db`), comparing the
manifest's copies (`storage.manifest_copies`).
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, cast

import pyarrow as pa

from etl.errors import NewsactorsError
from etl.storage.files import sync_directory, sync_file

LINE_VERSION = 3
"""Format version of a manifest line. Lines of version 1 state no version and have no checksum."""
_WITHOUT_REREADS = 2
"""Version of the lines that an older newsactors reads: those that record no reread."""

_CHECKSUM = re.compile(rb'(.*), "crc32": "([0-9a-f]{8})"\}\n?', re.DOTALL)
_REMEDY = (
    "run `newsactors doctor --repair` to look for the original, or restore this file from a backup"
)
_LONGEST_LINE = 1 << 20
_REREADS_A_LINE = 2000
"""About 130 bytes each: a line stays far below _LONGEST_LINE."""
_CHUNK = 1 << 20
_IN_MEMORY = 64 << 20


class ArchiveError(NewsactorsError):
    """The archive is damaged; the message says where, and what to do."""


class NewerLineError(ArchiveError):
    """A newer newsactors wrote a manifest line that this version cannot read."""


class DamagedObjectError(ArchiveError):
    """Archived bytes exist but are damaged."""


class ChangedError(NewsactorsError):
    """A file changed while it was being read."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One manifest line: an arrival, a tombstone for a forgotten article, or a reread.

    `forgets` lists what must never be read again: hashes of archived bytes and article versions,
    ids of articles and of places (`article_ids.place_id`); an arrival has none. `stories` keeps
    what is needed of their stories (`etl.stories.grouping.KeptStory`), so that other articles keep
    their story ids. `again` marks bytes that are read again because items in them were rejected;
    articles already read from them stay as they are. `rereads` says what became of article ids when
    archived bytes were read in another way (`storage.article_successions`).
    """

    sequence: int
    sha256: str
    size: int
    source_path: str
    at: datetime
    run_id: str
    forgets: tuple[str, ...] = field(default=())
    stories: tuple[dict[str, Any], ...] = field(default=())
    again: bool = False
    rereads: tuple[dict[str, Any], ...] = field(default=())

    @property
    def is_arrival(self) -> bool:
        """Whether the line records bytes; tombstones, rereads and lost lines don't."""
        return bool(self.sha256)

    def to_line(self) -> bytes:
        record = asdict(self) | {"at": self.at.isoformat()}
        for name in ("forgets", "stories", "again", "rereads"):
            if not record[name]:
                del record[name]
        version = LINE_VERSION if self.rereads else _WITHOUT_REREADS
        body = json.dumps(record | {"version": version}, ensure_ascii=False).encode()
        return body[:-1] + b', "crc32": "%08x"}\n' % zlib.crc32(body)

    @classmethod
    def from_line(cls, line: bytes) -> Entry:
        """Return the entry of a line.

        Raises ValueError, TypeError or KeyError if it is damaged, NewerLineError if a newer version
        wrote it.
        """
        match = _CHECKSUM.fullmatch(line)
        body = match[1] + b"}" if match else line
        if match and zlib.crc32(body) != int(match[2], 16):
            raise ValueError("its checksum doesn't match")
        record = json.loads(body)
        version = record.pop("version", 1)
        if version > LINE_VERSION:
            raise NewerLineError(
                f"line {record.get('sequence')} of the manifest has version {version}, this "
                f"newsactors knows {LINE_VERSION}: update newsactors; nothing was changed"
            )
        if version > 1 and not match:
            raise ValueError("its checksum is damaged")
        record["at"] = datetime.fromisoformat(record["at"])
        for name in ("forgets", "stories", "rereads"):
            record[name] = tuple(record.get(name, ()))
        return cls(**record)


class RawArchive:
    """The archive under one folder. Only one process at a time may append (`intake_lock`)."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.manifest = root / "manifest.jsonl"
        self.manifest_copy = root / "manifest.copy.jsonl"
        self.intake_lock = root / "intake.lock"
        self.repair_marker = root / "manifest.repairing"
        """Exists while a repair writes the manifest and what depends on its bytes."""

    def object_path(self, sha256: str) -> Path:
        return self.root / "objects" / sha256[:2] / f"{sha256}.zst"

    @staticmethod
    def digest(file: BinaryIO) -> tuple[str, int]:
        """Return the SHA-256 and the size of a file, read from its start."""
        file.seek(0)
        sha256, size = hashlib.sha256(), 0
        while data := file.read(_CHUNK):
            sha256.update(data)
            size += len(data)
        return sha256.hexdigest(), size

    def put(self, file: BinaryIO, sha256: str) -> None:
        """Store a file's bytes under their hash. Idempotent.

        The caller holds the intake lock: a killed run's leftover is overwritten. Raises
        ChangedError if the file changed in the meantime.
        """
        path = self.object_path(sha256)
        if path.exists():
            return
        file.seek(0)
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = _unfinished(path)
        found = hashlib.sha256()
        try:
            # A stream marks its own end; Arrow's codec would need the size to decompress.
            with pa.CompressedOutputStream(pa.OSFile(str(temporary), "w"), "zstd") as stream:
                while data := file.read(_CHUNK):
                    found.update(data)
                    stream.write(data)
            if found.hexdigest() != sha256:
                raise ChangedError("it was modified while it was being read")
            sync_file(temporary)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
        sync_directory(path.parent)

    @contextmanager
    def open(self, sha256: str) -> Iterator[BinaryIO]:
        """Open the bytes with this hash, verified, as a seekable file.

        More than 64 MB are held in an unnamed temporary file. Raises ArchiveError if the bytes are
        missing or damaged.
        """
        with tempfile.SpooledTemporaryFile(_IN_MEMORY, dir=str(self.root)) as file:
            for data in self._bytes_of(sha256):
                file.write(data)
            file.seek(0)
            yield cast(BinaryIO, file)

    def check(self, sha256: str) -> None:
        """Raise ArchiveError if the bytes with this hash are missing or damaged."""
        for _ in self._bytes_of(sha256):
            pass

    def _bytes_of(self, sha256: str) -> Iterator[bytes]:
        path = self.object_path(sha256)
        found = hashlib.sha256()
        try:
            with pa.CompressedInputStream(pa.OSFile(str(path)), "zstd") as stream:
                while data := stream.read(_CHUNK):
                    found.update(data)
                    yield data
        except OSError as error:
            kind = DamagedObjectError if path.exists() else ArchiveError
            raise kind(
                f"archived bytes {sha256} cannot be read from {path} ({error}); {_REMEDY}"
            ) from error
        if found.hexdigest() != sha256:
            raise DamagedObjectError(
                f"{path} is damaged: its content no longer has the hash it is named by; {_REMEDY}"
            )

    def remove(self, sha256: str) -> None:
        """Delete bytes for good (only for `forget`), and a killed `put`'s leftover of them."""
        path = self.object_path(sha256)
        for file in (path, _unfinished(path)):
            file.unlink(missing_ok=True)

    def append(self, entries: Iterable[Entry]) -> None:
        """Append entries durably, after cutting off a torn line that a kill left.

        Raises ArchiveError if the manifest is shorter than its copy, or a newer version wrote the
        last line.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        data = b"".join(entry.to_line() for entry in entries)
        with self.manifest.open("ab") as file:
            last = self._cut_torn_line(file.fileno())
            with suppress(ValueError, TypeError, KeyError):
                Entry.from_line(last)  # raises NewerLineError, an ArchiveError
            if self._size_of_copy() > os.fstat(file.fileno()).st_size:
                raise ArchiveError(
                    f"{self.manifest} is shorter than its copy: lines were lost; "
                    "run `newsactors doctor --repair` to restore them"
                )
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        self._update_copy()
        sync_directory(self.root)

    def _size_of_copy(self) -> int:
        return self.manifest_copy.stat().st_size if self.manifest_copy.exists() else 0

    def _update_copy(self) -> None:
        """Append to the copy what it lacks: it is always a prefix of the manifest's bytes."""
        with self.manifest.open("rb") as source, self.manifest_copy.open("ab") as copy:
            source.seek(self._size_of_copy())
            shutil.copyfileobj(source, copy)
            copy.flush()
            os.fsync(copy.fileno())

    def append_again(self, entries: Iterable[Entry], run_id: str) -> int:
        """Enter arrivals once more, so that they are read again; return the last sequence."""
        now, sequence = datetime.now(UTC), self.last_sequence()
        again = [
            replace(e, sequence=number, at=now, run_id=run_id, again=True)
            for number, e in enumerate(entries, sequence + 1)
        ]
        self.append(again)
        return sequence + len(again)

    def forget(
        self, hashes: Iterable[str], run_id: str, stories: Iterable[dict[str, Any]] = ()
    ) -> None:
        """Append a tombstone: nothing with these hashes may be read again."""
        forgets = tuple(sorted(hashes))
        sequence = self.last_sequence() + 1
        now = datetime.now(UTC)
        self.append([Entry(sequence, "", 0, "", now, run_id, forgets, tuple(stories))])

    def note_rereads(self, rereads: Sequence[dict[str, Any]], run_id: str) -> None:
        """Append what became of article ids when archived bytes were read in another way."""
        sequence, now = self.last_sequence(), datetime.now(UTC)
        chunks = range(0, len(rereads), _REREADS_A_LINE)
        self.append(
            Entry(sequence + number, "", 0, "", now, run_id,
                  rereads=tuple(rereads[start : start + _REREADS_A_LINE]))
            for number, start in enumerate(chunks, 1)
        )  # fmt: skip

    def _cut_torn_line(self, fd: int) -> bytes:
        """Cut off everything after the last complete line, and return that line."""
        size = os.fstat(fd).st_size
        with self.manifest.open("rb") as file:
            file.seek(max(0, size - _LONGEST_LINE))
            tail = file.read()
        if tail and not tail.endswith(b"\n"):
            os.ftruncate(fd, size - len(tail) + tail.rfind(b"\n") + 1)
        return tail[: tail.rfind(b"\n")].rpartition(b"\n")[2]

    def entries(self, after: int = 0) -> Iterator[Entry]:
        """Yield the entries with a sequence above `after`, in order."""
        if not self.manifest.exists():
            return
        with self.manifest.open("rb") as file:
            for sequence, line in enumerate(islice(file, after, None), start=after + 1):
                if not line.endswith(b"\n"):
                    return  # an append in progress, or torn by a kill
                yield self._entry(sequence, line)

    def _entry(self, sequence: int, line: bytes) -> Entry:
        try:
            entry = Entry.from_line(line)
        except (ValueError, TypeError, KeyError) as error:
            raise ArchiveError(
                f"{self.manifest} line {sequence} cannot be read ({error}); run "
                "`newsactors doctor --repair` to restore it, or restore the manifest from a backup"
            ) from error
        if entry.sequence != sequence:
            raise ArchiveError(
                f"{self.manifest} line {sequence} states sequence {entry.sequence}: lines were "
                "lost or added; run `newsactors doctor --repair` to restore them, or restore the "
                "manifest from a backup"
            )
        return entry

    def readable_entries(self) -> Iterator[Entry]:
        """Yield the entries of all undamaged lines, in order."""
        if self.manifest.exists():
            with self.manifest.open("rb") as file:
                for line in file:
                    with suppress(ValueError, TypeError, KeyError):
                        yield Entry.from_line(line)

    def last_sequence(self) -> int:
        """Return the sequence of the last complete line, 0 for an empty archive."""
        if not self.manifest.exists():
            return 0
        with self.manifest.open("rb") as file:
            return sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(_CHUNK), b""))

    def tombstones(self) -> list[Entry]:
        """Return the tombstones, in order."""
        return [entry for entry in self._lines_with(b'"forgets"') if entry.forgets]

    def rereads(self) -> list[Entry]:
        """Return the lines that record a reread, in order."""
        return [entry for entry in self._lines_with(b'"rereads"') if entry.rereads]

    def _lines_with(self, *names: bytes) -> list[Entry]:
        """Return the entries whose line has one of these names, in quotation marks."""
        if not self.manifest.exists():
            return []
        with self.manifest.open("rb") as file:
            return [
                self._entry(sequence, line)
                for sequence, line in enumerate(file, start=1)
                # No file name can contain one: quotation marks are escaped.
                if line.endswith(b"\n") and any(name in line for name in names)
            ]

    def forgotten(self) -> frozenset[str]:
        """Return the hashes and ids of what must not be read again (see `Entry`).

        Those that a reread withholds are among them. Places that it releases hold another text
        than the forgotten one since.
        """
        found: set[str] = set()
        for entry in self._lines_with(b'"forgets"', b'"rereads"'):
            found.update(entry.forgets)
            found.difference_update(r["releases"] for r in entry.rereads if "releases" in r)
            found.update(r["withholds"] for r in entry.rereads if "withholds" in r)
        return frozenset(found)


def _unfinished(path: Path) -> Path:
    return path.with_name(f"{path.name}.tmp")
