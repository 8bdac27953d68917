"""As many spans as are right: `python -m training.model.balance [--weights FOLDER]`.

Belongs here: one number a head, added to what "no name" (no source …) scores at each word, chosen
for the best F1 on articles that were kept out of training and are no development data either. Does
not belong here: training, confidences (`calibrate`, run afterwards).

Likelihood alone leaves out more spans than it invents: the first weights that shipped had a
precision of 83 and a recall of 76 for sources. The number is part of the transitions in
`tags.json`, so use costs nothing.
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
"""Numbers that are tried."""

Read = tuple[int, Window, NDArray[np.float32]]
"""Number of a document, one of its windows, and the scores of its words' tags."""


def read(tagger: Tagger, documents: Sequence[Document]) -> list[Read]:
    """The scores of all windows of documents."""
    return [
        (number, window, tagger._run(window)[0])
        for number, document in enumerate(documents)
        for window in windows(document.text, document.cuts, tagger._tokenizer)
    ]


def f1(
    chain: Chain, columns: slice, head: str, reads: Sequence[Read], documents: Sequence[Document]
) -> float:
    """Exact F1 of a head's spans, 0 to 1."""
    gold = {
        (n, a, b, label if head == "names" else "")
        for n, d in enumerate(documents)
        for a, b, label in d.layers[head]
    }
    told = set()
    for at in range(0, len(reads), 64):
        group = reads[at : at + 64]
        spans = chain.spans([scores[:, columns].astype(np.float64) for _, _, scores in group])
        for (number, window, _), here in zip(group, spans, strict=True):
            told |= {
                (number, window.words[s.first][0], window.words[s.last - 1][1], s.label)
                for s in here
            }
    return 2 * len(gold & told) / max(1, len(gold) + len(told))


def balanced(transitions: NDArray[np.float64], number: float) -> NDArray[np.float64]:
    """Transitions with a number added to each step to "outside", the first tag."""
    changed = transitions.copy()
    changed[:, 0] += number
    return changed


def main() -> None:
    """Choose and write."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    args = parser.parse_args()
    settings = json.loads((args.weights / "tags.json").read_text())
    tagger = Tagger(args.weights)
    texts: dict[str, Iterable[Document]] = {
        "polnear": corpora.polnear("tune"),
        "worldwide": corpora.worldwide("test"),
    }
    documents = {name: list(of) for name, of in texts.items()}
    reads = {name: read(tagger, of) for name, of in documents.items()}
    before = settings.get("balance", {})
    begin = 0
    for head, given in settings["heads"].items():
        corpus = "worldwide" if head == "names" else "polnear"
        tags = tuple(given["tags"])
        columns = slice(begin, begin + len(tags))
        begin += len(tags)
        plain = balanced(np.array(given["transitions"], np.float64), -before.get(head, 0.0))
        tried = {
            step: f1(Chain(tags, balanced(plain, step)), columns, head, reads[corpus],
                     documents[corpus])
            for step in STEPS
        }  # fmt: skip
        best = max(tried, key=lambda step: (tried[step], -abs(step)))
        print(f"{head}: {100 * tried[0.0]:.2f} at 0, {100 * tried[best]:.2f} at {best}")
        given["transitions"] = [
            [round(x, 4) for x in row] for row in balanced(plain, best).tolist()
        ]
        settings.setdefault("balance", {})[head] = best
    write_settings(args.weights, settings)


if __name__ == "__main__":
    main()
