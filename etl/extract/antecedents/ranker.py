"""The log-linear ranker: which candidate an anaphor means, by weights of their features.

Belongs here: probabilities, the least one that resolves an anaphor, and loading weights. Does not
belong here: candidates (`discourse`), features (`features`), fitting weights (`training.anaphors`).
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from itertools import repeat

from etl.extract.anaphors import Anaphor, Kind
from etl.extract.mention_clusters import Actor

_LEAST_PROBABILITY: dict[Kind, float] = {
    "person": 0.6,
    "group": 0.5,
    "thing": 0.5,
    "description": 0.5,
}
"""An anaphor is resolved if its antecedent is more probable than all else. For he and she it is a
bit more, because at 0.57 the choice between two people named side by side is chance. By
cross-validation, their F1 is 91.2 at 0.4 as at 0.5. From this probability on, a pronoun also tells
the gender of a person for those that follow."""


@dataclass(frozen=True, slots=True)
class Choice:
    """An anaphor with its candidates, their features, and those of "nobody"."""

    anaphor: Anaphor
    actors: list[Actor]
    features: list[list[str]]
    nobody: list[str]


Decide = Callable[[Choice], tuple[Actor, float] | None]
"""Maps a choice to the antecedent with the confidence in it; None if it is nobody or unclear."""


class Ranker:
    """The weights of each feature, by kind of anaphor."""

    def __init__(self, weights: Mapping[str, Mapping[str, float]]) -> None:
        self._weights = weights

    def probabilities(self, choice: Choice) -> list[float]:
        """Return the probability of each candidate, in order; the rest to 1 is that of nobody."""
        return self.shares(choice.anaphor.kind, [*choice.features, choice.nobody])[:-1]

    def shares(self, kind: str, options: Sequence[Sequence[str]]) -> list[float]:
        """Return the softmax over the options of an anaphor, each given by its features."""
        weight_of = self._weights[kind].get
        scores = [sum(map(weight_of, features, repeat(0.0))) for features in options]
        highest = max(scores)
        shares = [math.exp(score - highest) for score in scores]
        total = sum(shares)
        return [share / total for share in shares]

    def decide(self, choice: Choice) -> tuple[Actor, float] | None:
        """Return the most probable antecedent with its probability, or None."""
        if not choice.actors:
            return None
        probabilities = self.probabilities(choice)
        best = max(range(len(probabilities)), key=probabilities.__getitem__)
        if probabilities[best] < _LEAST_PROBABILITY[choice.anaphor.kind]:
            return None
        return choice.actors[best], probabilities[best]


@lru_cache(maxsize=4)
def load_ranker(name: str) -> Ranker:
    """Return the ranker that was trained with the extractor of a name."""
    file = resources.files("etl.extract.antecedents").joinpath("weights", f"{name}.json")
    return Ranker(json.loads(file.read_text("utf-8")))
