"""Who bears which office in an article: "the minister" is the one minister it names.

Belongs here: looking up the one actor whose role a description names. Does not belong here: finding
roles (`roles`) and descriptions.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from itertools import islice

from etl.extract.mention_clusters import Actor, NameMention

_SEAT_PREPOSITION = re.compile(r" (?:of|for|at|in) ")

# With more holders of an office "the minister" is nobody, and looking takes its time.
_MAX_HOLDERS = 50


class OfficeHolders:
    """The actors of an article by the last word of their offices."""

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
        """The one actor that a description such as ["french", "president"] can mean, or None."""
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
