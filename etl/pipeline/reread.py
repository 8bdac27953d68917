"""Reading archived files again with today's readers, and publishing what they read otherwise.

Belongs here: the order of the steps, and what makes it safe to interrupt and repeat them. Does not
belong here: finding what changes (`etl.pipeline.reread_plan`), what becomes of articles
(`etl.pipeline.reread_changes`), the staged files (`etl.storage.restaging`), loading and publishing.

Reading and extracting hold no lock. Then, under the writer lock and the intake lock:

1. The manifest records which ids stay and which redirect, so that a rebuild leads to the same ids.
2. The build file is removed: the next load, by whichever run, loads it again from staging.
3. Staged batches are rewritten, file by file.

A kill leaves each archived file read either way, whole. Running again does the rest; what was
extracted is kept in `reextraction/reread/` until then.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import duckdb

from etl.extract import Extractor
from etl.pipeline.added_texts import AddedTexts
from etl.pipeline.load import load_staged
from etl.pipeline.progress import Progress, silent, waiting
from etl.pipeline.reextract import open_published_or_fail
from etl.pipeline.reread_changes import FileChange, Rereading
from etl.pipeline.reread_plan import Rereader
from etl.pipeline.stage_articles import OtherInboxes, Staged
from etl.readers import READERS
from etl.readers.exports import TEXT_EXPORTS
from etl.settings import Settings
from etl.storage import article_successions, editions
from etl.storage.archive import Entry, RawArchive
from etl.storage.article_successions import Successions
from etl.storage.files import exclusive_lock, remove_folder
from etl.storage.quarantine import QuarantinedItem
from etl.storage.restaging import remove_orphans, replace_articles
from etl.storage.run_state import State
from etl.storage.staging import Staging
from etl.warehouse import archive_link, build_db, catch_up, recovery

REPLACE = "replace articles"


@dataclass
class Reread:
    """The outcome of a reread: the files that changed, and how many texts were extracted."""

    changes: list[FileChange] = field(default_factory=list)
    staged: Staged = field(default_factory=Staged)


def known_formats(settings: Settings) -> list[str]:
    """Return the formats that a reread can be limited to. Raises InputError: nothing is published.

    Those of the published articles too: a reader of archives, as of DOCX, yields other formats.
    """
    with open_published_or_fail(settings) as con:
        found = con.execute("select distinct source_format from loaded.article_sources").fetchall()
    readers = {reader.name for reader in READERS} | {export.name for export in TEXT_EXPORTS}
    return sorted(readers | {name for (name,) in found})


def preview_reread(
    settings: Settings, formats: Collection[str], progress: Progress = silent
) -> Iterator[FileChange]:
    """Yield what a reread would change, from the published file; write nothing.

    Raises InputError if nothing is published or `fields.yaml` cannot be used.
    """
    with open_published_or_fail(settings) as con:
        rereader = Rereader(settings, con)
        groups = rereader.groups(recovery.loaded_through(con))
        for found in rereader.changes(groups, formats, progress):
            yield found.change


def reread(
    settings: Settings,
    extractor: Extractor,
    formats: Collection[str],
    run_id: str,
    lock_for_writing: Callable[[], None],
    progress: Progress = silent,
) -> Reread:
    """Stage archived files as today's readers read them; a load and a publish are to follow.

    With `formats`, only files that were or are read in one of them. Raises InputError if nothing
    is published or `fields.yaml` cannot be used.
    """
    catch_up.catch_up(settings, waiting(progress))
    texts = AddedTexts(settings, extractor)
    with open_published_or_fail(settings) as con:
        rereader = Rereader(settings, con)
        groups = rereader.groups(recovery.loaded_through(con))
        changed = []
        for found in rereader.changes(groups, formats, progress):
            changed.append(found.entries[0].sequence)
            texts.add(con, found.reads, progress)
        texts.finish(progress)
    lock_for_writing()
    load_staged(settings, run_id)
    archive = RawArchive(settings.raw)
    with exclusive_lock(archive.intake_lock, waiting(progress)):
        archive_link.require(settings)
        with build_db.open_build(settings.build_file) as con:
            rereader = Rereader(settings, con)
            groups = [g for g in rereader.groups(recovery.loaded_through(con))
                      if g[0].sequence in changed]  # fmt: skip
            outcome = _record(
                rereader.changes(groups, formats, progress), con, texts, run_id, progress
            )
        done = {change.sequence for change in outcome.changes}
        _replace(
            [g for g in groups if g[0].sequence in done], rereader, texts, outcome.staged, progress
        )
        if texts.rows.root.exists():  # also if a killed run has replaced the last articles
            editions.drop(settings, remove_orphans(Staging(settings.extracted)))
            remove_folder(texts.rows.root)
    State(settings.state_file).add_counts(run_id, quarantined=outcome.staged.quarantined)
    return outcome


def record_successions(
    settings: Settings, con: duckdb.DuckDBPyConnection, run_id: str, progress: Progress = silent
) -> None:
    """Record what becomes of all articles if everything is read again: before a rebuild.

    `con` is open on the build file or the published file. The caller holds the intake lock.
    """
    rereader = Rereader(settings, con)
    successions = Successions()
    groups = rereader.groups(recovery.loaded_through(con))
    for found in rereader.changes(groups, (), progress):
        successions.update(found.successions)
    _note(settings, successions, run_id)


def _note(settings: Settings, successions: Successions, run_id: str) -> None:
    archive = RawArchive(settings.raw)
    article_successions.record(archive, successions, run_id)
    archive_link.note_archived(settings, archive.last_sequence())


def _record(
    found: Iterable[Rereading],
    con: duckdb.DuckDBPyConnection,
    texts: AddedTexts,
    run_id: str,
    progress: Progress,
) -> Reread:
    """Record what becomes of the articles of changed files, and what is rejected in them."""
    outcome, successions = Reread(), Successions()
    rejected: dict[int, list[QuarantinedItem]] = {}
    for one in found:
        # Usually extracted before the lock was taken.
        texts.add(con, one.reads, progress)
        texts.finish(progress)
        outcome.changes.append(one.change)
        outcome.staged.articles += len(one.reads)
        successions.update(one.successions)
        rejected[one.change.sequence] = one.rejected + texts.rejections(one.reads)
    if outcome.changes:
        _note(texts.settings, successions, run_id)
        outcome.staged.quarantined = _settle(texts.settings, rejected, run_id)
    return outcome


def _replace(
    groups: Sequence[list[Entry]],
    rereader: Rereader,
    texts: AddedTexts,
    staged: Staged,
    progress: Progress,
) -> None:
    """Rewrite the staged batches that hold these files; the next load loads everything again.

    The files are read once more, because memory holds one file at a time.
    """
    settings = texts.settings
    rereader.forgotten = RawArchive(settings.raw).forgotten()
    first = {group[0].sequence: group[0] for group in groups}
    lines = {entry.sequence for group in groups for entry in group}
    batches = [b for b in Staging(settings.extracted).batches() if b.kind == "ingest"]
    for done, batch in enumerate(batches):
        progress(REPLACE, done, len(batches))
        affected = sorted(n for n in lines if batch.first <= n <= batch.last)
        if affected:
            build_db.remove_build(settings.build_file)
            arrived = (first[n] for n in affected if n in first)
            articles = [table for e in arrived for table in texts.articles(rereader.read(e))]
            replace_articles(batch, affected, articles, texts.rows)
            staged.batches.append(batch)


def _settle(settings: Settings, rejected: Mapping[int, list[QuarantinedItem]], run_id: str) -> int:
    """Update quarantine for the files whose last bytes were read again; return what is new."""
    archive = RawArchive(settings.raw)
    last: dict[str, Entry] = {e.source_path: e for e in archive.entries() if e.is_arrival}
    first = {(e.source_path, e.sha256): e for e in archive.entries() if e.sequence in rejected}
    read = [key for key in first if last[key[0]].sha256 == key[1]]
    items = [item for number in rejected for item in rejected[number]]
    hold = OtherInboxes(settings).hold
    return State(settings.state_file).settle_items(read, items, run_id, hold)
