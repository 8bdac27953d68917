"""The published file, the days it holds, and the checks that only warn."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import dagster as dg

from etl import __version__
from etl.orchestration.metadata import articles_a_day, harmless, sample_table, top_actors
from etl.orchestration.resources import KIND_TAG, PUBLISH_STEP, WRITER_POOL, Warehouse
from etl.orchestration.retries import DATA_TEAM, retrying
from etl.pipeline import apply_corrections, publish_run, series_shifts
from etl.query import overview

PUBLISHED = dg.AssetKey(PUBLISH_STEP)
PUBLICATION_DAYS = dg.AssetKey("publication_days")
DAYS = dg.DynamicPartitionsDefinition(name="publication_days")
CORRECTION = "correct"
"""Kind of the runs of which somebody waits to see the outcome: without what the file holds; the
charts take 0.7 s, and counting 10,000 articles' rows 0.5 s of processor time."""

publication_days = dg.AssetSpec(
    PUBLICATION_DAYS,
    deps=[PUBLISHED],
    partitions_def=DAYS,
    group_name="publish",
    kinds={"duckdb"},
    owners=[DATA_TEAM],
    description="Which publication days hold articles: each publish reports a materialization of "
    "every day whose articles it added or changed. Nothing computes it, so nothing runs by day.",
)


def published_file(models: Sequence[dg.AssetKey]) -> dg.AssetsDefinition:
    """The asset of the published file, downstream of the given models."""

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
        """What readers open: a read-only snapshot behind a symlink that is replaced atomically.

        Refuses to publish what was not checked, linked and modelled since it was loaded. Open
        readers keep the snapshot they have; two are kept.
        """
        warehouse.lock_for_writing(context)
        with retrying():
            if apply_corrections.apply_late_corrections(
                warehouse.settings, warehouse.corrections_lease
            ):
                context.log.info("corrections were recorded during this run: applied too")
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
    """What the published file holds, as counts, charts and samples."""
    contents = overview.published_overview(warehouse.settings)
    charts = {
        "articles a day": articles_a_day(contents.days),
        "actors in most articles": top_actors(contents.actors),
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


@dg.asset_check(asset=PUBLISHED, name="is_fresh", description="The newest article is recent.")
def is_fresh(warehouse: Warehouse) -> dg.AssetCheckResult:
    """Warns where the newest publication day is older than NEWSACTORS_FRESH_DAYS.

    Looks at the newest day itself: a freshness policy would turn green when an old day is loaded.
    """
    newest = max(overview.articles_by_day(warehouse.settings), default=None)
    allowed = warehouse.settings.fresh_days
    today = datetime.now(UTC).date()
    age = (today - datetime.fromisoformat(newest).date()).days if newest else None
    return dg.AssetCheckResult(
        passed=age is not None and age <= allowed,
        severity=dg.AssetCheckSeverity.WARN,
        description=f"newest publication day: {newest or 'none'}; {allowed} days are allowed",
        metadata={"age (days)": age if age is not None else -1},
    )


@dg.asset_check(
    asset=PUBLISHED,
    name="no_shifted_series",
    description="The last publish left the series of actors over known articles as they were.",
)
def no_shifted_series(warehouse: Warehouse) -> dg.AssetCheckResult:
    """Warns where re-extraction changed an actor's weeks by over NEWSACTORS_SHIFT_SHARE.

    Compares the published file with the one before it, over articles that both hold: so after a
    promotion, a rollback, a plain re-extraction, or a change of linking.
    """
    shifted = series_shifts.published_shifts(warehouse.settings)
    return dg.AssetCheckResult(
        passed=not shifted,
        severity=dg.AssetCheckSeverity.WARN,
        description=harmless(series_shifts.busiest(shifted, 10)) or None,
        metadata={"actors": len(shifted), "share allowed": warehouse.settings.shift_share},
    )


@dg.asset_check(
    asset=PUBLISHED, name="no_sudden_drop", description="No outlet suddenly falls silent."
)
def no_sudden_drop(warehouse: Warehouse) -> dg.AssetCheckResult:
    """Warns where an outlet's last full week has under half its median of eight weeks before."""
    drops = overview.sudden_drops(warehouse.settings)
    return dg.AssetCheckResult(
        passed=not drops,
        severity=dg.AssetCheckSeverity.WARN,
        description=harmless(
            "; ".join(
                f"{outlet}: {count} articles in the week of {week}, {median:g} a week before"
                for outlet, week, count, median in drops[:10]
            )
        )
        or None,
        metadata={"outlets": len(drops)},
    )
