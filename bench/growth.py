"""Measures a nightly run as the warehouse grows: `python -m bench.growth 1000 10000 100000`.

For each size, creates a warehouse of copies of real articles (`bench.volume`) in its own folder.
Then the command line ingests a thousand other articles, ingests nothing new, and merges two actors.
Prints a row for each size: seconds and peak memory of each command, and bytes on disk.
Belongs here: costs that depend on the size of the warehouse. Does not belong here: the speed of
extraction (`bench.extraction`), many nightly runs in sequence (`bench.soak`).
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import duckdb

from bench import volume
from bench.extraction import reuters_articles
from bench.results import Row, report_row
from etl.settings import REPOSITORY
from training.corpora import polnear_articles
from training.corpora.documents import corpora_folder

BASE = 1_000
NIGHT = 1_000
_COMMAND = "from etl.__main__ import main; main()"


def new_warehouse(folder: Path) -> Path:
    """Point this process and its children at a new warehouse in a folder; return its home."""
    home = folder / "home"
    os.environ |= {"NEWSACTORS_HOME": str(home), "DAGSTER_HOME": str(folder / "dagster")}
    (folder / "dagster").mkdir()
    shutil.copyfile(REPOSITORY / "dagster.yaml", folder / "dagster" / "dagster.yaml")
    return home


def measure(size: int, folder: Path) -> Row:
    """Measure one size and return a row. The empty `folder` receives the warehouse."""
    home = new_warehouse(folder)
    corpora = corpora_folder()
    polnear_articles.write("train", folder / "polnear", every=4)
    wikinews = sorted((corpora / "articles").glob("wikinews_*.csv"))
    sources = [folder / "polnear", *wikinews, corpora / "articles" / "reuters21578"]
    texts = folder / "texts.jsonl"
    volume.write(volume.texts(BASE, sources), texts)
    run("ingest", str(texts))
    if size > BASE:
        subprocess.run(
            [sys.executable, "-m", "bench.volume", "copies", str(size // BASE)], check=True
        )
    news = home / "news.duckdb"
    with duckdb.connect(str(news), read_only=True) as con:
        counts = con.execute(
            "select (select count(*) from article_metadata), (select count(*) from entities), "
            "(select sum(mention_count) from entities), max(published_on), "
            "(select sum(strlen(body)) from articles) from article_metadata"
        ).fetchone()
        pair = con.execute(
            "select entity_id from entities order by article_count desc limit 3"
        ).fetchall()
    assert counts is not None
    articles, actors, mentions, newest, text_bytes = counts
    row: Row = {
        "what": "growth",
        "articles": articles,
        "actors": actors,
        "mentions": int(mentions),
        "published_bytes_per_article": round(news.resolve().stat().st_size / articles),
        "text_bytes_per_article": round(int(text_bytes) / articles),
    }
    night = folder / "night.jsonl"
    # Articles that the warehouse does not have, all of one day.
    others = reuters_articles(BASE + NIGHT)[BASE:]
    day = newest + timedelta(days=1)
    volume.write((replace(article, published_on=day) for article in others), night)
    row |= {f"night_{key}": value for key, value in run("ingest", str(night)).items()}
    row |= {f"nothing_new_{key}": value for key, value in run("ingest", str(night)).items()}
    (first,), _, (third,) = pair
    merge = run("actors", "merge", third, first, "--because", "growth")
    return row | {f"merge_{key}": value for key, value in merge.items()}


def run(*arguments: str) -> Row:
    """Run a newsactors command; return its seconds and peak memory.

    Raises RuntimeError with its output if it fails.
    """
    started = time.perf_counter()
    with tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(
            [sys.executable, "-c", _COMMAND, *arguments], stdout=subprocess.DEVNULL, stderr=errors
        )
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            errors.seek(0)
            raise RuntimeError(f"{' '.join(arguments)}: {errors.read()[-2000:]}")
    seconds = round(time.perf_counter() - started, 1)
    return {"seconds": seconds, "peak_mb": round(used.ru_maxrss / 1024)}


def main() -> None:
    """Measure and print; with --keep, record."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("sizes", type=int, nargs="+", help="numbers of articles: 1000, 10000 …")
    parser.add_argument(
        "--keep", action="store_true", help="append the rows to bench/results.jsonl"
    )
    options = parser.parse_args()
    for size in options.sizes:
        with tempfile.TemporaryDirectory() as folder:
            row = measure(size, Path(folder))
        report_row(row, is_recorded=options.keep)


if __name__ == "__main__":
    main()
