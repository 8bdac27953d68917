"""Exports trained weights for shipping: `python -m training.model.export --weights W --out DIR`.

Writes `model.onnx`, `tokenizer.json` and `tags.json`. The weights are int8, and the model takes one
window per call: dynamic quantisation derives its scales from the whole input, so rows of a batch
would depend on each other. In a network of `training.model.distil` only the piece embeddings are
int8, because narrow products gain nothing from it; its transitions are the teacher's.

Belongs here: export and quantisation. Does not belong here: equal results on all processors
(`training.model.portable`), calibration (`training.model.calibrate`).
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path
from typing import Any

import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import nn

from etl.extract.tagger.engine import WEIGHTS
from etl.extract.tagger.pieces import PIECES
from training.model.calibrate import write_settings
from training.model.network import CORPORA, HEADS, LINKS, Tagger
from training.model.portable import make_portable
from training.model.student import Sizes, Student
from training.model.train import encoder_folder


class Exported(nn.Module):
    """The network for one window under one corpus's guidelines.

    Two outputs per piece: the concatenated tag scores of all heads, and the query and key of each
    kind of link.
    """

    def __init__(self, model: Tagger, corpus: str) -> None:
        super().__init__()
        self.model = model
        self.register_buffer("corpus", torch.tensor([CORPORA.index(corpus)]))

    def forward(self, ids: torch.Tensor, shapes: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        states = self.model.states(ids, torch.ones_like(ids), shapes)
        emissions = self.model.emissions(states, self.corpus)
        links = [f[kind](states) for kind in LINKS for f in (self.model.queries, self.model.keys)]
        return torch.cat([emissions[head] for head in HEADS], -1), torch.cat(links, -1)


def main() -> None:
    """Export and quantise the weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument(
        "--corpus", default="worldwide", choices=CORPORA, help="whose guidelines to follow"
    )
    parser.add_argument("--full", action="store_true", help="keep the weights in float32")
    args = parser.parse_args()
    folder = encoder_folder()
    weights = torch.load(args.weights, weights_only=True)
    is_student = "sizes" in weights
    network: nn.Module
    if is_student:
        network = Student(Sizes(**weights["sizes"]))
        network.load_state_dict(weights["weights"])
        settings = {
            name: value
            for name, value in json.loads((WEIGHTS / "tags.json").read_text()).items()
            if name in ("pieces", "heads", "links", "balance")
        }
    else:
        model = Tagger(str(folder))
        model.load_state_dict(weights)
        network, settings = Exported(model, args.corpus), _settings(model)
    args.out.mkdir(parents=True, exist_ok=True)
    full, shipped = args.out / "full.onnx", args.out / "model.onnx"
    example = torch.ones((1, 16), dtype=torch.long)
    torch.onnx.export(
        network.eval(),
        (example, example),
        str(full),
        input_names=["ids", "shapes"],
        output_names=["tags", "links"],
        dynamic_axes={name: {1: "pieces"} for name in ("ids", "shapes", "tags", "links")},
        dynamo=False,
    )
    if args.full:
        full.replace(shipped)
    else:
        quantize_dynamic(
            full,
            shipped,
            weight_type=QuantType.QInt8,
            op_types_to_quantize=["Gather"] if is_student else ["MatMul", "Gather"],
            per_channel=True,
        )
        full.unlink()
    make_portable(shipped)
    onnx.checker.check_model(str(shipped))
    shutil.copy(folder / "tokenizer.json", args.out / "tokenizer.json")
    write_settings(args.out, settings)
    print(f"{shipped}: {shipped.stat().st_size / 1e6:.1f} MB")


def _settings(model: Tagger) -> dict[str, Any]:
    """Return the settings of an accurate network that are not part of the graph."""
    heads = {
        head: {
            "tags": tags,
            "transitions": [
                [round(x, 4) for x in row] for row in model.allowed_transitions(head).tolist()
            ],
        }
        for head, tags in HEADS.items()
    }
    return {"pieces": PIECES, "heads": heads, "links": list(LINKS)}


if __name__ == "__main__":
    main()
