"""Balances precision and recall: `python -m training.model.balance [--weights FOLDER]`.

Belongs here: one number per head that is added to the score of "outside" at each word, chosen for
the best F1 on articles that were held out of training and are not development data. Does not belong
here: training (`training.model.train`), confidences (`training.model.calibrate`, run afterwards).

Maximum likelihood misses more spans than it invents: the first weights that shipped had a precision
of 83 and a recall of 76 for sources. The number is part of the transitions in `tags.json`, so it
costs nothing at run time.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from etl.extract.tagger.decode import Chain
from etl.extract.tagger.engine import WEIGHTS, Tagger
from etl.extract.tagger.pieces import Window, windows
from training.corpora import documents as corpora
from training.corpora.documents import Document
from training.model.calibrate import write_settings

STEPS = [round(0.1 * step, 1) for step in range(-20, 11)]
"""The numbers to try."""

Scored = tuple[int, Window, NDArray[np.float32]]
"""The number of a document, one of its windows, and the tag scores of the window's words."""


def score_windows(tagger: Tagger, documents: Sequence[Document]) -> list[Scored]:
    """Return the scores of all windows of documents."""
    return [
        (number, window, tagger._run(window)[0])
        for number, document in enumerate(documents)
        for window in windows(document.text, document.cuts, tagger._tokenizer)
    ]


def f1(
    chain: Chain, columns: slice, head: str, scored: Sequence[Scored], documents: Sequence[Document]
) -> float:
    """Return the exact-span F1 of a head, 0 to 1."""
    gold = {
        (n, a, b, label if head == "names" else "")
        for n, d in enumerate(documents)
        for a, b, label in d.layers[head]
    }
    found = set()
    for at in range(0, len(scored), 64):
        group = scored[at : at + 64]
        spans = chain.spans([scores[:, columns].astype(np.float64) for _, _, scores in group])
        for (number, window, _), here in zip(group, spans, strict=True):
            found |= {
                (number, window.words[s.first][0], window.words[s.last - 1][1], s.label)
                for s in here
            }
    return 2 * len(gold & found) / max(1, len(gold) + len(found))


def balanced(transitions: NDArray[np.float64], number: float) -> NDArray[np.float64]:
    """Return transitions with a number added to every step to "outside", the first tag."""
    changed = transitions.copy()
    changed[:, 0] += number
    return changed


def main() -> None:
    """Choose the number of each head and write it."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    args = parser.parse_args()
    settings = json.loads((args.weights / "tags.json").read_text())
    tagger = Tagger(args.weights)
    texts: dict[str, Iterable[Document]] = {
        "polnear": corpora.polnear("tune"),
        "worldwide": corpora.worldwide("test"),
    }
    documents = {name: list(corpus) for name, corpus in texts.items()}
    scored = {name: score_windows(tagger, corpus) for name, corpus in documents.items()}
    before = settings.get("balance", {})
    begin = 0
    for head, head_settings in settings["heads"].items():
        corpus = "worldwide" if head == "names" else "polnear"
        tags = tuple(head_settings["tags"])
        columns = slice(begin, begin + len(tags))
        begin += len(tags)
        plain = balanced(np.array(head_settings["transitions"], np.float64), -before.get(head, 0.0))
        f1_by_step = {
            step: f1(Chain(tags, balanced(plain, step)), columns, head, scored[corpus],
                     documents[corpus])
            for step in STEPS
        }  # fmt: skip
        best = max(f1_by_step, key=lambda step: (f1_by_step[step], -abs(step)))
        print(f"{head}: {100 * f1_by_step[0.0]:.2f} at 0, {100 * f1_by_step[best]:.2f} at {best}")
        head_settings["transitions"] = [
            [round(x, 4) for x in row] for row in balanced(plain, best).tolist()
        ]
        settings.setdefault("balance", {})[head] = best
    write_settings(args.weights, settings)


if __name__ == "__main__":
    main()
