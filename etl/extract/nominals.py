"""Persons called by their office: "the minister", "the French president".

Belongs here: finding such descriptions of somebody whom the article names. Does not belong here:
who bears which office (`holders`), titles that stand beside a name (`roles`, `names`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from etl.extract.document import Document
from etl.extract.lexicon import Lexicon, word_set
from etl.extract.mention_clusters import Actor, NameMention
from etl.extract.office_holders import OfficeHolders

_MAX_TOKENS = 5
_BREAKS = word_set("of for in at who that and or 's ’s")


@dataclass(frozen=True, slots=True)
class Nominal:
    """A description at tokens `first`:`last`, and the actor it can only mean."""

    first: int
    last: int
    actor: Actor
    confidence: float


def find(doc: Document, names: Sequence[NameMention], lexicon: Lexicon) -> list[Nominal]:
    """The descriptions by office that one named person alone fits, in order.

    Only "the …" of somebody named before: "a minister" is another one as often as not. Where two
    bear the office, or nobody does, it is left alone.
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
        # A nationality within is a mention of its own, and no two mentions overlap.
        inner_ends = [ends[i] for i in range(first, head) if i in ends]
        found.append(Nominal(max([first, *inner_ends]), head + 1, actor, 0.6))
    return found


def _office_head(doc: Document, first: int, ends: dict[int, int], lexicon: Lexicon) -> int | None:
    """The last word of an office that begins behind `first` and belongs to no name."""
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
        # "the president, Ann Lee, said" and "the president of France": not by the office alone.
        is_aside = tokens[after].text == "," and after + 1 in ends
        if after in ends or is_aside or tokens[after].lower in _BREAKS:
            return None
        if tokens[after].is_word and tokens[after].lower not in lexicon.function_words:
            is_verb = tokens[after].lower in lexicon.cues or tokens[after].lower.endswith("ed")
            return head if is_verb else None
    return head
