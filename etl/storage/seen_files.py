"""Which inbox files were already read, and from which archive on, kept in the state file.

Belongs here: the size, times, ETag and hash of each file when it was last read; the position in the
archive that this is known for. Does not belong here: walking the inbox (`storage.inbox`), the
manifest (`storage.archive`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime

from etl.storage.archive import RawArchive
from etl.storage.archive_position import Position
from etl.storage.source_file import SourceFile
from etl.storage.state_file import StateFile, now

_POSITION = "position"
_LOADED = "loaded_through"
_ACCEPTED = "accepted_published"
_SETTLED = "settled_through"
_READING = "reading"
_INBOXES = "inboxes"
_LOOKED = "looked_at"


class SeenFiles(StateFile):
    """The tables `seen` and `archive_notes` of the state file; each method is one transaction."""

    def archive_position(self) -> Position | None:
        """Return the last position of the archive that was recorded here."""
        return Position.from_json(self._note(_POSITION))

    def set_archive_position(self, position: Position | None) -> None:
        """Record the position of the archive that the seen files are known from."""
        self._set_note(_POSITION, position.to_json() if position else None)

    def loaded_through(self) -> int | None:
        """Return the manifest line up to which everything was loaded, None if it isn't known."""
        found = self._note(_LOADED)
        return None if found is None else int(found)

    def set_loaded_through(self, sequence: int) -> None:
        """Record the manifest line up to which everything is loaded or in quarantine."""
        self._set_note(_LOADED, str(sequence))

    def settled_through(self) -> int:
        """Return the manifest line up to which everything rejected is known to be in quarantine."""
        found = self._note(_SETTLED)
        # Version 3 of the layout had no such note at first: what was seen was settled by each run.
        return self.last_seen_sequence() if found is None else int(found)

    def settle_through(self, sequence: int, first: int = 0) -> None:
        """Record that what was rejected is in quarantine, in the lines `first` to `sequence`."""
        if first - 1 <= self.settled_through() < sequence:
            self._set_note(_SETTLED, str(sequence))

    def reading(self) -> str:
        """Return the id of the reading that the quarantine belongs to (`warehouse.catch_up`)."""
        return self._note(_READING) or ""

    def begin_reading(self, reading: str) -> None:
        """Record the reading: what is loaded and in quarantine of it isn't known yet."""
        self._set_note(_SETTLED, "0")
        self._set_note(_LOADED, None)
        self._set_note(_READING, reading)

    def note_inbox(self, sequence: int, inbox: str) -> None:
        """Record the inbox from which files are archived, from this manifest line on."""
        known = self.inboxes()
        if not known or known[-1][1] != inbox:
            self._set_note(_INBOXES, json.dumps([*known, (sequence, inbox)]))

    def inboxes(self) -> list[tuple[int, str]]:
        """Return the inboxes, each with the first manifest line that it may have brought."""
        return [(sequence, inbox) for sequence, inbox in json.loads(self._note(_INBOXES) or "[]")]

    def record_look(self) -> None:
        """Record that a schedule looked just now, and found nothing that a run could do."""
        self._set_note(_LOOKED, now())

    def looked_at(self) -> datetime | None:
        """Return when a schedule last looked and found nothing to do."""
        found = self._note(_LOOKED)
        return None if found is None else datetime.fromisoformat(found)

    def accepted_published(self) -> str | None:
        """Return `published_at` of the published file that may differ from the archive."""
        return self._note(_ACCEPTED)

    def accept_published(self, published_at: str | None) -> None:
        """Record that this published file may differ from the archive, until the next publish."""
        self._set_note(_ACCEPTED, published_at)

    def forget_seen(self) -> None:
        """Forget which files were seen, so that the next run looks at all of them."""
        with self.transaction() as con:
            con.execute("delete from seen")
            con.execute("delete from archive_notes")
            con.execute("insert into archive_notes (name, value) values (?, '0')", [_LOADED])

    def last_seen_sequence(self) -> int:
        """Return the last manifest line that brought a seen file, 0 for none."""
        with self.transaction() as con:
            (last,) = con.execute("select coalesce(max(sequence), 0) from seen").fetchone()
        return int(last)

    def seen_arrivals(self) -> list[tuple[int, str, str]]:
        """Return (sequence, hash, path) of the last arrival of each seen file, in order."""
        with self.transaction() as con:
            return con.execute(
                "select sequence, sha256, source_path from seen where sequence > 0 order by 1"
            ).fetchall()

    def _note(self, name: str) -> str | None:
        with self.transaction() as con:
            row = con.execute("select value from archive_notes where name = ?", [name]).fetchone()
        return row[0] if row else None

    def _set_note(self, name: str, value: str | None) -> None:
        with self.transaction() as con:
            if value is None:
                con.execute("delete from archive_notes where name = ?", [name])
            else:
                con.execute(
                    "insert into archive_notes (name, value) values (?, ?) on conflict (name) "
                    "do update set value = excluded.value where value <> excluded.value",
                    [name, value],
                )

    def catch_up(self, archive: RawArchive) -> None:
        """Update `seen` from the manifest, after a kill, a retry, or with a new state file.

        A file's recorded size is kept if its last arrival has the same hash.
        """
        self._set_note(_SETTLED, str(self.settled_through()))
        with self.transaction() as con:
            (last,) = con.execute("select coalesce(max(sequence), 0) from seen").fetchone()
            con.executemany(
                "insert into seen (source_path, sha256, sequence) values (?, ?, ?) "
                "on conflict (source_path) do update set sequence = excluded.sequence, "
                "sha256 = excluded.sha256, "
                "size = case when sha256 = excluded.sha256 then size end",
                (
                    (e.source_path, e.sha256, e.sequence)
                    for e in archive.entries(last)
                    if e.is_arrival
                ),
            )

    def unseen(self, candidates: Iterable[SourceFile]) -> list[SourceFile]:
        """Return the candidates to read: new, changed in size, times or ETag, or not loaded yet.

        Until its line is loaded or in quarantine, a file doesn't count as read.
        """
        with self.transaction() as con:
            known = {
                path: (size, mtime, etag or "")
                for path, size, mtime, etag in con.execute(
                    "select source_path, size, mtime_ns, etag from seen where sequence <= coalesce("
                    "(select cast(value as integer) from archive_notes where name = ?), sequence)",
                    [_LOADED],
                )
            }
        return [
            c for c in candidates if known.get(c.source_path) != (c.size, c.mtime_ns, c.change_tag)
        ]

    def seen_sha256(self, source_paths: Sequence[str]) -> dict[str, str]:
        """Return the hash under which each of these paths was last archived."""
        with self.transaction() as con:
            found = {}
            for path in source_paths:
                row = con.execute(
                    "select sha256 from seen where source_path = ?", [path]
                ).fetchone()
                if row:
                    found[path] = row[0]
        return found

    def mark_seen(self, files: Iterable[tuple[SourceFile, str, int]]) -> None:
        """Record files as read: (file, hash, manifest sequence or 0 if no line was written)."""
        with self.transaction() as con:
            con.executemany(
                "insert into seen (source_path, sha256, sequence, size, mtime_ns, etag) "
                "values (?, ?, ?, ?, ?, ?) on conflict (source_path) do update set "
                "sha256 = excluded.sha256, sequence = max(sequence, excluded.sequence), "
                "size = excluded.size, mtime_ns = excluded.mtime_ns, etag = excluded.etag",
                [
                    (c.source_path, sha, sequence, c.size, c.mtime_ns, c.change_tag)
                    for c, sha, sequence in files
                ],
            )
