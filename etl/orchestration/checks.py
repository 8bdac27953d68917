"""Asset checks that don't block: the extractor's scores, and the freshness of the published file.

Belongs here: checks that warn or fail without stopping the run.
Does not belong here: the blocking checks of loaded tables (`etl.orchestration.assets.loaded`), and
dbt's tests (`etl.orchestration.assets.models`).
"""

from collections.abc import Iterator
from datetime import UTC, datetime

import dagster as dg

from etl.orchestration.assets.ingest import STAGED_BATCHES
from etl.orchestration.assets.published import PUBLISHED
from etl.orchestration.metadata import harmless
from etl.orchestration.resources import Warehouse
from etl.pipeline import series_shifts
from etl.pipeline.errors import InputError
from etl.quality import figures
from etl.quality.figures import Record
from etl.query import arrival_rates, overview
from etl.query.arrival_rates import Comparison


@dg.asset_check(
    asset=STAGED_BATCHES,
    name="is_as_good_as_recorded",
    description="The extractor's scores on the package's gold articles are at most "
    f"{figures.TOLERANCE:g} point below the recorded figures.",
)
def is_as_good_as_recorded(warehouse: Warehouse) -> dg.AssetCheckResult:
    """Fail without blocking: a worse extraction of today's news is better than none.

    An error rather than a warning, because no data can cause it: the model, its runtime or the
    machine differs from what was measured. Each version is scored once (two seconds) and cached.
    """
    try:
        extractor = warehouse.extractor
    except InputError as error:  # a rollback also runs if the promoted extractor isn't installed
        return dg.AssetCheckResult(
            passed=False, severity=dg.AssetCheckSeverity.WARN, description=str(error)
        )
    recorded = figures.recorded_for(extractor.name)
    now = figures.cached_measurement(
        extractor, warehouse.settings.home / "build" / "gold_figures.json"
    )
    fallen = figures.regressions(now.figures, recorded.figures)
    return dg.AssetCheckResult(
        passed=not fallen,
        severity=dg.AssetCheckSeverity.ERROR,
        description="; ".join(
            f"{name}: F1 {now.figures.get(name, 0.0):.1f}, recorded {recorded.figures[name]:.1f}"
            for name in fallen
        )
        or None,
        metadata={
            "extractor": now.version,
            "recorded for": recorded.version,
            "F1 on the gold articles": dg.MetadataValue.md(_table(now, recorded)),
        },
    )


def _table(now: Record, recorded: Record) -> str:
    lines = ["| figure | recorded | now | change |", "|---|---:|---:|---:|"]
    for name, before in recorded.figures.items():
        current = now.figures.get(name, 0.0)
        lines.append(f"| {name} | {before:.1f} | {current:.1f} | {current - before:+.1f} |")
    return "\n".join(lines)


@dg.asset_check(asset=PUBLISHED, name="is_fresh", description="The newest article is recent.")
def is_fresh(warehouse: Warehouse) -> dg.AssetCheckResult:
    """Warn if the newest publication day is more than NEWSACTORS_FRESH_DAYS days old.

    Not a freshness policy: that would turn green when an old day is loaded.
    """
    newest = max(overview.articles_by_day(warehouse.settings), default=None)
    allowed = warehouse.settings.fresh_days
    today = datetime.now(UTC).date()
    age = (today - datetime.fromisoformat(newest).date()).days if newest else None
    return dg.AssetCheckResult(
        passed=age is not None and age <= allowed,
        severity=dg.AssetCheckSeverity.WARN,
        description=f"newest publication day: {newest or 'none'}; {allowed} days are allowed",
        metadata={} if age is None else {"age (days)": age},
    )


@dg.asset_check(
    asset=PUBLISHED,
    name="no_shifted_series",
    description="The last publish did not shift the time series of actors over known articles.",
)
def no_shifted_series(warehouse: Warehouse) -> dg.AssetCheckResult:
    """Warn if more than NEWSACTORS_SHIFT_SHARE of an actor's articles by week changed.

    It compares the published file with the previous one, over articles that both contain. Only a
    promotion, a rollback, a plain re-extraction or a change of linking can shift those.
    """
    shifted = series_shifts.published_shifts(warehouse.settings)
    if shifted is None:
        return dg.AssetCheckResult(
            passed=True,
            description="not compared: an older version published the former file",
        )
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
    """Warn if an outlet's last full week has under half its median of the eight weeks before."""
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


_RATES = {
    "undated_as_usual": (arrival_rates.UNDATED, "articles without a publication day"),
    "unknown_outlets_as_usual": (arrival_rates.UNKNOWN_OUTLETS, "articles of an unknown outlet"),
    "unknown_speakers_as_usual": (
        arrival_rates.UNKNOWN_SPEAKERS,
        "quotes whose speaker is unnamed or unknown",
    ),
}


@dg.multi_asset_check(
    name="arrivals_as_usual",
    specs=[
        dg.AssetCheckSpec(
            name,
            asset=PUBLISHED,
            description=f"The share of {what} in what arrived last is that of the month before.",
        )
        for name, (_, what) in _RATES.items()
    ],
    can_subset=True,
)
def arrivals_as_usual(
    context: dg.AssetCheckExecutionContext, warehouse: Warehouse
) -> Iterator[dg.AssetCheckResult]:
    """Warn if a share on the last day of arrivals leaves what it was in the month before.

    A source that changes its layout loses its dates, bylines or quotes, and no file is rejected.
    """
    comparisons = arrival_rates.compare_arrivals(warehouse.settings)
    for name, (rate, what) in _RATES.items():
        if dg.AssetCheckKey(PUBLISHED, name) in context.selected_asset_check_keys:
            found = comparisons[rate]
            yield dg.AssetCheckResult(
                asset_key=PUBLISHED,
                check_name=name,
                passed=not found.is_unusual,
                severity=dg.AssetCheckSeverity.WARN,
                description=found.describe(what),
                metadata={"by day of arrival": _days_table(found)},
            )


def _days_table(found: Comparison) -> dg.MetadataValue:
    days = [*([found.last] if found.last else []), *reversed(found.before)]
    if not days:
        return dg.MetadataValue.text("nothing has arrived")
    return dg.MetadataValue.table(
        [
            dg.TableRecord(
                {
                    "arrived on": day.day.isoformat(),
                    "of": day.total,
                    "lacking": day.lacking,
                    "share": f"{day.share:.0%}",
                }
            )
            for day in days
        ]
    )
