"""The first person: "I", "me" and "my" in a quote mean its speaker.

Belongs here: finding these words in quotes whose speaker is a person. Does not belong here: the
third person (`anaphors`). "We" may mean anybody beside the speaker, and "you" nobody known.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from etl.extract.document import Document
from etl.extract.marks import inner_spans
from etl.extract.mention_clusters import Actor, NameMention
from etl.extract.speech import Speech

METHOD = "first_person"
"""The method of such a mention. The series don't count it: nobody speaks of the person."""
_WORDS = frozenset(("I", "me", "Me", "my", "My", "myself", "Myself"))
"""As written: "ME" is Maine, and "MY" part of a headline."""


@dataclass(frozen=True, slots=True)
class FirstPerson:
    """The token `at` that means the speaker, with the confidence in the speaker."""

    at: int
    speaker: Actor
    confidence: float


def find(
    doc: Document, names: Sequence[NameMention], speech: Sequence[Speech]
) -> Iterator[FirstPerson]:
    """Yield the first persons of one part, each token once.

    Not those in a quote inside the quote, which are somebody else's.
    """
    taken = {i for mention in names for i in range(mention.name.first, mention.name.last)}
    for piece in speech:
        if piece.speaker is None or piece.speaker.type != "PERSON" or piece.kind == "indirect":
            continue
        inner = sorted(inner_spans(doc.text, piece.start, piece.end))
        starts = [start for start, _ in inner]
        ends = list(accumulate((end for _, end in inner), max))  # spans in both marks may overlap
        first, last = (bisect_left(doc.starts, at) for at in (piece.start, piece.end))
        for i in range(first, last):
            token = doc.tokens[i]
            if token.text not in _WORDS or i in taken or _is_number(doc, i):
                continue
            before = bisect_right(starts, token.start) - 1
            if before < 0 or ends[before] <= token.start:
                taken.add(i)
                yield FirstPerson(i, piece.speaker, piece.speaker_confidence or piece.confidence)


def _is_number(doc: Document, i: int) -> bool:
    """Whether "I" is a numeral: "World War I", "Phase I"."""
    before = doc.tokens[i - 1] if i else None
    return (
        doc.tokens[i].text == "I"
        and before is not None
        and before.is_capitalised
        and not before.is_initial
        and before.text.istitle()
    )
