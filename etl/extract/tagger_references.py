"""What the network says about whom an anaphor means.

Belongs here: which words of a text stand for an anaphor and for its candidates. Does not belong
here: the network's vectors (`tagger.tags.References`), and the decision
(`antecedents`), of which this is one feature.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from etl.domain import Part
from etl.extract.anaphors import Anaphor
from etl.extract.antecedents.discourse import SeenActor
from etl.extract.document import Document
from etl.extract.tagger.tags import Tags

_MOST_MENTIONS = 6
"""Mentions of a candidate that count: the first one and the last five, and one in the headline."""


@dataclass(frozen=True, slots=True)
class ReferenceReader:
    """Answers for the anaphors of one part. Offsets count from the text that the network read."""

    part: Part
    docs: Mapping[Part, Document]
    tags: Mapping[Part, Tags]

    def __call__(self, anaphor: Anaphor, candidates: Sequence[SeenActor]) -> list[float] | None:
        """Return the probability of each candidate; None if the network has no vector."""
        places = [self.mentions(seen) for seen in candidates]
        return self.tags[self.part].references.shares(self.word(anaphor), places)

    def word(self, anaphor: Anaphor) -> int:
        """Return the offset of an anaphor's last word."""
        return self._start(self.part, anaphor.last - 1)

    def mentions(self, seen: SeenActor) -> list[tuple[int, int]]:
        """Return the offsets of the first and last words of a candidate's mentions."""
        chosen = seen.mentions
        if len(chosen) > _MOST_MENTIONS:
            chosen = [chosen[0], *chosen[1 - _MOST_MENTIONS :]]
        places = [(self.part, first, last) for first, last in chosen]
        first_mention = seen.actor.mentions[0]
        if first_mention.part != self.part:
            places.append((first_mention.part, first_mention.name.first, first_mention.name.last))
        return [(self._start(part, a), self._start(part, b - 1)) for part, a, b in places]

    def _start(self, part: Part, token: int) -> int:
        return self.tags[part].begin + self.docs[part].tokens[token].start
