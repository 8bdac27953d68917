"""Which inbox files were already read, kept in the state file.

Belongs here: the size, time, ETag and hash of each file when it was last read. Does not belong
here: walking the inbox (`storage.inbox`), the manifest (`storage.archive`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from etl.storage.archive import RawArchive
from etl.storage.source_file import SourceFile
from etl.storage.state_file import StateFile


class SeenFiles(StateFile):
    """The `seen` table of the state file; each method is one transaction."""

    def catch_up(self, archive: RawArchive) -> None:
        """Update `seen` from the manifest, after a kill, a retry, or with a new state file.

        A file's recorded size is kept if its last arrival has the same hash.
        """
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
        """Return the candidates whose size, time or ETag differs from when they were last read."""
        with self.transaction() as con:
            known = {
                path: (size, mtime, etag or "")
                for path, size, mtime, etag in con.execute(
                    "select source_path, size, mtime_ns, etag from seen"
                )
            }
        return [c for c in candidates if known.get(c.source_path) != (c.size, c.mtime_ns, c.etag)]

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
                    (c.source_path, sha, sequence, c.size, c.mtime_ns, c.etag)
                    for c, sha, sequence in files
                ],
            )
