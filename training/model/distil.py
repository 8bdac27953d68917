"""Teaches the fast network: `python -m training.model.distil --taught DIR --out DIR`.

Belongs here: the loss, the order of batches, checkpoints (again: goes on where it stopped). Does
not belong here: the network (`student`), what it learns from (`taught`), what ships (`export`).

Tags: at each word the divergence of the student's shares of a head's tags from the teacher's, both
softened (Hinton et al. 2015); the transitions of the CRFs stay the teacher's. Links: the divergence
of the shares of the words that a word may link to. No annotation is used: the teacher was trained
on it, and says as much of texts that nobody annotated.
"""

from __future__ import annotations

import argparse
import math
import pickle
import random
import time
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModel

from etl.extract.tagger.pieces import CASINGS
from training.model.examples import MASK, batches, recased
from training.model.network import HEADS, LINKS
from training.model.student import Sizes, Student
from training.model.teacher_targets import Taught
from training.model.train import encoder_folder

HELD_OUT = 1
"""Shards, the last ones, that are scored and not learned from."""


@dataclass(frozen=True)
class Batch:
    """Padded windows; `tags`: (words of all windows, tags), for the words at `firsts`.

    `links`: of each kind, window, words that link, words that they may link to, teacher's scores.
    """

    ids: torch.Tensor
    shapes: torch.Tensor
    mask: torch.Tensor
    firsts: tuple[torch.Tensor, torch.Tensor]
    tags: torch.Tensor
    links: list[tuple[int, int, torch.Tensor, torch.Tensor, torch.Tensor]]


def collate(group: Sequence[Taught], noise: random.Random | None) -> Batch:
    """Windows side by side; with `noise`, some words masked and some windows in other cases."""
    size = max(len(t.window.ids) for t in group)
    ids = torch.zeros((len(group), size), dtype=torch.long)
    shapes, mask = torch.zeros_like(ids), torch.zeros((len(group), size))
    rows: list[int] = []
    columns: list[int] = []
    links = []
    for n, t in enumerate(group):
        count = len(t.window.ids)
        ids[n, :count] = torch.tensor(t.window.ids)
        told = torch.tensor(t.window.shapes)
        mask[n, :count] = 1
        if noise is not None:
            hidden = [at for at in t.window.firsts if noise.random() < 0.04]
            ids[n, hidden] = MASK
            case = recased(told % CASINGS, noise.random(), 0.03)
            told = case + told // CASINGS * CASINGS
        shapes[n, :count] = told
        rows += [n] * len(t.window.firsts)
        columns += t.window.firsts
        firsts = torch.tensor(t.window.firsts)
        for kind, name in enumerate(LINKS):
            sources, targets, scores = t.links[name]
            if sources and targets:
                links.append((kind, n, firsts[sources], firsts[targets], torch.tensor(scores)))
    tags = torch.cat([torch.from_numpy(t.tags) for t in group]).float()
    return Batch(ids, shapes, mask, (torch.tensor(rows), torch.tensor(columns)), tags, links)


def losses(
    model: Student, batch: Batch, sizes: Sizes, softness: float
) -> tuple[torch.Tensor, torch.Tensor, float]:
    """The losses of tags and of links, and the share of words with the teacher's best tags."""
    tags, vectors = model(batch.ids, batch.shapes, batch.mask)
    told = tags[batch.firsts].float()
    of_tags, agreed = told.new_zeros(()), torch.ones(len(told), dtype=torch.bool)
    for mine, theirs in zip(
        told.split([len(t) for t in HEADS.values()], -1),
        batch.tags.split([len(t) for t in HEADS.values()], -1),
        strict=True,
    ):
        shares = (theirs / softness).log_softmax(-1)
        own = (mine / softness).log_softmax(-1)
        of_tags = of_tags + softness**2 * (shares.exp() * (shares - own)).sum(-1).mean()
        agreed &= mine.argmax(-1) == theirs.argmax(-1)
    of_links = [told.new_zeros(())]
    vectors = vectors.float()
    for kind, n, sources, targets, scores in batch.links:
        begin = 2 * kind * sizes.link_width
        q = vectors[n, sources, begin : begin + sizes.link_width]
        k = vectors[n, targets, begin + sizes.link_width : begin + 2 * sizes.link_width]
        mine = torch.nn.functional.pad(q @ k.T / sizes.link_width**0.5, (0, 1)).log_softmax(-1)
        theirs = torch.nn.functional.pad(scores.float(), (0, 1)).log_softmax(-1)
        of_links.append((theirs.exp() * (theirs - mine)).sum())
    rows = sum(len(sources) for _, _, sources, _, _ in batch.links)
    return of_tags, torch.stack(of_links).sum() / max(1, rows), agreed.float().mean().item()


def read(file: Path) -> list[Taught]:
    """The windows of a shard."""
    return [Taught(*row) for row in pickle.loads(file.read_bytes())]


def main() -> None:
    """Learn, or go on with what was stopped."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--taught", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--config", type=Path, default=Path(__file__).with_name("distil.toml"))
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    args = parser.parse_args()
    config: dict[str, Any] = tomllib.loads(args.config.read_text())
    torch.set_num_threads(args.threads)
    torch.manual_seed(config["seed"])
    sizes = Sizes(**config["sizes"])
    encoder = AutoModel.from_pretrained(str(encoder_folder()), add_pooling_layer=False)
    model = Student(sizes, encoder.embeddings.word_embeddings.weight.detach().float())
    del encoder
    optimizer = torch.optim.AdamW(model.parameters(), lr=config["rate"], weight_decay=0.01)
    average = {n: p.detach().clone() for n, p in model.state_dict().items()}
    args.out.mkdir(parents=True, exist_ok=True)
    checkpoint, first, step = args.out / "checkpoint.pt", 0, 0
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        average, first, step = state["average"], state["epoch"], state["step"]

    for epoch in range(first, config["epochs"]):
        files = sorted(args.taught.glob("*.pickle"))
        held = [t for file in files[-HELD_OUT:] for t in read(file)]
        pool = [t for file in files[:-HELD_OUT] for t in read(file)]
        rng = random.Random(config["seed"] * 1_000 + epoch)
        groups = batches(pool, config["pieces"], rng)
        began, seen, totals = time.time(), 0, [0.0, 0.0, 0.0]
        model.train()
        for n, group in enumerate(groups):
            # A cosine over all epochs: how many shards there are may grow from one to the next.
            through = (epoch + n / len(groups)) / config["epochs"]
            rate = config["rate"] * min(1.0, (step + 1) / 200)
            rate *= 0.01 + 0.99 * (1 + math.cos(math.pi * through)) / 2
            for parameters in optimizer.param_groups:
                parameters["lr"] = rate
            batch = collate(group, rng)
            of_tags, of_links, agreed = losses(model, batch, sizes, config["softness"])
            optimizer.zero_grad()
            (of_tags + config["links"] * of_links).backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            step += 1
            if step % 10 == 0:
                decay = min(config["average"], step / (step + 100))
                for name, value in model.state_dict().items():
                    average[name].lerp_(value, 1 - decay)
            seen += int(batch.mask.sum())
            for i, value in enumerate((of_tags.item(), of_links.item(), agreed)):
                totals[i] += value
            if step % 100 == 0:
                tags, links, same = (total / 100 for total in totals)
                totals = [0.0, 0.0, 0.0]
                speed = seen / (time.time() - began)
                print(
                    f"epoch {epoch} {n + 1}/{len(groups)} tags {tags:.4f} links {links:.4f} "
                    f"same {same:.4f} {speed:.0f} pieces/s",
                    flush=True,
                )
        _save(checkpoint, model, optimizer, average, epoch + 1, step)
        torch.save({"sizes": config["sizes"], "weights": average}, args.out / "weights.pt")
        result = Student(sizes)
        result.load_state_dict(average)
        result.eval()
        with torch.no_grad():
            told = [
                losses(result, collate(held[at : at + 16], None), sizes, config["softness"])
                for at in range(0, len(held), 16)
            ]
        tags, links, same = (sum(float(t[i]) for t in told) / len(told) for i in range(3))
        print(f"held out: tags {tags:.4f} links {links:.4f} same {same:.4f}", flush=True)


def _save(
    file: Path,
    model: Student,
    optimizer: torch.optim.Optimizer,
    average: dict[str, torch.Tensor],
    epoch: int,
    step: int,
) -> None:
    state = {"model": model.state_dict(), "optimizer": optimizer.state_dict()}
    temporary = file.with_suffix(".tmp")
    torch.save(state | {"average": average, "epoch": epoch, "step": step}, temporary)
    temporary.replace(file)


if __name__ == "__main__":
    main()
