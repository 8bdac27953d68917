"""What the accurate network says of texts: `python -m training.model.teacher_targets --out DIR`.

Belongs here: reading texts with the network in use, and its scores as files, for `distil`.
Does not belong here: learning from them (`distil`).

A shard holds windows with the network's scores of every tag of every word, which say more than
the best tags do (Hinton et al. 2015), and its scores of all links between words that it tagged.
Shards are written one by one, each with texts of all sources: learning may begin with the first,
and a run that was stopped goes on behind the last.
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
from etl.extract.tagger.engine import WEIGHTS, Tagger
from etl.extract.tagger.pieces import Window, windows
from training.corpora import documents

RELEASES = 4_200_000
"""Words of press releases, beside 3.7 million of all other texts: with a third of them links were
learned by heart (0020)."""

Links = dict[str, tuple[list[int], list[int], NDArray[np.float16]]]
"""By kind: words that link, words that they may link to, and scores (sources, targets)."""


@dataclass(frozen=True)
class Taught:
    """A window; `tags`: (words, all tags of all heads), as the network scores them."""

    window: Window
    tags: NDArray[np.float16]
    links: Links


def _releases(words: int) -> Iterator[str]:
    """Press releases in a random order, until there are so many words."""
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
    """The texts of each source; of press releases so many words."""
    return {
        "polnear": lambda: (d.text for d in documents.polnear("train")),
        "worldwide": lambda: (d.text for d in documents.worldwide("train")),
        "gmb": lambda: (d.text for d in documents.gmb()),
        "wikigold": lambda: (d.text for d in documents.wikigold()),
        "gap": lambda: (d.text for d in documents.gap("development")),
        "releases": lambda: _releases(releases),
    }


def texts(of: Sources, shards: int) -> Iterator[list[str]]:
    """The texts of each shard, of all sources in their proportion."""
    every = {name: list(read()) for name, read in of.items()}
    for name, some in every.items():
        random.Random(name).shuffle(some)
    for n in range(shards):
        yield [t for some in every.values() for t in some[n::shards]]


def taught(tagger: Tagger, some: Sequence[str]) -> Iterator[Taught]:
    """Each window of the texts with what the network says of it."""
    found: list[tuple[str, Window]] = []
    for text in some:
        cuts = tokens.sentence_ends(text)
        found += [(text, window) for window in windows(text, cuts, tagger._tokenizer)]
    with ThreadPoolExecutor(tagger._threads) as pool:
        for at in range(0, len(found), 256):
            group = found[at : at + 256]
            scores = list(pool.map(tagger._run, [window for _, window in group]))
            spans = tagger._spans(scores)
            for i, ((text, window), (tags, vectors)) in enumerate(zip(group, scores, strict=True)):
                here = {head: of[i] for head, of in spans.items()}
                number = {a: n for n, (a, _) in enumerate(window.words)}
                links: Links = {
                    kind: (
                        [number[a] for a in of.sources],
                        [number[a] for a in of.targets],
                        of.scores.astype(np.float16),
                    )
                    for kind, of in tagger._link(text, window.words, here, vectors).items()
                }
                yield Taught(window, tags.astype(np.float16), links)


def main() -> None:
    """Write shards that are not there yet."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    parser.add_argument("--shards", type=int, default=24)
    parser.add_argument("--releases", type=int, default=RELEASES, help="words of press releases")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    tagger = Tagger(options.weights)
    for n, some in enumerate(texts(sources(options.releases), options.shards)):
        file = options.out / f"{n:03d}.pickle"
        if file.exists():
            continue
        found = list(taught(tagger, some))
        temporary = file.with_suffix(".tmp")
        # As plain rows: a class of this module, run as a command, is one of `__main__` to pickle.
        temporary.write_bytes(pickle.dumps([(t.window, t.tags, t.links) for t in found]))
        temporary.replace(file)
        print(f"{file}: {sum(len(t.window.words) for t in found):,} words", flush=True)


if __name__ == "__main__":
    main()
