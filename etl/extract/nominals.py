"""Nominal mentions of office holders: "the minister", "the French president".

Belongs here: finding nominals for people whom the article names. Does not belong here: who holds
which office (`office_holders`), and titles beside a name (`roles`, `titles`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from etl.domain import word_set
from etl.extract.document import Document
from etl.extract.lexicon import Lexicon
from etl.extract.mention_clusters import Actor, NameMention
from etl.extract.office_holders import OfficeHolders

_MAX_TOKENS = 5
_BREAKS = word_set("of for in at who that and or 's ’s")


@dataclass(frozen=True, slots=True)
class Nominal:
    """A nominal at tokens `first`:`last` and the only actor it fits."""

    first: int
    last: int
    actor: Actor
    confidence: float


def find(doc: Document, names: Sequence[NameMention], lexicon: Lexicon) -> list[Nominal]:
    """Return the nominals by office that fit exactly one named person, in order.

    Only "the …" counts, and only after the person was named: "a minister" is someone else as often
    as not. Skips offices that two people or nobody holds.
    """
    holders = OfficeHolders(names)
    ends = {mention.name.first: mention.name.last for mention in names}
    first_named_at: dict[int, int] = {}
    for mention in names:
        if mention.actor is not None:
            first_named_at.setdefault(id(mention.actor), mention.name.first)
    found: list[Nominal] = []
    for first, token in enumerate(doc.tokens):
        if token.lower != "the":
            continue
        head = _office_head(doc, first, ends, lexicon)
        if head is None:
            continue
        actor = holders.only_holder([t.lower for t in doc.tokens[first + 1 : head + 1]])
        if actor is None or actor.type != "PERSON":
            continue
        if first_named_at.get(id(actor), -1) > first:
            continue
        # A nationality inside is a mention of its own, and mentions must not overlap.
        inner_ends = [ends[i] for i in range(first, head) if i in ends]
        found.append(Nominal(max([first, *inner_ends]), head + 1, actor, 0.6))
    return found


def _office_head(doc: Document, first: int, ends: dict[int, int], lexicon: Lexicon) -> int | None:
    """Return the last token of an office after `first` that is not part of a name, or None."""
    tokens, limit = doc.tokens, doc.sentence_of(first).last
    head = None
    for i in range(first + 1, min(first + 1 + _MAX_TOKENS, limit)):
        if not tokens[i].is_word or tokens[i].lower in _BREAKS:
            break
        if tokens[i].lower in lexicon.titles and i not in ends:
            head = i
        elif head is not None:
            break
    if head is None:
        return None
    after = head + 1
    if after < limit:
        # "the president, Ann Lee, said" and "the president of France" are more than the office.
        is_aside = tokens[after].text == "," and after + 1 in ends
        if after in ends or is_aside or tokens[after].lower in _BREAKS:
            return None
        if tokens[after].is_word and tokens[after].lower not in lexicon.function_words:
            is_verb = tokens[after].lower in lexicon.cues or tokens[after].lower.endswith("ed")
            return head if is_verb else None
    return head
