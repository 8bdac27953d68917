"""Candidate pairs: which actors have names so alike that they may be one, and how alike.

Belongs here: blocking the names of actors, and comparing two names. Does not belong here: evidence
from articles (`suggest`), what the linker joins by itself (`resolver`), and how a name is taken
apart (`variants`). Pure: no database.

Only actors that share a block are compared, so the work grows with the number of actors and not
with its square. Blocks are: a key without initials and diacritics, the same words in another order,
the sound of a name, an acronym, a lone surname, and the linker's blocks of people. A block of more
than MOST_IN_A_BLOCK actors says nothing.

A short form counts only for an actor that has no fuller name. The Chicago Police Department and a
Commission on Presidential Debates are not alike because both are called CPD, nor are two people of
one surname whose first names are known.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

from rapidfuzz import fuzz

from etl.corrections.plan import Plan
from etl.extract.name_words import initials
from etl.linking.name_keys import split_name
from etl.linking.variants import (
    PersonName,
    Variant,
    is_acronym,
    is_acronym_of,
    organisation_key,
    person_blocks,
    person_name,
    same_person,
    sounds,
    without_particles,
)

MOST_IN_A_BLOCK = 40
LEAST_RATIO = 84.0
"""Least similarity (rapidfuzz's ratio, 0 to 100) of two keys that only their sound brings together:
"zelensky" and "zelenskiy" have 94, "merkel" and "markle" 67."""
ACRONYM, TWO_LETTERS = 0.45, 0.3
"""Initials alone are below `suggest.LEAST_SCORE`. When three letters scored 0.7, 8 of the 10 wrong
pairs among the first 20 of PolNeAR dev and Wikinews were acronyms."""

_VARIANTS: dict[Variant, tuple[float, str]] = {
    "order": (0.8, "the same words in another order"),
    "without_initial": (0.75, "the same name without its first initial"),
    "middle_name": (0.7, "the same name with a middle name"),
    "spelling": (0.75, "the same name in another spelling"),
    "nickname": (0.7, "a short form of the first name, the same surname"),
    "initial": (0.65, "an initial for the first name, the same surname"),
}
"""How likely two people are one actor although the linker kept them apart, and the reason given."""

Pair = tuple[str, str]
"""The ids of two actors; the one in fewer articles comes first."""


@dataclass(frozen=True, slots=True)
class ActorName:
    """A name of an actor, with its key (`name_keys.name_key`) and group of types."""

    entity_id: str
    name: str
    key: str
    group: str

    @property
    def person(self) -> PersonName:
        return person_name(self.name)

    @property
    def words(self) -> list[str]:
        return sorted(self.key.split())


@dataclass
class Likeness:
    """How likely two actors are one (0 to 1), and the reasons in words."""

    score: float
    reasons: list[str]
    can_share_article: bool = False
    """Whether the two are likely one even if one article names both."""
    acronym: tuple[ActorName, ActorName] | None = None
    """The acronym and the full name, if that is what the two have in common."""


def candidate_pairs(
    names: list[ActorName], plan: Plan, article_counts: Mapping[str, int]
) -> dict[Pair, Likeness]:
    """Return the pairs that share a block and have similar names, each with its best reason.

    Pairs that a correction of `plan` merged or declared distinct are left out.
    """
    distinct = {frozenset((a, b)) for a, b, _ in plan.distinct}
    pairs: dict[Pair, Likeness] = {}
    for one, other in _pairs_in_blocks(_fullest(names)):
        current = frozenset((plan.resolve(one.entity_id), plan.resolve(other.entity_id)))
        if one.entity_id == other.entity_id or len(current) == 1 or current in distinct:
            continue
        likeness = _likeness(one, other)
        if likeness is None:
            continue
        fewer, more = sorted((one.entity_id, other.entity_id), key=lambda i: (article_counts[i], i))
        best = pairs.get((fewer, more))
        if best is None or likeness.score > best.score:
            pairs[fewer, more] = likeness
    return pairs


def _fullest(names: list[ActorName]) -> list[ActorName]:
    """Leave out acronyms and lone surnames of actors that have a full name for them."""
    by_entity: dict[str, list[ActorName]] = defaultdict(list)
    for name in names:
        by_entity[name.entity_id].append(name)
    return [
        name
        for name in names
        if not any(_is_short_for(name, other) for other in by_entity[name.entity_id])
    ]


def _is_short_for(name: ActorName, other: ActorName) -> bool:
    if name.group == "PERSON":
        a, b = name.person, other.person
        is_surname = not a.given and bool(b.given) and other.group == "PERSON"
        return is_surname and without_particles(a.surname) == without_particles(b.surname)
    return (
        is_acronym(name.name)
        and not is_acronym(other.name)
        and is_acronym_of(name.name, other.name)
    )


def _pairs_in_blocks(names: list[ActorName]) -> Iterator[tuple[ActorName, ActorName]]:
    blocks: dict[tuple[str, str], dict[str, ActorName]] = defaultdict(dict)
    for name in names:
        for block in _blocks(name):
            blocks[block].setdefault(f"{name.entity_id} {name.key}", name)
    seen = set()
    for members in blocks.values():
        if len({name.entity_id for name in members.values()}) in range(2, MOST_IN_A_BLOCK + 1):
            for one, other in combinations(members.values(), 2):
                pair = (one.entity_id, one.key, other.entity_id, other.key)
                if pair not in seen:
                    seen.add(pair)
                    yield one, other


def _blocks(name: ActorName) -> Iterable[tuple[str, str]]:
    yield "key", name.key
    yield "words", " ".join(name.words)
    yield "sound", sounds(name.key)
    if name.group == "PERSON":
        yield "surname", without_particles(name.person.surname)
        for block in person_blocks(name.person) if name.person.given else ():
            yield "person", block
    elif is_acronym(name.name):
        yield "acronym", name.name.replace(".", "")
    else:
        yield "organisation", organisation_key(name.name)
        for letters in initials(split_name(name.name)):
            yield "acronym", letters


def _likeness(one: ActorName, other: ActorName) -> Likeness | None:
    """Return how alike two names are; None if they don't suggest one actor."""
    if one.key == other.key:
        if one.group == other.group or " " in one.key:
            return Likeness(0.85, [f"the same name, spelt differently: {one.key}"], True)
        return Likeness(0.5, ["the same word, of another type"], True)
    if one.group != other.group:
        return None
    short, long = sorted((one, other), key=lambda name: len(name.key))
    compare = _compare_people if one.group == "PERSON" else _compare_others
    if scored := compare(short, long):
        score, reason = scored
        return Likeness(score, [reason])
    if one.group != "PERSON" and is_acronym(short.name) and is_acronym_of(short.name, long.name):
        score = ACRONYM if len(short.key.replace(" ", "")) > 2 else TWO_LETTERS
        reason = f"{short.name} are the initials of {long.name}"
        return Likeness(score, [reason], acronym=(short, long))
    if one.group != "PERSON" and is_acronym(short.name):
        return None  # an acronym that sounds like a name is a coincidence
    ratio = fuzz.ratio(one.key, other.key)
    if ratio >= LEAST_RATIO and sounds(one.key) == sounds(other.key):
        score = 0.45 + 0.35 * (ratio - LEAST_RATIO) / (100 - LEAST_RATIO)
        return Likeness(score, [f"similar spelling ({ratio:.0f} of 100), the same consonants"])
    return None


def _compare_people(short: ActorName, long: ActorName) -> tuple[float, str] | None:
    a, b = short.person, long.person
    if variant := same_person(a, b):
        return _VARIANTS[variant]
    if without_particles(a.surname) != without_particles(b.surname):
        return None
    if not a.given:
        return (0.45, f"{short.name} is the surname of {long.name}") if b.given else None
    if b.given and (a.given.startswith(b.given) or b.given.startswith(a.given)):
        return 0.6, "one first name shortens the other, the same surname"
    return None


def _compare_others(short: ActorName, long: ActorName) -> tuple[float, str] | None:
    if short.words == long.words or organisation_key(short.name) == organisation_key(long.name):
        return 0.8, "the same words in another order, spelling or legal form"
    return None
