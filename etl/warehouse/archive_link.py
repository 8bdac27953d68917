"""The link between the archive and the parts made from it: staging, run state, build, publish.

Each part records the position in the manifest that it was made from (`storage.archive_position`).
Commands that write compare all parts with the archive first, so that an archive that is lost,
older or another is refused before it silently swallows new files. Parts of older versions have no
position; they are compared by the number of the last line and record a position in the next run.

Belongs here: reading the positions, comparing, naming what is lost, accepting a loss. Does not
belong here: a position itself (`storage.archive_position`), repairing the manifest (`etl.doctor`).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from etl.errors import NewsactorsError
from etl.settings import Settings
from etl.storage import staged_batch, state_file_check
from etl.storage.archive import Entry, RawArchive
from etl.storage.archive_position import Position, position_at
from etl.storage.files import remove_folder, write_atomically
from etl.storage.run_state import State
from etl.storage.source_file import file_of
from etl.storage.staged_tables import ARTICLES
from etl.storage.staging import Staging
from etl.storage.state_file import STATE_VERSION
from etl.warehouse import build_db, recovery
from etl.warehouse.publish import (
    FORGOTTEN_THROUGH,
    READING,
    properties_of,
    published_properties,
    published_property,
    published_through,
    read_published,
)

ARCHIVE_POSITION = "archive_position"
"""Property of the build file and of the published file: the position that they were loaded from."""

_SHOWN = 10


class ArchiveMismatchError(NewsactorsError):
    """The archive is not the one that other parts were made from; the message says what to do."""


@dataclass(frozen=True)
class Part:
    """A part made from the archive: its name, its path, the last manifest line it knows of."""

    name: str
    path: Path
    through: int
    position: Position | None


@dataclass(frozen=True)
class Mismatch:
    """The parts that know more than the archive, or another archive.

    `ahead` were made from lines that the archive lacks, `foreign` from lines that it holds
    otherwise, and `agreeing` from this archive. `common` is the last line up to which the archive
    and the other parts agree, and `lost` lists lines whose bytes the archive does not record, as
    the other parts know them.
    """

    archive: RawArchive
    last: int
    ahead: tuple[Part, ...]
    foreign: tuple[Part, ...]
    agreeing: tuple[Part, ...]
    common: int
    lost: tuple[Entry, ...]

    @property
    def is_foreign_part(self) -> bool:
        """Whether the archive is in order, and only some parts come from elsewhere."""
        return bool(self.agreeing and self.foreign and not self.ahead)

    @property
    def is_shorter(self) -> bool:
        """Whether the archive is in order as far as it goes, and lacks its last lines."""
        return not self.foreign and self.common >= self.last

    @property
    def through(self) -> int:
        """The last line that another part knows of."""
        return max(part.through for part in (*self.ahead, *self.foreign, *self.agreeing))

    def describe(self, shown: int | None = None) -> str:
        """Return what is wrong, and which files are missing: all, or the first `shown`."""
        if self.is_foreign_part:
            parts = " and ".join(f"{part.name} ({part.path})" for part in self.foreign)
            verb = "comes" if len(self.foreign) == 1 else "come"
            return f"the {parts} {verb} from another archive than {self.archive.root}"
        others = " and ".join(part.name for part in (*self.ahead, *self.foreign))
        through = self.through
        if self.is_shorter:
            what = f"ends with line {self.last:,}, but the {others} know {through:,} lines"
        else:
            what = (
                f"is another archive than the one of the {others}: they agree up to line "
                f"{self.common:,} of {through:,}"
            )
        return f"{self.archive.root} {what}{self._missing(shown)}"

    def _missing(self, shown: int | None) -> str:
        if not self.lost:
            return ""
        paths = ", ".join(entry.source_path for entry in self.lost[:shown])
        hidden = len(self.lost) - (shown or len(self.lost))
        more = f" and {hidden:,} more; `newsactors doctor` names all" if hidden > 0 else ""
        return f". Missing: {paths}{more}"

    def remedy(self) -> str:
        """Return what the user can do."""
        if self.is_foreign_part:
            return (
                "move that part away, and the next `newsactors ingest` makes it again from the "
                "archive; or, if the archive is the wrong one, restore it from your backup"
            )
        return (
            "restore this folder from your backup, or mount the volume that holds it, and run "
            "again. `newsactors doctor --repair` restores what is loaded or still in the inbox; "
            "`newsactors ingest --accept-loss` continues with the archive as it is"
        )

    def error(self) -> ArchiveMismatchError:
        return ArchiveMismatchError(
            f"{self.describe(_SHOWN)}. Nothing was changed: {self.remedy()}"
        )


def require(settings: Settings, build: duckdb.DuckDBPyConnection | None = None) -> None:
    """Raise ArchiveMismatchError unless the archive is the one that all parts were made from.

    `build` is a connection to the build file, if the caller may open it: it needs the writer lock.
    """
    if found := compare(settings, build):
        raise found.error()


def compare(settings: Settings, build: duckdb.DuckDBPyConnection | None = None) -> Mismatch | None:
    """Return how the archive differs from what the other parts were made from, None if it fits."""
    archive, state = RawArchive(settings.raw), _state(settings)
    # The parts before the manifest, which a run may be extending.
    parts = list(_parts(settings, state, build))
    last = archive.last_sequence()
    ahead, foreign, agreeing = [], [], []
    for part in parts:
        if part.through > last or (part.position and part.position.is_beyond(archive)):
            ahead.append(part)
        elif part.position and not part.position.is_in(archive):
            foreign.append(part)
        elif part.position:
            agreeing.append(part)
    if not ahead and not foreign:
        return None
    known = _arrivals(settings, state, build)
    common = _common(archive, known)
    recorded = {entry.sha256 for entry in archive.readable_entries()}
    forgotten = {sha256 for entry in archive.readable_entries() for sha256 in entry.forgets}
    lost = tuple(
        entry
        for entry in sorted(known, key=lambda entry: entry.sequence)
        if entry.sha256 not in recorded and entry.sha256 not in forgotten
    )
    return Mismatch(archive, last, tuple(ahead), tuple(foreign), tuple(agreeing), common, lost)


def _parts(
    settings: Settings, state: State | None, build: duckdb.DuckDBPyConnection | None
) -> Iterator[Part]:
    if state is not None:
        position = state.archive_position()
        yield _part("run state", settings.state_file, state.last_seen_sequence(), position)
    staged = Staging(settings.extracted).last_sequence()
    yield _part("staging", settings.extracted, staged, staged_position(settings))
    if build is not None:
        through = max(build_db.loaded_through(build)["ingest"],
                      int(build_db.get_property(build, FORGOTTEN_THROUGH) or 0))  # fmt: skip
        yield _part("build database", settings.build_file, through, _loaded_position(build))
    if (published := _published(settings, state)) is not None:
        yield published


def _part(name: str, path: Path, through: int, position: Position | None) -> Part:
    return Part(name, path, max(through, position.sequence if position else 0), position)


def _state(settings: Settings) -> State | None:
    """Return the run state; None if there is none yet, or opening it would upgrade it.

    A run upgrades it before it compares anything.
    """
    with suppress(sqlite3.Error):
        path = settings.state_file
        if path.exists() and state_file_check.version_of(path) == STATE_VERSION:
            return State(path)
    return None


def _published(settings: Settings, state: State | None) -> Part | None:
    """Return the published file as a part; None if there is none, or its loss is accepted."""
    properties = published_properties(settings)
    # None if it is damaged, too: the next publish replaces it.
    if properties is None or _is_accepted(properties, state):
        return None
    position = Position.from_json(properties.get(ARCHIVE_POSITION))
    # A tombstone adds a line that no position names.
    through = max(0 if position else published_through(settings),
                  int(properties.get(FORGOTTEN_THROUGH) or 0))  # fmt: skip
    return _part("published file", settings.published, through, position)


def is_published_usable(settings: Settings) -> bool:
    """Whether the published file can be read, and was made from this archive (see `require`)."""
    properties = published_properties(settings)
    return properties is not None and not _is_accepted(properties, _state(settings))


def is_of_another_archive(settings: Settings, published: duckdb.DuckDBPyConnection) -> bool:
    """Whether the published file was made from more than the archive, or from another one."""
    try:
        properties = properties_of(published)
    except duckdb.CatalogException:
        return False  # another version published it
    position = Position.from_json(properties.get(ARCHIVE_POSITION))
    if position is None or position.is_in(RawArchive(settings.raw)):
        return False
    return not _is_accepted(properties, _state(settings))


def _is_accepted(properties: Mapping[str, str], state: State | None) -> bool:
    """Whether the user accepted that this published file differs from the archive."""
    return state is not None and properties.get("published_at") == state.accepted_published()


def _arrivals(
    settings: Settings, state: State | None, build: duckdb.DuckDBPyConnection | None
) -> list[Entry]:
    """Return the lines that the other parts know of, each (sequence, hash) once; sizes are 0."""
    found: dict[tuple[int, str], Entry] = {}

    def add(entries: Iterable[Entry]) -> None:
        # The first one stays: the run state alone knows the path of the file for certain.
        for entry in entries:
            found.setdefault((entry.sequence, entry.sha256), entry)

    if state is not None:
        now = datetime.now(UTC)
        add(Entry(n, sha, 0, path, now, "restored") for n, sha, path in state.seen_arrivals())
    add(_staged_arrivals(settings))
    if build is not None:
        add(recovery.arrivals(build).values())
    if _published(settings, state) is not None:
        add((read_published(settings, recovery.arrivals) or {}).values())
    return list(found.values())


def _staged_arrivals(settings: Settings) -> Iterator[Entry]:
    names = ["sequence", "source_sha256", "source_path", "archived_at", "run_id"]
    for batch in Staging(settings.extracted).all_batches():
        if batch.kind == "ingest":
            rows = staged_batch.read(batch, ARTICLES, names)
            columns = (rows[name].to_pylist() for name in names)
            for sequence, sha256, path, at, run_id in zip(*columns, strict=True):
                yield Entry(sequence, sha256, 0, file_of(path), at, run_id)


def _common(archive: RawArchive, known: Sequence[Entry]) -> int:
    """Return the last line up to which the archive holds what the other parts know of."""
    entries = {entry.sequence: entry for entry in archive.readable_entries()}
    differing = (
        entry.sequence
        for entry in known
        if entry.sequence in entries and entries[entry.sequence].sha256 != entry.sha256
    )
    return min(differing, default=len(entries) + 1) - 1


def _position_file(settings: Settings) -> Path:
    return settings.extracted / "archive-position.json"


def staged_position(settings: Settings) -> Position | None:
    """Return the position that the staging was made from, None if none is recorded."""
    try:
        return Position.from_json(_position_file(settings).read_text())
    except (FileNotFoundError, ValueError, TypeError):
        return None


def _loaded_position(build: duckdb.DuckDBPyConnection) -> Position | None:
    return Position.from_json(build_db.get_property(build, ARCHIVE_POSITION))


def note_archived(settings: Settings, sequence: int) -> None:
    """Record the end of the manifest, whose last line this is, in the run state.

    The caller holds the intake lock.
    """
    archive, state = RawArchive(settings.raw), State(settings.state_file)
    state.set_archive_position(position_at(archive, sequence, state.archive_position()))


def note_staged(settings: Settings) -> None:
    """Record the position that everything is staged through. The caller holds the intake lock."""
    recorded = staged_position(settings)
    through = Staging(settings.extracted).staged_through()
    position = position_at(RawArchive(settings.raw), through, recorded)
    if position is not None and position != recorded:
        write_atomically(_position_file(settings), position.to_json().encode())


def note_loaded(settings: Settings, build: duckdb.DuckDBPyConnection) -> None:
    """Record the position that everything is loaded through, in the build file and run state."""
    recorded = _loaded_position(build)
    through = build_db.loaded_through(build)["ingest"]
    position = position_at(RawArchive(settings.raw), through, recorded)
    if position is not None and position != recorded:
        build_db.set_property(build, ARCHIVE_POSITION, position.to_json())
    build_db.set_property(build, READING, Staging(settings.extracted).reading())
    State(settings.state_file).set_loaded_through(through)


def note_repaired(settings: Settings) -> None:
    """Record positions in a manifest that a repair wrote again, and make a publish due.

    The caller holds the writer lock and the intake lock.
    """
    note_archived(settings, RawArchive(settings.raw).last_sequence())
    _position_file(settings).unlink(missing_ok=True)
    note_staged(settings)
    _accept_published(settings)
    if settings.build_file.exists():
        # The next run loads an older or damaged build file again.
        with suppress(build_db.BuildError), build_db.open_build(settings.build_file) as con:
            note_loaded(settings, con)
            build_db.new_generation(con)


def accept_loss(settings: Settings) -> Mismatch | None:
    """Continue with the archive as it is, even if other parts were made from more or another.

    Drops what was staged and loaded beyond the lines that agree, and forgets which files were seen,
    so that the next run looks at all files of the inbox again. Readers keep the published file
    until then. The caller holds the writer lock and the intake lock. Returns what is lost, None if
    nothing is. Killed and called again, it completes.
    """
    build = None
    with suppress(build_db.BuildError):
        build = build_db.open_build(settings.build_file)
    try:
        found = compare(settings, build)
    finally:
        if build is not None:
            build.close()
    if found is None:
        return None
    stage = Staging(settings.extracted)
    for batch in reversed(stage.all_batches()):
        if batch.kind == "ingest" and batch.last > found.common:
            remove_folder(batch.path)
    _position_file(settings).unlink(missing_ok=True)
    build_db.remove_build(settings.build_file)
    state = State(settings.state_file)
    state.forget_seen()
    archive = RawArchive(settings.raw)
    state.leave_lost({(e.source_path, e.sha256) for e in archive.readable_entries()})
    _accept_published(settings)
    return found


def _accept_published(settings: Settings) -> None:
    at = published_property(settings, "published_at")
    State(settings.state_file).accept_published(at)
