"""Bringing the SQL models up to what is loaded: by dbt, or by filling them where that will do.

Belongs here: which of the two is due, and what of the models new articles and corrections are
about. Does not belong here: how dbt is started (`store.dbt`), how a model is filled
(`store.refresh`), the models themselves (`sql/`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import duckdb

from etl.linking.link import LINKING_VERSION
from etl.schema import tables
from etl.settings import Settings
from etl.stories.assign import STORIES_VERSION
from etl.warehouse import build_db, dbt, stage_markers
from etl.warehouse.incremental.change_set import ChangeSet
from etl.warehouse.incremental.refresh import note_compiled, refresh

STALE_TABLES = "corrected_since_modelled"
"""Property of the build file: the tables that corrections changed since all models were built."""
MODELS_VERSION = "models_version"
"""Property: what the models were all built by."""
_FILLED_BY_PARTS = "articles_filled_by_parts"
"""Property: how many articles' rows were filled since all tables were filled whole."""
_MOST_BY_PARTS, _SHARE_BY_PARTS = 1_000, 0.1
"""With more articles since, and more than this share of all, tables are filled whole. Rows filled
by parts lie at the end of a table, not in its order, by which a timeline reads few row groups."""


def models_version() -> str:
    """Names what the published models are made by: linking, stories, SQL and reference data."""
    return f"{LINKING_VERSION}-{STORIES_VERSION}-{dbt.fingerprint()[:16]}"


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
    about = None if changed is None else _concerned(settings)
    done = changed is not None and refresh(
        select, changed, build_file=settings.build_file, target=settings.dbt_target, about=about
    )
    parts = len(about.articles) if about is not None and done else None
    if not done:
        args = ["build", "--exclude-resource-type", "unit_test"]
        if select:
            args += ["--select", *select, "--indirect-selection", "empty"]
        done = dbt.run_dbt(args, build_file=settings.build_file, target=settings.dbt_target)
    with build_db.open_build(settings.build_file) as con:
        if not select:
            build_db.set_property(con, MODELS_VERSION, models_version())
            note_compiled(settings.dbt_target)
            if parts is None:
                build_db.set_property(con, _FILLED_BY_PARTS, "0")
        if parts:
            build_db.set_property(con, _FILLED_BY_PARTS, str(_filled_by_parts(con) + parts))
        if not select or changed is not None:
            stage_markers.stamp(con, "modelled", True)
            build_db.set_property(con, STALE_TABLES, "")
            con.execute("delete from bookkeeping.unmodelled_actors")
            con.execute("delete from bookkeeping.unmodelled_articles")
    return done


def _changed(settings: Settings, select: Sequence[str], is_all_corrected: bool) -> set[str] | None:
    """The tables of schema `loaded` from which models are to be filled anew; None: dbt must do it.

    Models can be filled where all of them were built by the SQL of now; chosen ones where they are
    all that depends on what has changed since.
    """
    with build_db.open_build(settings.build_file) as con:
        if build_db.get_property(con, MODELS_VERSION) != models_version():
            return None
        if not select:
            return {table.name for table in tables.TABLES}
        modelled = stage_markers.generation_seen(con, "modelled")
        if not is_all_corrected or modelled != build_db.get_property(con, "generation"):
            return None
        return stale_tables(con)


def stale_tables(con: duckdb.DuckDBPyConnection) -> set[str]:
    """The tables that corrections changed since all models were built."""
    return set(filter(None, (build_db.get_property(con, STALE_TABLES) or "").split(",")))


def _concerned(settings: Settings) -> ChangeSet | None:
    """What is loaded and corrected since is about; None where that is too much to go by."""
    with build_db.open_build(settings.build_file) as con:

        def column(sql: str) -> frozenset[Any]:
            return frozenset(value for (value,) in con.execute(sql).fetchall() if value is not None)

        con.execute(_CONCERNED)
        articles = column("from concerned_articles")
        most = max(_MOST_BY_PARTS, _SHARE_BY_PARTS * build_db.count(con, "loaded.article_stories"))
        if _filled_by_parts(con) + len(articles) > most:
            return None
        is_loaded = stage_markers.generation_seen(con, "modelled") != build_db.get_property(
            con, "generation"
        )
        if is_loaded and not articles:
            return None  # something else than articles changed what is loaded
        actors = column("select distinct entity_id from bookkeeping.unmodelled_actors")
        if len(actors) > _MOST_ACTORS:
            return None
        if actors:
            con.execute(_COMPANY)
        cooccurring_actors = column("from stale_cooccurring_actors") if actors else actors
        return ChangeSet(
            actors=actors,
            articles=articles,
            days=column("select coalesce(published_on, date '0001-01-01') from concerned_days"),
            named=column("select distinct entity_id from concerned_links"),
            stories=column("from concerned_stories"),
            is_loaded=is_loaded,
            cooccurring_actors=cooccurring_actors
            if len(cooccurring_actors) <= _MAX_COOCCURRING
            else None,
        )


def _filled_by_parts(con: duckdb.DuckDBPyConnection) -> int:
    return int(build_db.get_property(con, _FILLED_BY_PARTS) or 0)


_MOST_ACTORS = 1_000
"""With more of them corrected, tables are filled whole: a list is then no quicker to go by."""

_MAX_COOCCURRING = 10_000
"""With more of them in the articles of those corrected, as with who is in most articles, what names
others is filled whole."""

# Step by step: as one statement it joins all links with all actors of texts.
_CONCERNED = """
create or replace temp table concerned_articles as
with stories as (
  select distinct story_id from loaded.article_stories
  where article_id in (select article_id from bookkeeping.unmodelled_articles)
)
select article_id from loaded.article_stories semi join stories using (story_id)
union
select article_id from bookkeeping.unmodelled_articles;

create or replace temp table concerned_stories as
with current as (
  select story_id from loaded.article_stories semi join concerned_articles using (article_id)
)
from current
union
select old_story_id from loaded.story_redirects semi join current using (story_id);

create or replace temp table concerned_versions as
select content_sha256, published_on, article_id
from loaded.article_versions semi join concerned_articles using (article_id);

create or replace temp table concerned_days as
select published_on from concerned_versions
union
select coalesce(o.published_on, v.published_on)
from concerned_versions v left join loaded.article_overrides o using (article_id)
union
select published_on from bookkeeping.unmodelled_articles where published_on is not null;

create or replace temp table concerned_actors as
select text_actor_id from loaded.text_actors semi join concerned_versions using (content_sha256);

create or replace temp table concerned_links as
select entity_id from loaded.actor_links semi join concerned_actors using (text_actor_id);
"""

_COMPANY = """
create or replace temp table concerned_actors as
select text_actor_id from loaded.actor_links
where entity_id in (select entity_id from bookkeeping.unmodelled_actors);

create or replace temp table concerned_versions as
select distinct content_sha256
from loaded.text_actors semi join concerned_actors using (text_actor_id);

create or replace temp table concerned_actors as
select text_actor_id from loaded.text_actors semi join concerned_versions using (content_sha256);

create or replace temp table stale_cooccurring_actors as
select distinct entity_id from loaded.actor_links semi join concerned_actors using (text_actor_id);
"""
"""Whoever stood in an article with one of them before stands there with its successor now."""
