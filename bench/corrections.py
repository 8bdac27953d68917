"""How long a correction takes until readers see it: whole processes, start-up included.

    NEWSACTORS_HOME=DIR python -m bench.volume copies 12    # see there
    NEWSACTORS_HOME=DIR python -m bench.corrections 5       # five times each; the medians

Belongs here: the wall time of `newsactors actors merge`, `article` and `undo` over a warehouse that
is there. Does not belong here: making one (`bench.volume`), where the time goes.

Merges the actor at one place by number of articles into the one at another, by default the third
into the second, which is about the dearest there is; re-dates an article; and undoes both.
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
    """Seconds that a correction took, and its id. Raises CalledProcessError where it failed."""
    command = [sys.executable, "-m", "etl", "actors", *arguments, "--because", "bench"]
    started = time.monotonic()
    done = subprocess.run([*command, "--json"], check=True, capture_output=True, text=True)
    seconds = time.monotonic() - started
    said = json.loads(done.stdout)
    if said["state"] != "published":
        raise RuntimeError(f"{' '.join(command)}: {said['state']}, not published")
    return seconds, said["correction_id"]


def main() -> None:
    """Print the median, least and most seconds of each."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("times", type=int)
    parser.add_argument("--merge", type=int, nargs=2, default=(3, 2), metavar=("A", "B"))
    parser.add_argument("--no-article", action="store_true")
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
    (one,), (other,) = (actors[place - 1] for place in options.merge)
    corrections = {"merge": ["merge", one, other]}
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
    for name, all_taken in seconds.items():
        sys.stdout.write(
            f"{name}: {median(all_taken):.1f} s ({min(all_taken):.1f} to {max(all_taken):.1f})\n"
        )


if __name__ == "__main__":
    main()
