"""Calibrates confidences: `python -m training.model.calibrate [--weights FOLDER]`.

Runs the extractor with the network's raw confidences over articles that were held out of training
and are not development data. Fits how often each confidence is right by isotonic regression (pool
adjacent violators, Ayer et al. 1955) over groups of equal size, and writes the resulting points
into `tags.json`. The extractor interpolates between them.

Belongs here: calibration, and writing `tags.json`. Does not belong here: thresholds
(`training.model.balance`).
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
    """Fit rising points to pairs (confidence, is right); return confidences and shares right."""
    ordered = sorted(outcomes)
    size = -(-len(ordered) // GROUPS)
    # (count, sum of confidences, number right), merged while the share right decreases.
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
    """Write `tags.json` with a stamp that identifies these weights and settings."""
    settings.pop("stamp", None)
    settings["digests"] = {
        name: hashlib.sha256((folder / name).read_bytes()).hexdigest()
        for name in ("model.onnx", "tokenizer.json")
    }
    text = json.dumps({"stamp": stamp_of(settings), **settings}, indent=1)
    (folder / "tags.json").write_text(text + "\n")


def main() -> None:
    """Fit the calibration and write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    args = parser.parse_args()
    settings = json.loads((args.weights / "tags.json").read_text())
    settings.pop("calibration", None)
    write_settings(args.weights, settings)
    found = outcomes(CorpusRunner(TaggerExtractor(args.weights)), "test", "tune")
    settings["calibration"] = {kind: line(outcome) for kind, outcome in found.items()}
    write_settings(args.weights, settings)
    for kind, (confidences, shares) in settings["calibration"].items():
        print(
            kind,
            len(found[kind]),
            *(f"{a:.2f}:{b:.2f}" for a, b in zip(confidences, shares, strict=True)),
        )


if __name__ == "__main__":
    main()
