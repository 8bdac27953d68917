"""Writes the accurate network's scores: `python -m training.model.teacher_targets --out DIR`.

Belongs here: running the current network over texts, and its scores as files. Does not belong here:
learning from them (`training.model.distil`).

A shard holds windows with the network's scores of every tag at every word, which carry more
information than the best tags (Hinton et al. 2015), and its scores of all links between the words
it tagged. Shards are written one by one, each with texts of all sources. Distillation can start
with the first shard, and an interrupted run resumes after the last.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import pickle
import random
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from etl.extract import tokens
from etl.extract.tagger.engine import REFERENCE, WEIGHTS, Tagger, reference_words
from etl.extract.tagger.pieces import Window, windows
from training.corpora import documents

RELEASES = 4_200_000
"""Words of press releases, added to 3.7 million of all other texts. With a third of them, the
student memorised the links (docs/adr/0020)."""

Links = dict[str, tuple[list[int], list[int], NDArray[np.float16]]]
"""By kind: source words, target words, and scores (sources, targets)."""


@dataclass(frozen=True)
class TaughtWindow:
    """A window with the network's scores; `tags`: (words, all tags of all heads)."""

    window: Window
    tags: NDArray[np.float16]
    links: Links


def _releases(words: int) -> Iterator[str]:
    """Yield press releases in random order, of at least `words` words in total."""
    file = documents.corpora_folder() / "raw_text" / "congress_press_releases.tsv.gz"
    csv.field_size_limit(sys.maxsize)
    with gzip.open(file, "rt", encoding="utf-8-sig") as lines:
        rows = csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        texts = [row[2] for row in rows if len(row) > 2]
    random.Random(7).shuffle(texts)
    for text in texts:
        yield text
        words -= len(text.split())
        if words < 0:
            return


Sources = Mapping[str, Callable[[], Iterator[str]]]


def sources(releases: int) -> Sources:
    """Return a reader of the texts of each source; `releases` is the words of press releases."""
    return {
        "polnear": lambda: (d.text for d in documents.polnear("train")),
        "worldwide": lambda: (d.text for d in documents.worldwide("train")),
        "gmb": lambda: (d.text for d in documents.gmb()),
        "wikigold": lambda: (d.text for d in documents.wikigold()),
        "gap": lambda: (d.text for d in documents.gap("development")),
        "releases": lambda: _releases(releases),
    }


def texts(readers: Sources, shards: int) -> Iterator[list[str]]:
    """Yield the texts of each shard, with all sources in proportion."""
    by_source = {name: list(read()) for name, read in readers.items()}
    for name, source_texts in by_source.items():
        random.Random(name).shuffle(source_texts)
    for n in range(shards):
        yield [text for source_texts in by_source.values() for text in source_texts[n::shards]]


def taught_windows(tagger: Tagger, batch: Sequence[str]) -> Iterator[TaughtWindow]:
    """Yield each window of the texts with the network's scores."""
    found: list[tuple[str, Window]] = []
    for text in batch:
        cuts = tokens.sentence_ends(text)
        found += [(text, window) for window in windows(text, cuts, tagger._tokenizer)]
    with ThreadPoolExecutor(tagger._threads) as pool:
        for at in range(0, len(found), 256):
            group = found[at : at + 256]
            scores = list(pool.map(tagger._run, [window for _, window in group]))
            spans = tagger._spans(scores)
            for i, ((text, window), (tags, vectors)) in enumerate(zip(group, scores, strict=True)):
                spans_by_head = {head: head_spans[i] for head, head_spans in spans.items()}
                number = {a: n for n, (a, _) in enumerate(window.words)}
                links: Links = {
                    kind: (
                        [number[start] for start in found_links.sources],
                        [number[start] for start in found_links.targets],
                        found_links.scores.astype(np.float16),
                    )
                    for kind, found_links in tagger._link(
                        window.words, spans_by_head, vectors
                    ).items()
                }
                anaphors, named = reference_words(text, window.words, spans_by_head)
                queries, keys = tagger._vectors(REFERENCE, vectors)
                logits = queries[anaphors] @ keys[named].T / queries.shape[1] ** 0.5
                links[REFERENCE] = anaphors, named, logits.astype(np.float16)
                yield TaughtWindow(window, tags.astype(np.float16), links)


def main() -> None:
    """Write the shards that do not exist yet."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, required=True, help="folder for the shards")
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    parser.add_argument("--shards", type=int, default=24)
    parser.add_argument("--releases", type=int, default=RELEASES, help="words of press releases")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    tagger = Tagger(options.weights)
    for n, shard in enumerate(texts(sources(options.releases), options.shards)):
        file = options.out / f"{n:03d}.pickle"
        if file.exists():
            continue
        found = list(taught_windows(tagger, shard))
        temporary = file.with_suffix(".tmp")
        # As plain rows: pickle would record a class of a module run as a command as `__main__`.
        temporary.write_bytes(pickle.dumps([(t.window, t.tags, t.links) for t in found]))
        temporary.replace(file)
        print(f"{file}: {sum(len(t.window.words) for t in found):,} words", flush=True)


if __name__ == "__main__":
    main()
