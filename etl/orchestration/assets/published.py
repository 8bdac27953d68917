"""The published file.

Does not belong here: the publication days that a publish reports (`etl.orchestration.assets.days`).
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import dagster as dg

from etl import __version__
from etl.orchestration.assets.days import report_days
from etl.orchestration.labels import CORRECTION, KIND_TAG, PUBLISH_STEP, WRITER_POOL
from etl.orchestration.metadata import articles_a_day, sample_table, top_actors
from etl.orchestration.resources import Warehouse
from etl.orchestration.retries import retrying
from etl.pipeline import apply_corrections, publish_run
from etl.query import overview
from etl.settings import Settings

PUBLISHED = dg.AssetKey(PUBLISH_STEP)


def published_in_time(settings: Settings) -> dg.FreshnessPolicy:
    """Warn after NEWSACTORS_FRESH_DAYS days without a publish, and fail after twice as many.

    Nights without news publish nothing. Whether the news in the file is recent, the check
    `is_fresh` says: a policy turns green when an old day is loaded.
    """
    allowed = timedelta(days=settings.fresh_days)
    return dg.FreshnessPolicy.time_window(fail_window=2 * allowed, warn_window=allowed)


def published_file(models: Sequence[dg.AssetKey], settings: Settings) -> dg.AssetsDefinition:
    """Return the asset of the published file, downstream of the given models."""

    @dg.asset(
        key=PUBLISHED,
        deps=list(models),
        group_name="publish",
        kinds={"python", "duckdb"},
        code_version=__version__,
        pool=WRITER_POOL,
        freshness_policy=published_in_time(settings),
    )
    def publish(
        context: dg.AssetExecutionContext, warehouse: Warehouse
    ) -> dg.MaterializeResult[None]:
        """The file that readers open: a read-only snapshot behind an atomically replaced symlink.

        The publish fails unless the loaded rows have been checked, linked and modelled. Open
        readers keep their snapshot; the newest two are kept.
        """
        warehouse.lock_for_writing(context)
        with retrying():
            if apply_corrections.apply_late_corrections(
                warehouse.settings, warehouse.corrections_lease
            ):
                context.log.info("applied corrections that were recorded during this run")
            done = publish_run.publish_build(
                warehouse.settings, warehouse.extractor, context.run.run_id
            )
        report_days(context, warehouse, [day.isoformat() for day in done.touched_days])
        publish_run.clear_touched_days(warehouse.settings)
        metadata: dict[str, Any] = {
            "file": dg.MetadataValue.path(str(warehouse.settings.published)),
            "snapshot": dg.MetadataValue.path(str(done.path)),
            "size (MB)": round(done.size / 1e6, 1),
            "days touched": len(done.touched_days),
        }
        if context.run.tags.get(KIND_TAG) != CORRECTION:
            metadata |= _contents(warehouse)
        return dg.MaterializeResult(metadata=metadata)

    return publish


def _contents(warehouse: Warehouse) -> dict[str, Any]:
    """Return the contents of the published file as counts, charts and samples."""
    contents = overview.published_overview(warehouse.settings)
    charts = {
        "articles a day": articles_a_day(contents.days),
        "top actors by articles": top_actors(contents.actors),
        "newest days": sample_table(contents.newest_days),
    } if len(contents.days) else {}  # fmt: skip
    return {
        "rows": dg.MetadataValue.json(contents.row_counts),
        "dagster/row_count": contents.row_counts["articles"],
        **charts,
    }
