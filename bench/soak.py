"""Runs hundreds of nightly ingests: `python -m bench.soak [--runs N] [--articles N]`.

Each night adds small articles and runs `newsactors ingest` in its own process, on its own Dagster
instance. Belongs here: the cost of a run as the warehouse grows: seconds in total and by stage,
peak memory, files and bytes on disk. Does not belong here: faults (`bench.faults`).

Writes the series to `build/soak.json` after each run. Exits with 1 if memory or the number of files
grew with the runs.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.articles import article
from bench.faults.victim_process import Outcome
from bench.faults.warehouse_harness import WarehouseHarness, prepare
from etl.settings import REPOSITORY

MEDIAN_REACH = 5
"""Runs on either side over which `median_around` takes the median."""
MAX_STAGED_FILES = 4 * 40
"""Limit on files under `extracted`: four per batch; compaction leaves 16 small batches alone."""
MAX_MEMORY_GROWTH = 1.15


def nightly_run(harness: WarehouseHarness, number: int, articles: int) -> dict[str, Any]:
    """Drop the articles of one day, ingest them, and return the cost."""
    first = number * articles
    for n in range(first, first + articles):
        harness.drop(f"{n // 1000:03}/{n}.txt", article(n, a_day=articles))
    done = harness.run_checked("ingest")
    return {"run": number, "articles": first + articles, **_run_cost(done), **_disk_use(harness)}


def _run_cost(done: Outcome) -> dict[str, Any]:
    return {
        "seconds": round(done.seconds, 2),
        "peak_mb": round(done.peak_mb),
        "stages": {name: round(spent.seconds, 3) for name, spent in done.stages.items()},
    }


def _disk_use(harness: WarehouseHarness) -> dict[str, Any]:
    """Return files and megabytes under each folder of the warehouse, and under Dagster's."""
    folders = {
        **{path.name: path for path in harness.home.iterdir() if path.is_dir()},
        "dagster": harness.root / "dagster",
    }
    return {
        "files": {
            name: sum(p.is_file() for p in path.rglob("*")) for name, path in folders.items()
        },
        "megabytes": {
            name: round(sum(p.lstat().st_size for p in path.rglob("*") if p.is_file()) / 1e6, 1)
            for name, path in folders.items()
        },
    }


def median_around(series: Sequence[dict[str, Any]], run: int, *path: str) -> float:
    """Return the median of a figure over the runs around `run`."""
    found = []
    for row in series[max(0, run - MEDIAN_REACH) : run + MEDIAN_REACH]:
        value: Any = row
        for key in path:
            value = value.get(key, 0)
        found.append(float(value))
    return round(statistics.median(found), 3)


def summary(series: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Compare an early run with a late one, and list what grew but must not."""
    late = max(0, len(series) - MEDIAN_REACH)
    early = min(10, late)
    stages = sorted({name for row in series for name in row["stages"]})
    compared = {
        name: [median_around(series, early, *path), median_around(series, late, *path)]
        for name, path in {
            "articles": ("articles",),
            "seconds": ("seconds",),
            "peak_mb": ("peak_mb",),
            **{f"seconds of {stage}": ("stages", stage) for stage in stages},
        }.items()
    }
    staged = max(row["files"]["extracted"] for row in series)
    grown = []
    if compared["peak_mb"][1] > MAX_MEMORY_GROWTH * compared["peak_mb"][0]:
        grown.append(f"peak memory: {compared['peak_mb']} MB")
    if staged > MAX_STAGED_FILES:
        grown.append(f"{staged} staged files")
    return {
        "runs": len(series),
        "compared": [early, late],
        "early and late": compared,
        "files": series[-1]["files"],
        "megabytes": series[-1]["megabytes"],
        "staged files at most": staged,
        "grown": grown,
    }


def main() -> None:
    """Run the nights and write the report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=200, help="number of nights (200)")
    parser.add_argument("--articles", type=int, default=50, help="articles per night (50)")
    parser.add_argument("--report", type=Path, default=Path("build/soak.json"))
    given = parser.parse_args()
    given.report.parent.mkdir(parents=True, exist_ok=True)
    series: list[dict[str, Any]] = []
    totals: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="newsactors-soak-") as folder:
        harness = WarehouseHarness(Path(folder), batch_articles=500)
        dagster_home = Path(folder) / "dagster"
        dagster_home.mkdir()
        settings = (REPOSITORY / "dagster.yaml").read_text()
        (dagster_home / "dagster.yaml").write_text(settings)
        prepare(harness)
        harness.extra_environment["DAGSTER_HOME"] = str(dagster_home)
        for number in range(given.runs):
            series.append(nightly_run(harness, number, given.articles))
            row = series[-1]
            sys.stdout.write(
                f"{number + 1:4} {row['articles']:6,} articles {row['seconds']:6.2f} s "
                f"{row['peak_mb']} MB {row['stages']}\n"
            )
            sys.stdout.flush()
            totals = summary(series)
            given.report.write_text(json.dumps({"summary": totals, "series": series}) + "\n")
    sys.stdout.write(json.dumps(totals, indent=2) + "\n")
    sys.exit(bool(totals["grown"]))


if __name__ == "__main__":
    main()
