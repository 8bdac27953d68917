"""What the measures of `make eval` share: tables of figures, and an extractor run once a corpus."""

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
from etl.quality.scores import Counts
from training.corpora.documents import corpora_folder
from training.corpora.gold import Gold

_BATCH = 16

Cell = str | int | float | None
T = TypeVar("T", bound=Gold)


@dataclass(frozen=True)
class Table:
    """Figures under headings; a row begins with what it is about, None is shown as a dash."""

    title: str
    header: tuple[str, ...]
    rows: list[list[Cell]]


@dataclass
class Timing:
    """What extracting a corpus took: seconds on the clock, and of all the process's threads."""

    words: int = 0
    clock: float = 0.0
    cpu: float = 0.0
    peak_megabytes: float = 0.0


class Bench:
    """An extractor at work: it extracts a corpus once, however many measures ask for it."""

    def __init__(self, extractor: Extractor, articles: int | None = None) -> None:
        """`articles` limits each corpus to its first ones, for a quick look."""
        self.extractor = extractor
        self._articles = articles
        self._done: dict[tuple[str, ...], list[tuple[Gold, Extraction]]] = {}
        self.timings: dict[tuple[str, ...], Timing] = {}

    def run(self, read: Callable[..., Iterable[T]], *split: str) -> list[tuple[T, Extraction]]:
        """The texts of a corpus with what was extracted from them."""
        key = (read.__name__, *split)
        if key not in self._done:
            texts = list(islice(read(*split), self._articles))
            if not texts:
                raise FileNotFoundError(f"no texts of {' '.join(key)} under {corpora_folder()}")
            self._done[key] = list(self._extract(key, texts))
        return self._done[key]  # type: ignore[return-value]

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


def prf(name: str, counts: Counts) -> list[Cell]:
    """A row under the headings `PRF`."""
    return [name, counts.precision, counts.recall, counts.f1, counts.gold]


PRF = ("precision", "recall", "F1", "gold")
