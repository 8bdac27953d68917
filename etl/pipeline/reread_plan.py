"""Which archived files today's readers read otherwise than they are loaded, and how.

Belongs here: reading archived files again and comparing them with the loaded articles. Does not
belong here: what becomes of articles (`etl.pipeline.reread_changes`), carrying it out
(`etl.pipeline.reread`).

A file is read in a stream first, to compare hashes, and into memory only if it changed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import duckdb

from etl.pipeline.errors import InputError
from etl.pipeline.loaded_items import Row, digest, prepare, row_of
from etl.pipeline.match_articles import Text, match
from etl.pipeline.progress import Progress, warn
from etl.pipeline.read_archived import ReadItem, forgettable_ids, read_archived
from etl.pipeline.reread_changes import (
    FileChange,
    Ids,
    Rereading,
    decide_fates,
    describe_today,
)
from etl.pipeline.withheld_articles import find_forgotten, unread_articles
from etl.readers.field_mapping import MappingError, load_mappings
from etl.settings import Settings
from etl.storage.archive import ArchiveError, Entry, RawArchive
from etl.storage.article_successions import Successions, recorded, tombstones
from etl.storage.run_state import State
from etl.storage.staged_tables import ReadArticle
from etl.storage.staging import index_in_member

STAGE = "read again"


class Rereader:
    """Reads archived files again and compares them with what `con` holds.

    `con` is open on the published file or the build file. Raises InputError if `fields.yaml` cannot
    be used.
    """

    def __init__(self, settings: Settings, con: duckdb.DuckDBPyConnection) -> None:
        self.settings, self.con = settings, con
        self.archive = RawArchive(settings.raw)
        self.forgotten = self.archive.forgotten()
        self.tombstones = tombstones(self.archive)
        self.kept = recorded(self.archive).kept
        try:
            self.mappings = load_mappings(settings.field_mappings)
        except MappingError as error:
            raise InputError(str(error)) from None
        prepare(con)
        self.failed = {
            (item.source_path, item.source_sha256, item.item)
            for item in State(settings.state_file).quarantine()
            if item.reason == "extraction_failed"
        }
        """Articles that are read and not loaded. A rebuild tries them again."""

    def groups(self, through: int) -> list[list[Entry]]:
        """Return the arrivals up to a manifest line, each with the lines that repeat it.

        A line that reads bytes `again` holds only what an earlier line of the same file lacks.
        """
        found: dict[int, list[Entry]] = {}
        last: dict[tuple[str, str], int] = {}
        for entry in self.archive.entries():
            if entry.sequence > through:
                break
            if not entry.is_arrival or entry.sha256 in self.forgotten:
                continue
            key = entry.source_path, entry.sha256
            if entry.again and key in last:
                found[last[key]].append(entry)
            else:
                last[key] = entry.sequence
                found[entry.sequence] = [entry]
        return list(found.values())

    def changes(
        self, groups: Sequence[list[Entry]], formats: Collection[str], progress: Progress
    ) -> Iterator[Rereading]:
        """Yield the files that are read otherwise today, in the order of the manifest.

        With `formats`, only those that were or are read in one of them.
        """
        for done, entries in enumerate(groups):
            progress(STAGE, done, len(groups))
            try:
                found = self._compare(entries)
            except ArchiveError as error:
                warn(progress, f"{entries[0].source_path} stays as it was read: {error}")
                continue
            if found is None:
                continue
            if not formats or {*found.change.formats, *found.change.formats_before} & {*formats}:
                self.kept |= found.successions.kept
                yield found
        progress(STAGE, len(groups), len(groups))

    def _compare(self, entries: list[Entry]) -> Rereading | None:
        """Return how a file is read otherwise, None if it is read as before."""
        loaded = self._loaded(entries)
        is_first = {row["item"]: row["is_first"] for row in loaded}
        today = []
        for item in self._items(entries[0]):
            read = item.article
            if read and self.forgotten.isdisjoint(forgettable_ids(read, item.index)):
                today.append(digest(row_of(read, is_first=is_first.get(read.item, True))))
        if sorted(today) == sorted(map(digest, loaded)):
            return None
        return self._reread(entries, loaded)

    def _items(self, entry: Entry) -> Iterator[ReadItem]:
        for item in read_archived(self.archive, entry, self.settings.limits, self.mappings):
            read = item.article
            if read is None or (entry.source_path, entry.sha256, read.item) not in self.failed:
                yield item

    def read(self, entry: Entry) -> list[ReadArticle]:
        """Return the articles of a file that may be read."""
        return [
            item.article
            for item in self._items(entry)
            if item.article is not None
            and self.forgotten.isdisjoint(forgettable_ids(item.article, item.index))
        ]

    def _loaded(self, entries: list[Entry]) -> list[Row]:
        found = self.con.execute(
            "from loaded_items where sequence in (select unnest(?)) order by sequence, item",
            [[entry.sequence for entry in entries]],
        )
        names = [column[0] for column in found.description or ()]
        rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
        # A published file may hold an article that was forgotten a moment ago.
        return [
            row
            for row in rows
            if self.forgotten.isdisjoint((row["article_id"], row["content_sha256"]))
        ]

    def _reread(self, entries: list[Entry], loaded: list[Row]) -> Rereading:
        items = list(self._items(entries[0]))
        articles = [(i.index, i.article) for i in items if i.article is not None]
        rejected = [i.rejected for i in items if i.rejected is not None]
        held = find_forgotten(entries[0], articles, self.tombstones, _last_indexes(entries, loaded))
        before = {row["content_sha256"] for row in loaded}
        after = {read.content_sha256 for _, read in articles}
        former = [row for row in loaded if row["content_sha256"] not in after]
        changed = {n for n, (_, read) in enumerate(articles) if read.content_sha256 not in before}
        today = [read for _, read in articles]
        texts = [_text(read) for read in today] if former else []
        found = match(self._texts(former), texts, is_whole=not rejected)
        new = Successions()
        covered = {n: found.covered[n] if former else 0.0 for n in changed}
        dropped, withheld = unread_articles(articles, covered, held, self.forgotten, new)
        unread = dropped | withheld
        ids = Ids(self.kept, self._live, self._redirected_to)
        allowed = {n for n in range(len(articles)) if n not in unread}
        fates = decide_fates(former, today, found, allowed, changed, ids, new)
        known = {*found.same.values(), *(n for parts in found.parts.values() for n in parts)}
        reads = [read for n, (_, read) in enumerate(articles) if n not in unread]
        change = FileChange(
            entries[0].source_path,
            entries[0].sequence,
            len(loaded),
            len(reads),
            tuple(sorted({row["source_format"] for row in loaded})),
            tuple(sorted({read.article.source_format for read in reads})),
            fates,
            [
                describe_today(today[n], ids, new, is_new=n not in known)
                for n in sorted(changed & allowed)
            ],
            [f"{item.reason}: {item.detail}" for item in rejected],
            len(withheld),
        )
        return Rereading(change, entries, reads, rejected, new)

    def _texts(self, rows: Sequence[Row]) -> list[Text]:
        """Return the texts of loaded articles."""
        bodies = dict(
            self.con.execute(
                "select content_sha256, body from loaded.article_versions "
                "where content_sha256 in (select unnest(?))",
                [sorted({row["content_sha256"] for row in rows})],
            ).fetchall()
        )
        return [
            Text(
                row["source_key"],
                _is_address(row["source_key"], row["source_path"]),
                bodies[row["content_sha256"]],
            )
            for row in rows
        ]

    def _live(self, ids: Sequence[str]) -> set[str]:
        """Return those of these ids that loaded articles have."""
        found = self.con.execute(
            "select distinct article_id from loaded.article_versions "
            "where article_id in (select unnest(?))",
            [list(ids)],
        )
        return {article_id for (article_id,) in found.fetchall()}

    def _redirected_to(self, article_id: str) -> list[str]:
        """Return the given-up ids that lead to this article."""
        found = self.con.execute(
            "select old_article_id from redirects where article_id = ?", [article_id]
        )
        return [old for (old,) in found.fetchall()]


def _last_indexes(entries: list[Entry], loaded: list[Row]) -> dict[str, int]:
    """Return by member the index of the last loaded article of a file."""
    last: dict[str, int] = {}
    for row in loaded:
        member = row["source_path"].removeprefix(entries[0].source_path)
        index = index_in_member(row["source_path"], row["source_key"], row["item"]) or 0
        last[member] = max(last.get(member, 0), index)
    return last


def _text(read: ReadArticle) -> Text:
    return Text(read.source_key, _is_address(read.source_key, read.source_path), read.article.body)


def _is_address(key: str, path: str) -> bool:
    return not key.startswith(f"{path}#")
