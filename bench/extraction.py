"""Measures words and articles a second, by stage, on one core and two, and peers on the same texts.

    python -m bench.extraction                      # PolNeAR train and Reuters, without peers
    python -m bench.extraction --peers build/peers/bin/python    # made by `make peers`

Belongs here: the speed of extraction and where its time goes. Each measurement runs in its own
process, ours and the peers' in turn, and the median counts. Does not belong here: later stages
(`bench.end_to_end`), quality (`etl.quality`).

Prints a row per measurement; with --keep, appends it to bench/results.jsonl with the day, the
commit and the machine.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq

from bench.results import Row, report_row
from etl.domain import Article
from etl.extract import Extractor
from etl.pipeline.extraction import ExtractionPool
from etl.readers import read_file
from training.corpora import polnear_articles as polnear
from training.corpora.documents import corpora_folder

PEERS = ("spacy", "textacy")


def polnear_articles(count: int) -> list[Article]:
    """Return `count` of PolNeAR's training articles, spread evenly over all of them."""
    every = max(1, 840 // count)
    found = islice(polnear.articles("train"), 0, None, every)
    return [_article(a.title, a.body) for a in islice(found, count)]


def reuters_articles(count: int) -> list[Article]:
    """Return the first `count` items of Reuters-21578 that have a body."""
    folder = corpora_folder() / "articles" / "reuters21578"

    def items() -> Iterator[Article]:
        for path in sorted(folder.glob("*.sgm")):
            for item in read_file(path.read_bytes(), str(path)):
                if item.article and item.article.body:
                    yield replace(item.article, language="en")

    return list(islice(items(), count))


INPUTS: Mapping[str, tuple[Callable[[int], list[Article]], int]] = {
    "PolNeAR train": (polnear_articles, 140),
    "Reuters": (reuters_articles, 600),
}
"""By name: a function that reads articles, and how many to read."""


def _article(title: str, body: str) -> Article:
    return Article(headline=title, body=body, language="en")


def measure_ours(path: Path, name: str, cores: int, *, is_staged: bool) -> Row:
    """Extract the articles of a file on `cores` cores; if `is_staged`, also time each stage."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])
    from etl.extract import get_extractor
    from etl.extract.tagger_extractor import TaggerExtractor
    from etl.storage import staged_tables

    with path.open(encoding="utf-8") as file:
        articles = [_article(r["title"], r["text"]) for r in map(json.loads, file)]
    extractor = get_extractor(name)
    assert isinstance(extractor, TaggerExtractor)
    if cores > 1:
        return _by_processes(extractor, articles, cores)
    extractor.extract_many(articles[:4])
    stages = _timed_stages(extractor) if is_staged else {}
    started = time.perf_counter()
    found = extractor.extract_many(articles)
    seconds = time.perf_counter() - started
    rows = staged_tables.extracted_rows({str(n): e for n, e in enumerate(found)})
    stages["rows"] = time.perf_counter() - started - seconds
    with tempfile.TemporaryDirectory() as folder:
        for name, table in rows.items():
            pq.write_table(table, f"{folder}/{name}.parquet", compression="zstd")
    stages["write"] = time.perf_counter() - started - seconds - stages["rows"]
    return {
        "articles": len(articles),
        "words": sum(len(a.body.split()) for a in articles),
        "seconds": seconds,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "stages": {name: round(spent, 3) for name, spent in stages.items()},
    }


def seconds_by_processes(extractor: Extractor, articles: Sequence[Article], workers: int) -> float:
    """Return the seconds that started workers take to extract articles, rows included."""
    with ExtractionPool(extractor, workers) as pool:

        def extract(batch: Sequence[Article]) -> None:
            for n, article in enumerate(batch):
                pool.add(str(n), article)
            pool.finish()

        extract([replace(articles[0], body=f"Warm {n}.") for n in range(120)])
        started = time.perf_counter()
        for begin in range(0, len(articles), 500):  # the batch size of the product
            extract(articles[begin : begin + 500])
        return time.perf_counter() - started


def _by_processes(extractor: Extractor, articles: list[Article], workers: int) -> Row:
    """Return a row for `workers` processes; memory is that of all of them."""
    seconds = seconds_by_processes(extractor, articles, workers)
    peaks = [
        resource.getrusage(who).ru_maxrss
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    ]
    return {
        "articles": len(articles),
        "words": sum(len(a.body.split()) for a in articles),
        "seconds": seconds,
        "peak_mb": (peaks[0] + workers * peaks[1]) / 1024,
    }


def _timed_stages(extractor: Any) -> dict[str, float]:
    """Wrap the extractor's methods; return their seconds, updated as it runs."""
    spent = {"network": 0.0, "rules": 0.0}
    for name, method in (("network", "_tag"), ("rules", "_assemble")):
        inner = getattr(extractor, method)

        def timed(*arguments: Any, inner: Any = inner, name: str = name) -> Any:
            started = time.perf_counter()
            try:
                return inner(*arguments)
            finally:
                spent[name] += time.perf_counter() - started

        setattr(extractor, method, timed)
    return spent


def duckdb_baseline(path: Path) -> Row:
    """Return the seconds that DuckDB alone takes to read the same file and write it."""
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        duckdb.sql(f"from read_json('{path}')").write_parquet(f"{folder}/x.parquet")
    return {"seconds": time.perf_counter() - started}


def _peer(python: str, name: str, path: Path) -> Row:
    return _run_process(str(Path(__file__).with_name("peers.py")), str(path), name, python=python)


def _ours(name: str, cores: int, path: Path, *options: str) -> Row:
    more = ("--extractor", name, "--cores", str(cores), *options)
    return _run_process("-m", "bench.extraction", "--one", str(path), *more)


def _run_process(*arguments: str, python: str = sys.executable) -> Row:
    done = subprocess.run([python, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(arguments)}: {done.stderr.strip().splitlines()[-1:]}")
    found: Row = json.loads(done.stdout.splitlines()[-1])
    return found


def measure(peers: str | None, times: int) -> Iterator[Row]:
    """Yield a row for each input and each way to run it, ours and the peers' in turn."""
    ways: dict[str, Callable[[Path], Row]] = {
        f"{name}, {('one core', 'two cores')[cores - 1]}": partial(_ours, name, cores)
        for name in ("tagger", "fast")
        for cores in (2, 1)
    }
    ways["DuckDB reads and writes it"] = duckdb_baseline
    if peers:
        ways |= {peer: partial(_peer, peers, peer) for peer in PEERS}
    for name, (articles, count) in INPUTS.items():
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "articles.jsonl"
            written = articles(count)
            with path.open("w", encoding="utf-8") as file:
                for a in written:
                    file.write(json.dumps({"title": a.headline, "text": a.body}) + "\n")
            words = sum(len(a.body.split()) for a in written)
            found: dict[str, list[Row]] = {way: [] for way in ways}
            for _ in range(times):
                for way, run in ways.items():
                    found[way].append(run(path))
            stages = {
                f"{name}, one core": _ours(name, 1, path, "--staged") for name in ("tagger", "fast")
            }
        peer_seconds = [r["seconds"] for r in found.get("spacy", [])]
        for way, runs in found.items():
            seconds = statistics.median(r["seconds"] for r in runs)
            row: Row = {
                "input": f"{name}, {len(written)} articles, {words:,} words",
                "what": way,
                "articles_per_second": round(len(written) / seconds, 1),
                "words_per_second": round(words / seconds),
                "peak_mb": round(max(r.get("peak_mb", 0) for r in runs)) or None,
                "of_spacy": round(statistics.median(peer_seconds) / seconds, 2)
                if peer_seconds
                else None,
            }
            if staged := stages.get(way):
                row["stages"] = {"whole": round(staged["seconds"], 3)} | staged["stages"]
            yield row


def main() -> None:
    """Measure and print; with --keep, record."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--peers", help="a Python that has spaCy and textacy installed")
    parser.add_argument(
        "--times", type=int, default=3, help="runs of each, of which the median counts (3)"
    )
    parser.add_argument(
        "--keep", action="store_true", help="append the rows to bench/results.jsonl"
    )
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--extractor", default="tagger", help=argparse.SUPPRESS)
    parser.add_argument("--cores", type=int, default=2, help=argparse.SUPPRESS)
    parser.add_argument("--staged", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(
            json.dumps(
                measure_ours(
                    options.one, options.extractor, options.cores, is_staged=options.staged
                )
            )
        )
        return
    for row in measure(options.peers, options.times):
        report_row(row, is_recorded=options.keep)


if __name__ == "__main__":
    main()
