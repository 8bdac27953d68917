"""Publication days: the days with articles, of which any can be extracted again.

Belongs here: the partitions, what a publish reports about them, and the step that extracts chosen
days again. Does not belong here: extracting by other criteria (`etl.orchestration.assets.ingest`).
"""

import warnings
from collections.abc import Sequence
from datetime import date

import dagster as dg

from etl.extract import get_extractor
from etl.orchestration.assets.ingest import STAGED_BATCHES
from etl.orchestration.resources import Warehouse
from etl.orchestration.retries import retrying
from etl.pipeline import reextract
from etl.query import overview

EXTRACTED_DAYS = dg.AssetKey("extracted_days")
DAYS = dg.DynamicPartitionsDefinition(name="publication_days")

# Commands would print that this parameter is in beta.
warnings.filterwarnings("ignore", "Parameter `backfill_policy`", dg.BetaWarning)


@dg.asset(
    key=EXTRACTED_DAYS,
    deps=[STAGED_BATCHES],
    partitions_def=DAYS,
    backfill_policy=dg.BackfillPolicy.single_run(),
    group_name="ingest",
    kinds={"python", "parquet"},
    code_version=get_extractor().version,
)
def extracted_days(
    context: dg.AssetExecutionContext, warehouse: Warehouse
) -> dg.MaterializeResult[None]:
    """Publication days with articles: each publish reports those that it added or changed.

    Materialize days to extract their articles again with the current extractor; any range is one
    run. The job `reextract_days` publishes them in the same run. If you materialize only this
    asset, the sensor `extracted_days_to_publish` starts the job `republish` afterwards.
    """
    days = [date.fromisoformat(day) for day in context.partition_keys]
    with retrying():
        staged = reextract.stage_days(
            warehouse.settings, warehouse.extractor, days, warehouse.progress(context)
        )
    return dg.MaterializeResult(
        metadata={
            "articles extracted again": staged.articles,
            "days extracted again": len(days),
            "extractor": warehouse.extractor.version,
        }
    )


def report_days(
    context: dg.AssetExecutionContext, warehouse: Warehouse, days: Sequence[str]
) -> None:
    """Report that these days were published, with their number of articles."""
    if not days:
        return
    _add_partitions(context.instance, days)
    counts = overview.articles_by_day(warehouse.settings)
    for day in days:
        context.log_event(
            dg.AssetMaterialization(
                EXTRACTED_DAYS, partition=day, metadata={"articles": counts.get(day, 0)}
            )
        )


def _add_partitions(instance: dg.DagsterInstance, days: Sequence[str]) -> None:
    """Add the days that are new, so that all days stay in order.

    Dagster keeps dynamic partitions in the order in which they were added, and what a user picks as
    a range is a range in that order. Removing a partition keeps its history.
    """
    name = str(DAYS.name)
    known = instance.get_dynamic_partitions(name)
    new = sorted(set(days) - set(known))
    if not new:
        return
    later = [day for day in known if day > new[0]]
    for day in later:
        instance.delete_dynamic_partition(name, day)
    instance.add_dynamic_partitions(name, sorted([*new, *later]))
