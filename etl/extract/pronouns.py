"""Pronoun resolution: the antecedents of "he" and "she" where they are clear.

Belongs here: singular personal pronouns. An ambiguous one is skipped rather than guessed. Does not
belong here: "they" and "it", and nominals such as "the minister" (`nominals`).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from etl.domain import word_set
from etl.extract.document import Document
from etl.extract.lexicon import Lexicon
from etl.extract.mention_clusters import Actor, NameMention

PRONOUNS = {"he": "m", "him": "m", "his": "m", "himself": "m"} | dict.fromkeys(
    ("she", "her", "hers", "herself"), "f"
)
CLAUSE_OPENERS = word_set(
    "that but while when as after before because if where whether since then although though until "
    "said says"
)
_FRONTING = CLAUSE_OPENERS | word_set(
    "in on at for with without despite during by from under over as to of like unlike upon amid "
    "following given among through throughout asked once even just only"
)
"""Words that open a clause or phrase before the subject, as "ing" and "ed" do at a word's end."""
_AUXILIARIES = word_set("is was has had will would could can may might should did does who also")
# From this confidence on, the rules overrule the tagger: the only subject, of known gender. The
# tagger alone is better on the hard cases of GAP (F1 69 against 47) and worse on plain ones.
_CLEAR_CONFIDENCE = 0.7
_TELLING_CONFIDENCE = 0.55
"""From this confidence on, a pronoun tells the gender of a person for those that follow."""
_FOCUS = 12
"""Mentions of persons before a pronoun that the rules consider."""
_MAX_SENTENCES_BACK = 2  # further back, the person has usually been named again


@dataclass(frozen=True, slots=True)
class Pronoun:
    """A pronoun at a token with its antecedent and the confidence in it."""

    token: int
    antecedent: Actor
    confidence: float


Allowed = Callable[[Actor], bool]
"""Whether a pronoun may refer to an actor."""
Linker = Callable[[int, str, Allowed], tuple[Actor, float] | None]
"""Maps a pronoun's character offset and gender to its (antecedent, confidence), or None."""


def no_link(start: int, gender: str, is_allowed: Allowed) -> None:
    """Link nothing: the rules decide alone."""
    return


def resolve(
    doc: Document,
    names: Sequence[NameMention],
    lexicon: Lexicon,
    is_quoted: Callable[[int], bool],
    link: Linker = no_link,
    excluded: Mapping[int, Collection[Actor]] | None = None,
) -> list[Pronoun]:
    """Return the pronouns whose antecedent is clear, in order.

    `link` returns the tagger's antecedent. It is consulted if the rules find no antecedent, or one
    below _CLEAR_CONFIDENCE. Pronouns inside quotation marks are resolved by `link` only. `excluded`
    maps tokens to actors to which the pronoun there doesn't refer.
    """
    excluded = excluded or {}
    first_named = _first_named(names)
    found: list[Pronoun] = []
    # Persons mentioned so far, in text order: (sentence, actor, is_subject).
    focus: list[tuple[int, Actor, bool]] = []
    persons = iter(
        [
            mention
            for mention in names
            if mention.name.type == "PERSON" and mention.actor is not None
        ]
    )
    next_person = next(persons, None)
    subject_of: dict[int, Actor] = {}
    # The network may label "HER" or "His Holiness" as a name, and mentions must not overlap.
    named = {i for mention in names for i in range(mention.name.first, mention.name.last)}
    for i, token in enumerate(doc.tokens):
        while next_person is not None and next_person.name.first <= i:
            if not is_quoted(doc.tokens[next_person.name.first].start) and next_person.actor:
                sentence = doc.tokens[next_person.name.first].sentence
                is_subject = sentence not in subject_of and _is_subject(doc, next_person, lexicon)
                if is_subject:
                    subject_of[sentence] = next_person.actor
                focus.append((sentence, next_person.actor, is_subject))
            next_person = next(persons, None)
        gender = PRONOUNS.get(token.lower)
        if gender is None or i in named:
            continue
        others = excluded.get(i, ())

        def is_allowed(actor: Actor, i: int = i, others: Collection[Actor] = others) -> bool:
            return actor not in others and _may_precede(doc, i, actor, first_named)

        allowed = [one for one in focus[-_FOCUS:] if one[1] not in others]
        choice = None if is_quoted(token.start) else _antecedent(token.sentence, gender, allowed)
        if choice is None or choice[1] < _CLEAR_CONFIDENCE:
            choice = link(token.start, gender, is_allowed) or choice
        if choice is None:
            continue
        actor, confidence = choice
        if confidence >= _TELLING_CONFIDENCE:
            actor.gender = actor.gender or gender
        found.append(Pronoun(i, actor, confidence))
        if not is_quoted(token.start):
            focus.append((token.sentence, actor, token.lower in ("he", "she")))
    return found


def _first_named(names: Sequence[NameMention]) -> dict[Actor, int]:
    """Return the token at which this part first names each person, -1 if the headline did."""
    first: dict[Actor, int] = {}
    for mention in names:
        if (actor := mention.actor) is not None and actor.type == "PERSON" and actor not in first:
            is_known = any(other.part == "headline" != mention.part for other in actor.mentions)
            first[actor] = -1 if is_known else mention.name.first
    return first


def _may_precede(doc: Document, i: int, actor: Actor, first_named: Mapping[Actor, int]) -> bool:
    """Whether a pronoun may stand before the first name of this person, if it does.

    Only in the sentence of the name, from a clause or phrase in front ("When she resigned, Vasse
    …"), or if nobody was named before.
    """
    name = first_named.get(actor, -1)
    if name <= i:
        return True
    sentence = doc.sentence_of(i)
    if name >= sentence.last:
        return False
    if not any(first < i for first in first_named.values()):
        return True
    words = (token for token in doc.tokens[sentence.first : i + 1] if token.is_word)
    opener = next(words).lower
    is_fronted = opener in _FRONTING or opener.endswith(("ing", "ed"))
    return is_fronted and any(token.text == "," for token in doc.tokens[i:name])


def _is_subject(doc: Document, mention: NameMention, lexicon: Lexicon) -> bool:
    """Whether a name is probably the subject of its sentence or clause."""
    i, begin = mention.name.first, doc.sentence_of(mention.name.first).first
    if mention.name.role and mention.method != "appositive":
        i = max(begin, bisect_left(doc.starts, doc.tokens[i].start - len(mention.name.role) - 1))
    before = doc.tokens[i - 1].lower if i > begin else ""
    after = doc.tokens[mention.name.last].lower if mention.name.last < len(doc.tokens) else ""
    if after in ("'s", "’s"):
        return False
    opens = not before or not before[0].isalnum() or before in CLAUSE_OPENERS
    return opens or after in _AUXILIARIES or after in lexicon.cues


def _antecedent(
    sentence: int, gender: str, focus: list[tuple[int, Actor, bool]]
) -> tuple[Actor, float] | None:
    """Return the only person of a gender within reach, or else the only subject."""
    candidate_by_actor: dict[int, tuple[Actor, int, bool]] = {}
    for at_sentence, actor, is_subject in reversed(focus):
        if sentence - at_sentence > _MAX_SENTENCES_BACK:
            break
        if actor.gender not in ("", gender):
            continue
        seen = candidate_by_actor.get(id(actor))
        if seen is None:
            candidate_by_actor[id(actor)] = (actor, at_sentence, is_subject)
        elif is_subject and not seen[2] and seen[1] == at_sentence:
            candidate_by_actor[id(actor)] = (actor, at_sentence, True)
    if not candidate_by_actor:
        return None
    candidates = list(candidate_by_actor.values())
    of_gender = [candidate for candidate in candidates if candidate[0].gender == gender]
    if len(candidates) == 1:
        actor, at_sentence, is_subject = candidates[0]
        if is_subject or at_sentence == sentence:
            return actor, 0.75 if of_gender else 0.55
        # Not a subject, one sentence back: one in four was right on GAP; a title makes it likelier.
        return (actor, 0.45) if of_gender and actor.role and at_sentence == sentence - 1 else None
    subjects = [candidate for candidate in candidates if candidate[2]]
    latest = max((at_sentence for _, at_sentence, _ in subjects), default=-1)
    closest = [candidate for candidate in subjects if candidate[1] == latest]
    if len(closest) != 1 or any(candidate[1] > latest for candidate in of_gender):
        return None
    actor = closest[0][0]
    if actor.gender == gender or not of_gender:
        return actor, 0.6
    # A person of unknown gender beside one of the right gender: wrong more often than right on GAP,
    # but a title in the text suggests that the person is its topic.
    return (actor, 0.4) if actor.role else None
