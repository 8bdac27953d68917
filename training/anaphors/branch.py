"""Fine-tunes the network's upper layers for references: `python -m training.anaphors.branch`.

    .venv/bin/python -m training.anaphors.branch --out RUN              # all texts
    .venv/bin/python -m training.anaphors.branch --out RUN --without 0  # without half of them

writes `RUN/weights` (`RUN/without_0`): the shipped weights with a branch beside the upper two
layers, whose output is the vectors of anaphors and names. What finds names and speech is unchanged,
bit by bit. Half the texts is left out so that the ranker can be fitted to probabilities from a
branch that has not seen them (`training.anaphors.train --without`).

Belongs here: the branch, its training and its export. Does not belong here: examples
(`training.anaphors.examples`), the rest of the network (`training.model`), how extraction uses it
(`etl.extract.tagger.tags.References`).

The logit of a candidate is the mean, in the exponent, over its mentions (word-level coreference:
Dobrovolskii 2021), plus that of the ranker's features, which stay as they are: the branch learns
what these do not say.
"""

from __future__ import annotations

import argparse
import json
import math
import pickle
import random
import shutil
import time
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import torch
from numpy.typing import NDArray
from onnx import compose, numpy_helper, utils
from onnxruntime.quantization import QuantType, quantize_dynamic
from tokenizers import Tokenizer
from torch import nn

from etl.extract import get_extractor, tokens
from etl.extract.tagger.engine import WEIGHTS
from etl.extract.tagger.pieces import load_tokenizer, windows
from etl.extract.tagger_extractor import TaggerExtractor, joined_text
from training.anaphors.examples import Example, annotated, examples, half_of
from training.anaphors.train import cross_validated
from training.model.calibrate import write_settings
from training.model.portable import make_portable

LAYERS = (4, 5)
"""The layers of which the branch has copies of its own."""
_OUTPUT = "/encoder/encoder/layer.{}/output/LayerNorm/LayerNormalization_output_0"
_PREFIX = "branch/"
_HEADS, _WIDTH = 12, 96
_EPOCHS = 2
_RATE, _VECTOR_RATE = 1e-4, 1e-3
"""Learning rates of the layers, and of query and key."""
_PIECES = 2048
"""Pieces of a batch, at least."""
_MASKED = 0.08
"""Share of pieces that are hidden in training; dropout within the layers would halve the speed."""
_FAR = -1e4


@dataclass(frozen=True)
class Text:
    """A text under the branch: `states` (pieces, width) of all windows, and its examples.

    `places` of an example: the piece of the anaphor, and of each candidate's mentions the first
    pieces of their first and last words.
    """

    source: str
    states: NDArray[np.float16]
    sizes: list[int]
    examples: list[Example]
    places: list[tuple[int, list[list[tuple[int, int]]]]]


class Layer(nn.Module):
    """One layer of the encoder, with the shipped weights."""

    def __init__(self, weights: dict[str, torch.Tensor], number: int) -> None:
        super().__init__()
        self.parts = nn.ModuleDict()
        for name in _MATRICES:
            matrix = weights[f"{number}/{name}"]
            part = nn.Linear(matrix.shape[1], matrix.shape[0])
            part.weight.data, part.bias.data = matrix, weights[f"{number}/{name}/bias"]
            self.parts[name.replace("/", "_")] = part
        for name in _NORMS:
            norm = nn.LayerNorm(len(weights[f"{number}/{name}"]), eps=1e-12)
            norm.weight.data = weights[f"{number}/{name}"]
            norm.bias.data = weights[f"{number}/{name}/bias"]
            self.parts[name.replace("/", "_")] = norm

    def forward(self, states: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
        """Return the next states, (windows, pieces, width); `mask` is added to the attention."""
        count, length, width = states.shape
        query, key, value = (
            self.parts[f"attention_self_{name}"](states)
            .view(count, length, _HEADS, width // _HEADS)
            .transpose(1, 2)
            for name in ("query", "key", "value")
        )
        scores = query @ key.transpose(-1, -2) / (width // _HEADS) ** 0.5
        shares = (scores if mask is None else scores + mask).softmax(-1)
        mixed = (shares @ value).transpose(1, 2).reshape(count, length, width)
        states = self.parts["attention_output_LayerNorm"](
            states + self.parts["attention_output_dense"](mixed)
        )
        wide = nn.functional.gelu(self.parts["intermediate_dense"](states))
        return self.parts["output_LayerNorm"](states + self.parts["output_dense"](wide))  # type: ignore[no-any-return]


_MATRICES = (
    "attention/self/query", "attention/self/key", "attention/self/value",
    "attention/output/dense", "intermediate/dense", "output/dense",
)  # fmt: skip
_NORMS = ("attention/output/LayerNorm", "output/LayerNorm")


class Branch(nn.Module):
    """Copies of the network's upper layers, and each word's vectors as anaphor and as mention."""

    def __init__(self, weights: dict[str, torch.Tensor]) -> None:
        super().__init__()
        self.layers = nn.ModuleList(Layer(weights, number) for number in LAYERS)
        self.query, self.key = (nn.Linear(384, _WIDTH) for _ in range(2))
        self.dropout = nn.Dropout(0.1)

    def forward(
        self, states: torch.Tensor, mask: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return query and key of every piece, (windows, pieces, vector width) each."""
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.training):
            for layer in self.layers:
                states = layer(states, mask)
        states = self.dropout(states.float())
        return self.query(states), self.key(states)


def shipped(model: onnx.ModelProto) -> dict[str, torch.Tensor]:
    """Return the weights of the network's upper layers, as floats."""
    tensors = {t.name: numpy_helper.to_array(t) for t in model.graph.initializer}
    nodes = {node.name: node for node in model.graph.node}
    found: dict[str, NDArray[Any]] = {}

    def matrix(path: str, name: str) -> None:
        quantized = nodes[f"{path}/MatMul_quant"].input[1]
        base = quantized.removesuffix("_quantized")
        scale, zero = tensors[f"{base}_scale"], tensors[f"{base}_zero_point"].astype(np.float32)
        found[name] = ((tensors[quantized].astype(np.float32) - zero) * scale).T
        (bias,) = (i for i in nodes[f"{path}/Add"].input if i in tensors)
        found[f"{name}/bias"] = tensors[bias]

    for number in LAYERS:
        path = f"/encoder/encoder/layer.{number}"
        for name in _MATRICES:
            matrix(f"{path}/{name}", f"{number}/{name}")
        for name in _NORMS:
            _, weight, bias = nodes[f"{path}/{name}/LayerNormalization"].input
            found[f"{number}/{name}"] = tensors[weight]
            found[f"{number}/{name}/bias"] = tensors[bias]
    return {name: torch.tensor(np.ascontiguousarray(array)) for name, array in found.items()}


def read(out: Path) -> list[Text]:
    """Return the training texts with the states below the branch; reading takes 8 minutes.

    They are kept in a file for the next training.
    """
    file = out / "texts.pickle"
    if file.exists():
        return [Text(*row) for row in pickle.loads(file.read_bytes())]
    below = out / "below.onnx"
    output = _OUTPUT.format(LAYERS[0] - 1)
    utils.extract_model(
        str(WEIGHTS / "model.onnx"), str(below), ["ids", "shapes"], [output], check_model=False
    )
    options = onnxruntime.SessionOptions()
    options.add_session_config_entry("session.x64quantprecision", "1")
    session = onnxruntime.InferenceSession(below, options, providers=["CPUExecutionProvider"])
    tokenizer = load_tokenizer((WEIGHTS / "tokenizer.json").read_bytes())
    extractor = get_extractor("tagger")
    assert isinstance(extractor, TaggerExtractor)
    found = []
    articles = list(annotated())
    of_articles = examples(extractor, articles, has_network=False)
    for n, (article, of_article) in enumerate(zip(articles, of_articles, strict=True), 1):
        of_article = [example for example in of_article if example.mentions]
        if of_article:
            text = joined_text(article.article)
            sizes, states, place = _states(text, session, tokenizer)
            places = [
                (place(e.word), [[(place(a), place(b)) for a, b in m] for m in e.mentions])
                for e in of_article
            ]
            found.append(Text(article.name, states, sizes, of_article, places))
        if n % 100 == 0:
            print(f"{n:,} texts read", flush=True)
    # As plain rows: pickle would record a class of a module run as a command as `__main__`.
    rows = [tuple(getattr(text, f.name) for f in fields(text)) for text in found]
    file.write_bytes(pickle.dumps(rows, protocol=5))
    return found


def _states(
    text: str, session: onnxruntime.InferenceSession, tokenizer: Tokenizer
) -> tuple[list[int], NDArray[np.float16], Callable[[int], int]]:
    """Return the sizes of a text's windows, their states, and the piece of a character offset."""
    starts: list[int] = []
    pieces: list[int] = []
    states: list[NDArray[np.float16]] = []
    for window in windows(text, tokens.sentence_ends(text), tokenizer):
        offset = sum(map(len, states))
        starts += [start for start, _ in window.words]
        pieces += [offset + first for first in window.firsts]
        given = {"ids": np.array([window.ids]), "shapes": np.array([window.shapes])}
        states.append(session.run(None, given)[0][0].astype(np.float16))
    sizes = list(map(len, states))
    return sizes, np.concatenate(states), lambda at: pieces[max(0, bisect_right(starts, at) - 1)]


def features_scores(texts: Sequence[Text]) -> dict[int, NDArray[np.float64]]:
    """Return by id of an example what the ranker's features alone give, as log probabilities.

    The weights come from other texts, so the branch does not count on features that fit by chance.
    """
    found: dict[int, NDArray[np.float64]] = {}
    for kind in sorted({e.kind for text in texts for e in text.examples}):
        of_kind = [e for text in texts for e in text.examples if e.kind == kind]
        for example, shares in cross_validated(of_kind, 5):
            found[id(example)] = np.log(shares)
    return found


def loss(
    branch: Branch, texts: Sequence[Text], given: dict[int, NDArray[np.float64]]
) -> torch.Tensor:
    """Return the mean negative log likelihood of the right candidates."""
    windows_of = [
        text.states[end - size : end]
        for text in texts
        for size, end in zip(text.sizes, accumulate(text.sizes), strict=True)
    ]
    length = max(map(len, windows_of))
    states = torch.zeros(len(windows_of), length, windows_of[0].shape[1])
    exists = torch.zeros(len(windows_of), length, dtype=torch.bool)
    for n, window in enumerate(windows_of):
        states[n, : len(window)] = torch.from_numpy(window.astype(np.float32))
        exists[n, : len(window)] = True
    if branch.training:
        states = states * (torch.rand(len(windows_of), length, 1) > _MASKED)
    mask = torch.zeros(len(windows_of), 1, 1, length).masked_fill(~exists[:, None, None], _FAR)
    queries, keys = (vectors[exists] for vectors in branch(states, mask))
    begins = accumulate((len(text.states) for text in texts), initial=0)
    losses = []
    for text, begin in zip(texts, begins, strict=False):
        for example, (at, candidates) in zip(text.examples, text.places, strict=True):
            mentions = torch.tensor([pair for places in candidates for pair in places]) + begin
            logits = torch.zeros(len(candidates) + 1)
            if len(mentions):
                of_mentions = (keys[mentions].mean(1) @ queries[begin + at]) / _WIDTH**0.5
                of_candidates = of_mentions.split(list(map(len, candidates)))
                logits = torch.stack(
                    [
                        c.logsumexp(0) - math.log(len(c)) if len(c) else torch.tensor(_FAR)
                        for c in of_candidates
                    ]
                    + [torch.tensor(0.0)]
                )
            logits = logits + torch.tensor(given[id(example)], dtype=torch.float32)
            losses.append(logits.logsumexp(0) - logits[example.right].logsumexp(0))
    return torch.stack(losses).mean()


def train(texts: Sequence[Text], weights: dict[str, torch.Tensor]) -> Branch:
    """Return the branch trained on texts, from the weights of the network's upper layers."""
    torch.manual_seed(1)
    shuffle = random.Random(1)
    branch = Branch(weights)
    given = features_scores(texts)
    vectors = [*branch.query.parameters(), *branch.key.parameters()]
    optimizer = torch.optim.AdamW(
        [
            {"params": branch.layers.parameters(), "lr": _RATE},
            {"params": vectors, "lr": _VECTOR_RATE},
        ],
        weight_decay=0.01,
    )
    steps = _EPOCHS * sum(1 for _ in _batches(texts, random.Random(0)))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min(1.0, 10 * (step + 1) / steps) * (1 - step / steps)
    )
    for epoch in range(_EPOCHS):
        begun, losses = time.time(), []
        for batch in _batches(texts, shuffle):
            optimizer.zero_grad()
            value = loss(branch, batch, given)
            value.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(branch.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            losses.append(value.item())
            if len(losses) % 50 == 0:
                print(f"epoch {epoch + 1}: loss {np.mean(losses[-50:]):.3f}", flush=True)
        print(f"epoch {epoch + 1}: loss {np.mean(losses):.3f}, {time.time() - begun:.0f} s")
    return branch.eval()


def _batches(texts: Sequence[Text], shuffle: random.Random) -> Iterator[list[Text]]:
    """Yield all texts in random order, in batches of at least `_PIECES` pieces."""
    batch: list[Text] = []
    for text in shuffle.sample(texts, len(texts)):
        batch.append(text)
        if sum(len(t.states) for t in batch) >= _PIECES:
            yield batch
            batch = []
    if batch:
        yield batch


def export(branch: Branch, model: onnx.ModelProto, out: Path) -> None:
    """Write a folder of weights: the shipped network with this branch, instead of one it has."""
    out.mkdir(parents=True, exist_ok=True)
    full, small = out / "full.onnx", out / "small.onnx"
    torch.onnx.export(
        branch,
        (torch.zeros(1, 16, 384),),
        str(full),
        input_names=["below"],
        output_names=["queries", "keys"],
        dynamic_axes={name: {1: "pieces"} for name in ("below", "queries", "keys")},
        opset_version=model.opset_import[0].version,
        dynamo=False,
    )
    quantize_dynamic(
        full, small, weight_type=QuantType.QInt8, op_types_to_quantize=["MatMul"], per_channel=True
    )
    make_portable(small)
    added = compose.add_prefix(onnx.load(small), _PREFIX)
    below = _OUTPUT.format(LAYERS[0] - 1)
    for node in added.graph.node:
        node.input[:] = [below if name == f"{_PREFIX}below" else name for name in node.input]
    graph = model.graph
    (joined,) = (node for node in graph.node if node.output[0] == "links")
    joined.input[:] = [*joined.input[:-2], f"{_PREFIX}queries", f"{_PREFIX}keys"]
    nodes = [node for node in graph.node if node.name != joined.name and not _in_branch(node)]
    nodes += [*added.graph.node, joined]
    tensors = [t for t in graph.initializer if not t.name.startswith(_PREFIX)]
    del graph.node[:], graph.initializer[:]
    graph.node.extend(nodes)
    graph.initializer.extend([*tensors, *added.graph.initializer])
    onnx.save(model, full)
    # Without what only the former reference vectors needed.
    utils.extract_model(str(full), str(out / "model.onnx"), ["ids", "shapes"], ["tags", "links"])
    full.unlink()
    small.unlink()
    onnx.checker.check_model(str(out / "model.onnx"))
    shutil.copy(WEIGHTS / "tokenizer.json", out / "tokenizer.json")
    settings = json.loads((WEIGHTS / "tags.json").read_text("utf-8"))
    write_settings(out, {k: v for k, v in settings.items() if k not in ("stamp", "digests")})


def _in_branch(node: onnx.NodeProto) -> bool:
    return any(name.startswith(_PREFIX) for name in node.output)


def main() -> int:
    """Train the branch, unless OUT has it already, and export it; return 0."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, required=True, help="folder for texts and weights")
    parser.add_argument(
        "--without", type=int, choices=(0, 1), help="leave out this half of the texts"
    )
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    texts = read(options.out)
    if options.without is not None:
        texts = [text for text in texts if half_of(text.source) != options.without]
    model = onnx.load(WEIGHTS / "model.onnx")
    name = "weights" if options.without is None else f"without_{options.without}"
    trained = options.out / f"{name}.pt"
    if trained.exists():
        branch = Branch(shipped(model)).eval()
        branch.load_state_dict(torch.load(trained, weights_only=True))
    else:
        branch = train(texts, shipped(model))
        torch.save(branch.state_dict(), trained)
    export(branch, model, options.out / name)
    print(f"wrote {options.out / name}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
