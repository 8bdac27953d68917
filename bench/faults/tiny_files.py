"""Inboxes of many tiny files, each ingested to the end.

Belongs here: seconds by stage and memory as the number of files grows, and that every file is
published. Does not belong here: large files (`bench.large_files`), a warehouse that grows night by
night (`bench.soak`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bench.articles import person, published_on
from bench.faults.warehouse_harness import WarehouseHarness, prepare

SIZES = (1, 2, 5, 10, 20, 50, 100, 200)
"""Thousands of files."""
_FILES_A_FOLDER = 1_000
_SECONDS_A_THOUSAND = 60


def run(
    harness: WarehouseHarness, rounds: int, seed: int, say: Callable[[str], None] = lambda _: None
) -> dict[str, object]:
    """Ingest each of SIZES up to `rounds` thousand files into an empty warehouse."""
    harness.batch_articles = 500
    sizes = [ingest(harness, thousands, say) for thousands in SIZES if thousands <= rounds]
    return {"sizes": sizes, "failed": [size for size in sizes if size["problem"]], "seed": seed}


def ingest(harness: WarehouseHarness, thousands: int, say: Callable[[str], None]) -> dict[str, Any]:
    """Ingest so many thousand files; return what it took and what is wrong."""
    prepare(harness)
    files = thousands * 1_000
    for number in range(files):
        harness.drop(f"{number // _FILES_A_FOLDER:03}/{number}.txt", tiny(number))
    done = harness.start("ingest").wait(timeout=600 + _SECONDS_A_THOUSAND * thousands)
    problem = "" if done.code == 0 else f"exit {done.code}: {done.output[-2000:]}"
    if not problem:
        articles = harness.fetch_one("select count(*) from articles")[0] - 2
        set_aside = harness.fetch_one("select count(*) from quarantine")[0]
        doctor = harness.start("doctor").wait(timeout=600 + _SECONDS_A_THOUSAND * thousands)
        if articles != files or set_aside:
            problem = f"{articles} of {files} published, {set_aside} set aside"
        elif doctor.code != 0:
            problem = f"doctor: exit {doctor.code}: {doctor.output[-2000:]}"
    size: dict[str, Any] = {
        "files": files,
        "seconds": round(done.seconds, 1),
        "peak_mb": round(done.peak_mb),
        "stages": {name: round(spent.seconds, 1) for name, spent in done.stages.items()},
        "problem": problem,
    }
    say(str(size))
    return size


def tiny(number: int) -> str:
    """Return a text of two lines that is unlike that of any other number."""
    return (
        f" date {published_on(number, 500)} Case {number} Is Heard\n\n"
        f"{person(number % 2560)} spoke on case {number}.\n"
    )
