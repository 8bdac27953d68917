"""Fuzzes every reader: `python -m bench.fuzz_readers [FILE...]`, as in docs/reliability.md.

    python -m bench.fuzz_readers --report FILE --seconds 200     # resumes from the report
    python -m bench.fuzz_readers page.html --show 1234 > input   # prints the input of one seed

Belongs here: counting what readers do with damaged files, in a process that may crash. Does not
belong here: damaging files (`tests/formats/fuzz.py`) and the original files
(`tests/formats/every_format.py`, and articles of the Wikinews corpus in the same formats).

The kernel kills the reading process after 15 seconds per input or at 1 GiB of memory. The seed is
then recorded, and the next process continues after it.
"""

from __future__ import annotations

import argparse
import csv
import faulthandler
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO

from etl.readers import read_file
from training.corpora.documents import CorporaMissingError, corpora_folder

TESTS = Path(__file__).parents[1] / "tests"
sys.path.insert(0, str(TESTS))
MAX_SECONDS = 10
MAX_MEGABYTES = 1024
_KILLED_AFTER_SECONDS = 15
_CHUNK = 500
_STORIES = 12
_MAX_STORY_CHARS = 4_000


@cache
def sources(name: str) -> tuple[bytes, ...]:
    """Return the files of a format to damage: ours, and Wikinews articles written in it."""
    from formats.every_format import BUILDERS, DOCUMENTS
    from formats.files import Story

    stories = []
    folder = Path()
    with suppress(CorporaMissingError):
        folder = corpora_folder() / "articles"
    for path in sorted(folder.glob("wikinews_*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                text = row["text"].encode("cp1252", "ignore").decode("cp1252").strip()
                title = row["title"].encode("cp1252", "ignore").decode("cp1252")
                if text and len(text) < _MAX_STORY_CHARS:
                    paragraphs = tuple(p for p in text.split("\n") if p.strip())
                    at = datetime(2019, 6, 24, 12, tzinfo=UTC)
                    stories.append(Story(title, paragraphs, at=at))
    return DOCUMENTS[name], *(BUILDERS[name](story) for story in stories[:_STORIES])


def inputs(name: str, first: int, count: int) -> Iterator[tuple[int, bytes]]:
    """Yield seeds with their damaged inputs."""
    from formats.fuzz import damaged

    for seed in range(first, first + count):
        yield seed, damaged(name, sources(name), seed)


def work(name: str, first: int, count: int, at: BinaryIO) -> None:
    """Read the inputs; print a JSON line per _CHUNK of them. `at` receives the current seed."""
    faulthandler.register(signal.SIGXCPU, chain=True)
    faulthandler.enable()
    read_file(sources(name)[0], name)  # loads the reader, so that no input is charged for it
    resource.setrlimit(resource.RLIMIT_DATA, (MAX_MEGABYTES << 20, resource.RLIM_INFINITY))
    for begin in range(first, first + count, _CHUNK):
        reasons: Counter[str] = Counter()
        defects: dict[str, int] = {}
        slowest, worst, done = 0.0, -1, 0
        for seed, data in inputs(name, begin, min(_CHUNK, first + count - begin)):
            os.pwrite(at.fileno(), b"%20d" % seed, 0)
            started = time.process_time()
            limit = int(started) + 1 + _KILLED_AFTER_SECONDS
            resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))
            try:
                items = read_file(data, name)
            except Exception as error:
                defects.setdefault(f"raised {type(error).__name__}: {error}"[:200], seed)
                items = []
            if (spent := time.process_time() - started) > slowest:
                slowest, worst = spent, seed
            if spent > MAX_SECONDS:
                defects[f"took {spent:.0f} s"] = seed
            for item in items:
                found = item.rejection
                reasons[found.reason if found else "article"] += 1
                if found and (found.reason == "unreadable" or "into memory" in found.detail):
                    defects.setdefault(found.detail[:200], seed)
            done += 1
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        if memory > MAX_MEGABYTES:
            defects[f"{memory} MB"] = worst
        print(json.dumps([done, slowest, worst, memory, reasons, defects]), flush=True)


def fuzz(name: str, found: dict[str, Any], count: int, until: float) -> None:
    """Fuzz a format, adding to `found`, until `count` inputs were read or time is up."""
    with tempfile.TemporaryFile() as at, tempfile.TemporaryFile() as errors:
        while found["inputs"] < count and time.monotonic() < until:
            command = ["--worker", str(at.fileno()), "--first", str(found["inputs"])]
            process = subprocess.Popen(
                [sys.executable, "-m", "bench.fuzz_readers", name, *command, "--inputs",
                 str(count - found["inputs"])],
                stdout=subprocess.PIPE, stderr=errors, pass_fds=[at.fileno()],
                env={**os.environ, "ARROW_DEFAULT_MEMORY_POOL": "system"},
            )  # fmt: skip
            assert process.stdout is not None
            is_ended = False
            for line in process.stdout:
                _add(found, *json.loads(line))
                if is_ended := time.monotonic() > until:
                    process.kill()
                    break
            if (code := process.wait()) and not is_ended:
                seed = int(os.pread(at.fileno(), 20, 0) or b"-1")
                errors.seek(0)
                trace = errors.read().decode(errors="replace")[-2000:]
                found["defects"][f"the process exited with {code}: {trace}"] = seed
                found["inputs"] = max(found["inputs"], seed) + 1


def _add(
    found: dict[str, Any],
    done: int,
    slowest: float,
    worst: int,
    memory: int,
    reasons: dict[str, int],
    defects: dict[str, int],
) -> None:
    found["inputs"] += done
    if slowest > found["slowest"]:
        found["slowest"], found["seed"] = slowest, worst
    found["memory"] = max(found["memory"], memory)
    found["reasons"] = dict(Counter(found["reasons"]) + Counter(reasons))
    found["defects"] = {**defects, **found["defects"]}


def row(name: str, found: dict[str, Any]) -> str:
    """Return a row of a Markdown table, with the defects below it."""
    most = sorted(found["reasons"].items(), key=lambda pair: -pair[1])
    outcomes = ", ".join(f"{reason} {count:,}" for reason, count in most)
    lines = [f"| {name} | {found['inputs']:,} | {len(found['defects'])} | {found['slowest']:.2f} s "
             f"(seed {found['seed']}) | {found['memory']} MB | {outcomes} |"]  # fmt: skip
    return "\n".join(
        [*lines, *(f"    seed {seed}: {what}" for what, seed in found["defects"].items())]
    )


def main() -> None:
    """Fuzz the named files, or all. Exit with 1 if any defect was found."""
    from formats.every_format import DOCUMENTS

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="FILE", help=", ".join(DOCUMENTS))
    parser.add_argument("--inputs", type=int, default=20_000, help="inputs per file (20000)")
    parser.add_argument("--seconds", type=float, default=1e9, help="stop after this many seconds")
    parser.add_argument("--report", type=Path, help="JSON file of results, to resume from")
    parser.add_argument(
        "--show", type=int, metavar="SEED", help="write the input of a seed to stdout"
    )
    parser.add_argument("--worker", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--first", type=int, default=0, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.show is not None:
        sys.stdout.buffer.write(next(inputs(given.names[0], given.show, 1))[1])
        return
    if given.worker is not None:
        with os.fdopen(given.worker, "r+b") as at:
            work(given.names[0], given.first, given.inputs, at)
        return
    until = time.monotonic() + given.seconds
    report = given.report
    known = json.loads(report.read_text()) if report and report.exists() else {}
    for name in given.names or DOCUMENTS:
        found = known.setdefault(name, {"inputs": 0, "slowest": 0.0, "seed": -1, "memory": 0,
                                        "reasons": {}, "defects": {}})  # fmt: skip
        fuzz(name, found, given.inputs, until)
        print(row(name, found), flush=True)
        if report:
            report.write_text(json.dumps(known, indent=1))
    sys.exit(any(found["defects"] for found in known.values()))


if __name__ == "__main__":
    main()
