"""Who bears which office in an article: "the minister" is the one minister it names.

Belongs here: looking up the one actor whose role a description names. Does not belong here: finding
roles (`roles`) and descriptions.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from itertools import islice

from etl.extract.mention_clusters import Actor, Located

_BEHIND_OFFICE = re.compile(r" (?:of|for|at|in) ")

_MOST = 50  # holders of an office: with more, "the minister" is nobody, and looking takes its time


class Holders:
    """The actors of an article by the last word of their offices."""

    def __init__(self, names: Sequence[Located]) -> None:
        self._by_head: dict[str, dict[int, tuple[Actor, str]]] = defaultdict(dict)
        for x in names:
            if x.name.role and x.actor is not None:
                office = _BEHIND_OFFICE.split(x.name.role.lower())[0]
                self._by_head[office.rpartition(" ")[2]][id(x.actor)] = (x.actor, office)

    def of(self, words: Sequence[str]) -> Actor | None:
        """The one actor that a description such as ["french", "president"] can mean, or None."""
        holders = list(islice(self._by_head.get(words[-1], {}).values(), _MOST)) if words else []
        if len(holders) == _MOST:
            return None
        if len(words) > 1:
            office = " ".join(words)
            holders = [(actor, held) for actor, held in holders if office in held]
        return holders[0][0] if len(holders) == 1 else None
