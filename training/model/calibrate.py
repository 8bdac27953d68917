"""How often each confidence is right: `python -m training.model.calibrate [--weights FOLDER]`.

Runs the extractor with its confidences as the network gives them over articles that were kept out
of training and are no development data either, and writes into `tags.json` the line of a few
points through which the extractor then reads them: isotonic regression (pool adjacent violators,
Ayer et al. 1955) over groups of equal size.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from etl.extract.tagger.engine import WEIGHTS, stamp_of
from etl.extract.tagger_extractor import TaggerExtractor
from training.evaluation.runner import CorpusRunner
from training.evaluation.scores import outcomes

GROUPS = 12


def line(outcomes: Sequence[tuple[float, bool]]) -> tuple[list[float], list[float]]:
    """Rising points (confidence, share right) from single outcomes."""
    ordered = sorted(outcomes)
    size = -(-len(ordered) // GROUPS)
    # (count, sum of confidences, number right), merged while the share right falls.
    pools: list[tuple[int, float, int]] = []
    for at in range(0, len(ordered), size):
        group = ordered[at : at + size]
        pools.append((len(group), sum(c for c, _ in group), sum(right for _, right in group)))
        while len(pools) > 1 and pools[-1][2] * pools[-2][0] <= pools[-2][2] * pools[-1][0]:
            last = pools.pop()
            pools[-1] = (pools[-1][0] + last[0], pools[-1][1] + last[1], pools[-1][2] + last[2])
    return (
        [round(total / count, 4) for count, total, _ in pools],
        [round(right / count, 4) for count, _, right in pools],
    )


def write_settings(folder: Path, settings: dict[str, Any]) -> None:
    """Write `tags.json` with a stamp that tells these weights and settings from all others."""
    settings.pop("stamp", None)
    settings["digests"] = {
        name: hashlib.sha256((folder / name).read_bytes()).hexdigest()
        for name in ("model.onnx", "tokenizer.json")
    }
    text = json.dumps({"stamp": stamp_of(settings), **settings}, indent=1)
    (folder / "tags.json").write_text(text + "\n")


def main() -> None:
    """Fit and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    args = parser.parse_args()
    settings = json.loads((args.weights / "tags.json").read_text())
    settings.pop("calibration", None)
    write_settings(args.weights, settings)
    found = outcomes(CorpusRunner(TaggerExtractor(args.weights)), "test", "tune")
    settings["calibration"] = {kind: line(told) for kind, told in found.items()}
    write_settings(args.weights, settings)
    for kind, (sure, right) in settings["calibration"].items():
        print(
            kind, len(found[kind]), *(f"{a:.2f}:{b:.2f}" for a, b in zip(sure, right, strict=True))
        )


if __name__ == "__main__":
    main()
