"""Resolving the anaphors of one part of an article, in text order.

Belongs here: the order of the steps, and the references that come of them. Does not belong here:
who is a candidate (`discourse`), what speaks for one (`features`), choosing one (`ranker`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from etl.extract.anaphors import Anaphor, Kind
from etl.extract.antecedents.clauses import Clauses
from etl.extract.antecedents.discourse import Discourse, SeenActor
from etl.extract.antecedents.features import Features
from etl.extract.antecedents.ranker import Decide
from etl.extract.document import Document
from etl.extract.lexicon import Lexicon
from etl.extract.mention_clusters import Actor, NameMention


@dataclass(frozen=True, slots=True)
class Reference:
    """An anaphor at tokens `first`:`last` with its antecedent and the confidence in it."""

    first: int
    last: int
    kind: Kind
    antecedent: Actor
    confidence: float


Refer = Callable[[Anaphor, Sequence[SeenActor]], "list[float] | None"]
"""Maps an anaphor and its candidates to the network's probability of each; None if the network says
nothing about it."""


def no_network(anaphor: Anaphor, candidates: Sequence[SeenActor]) -> None:
    """Say nothing about an anaphor: the ranker decides without a network."""
    return


class Resolver:
    """Resolves the anaphors of one text, several times if speech contradicts a result.

    What depends on the text alone, such as how many commas stand before a token, is computed once.
    """

    def __init__(
        self,
        doc: Document,
        names: Sequence[NameMention],
        anaphors: Sequence[Anaphor],
        lexicon: Lexicon,
        is_quoted: Callable[[int], bool],
        decide: Decide,
        refer: Refer = no_network,
    ) -> None:
        self._doc, self._names, self._anaphors, self._lexicon = doc, names, anaphors, lexicon
        self._is_quoted, self._decide, self._refer = is_quoted, decide, refer
        self._clauses = Clauses(doc, lexicon)
        self._features = Features(doc, lexicon, self._clauses, is_quoted)

    def resolve(self, excluded: Mapping[int, Collection[Actor]] | None = None) -> list[Reference]:
        """Return the anaphors whose antecedent is clear, in order.

        `excluded` maps the first token of an anaphor to actors that it doesn't mean.
        """
        discourse = Discourse(
            self._doc, self._names, self._lexicon, self._clauses, self._is_quoted
        )  # fmt: skip
        found: list[Reference] = []
        for anaphor in self._anaphors:
            discourse.read_to(anaphor.first)
            others = (excluded or {}).get(anaphor.first, ())
            candidates = discourse.candidates(anaphor, others)
            shares = self._refer(anaphor, candidates) if candidates else None
            choice = self._decide(self._features.choice(anaphor, candidates, discourse, shares))
            if choice is None:
                continue
            actor, confidence = choice
            if anaphor.gender:
                actor.gender = actor.gender or anaphor.gender
            found.append(Reference(anaphor.first, anaphor.last, anaphor.kind, actor, confidence))
            discourse.mention(actor, anaphor)
        return found
