"""He and she: which person a pronoun stands for, where that is clear.

Belongs here: singular personal pronouns. Does not belong here: "they", "it", and nominals such as
"the minister"; what is not clear is left out rather than guessed.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from etl.extract.actors import Actor, Located
from etl.extract.lexicon import Lexicon
from etl.extract.tokens import Document

PRONOUNS = {"he": "m", "him": "m", "his": "m", "himself": "m"} | dict.fromkeys(
    ("she", "her", "hers", "herself"), "f"
)
_REACH = 2  # sentences back: beyond, a pronoun's subject has usually been named again


@dataclass(frozen=True, slots=True)
class Pronoun:
    """A pronoun at a token, the actor it stands for, and how surely."""

    token: int
    actor: Actor
    confidence: float


def resolve(
    doc: Document,
    names: Sequence[Located],
    lexicon: Lexicon,
    is_quoted: Callable[[int], bool],
) -> list[Pronoun]:
    """The pronouns outside quotation marks whose person is clear, in order."""
    found: list[Pronoun] = []
    # Persons by sentence, subjects first; an entry is (actor, is_subject).
    focus: list[tuple[int, Actor, bool]] = []
    upcoming = iter([x for x in names if x.name.type == "PERSON" and x.actor is not None])
    following = next(upcoming, None)
    subject_of: dict[int, Actor] = {}
    for i, token in enumerate(doc.tokens):
        while following is not None and following.name.first <= i:
            if not is_quoted(doc.tokens[following.name.first].start) and following.actor:
                sentence = doc.tokens[following.name.first].sentence
                is_subject = sentence not in subject_of and _is_subject(doc, following, lexicon)
                if is_subject:
                    subject_of[sentence] = following.actor
                focus.append((sentence, following.actor, is_subject))
            following = next(upcoming, None)
        gender = PRONOUNS.get(token.lower)
        if gender is None or is_quoted(token.start):
            continue
        person = _choose(token.sentence, gender, focus)
        if person is None:
            continue
        actor, confidence = person
        actor.gender = actor.gender or gender
        found.append(Pronoun(i, actor, confidence))
        focus.append((token.sentence, actor, token.lower in ("he", "she")))
    return found


def _is_subject(doc: Document, x: Located, lexicon: Lexicon) -> bool:
    """Whether a name is likely the subject of its sentence: nothing governs it."""
    i, begin = x.name.first, doc.sentence_of(x.name.first).first
    if x.name.role and x.method != "appositive":
        i = max(begin, bisect_left(doc.starts, doc.tokens[i].start - len(x.name.role) - 1))
    before = doc.tokens[i - 1].lower if i > begin else ""
    after = doc.tokens[x.name.last].lower if x.name.last < len(doc.tokens) else ""
    return after not in ("'s", "’s") and before not in (
        "of",
        "in",
        "to",
        "for",
        "with",
        "by",
        "from",
        "on",
        "about",
        "against",
        "at",
        "than",
        "like",
    )


def _choose(
    sentence: int, gender: str, focus: list[tuple[int, Actor, bool]]
) -> tuple[Actor, float] | None:
    """The one person of a gender in reach; the subject where there are several."""
    near: dict[int, tuple[Actor, int, bool]] = {}
    for where, actor, is_subject in reversed(focus[-12:]):
        if sentence - where > _REACH:
            break
        if actor.gender not in ("", gender):
            continue
        seen = near.get(id(actor))
        if seen is None:
            near[id(actor)] = (actor, where, is_subject)
        elif is_subject and not seen[2] and seen[1] == where:
            near[id(actor)] = (actor, where, True)
    if not near:
        return None
    candidates = list(near.values())
    if len(candidates) == 1:
        actor, where, is_subject = candidates[0]
        sure = 0.75 if actor.gender == gender else 0.55
        return actor, sure if is_subject or where == sentence else sure - 0.1
    known = [c for c in candidates if c[0].gender == gender]
    subjects = [c for c in candidates if c[2]]
    if not subjects:
        return (known[0][0], 0.45) if len(known) == 1 else None
    latest = max(where for _, where, _ in subjects)
    closest = [c for c in subjects if c[1] == latest]
    if len(closest) > 1:
        return None
    actor, _, _ = closest[0]
    rivals = [c for c in known if c[1] > latest]
    return None if rivals else (actor, 0.6 if actor.gender == gender else 0.45)
