"""The network: a MiniLM encoder that is told each word's casing, with one tagging head a layer.

The encoder's vocabulary is lower-case; an embedding of the casing of the word a piece belongs to
is added to its input, and one of the corpus, because guidelines differ (at run time it is always
that of the corpus whose guidelines we want). Torch is needed for training only.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn
from transformers import AutoModel

NAME_TAGS = ["O", *(f"{p}-{t}" for t in ("PERSON", "ORG", "LOC", "NORP", "FAC") for p in "BI")]
SPAN_TAGS = ["O", "B", "I"]
HEADS = {"names": NAME_TAGS, "source": SPAN_TAGS, "cue": SPAN_TAGS, "content": SPAN_TAGS}
CORPORA = ["worldwide", "gmb", "wikigold", "btc", "polnear"]
CASINGS = 8
IGNORED = -100


@dataclass(frozen=True)
class Batch:
    """Padded windows: all of shape (windows, pieces), labels by head."""

    ids: torch.Tensor
    mask: torch.Tensor
    casing: torch.Tensor
    corpus: torch.Tensor
    labels: dict[str, torch.Tensor]


class Tagger(nn.Module):
    """Logits of every head for every piece: {head: (windows, pieces, tags)}."""

    def __init__(self, encoder: str) -> None:
        super().__init__()
        self.encoder = AutoModel.from_pretrained(encoder, add_pooling_layer=False)
        width = self.encoder.config.hidden_size
        self.casing = nn.Embedding(CASINGS, width)
        self.corpus = nn.Embedding(len(CORPORA), width)
        # Small, so that training starts from what the encoder knows.
        nn.init.normal_(self.casing.weight, std=0.02)
        nn.init.zeros_(self.corpus.weight)
        self.dropout = nn.Dropout(0.1)
        self.heads = nn.ModuleDict(
            {name: nn.Linear(width, len(tags)) for name, tags in HEADS.items()}
        )

    def forward(
        self, ids: torch.Tensor, mask: torch.Tensor, casing: torch.Tensor, corpus: torch.Tensor
    ) -> dict[str, torch.Tensor]:
        words = self.encoder.embeddings.word_embeddings(ids)
        inputs = words + self.casing(casing) + self.corpus(corpus)[:, None, :]
        states = self.encoder(inputs_embeds=inputs, attention_mask=mask).last_hidden_state
        states = self.dropout(states)
        return {name: head(states) for name, head in self.heads.items()}

    def loss(self, batch: Batch) -> torch.Tensor:
        """Mean over heads of the cross entropy over the pieces whose label is known."""
        logits = self(batch.ids, batch.mask, batch.casing, batch.corpus)
        total = torch.zeros(())
        for name, labels in batch.labels.items():
            if (labels != IGNORED).any():
                total = total + nn.functional.cross_entropy(
                    logits[name].flatten(0, 1), labels.flatten(), ignore_index=IGNORED
                )
        return total
