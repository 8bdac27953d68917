"""The check that the extractor in use is as good as it was when its figures were recorded."""

import dagster as dg

from etl.orchestration.assets.ingest import STAGED_BATCHES
from etl.orchestration.resources import Warehouse
from etl.pipeline.errors import InputError
from etl.quality import figures
from etl.quality.figures import Record


@dg.asset_check(
    asset=STAGED_BATCHES,
    name="is_as_good_as_recorded",
    description="The extractor scores on the gold articles of the package as it did when its "
    f"figures were recorded, less {figures.TOLERANCE:g} point at most.",
)
def is_as_good_as_recorded(warehouse: Warehouse) -> dg.AssetCheckResult:
    """Fails, and blocks nothing: a worse reading of today's news is better than none.

    An error and no warning, because no data can cause it: the model, its runtime or the machine is
    not what was measured. Scores each version once (two seconds), then remembers.
    """
    try:
        extractor = warehouse.extractor
    except InputError as error:  # a rollback runs where what was promoted is not installed
        return dg.AssetCheckResult(
            passed=False, severity=dg.AssetCheckSeverity.WARN, description=str(error)
        )
    recorded = figures.recorded_for(extractor.name)
    now = figures.measure_once(extractor, warehouse.settings.home / "build" / "gold_figures.json")
    fallen = figures.fallen(now.figures, recorded.figures)
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
    for name, was in recorded.figures.items():
        found = now.figures.get(name, 0.0)
        lines.append(f"| {name} | {was:.1f} | {found:.1f} | {found - was:+.1f} |")
    return "\n".join(lines)
