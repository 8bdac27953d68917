"""The published file and the publication days it contains."""

from collections.abc import Sequence
from typing import Any

import dagster as dg

from etl import __version__
from etl.orchestration.labels import CORRECTION, DATA_TEAM, KIND_TAG, PUBLISH_STEP, WRITER_POOL
from etl.orchestration.metadata import articles_a_day, sample_table, top_actors
from etl.orchestration.resources import Warehouse
from etl.orchestration.retries import retrying
from etl.pipeline import apply_corrections, publish_run
from etl.query import overview

PUBLISHED = dg.AssetKey(PUBLISH_STEP)
PUBLICATION_DAYS = dg.AssetKey("publication_days")
DAYS = dg.DynamicPartitionsDefinition(name="publication_days")

publication_days = dg.AssetSpec(
    PUBLICATION_DAYS,
    deps=[PUBLISHED],
    partitions_def=DAYS,
    group_name="publish",
    kinds={"duckdb"},
    owners=[DATA_TEAM],
    description="Publication days with articles. Each publish reports a materialization of every "
    "day whose articles it added or changed. No step computes them, so no run is per day.",
)


def published_file(models: Sequence[dg.AssetKey]) -> dg.AssetsDefinition:
    """Return the asset of the published file, downstream of the given models."""

    @dg.asset(
        key=PUBLISHED,
        deps=list(models),
        group_name="publish",
        kinds={"python", "duckdb"},
        owners=[DATA_TEAM],
        code_version=__version__,
        pool=WRITER_POOL,
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
        _report_days(context, warehouse, [day.isoformat() for day in done.touched_days])
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


def _report_days(
    context: dg.AssetExecutionContext, warehouse: Warehouse, days: Sequence[str]
) -> None:
    if not days:
        return
    context.instance.add_dynamic_partitions(str(DAYS.name), list(days))
    counts = overview.articles_by_day(warehouse.settings)
    for day in days:
        context.log_event(
            dg.AssetMaterialization(
                PUBLICATION_DAYS, partition=day, metadata={"articles": counts.get(day, 0)}
            )
        )
