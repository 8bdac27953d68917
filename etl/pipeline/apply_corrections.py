"""Applying the corrections on file to the loaded rows, and updating the models.

Belongs here: what a run does about corrections, including those recorded while it is under way, and
which job applies them. Does not belong here: recording one (`etl.pipeline.submit_correction`), what
rows mean together (`etl.corrections.plan`, `etl.corrections.replay`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from etl.corrections.csv_file import RegistryError, corrections_and_digest, corrections_digest
from etl.corrections.lease import CorrectionsLease
from etl.corrections.outcomes import correction_problems
from etl.corrections.plan import make_plan
from etl.corrections.replay import replay
from etl.corrections.write_back import write_back
from etl.pipeline import (
    actor_links,
    build_models,
)
from etl.settings import Settings
from etl.storage.files import exclusive_lock
from etl.warehouse import build_db, stage_markers
from etl.warehouse.incremental.build_state import (
    STALE_TABLES,
    stale_tables,
)
from etl.warehouse.publish import CORRECTIONS, published_property


@dataclass
class AppliedCorrections:
    """The outcome of applying the corrections."""

    by_status: dict[str, int]
    """The number of corrections that are 'applied', 'idle', 'skipped' or 'undone'."""
    problems: list[str]
    """Corrections that no longer apply, and rows that were changed after they were recorded."""
    entities: int
    gone: list[str]
    """Corrections that were applied before and are not on file any more; also in `problems`."""


def apply_corrections(settings: Settings) -> AppliedCorrections:
    """Compute links and overrides from `text_links` and the corrections on file.

    A row that no longer applies stops nothing. Raises RegistryError if the file cannot be read. The
    caller holds the writer lock.
    """
    rows, digest = corrections_and_digest(settings)
    plan = make_plan(rows)
    with build_db.open_build(settings.build_file) as con:
        with build_db.transaction(con):
            before = con.execute("select correction_id from loaded.corrections").fetchall()
            replay(con, plan)
            con.execute(_CHANGED_ARTICLES)
            links_noted = build_db.get_property(con, build_db.LINKS_NOTED)
            changed = stale_tables(con) | write_back(
                con, "bookkeeping.uncorrected_links" if links_noted else None
            )
            con.execute("delete from bookkeeping.uncorrected_links")
            build_db.set_property(con, build_db.LINKS_NOTED, "yes")
            build_db.set_property(con, STALE_TABLES, ",".join(sorted(changed)))
            con.execute(_CORRECTED_ACTORS)
            build_db.set_property(con, CORRECTIONS, digest)
        history = con.execute(
            "select correction_id, status, detail from loaded.corrections order by position"
        ).fetchall()
        entities = build_db.count(con, "(select distinct entity_id from loaded.actor_links)")
    removed = {i for (i,) in before} - {i for i, _, _ in history}
    by_status = Counter(status for _, status, _ in history)
    problems = correction_problems(history)
    gone = [
        f"{i}: was applied and is no longer in the file as it was; what it did is taken back"
        for i in sorted(removed)
    ]
    return AppliedCorrections(dict(by_status), problems + gone, entities, gone)


_CORRECTED_ACTORS = """
create or replace temp table unmodelled_texts as
select text_actor_id from loaded.text_actors semi join (
  select content_sha256 from loaded.article_versions
  where article_id in (select article_id from bookkeeping.unmodelled_articles)
) using (content_sha256);

insert into bookkeeping.unmodelled_actors
select distinct entity_id from corrected_actors
where text_actor_id is null or text_actor_id not in (from unmodelled_texts)
"""
"""Actors of new articles are left out: they are found through those articles."""

_CHANGED_ARTICLES = """
create or replace temp table changed_articles as
with changed as (
  (from loaded.article_overrides except from corrected_article_overrides)
  union all
  (from corrected_article_overrides except from loaded.article_overrides)
)
select distinct article_id, unnest([changed.published_on, v.published_on]) as published_on
from changed join loaded.article_versions v using (article_id);

insert into bookkeeping.touched_days
select distinct published_on from changed_articles where published_on is not null;

insert into bookkeeping.unmodelled_articles from changed_articles;
"""
"""Notes the days that these articles had before and have now, as read and as corrected."""


def is_correction_due(settings: Settings) -> bool:
    """Whether the published file was made with other corrections than those on file."""
    return (published_property(settings, CORRECTIONS) or "") != corrections_digest(settings)


def job_for_corrections(
    settings: Settings, on_wait: Callable[[], None] | None = None
) -> str | None:
    """Return the job that publishes the corrections on file; None if they are published.

    The quick job will do if nothing else is due. This looks into the build database, so it waits
    for the writer lock; `on_wait` is called once before that.
    """
    with exclusive_lock(settings.writer_lock, on_wait):
        if not is_correction_due(settings):
            return None  # the run that it waited for has published them
        with build_db.open_build(settings.build_file) as con:
            generation = build_db.get_property(con, "generation")
            is_complete = (
                published_property(settings, "generation") == generation
                and published_property(settings, "models_version") == build_models.models_version()
                and stage_markers.generation_seen(con, "modelled") == generation
            )
    return "apply_corrections" if is_complete else "republish"


def has_late_corrections(settings: Settings, lease: CorrectionsLease) -> bool:
    """Whether a run that has nothing else to publish must publish corrections.

    If not, the lease has ended: a command that records a correction from now on applies it. The
    caller holds the writer lock.
    """
    lease.end()
    if not is_correction_due(settings):
        return False
    lease.take()
    return True


def apply_late_corrections(settings: Settings, lease: CorrectionsLease) -> bool:
    """End the lease and apply what was recorded since this run applied corrections.

    Returns whether there was anything; models are then built. A file that has become unreadable is
    left to the next run, which reports it. The caller holds the writer lock and publishes next.
    """
    lease.end()  # before the file is read: see `etl.corrections.lease`
    with build_db.open_build(settings.build_file) as con:
        applied = build_db.get_property(con, CORRECTIONS)
    if applied is None or applied == corrections_digest(settings):
        return False
    try:
        apply_corrections(settings)
    except RegistryError:
        return False
    if not actor_links.check_links(settings):
        build_models.build_models(settings)
    return True
