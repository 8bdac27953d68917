"""Bringing the SQL models up to what is loaded: by dbt, or by filling them where that will do.

Belongs here: which of the two is due, and what of the models corrections are about. Does not
belong here: how dbt is started (`store.dbt`), how a model is filled (`store.refresh`), the models
themselves (`sql/`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import duckdb

from etl import schema
from etl.actors.link import LINKING_VERSION
from etl.settings import Settings
from etl.store import build, dbt, stamps
from etl.store.concerned import Concerned
from etl.store.refresh import note_compiled, refresh
from etl.stories.assign import STORIES_VERSION

UNMODELLED = "corrected_since_modelled"
"""Property of the build file: the tables that corrections changed since all models were built."""
MODELS_VERSION = "models_version"
"""Property: what the models were all built by."""


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
    done = changed is not None and refresh(
        select,
        changed,
        build_file=settings.build_file,
        target=settings.dbt_target,
        about=_concerned(settings) if select else None,
    )
    if not done:
        args = ["build", "--exclude-resource-type", "unit_test"]
        if select:
            args += ["--select", *select, "--indirect-selection", "empty"]
        done = dbt.run_dbt(args, build_file=settings.build_file, target=settings.dbt_target)
    with build.open_build(settings.build_file) as con:
        if not select:
            build.set_property(con, MODELS_VERSION, models_version())
            note_compiled(settings.dbt_target)
        if not select or changed is not None:
            stamps.stamp(con, "modelled", True)
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
        if build.get_property(con, MODELS_VERSION) != models_version():
            return None
        if not select:
            return {table.name for table in schema.TABLES}
        modelled = stamps.generation_seen(con, "modelled")
        if not is_all_corrected or modelled != build.get_property(con, "generation"):
            return None
        return unmodelled(con)


def unmodelled(con: duckdb.DuckDBPyConnection) -> set[str]:
    """The tables that corrections changed since all models were built."""
    return set(filter(None, (build.get_property(con, UNMODELLED) or "").split(",")))


def _concerned(settings: Settings) -> Concerned:
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
