"""Measures raw files to published file, and extraction alone: `python -m bench.end_to_end`.

Each input and extractor gets a new warehouse. `newsactors ingest` loads half of the articles cold
(an empty warehouse, no parsed dbt project) and the other half warm, as processes that include
start-up. For comparison, the same articles are extracted alone by as many processes; and the stages
run one after the other on another warehouse in this process, without Dagster, to show the share of
each.
Belongs here: one load as a whole. Does not belong here: the cost of a nightly run as the warehouse
grows (`bench.growth`), the stages of extraction (`bench.extraction`).
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench import volume
from bench.extraction import polnear_articles, reuters_articles, seconds_by_processes
from bench.growth import new_warehouse, run
from bench.results import Row, report_row
from etl.domain import Article
from etl.extract import get_extractor
from etl.pipeline import (
    actor_links,
    apply_corrections,
    archive_files,
    article_stories,
    build_models,
    load,
    publish_run,
    stage_articles,
)
from etl.settings import Settings

INPUTS: dict[str, tuple[Callable[[int], list[Article]], int, tuple[str, ...]]] = {
    "PolNeAR train": (polnear_articles, 840, ("tagger", "fast")),
    "Reuters": (reuters_articles, 10_000, ("fast",)),
}
"""By name: a function that reads articles, how many to read, and the extractors to run."""


def stages(settings: Settings, files: list[Path]) -> dict[str, float]:
    """Run one load in this process, without Dagster; return the seconds of each stage."""
    extractor = get_extractor(settings.extractor)
    steps: dict[str, Callable[[], object]] = {
        "archive": lambda: archive_files.archive_new(settings, files, "bench"),
        "read and extract": lambda: stage_articles.stage_new(settings, lambda: extractor, "bench"),
        "load": lambda: load.load_staged(settings, "bench"),
        "check": lambda: load.check_loaded(settings),
        "link": lambda: actor_links.link(settings),
        "correct": lambda: apply_corrections.apply_corrections(settings),
        "check links": lambda: actor_links.check_links(settings),
        "stories": lambda: (
            article_stories.group(settings),
            article_stories.check_stories(settings),
        ),
        "models": lambda: build_models.build_models(settings),
        "publish": lambda: publish_run.publish_build(settings, extractor, "bench"),
    }
    seconds = {}
    for name, step in steps.items():
        started = time.perf_counter()
        step()
        seconds[name] = round(time.perf_counter() - started, 1)
    return seconds


def measure(source: str, name: str, folder: Path) -> Row:
    """Measure one input and extractor in an empty folder; return a row."""
    articles_of, count, _ = INPUTS[source]
    articles = articles_of(count)
    halves = [articles[: count // 2], articles[count // 2 :]]
    files = [folder / f"{n}.jsonl" for n in range(2)]
    for path, half in zip(files, halves, strict=True):
        volume.write(half, path, sys.maxsize)
    new_warehouse(folder)
    os.environ["NEWSACTORS_EXTRACTOR"] = name
    settings = Settings.from_env()
    row: Row = {
        "what": "end to end",
        "input": f"{source}, {len(articles)} articles",
        "extractor": name,
        "workers": settings.workers,
    }
    for way, path, half in zip(("cold", "warm"), files, halves, strict=True):
        extraction = seconds_by_processes(get_extractor(name), half, settings.workers)
        whole = run("ingest", str(path))
        row |= {
            f"{way}_articles_per_second": round(len(half) / whole["seconds"], 1),
            f"{way}_extraction_alone": round(len(half) / extraction, 1),
            f"{way}_peak_mb": whole["peak_mb"],
        }
    nothing = run("ingest", str(files[1]))
    os.environ["NEWSACTORS_HOME"] = str(folder / "other")
    return row | {
        "nothing_new_seconds": nothing["seconds"],
        "stages": stages(Settings.from_env(), files),
    }


def main() -> None:
    """Measure and print; with --keep, record."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument(
        "--keep", action="store_true", help="append the rows to bench/results.jsonl"
    )
    options = parser.parse_args()
    for source, (_, _, names) in INPUTS.items():
        for name in names:
            with tempfile.TemporaryDirectory() as folder:
                report_row(measure(source, name, Path(folder)), is_recorded=options.keep)


if __name__ == "__main__":
    main()
