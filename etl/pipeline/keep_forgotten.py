"""Forgotten articles stay forgotten when bytes that held them are read again.

Bytes come again by a retry of the quarantine, under another name, from a backup, or after lost
parts. Newer readers or another mapping may split them otherwise. So before they are staged, what
may be part of a forgotten article is withheld, and the manifest records it, as a reread does.

Belongs here: which files are looked at, and what of them was read before. Does not belong here: the
rule (`etl.pipeline.withheld_articles`), staging (`etl.pipeline.stage_articles`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress

import duckdb

from etl.pipeline.match_articles import Text, match
from etl.pipeline.progress import Progress, warn
from etl.pipeline.read_archived import read_archived
from etl.pipeline.withheld_articles import Indexed, find_forgotten, unread_articles
from etl.query.published import ReadError, open_published
from etl.readers.field_mapping import FieldMapping
from etl.settings import Settings
from etl.storage.archive import ArchiveError, Entry, RawArchive
from etl.storage.article_successions import Successions, record, tombstones
from etl.storage.staging import Staging
from etl.warehouse import archive_link


def withhold_parts(
    settings: Settings,
    entries: Sequence[Entry],
    mappings: tuple[FieldMapping, ...],
    run_id: str,
    progress: Progress,
) -> None:
    """Record what of these files must stay unread, because it may be part of a forgotten article.

    The caller holds the intake lock.
    """
    archive = RawArchive(settings.raw)
    told = tombstones(archive)
    if not told.named:
        return
    first: dict[str, int] = {}
    for entry in archive.entries():
        first.setdefault(entry.sha256, entry.sequence)
    forgotten = archive.forgotten()
    done: set[tuple[str, str]] = set()
    for entry in entries:
        key = entry.source_path, entry.sha256
        is_known = entry.is_arrival and first[entry.sha256] < told.last
        if not is_known or key in done or entry.sha256 in forgotten:
            continue
        done.add(key)
        with suppress(ArchiveError):  # staging rejects the file, and says why
            held = find_forgotten(entry, _articles(archive, entry, settings, mappings), told, {})
            if held.is_whole or held.reading in told.settled:
                continue
            articles = list(_articles(archive, entry, settings, mappings))
            before = list(_read_before(settings, entry, forgotten))
            new = Successions()
            covered = _covered(before, articles)
            _, withheld = unread_articles(articles, covered, held, forgotten, new)
            record(archive, new, run_id)
            archive_link.note_archived(settings, archive.last_sequence())
            told, forgotten = tombstones(archive), archive.forgotten()
            if withheld:
                warn(
                    progress,
                    f"{entry.source_path}: {len(withheld)} of {len(articles)} articles stay "
                    "unread: the file held a forgotten article that is read otherwise today, and "
                    "they may be parts of it",
                )


def _articles(
    archive: RawArchive, entry: Entry, settings: Settings, mappings: tuple[FieldMapping, ...]
) -> Iterator[Indexed]:
    for item in read_archived(archive, entry, settings.limits, mappings):
        if item.article is not None:
            yield item.index, item.article


def _covered(before: Sequence[Text], articles: Sequence[Indexed]) -> dict[int, float]:
    """Return the share of each new text that the texts before held, by number."""
    known = {text.body for text in before}
    today = {read.article.body for _, read in articles}
    former = [text for text in before if text.body not in today]
    new = {n for n, (_, read) in enumerate(articles) if read.article.body not in known}
    texts = [Text("", False, read.article.body) for _, read in articles] if former else []
    found = match(former, texts, is_whole=False)
    return {n: found.covered[n] if former else 0.0 for n in new}


def _read_before(settings: Settings, entry: Entry, forgotten: frozenset[str]) -> Iterator[Text]:
    """Yield the other articles that were read from these bytes: staged, or else published."""
    seen: set[str] = set()
    for row in Staging(settings.extracted).rows_of_files([entry.sha256]):
        if row["content_sha256"] not in forgotten and row["content_sha256"] not in seen:
            seen.add(row["content_sha256"])
            yield Text("", False, row["body"])
    if seen:
        return
    with suppress(ReadError, duckdb.Error), open_published(settings) as con:
        found = con.execute(
            "select distinct s.article_id, content_sha256, body from loaded.article_sources s "
            "join loaded.article_versions using (content_sha256) where source_sha256 = ?",
            [entry.sha256],
        )
        for article_id, content, body in found.fetchall():
            if forgotten.isdisjoint((article_id, content)):
                yield Text("", False, body)
