"""The architecture of the fast network, which learns from the accurate one.

Belongs here: layers and their shapes. Does not belong here: losses and training
(`training.model.distil`).

It has the inputs and outputs of `training.model.network.Tagger` and a thirtieth of its
multiplications: narrow vectors, with layers that see a word's neighbours before and after one that
sees the whole window. Convolutions are matrix products over concatenated neighbours, which
onnxruntime runs at full speed.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from etl.extract.tagger.pieces import CASINGS, LISTS, PIECES
from training.model.network import HEADS, LINKS

VOCABULARY = 30_522


@dataclass(frozen=True)
class Sizes:
    """Vector widths, and the order of layers: 'c' sees neighbours, 'a' the whole window."""

    width: int = 128
    layers: str = "cac"
    reach: int = 1
    """Neighbours on each side."""
    attention_heads: int = 4
    link_width: int = 32


class Neighbours(nn.Module):
    """A residual gated convolution over a piece and its neighbours (Dauphin et al. 2017)."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.reach = sizes.reach
        self.norm = nn.LayerNorm(sizes.width)
        self.product = nn.Linear((2 * sizes.reach + 1) * sizes.width, 2 * sizes.width)

    def forward(self, x: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
        inner = self.norm(x)
        if mask is not None:
            inner = inner * mask[:, :, None]
        padded = nn.functional.pad(inner, (0, 0, self.reach, self.reach))
        count = x.shape[1]
        beside = torch.cat([padded[:, i : i + count] for i in range(2 * self.reach + 1)], -1)
        value, gate = self.product(beside).chunk(2, -1)
        return x + value * torch.sigmoid(gate)


class Attention(nn.Module):
    """Residual attention over the window (Vaswani et al. 2017)."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.heads = sizes.attention_heads
        self.norm = nn.LayerNorm(sizes.width)
        self.inputs = nn.Linear(sizes.width, 3 * sizes.width)
        self.output = nn.Linear(sizes.width, sizes.width)

    def forward(self, x: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
        windows, count, width = x.shape
        each = width // self.heads
        q, k, v = (
            part.reshape(windows, count, self.heads, each).transpose(1, 2)
            for part in self.inputs(self.norm(x)).chunk(3, -1)
        )
        scores = q @ k.transpose(2, 3) / each**0.5
        if mask is not None:
            scores = scores + (1 - mask[:, None, None, :]) * -1e4
        seen = scores.softmax(-1) @ v
        return x + self.output(seen.transpose(1, 2).reshape(windows, count, width))


class Student(nn.Module):
    """Computes the concatenated tag scores of all heads and the link vectors of every piece."""

    def __init__(self, sizes: Sizes, embeddings: torch.Tensor | None = None) -> None:
        super().__init__()
        self.pieces = nn.Embedding(VOCABULARY, sizes.width)
        if embeddings is not None:
            # The piece embeddings of the accurate network's encoder, in their principal directions.
            centred = embeddings - embeddings.mean(0)
            _, _, directions = torch.linalg.svd(centred, full_matrices=False)
            reduced = centred @ directions[: sizes.width].T
            with torch.no_grad():
                self.pieces.weight.copy_(reduced / reduced.std())
        self.casing = nn.Embedding(CASINGS, sizes.width)
        self.lists = nn.Embedding(LISTS, sizes.width)
        self.places = nn.Embedding(PIECES, sizes.width)
        for embedding in (self.casing, self.lists, self.places):
            nn.init.normal_(embedding.weight, std=0.3)
        kinds = {"c": Neighbours, "a": Attention}
        self.layers = nn.ModuleList(kinds[kind](sizes) for kind in sizes.layers)
        self.norm = nn.LayerNorm(sizes.width)
        self.tags = nn.Linear(sizes.width, sum(map(len, HEADS.values())))
        self.links = nn.Linear(sizes.width, 2 * len(LINKS) * sizes.link_width)

    def forward(
        self, ids: torch.Tensor, shapes: torch.Tensor, mask: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return tag scores and link vectors; `ids`, `shapes`, `mask`: (windows, pieces).

        `mask` is None if nothing is padded.
        """
        x = self.pieces(ids) + self.casing(shapes % CASINGS) + self.lists(shapes // CASINGS)
        x = x + self.places.weight[: ids.shape[1]]
        for layer in self.layers:
            x = layer(x, mask)
        x = self.norm(x)
        return self.tags(x), self.links(x)
