"""Scores of the network before export: exact spans and right links.

Belongs here: scores during training. Does not belong here: scores of an extractor
(`training.evaluation.scores`).
"""

from __future__ import annotations

import random
from collections.abc import Sequence

import torch

from etl.extract.tagger.decode import Chain
from training.corpora.documents import Document
from training.model.examples import Example, batches, collate
from training.model.network import HEADS, LINKS, Batch, Tagger


def scores(
    model: Tagger, pool: Sequence[Example], documents: Sequence[Document]
) -> dict[str, float]:
    """Return exact-match F1 for each annotated layer, and link accuracy, both in percent.

    Names have a second score, `names3`. It covers only PERSON, ORG and LOC, as the published
    figures do.
    """
    model.eval()
    found: dict[str, set[tuple[int, int, int, str]]] = {head: set() for head in HEADS}
    hits: dict[str, list[bool]] = {kind: [] for kind in LINKS}
    with torch.inference_mode():
        for group in batches(pool, 4096, random.Random(0)):
            batch = collate(group)
            states = model.states(batch.ids, batch.mask, batch.shapes)
            index = batch.firsts[:, :, None].expand(-1, -1, states.shape[-1])
            states = states.gather(1, index)
            for head, emissions in model.emissions(states, batch.corpus).items():
                chain = Chain(HEADS[head], model.allowed_transitions(head).double().numpy())
                each = zip(emissions.double().numpy(), batch.words.sum(1).tolist(), strict=True)
                paths = chain.spans([rows[:count] for rows, count in each])
                for example, spans in zip(group, paths, strict=True):
                    words = example.window.words
                    found[head] |= {
                        (example.document, words[s.first][0], words[s.last - 1][1], s.label or head)
                        for s in spans
                    }
            for kind in LINKS:
                hits[kind] += _links_right(model, states, batch, kind)
    model.train()
    result = {}
    for head in HEADS:
        gold = {
            (n, a, b, label)
            for n, d in enumerate(documents)
            for a, b, label in d.layers.get(head, [])
        }
        if gold:
            result[head] = f1(gold, found[head])
        if gold and head == "names":
            three = ("PERSON", "ORG", "LOC")
            result["names3"] = f1(
                {x for x in gold if x[3] in three}, {x for x in found[head] if x[3] in three}
            )
            for label in three:
                result[label] = f1(
                    {x for x in gold if x[3] == label}, {x for x in found[head] if x[3] == label}
                )
    for kind, right in hits.items():
        if right:
            result[f"link_{kind}"] = round(100 * sum(right) / len(right), 2)
    return result


def f1(gold: set[tuple[int, int, int, str]], found: set[tuple[int, int, int, str]]) -> float:
    """Return F1 in percent, to two decimals."""
    return round(200 * len(gold & found) / max(1, len(gold) + len(found)), 2)


def _links_right(model: Tagger, states: torch.Tensor, batch: Batch, kind: str) -> list[bool]:
    right = []
    keys = model.keys[kind](states)
    for window, word, good, bad in batch.links[kind]:
        query = model.queries[kind](states[window, word])
        row = (keys[window] @ query).masked_fill(~batch.words[window], -1e4)
        targets = range(len(row)) if bad is None else [*good, *bad]
        best = max(targets, key=lambda i: float(row[i]), default=-1)
        chosen = best if best >= 0 and float(row[best]) > 0 else -1
        right.append(chosen in (good or [-1]))
    return right
