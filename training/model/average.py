"""Averages two weights: `python -m training.model.average --first A --second B --out W`.

If the second training started from the weights of the first, a mean of both is often better than
either (Wortsman et al. 2022, "Robust fine-tuning of zero-shot models"). Without `--out`, prints the
scores of several means on articles held out of training that are not development data. With
`--out`, writes the mean with `--share` of the second.

Belongs here: the mean, and choosing its share. Does not belong here: training
(`training.model.train`).
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch

from etl.extract.tagger.pieces import load_tokenizer
from training.corpora import documents as corpora
from training.model.examples import examples
from training.model.network import Tagger
from training.model.score import scores
from training.model.train import encoder_folder

SHARES = (0.0, 0.35, 0.5, 0.65, 0.8, 1.0)


def mean(
    first: dict[str, torch.Tensor], second: dict[str, torch.Tensor], share: float
) -> dict[str, torch.Tensor]:
    """Return, per tensor, (1 - share) of the first plus share of the second."""
    return {name: torch.lerp(first[name], second[name], share) for name in first}


def main() -> None:
    """Score several means, or write one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--first", type=Path, required=True)
    parser.add_argument("--second", type=Path, required=True)
    parser.add_argument(
        "--out", type=Path, help="file to write the mean to; without it, score means"
    )
    parser.add_argument("--share", type=float, default=0.5, help="of the second weights (0.5)")
    args = parser.parse_args()
    first, second = (torch.load(file, weights_only=True) for file in (args.first, args.second))
    if args.out:
        torch.save(mean(first, second, args.share), args.out)
        return
    folder = encoder_folder()
    tokenizer = load_tokenizer((folder / "tokenizer.json").read_bytes())
    held_out = {
        "worldwide": list(corpora.worldwide("test")),
        "polnear": list(corpora.polnear("tune")),
    }
    pools = {name: list(examples(documents, tokenizer)) for name, documents in held_out.items()}
    model = Tagger(str(folder))
    for share in SHARES:
        model.load_state_dict(mean(first, second, share))
        line = {name: scores(model, pools[name], held_out[name]) for name in held_out}
        print(json.dumps({"share": share} | line), flush=True)


if __name__ == "__main__":
    main()
