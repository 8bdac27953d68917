"""Fits the weights of the ranker of antecedents, for each extractor.

Belongs here: fitting, and scores by cross-validation. Does not belong here: examples
(`training.anaphors.examples`), features (`etl.extract.antecedents.features`).

    python -m training.anaphors.train --crossed RUN/without_0 RUN/without_1
    python -m training.anaphors.train --extractor fast      # or rules

prints scores by kind of anaphor, over folds of whole texts, and writes NAME.json into
`etl/extract/antecedents/weights/`. The rules have no network: their ranker is fitted to the names
of `tagger`, without its links.
"""

from __future__ import annotations

import argparse
import json
import zlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from etl.extract import get_extractor
from etl.extract.antecedents.ranker import Ranker
from etl.extract.tagger_extractor import TaggerExtractor
from training.anaphors.examples import Example, annotated, examples, half_of

WEIGHTS = Path(__file__).resolve().parents[2] / "etl" / "extract" / "antecedents" / "weights"
_PENALTY = 2.0
"""Of the squared weights, per example of the smallest kind; 0.5 to 2 make no difference."""
_STEPS, _RATE = 400, 0.1
_FEWEST = 10
"""Examples in which a feature must occur."""
_LEAST = 0.01
"""Weights below it are left out of the file."""


def fit(sample: Sequence[Example]) -> dict[str, float]:
    """Return the weights that make the right candidates most probable (Adam, full batch)."""
    counts: defaultdict[str, int] = defaultdict(int)
    for example in sample:
        for feature in {f for features in example.features for f in features}:
            counts[feature] += 1
    names = sorted(name for name, count in counts.items() if count >= _FEWEST)
    number = {name: n for n, name in enumerate(names)}
    rows: list[int] = []
    columns: list[int] = []
    owners: list[int] = []
    right: list[bool] = []
    for e, example in enumerate(sample):
        for i, features in enumerate(example.features):
            row = len(owners)
            owners.append(e)
            right.append(i in example.right)
            for feature in features:
                if feature in number:
                    rows.append(row)
                    columns.append(number[feature])
    row_of, column_of = np.array(rows, np.intp), np.array(columns, np.intp)
    owner, is_right = np.array(owners, np.intp), np.array(right, np.bool_)
    weights = np.zeros(len(names))
    mean, square = np.zeros_like(weights), np.zeros_like(weights)
    for step in range(1, _STEPS + 1):
        scores = np.bincount(row_of, weights[column_of], len(owner))
        highest = np.full(len(sample), -np.inf)
        np.maximum.at(highest, owner, scores)
        shares = np.exp(scores - highest[owner])
        found = shares / np.bincount(owner, shares, len(sample))[owner]
        good = np.bincount(owner, shares * is_right, len(sample))[owner]
        wanted = shares * is_right / good
        gradient = np.bincount(column_of, (found - wanted)[row_of], len(names)) + _PENALTY * weights
        mean = 0.9 * mean + 0.1 * gradient
        square = 0.999 * square + 0.001 * gradient**2
        rate = _RATE * (1 - step / (_STEPS + 1))
        weights -= rate * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.999**step)) + 1e-8)
    return dict(zip(names, weights.tolist(), strict=True))


def cross_validated(
    sample: Sequence[Example], folds: int
) -> list[tuple[Example, NDArray[np.float64]]]:
    """Return each example with the probabilities by weights of the other folds."""
    found = []
    for fold in range(folds):
        held = [e for e in sample if zlib.crc32(e.source.encode()) % folds == fold]
        kept = [e for e in sample if zlib.crc32(e.source.encode()) % folds != fold]
        weights = fit(kept)
        found += [(e, np.array(Ranker({e.kind: weights}).shares(e.kind, e.features))) for e in held]
    return found


def report(kind: str, scored: Sequence[tuple[Example, NDArray[np.float64]]]) -> str:
    """Return precision, recall and F1 at several thresholds, and the error of calibration."""
    named = sum(len(e.features) - 1 not in e.right for e, _ in scored)
    lines = [f"{kind}: {len(scored)} anaphors, {named} of an actor among the candidates"]
    for least in (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9):
        answered = right = 0
        for example, probabilities in scored:
            if len(probabilities) > 1 and probabilities[:-1].max() >= least:
                answered += 1
                right += int(probabilities[:-1].argmax()) in example.right
        precision, recall = right / max(1, answered), right / max(1, named)
        f1 = 2 * precision * recall / max(1e-9, precision + recall)
        lines.append(
            f"  from {least}: P {100 * precision:.1f} R {100 * recall:.1f} F1 {100 * f1:.1f}"
        )
    return "\n".join(lines)


def read(extractor: str, crossed: Sequence[Path] | None) -> Iterator[Example]:
    """Yield the examples of all texts. `crossed`: weights without half 0, and without half 1."""
    articles = list(annotated())
    if crossed is None:
        reader = get_extractor("tagger" if extractor == "rules" else extractor)
        assert isinstance(reader, TaggerExtractor)
        for found in examples(reader, articles, has_network=extractor != "rules"):
            yield from found
        return
    for half, weights in enumerate(crossed):
        unseen = [article for article in articles if half_of(article.name) == half]
        for found in examples(TaggerExtractor(weights, extractor), unseen):
            yield from found


def main() -> int:
    """Fit and write one ranker; return 0."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--extractor", choices=("tagger", "fast", "rules"), default="tagger")
    parser.add_argument(
        "--crossed",
        type=Path,
        nargs=2,
        metavar=("WITHOUT_0", "WITHOUT_1"),
        help="weights whose branch has not seen one half of the texts, to read that half",
    )
    parser.add_argument("--folds", type=int, default=5, help="0: fit only")
    options = parser.parse_args()
    by_kind: dict[str, list[Example]] = defaultdict(list)
    for example in read(options.extractor, options.crossed):
        by_kind[example.kind].append(example)
    weights = {}
    for kind, sample in by_kind.items():
        if options.folds:
            print(report(kind, cross_validated(sample, options.folds)))
        fitted = fit(sample)
        weights[kind] = {
            name: round(weight, 3) for name, weight in fitted.items() if abs(weight) >= _LEAST
        }
    path = WEIGHTS / f"{options.extractor}.json"
    path.write_text(json.dumps(weights, indent=0, sort_keys=True) + "\n", "utf-8")
    print(f"wrote {path.name}: {sum(map(len, weights.values()))} weights")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
