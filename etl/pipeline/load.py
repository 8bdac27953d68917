"""From staged batches to schema `loaded` of the build database.

Belongs here: the order of the steps of a load, and the checks of what was loaded. Does not belong
here: how a batch is loaded (`etl.warehouse.build_db`), the links and stories that follow
(`etl.pipeline.actor_links`, `etl.pipeline.article_stories`), and how it is shown and scheduled
(`etl.orchestration`).

The caller holds the writer lock from the load to the publish.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from etl.pipeline.erase_tombstoned import erase_tombstoned
from etl.pipeline.progress import Progress, silent
from etl.pipeline.publish_run import is_publish_due
from etl.schema.tables import SCHEMA_VERSION
from etl.settings import Settings
from etl.storage import article_successions, editions
from etl.storage.archive import RawArchive
from etl.storage.run_state import State
from etl.storage.staging import Staging
from etl.warehouse import (
    archive_link,
    article_redirects,
    build_db,
    catch_up,
    checks,
    stage_markers,
)
from etl.warehouse.load_batch import load_batch
from etl.warehouse.publish import prune, published_property, published_through


@dataclass
class LoadResult:
    """What was loaded, and whether a publish is due."""

    articles_new: int = 0
    versions_new: int = 0
    sources_new: int = 0
    rows_new: dict[str, int] = field(default_factory=dict)
    touched_days: set[date] = field(default_factory=set)
    is_publish_due: bool = False


def load_staged(settings: Settings, run_id: str, progress: Progress = silent) -> LoadResult:
    """Load what is staged and not loaded yet. The caller holds the writer lock.

    Raises BuildError if less is loaded than published: a rebuild is under way or was interrupted.
    Raises ArchiveMismatchError if the archive is not the one that other parts were made from.
    """
    archive, stage = RawArchive(settings.raw), Staging(settings.extracted)
    stage.sweep("merged", "gone")
    editions.finish(settings)
    remove_older_build(settings)
    catch_up.catch_up_locked(settings)
    erase_tombstoned(settings, archive, stage)
    result = LoadResult()
    successions = article_successions.recorded(archive)
    with build_db.open_build(settings.build_file) as con:
        pending = build_db.pending(con, stage.batches())
        for done, batch in enumerate(pending, start=1):
            loaded = load_batch(con, batch, successions.kept)
            result.articles_new += loaded.articles_new
            result.versions_new += loaded.versions_new
            result.sources_new += loaded.sources_new
            for table, rows in loaded.rows_new.items():
                result.rows_new[table] = result.rows_new.get(table, 0) + rows
            result.touched_days.update(loaded.touched_days)
            progress("load", done, len(pending))
        article_redirects.fill(con, successions.parts)
        through = build_db.loaded_through(con)
        archive_link.note_loaded(settings, con)
        stage.compact(through)
        if through["ingest"] < min(archive.last_sequence(), published_through(settings)):
            raise build_db.BuildError(
                "a rebuild is under way or was interrupted: less is loaded than is published; "
                "`newsactors ingest` completes it, and readers keep the published file until then"
            )
        result.is_publish_due = is_publish_due(settings, con)
    prune(settings)  # the last publish may have been killed before it pruned
    State(settings.state_file).add_counts(
        run_id, articles_new=result.articles_new, versions_new=result.versions_new
    )
    return result


def remove_older_build(settings: Settings) -> None:
    """Remove a build file of an older layout, so that all of it is loaded again from staging.

    Readers keep the published file until then. Raises BuildError if the build file or the published
    file has a newer layout, which this version must not replace.
    """
    published = int(published_property(settings, "schema_version") or 0)
    if published > SCHEMA_VERSION:
        raise build_db.BuildError(
            f"{settings.published} has layout {published}, this newsactors writes layout "
            f"{SCHEMA_VERSION}: update newsactors; nothing was changed"
        )
    try:
        build_db.open_build(settings.build_file).close()
    except build_db.OldLayoutError:
        build_db.remove_build(settings.build_file)


def check_loaded(settings: Settings) -> list[checks.Problem]:
    """Check keys, references and offsets of the loaded rows that were not checked before."""
    with build_db.open_build(settings.build_file) as con:
        problems = checks.check_loaded(con, build_db.unchecked(con))
        stage_markers.stamp(con, "checked", not problems)
        if not problems:
            build_db.all_is_checked(con)
        return problems
