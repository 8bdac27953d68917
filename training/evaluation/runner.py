"""Runs an extractor over the corpora: each corpus once, however many measures need it.

Belongs here: cached extractions of a corpus, and the time and memory that they took. Does not
belong here: measures (`training.evaluation.scores`), tables (`training.evaluation.report`).
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from etl.domain import Extraction
from etl.extract import Extractor
from training.corpora.documents import corpora_folder
from training.corpora.gold import Gold

_BATCH = 16

T = TypeVar("T", bound=Gold)


@dataclass
class Timing:
    """The cost of extracting a corpus: words, wall-clock and CPU seconds of all threads."""

    words: int = 0
    clock: float = 0.0
    cpu: float = 0.0
    peak_megabytes: float = 0.0


class CorpusRunner:
    """An extractor, with its extractions cached by corpus and split."""

    def __init__(self, extractor: Extractor, articles: int | None = None) -> None:
        """Limit each corpus to its first `articles` texts, for a quick look; None for all."""
        self.extractor = extractor
        self._articles = articles
        self._cache: dict[tuple[str, ...], list[tuple[Gold, Extraction]]] = {}
        self.timings: dict[tuple[str, ...], Timing] = {}

    def run(self, read: Callable[..., Iterable[T]], *split: str) -> list[tuple[T, Extraction]]:
        """Return the texts of a corpus with their extractions.

        Raises FileNotFoundError if the corpus has no texts.
        """
        key = (read.__name__, *split)
        if key not in self._cache:
            texts = list(islice(read(*split), self._articles))
            if not texts:
                raise FileNotFoundError(f"no texts of {' '.join(key)} under {corpora_folder()}")
            self._cache[key] = list(self._extract(key, texts))
        return self._cache[key]  # type: ignore[return-value]

    def _extract(self, key: tuple[str, ...], texts: list[T]) -> Iterator[tuple[Gold, Extraction]]:
        timing = self.timings[key] = Timing()
        for at in range(0, len(texts), _BATCH):
            batch = texts[at : at + _BATCH]
            articles = [text.article for text in batch]
            clock, cpu = time.perf_counter(), time.process_time()
            extractions = self.extractor.extract_many(articles)
            timing.clock += time.perf_counter() - clock
            timing.cpu += time.process_time() - cpu
            timing.words += sum(len(text.text.split()) for text in batch)
            yield from zip(batch, extractions, strict=True)
            print(f"\r{' '.join(key)}: {at + len(batch)}/{len(texts)} ", end="", file=sys.stderr)
        print(file=sys.stderr)
        # Kilobytes on Linux.
        timing.peak_megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
