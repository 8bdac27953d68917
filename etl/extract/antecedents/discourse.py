"""The discourse: what a text has said of its actors so far, and which of them an anaphor may mean.

Belongs here: reading the text up to an anaphor, and the candidates that gender, type, owner and
order allow. Does not belong here: what speaks for a candidate (`features`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Literal

from etl.domain import EntityType, word_set
from etl.extract.anaphors import POSSESSIVE, Anaphor, Kind
from etl.extract.antecedents.clauses import PREPOSITIONS, Clauses
from etl.extract.document import Document
from etl.extract.lexicon import Lexicon
from etl.extract.mention_clusters import Actor, NameMention

_FAMILIES = word_set("family families couple brothers sisters siblings twins household dynasty")
GOVERNING = word_set("government administration military army police")
"""Nouns for bodies that a text often names by their country only."""
_MAX_CANDIDATES = 10
_MAX_SCANNED = 60
"""Actors looked at for candidates, from the one mentioned last: a bound on the time of a text full
of names."""
_CONTEXT = 10
"""Tokens beside a name that may describe it: "the Swedish carmaker Volvo", "Oracle, a software
company"."""
_TYPES: dict[Kind, frozenset[EntityType]] = {
    "person": frozenset({"PERSON"}),
    "group": frozenset({"ORG", "NORP", "GPE"}),
    "thing": frozenset({"ORG", "GPE", "LOC", "FAC"}),
}
_DESCRIBED_TYPES: dict[EntityType, frozenset[EntityType]] = {
    "PERSON": frozenset({"PERSON"}),
    "ORG": frozenset({"ORG", "FAC"}),
    "GPE": frozenset({"GPE", "LOC"}),
}
_WRITTEN_OUT = {
    "sen.": "senator", "sens.": "senator", "gov.": "governor", "rep.": "representative",
    "gen.": "general", "lt.": "lieutenant", "capt.": "captain", "sgt.": "sergeant",
    "col.": "colonel", "prof.": "professor", "dr.": "doctor", "dr": "doctor",
}  # fmt: skip
"""Titles that are abbreviated before a name but not in a description."""


@dataclass(slots=True)
class SeenActor:
    """What the text has said about an actor so far, above all its last mention."""

    actor: Actor
    token: int = -1
    sentence: int = -1
    paragraph: int = -1
    how: Literal["name", "pronoun", "description"] = "name"
    place: Literal["subject", "preposition", "other"] = "other"
    """Where the last mention stands in its clause: after a preposition, or somewhere else."""
    is_possessive: bool = False
    is_quoted: bool = False
    is_joined: bool = False
    """Whether "and" stands beside the last mention: one of several."""
    speaks: bool = False
    """Whether a cue stands beside the last mention."""
    count: int = 0
    in_paragraph: int = 0
    """Mentions in the paragraph of the last one."""
    in_headline: bool = False
    number: int = 0
    """How many actors were mentioned before it."""
    beside: set[str] = field(default_factory=set)
    """Words beside its names that may describe it."""
    mentions: list[tuple[int, int]] = field(default_factory=list)
    """The tokens of its mentions, or of the name behind an anaphor that it is a candidate for."""


class Discourse:
    """The text up to an anaphor: the actors mentioned so far, the last one last."""

    def __init__(
        self,
        doc: Document,
        names: Sequence[NameMention],
        lexicon: Lexicon,
        clauses: Clauses,
        is_quoted: Callable[[int], bool],
    ) -> None:
        self._doc, self._lexicon, self._clauses = doc, lexicon, clauses
        self._is_quoted = is_quoted
        self._names = [m for m in names if m.actor is not None and not _names_family(doc, m)]
        self._at = 0
        self._seen: dict[Actor, SeenActor] = {}
        self._subjects: dict[int, Actor] = {}
        """The subject of each sentence so far."""
        self._meant: dict[int, Actor] = {}
        """The antecedent of each anaphor so far, by its first token."""
        self._has_person = False
        for mention in self._names:
            actor = mention.actor
            if actor and actor not in self._seen and actor.mentions[0].part != mention.part:
                self._of(actor).in_headline = True

    def _of(self, actor: Actor) -> SeenActor:
        self._has_person |= actor.type == "PERSON"
        seen = self._seen.pop(actor, None) or SeenActor(actor, number=len(self._seen))
        self._seen[actor] = seen
        return seen

    def read_to(self, token: int) -> None:
        """Take note of the names that begin before a token."""
        while self._at < len(self._names) and self._names[self._at].name.first < token:
            mention = self._names[self._at]
            self._at += 1
            first, last = mention.name.first, mention.name.last
            assert mention.actor is not None
            seen = self._of(mention.actor)
            seen.how = "name"
            self._note(seen, first, last, self._clauses.is_subject(mention))
            seen.beside |= self._described(first, last)

    def mention(self, actor: Actor, anaphor: Anaphor) -> None:
        """Take note that an anaphor means an actor."""
        seen = self._of(actor)
        self._meant[anaphor.first] = actor
        seen.how = "description" if anaphor.kind == "description" else "pronoun"
        self._note(seen, anaphor.first, anaphor.last, anaphor.form == "subject")

    def _note(self, seen: SeenActor, first: int, last: int, may_be_subject: bool) -> None:
        tokens = self._doc.tokens
        paragraph = self._doc.paragraph_of(first)
        seen.in_paragraph = 1 + (seen.in_paragraph if paragraph == seen.paragraph else 0)
        seen.token, seen.sentence, seen.paragraph = first, tokens[first].sentence, paragraph
        seen.speaks = self._clauses.is_beside_cue(first, last)
        seen.is_joined = "and" in (
            tokens[max(0, first - 1)].lower,
            tokens[min(last, len(tokens) - 1)].lower,
        )
        if may_be_subject and seen.sentence not in self._subjects:
            self._subjects[seen.sentence] = seen.actor
            seen.place = "subject"
        else:
            before = tokens[first - 1].lower if first else ""
            seen.place = "preposition" if before in PREPOSITIONS else "other"
        seen.is_possessive = last < len(tokens) and tokens[last].lower in POSSESSIVE
        seen.is_quoted = self._is_quoted(tokens[first].start)
        seen.count += 1
        seen.mentions.append((first, last))

    def _described(self, first: int, last: int) -> set[str]:
        """Return the nouns beside a name that may describe it."""
        tokens, heads = self._doc.tokens, self._lexicon.description_heads
        sentence = self._doc.sentence_of(first)
        words = {t.lower for t in tokens[max(sentence.first, first - 3) : first]}
        after = tokens[last].lower if last < sentence.last else ""
        if after in (",", "(", "—", "–", "is", "was", "which"):
            words |= {t.lower for t in tokens[last : min(last + _CONTEXT, sentence.last)]}
        return words & heads.keys()

    def subject_of(self, sentence: int) -> Actor | None:
        """Return the subject of a sentence so far, or None."""
        return self._subjects.get(sentence)

    def names_after(self, anaphor: Anaphor) -> Iterator[NameMention]:
        """Yield the names that follow an anaphor in its sentence, as far as the text was read."""
        last = self._doc.sentence_of(anaphor.first).last
        for mention in self._names[self._at : self._at + _MAX_CANDIDATES]:
            if mention.name.first >= last:
                return
            yield mention

    def candidates(self, anaphor: Anaphor, excluded: Collection[Actor]) -> list[SeenActor]:
        """Return the actors that an anaphor may mean, the one mentioned last first."""
        scanned = (self._seen[actor] for actor in islice(reversed(self._seen), _MAX_SCANNED))
        possible = (
            seen for seen in scanned if seen.actor not in excluded and self._fits(anaphor, seen)
        )
        found = list(islice(possible, _MAX_CANDIDATES))
        if anaphor.kind == "person":
            found += [
                seen
                for seen in self._first_named_after(anaphor)
                if seen.actor not in excluded and self._fits(anaphor, seen)
            ]
        return found

    def _fits(self, anaphor: Anaphor, seen: SeenActor) -> bool:
        """Whether gender, type and owner allow that an anaphor means an actor."""
        actor = seen.actor
        if anaphor.gender and actor.gender not in ("", anaphor.gender):
            return False
        if anaphor.kind != "description":
            return actor.type in _TYPES[anaphor.kind]
        if anaphor.owner is not None:
            # "his campaign" is the Lee campaign if "his" means Lee.
            owner = self._meant.get(anaphor.owner)
            words = name_words(actor)
            named = owner is not None and not words.isdisjoint(name_words(owner))
            return named and anaphor.head in words and actor is not owner
        if anaphor.head in GOVERNING and actor.type == "GPE":
            return True
        if anaphor.type == "PERSON" and anaphor.head in self._lexicon.titles:
            # "The minister" is a person whom the text calls a minister.
            return anaphor.head in role_words(actor) or anaphor.head in seen.beside
        return anaphor.type is not None and actor.type in _DESCRIBED_TYPES[anaphor.type]

    def _first_named_after(self, anaphor: Anaphor) -> Iterator[SeenActor]:
        """Yield people first named after an anaphor whom it may mean all the same.

        Only in its sentence, from a clause or phrase in front ("When she resigned, Vasse …"), or if
        nobody was named before; and never into a quote or out of it.
        """
        tokens = self._doc.tokens
        is_quoted = self._is_quoted(tokens[anaphor.first].start)
        for mention in self.names_after(anaphor):
            actor = mention.actor
            if actor is None or actor.type != "PERSON" or actor in self._seen:
                continue
            if self._is_quoted(tokens[mention.name.first].start) != is_quoted:
                continue
            is_fronted = self._clauses.is_fronted
            if not self._has_person or is_fronted(anaphor.first, mention.name.first):
                name = mention.name
                yield SeenActor(actor, mentions=[(name.first, name.last)])


def _names_family(doc: Document, mention: NameMention) -> bool:
    """Whether a name stands for a family or a couple: "the Brask family", "the Brasks"."""
    name = mention.name
    before = doc.tokens[name.first - 1].lower if name.first else ""
    after = doc.tokens[name.last].lower if name.last < len(doc.tokens) else ""
    words = f"{before} {name.form}".lower().split()
    is_plural = words[-2:-1] == ["the"] and words[-1].endswith("s")
    return name.type == "PERSON" and (after in _FAMILIES or is_plural)


def name_words(actor: Actor) -> set[str]:
    """Return the lower-case words of an actor's name."""
    return set(actor.name.lower().split())


def role_words(actor: Actor) -> set[str]:
    """Return the lower-case words of an actor's role, titles written out."""
    words = (actor.role or "").lower().replace(",", " ").split()
    return {_WRITTEN_OUT.get(word, word) for word in words}
