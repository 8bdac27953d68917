"""Fingerprints of article texts: their phrases, facts, and slots for facts.

Belongs here: from headline and body to a `Fingerprint`, and how much two of them share. Does not
belong here: which pairs are compared (`sketch`), and what decides a match (`lineage`).

A decision depends on the two texts alone. Weights learned from the corpus would have to be stored
with each decision, or a rebuild, another split into batches, or forgetting an article would move
borderline pairs. So a template (earnings, bonds, daily markets) is recognised not by how common its
phrases are but by its form: the same slots with other names and numbers in them.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from etl.domain import word_set

Hashes = npt.NDArray[np.uint64]

_TOKEN = re.compile(r"\d[\d.,/-]*\d|\w+|[.!?]|\n[ \n]")
"""A number, a word, or the end of a sentence or paragraph (a wrapped line is not one)."""
_LABEL = re.compile(
    r"\s*(?:\([A-Z][A-Z ]{1,20}\)\s*[—–:-]*|[A-Z]{3,}(?: [A-Z]+){0,2}\s*(?:[—–:]|-+\s))\s*(?=\S)"
)
"""A label before a text, as "(MW) —" and "EXCLUSIVE:": each outlet has its own before one text."""
_FUNCTION_WORDS = """
about above after again against all also am an and any are as at back be been before being
between both but by came can could did do does down each even first for from get go had has have
he her here him his how if in into is it its just like made make many may me might more most
much must my no not now of off on only or other our out over own said same say says she should
since so some still such than that the their them then there these they this those through to
too under until up us very was way we well were what when where which while who whom whose why
will with within without would you your
"""
"""Words that are no evidence of lineage. In other languages all words count."""
_TIMES = """
january february march april june july august september october november december
jan feb mar apr jun jul aug sep sept oct nov dec monday tuesday wednesday thursday friday saturday
sunday mon tue tues wed thu thur thurs fri sat sun morning noon midday afternoon evening night
opening opg midsession closing close clsg early late
"""
"""Words in a headline that give the day or hour of a recurring notice."""
_NUMERALS = "nil one two three four five six seven eight nine ten eleven twelve"
_LEFT_OUT, _WHEN = word_set(_FUNCTION_WORDS), word_set(_TIMES)
_DIGITS = {word: str(number) for number, word in enumerate(_NUMERALS.split())}

_WORD, _NUMBER, _NAME, _END, _TIME = (np.uint64(1 << bit) for bit in (32, 33, 34, 35, 36))
_ID = np.uint64(0xFFFFFFFF)
_MIX = np.uint64(0x9E3779B97F4A7C15)
_FOLD = np.uint64(29)


@lru_cache(maxsize=1 << 17)
def _code(token: str) -> int:
    """Return a token's hash in the low 32 bits and its kind above; 0 for a skipped token."""
    if not token[0].isalnum():
        return int(_END)
    folded = token.casefold()
    if folded[0].isdigit():
        return zlib.crc32(folded.replace(",", "").encode()) | int(_WORD | _NUMBER)
    if folded in _DIGITS:
        return zlib.crc32(_DIGITS[folded].encode()) | int(_WORD | _NUMBER)
    if len(folded) < 2 or folded in _LEFT_OUT:
        return 0
    kind = _WORD | _TIME if folded in _WHEN else _WORD
    return zlib.crc32(folded.encode()) | int(kind | _NAME if token[0].isupper() else kind)


@dataclass(frozen=True, eq=False, slots=True)
class Fingerprint:
    """Sorted distinct hashes of the parts of a text, without function words.

    `phrases` are pairs of adjacent words, and `running` the same in text order with repeats.
    `facts` are numbers and capitalised words, `subject` is the first capitalised word, and
    `number_share` is the share of `numbers` among all words. The slot of a fact is the two
    words around it: `slots` are the slots, `fillings` the slots with their facts, and
    `number_slots` and `number_fillings` the same for numbers only. `title` are the words of the
    headline. `issue` are the numbers and times in the headline (in the first line if there is
    none), and `notice` its other words.
    """

    phrases: Hashes
    running: Hashes
    facts: Hashes
    subject: Hashes
    numbers: Hashes
    number_share: float
    slots: Hashes
    fillings: Hashes
    number_slots: Hashes
    number_fillings: Hashes
    title: Hashes
    issue: Hashes
    notice: Hashes


def fingerprint(headline: str | None, body: str) -> Fingerprint:
    """Return the fingerprint of a text: the same on every machine and in every process."""
    if label := _LABEL.match(body):
        body = body[label.end() :]
    codes = _codes(body)
    is_end = codes == _END
    words = codes[~is_end] & _ID
    # A single word is its own phrase; otherwise all texts of one word would be alike.
    running = words[:-1] * _MIX + words[1:] if len(words) > 1 else words
    running = running ^ (running >> _FOLD)
    is_number = codes & _NUMBER > 0
    is_fact = is_number | (codes & _NAME > 0)
    # Of a fact beside a fact only the kind is part of the slot.
    masked = np.where(is_fact, np.where(is_number, _NUMBER, _NAME), codes & (_ID | _END))
    around = np.concatenate(([_END], masked, [_END]))
    slots = (around[:-2] * _MIX + around[2:]) * _MIX
    fillings = (slots ^ (slots >> _FOLD)) * _MIX + (codes & _ID)
    title = _codes(headline or "")
    first = title if len(title) else _codes(body.lstrip().partition("\n")[0])
    first = first[first != _END]
    is_issue = first & (_NUMBER | _TIME) > 0
    return Fingerprint(
        np.unique(running),
        running,
        np.unique((codes & _ID)[is_fact]),
        (codes & _ID)[is_fact & ~is_number][:1],
        np.unique((codes & _ID)[is_number]),
        float(is_number.sum() / max(len(words), 1)),
        np.unique(slots[is_fact]),
        np.unique(fillings[is_fact]),
        np.unique(slots[is_number]),
        np.unique(fillings[is_number]),
        np.unique(title & _ID),
        np.unique(first[is_issue] & _ID),
        np.unique(first[~is_issue] & _ID),
    )


def _codes(text: str) -> Hashes:
    tokens = _TOKEN.findall(text)
    codes = np.fromiter(map(_code, tokens), np.uint64, len(tokens))
    return codes[codes > 0]


def found(these: Hashes, among: Hashes) -> npt.NDArray[np.bool_]:
    """Return which of these hashes occur in a sorted array."""
    if not len(among):
        return np.zeros(len(these), np.bool_)
    places = np.searchsorted(among, these)
    places[places == len(among)] = 0
    is_found: npt.NDArray[np.bool_] = among[places] == these
    return is_found


def common(one: Hashes, other: Hashes) -> int:
    """Return the number of hashes that two sorted arrays without duplicates share."""
    if len(one) > len(other):
        one, other = other, one
    return int(np.count_nonzero(found(one, other)))
