"""From staged batches to the published file, without Dagster: load, link, model, publish, forget.

Belongs here: the order of steps within a stage, and what makes it safe to stop and repeat. Does
not belong here: what comes before (`intake`), corrections (`applying`), how a step is done
(`store`, `actors`, `stories`, `sql/`), and how it is shown and scheduled (`assets`).

Locks: from loading to publishing the caller holds the writer lock. What also needs the intake lock
(`intake`) takes it second.
"""

from __future__ import annotations

import contextlib
import hashlib
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

import duckdb

from etl.corrections.csv_file import corrections_digest, read_corrections
from etl.corrections.plan import make_plan
from etl.extract import Extractor
from etl.linking.ledger import Ledger
from etl.linking.link import LINKING_VERSION, link_actors
from etl.pipeline import build_models, erase_tombstoned
from etl.pipeline.ingest import Progress, silent
from etl.readers import READERS_VERSION
from etl.schema.tables import SCHEMA_VERSION
from etl.settings import Settings
from etl.storage import editions
from etl.storage.archive import RawArchive
from etl.storage.files import exclusive_lock
from etl.storage.run_state import State
from etl.storage.staging import Staging
from etl.stories.assign import STORIES_VERSION, assign_stories, clear_stories
from etl.stories.grouping import KeptStory
from etl.warehouse import build_db, checks, stage_markers
from etl.warehouse.load_batch import load_batch
from etl.warehouse.publish import (
    CORRECTIONS,
    FORGOTTEN_THROUGH,
    Published,
    PublishError,
    prune,
    publish,
    published_property,
    published_through,
)

_STORIES_VERSION = "stories_version"
"""Property of the build file: what its stories were decided by."""

_LINKED_BY = "linked_by"
"""Property of the build file: the linker and the ledger that gave all its links."""

LEDGER_FORGOTTEN_THROUGH = "ledger_forgotten_through"
"""Property of the build file: up to which tombstone the identity ledger is rid of names."""


@dataclass
class LoadResult:
    """What was loaded, and whether models and publish are due."""

    articles_new: int = 0
    versions_new: int = 0
    sources_new: int = 0
    rows_new: dict[str, int] = field(default_factory=dict)
    touched_days: set[date] = field(default_factory=set)
    is_publish_due: bool = False


def load_staged(settings: Settings, run_id: str, progress: Progress = silent) -> LoadResult:
    """Load what is staged and not loaded. The caller holds the writer lock.

    Raises BuildError where that leaves less than is published: a rebuild is on, or was stopped.
    """
    archive, stage = RawArchive(settings.raw), Staging(settings.extracted)
    stage.sweep("merged", "gone")
    editions.finish(settings)
    _replace_older(settings)
    erase_tombstoned.erase_tombstoned(settings, archive, stage)
    result = LoadResult()
    with build_db.open_build(settings.build_file) as con:
        todo = build_db.pending(con, stage.batches())
        for done, batch in enumerate(todo, start=1):
            loaded = load_batch(con, batch)
            result.articles_new += loaded.articles_new
            result.versions_new += loaded.versions_new
            result.sources_new += loaded.sources_new
            for table, rows in loaded.rows_new.items():
                result.rows_new[table] = result.rows_new.get(table, 0) + rows
            result.touched_days.update(loaded.touched_days)
            progress("load", done, len(todo))
        through = build_db.loaded_through(con)
        stage.compact(through)
        if through["ingest"] < min(archive.last_sequence(), published_through(settings)):
            raise build_db.BuildError(
                "a rebuild is under way or was stopped, and less is loaded than is published; "
                "`newsactors ingest` completes it, and what is published stays until then"
            )
        result.is_publish_due = is_publish_due(settings, con)
    prune(settings)  # the last publish may have been killed before it came to that
    State(settings.state_file).add_counts(
        run_id, articles_new=result.articles_new, versions_new=result.versions_new
    )
    return result


def _replace_older(settings: Settings) -> None:
    """Remove a build file of an older layout: all of it is loaded anew from staging.

    What readers have open stays published until then. Raises BuildError where the build file or
    what is published is of a newer layout, which this version must not replace.
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


def is_publish_due(settings: Settings, con: duckdb.DuckDBPyConnection) -> bool:
    """Whether the published file differs from what would be published now."""
    return (
        published_property(settings, "generation") != build_db.get_property(con, "generation")
        or published_property(settings, build_models.MODELS_VERSION)
        != build_models.models_version()
        or published_property(settings, "quarantine") != _quarantine_digest(settings)
        or is_correction_due(settings)
    )


def is_correction_due(settings: Settings) -> bool:
    """Whether the file of corrections is another than the one that is published."""
    return (published_property(settings, CORRECTIONS) or "") != corrections_digest(settings)


def _quarantine_digest(settings: Settings) -> str:
    rows = State(settings.state_file).quarantine()
    named = repr([(r.source_sha256, r.source_path, r.item) for r in rows])
    return hashlib.sha256(named.encode()).hexdigest()


def link(settings: Settings, *, relink: bool = False) -> int:
    """Link the actors of texts to entities, automatically; returns the number of entities.

    With `relink` names that were decided before are decided anew.
    """
    ledger = Ledger(settings.identity_ledger)
    with build_db.open_build(settings.build_file) as con:
        forgotten_through = build_db.get_property(con, FORGOTTEN_THROUGH)
        is_noted = build_db.get_property(con, build_db.LINKS_NOTED)
        is_by_ledger = build_db.get_property(con, _LINKED_BY) == _linked_by(ledger)
        build_db.set_property(con, build_db.LINKS_NOTED, "")  # until those that come are noted
        linked = link_actors(
            con,
            ledger,
            datetime.now(UTC),
            make_plan(read_corrections(settings)),
            relink=relink,
            forget=forgotten_through != build_db.get_property(con, LEDGER_FORGOTTEN_THROUGH),
            new_in="bookkeeping.unmodelled_articles" if is_by_ledger else None,
        )
        if is_noted and not linked.is_all:
            con.execute(
                "insert into bookkeeping.uncorrected_links "
                "select text_actor_id from unlinked_actors"
            )
            build_db.set_property(con, build_db.LINKS_NOTED, is_noted)
        build_db.set_property(con, _LINKED_BY, _linked_by(ledger))
        if forgotten_through:
            build_db.set_property(con, LEDGER_FORGOTTEN_THROUGH, forgotten_through)
        return linked.entities


def _linked_by(ledger: Ledger) -> str:
    """Names the linker and the decisions that links are made by."""
    return f"{LINKING_VERSION}-{ledger.digest()}"


def group(settings: Settings, progress: Progress = silent) -> int:
    """Give every article its story; returns the number of stories.

    Decides only about what is new, unless stories are decided otherwise than when it was loaded.
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
    """Give a story to every article that has none; those that were decided stay."""
    kept = [
        KeptStory.from_record(record)
        for entry in RawArchive(settings.raw).tombstones()
        for record in entry.stories
    ]
    assign_stories(con, kept, lambda done, total: progress("stories", done, total))


def check_loaded(settings: Settings) -> list[checks.Problem]:
    """Failures of keys, references and offsets over what is loaded and was not checked before."""
    with build_db.open_build(settings.build_file) as con:
        problems = checks.check_loaded(con, build_db.unchecked(con))
        stage_markers.stamp(con, "checked", not problems)
        if not problems:
            build_db.all_is_checked(con)
        return problems


def check_links(settings: Settings) -> list[checks.Problem]:
    """Failures of the links from actors of texts to entities."""
    with build_db.open_build(settings.build_file) as con:
        problems = checks.check_links(con)
        stage_markers.stamp(con, "linked", not problems)
        return problems


def check_stories(settings: Settings) -> list[checks.Problem]:
    """Failures of the stories of articles."""
    with build_db.open_build(settings.build_file) as con:
        problems = checks.check_stories(con)
        is_current = build_db.get_property(con, _STORIES_VERSION) == STORIES_VERSION
        stage_markers.stamp(con, "storied", not problems and is_current)
        return problems


def publish_build(settings: Settings, extractor: Extractor, run_id: str) -> Published:
    """Publish the build database; the caller holds the writer lock.

    Raises PublishError where what is loaded was not checked, linked and modelled since it changed:
    also a run of chosen assets in the UI publishes nothing half done.
    """
    with build_db.open_build(settings.build_file) as con:
        corrections = build_db.get_property(con, CORRECTIONS)
        forgotten_through = build_db.get_property(con, FORGOTTEN_THROUGH)
        missing = stage_markers.missing(con)
        if build_db.get_property(con, build_models.MODELS_VERSION) != build_models.models_version():
            missing.append("modelled by the current SQL")
    if missing:
        raise PublishError(
            f"what is loaded is not {', not '.join(missing)}; run the job nightly_ingest "
            "(or `newsactors ingest`), which does all that is due"
        )
    return publish(
        settings,
        run_id,
        {
            "extractor_version": extractor.version,
            "readers_version": READERS_VERSION,
            build_models.MODELS_VERSION: build_models.models_version(),
            "quarantine": _quarantine_digest(settings),
            CORRECTIONS: corrections or "",
            FORGOTTEN_THROUGH: forgotten_through or "",
        },
    )


def days_reported(settings: Settings) -> None:
    """Note that the days touched since the last publish have been made known."""
    with build_db.open_build(settings.build_file) as con:
        con.execute("delete from bookkeeping.touched_days")


def clear_for_rebuild(settings: Settings) -> None:
    """Remove all that is made from the archive, except what is published; then ingest anew.

    The caller holds the writer lock. Readers keep the published file until the next publish.
    """
    archive = RawArchive(settings.raw)
    with exclusive_lock(archive.intake_lock):
        Staging(settings.extracted).batches()  # raises where they are of a newer layout
        with contextlib.suppress(build_db.DamagedError):
            _replace_older(settings)
        editions.finish(settings)
        build_db.remove_build(settings.build_file)
        Staging(settings.extracted).clear()
