"""Name variants: whether two names can be spellings of one, by the names alone.

Belongs here: parsing a name, keys that spellings share, and comparing two names of people. Does not
belong here: evidence from the corpus (`forms`, `resolver`), and stored decisions (`ledger`).

Precision before recall: if in doubt, two names are not variants.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import takewhile
from typing import Literal

from rapidfuzz.distance import JaroWinkler

from etl.extract.lexicon import load_lexicon
from etl.extract.name_words import (
    ACRONYM,
    LEGAL_FORMS,
    PARTICLES,
    generation,
    initials,
    is_without_initial,
    nicknames,
)
from etl.linking.name_keys import DROPPED, INITIAL, fold, name_key, split_name

Variant = Literal["spelling", "order", "initial", "nickname", "middle_name", "without_initial"]

CONFIDENCE: dict[Variant, float] = {
    "order": 0.95,
    "middle_name": 0.95,
    "without_initial": 0.9,
    "spelling": 0.9,
    "nickname": 0.9,
    "initial": 0.8,
}

COURTESIES = frozenset(
    {"mr", "mrs", "ms", "miss", "dr", "sir", "lord", "lady", "dame", "prof", "rev"}
)
"""Forms of address, which name no office."""
_HONORIFICS = COURTESIES | {
    *("sen", "rep", "gov", "gen", "col", "capt", "lt", "sgt"),
    *("president", "senator", "governor", "judge"),
}
# British and American spelling of words in names of organisations.
_RESPELT = (
    (re.compile(r"\b(\w+)isation(s?)\b"), r"\1ization\2"),
    (re.compile(r"\b(lab|col|hon|fav|harb|neighb)our"), r"\1or"),
    (re.compile(r"\bcentre"), "center"),
    (re.compile(r"\btheatre"), "theater"),
    (re.compile(r"\bdefence"), "defense"),
    (re.compile(r"\bprogramme"), "program"),
    (re.compile(r"\bdept\b"), "department"),
    (re.compile(r" & "), " and "),
)
# Where transliterations of one name differ, applied in this order. The result is no real spelling.
_TRANSLITERATED = (
    ("shch", "s"), ("sch", "s"), ("tch", "c"), ("dzh", "j"), ("ch", "c"), ("sh", "s"), ("kh", "h"),
    ("zh", "j"), ("gh", "g"), ("ph", "f"), ("th", "t"), ("ts", "c"), ("tz", "c"), ("cz", "c"),
    ("ck", "k"), ("q", "k"), ("x", "ks"), ("w", "v"), ("ou", "u"), ("oo", "u"), ("ee", "i"),
    ("ij", "i"), ("iy", "i"), ("yy", "i"), ("yi", "i"), ("ei", "i"), ("ey", "i"), ("y", "i"),
)  # fmt: skip
_DOUBLED = re.compile(r"(.)\1+")
_VOWELS = re.compile(r"[aeiou]")


@dataclass(frozen=True, slots=True)
class PersonName:
    """A parsed name of a person, in lower case. A lone surname has an empty `given`."""

    given: str
    middle: tuple[str, ...]
    surname: str
    suffix: str
    key: str = field(init=False)
    words: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        # Stored: a night compares some names thousands of times.
        key = " ".join(filter(None, (self.given, *self.middle, self.surname, self.suffix)))
        object.__setattr__(self, "key", key)
        object.__setattr__(self, "words", tuple(key.split()))


@lru_cache(maxsize=200_000)
def person_name(name: str) -> PersonName:
    """Parse a name: given and middle names, surname with particles, generation (Jr., III)."""
    spelt = [spelt_out(word) for word in split_name(name)]
    while len(spelt) > 1 and spelt[0][0] in _HONORIFICS:
        spelt = spelt[1:]
    initials = list(takewhile(lambda letters: len(letters[0]) == 1, spelt[:-1]))
    joined = "".join(letter for letters in initials for letter in letters)
    words = [joined] if joined else []
    words += [part for parts in spelt[len(initials) :] for part in parts]
    suffix = ""
    while len(words) > 1 and generation(words[-1]):
        suffix = generation(words.pop())
    start = len(words) - 1
    while start > 1 and words[start - 1] in PARTICLES:
        start -= 1
    if start == 1 and words[0] in PARTICLES and not _is_given(name, words[0]):
        start = 0
    given, middle = (words[0], tuple(words[1:start])) if start else ("", ())
    return PersonName(given, middle, " ".join(words[start:]), suffix)


def _is_given(name: str, first: str) -> bool:
    """Whether a particle at the beginning is a first name: "Al Gore", not "al-Assad"."""
    return first in load_lexicon().first_names or (first == "al" and name.startswith("Al "))


def spelt_out(word: str) -> list[str]:
    """Return a word of a name without punctuation; "h.w." becomes two initials."""
    if INITIAL.fullmatch(word):
        return list(word.replace(".", ""))
    return [DROPPED.sub("", word) or word]


@lru_cache(maxsize=200_000)
def skeleton(word: str) -> str:
    """Return a word without differences of transliteration; vowels stay."""
    for pattern, sound in _TRANSLITERATED:
        word = word.replace(pattern, sound)
    return _DOUBLED.sub(r"\1", word)


@lru_cache(maxsize=200_000)
def sounds(word: str) -> str:
    """Return the first letter and the consonants of a word's skeleton, which spellings share."""
    bare = skeleton(word.replace(" ", ""))
    return bare[:1] + _VOWELS.sub("", bare[1:])


@lru_cache(maxsize=200_000)
def without_particles(surname: str) -> str:
    """Return a surname without leading particles: "assad" for "al assad"."""
    words = surname.split()
    while len(words) > 1 and words[0] in PARTICLES:
        words = words[1:]
    return " ".join(words)


def surname_tails(name: PersonName) -> set[str]:
    """Return the surnames that a name may be shortened to.

    "van allen" and "allen" for Greg Van Allen, "boone isaacs" and "isaacs" for Cheryl Boone Isaacs.
    """
    words = name.surname.split()
    tails = {" ".join(words[i:]) for i in range(len(words))}
    if name.middle and len(name.middle[-1]) > 1:
        tails.add(f"{name.middle[-1]} {name.surname}")
    return tails


def person_blocks(name: PersonName) -> set[str]:
    """Return keys by sound of surname and first initial; spellings of one person share one."""
    surname = sounds(without_particles(name.surname))
    blocks = {f"{surname}/{skeleton(name.given)[:1]}"}
    if name.middle and len(name.given) == 1:
        blocks.add(f"{surname}/{skeleton(name.middle[0])[:1]}")  # "J. Edgar Marlow" is Edgar
    if name.given and not name.middle and len(name.given) > 1:
        blocks.add(f"{sounds(name.given)}/{skeleton(name.surname)[:1]}")  # "Xi Jinping"
    return blocks


def same_person(a: PersonName, b: PersonName) -> Variant | None:
    """Return how one of two full names can be a variant of the other, or None.

    Does not check whether the name fits another person as well.
    """
    if not (a.given and b.given) or a.suffix != b.suffix:
        return None
    if len(a.words) == len(b.words):
        if sorted(a.words) == sorted(b.words):
            return "order"
    elif is_without_initial(a.words, b.words):
        return "without_initial"
    if not _middles_agree(a.middle, b.middle):
        return None
    # "Bashar al-Assad" and "Bashar Assad".
    mine, other = without_particles(a.surname), without_particles(b.surname)
    exact = mine == other
    if not exact and not _respelt(mine, other):
        return None
    if a.given == b.given:
        return "middle_name" if exact else "spelling"
    if min(len(a.given), len(b.given)) == 1:
        known = exact and len(mine) > 1 and a.given[0] == b.given[0]
        return "initial" if known else None
    genders = {load_lexicon().first_names.get(x.given, "") for x in (a, b)} - {""}
    if len(genders) == 2:
        return None
    if exact and b.given in nicknames().get(a.given, ()):
        return "nickname"
    return "spelling" if _respelt(a.given, b.given) else None


def alike(a: PersonName, b: PersonName) -> bool:
    """Whether two full names may be one person if articles on the same events use either.

    Too weak to join them without such articles: "Jon Lee" and "John Lee", "Ann Marlow" and "Ann
    Marlowe", "William Mark Felt" and "Mark Felt".
    """
    if not (a.given and b.given) or a.suffix != b.suffix or a.key == b.key:
        return False
    genders = {load_lexicon().first_names.get(x.given, "") for x in (a, b)} - {""}
    if len(genders) == 2:
        return False
    long, short = sorted((a.words, b.words), key=len, reverse=True)
    if len(short) < len(long) and long[-len(short) :] == short:
        return True
    if not _middles_agree(a.middle, b.middle):
        return False
    mine, other = without_particles(a.surname), without_particles(b.surname)
    if mine == other:
        return (
            a.given.startswith(b.given)
            or b.given.startswith(a.given)
            or b.given in nicknames().get(a.given, ())
            or JaroWinkler.similarity(a.given, b.given) >= 0.8
        )
    return a.given == b.given and len(a.given) > 1 and JaroWinkler.similarity(mine, other) >= 0.85


def alike_blocks(name: PersonName) -> set[str]:
    """Return keys of which two names that are alike share one."""
    surname = without_particles(name.surname)
    keys = {f"surname {surname}/{name.given[:1]}", f"surname {surname}/{name.given[-3:]}"}
    keys |= {f"given {name.given}/{surname[:2]}", f"given {name.given}/{surname[-3:]}"}
    return keys | {f"tail {tail}" for tail in (name.key, *_whole_tails(name))}


def _whole_tails(name: PersonName) -> list[str]:
    words = name.key.split()
    return [" ".join(words[i:]) for i in range(1, len(words) - 1)]


def _middles_agree(a: tuple[str, ...], b: tuple[str, ...]) -> bool:
    """Whether middle names are compatible: missing ones and initials fit any name."""
    return all(
        x[0] == y[0] and (x == y or 1 in (len(x), len(y))) for x, y in zip(a, b, strict=False)
    )


def _respelt(a: str, b: str) -> bool:
    """Whether two words can be transliterations or misspellings of each other.

    "Maria" and "Mario" share their consonants, so the ends must sound alike too.
    """
    x, y = skeleton(a.replace(" ", "")), skeleton(b.replace(" ", ""))
    if x == y:
        return True
    if min(len(x), len(y)) < 5 or sounds(a) != sounds(b) or x[-1] != y[-1]:
        return False
    return JaroWinkler.similarity(x, y) >= 0.93


@lru_cache(maxsize=100_000)
def organisation_key(name: str) -> str:
    """Return the key of an organisation: no legal form, no article, American spelling."""
    key = f" {fold(name)} "
    for pattern, new in _RESPELT:
        key = pattern.sub(new, key)
    words = key.replace(".", "").replace(",", "").split()
    if len(words) > 1 and words[0] == "the":
        words = words[1:]
    while len(words) > 1 and words[-1] in LEGAL_FORMS:
        words.pop()
    return " ".join(words)


_DEPARTMENT = re.compile(r"(.+) (department|ministry)")
_BROTHERS = re.compile(r"(.+) (bros|brothers)")
_OF = re.compile(r"(department|ministry) of (.+)")
_COMMITTEE = re.compile(
    r"(?P<house>(?:house|senate|joint) )?(?P<kind>(?:(?:permanent )?select )?)(?P<subject>.+) "
    r"(?P<head>(?:sub)?committee)"
)
_ON = re.compile(
    r"(?P<house>(?:house|senate|joint) )?(?P<kind>(?:(?:permanent )?select )?)"
    r"(?P<head>(?:sub)?committee) on (?:the )?(?P<subject>.+)"
)


def turned_organisation_keys(key: str) -> tuple[str, ...]:
    """Return the keys of the other orders: "department of justice" for "justice department".

    "house fisheries committee" and "house committee on fisheries" are two orders too, as are "lee
    holm" and "lee holm and", which is left of "Lee Holm and Co".
    """
    if found := _DEPARTMENT.fullmatch(key):
        return (f"{found[2]} of {found[1]}",)
    if found := _OF.fullmatch(key):
        return (f"{found[2]} {found[1]}",)
    if found := _ON.fullmatch(key):
        house, kind, head = (found[group] or "" for group in ("house", "kind", "head"))
        return tuple(
            dict.fromkeys((f"{house}{kind}{found['subject']} {head}",
                           f"{house}{found['subject']} {head}",
                           f"{house}{kind}{head} on {found['subject']}"))
        )  # fmt: skip
    if found := _COMMITTEE.fullmatch(key):
        house, kind, head = (found[group] or "" for group in ("house", "kind", "head"))
        kinds = (kind,) if kind else ("", "select ", "permanent select ")
        return tuple(
            f"{house}{of_kind}{head} on {article}{found['subject']}"
            for of_kind in kinds
            for article in ("", "the ")
        )
    if " " not in key:
        return ()
    without = key.removesuffix(" and")
    orders: tuple[str, ...] = (without if without != key else f"{key} and",)
    if found := _BROTHERS.fullmatch(without):
        orders += (f"{found[1]} {'brothers' if found[2] == 'bros' else 'bros'}",)
    return orders


def is_acronym(name: str) -> bool:
    """Whether a name looks like an acronym."""
    return bool(ACRONYM.fullmatch(name))


def is_acronym_of(acronym: str, name: str) -> bool:
    """Whether an acronym is made of the initials of a name, with or without its small words."""
    return fold(acronym).replace(".", "").upper() in initials(split_name(name))


def group_key(name: str) -> str:
    """Return the key of a nationality, faith or party: one for "Americans" and "American".

    "African-American" and "African Americans" share one too.
    """
    lexicon = load_lexicon()
    joined = "-".join(name.replace("-", " ").split())
    for form in (name, name.title(), name.removesuffix("s"), joined, joined.removesuffix("s")):
        if group := lexicon.demonyms.get(form):
            return f"={fold(group)}"
    key = name_key(name, "NORP")
    return key[:-1] if len(key) > 4 and key.endswith("s") and not key.endswith("ss") else key
