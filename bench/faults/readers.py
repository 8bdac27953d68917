"""Eight readers, processes of their own, poll through fifty publishes while a ninth holds on.

Belongs here: what readers ask and what must hold: none ever fails, what each sees in one connection
agrees with itself, the one who holds on sees what it opened and keeps nobody waiting, and what is
replaced gives its space back: two snapshots on disk, and no removed file open but that one's.

Run as a program it is a reader, which prints at its end what it has seen:

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
"""Between two statements of a reader: time for a publish to come in between."""

ARTICLES = (
    "select count(*) from articles",
    "select (select sum(article_count) from publication_days) "
    "+ (select count(*) from articles where published_on is null)",
    "select sum(articles_new) from ingest_runs",
    "select count(distinct article_id) from article_sources",
    "select count(*) from article_stories",
)
"""Statements that all give the number of articles in a view that is whole."""
NOTHING = (
    "select count(*) from mentions anti join articles using (article_id)",
    "select count(*) from quotes anti join articles using (article_id)",
    "select count(*) from mentions where entity_id is not null "
    "and entity_id not in (select entity_id from entities)",
    "select (select sum(mention_count) from actor_daily) "
    "- (select sum(mention_count) from actor_monthly)",
)
"""Statements that all give 0 in a view that is whole."""


def look(con: duckdb.DuckDBPyConnection) -> list[int]:
    """What each statement gives, in order."""
    seen = []
    for statement in (*ARTICLES, *NOTHING):
        ((number,),) = con.execute(statement).fetchall()
        seen.append(int(number or 0))
        time.sleep(PAUSE_SECONDS)
    return seen


def is_whole(seen: list[int]) -> bool:
    """Whether what was seen agrees with itself."""
    return len(set(seen[: len(ARTICLES)])) == 1 and not any(seen[len(ARTICLES) :])


def read(published: Path, stop: Path, how: str) -> dict[str, Any]:
    """Read again and again until the file `stop` exists: 'held' in one connection, else in new.

    Ends too when whoever started it has.
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
                seen = look(con)
            finally:
                if held is None:
                    con.close()
        except duckdb.Error as error:
            problems.append(f"{type(error).__name__}: {error}")
            continue
        polls += 1
        counts.add(seen[0])
        if not is_whole(seen):
            problems.append(f"torn: {seen}")
    return {"how": how, "polls": polls, "views": len(counts), "problems": problems[:5]}


# The harness


def run(
    place: Any, publishes: int, seed: int, say: Callable[[str], None] = lambda _: None
) -> dict[str, object]:
    """Publish so often under READERS and one who holds on; what they saw, and what was on disk."""
    from bench.articles import article
    from bench.faults.space import used
    from bench.faults.warehouse_harness import prepare

    prepare(place)
    for number in range(60):
        place.drop(f"{number}.txt", article(number))
    place.must("ingest")
    stop = place.root / "stop"
    readers = [
        subprocess.Popen(
            [sys.executable, "-m", "bench.faults.readers", place.settings.published, stop, how],
            env=os.environ | place.environment, stdout=subprocess.PIPE, text=True,
        )
        for how in ("held", *(("resolved", "link")[n % 2] for n in range(READERS)))
    ]  # fmt: skip
    time.sleep(2)  # for them to begin
    held, *polling = (reader.pid for reader in readers)
    seconds, disk, kept, open_removed = [], [], [], []
    for number in range(publishes):
        place.drop(f"{60 + number}.txt", article(60 + number))
        if number % 3 == 0:
            place.drop(f"{number}.txt", article(number, edition=2))
        seconds.append(place.must("ingest").seconds)
        disk.append(used(place.settings.snapshots) / place.settings.build_file.stat().st_size)
        kept.append(len(list(place.settings.snapshots.glob("*/news.duckdb"))))
        open_removed.append(max(removed_but_open(pid) for pid in polling))
        say(f"publish {number + 1}: {seconds[-1]:.1f} s, snapshots {disk[-1]:.2f} build files")
    of_held = removed_but_open(held)
    time.sleep(2)
    left = max(removed_but_open(pid) for pid in polling)
    stop.touch()
    said = [reader.communicate(timeout=60)[0] for reader in readers]
    seen = [json.loads(text) for text in said if text]
    problems = [f"{s['how']}: {p}" for s in seen for p in s["problems"]]
    problems += [f"reader {n} ended with {r.returncode}" for n, r in enumerate(readers)
                 if r.returncode]  # fmt: skip
    problems += [f"who held on saw {s['views']} views" for s in seen
                 if s["how"] == "held" and s["views"] != 1]  # fmt: skip
    if max(kept) > 2:  # not by size: DuckDB's files of two publishes differ by a sixth
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
        "removed_files_open": {"polling, at most": max(open_removed), "held": of_held},
        "seconds_first_last_ten": [
            round(sum(s) / len(s), 2) for s in (seconds[:10], seconds[-10:])
        ],
        "seed": seed,
    }


def removed_but_open(pid: int) -> int:
    """How many files a process has open that have no name any more; their space is still taken."""
    count = 0
    for fd in Path(f"/proc/{pid}/fd").glob("*"):
        try:
            count += str(fd.readlink()).endswith("news.duckdb (deleted)")
        except FileNotFoundError:
            continue  # closed meanwhile
    return count


if __name__ == "__main__":
    _, published, stop, how = sys.argv
    sys.stdout.write(json.dumps(read(Path(published), Path(stop), how)))
