"""Hundreds of nights: `python -m bench.soak [--runs N] [--articles N]`.

Every night some small articles come and `newsactors ingest` runs, in a process of its own and in a
Dagster instance of its own. Belongs here: what a run takes as the warehouse grows: seconds in all
and by stage, the peak of memory, files and bytes on disk. Does not belong here: faults.

Writes the series to `build/soak.json` after each run, and exits with 1 where memory or the number
of files grew with the runs.
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

AROUND = 5
"""Runs on either side that a figure of one run is the median of."""
STAGED_FILES = 4 * 40
"""Files under `extracted` at most: four a batch, of which 16 small ones are left alone."""
MEMORY_GROWTH = 1.15


def night(harness: WarehouseHarness, number: int, articles: int) -> dict[str, Any]:
    """What comes on one day, the run over it, and what that took."""
    first = number * articles
    for n in range(first, first + articles):
        harness.drop(f"{n // 1000:03}/{n}.txt", article(n, a_day=articles))
    done = harness.run_checked("ingest")
    return {"run": number, "articles": first + articles, **_taken(done), **_on_disk(harness)}


def _taken(done: Outcome) -> dict[str, Any]:
    return {
        "seconds": round(done.seconds, 2),
        "peak_mb": round(done.peak_mb),
        "stages": {name: round(spent.seconds, 3) for name, spent in done.stages.items()},
    }


def _on_disk(harness: WarehouseHarness) -> dict[str, Any]:
    """Files under each folder of the warehouse and of Dagster's, and the size of the build file."""
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


def around(series: Sequence[dict[str, Any]], run: int, *path: str) -> float:
    """The median of a figure over the runs around one."""
    found = []
    for row in series[max(0, run - AROUND) : run + AROUND]:
        value: Any = row
        for key in path:
            value = value.get(key, 0)
        found.append(float(value))
    return round(statistics.median(found), 3)


def summary(series: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The tenth run beside the last of a round number, and what grew that must not."""
    late = max(0, len(series) - AROUND)
    early = min(10, late)
    stages = sorted({name for row in series for name in row["stages"]})
    compared = {
        name: [around(series, early, *path), around(series, late, *path)]
        for name, path in {
            "articles": ("articles",),
            "seconds": ("seconds",),
            "peak_mb": ("peak_mb",),
            **{f"seconds of {stage}": ("stages", stage) for stage in stages},
        }.items()
    }
    staged = max(row["files"]["extracted"] for row in series)
    grown = []
    if compared["peak_mb"][1] > MEMORY_GROWTH * compared["peak_mb"][0]:
        grown.append(f"peak memory: {compared['peak_mb']} MB")
    if staged > STAGED_FILES:
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
    """Run so many nights and report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--articles", type=int, default=50, help="a night")
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
            series.append(night(harness, number, given.articles))
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
