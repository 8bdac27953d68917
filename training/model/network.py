"""The network: a pretrained encoder with word shapes as input, and tagging and linking heads.

The encoder's vocabulary is lower-case. An embedding of the casing of a piece's word is added to its
input, and one of the word lists (first names, places …) that contain the word. The names head also
receives the corpus, because guidelines differ (at run time it is always the corpus whose guidelines
we want). Tags are scored by linear-chain CRFs over words (Lafferty et al. 2001), links as in a
biaffine parser (Dozat and Manning 2017). Torch is needed for training only.

Belongs here: layers and losses. Does not belong here: windows and batches
(`training.model.examples`), the fast network (`training.model.student`).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn
from transformers import AutoModel

from etl.extract.tagger.pieces import CASINGS, LISTS

NAME_TYPES = ("PERSON", "ORG", "LOC", "NORP", "FAC")
NAME_TAGS = ("O", *(f"{p}-{t}" for t in NAME_TYPES for p in "BI"))
SPAN_TAGS = ("O", "B", "I")
HEADS = {"names": NAME_TAGS, "source": SPAN_TAGS, "cue": SPAN_TAGS, "content": SPAN_TAGS}
LINKS = {"source": "cue", "content": "cue", "pronoun": "name"}
"""Links by source: a source and a content link to their cue, a pronoun to a name."""
LINK_WIDTH = 96
MPNET_PIECES = {0: 1, 100: 3, 101: 0, 102: 2, 103: 30_526}
"""Pieces of MPNet's vocabulary that are not those of MiniLM with ids 4 higher: padding, unknown,
begin, end and mask."""
CORPORA = ("worldwide", "gmb", "wikigold", "btc", "polnear", "gap")
IMPOSSIBLE = -1e4


@dataclass(frozen=True)
class Batch:
    """Padded windows.

    `ids`, `mask`, `shapes`: (windows, pieces); `firsts`, `words`: (windows, words), the first piece
    of each word and whether the word exists; `allowed`: by head, (windows, words, tags), the tags
    that the annotation allows (all for unannotated words); `links`: by kind, rows of (window, word,
    right targets, wrong targets), with None for all other words of the window.
    """

    ids: torch.Tensor
    mask: torch.Tensor
    shapes: torch.Tensor
    corpus: torch.Tensor
    firsts: torch.Tensor
    words: torch.Tensor
    allowed: dict[str, torch.Tensor]
    links: dict[str, list[tuple[int, int, list[int], list[int] | None]]]


class Tagger(nn.Module):
    """Computes the scores of every head, and the vectors whose products are link scores."""

    def __init__(self, encoder: str) -> None:
        super().__init__()
        self.encoder = AutoModel.from_pretrained(
            encoder, add_pooling_layer=False, attn_implementation="eager"
        )
        self.pieces: torch.Tensor | None = None
        """For an encoder with another vocabulary, its id of each piece."""
        if self.encoder.config.model_type == "mpnet":
            self.pieces = torch.arange(30_522) + 4
            for ours, theirs in MPNET_PIECES.items():
                self.pieces[ours] = theirs
        # Dropout inside the encoder costs half the speed on a CPU (1,760 against 3,230 pieces/s);
        # masked input words and dropout before the heads regularise instead.
        for module in self.encoder.modules():
            if isinstance(module, nn.Dropout):
                module.p = 0.0
        self.encoder.embeddings.word_embeddings.weight.requires_grad_(False)
        width = self.encoder.config.hidden_size
        self.casing = nn.Embedding(CASINGS, width)
        # Small, so that training starts from what the encoder knows.
        nn.init.normal_(self.casing.weight, std=0.02)
        self.lists = nn.Embedding(LISTS, width)
        nn.init.normal_(self.lists.weight, std=0.02)
        self.corpus = nn.Embedding(len(CORPORA), width)
        nn.init.zeros_(self.corpus.weight)
        self.dropout = nn.Dropout(0.1)
        self.hidden = nn.Linear(width, width)
        self.heads = nn.ModuleDict(
            {name: nn.Linear(width, len(tags)) for name, tags in HEADS.items()}
        )
        self.transitions = nn.ParameterDict(
            {name: nn.Parameter(torch.zeros(len(t) + 1, len(t))) for name, t in HEADS.items()}
        )
        """By head, (tags + 1, tags): scores from tag to tag; the last row is the window's start."""
        self.queries = nn.ModuleDict({name: nn.Linear(width, LINK_WIDTH) for name in LINKS})
        self.keys = nn.ModuleDict({name: nn.Linear(width, LINK_WIDTH) for name in LINKS})

    def states(self, ids: torch.Tensor, mask: torch.Tensor, shapes: torch.Tensor) -> torch.Tensor:
        """Return the encoder's output, (windows, pieces, width)."""
        if self.pieces is not None:
            ids = self.pieces[ids]
        words = self.encoder.embeddings.word_embeddings(ids)
        inputs = words + self.casing(shapes % CASINGS) + self.lists(shapes // CASINGS)
        return self.encoder(inputs_embeds=inputs, attention_mask=mask).last_hidden_state  # type: ignore[no-any-return]

    def emissions(self, states: torch.Tensor, corpus: torch.Tensor) -> dict[str, torch.Tensor]:
        """Return tag scores by head, (windows, words, tags)."""
        named = nn.functional.gelu(self.hidden(states) + self.corpus(corpus)[:, None, :])
        return {
            name: head(states + named if name == "names" else states)
            for name, head in self.heads.items()
        }

    def allowed_transitions(self, name: str) -> torch.Tensor:
        """Return the transitions of a head, with those that BIO forbids set to IMPOSSIBLE."""
        tags = HEADS[name]
        forbidden = torch.tensor(
            [
                [
                    after.startswith("I")
                    and (before[:1] not in ("B", "I") or before[1:] != after[1:])
                    for after in tags
                ]
                for before in (*tags, "start")
            ]
        )
        return self.transitions[name].masked_fill(forbidden, IMPOSSIBLE)

    def loss(self, batch: Batch, weights: dict[str, float]) -> torch.Tensor:
        """Return the negative log likelihood of the annotation, per tagged word and per link.

        A partly annotated word counts with the sum over its allowed tags (Tsuboi et al. 2008).
        """
        states = self.dropout(self.states(batch.ids, batch.mask, batch.shapes))
        index = batch.firsts[:, :, None].expand(-1, -1, states.shape[-1])
        states = states.gather(1, index).float()
        with torch.autocast("cpu", enabled=False):
            total = states.sum() * 0.0
            for name, scores in self.emissions(states, batch.corpus).items():
                allowed = batch.allowed[name]
                annotated = ~allowed.all(-1) & batch.words
                if not annotated.any():
                    continue
                rows = annotated.any(-1)
                transitions = self.allowed_transitions(name)
                free = scores[rows]
                held = free.masked_fill(~allowed[rows], IMPOSSIBLE)
                log_z = log_partition(
                    torch.cat([free, held]), batch.words[rows].repeat(2, 1), transitions
                )
                every, right = log_z.chunk(2)
                total = total + weights[name] * (every - right).sum() / annotated.sum()
            for kind, rows_of in batch.links.items():
                if rows_of:
                    weight = weights["pronoun" if kind == "pronoun" else "links"]
                    total = total + weight * self._link_loss(states, kind, rows_of, batch.words)
        return total

    def _link_loss(
        self,
        states: torch.Tensor,
        kind: str,
        rows: list[tuple[int, int, list[int], list[int] | None]],
        words: torch.Tensor,
    ) -> torch.Tensor:
        """Softmax over the possible words and one more option, with score 0, for none of them."""
        windows = torch.tensor([row[0] for row in rows])
        query = self.queries[kind](states[windows, torch.tensor([row[1] for row in rows])])
        scores = torch.einsum("nd,nwd->nw", query, self.keys[kind](states)[windows])
        scores = torch.cat([scores / LINK_WIDTH**0.5, scores.new_zeros(len(rows), 1)], -1)
        right = torch.zeros_like(scores, dtype=torch.bool)
        possible = nn.functional.pad(words[windows], (0, 1), value=True)
        for n, (_, _, good, bad) in enumerate(rows):
            right[n, good or [-1]] = True
            if bad is not None:
                possible[n, :-1] = False
                possible[n, [*good, *bad]] = True
        every = scores.masked_fill(~possible, IMPOSSIBLE).logsumexp(-1)
        return (every - scores.masked_fill(~right, IMPOSSIBLE).logsumexp(-1)).mean()


def log_partition(
    emissions: torch.Tensor, words: torch.Tensor, transitions: torch.Tensor
) -> torch.Tensor:
    """Return the log of the sum of exp(score) over all tag sequences, (sequences,).

    emissions: (sequences, words, tags); words: which words exist, (sequences, words), a prefix of
    each row; transitions: (tags + 1, tags), the last row from the start. Combining neighbouring
    steps in pairs takes 8 rounds instead of 256 steps.
    """
    count = emissions.shape[-1]
    first = transitions[-1] + emissions[:, :1]
    steps = transitions[:-1] + emissions[:, 1:, None, :]
    identity = torch.full((count, count), IMPOSSIBLE).fill_diagonal_(0.0)
    steps = torch.where(words[:, 1:, None, None], steps, identity)
    while steps.shape[1] > 1:
        if steps.shape[1] % 2:
            steps = torch.cat([steps, identity.expand(len(steps), 1, -1, -1)], 1)
        left, right = steps[:, 0::2], steps[:, 1::2]
        steps = torch.logsumexp(left[..., :, :, None] + right[..., None, :, :], -2)
    if steps.shape[1]:
        return torch.logsumexp(first[:, 0, :, None] + steps[:, 0], (1, 2))
    return torch.logsumexp(first[:, 0], -1)
