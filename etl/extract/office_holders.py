"""Who holds which office in an article: "the minister" is the only minister it names.

Belongs here: looking up the actor whose role matches a description. Does not belong here: finding
roles (`roles`, `titles`) and descriptions (`nominals`, `sources`).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from itertools import islice

from etl.extract.mention_clusters import Actor, NameMention

_SEAT_PREPOSITION = re.compile(r" (?:of|for|at|in) ")

# With this many holders "the minister" is ambiguous anyway; the bound keeps look-ups fast.
_MAX_HOLDERS = 50


class OfficeHolders:
    """The actors of an article, indexed by the last word of their office."""

    def __init__(self, names: Sequence[NameMention]) -> None:
        self._by_head: dict[str, dict[int, tuple[Actor, str]]] = defaultdict(dict)
        for mention in names:
            if mention.name.role and mention.actor is not None:
                office = _SEAT_PREPOSITION.split(mention.name.role.lower())[0]
                self._by_head[office.rpartition(" ")[2]][id(mention.actor)] = (
                    mention.actor,
                    office,
                )

    def only_holder(self, words: Sequence[str]) -> Actor | None:
        """Return the only actor that a description like ["french", "president"] fits, or None."""
        holders = (
            list(islice(self._by_head.get(words[-1], {}).values(), _MAX_HOLDERS)) if words else []
        )
        if len(holders) == _MAX_HOLDERS:
            return None
        if len(words) > 1:
            office = " ".join(words)
            holders = [
                (actor, held_office) for actor, held_office in holders if office in held_office
            ]
        return holders[0][0] if len(holders) == 1 else None
