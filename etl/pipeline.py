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
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import duckdb

from etl import schema
from etl.actors.ledger import Ledger
from etl.actors.link import LINKING_VERSION, link_actors
from etl.actors.plan import make_plan
from etl.extract import Extractor
from etl.intake import InputError, Progress, silent
from etl.overview import open_published
from etl.readers import READERS_VERSION
from etl.schema import SCHEMA_VERSION
from etl.settings import Settings
from etl.store import build, checks, dbt, editions
from etl.store.archive import RawArchive
from etl.store.concerned import Concerned
from etl.store.files import exclusive_lock
from etl.store.publish import (
    FORGOTTEN_THROUGH,
    Published,
    PublishError,
    prune,
    publish,
    published_property,
    published_through,
)
from etl.store.refresh import note_compiled, refresh
from etl.store.registry import corrections_digest, read_corrections
from etl.store.staging import Staging
from etl.store.state import State
from etl.stories.assign import STORIES_VERSION, assign_stories, clear_stories, story_without
from etl.stories.grouping import KeptStory

_STORIES_VERSION = "stories_version"
"""Property of the build file: what its stories were decided by."""

LEDGER_FORGOTTEN_THROUGH = "ledger_forgotten_through"
"""Property of the build file: up to which tombstone the identity ledger is rid of names."""
CORRECTIONS = "corrections"
"""Property: the digest of the corrections that were applied, empty for none."""
UNMODELLED = "corrected_since_modelled"
"""Property of the build file: the tables that corrections changed since all models were built."""


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
    _finish_forgetting(settings, archive, stage)
    result = LoadResult()
    with build.open_build(settings.build_file) as con:
        todo = build.pending(con, stage.batches())
        for done, batch in enumerate(todo, start=1):
            loaded = build.load(con, batch)
            result.articles_new += loaded.articles_new
            result.versions_new += loaded.versions_new
            result.sources_new += loaded.sources_new
            for table, rows in loaded.rows_new.items():
                result.rows_new[table] = result.rows_new.get(table, 0) + rows
            result.touched_days.update(loaded.touched_days)
            progress("load", done, len(todo))
        through = build.loaded_through(con)
        stage.compact(through)
        if through["ingest"] < min(archive.last_sequence(), published_through(settings)):
            raise build.BuildError(
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
        raise build.BuildError(
            f"{settings.published} has layout {published}, this newsactors writes layout "
            f"{SCHEMA_VERSION}: update newsactors; nothing was changed"
        )
    try:
        build.open_build(settings.build_file).close()
    except build.OldLayoutError:
        build.remove_build(settings.build_file)


def models_version() -> str:
    """Names what the published models are made by: linking, stories, SQL and reference data."""
    return f"{LINKING_VERSION}-{STORIES_VERSION}-{dbt.fingerprint()[:16]}"


def is_publish_due(settings: Settings, con: duckdb.DuckDBPyConnection) -> bool:
    """Whether the published file differs from what would be published now."""
    return (
        published_property(settings, "generation") != build.get_property(con, "generation")
        or published_property(settings, "models_version") != models_version()
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
    with build.open_build(settings.build_file) as con:
        forgotten_through = build.get_property(con, FORGOTTEN_THROUGH)
        entities = link_actors(
            con,
            Ledger(settings.identity_ledger),
            datetime.now(UTC),
            make_plan(read_corrections(settings)),
            relink=relink,
            forget=forgotten_through != build.get_property(con, LEDGER_FORGOTTEN_THROUGH),
        )
        if forgotten_through:
            build.set_property(con, LEDGER_FORGOTTEN_THROUGH, forgotten_through)
        return entities


def group(settings: Settings, progress: Progress = silent) -> int:
    """Give every article its story; returns the number of stories.

    Decides only about what is new, unless stories are decided otherwise than when it was loaded.
    """
    with build.open_build(settings.build_file) as con:
        if build.get_property(con, _STORIES_VERSION) != STORIES_VERSION:
            clear_stories(con)
            build.set_property(con, _STORIES_VERSION, STORIES_VERSION)
        _assign_stories(settings, con, progress)
        return build.count(con, "(select distinct story_id from loaded.article_stories)")


def _assign_stories(
    settings: Settings, con: duckdb.DuckDBPyConnection, progress: Progress = silent
) -> None:
    kept = [
        KeptStory.from_record(record)
        for entry in RawArchive(settings.raw).tombstones()
        for record in entry.stories
    ]
    assign_stories(con, kept, lambda done, total: progress("stories", done, total))


def check_loaded(settings: Settings) -> list[checks.Problem]:
    """Failures of keys, references and offsets over what is loaded."""
    with build.open_build(settings.build_file) as con:
        problems = checks.check_loaded(con)
        _stamp(con, "checked", not problems)
        return problems


def check_links(settings: Settings) -> list[checks.Problem]:
    """Failures of the links from actors of texts to entities."""
    with build.open_build(settings.build_file) as con:
        problems = checks.check_links(con)
        _stamp(con, "linked", not problems)
        return problems


def check_stories(settings: Settings) -> list[checks.Problem]:
    """Failures of the stories of articles."""
    with build.open_build(settings.build_file) as con:
        problems = checks.check_stories(con)
        is_current = build.get_property(con, _STORIES_VERSION) == STORIES_VERSION
        _stamp(con, "storied", not problems and is_current)
        return problems


def build_models(
    settings: Settings, select: Sequence[str] = (), *, is_all_corrected: bool = False
) -> Any:
    """Bring seeds, models and data tests up to what is loaded; raises DbtError where one fails.

    `select` names the seeds, models and tests to run, and no others; none means all. With
    `is_all_corrected` they are all that depends on corrections: where nothing else has changed
    since all was built, what no correction changed is left as it is, and the models are complete.
    dbt is started where the SQL has changed since all was built, or other models are selected.
    """
    changed = _changed(settings, select, is_all_corrected)
    done = changed is not None and refresh(
        select,
        changed,
        build_file=settings.build_file,
        target=settings.dbt_target,
        about=_unmodelled(settings) if select else None,
    )
    if not done:
        args = ["build", "--exclude-resource-type", "unit_test"]
        if select:
            args += ["--select", *select, "--indirect-selection", "empty"]
        done = dbt.run_dbt(args, build_file=settings.build_file, target=settings.dbt_target)
    with build.open_build(settings.build_file) as con:
        if not select:
            build.set_property(con, "models_version", models_version())
            note_compiled(settings.dbt_target)
        if not select or changed is not None:
            _stamp(con, "modelled", True)
            build.set_property(con, UNMODELLED, "")
            con.execute("delete from bookkeeping.unmodelled_actors")
            con.execute("delete from bookkeeping.unmodelled_articles")
    return done


def _changed(settings: Settings, select: Sequence[str], is_all_corrected: bool) -> set[str] | None:
    """The tables of schema `loaded` from which models are to be filled anew; None: dbt must do it.

    Models can be filled where all of them were built by the SQL of now; chosen ones where they are
    all that depends on what has changed since.
    """
    with build.open_build(settings.build_file) as con:
        if build.get_property(con, "models_version") != models_version():
            return None
        if not select:
            return {table.name for table in schema.TABLES}
        modelled = (build.get_property(con, "modelled_generation") or "").partition("+")[0]
        if not is_all_corrected or modelled != build.get_property(con, "generation"):
            return None
        return unmodelled(con)


def unmodelled(con: duckdb.DuckDBPyConnection) -> set[str]:
    """The tables that corrections changed since all models were built."""
    return set(filter(None, (build.get_property(con, UNMODELLED) or "").split(",")))


def _unmodelled(settings: Settings) -> Concerned:
    """What the corrections since are about."""
    with build.open_build(settings.build_file) as con:

        def column(sql: str) -> frozenset[Any]:
            return frozenset(value for (value,) in con.execute(sql).fetchall() if value is not None)

        return Concerned(
            actors=column("select entity_id from bookkeeping.unmodelled_actors"),
            articles=column("select article_id from bookkeeping.unmodelled_articles"),
            days=column("select published_on from bookkeeping.unmodelled_articles"),
            named=column(
                "select distinct entity_id from loaded.actor_links join loaded.text_actors "
                "using (text_actor_id) join loaded.article_versions using (content_sha256) "
                "where article_id in (select article_id from bookkeeping.unmodelled_articles)"
            ),
        )


def _stamp(con: duckdb.DuckDBPyConnection, stage: str, is_good: bool) -> None:
    """Note that what is loaded and corrected passed a stage; `publish_build` asks for all."""
    build.set_property(con, f"{stage}_generation", _due(con, stage) if is_good else "")


def _due(con: duckdb.DuckDBPyConnection, stage: str) -> str:
    """What a stage must have seen: the generation, and what corrections touch these, too."""
    generation = build.get_property(con, "generation") or ""
    if stage in ("checked", "storied"):
        return generation
    return f"{generation}+{build.get_property(con, CORRECTIONS) or ''}"


def publish_build(settings: Settings, extractor: Extractor, run_id: str) -> Published:
    """Publish the build database; the caller holds the writer lock.

    Raises PublishError where what is loaded was not checked, linked and modelled since it changed:
    also a run of chosen assets in the UI publishes nothing half done.
    """
    with build.open_build(settings.build_file) as con:
        corrections = build.get_property(con, CORRECTIONS)
        forgotten_through = build.get_property(con, FORGOTTEN_THROUGH)
        missing = [
            stage
            for stage in ("checked", "linked", "storied", "modelled")
            if build.get_property(con, f"{stage}_generation") != _due(con, stage)
        ]
        if build.get_property(con, "models_version") != models_version():
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
            "models_version": models_version(),
            "quarantine": _quarantine_digest(settings),
            CORRECTIONS: corrections or "",
            FORGOTTEN_THROUGH: forgotten_through or "",
        },
    )


def days_reported(settings: Settings) -> None:
    """Note that the days touched since the last publish have been made known."""
    with build.open_build(settings.build_file) as con:
        con.execute("delete from bookkeeping.touched_days")


def clear_for_rebuild(settings: Settings) -> None:
    """Remove all that is made from the archive, except what is published; then ingest anew.

    The caller holds the writer lock. Readers keep the published file until the next publish.
    """
    archive = RawArchive(settings.raw)
    with exclusive_lock(archive.intake_lock):
        Staging(settings.extracted).batches()  # raises where they are of a newer layout
        with contextlib.suppress(build.DamagedError):
            _replace_older(settings)
        editions.finish(settings)
        build.remove_build(settings.build_file)
        Staging(settings.extracted).clear()


def forget_article(settings: Settings, article_id: str, run_id: str) -> None:
    """Enter in the manifest that an article is to be forgotten; the next load carries it out.

    Raises InputError where there is no such article. The caller holds the writer lock.
    """
    archive = RawArchive(settings.raw)
    if not _hashes(settings, article_id):
        load_staged(settings, run_id)  # the build file was lost, and the article with it
    with exclusive_lock(archive.intake_lock):
        hashes = _hashes(settings, article_id)
        if not hashes and _is_published(settings, article_id):
            return  # it was forgotten, and the run killed before it published
        if not hashes:
            raise InputError(
                f"there is no article {article_id}; "
                'find its id with `newsactors sql "select article_id, headline from articles"`'
            )
        Staging(settings.extracted).sweep("new")
        editions.candidate_rows(settings).sweep("new")
        archive.forget(hashes, run_id, _stories_without(settings, article_id))


def _stories_without(settings: Settings, article_id: str) -> list[dict[str, Any]]:
    """What must be kept of the story of an article that is forgotten."""
    with build.open_build(settings.build_file) as con:
        _assign_stories(settings, con)  # it may be loaded, and the run killed before that
        kept = story_without(con, article_id)
    return [kept.to_record()] if kept else []


def _hashes(settings: Settings, article_id: str) -> set[str]:
    with build.open_build(settings.build_file) as con:
        versions, sources = build.hashes_of(con, article_id)
    return {*versions, *sources}


def _is_published(settings: Settings, article_id: str) -> bool:
    if not settings.published.exists():
        return False
    with open_published(settings) as con:
        found = con.execute(
            "select count(*) from loaded.article_versions where article_id = ?", [article_id]
        ).fetchone()
    return found != (0,)


def _finish_forgetting(settings: Settings, archive: RawArchive, stage: Staging) -> None:
    """Remove what a forgotten article left behind, also after a kill in the middle of it.

    The build file is made anew from staging, because a deleted row may live on in free blocks.
    """
    tombstones = archive.tombstones()
    if not tombstones:
        return
    last = str(tombstones[-1].sequence)
    with build.open_build(settings.build_file) as con:
        if build.get_property(con, FORGOTTEN_THROUGH) == last:
            return
    hashes = archive.forgotten()
    for sha256 in hashes:
        archive.remove(sha256)
    stage.drop(hashes)
    editions.drop(settings, hashes)
    for moved in settings.damaged.glob("*"):
        # What was moved aside later holds nothing of it.
        if moved < settings.damaged_at(tombstones[-1].at):
            shutil.rmtree(moved, ignore_errors=True)
    build.remove_build(settings.build_file)
    with build.open_build(settings.build_file) as con:
        build.set_property(con, FORGOTTEN_THROUGH, last)
