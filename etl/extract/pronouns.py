"""He and she: which person a pronoun stands for, where that is clear.

Belongs here: singular personal pronouns. Does not belong here: "they", "it", and nominals such as
"the minister"; what is not clear is left out rather than guessed.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from etl.extract.document import Document
from etl.extract.lexicon import Lexicon, word_set
from etl.extract.mention_clusters import Actor, Located

PRONOUNS = {"he": "m", "him": "m", "his": "m", "himself": "m"} | dict.fromkeys(
    ("she", "her", "hers", "herself"), "f"
)
CLAUSE_OPENERS = word_set(
    "that but while when as after before because if where whether since then although though until "
    "said says"
)
_AUXILIARIES = word_set("is was has had will would could can may might should did does who also")
# From here on a rule's choice stands against the tagger's: the one subject whose gender is known.
# The tagger alone is better on GAP's hard cases (F1 69 against 47) and worse where it is plain.
_CLEAR = 0.7
_REACH = 2  # sentences back: beyond, a pronoun's subject has usually been named again


@dataclass(frozen=True, slots=True)
class Pronoun:
    """A pronoun at a token, the actor it stands for, and how surely."""

    token: int
    actor: Actor
    confidence: float


Link = Callable[[int, str], tuple[Actor, float] | None]
"""From where a pronoun stands and its gender to its person and how surely, or None."""


def _no_link(start: int, gender: str) -> None:
    return None


def resolve(
    doc: Document,
    names: Sequence[Located],
    lexicon: Lexicon,
    is_quoted: Callable[[int], bool],
    link: Link = _no_link,
) -> list[Pronoun]:
    """The pronouns whose person is clear, in order; within quotation marks only linked ones.

    `link` says whom the tagger takes a pronoun for, if it can tell; it is asked where rules find no
    one, or several of whom one is only likelier.
    """
    found: list[Pronoun] = []
    # Persons by sentence, subjects first; an entry is (actor, is_subject).
    focus: list[tuple[int, Actor, bool]] = []
    upcoming = iter([x for x in names if x.name.type == "PERSON" and x.actor is not None])
    following = next(upcoming, None)
    subject_of: dict[int, Actor] = {}
    # In "HER" or "His Holiness" the network may see a name: no two mentions share words.
    named = {i for x in names for i in range(x.name.first, x.name.last)}
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
        if gender is None or i in named:
            continue
        person = None if is_quoted(token.start) else _choose(token.sentence, gender, focus)
        if person is None or person[1] < _CLEAR:
            person = link(token.start, gender) or person
        if person is None:
            continue
        actor, confidence = person
        actor.gender = actor.gender or gender
        found.append(Pronoun(i, actor, confidence))
        if not is_quoted(token.start):
            focus.append((token.sentence, actor, token.lower in ("he", "she")))
    return found


def _is_subject(doc: Document, x: Located, lexicon: Lexicon) -> bool:
    """Whether a name is likely the subject of its sentence: nothing governs it."""
    i, begin = x.name.first, doc.sentence_of(x.name.first).first
    if x.name.role and x.method != "appositive":
        i = max(begin, bisect_left(doc.starts, doc.tokens[i].start - len(x.name.role) - 1))
    before = doc.tokens[i - 1].lower if i > begin else ""
    after = doc.tokens[x.name.last].lower if x.name.last < len(doc.tokens) else ""
    if after in ("'s", "’s"):
        return False
    opens = not before or not before[0].isalnum() or before in CLAUSE_OPENERS
    return opens or after in _AUXILIARIES or after in lexicon.cues


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
    known = [c for c in candidates if c[0].gender == gender]
    if len(candidates) == 1:
        actor, where, is_subject = candidates[0]
        if is_subject or where == sentence:
            return actor, 0.75 if known else 0.55
        # No subject, and a sentence ago: on GAP one in four was right; a title makes it likelier.
        return (actor, 0.45) if known and actor.role and where == sentence - 1 else None
    subjects = [c for c in candidates if c[2]]
    latest = max((where for _, where, _ in subjects), default=-1)
    closest = [c for c in subjects if c[1] == latest]
    if len(closest) != 1 or any(c[1] > latest for c in known):
        return None
    actor = closest[0][0]
    if actor.gender == gender or not known:
        return actor, 0.6
    # Unknown gender beside somebody of the right one: on GAP right less often than wrong, but a
    # title in the text makes somebody its topic.
    return (actor, 0.4) if actor.role else None
