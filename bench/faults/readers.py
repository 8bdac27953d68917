"""Eight reader processes poll through fifty publishes while a ninth holds one connection.

Belongs here: what readers query and what must hold. No reader ever fails; what it sees in one
connection is consistent; the ninth sees the one view it opened and blocks nobody; and replaced
snapshots free their space (two snapshots on disk, no removed file open except the ninth's).
Does not belong here: other commands at the same time (`bench.faults.together`).

Run as a program, this module is one reader. It prints what it saw when it ends:

    python -m bench.faults.readers PUBLISHED STOP resolved|link|held
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb

READERS = 8
PAUSE_SECONDS = 0.02
"""Pause between two statements of a reader, so that a publish can fall between them."""

ARTICLE_COUNTS = (
    "select count(*) from articles",
    "select (select sum(article_count) from publication_days) "
    "+ (select count(*) from articles where published_on is null)",
    "select sum(articles_new) from ingest_runs",
    "select count(distinct article_id) from article_sources",
    "select count(*) from article_stories",
)
"""Statements that all return the number of articles in a consistent view."""
ZEROS = (
    "select count(*) from mentions anti join articles using (article_id)",
    "select count(*) from quotes anti join articles using (article_id)",
    "select count(*) from mentions where entity_id is not null "
    "and entity_id not in (select entity_id from entities)",
    "select (select sum(mention_count) from actor_daily) "
    "- (select sum(mention_count) from actor_monthly)",
)
"""Statements that all return 0 in a consistent view."""


def query_view(con: duckdb.DuckDBPyConnection) -> list[int]:
    """Return the result of each statement, in order."""
    seen = []
    for statement in (*ARTICLE_COUNTS, *ZEROS):
        ((number,),) = con.execute(statement).fetchall()
        seen.append(int(number or 0))
        time.sleep(PAUSE_SECONDS)
    return seen


def is_consistent(results: list[int]) -> bool:
    """Whether the results of all statements agree."""
    count = len(ARTICLE_COUNTS)
    return len(set(results[:count])) == 1 and not any(results[count:])


def read(published: Path, stop: Path, how: str) -> dict[str, Any]:
    """Poll until the file `stop` exists or the parent process ends.

    `how` is 'held' for one connection throughout, 'link' or 'resolved' for a new one per poll, to
    the symlink or to its target.
    """
    polls, counts, problems = 0, set(), []
    parent = os.getppid()

    def connect() -> duckdb.DuckDBPyConnection:
        file = published if how == "link" else published.resolve()
        return duckdb.connect(str(file), read_only=True)

    held = connect() if how == "held" else None
    while not stop.exists() and os.getppid() == parent:
        try:
            con = held or connect()
            try:
                results = query_view(con)
            finally:
                if held is None:
                    con.close()
        except duckdb.Error as error:
            problems.append(f"{type(error).__name__}: {error}")
            continue
        polls += 1
        counts.add(results[0])
        if not is_consistent(results):
            problems.append(f"inconsistent view: {results}")
    return {"how": how, "polls": polls, "views": len(counts), "problems": problems[:5]}


# The harness


def run(
    harness: Any, publishes: int, seed: int, say: Callable[[str], None] = lambda _: None
) -> dict[str, object]:
    """Publish while readers poll; return what they saw, and what was on disk."""
    from bench.articles import article
    from bench.faults.space import used
    from bench.faults.warehouse_harness import prepare

    prepare(harness)
    for number in range(60):
        harness.drop(f"{number}.txt", article(number))
    harness.run_checked("ingest")
    stop = harness.root / "stop"
    readers = [
        subprocess.Popen(
            [sys.executable, "-m", "bench.faults.readers", harness.settings.published, stop, how],
            env=os.environ | harness.environment, stdout=subprocess.PIPE, text=True,
        )
        for how in ("held", *(("resolved", "link")[n % 2] for n in range(READERS)))
    ]  # fmt: skip
    time.sleep(2)  # until they have started
    held, *polling = (reader.pid for reader in readers)
    seconds, disk, kept, open_removed = [], [], [], []
    for number in range(publishes):
        harness.drop(f"{60 + number}.txt", article(60 + number))
        if number % 3 == 0:
            harness.drop(f"{number}.txt", article(number, edition=2))
        seconds.append(harness.run_checked("ingest").seconds)
        disk.append(used(harness.settings.snapshots) / harness.settings.build_file.stat().st_size)
        kept.append(len(list(harness.settings.snapshots.glob("*/news.duckdb"))))
        open_removed.append(max(removed_but_open(pid) for pid in polling))
        say(f"publish {number + 1}: {seconds[-1]:.1f} s, snapshots {disk[-1]:.2f} build files")
    held_count = removed_but_open(held)
    time.sleep(2)
    left = max(removed_but_open(pid) for pid in polling)
    stop.touch()
    outputs = [reader.communicate(timeout=60)[0] for reader in readers]
    seen = [json.loads(text) for text in outputs if text]
    problems = [f"{s['how']}: {p}" for s in seen for p in s["problems"]]
    problems += [f"reader {n} ended with {r.returncode}" for n, r in enumerate(readers)
                 if r.returncode]  # fmt: skip
    problems += [f"the held connection saw {s['views']} views" for s in seen
                 if s["how"] == "held" and s["views"] != 1]  # fmt: skip
    if max(kept) > 2:  # not by size: the files of two publishes differ by a sixth
        problems.append(f"{max(kept)} snapshots were kept")
    if left > 1:
        problems.append(f"a reader has {left} removed files open")
    return {
        "publishes": publishes,
        "readers": len(readers),
        "polls": sum(s["polls"] for s in seen),
        "views_seen_by_each": [s["views"] for s in seen],
        "failed": problems,
        "snapshots_in_build_files": [round(min(disk), 2), round(max(disk), 2)],
        "removed_files_open": {"polling, at most": max(open_removed), "held": held_count},
        "seconds_first_last_ten": [
            round(sum(s) / len(s), 2) for s in (seconds[:10], seconds[-10:])
        ],
        "seed": seed,
    }


def removed_but_open(pid: int) -> int:
    """Return how many removed files a process holds open; they still take up space."""
    count = 0
    for fd in Path(f"/proc/{pid}/fd").glob("*"):
        try:
            count += str(fd.readlink()).endswith("news.duckdb (deleted)")
        except FileNotFoundError:
            continue  # closed in the meantime
    return count


if __name__ == "__main__":
    _, published, stop, how = sys.argv
    sys.stdout.write(json.dumps(read(Path(published), Path(stop), how)))
