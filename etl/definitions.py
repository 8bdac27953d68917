"""The Dagster code location, assembled in this one place."""

from __future__ import annotations

import logging
from collections.abc import Mapping

import dagster as dg

from etl.orchestration import automation
from etl.orchestration.assets import ingest, loaded, models, published, quality, report
from etl.orchestration.resources import Warehouse
from etl.settings import Settings

# On a night with nothing new it says of every blocking check that it was skipped with its asset;
# what guards the publish is `pipeline.publish_build`.
logging.getLogger("dagster._core.execution.plan.active").setLevel(logging.ERROR)


def build_defs(resource_overrides: Mapping[str, object] | None = None) -> dg.Definitions:
    """All assets, checks, jobs, schedules and sensors; tests put their own resources in."""
    settings = Settings.from_env()
    dbt_models = models.dbt_models(settings)
    return dg.Definitions(
        assets=[
            *loaded.run_state(),
            ingest.raw_files,
            ingest.staged_batches,
            loaded.loaded_tables,
            loaded.text_links,
            loaded.corrected_links,
            loaded.stories,
            dbt_models,
            published.published_file(models.leaves(dbt_models)),
            published.publication_days,
            report.report,
        ],
        asset_checks=[
            loaded.loaded_checks,
            loaded.link_checks,
            loaded.story_checks,
            published.is_fresh,
            published.no_shifted_series,
            published.no_sudden_drop,
            quality.is_as_good_as_recorded,
        ],
        jobs=automation.jobs(),
        schedules=automation.schedules(settings),
        sensors=[
            automation.new_files,
            automation.run_failed,
            automation.lost_runs,
            automation.old_logs,
        ],
        resources={"warehouse": Warehouse(), **(resource_overrides or {})},
        # Steps are short: a process for each would import everything again (128 s for two steps).
        executor=dg.in_process_executor,
    )


defs = build_defs()
