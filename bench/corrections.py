"""Measures the time from a correction until readers see it, start-up of the process included.

    NEWSACTORS_HOME=DIR python -m bench.volume copies 12    # creates the warehouse
    NEWSACTORS_HOME=DIR python -m bench.corrections 5       # runs each five times; prints medians

Belongs here: the wall-clock time of `newsactors actors merge`, `article` and `undo` on an existing
warehouse. Does not belong here: creating one (`bench.volume`), time by stage (`bench.end_to_end`).

Actors are ranked by number of articles. The benchmark merges one rank into another, by default the
third into the second, which is about the most expensive merge; re-dates an article; and undoes
both.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections import defaultdict
from datetime import timedelta
from statistics import median

from etl.query import published
from etl.settings import Settings


def timed(*arguments: str) -> tuple[float, str]:
    """Run a correction. Return its seconds and id. Raises CalledProcessError if it fails."""
    command = [sys.executable, "-m", "etl", "actors", *arguments, "--because", "bench"]
    started = time.monotonic()
    done = subprocess.run([*command, "--json"], check=True, capture_output=True, text=True)
    seconds = time.monotonic() - started
    result = json.loads(done.stdout)
    if result["state"] != "published":
        raise RuntimeError(f"{' '.join(command)}: {result['state']}, not published")
    return seconds, result["correction_id"]


def main() -> None:
    """Print the median, minimum and maximum seconds of each correction."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("times", type=int, help="runs of each correction")
    parser.add_argument(
        "--merge",
        type=int,
        nargs=2,
        default=(3, 2),
        metavar=("A", "B"),
        help="merge the actor of rank A into rank B (3 2)",
    )
    parser.add_argument("--no-article", action="store_true", help="do not re-date an article")
    options = parser.parse_args()
    with published.open_published(Settings.from_env()) as con:
        actors = con.execute(
            "select entity_id from entities order by article_count desc, entity_id limit ?",
            [max(options.merge)],
        ).fetchall()
        found = con.execute(
            "select article_id, published_on from articles where published_on is not null "
            "order by published_on, article_id limit 1 offset 100"
        ).fetchone()
    (merged,), (into,) = (actors[rank - 1] for rank in options.merge)
    corrections = {"merge": ["merge", merged, into]}
    if found and not options.no_article:
        article, day = found
        corrections["article"] = ["article", article, "--date", str(day + timedelta(days=3))]
    seconds: dict[str, list[float]] = defaultdict(list)
    for _ in range(options.times):
        for name, arguments in corrections.items():
            taken, correction = timed(*arguments)
            seconds[name].append(taken)
            taken, _ = timed("undo", correction)
            seconds[f"undo of {name}"].append(taken)
    for name, durations in seconds.items():
        sys.stdout.write(
            f"{name}: {median(durations):.1f} s ({min(durations):.1f} to {max(durations):.1f})\n"
        )


if __name__ == "__main__":
    main()
