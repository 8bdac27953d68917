"""Makes results equal on every processor: `python -m training.model.portable [--weights DIR]`.

Belongs here: rewriting an exported graph so that no result depends on the processor. Does not
belong here: exporting (`training.model.export`), running the network
(`etl.extract.tagger.engine`).

The int8 network rounds its activations. A difference in the last bit is therefore sometimes rounded
the other way, and grows from layer to layer. Such differences come from sums whose order depends on
the processor's vector width. In this graph only Softmax has such a sum; written as a product with a
column of ones, it is added in the same order everywhere. (Matrix products add along the inner
dimension whatever the width; minima and maxima are exact.) Measured with onnxruntime 1.32, AVX-512
with VNNI against AVX2 (`qemu-x86_64 -cpu Haswell`): equal to the last bit in windows of 3 to 256
pieces, where scores had differed by up to 0.6; the time is the same.

The engine does the other half, by setting `session.x64quantprecision`.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import onnx
from onnx import helper, numpy_helper

from etl.extract.tagger.engine import WEIGHTS
from training.model.calibrate import write_settings


def make_portable(file: Path) -> int:
    """Replace each Softmax of a model file in place; return their number.

    Raises ValueError if one is not over the last axis.
    """
    model = onnx.load(file)
    graph = model.graph
    found = [node for node in graph.node if node.op_type == "Softmax"]
    if not found:
        return 0
    nodes: list[onnx.NodeProto] = []
    for node in graph.node:
        nodes += _sum_in_one_order(node) if node.op_type == "Softmax" else [node]
    del graph.node[:]
    graph.node.extend(nodes)
    for name, value in (("portable_last", -1), ("portable_one", 1)):
        graph.initializer.append(numpy_helper.from_array(np.array([value], np.int64), name))
    onnx.checker.check_model(model)
    onnx.save(model, file)
    return len(found)


def _sum_in_one_order(softmax: onnx.NodeProto) -> list[onnx.NodeProto]:
    (axis,) = (a.i for a in softmax.attribute if a.name == "axis")
    if axis != -1:
        raise ValueError(f"{softmax.name} is over axis {axis}, not the last")
    (scores,), (shares,) = softmax.input, softmax.output
    top, below, powers = f"{shares}_top", f"{shares}_below", f"{shares}_powers"
    width, shape, ones, total = (f"{shares}_{n}" for n in ("width", "shape", "ones", "total"))
    one = numpy_helper.from_array(np.array([1.0], np.float32))
    return [
        helper.make_node("ReduceMax", [scores, "portable_last"], [top], keepdims=1),
        helper.make_node("Sub", [scores, top], [below]),
        helper.make_node("Exp", [below], [powers]),
        helper.make_node("Shape", [powers], [width], start=-1),
        helper.make_node("Concat", [width, "portable_one"], [shape], axis=0),
        helper.make_node("ConstantOfShape", [shape], [ones], value=one),
        helper.make_node("MatMul", [powers, ones], [total]),
        helper.make_node("Div", [powers, total], [shares]),
    ]


def main() -> None:
    """Rewrite the model of a folder of weights and update its stamp."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    folder = parser.parse_args().weights
    count = make_portable(folder / "model.onnx")
    if count:
        write_settings(folder, json.loads((folder / "tags.json").read_text()))
    print(f"{folder / 'model.onnx'}: {count} Softmax operators replaced")


if __name__ == "__main__":
    main()
