"""Ratios that must not get worse: `python -m bench.guard`; `make test` fails where one does.

Ratios and not seconds, for machines differ and are busy: of one part of the program to another, or
to a yardstick that does the same kind of work, in processor time, in turns, the least of several.
Belongs here: what is compared and how much is allowed. Does not belong here: figures to publish
(`bench.extraction`, `bench.growth`).
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench import volume
from etl.domain import Article
from etl.extract import get_extractor
from etl.extract.tagger.engine import Tagger
from etl.extract.tagger_extractor import TaggerExtractor
from etl.pipeline import (
    actor_links,
    apply_corrections,
    archive_files,
    article_stories,
    build_models,
    load,
    stage_articles,
)
from etl.readers import read_file
from etl.settings import REPOSITORY, Settings
from etl.storage.writer_lock import WriterLock

TURNS = 3
COPIES = 30


@dataclass(frozen=True)
class Ratio:
    """What was measured, and the most it may be."""

    name: str
    value: float
    most: float

    @property
    def is_good(self) -> bool:
        return self.value <= self.most


def ratios(folder: Path) -> Iterator[Ratio]:
    """Each ratio; `folder` is for a warehouse and must be empty."""
    yield from _extraction()
    yield _night(folder)


def _extraction() -> Iterator[Ratio]:
    articles = [
        item.article
        for path in sorted((REPOSITORY / "seeds" / "articles").rglob("*.txt"))
        for item in read_file(path.read_bytes(), str(path))
        if item.article is not None
    ][:60]
    accurate, fast = (_extractor(name) for name in ("tagger", "fast"))
    for extractor in (accurate, fast):
        extractor.extract_many(articles[:2])
    taken = _in_turns(
        {
            "accurate": lambda: accurate.extract_many(articles),
            "fast": lambda: fast.extract_many(articles),
            "products": _products,
            "loop": _loop,
        }
    )
    words = sum(len(article.body.split()) for article in articles) / 1_000
    # Measured when this was written: 0.105, 7.9, 0.59, and 0.49 below. Half as much again may be,
    # of the second thrice: processors without int8 products need so much more for them.
    yield Ratio("fast extractor, by the accurate one", taken["fast"] / taken["accurate"], 0.17)
    yield Ratio(
        "1,000 words accurately, by 2.4 billion products of numpy",
        taken["accurate"] / words / taken["products"],
        25.0,
    )
    yield Ratio(
        "1,000 words fast, by a million turns of a loop", taken["fast"] / words / taken["loop"], 0.9
    )


def _extractor(name: str) -> TaggerExtractor:
    found = get_extractor(name)
    assert isinstance(found, TaggerExtractor)
    found._tagger = Tagger(found._weights, threads=1)
    return found


def _products() -> None:
    one, other = np.ones((512, 1536), np.float32), np.ones((1536, 3072), np.float32)
    np.matmul(one, other)


def _loop() -> None:
    total = 0
    for number in range(1_000_000):
        total += number & 7


def _in_turns(ways: dict[str, Callable[[], object]]) -> dict[str, float]:
    least = dict.fromkeys(ways, float("inf"))
    for _ in range(TURNS):
        for name, run in ways.items():
            started = time.process_time()
            run()
            least[name] = min(least[name], time.process_time() - started)
    return least


def _night(folder: Path) -> Ratio:
    """Filling what one new article concerns, by filling all, with copies of the samples."""
    settings = Settings.from_env(
        {"NEWSACTORS_HOME": str(folder / "home"), "NEWSACTORS_INBOX": str(folder / "inbox"),
         "NEWSACTORS_SETTLE_SECONDS": "0"}
    )  # fmt: skip
    rules = get_extractor("rules")
    writer = WriterLock(settings)

    def publish_one(article: Article, name: str) -> None:
        (folder / "inbox").mkdir(exist_ok=True)
        volume.write([article], folder / "inbox" / name)
        archive_files.archive_new(settings, [], name)
        stage_articles.stage_new(settings, lambda: rules, name)
        load.load_staged(settings, name)

    def model() -> float:
        assert not load.check_loaded(settings)
        actor_links.link(settings)
        apply_corrections.apply_corrections(settings)
        article_stories.group(settings)
        started = time.process_time()
        build_models.build_models(settings)
        return time.process_time() - started

    archive_files.archive_new(settings, [REPOSITORY / "seeds" / "articles"], "samples")
    stage_articles.stage_new(settings, lambda: rules, "samples")
    writer.acquire()
    try:
        load.load_staged(settings, "samples")
        model()  # by dbt
    finally:
        writer.release()
    volume.copy(settings, COPIES, 1)
    writer.acquire()
    try:
        whole = model()
        night = Article("Meridian opens", "Mayor Ines Halloran said “we open today”.", "en")
        publish_one(night, "night.jsonl")
        return Ratio("one new article, by all", model() / whole, 0.7)
    finally:
        writer.release()


def main() -> None:
    """Print a row a ratio; 1 where one is worse than it may be."""
    with tempfile.TemporaryDirectory() as folder:
        found = list(ratios(Path(folder)))
    for ratio in found:
        print(json.dumps({"what": ratio.name, "ratio": round(ratio.value, 3), "most": ratio.most}))
    raise SystemExit(0 if all(ratio.is_good for ratio in found) else 1)


if __name__ == "__main__":
    main()
