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
from etl.storage import editions
from etl.storage.archive import RawArchive
from etl.storage.files import exclusive_lock
from etl.storage.run_state import State
from etl.storage.staging import Staging
from etl.stories.assign import story_without
from etl.warehouse import archive_link, build_db


def tombstone_article(settings: Settings, article_id: str, run_id: str) -> None:
    """Add the tombstone of an article to the manifest; the next load erases the article.

    Raises InputError if there is no such article. The caller holds the writer lock.
    """
    archive = RawArchive(settings.raw)
    archive_link.require(settings)
    if not _hashes(settings, article_id) or _is_load_due(settings):
        # The build file was lost; or what is staged may hold more articles of the same file.
        load.load_staged(settings, run_id)
    with exclusive_lock(archive.intake_lock):
        hashes = _hashes(settings, article_id)
        if not hashes and _is_published(settings, article_id):
            return  # erased already; the run was killed before it published
        if not hashes:
            raise InputError(
                f"there is no article {article_id}; "
                'find its id with `newsactors sql "select article_id, headline from articles"`'
            )
        Staging(settings.extracted).sweep("new")
        editions.candidate_rows(settings).sweep("new")
        archive.forget(hashes, run_id, _stories_without(settings, article_id))


def _stories_without(settings: Settings, article_id: str) -> list[dict[str, Any]]:
    """Return what must be kept of the article's story, as records."""
    with build_db.open_build(settings.build_file) as con:
        # A run may have been killed between loading the article and assigning its story.
        article_stories.assign_due_stories(settings, con)
        kept = story_without(con, article_id)
    return [kept.to_record()] if kept else []


def _hashes(settings: Settings, article_id: str) -> set[str]:
    """Return the hashes of the article's texts, and of files that hold nothing else.

    A file with items in quarantine holds more: they could still be read.
    """
    with build_db.open_build(settings.build_file) as con:
        versions, sources = build_db.hashes_of(con, article_id)
    rejected = {item.source_sha256 for item in State(settings.state_file).quarantine()}
    return {*versions, *(set(sources) - rejected)}


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
