"""Words that names are built with, the same within an article and across articles.

Belongs here: particles of surnames, what parts father and son, legal forms of companies, and
initials. Does not belong here: where a name begins and ends (`names`), who bears it (`actors`,
`etl.linking`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from etl.extract.lexicon import word_set

PARTICLES = word_set(
    "von van der den de del della di da dos du bin ibn al el la le ter zu af av ben"
)
"""Words that a surname may begin with."""

LEGAL_FORMS = word_set(
    "inc incorporated corp corporation co company ltd limited llc llp plc ag gmbh sa nv spa se kg "
    "oyj ab asa pty"
)
"""Last words of a company's name that say nothing of which company it is, without dots."""

ACRONYM = re.compile(r"(?:[A-Z]\.?){2,8}")
"""A name that may be initials: "UN", "U.S.A."."""

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
    """What parts father and son, "jr" of "Jr." or "Junior"; empty for any other word."""
    return _GENERATIONS.get(word.rstrip(".").lower(), "")


def initials(words: Iterable[str]) -> frozenset[str]:
    """In capitals, the acronyms that a name's words may be called by: with small ones or without.

    None for a name of one word.
    """
    words = [word for word in words if word]
    main = "".join(word[0] for word in words if word.lower() not in _SMALL_WORDS)
    return frozenset(
        letters.upper() for letters in (main, "".join(w[0] for w in words)) if len(letters) > 1
    )
