"""Distils the fast network: `python -m training.model.distil --taught DIR --out DIR`.

Belongs here: the loss, the order of batches, checkpoints (the same command resumes an interrupted
run). Does not belong here: the network (`training.model.student`), its training data
(`training.model.teacher_targets`), export (`training.model.export`).

Tag loss: at each word, the KL divergence of the student's distribution over a head's tags from the
teacher's, both softened by a temperature (Hinton et al. 2015). The student uses the teacher's CRF
transitions. Link loss: the divergence of the distributions over the words that a word may link to.
Annotations are not used: the teacher was trained on them, and labels unannotated texts as well.
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

from training.model.examples import batches, noisy_inputs
from training.model.network import HEADS, LINKS
from training.model.student import Sizes, Student
from training.model.teacher_targets import TaughtWindow
from training.model.train import encoder_folder

RECASED_SHARE = 0.03
"""The share of windows that `collate` changes to all capitals, and to title case."""
HELD_OUT = 1
"""The number of last shards that are held out for scoring."""


@dataclass(frozen=True)
class Batch:
    """Padded windows; `tags`: (words of all windows, tags), for the words at `firsts`.

    `links`: kind, window, source words, target words, and the teacher's scores (sources, targets).
    """

    ids: torch.Tensor
    shapes: torch.Tensor
    mask: torch.Tensor
    firsts: tuple[torch.Tensor, torch.Tensor]
    tags: torch.Tensor
    links: list[tuple[int, int, torch.Tensor, torch.Tensor, torch.Tensor]]


def collate(group: Sequence[TaughtWindow], noise: random.Random | None) -> Batch:
    """Pad windows to the longest; with `noise`, mask words and recase RECASED_SHARE of windows."""
    size = max(len(t.window.ids) for t in group)
    ids = torch.zeros((len(group), size), dtype=torch.long)
    shapes, mask = torch.zeros_like(ids), torch.zeros((len(group), size))
    rows: list[int] = []
    columns: list[int] = []
    links = []
    for n, t in enumerate(group):
        count = len(t.window.ids)
        ids[n, :count], shapes[n, :count] = noisy_inputs(t.window, noise, RECASED_SHARE)
        mask[n, :count] = 1
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
    model: Student, batch: Batch, sizes: Sizes, temperature: float
) -> tuple[torch.Tensor, torch.Tensor, float]:
    """Return tag loss, link loss, and the share of words with the teacher's best tags."""
    tags, vectors = model(batch.ids, batch.shapes, batch.mask)
    word_tags = tags[batch.firsts].float()
    tag_loss, agreed = word_tags.new_zeros(()), torch.ones(len(word_tags), dtype=torch.bool)
    for mine, theirs in zip(
        word_tags.split([len(t) for t in HEADS.values()], -1),
        batch.tags.split([len(t) for t in HEADS.values()], -1),
        strict=True,
    ):
        shares = (theirs / temperature).log_softmax(-1)
        own = (mine / temperature).log_softmax(-1)
        tag_loss = tag_loss + temperature**2 * (shares.exp() * (shares - own)).sum(-1).mean()
        agreed &= mine.argmax(-1) == theirs.argmax(-1)
    link_losses = [word_tags.new_zeros(())]
    vectors = vectors.float()
    for kind, n, sources, targets, scores in batch.links:
        begin = 2 * kind * sizes.link_width
        q = vectors[n, sources, begin : begin + sizes.link_width]
        k = vectors[n, targets, begin + sizes.link_width : begin + 2 * sizes.link_width]
        mine = torch.nn.functional.pad(q @ k.T / sizes.link_width**0.5, (0, 1)).log_softmax(-1)
        theirs = torch.nn.functional.pad(scores.float(), (0, 1)).log_softmax(-1)
        link_losses.append((theirs.exp() * (theirs - mine)).sum())
    rows = sum(len(sources) for _, _, sources, _, _ in batch.links)
    return tag_loss, torch.stack(link_losses).sum() / max(1, rows), agreed.float().mean().item()


def read(file: Path) -> list[TaughtWindow]:
    """Return the windows of a shard."""
    return [TaughtWindow(*row) for row in pickle.loads(file.read_bytes())]


def main() -> None:
    """Train, or resume an interrupted training."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "--taught",
        type=Path,
        required=True,
        help="folder written by training.model.teacher_targets",
    )
    parser.add_argument("--out", type=Path, required=True, help="folder of checkpoint and weights")
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
            # A cosine over all epochs. More shards may appear between epochs, so count epochs.
            progress = (epoch + n / len(groups)) / config["epochs"]
            rate = config["rate"] * min(1.0, (step + 1) / 200)
            rate *= 0.01 + 0.99 * (1 + math.cos(math.pi * progress)) / 2
            for parameters in optimizer.param_groups:
                parameters["lr"] = rate
            batch = collate(group, rng)
            tag_loss, link_loss, agreed = losses(model, batch, sizes, config["softness"])
            optimizer.zero_grad()
            (tag_loss + config["links"] * link_loss).backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            step += 1
            if step % 10 == 0:
                decay = min(config["average"], step / (step + 100))
                for name, value in model.state_dict().items():
                    average[name].lerp_(value, 1 - decay)
            seen += int(batch.mask.sum())
            for i, value in enumerate((tag_loss.item(), link_loss.item(), agreed)):
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
            scored = [
                losses(result, collate(held[at : at + 16], None), sizes, config["softness"])
                for at in range(0, len(held), 16)
            ]
        tags, links, same = (sum(float(t[i]) for t in scored) / len(scored) for i in range(3))
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
