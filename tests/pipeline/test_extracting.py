"""Parallel extraction gives the same rows as a single process, and survives crashes."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow as pa
import pytest

from etl.domain import Article, Extraction
from etl.extract import get_extractor
from etl.pipeline.extraction import Extracted, ExtractionPool, extract
from pipeline.warehouse_harness import story

ARTICLES = {
    f"{n:064x}": Article(f"Headline {n}", story(n), language="de" if n % 50 == 7 else "en")
    for n in range(240)
}
DEADLY, FAULTY = list(ARTICLES)[111], list(ARTICLES)[222]


class Deadly:
    """Crashes its process at one article, fails on another, and finds nothing in the rest."""

    name, version = "deadly", "deadly-1"

    def extract(self, article: Article) -> Extraction:
        if article == ARTICLES[DEADLY]:
            os.kill(os.getpid(), signal.SIGKILL)
        if article == ARTICLES[FAULTY]:
            raise ValueError("not this one")
        return Extraction()

    def extract_many(self, articles: Sequence[Article]) -> list[Extraction]:
        return [self.extract(article) for article in articles]


class Unreadable(Deadly):
    """Cannot be created in another process."""

    def __reduce__(self) -> tuple[object, ...]:
        return int, ("no number",)


class Unpicklable(Deadly):
    """Stays in the process that created it, and does not crash there."""

    def __init__(self) -> None:
        self.hook: Callable[[], None] = lambda: None


def rows(found: Extracted) -> dict[str, list[dict[str, object]]]:
    return {name: table.to_pylist() for name, table in found.tables.items()}


def children() -> set[str]:
    """The running child processes of this process, of any thread."""
    lists = Path("/proc/self/task").glob("*/children")
    return {number for found in lists for number in found.read_text().split()}


def test_processes_give_the_rows_of_one_in_the_order_of_the_articles() -> None:
    rules = get_extractor("rules")
    expected = extract(rules, ARTICLES)
    seen: list[int] = []
    before = children()
    with ExtractionPool(rules, 2) as extracting:
        for again in range(2):
            for content, article in ARTICLES.items():
                extracting.add(content, article)
            found = extracting.finish(seen.append)
            assert found.contents == expected.contents == list(ARTICLES)
            assert rows(found) == rows(expected), again
            assert found.tables["text_quotes"].num_rows > 500
        assert len(children() - before) == 2
        nothing = extracting.finish()
    assert (nothing.contents, nothing.failed) == ([], {})
    assert all(isinstance(table, pa.Table) for table in nothing.tables.values())
    assert seen == sorted(seen[: len(seen) // 2]) * 2
    assert seen[-1] == 240
    assert children() == before


def test_an_article_that_crashes_its_process_fails_alone() -> None:
    with ExtractionPool(Deadly(), 2) as extracting:
        for content, article in ARTICLES.items():
            extracting.add(content, article)
        found = extracting.finish()
    assert found.failed == {
        DEADLY: "it crashed the process that extracted it (SIGKILL)",
        FAULTY: "ValueError: not this one",
    }
    assert found.contents == [c for c in ARTICLES if c not in found.failed]


def test_a_process_killed_before_it_is_ready_is_replaced() -> None:
    before = children()

    def kill_the_first() -> None:
        while not (new := children() - before):
            time.sleep(0.001)
        os.kill(int(min(new)), signal.SIGKILL)

    killer = threading.Thread(target=kill_the_first)
    killer.start()
    with ExtractionPool(get_extractor("rules"), 2) as extracting:
        for content, article in ARTICLES.items():
            extracting.add(content, article)
        found = extracting.finish()
    killer.join()
    assert (found.contents, found.failed) == (list(ARTICLES), {})
    assert children() == before


def test_few_articles_need_no_process() -> None:
    before = children()
    with ExtractionPool(get_extractor("rules"), 2) as extracting:
        for content in list(ARTICLES)[:99]:
            extracting.add(content, ARTICLES[content])
        assert len(extracting.finish().contents) == 99
        assert children() == before


def test_no_article_fails_because_a_process_cannot_start(
    capfd: pytest.CaptureFixture[str],
) -> None:
    before = children()
    with (
        pytest.raises(
            RuntimeError, match=r"etl.pipeline.extraction ended \(exit code 1\) before it was ready"
        ),
        ExtractionPool(Unreadable(), 2) as extracting,
    ):
        for content, article in ARTICLES.items():
            extracting.add(content, article)
        extracting.finish()
    assert "no number" in capfd.readouterr().err
    assert children() == before


def test_an_extractor_that_cannot_be_pickled_runs_in_this_process() -> None:
    with pytest.raises((pickle.PicklingError, AttributeError)):
        pickle.dumps(Unpicklable())
    with ExtractionPool(Unpicklable(), 2) as extracting:
        for content, article in ARTICLES.items():
            if content != DEADLY:
                extracting.add(content, article)
        found = extracting.finish()
    assert list(found.failed) == [FAULTY]
    assert len(found.contents) == 238


def test_articles_forgotten_in_the_meantime_are_left_out_of_all_tables() -> None:
    found = extract(get_extractor("rules"), ARTICLES)
    gone = set(list(ARTICLES)[10:200])
    left = found.without({*gone, "of another batch"})
    assert left.contents == [c for c in ARTICLES if c not in gone]
    for name, table in left.tables.items():
        assert table.to_pylist() == [
            row for row in rows(found)[name] if row["content_sha256"] not in gone
        ]
    assert found.without([]) is found


def test_processes_end_when_their_owner_is_killed() -> None:
    script = """
from pipeline.test_extracting import ARTICLES, children
from etl.extract import get_extractor
from etl.pipeline.extraction import ExtractionPool

with ExtractionPool(get_extractor("rules"), 2) as extracting:
    while True:
        for content, article in ARTICLES.items():
            extracting.add(content, article)
        extracting.finish()
        print(*children(), flush=True)
"""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    owner = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, env=environment
    )
    assert owner.stdout is not None
    with owner.stdout:
        workers = [Path("/proc") / number for number in owner.stdout.readline().split()]
        assert len(workers) == 2
        assert all(worker.exists() for worker in workers)
        owner.kill()
        owner.wait()
    end = time.monotonic() + 20
    while any(worker.exists() for worker in workers):
        assert time.monotonic() < end, "they go on without their owner"
        time.sleep(0.05)
