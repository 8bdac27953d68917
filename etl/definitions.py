"""The Dagster code location, assembled from `etl.orchestration`."""

from __future__ import annotations

import logging
from collections.abc import Mapping

import dagster as dg

from etl.orchestration import checks
from etl.orchestration.assets import days, ingest, loaded, models, published, report
from etl.orchestration.jobs import JOBS
from etl.orchestration.resources import Warehouse
from etl.orchestration.schedules import schedules
from etl.orchestration.sensors import SENSORS
from etl.settings import Settings

# In a nightly run without new articles Dagster warns that it skipped every blocking check together
# with its asset. What guards the publish is `pipeline.stages.publish_build`.
logging.getLogger("dagster._core.execution.plan.active").setLevel(logging.ERROR)


def build_defs(resource_overrides: Mapping[str, object] | None = None) -> dg.Definitions:
    """Return all assets, checks, jobs, schedules and sensors; tests override the resources."""
    settings = Settings.from_env()
    dbt_models = models.dbt_models(settings)
    return dg.Definitions(
        assets=[
            *loaded.run_state(),
            ingest.raw_files,
            ingest.staged_batches,
            days.extracted_days,
            loaded.loaded_tables,
            loaded.text_links,
            loaded.corrected_links,
            loaded.stories,
            dbt_models,
            published.published_file(models.leaves(dbt_models), settings),
            report.report,
        ],
        asset_checks=[
            loaded.loaded_checks,
            loaded.link_checks,
            loaded.story_checks,
            checks.is_fresh,
            checks.no_shifted_series,
            checks.no_sudden_drop,
            checks.is_as_good_as_recorded,
            checks.arrivals_as_usual,
        ],
        jobs=list(JOBS),
        schedules=schedules(settings),
        sensors=list(SENSORS),
        resources={"warehouse": Warehouse(), **(resource_overrides or {})},
        # Steps are short: a process per step would import everything again (128 s for two steps).
        executor=dg.in_process_executor,
    )


defs = build_defs()
