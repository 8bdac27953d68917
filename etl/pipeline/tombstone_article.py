"""Recording in the manifest that an article is to be forgotten: its tombstone.

Belongs here: what must be known of the article before its text is gone. Does not belong here:
erasing it, which the next load does (`etl.pipeline.erase_tombstoned`).
"""

from __future__ import annotations

from typing import Any

from etl.pipeline import article_stories, load
from etl.pipeline.errors import InputError
from etl.query.published import open_published
from etl.settings import Settings
from etl.storage import article_ids, editions
from etl.storage.archive import RawArchive
from etl.storage.files import exclusive_lock
from etl.storage.run_state import State
from etl.storage.staging import Staging, index_in_member
from etl.stories.assign import story_without
from etl.warehouse import archive_link, build_db, catch_up


def tombstone_article(settings: Settings, article_id: str, run_id: str) -> list[str]:
    """Add the tombstone of an article to the manifest; the next load erases the article.

    Returns what stays of it, or may be of it, as sentences. Raises InputError if there is no such
    article. The caller holds the writer lock.
    """
    archive = RawArchive(settings.raw)
    catch_up.catch_up_locked(settings)
    if not _hashes(settings, article_id) or _is_load_due(settings):
        # The build file was lost; or what is staged may hold more articles of the same file.
        load.load_staged(settings, run_id)
    with exclusive_lock(archive.intake_lock):
        hashes = _hashes(settings, article_id)
        if not hashes and article_id in archive.forgotten():
            return []  # erased already; the run was killed before it published
        if not hashes and (parts := _redirects(settings, article_id)):
            raise InputError(
                f"article {article_id} was read in another way since, and is {len(parts)} now; "
                f"forget {' and '.join(parts)}"
            )
        if not hashes and _is_published(settings, article_id):
            raise InputError(
                f"article {article_id} is published, and a rebuild has read it under another id; "
                "run `newsactors ingest`, find its id again and forget that"
            )
        if not hashes:
            raise InputError(
                f"there is no article {article_id}; "
                'find its id with `newsactors sql "select article_id, headline from articles"`'
            )
        places = _places(settings, article_id)
        texts = _texts(settings, article_id)
        stage = Staging(settings.extracted)
        for entry in archive.entries(stage.staged_through()):
            if entry.source_path in {path for path, _ in places}:
                raise InputError(
                    f"{entry.source_path} has come again and is not read yet: it may hold another "
                    f"edition of article {article_id}; run `newsactors ingest` first"
                )
        stage.sweep("new")
        editions.candidate_rows(settings).sweep("new")
        ids = {article_id, *hashes, *texts, *(place for _, place in places)}
        archive.forget(ids, run_id, _stories_without(settings, article_id))
        archive_link.note_archived(settings, archive.last_sequence())
    return _remains(settings, {path for path, _ in places}, hashes)


def _remains(settings: Settings, paths: set[str], hashes: set[str]) -> list[str]:
    """Return which bytes stay, because they hold more, and what may be an edition of the article.

    `paths` are those of the article's files, `hashes` what is forgotten.
    """
    files = {(e.source_path, e.sha256) for e in RawArchive(settings.raw).entries() if e.is_arrival}
    rejected = {item.source_path for item in State(settings.state_file).quarantine()}
    return [
        f"{path}: its archived bytes stay, because they hold more"
        for path in sorted({p for p, sha256 in files if p in paths and sha256 not in hashes})
    ] + [
        f"{path}: items in quarantine came under this path; see whether they are editions of it"
        for path in sorted(paths & rejected)
    ]


def _places(settings: Settings, article_id: str) -> set[tuple[str, str]]:
    """Return where the article was read: the path of each file, and the id of the place."""
    with build_db.open_build(settings.build_file) as con:
        rows = con.execute(
            "select sequence, source_path, source_key, item from loaded.article_sources "
            "where article_id = ? order by sequence",
            [article_id],
        ).fetchall()
    first = rows[0][0] if rows else 1
    entries = {e.sequence: e for e in RawArchive(settings.raw).entries(first - 1)}
    found = set()
    for sequence, path, key, item in rows:
        if (entry := entries.get(sequence)) is not None:
            index = index_in_member(path, key, item)
            member = path.removeprefix(entry.source_path)
            at = key if index is None else index
            for key in (at, article_ids.ANYWHERE):
                found.add((entry.source_path, article_ids.place_id(entry.sha256, member, key)))
    return found


def _texts(settings: Settings, article_id: str) -> set[str]:
    """Return the ids of the article's texts in its files: they tell that it is read as it was."""
    with build_db.open_build(settings.build_file) as con:
        found = con.execute(
            "select distinct source_sha256, body from loaded.article_sources "
            "s join loaded.article_versions using (content_sha256) where s.article_id = ?",
            [article_id],
        ).fetchall()
    return {article_ids.text_id(sha256, body) for sha256, body in found}


def _redirects(settings: Settings, article_id: str) -> list[str]:
    """Return the articles that hold the text of a given-up one."""
    with build_db.open_build(settings.build_file) as con:
        found = con.execute(
            "select article_id from loaded.article_redirects where old_article_id = ? order by 1",
            [article_id],
        )
        return [part for (part,) in found.fetchall()]


def _stories_without(settings: Settings, article_id: str) -> list[dict[str, Any]]:
    """Return what must be kept of the article's story, as records."""
    with build_db.open_build(settings.build_file) as con:
        # A run may have been killed between loading the article and assigning its story.
        article_stories.assign_due_stories(settings, con)
        kept = story_without(con, article_id)
    return [kept.to_record()] if kept else []


def _hashes(settings: Settings, article_id: str) -> set[str]:
    """Return the hashes of the article's texts, and of files that hold nothing else.

    With the ids that the texts would get if they were new: a reread may have kept another. A file
    with items in quarantine holds more: they could still be read. So may one of which they are
    unknown.
    """
    with build_db.open_build(settings.build_file) as con:
        versions, sources = build_db.hashes_of(con, article_id)
        texts = con.execute(
            "select outlet, published_on, headline, body from loaded.article_versions "
            "where article_id = ?",
            [article_id],
        ).fetchall()
    rejected = {item.source_sha256 for item in State(settings.state_file).quarantine()}
    rejected |= {entry.sha256 for entry in catch_up.unsettled(settings)}
    candidates = {article_ids.article_id(*text) for text in texts}
    return {*versions, *candidates, *(set(sources) - rejected)}


def _is_load_due(settings: Settings) -> bool:
    with build_db.open_build(settings.build_file) as con:
        return bool(build_db.pending(con, Staging(settings.extracted).batches()))


def _is_published(settings: Settings, article_id: str) -> bool:
    if not settings.published.exists():
        return False
    with open_published(settings) as con:
        found = con.execute(
            "select count(*) from loaded.article_versions where article_id = ?", [article_id]
        ).fetchone()
    return found != (0,)
