"""From trained weights to what ships: `python -m training.export --weights W --out DIR`.

Writes `model.onnx` (int8 weights, one window a call: dynamic quantisation takes its scales from
the whole input, so rows of a batch would depend on each other), `tokenizer.json` and `tags.json`.
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path

import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import nn

from training.network import CORPORA, HEADS, Tagger
from training.train import encoder_folder
from training.windows import PIECES


class Exported(nn.Module):
    """The network for one window under one corpus's guidelines; logits of all heads in a row."""

    def __init__(self, model: Tagger, corpus: str) -> None:
        super().__init__()
        self.model = model
        self.register_buffer("corpus", torch.tensor([CORPORA.index(corpus)]))

    def forward(self, ids: torch.Tensor, casing: torch.Tensor) -> torch.Tensor:
        logits = self.model(ids, torch.ones_like(ids), casing, self.corpus)
        return torch.cat([logits[head] for head in HEADS], dim=-1)


def main() -> None:
    """Export and quantise."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--corpus", default="worldwide", choices=CORPORA)
    args = parser.parse_args()
    folder = encoder_folder()
    model = Tagger(str(folder))
    model.load_state_dict(torch.load(args.weights, weights_only=True))
    model.eval()
    args.out.mkdir(parents=True, exist_ok=True)
    full = args.out / "full.onnx"
    example = torch.ones((1, 16), dtype=torch.long)
    torch.onnx.export(
        Exported(model, args.corpus).eval(),
        (example, example),
        str(full),
        input_names=["ids", "casing"],
        output_names=["logits"],
        dynamic_axes={"ids": {1: "pieces"}, "casing": {1: "pieces"}, "logits": {1: "pieces"}},
        dynamo=False,
    )
    quantize_dynamic(
        full,
        args.out / "model.onnx",
        weight_type=QuantType.QInt8,
        op_types_to_quantize=["MatMul", "Gather"],
        per_channel=True,
    )
    full.unlink()
    shutil.copy(folder / "tokenizer.json", args.out / "tokenizer.json")
    (args.out / "tags.json").write_text(
        json.dumps({"pieces": PIECES, "heads": HEADS}, indent=1) + "\n"
    )
    onnx.checker.check_model(str(args.out / "model.onnx"))
    print(f"{(args.out / 'model.onnx').stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
