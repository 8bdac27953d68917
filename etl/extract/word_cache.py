"""A cache for pure functions of one word, kept between texts.

Belongs here: the decorator. Does not belong here: what is computed from a word.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import TypeVar

_MAX_CHARACTERS = 40
"""Longer words are not cached: they could fill the memory."""

_Result = TypeVar("_Result")


def cached_by_word(function: Callable[[str], _Result]) -> Callable[[str], _Result]:
    """Cache the results of a pure function of one word, for 50,000 words of usual length."""
    cached = lru_cache(maxsize=50_000)(function)

    @wraps(function)
    def cached_if_short(word: str) -> _Result:
        return cached(word) if len(word) <= _MAX_CHARACTERS else function(word)

    return cached_if_short
