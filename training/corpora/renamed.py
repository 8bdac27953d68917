"""Replaces names in training texts, so that the network learns from their context.

Belongs here: copies of annotated documents with names replaced by others of the corpus (mention
replacement, Dai and Adel 2020). Does not belong here: pronouns (`training.corpora.pronouns`), names
in texts without annotation (`training.corpora.silver`).

A third of the errors in names are single words that the network has not seen (firms, clubs, towns):
after five epochs it has memorised every name of its 700 articles.
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Sequence

from training.corpora.documents import Document
from training.corpora.pronouns import edited

SHARE = 0.6
"""The share of a document's names that are replaced."""
REPLACED = ("PERSON", "ORG", "LOC", "FAC")
_PLAIN = re.compile(r"[^\W\d_]+(?:[-’'.][^\W\d_]+)*\.?")
Pool = dict[tuple[str, ...], list[str]]


def renamed(documents: Sequence[Document], seed: int) -> list[Document]:
    """Return a copy of each document with most of its names replaced by others of the same kind.

    A form is replaced by the same other form throughout a document. Persons are replaced word by
    word, so that a lone surname still matches the full name. Other names are replaced as a whole,
    by one with as many words, the same casing, and likewise with or without "the" before it.
    """
    pool = _pool(documents)
    return [_renamed(document, pool, seed) for document in documents]


def _pool(documents: Sequence[Document]) -> Pool:
    forms: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for document in documents:
        for start, end, label in document.layers["names"]:
            for key, a, b in _parts(document.text, start, end, label):
                forms[key].add(document.text[a:b])
    return {key: sorted(found) for key, found in forms.items()}


def _parts(text: str, start: int, end: int, label: str) -> list[tuple[tuple[str, ...], int, int]]:
    """Return the parts of a name that are replaced separately, each with its pool key."""
    words = [(m.start() + start, m.end() + start) for m in re.finditer(r"\S+", text[start:end])]
    if label != "PERSON":
        the = "the" if text[max(0, start - 4) : start].lower() == "the " else ""
        capitals = "capitals" if text[start:end].isupper() else ""
        return [((label, str(min(len(words), 4)), capitals, the), start, end)]
    return [
        ((label, "last" if (a, b) == words[-1] else "first"), a, b)
        for a, b in words
        if _PLAIN.fullmatch(text[a:b]) and text[a].isupper() and not text[a:b].isupper()
    ]


def _renamed(document: Document, pool: Pool, seed: int) -> Document:
    text = document.text
    rng = random.Random(f"{document.name}/{seed}")
    chosen: dict[tuple[str, str], str] = {}
    edits: list[tuple[int, int, str]] = []
    for start, end, label in sorted(document.layers["names"]):
        if label not in REPLACED:
            continue
        for key, a, b in _parts(text, start, end, label):
            old = text[a:b]
            if (label, old) not in chosen:
                replaced = rng.random() < SHARE
                chosen[label, old] = rng.choice(pool[key]) if replaced else old
            if chosen[label, old] != old:
                edits.append((a, b, chosen[label, old]))
    return edited(document, edits)
