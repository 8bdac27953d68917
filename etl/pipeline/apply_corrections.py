"""Applying the corrections on file to what is loaded, and bringing the models up to them.

Belongs here: what a run does about corrections, also those recorded while it is on, and which job
applies them. Does not belong here: recording one (`correcting`), what rows mean together
(`actors.plan`, `actors.replay`), the other stages (`pipeline`).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from etl.corrections.csv_file import RegistryError, corrections_and_digest, corrections_digest
from etl.corrections.outcomes import correction_problems
from etl.corrections.plan import make_plan
from etl.corrections.replay import replay
from etl.corrections.write_back import write_back
from etl.pipeline import build_models, stages
from etl.settings import Settings
from etl.storage.files import exclusive_lock
from etl.warehouse import build_db, stage_markers
from etl.warehouse.publish import CORRECTIONS, published_property


@dataclass
class AppliedCorrections:
    """What applying the corrections came to."""

    by_status: dict[str, int]
    """How many corrections are 'applied', 'idle', 'skipped' or 'undone'."""
    problems: list[str]
    """What is amiss with corrections: those that no longer apply, and rows that were changed."""
    entities: int


def apply_corrections(settings: Settings) -> AppliedCorrections:
    """Make the links and overrides of `text_links` and the file of corrections.

    Raises RegistryError where the file cannot be read; a row that no longer applies stops nothing.
    The caller holds the writer lock.
    """
    rows, digest = corrections_and_digest(settings)
    plan = make_plan(rows)
    with build_db.open_build(settings.build_file) as con:
        with build_db.transaction(con):
            before = con.execute("select correction_id from loaded.corrections").fetchall()
            replay(con, plan)
            con.execute(_CHANGED_ARTICLES)
            is_noted = build_db.get_property(con, build_db.LINKS_NOTED)
            changed = build_models.stale_tables(con) | write_back(
                con, "bookkeeping.uncorrected_links" if is_noted else None
            )
            con.execute("delete from bookkeeping.uncorrected_links")
            build_db.set_property(con, build_db.LINKS_NOTED, "yes")
            build_db.set_property(con, build_models.STALE_TABLES, ",".join(sorted(changed)))
            con.execute(_CORRECTED_ACTORS)
            build_db.set_property(con, CORRECTIONS, digest)
        history = con.execute(
            "select correction_id, status, detail from loaded.corrections order by position"
        ).fetchall()
        entities = build_db.count(con, "(select distinct entity_id from loaded.actor_links)")
    gone = {i for (i,) in before} - {i for i, _, _ in history}
    by_status = Counter(status for _, status, _ in history)
    problems = correction_problems(history)
    problems += [
        f"{i}: was applied and is no longer in the file as it was; what it did is taken back"
        for i in sorted(gone)
    ]
    return AppliedCorrections(dict(by_status), problems, entities)


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
"""Actors of new articles are known by these."""

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
"""With the days that they had before and have now, as read and as corrected."""


def job_for_corrections(settings: Settings) -> str:
    """The job that applies corrections: the quick one where nothing else is due.

    Looks into the build database, so it waits for whoever is writing.
    """
    with exclusive_lock(settings.writer_lock), build_db.open_build(settings.build_file) as con:
        generation = build_db.get_property(con, "generation")
        is_complete = (
            published_property(settings, "generation") == generation
            and published_property(settings, "models_version") == build_models.models_version()
            and stage_markers.generation_seen(con, "modelled") == generation
        )
    return "apply_corrections" if is_complete else "republish"


def apply_late_corrections(settings: Settings) -> bool:
    """Apply what was recorded since this run applied corrections, models included.

    So whoever records a correction while a run is on need not wait for the next. A file that
    became unreadable meanwhile is left to the next run, which says so. The caller holds the writer
    lock.
    """
    with build_db.open_build(settings.build_file) as con:
        applied = build_db.get_property(con, CORRECTIONS)
    if applied is None or applied == corrections_digest(settings):
        return False
    try:
        apply_corrections(settings)
    except RegistryError:
        return False
    if not stages.check_links(settings):
        build_models.build_models(settings)
    return True
