"""The parts that names are made of, shared by extraction and linking.

Belongs here: surname particles, generational suffixes, legal forms of companies, and initials. Does
not belong here: where a name begins and ends (`candidates`), and which actor bears it
(`mention_clusters`, `etl.linking`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from etl.domain import word_set

PARTICLES = word_set(
    "von van der den de del della di da dos du bin ibn al el la le ter zu af av ben"
)
"""Lower-case words that a surname may begin with."""

LEGAL_FORMS = word_set(
    "inc incorporated corp corporation co company ltd limited llc llp plc ag gmbh sa nv spa se kg "
    "oyj ab asa pty"
)
"""Final words of company names, without dots, that do not tell one company from another."""

ACRONYM = re.compile(r"(?:[A-Z]\.?){2,8}")
"""Matches a name that may be an acronym: "UN", "U.S.A."."""

_SMALL_WORDS = word_set("a an and & de des du for in la of on the to")
_GENERATIONS = {
    "jr": "jr",
    "junior": "jr",
    "sr": "sr",
    "senior": "sr",
    "ii": "2",
    "iii": "3",
    "iv": "4",
}


def generation(word: str) -> str:
    """Return the generational suffix that a word stands for ("jr" for "Jr." or "Junior"), or ""."""
    return _GENERATIONS.get(word.rstrip(".").lower(), "")


def initials(words: Iterable[str]) -> frozenset[str]:
    """Return the upper-case acronyms of a name, with and without its small words.

    Empty for a name of one word.
    """
    words = [word for word in words if word]
    main = "".join(word[0] for word in words if word.lower() not in _SMALL_WORDS)
    return frozenset(
        letters.upper() for letters in (main, "".join(w[0] for w in words)) if len(letters) > 1
    )
