"""Measures the cookbook's queries: `NEWSACTORS_HOME=DIR python -m bench.queries`.

Runs the SQL of docs/cookbook.md and actor timelines on the published file. The actors with the most
articles replace the sample actors, and the last whole year replaces theirs.
Prints a row per query: median and 95th percentile over actors and runs, in an open connection.
Belongs here: single queries. Does not belong here: pages (`bench.explorer`).
"""

from __future__ import annotations

import argparse
import re
import statistics
import time
from collections.abc import Iterator
from datetime import date

import duckdb

from bench.results import Row, report_row
from etl.settings import REPOSITORY, Settings

_SQL = re.compile(r"^## (?P<title>.*?)\n|```sql\n(?P<sql>.*?)```", re.M | re.S)
_NAMED = re.compile(r"actor\('[^']*'\)")
_YEAR = re.compile(r"'2025-(?=\d\d-\d\d')")


def questions() -> Iterator[tuple[str, str]]:
    """Yield each statement of the cookbook, titled by its section and numbered within it."""
    title, number = "", 0
    for found in _SQL.finditer((REPOSITORY / "docs" / "cookbook.md").read_text("utf-8")):
        if found["title"]:
            title, number = found["title"], 0
        else:
            number += 1
            yield f"{title} ({number})" if number > 1 else title, found["sql"]


def measure(actors: int, times: int) -> Iterator[Row]:
    """Yield a row per query, over `actors` actors and `times` runs."""
    file = str(Settings.from_env().published.resolve())
    with duckdb.connect(file, read_only=True) as con:
        ids = [
            i
            for (i,) in con.execute(
                "select entity_id from entities order by article_count desc limit ?", [actors]
            ).fetchall()
        ]
        newest: tuple[date] | None = con.execute(
            "select max(published_on) from article_metadata"
        ).fetchone()
        assert newest is not None
        year = newest[0].year - 1
        queries = {
            f"timeline by {grain}": f"from actor_timeline('$actor', '{grain}')"
            for grain in ("day", "week", "month")
        }
        queries |= {
            title: _YEAR.sub(f"'{year}-", _NAMED.sub("actor('$actor')", sql))
            for title, sql in questions()
        }
        for title, sql in queries.items():
            seconds = []
            for _ in range(times):
                for actor in ids if "$actor" in sql else ids[:1]:
                    started = time.perf_counter()
                    con.execute(sql.replace("$actor", actor)).fetchall()
                    seconds.append(time.perf_counter() - started)
            seconds.sort()
            yield {
                "what": "query",
                "question": title,
                "median_ms": round(1000 * statistics.median(seconds), 1),
                "p95_ms": round(1000 * seconds[min(len(seconds) - 1, int(0.95 * len(seconds)))], 1),
                "runs": len(seconds),
            }


def main() -> None:
    """Measure and print; with --keep, record."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "--actors", type=int, default=5, help="number of actors, those with the most articles (5)"
    )
    parser.add_argument("--times", type=int, default=5, help="runs of each query (5)")
    parser.add_argument(
        "--keep", action="store_true", help="append the rows to bench/results.jsonl"
    )
    options = parser.parse_args()
    for row in measure(options.actors, options.times):
        report_row(row, is_recorded=options.keep)


if __name__ == "__main__":
    main()
