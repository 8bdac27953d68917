"""A cache of what is computed from a word, kept from text to text.

Belongs here: that one decorator. Does not belong here: what is computed.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import TypeVar

_LONGEST = 40
"""Characters of a word that is remembered: longer ones could fill the memory."""

_Result = TypeVar("_Result")


def cached_by_word(function: Callable[[str], _Result]) -> Callable[[str], _Result]:
    """Remember the results of a pure function of one word, for 50,000 words of usual length."""
    cached = lru_cache(maxsize=50_000)(function)

    @wraps(function)
    def cached_if_short(word: str) -> _Result:
        return cached(word) if len(word) <= _LONGEST else function(word)

    return cached_if_short
