"""The story of each article: the text lineage that it belongs to.

Belongs here: when stories are decided, and what the build file notes about them. Does not belong
here: how they are decided (`etl.stories`).
"""

from __future__ import annotations

import duckdb

from etl.pipeline.progress import Progress, silent
from etl.settings import Settings
from etl.storage.archive import RawArchive
from etl.stories.assign import STORIES_VERSION, assign_stories, clear_stories
from etl.stories.grouping import KeptStory
from etl.warehouse import build_db, checks, stage_markers

_STORIES_VERSION = "stories_version"
"""Property of the build file: the version of the rules that decided its stories."""


def group(settings: Settings, progress: Progress = silent) -> int:
    """Assign a story to every article, and return the number of stories.

    Only new articles are decided, unless the rules have changed since the others were.
    """
    with build_db.open_build(settings.build_file) as con:
        if build_db.get_property(con, _STORIES_VERSION) != STORIES_VERSION:
            clear_stories(con)
            build_db.set_property(con, _STORIES_VERSION, STORIES_VERSION)
        assign_due_stories(settings, con, progress)
        return build_db.count(con, "(select distinct story_id from loaded.article_stories)")


def assign_due_stories(
    settings: Settings, con: duckdb.DuckDBPyConnection, progress: Progress = silent
) -> None:
    """Assign a story to every article that has none; earlier decisions stay."""
    kept = [
        KeptStory.from_record(record)
        for entry in RawArchive(settings.raw).tombstones()
        for record in entry.stories
    ]
    assign_stories(con, kept, lambda done, total: progress("stories", done, total))


def check_stories(settings: Settings) -> list[checks.Problem]:
    """Check that every article belongs to exactly one story."""
    with build_db.open_build(settings.build_file) as con:
        problems = checks.check_stories(con)
        is_current = build_db.get_property(con, _STORIES_VERSION) == STORIES_VERSION
        stage_markers.stamp(con, "storied", not problems and is_current)
        return problems
