"""Short names of organisations: what an article calls one that it has named in full.

Belongs here: which shorter forms a full name allows, by its words alone. Does not belong here: what
an article (`mention_clusters`) or many articles (`etl.linking`) say about such a form.
"""

from __future__ import annotations

import re
from functools import lru_cache

from etl.domain import word_set
from etl.extract.lexicon import Lexicon, load_lexicon
from etl.extract.name_words import LEGAL_FORMS

_FIRM_ENDS = LEGAL_FORMS | word_set(
    "group holdings industries industrie motor motors brothers bros sons partners securities "
    "airlines airways aircraft stores foods systems pharmaceuticals"
)
_BODY_ENDS = word_set("committee subcommittee commission department")
_OF_COMMITTEE = re.compile(r"(?:.*\s)?((?:sub)?committee) on (?:the )?(.+)")
_INITIALS = re.compile(r"(?:[A-Z]\.)+")
_REGION = re.compile(r"(\S+(?: \S+)+) \([^()]+\)(?: \S+)?")
_LEAST_LETTERS = 4


@lru_cache(maxsize=200_000)
def short_names(name: str) -> frozenset[str]:
    """Return, in lower case, the short names that a full name of an organisation allows.

    "Dunmore" of "Dunmore Motor Co", and "Fisheries Committee" of "Senate Fisheries Committee" or
    "Senate Committee on Fisheries". None is a listed name, an ordinary word or a first name.
    """
    if match := _OF_COMMITTEE.fullmatch(name.lower()):
        return frozenset({f"{match[2]} {match[1]}", f"{match[1]} on {match[2]}"})
    if match := _REGION.fullmatch(name):
        return frozenset({match[1].lower()})
    lexicon = load_lexicon()
    words = name.split()
    if len(words) > 1 and _INITIALS.fullmatch(words[0]):
        del words[0]  # "Dunmore" of "E.F. Dunmore Group"
    last = words[-1].lower().replace(".", "") if words else ""
    if last in _FIRM_ENDS and is_name_alone(words[0], lexicon):
        found = {words[0].lower()} if len(words) > 1 else set[str]()
        return frozenset(found)
    if last in _BODY_ENDS and len(words) > 2 and words[0].lower() != "the":
        return frozenset({" ".join(words[1:]).lower()})
    return frozenset()


def is_name_alone(word: str, lexicon: Lexicon) -> bool:
    """Whether a word can be the short name of a firm: "Dunmore", not "General" or "Boston"."""
    lower = word.lower()
    return (
        len(word) >= _LEAST_LETTERS
        and word[0].isupper()
        and not lexicon.is_ordinary(lower)
        and lower not in lexicon.first_names
        and lower not in lexicon.titles
        and lower not in lexicon.cities
        and lower not in lexicon.last_heads
        and lexicon.type_of(word) is None
        and lexicon.type_of(word.title()) is None
    )
