"""What speaks for and against each candidate of an anaphor, as the ranker's features.

Belongs here: the features of a candidate and of "nobody". Each is a string, and a weight of its own
for each kind of anaphor. Does not belong here: who is a candidate (`discourse`), weights
(`ranker`).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

from etl.domain import word_set
from etl.extract.anaphors import Anaphor
from etl.extract.antecedents.clauses import Clauses
from etl.extract.antecedents.discourse import (
    GOVERNING,
    Discourse,
    SeenActor,
    name_words,
    role_words,
)
from etl.extract.antecedents.ranker import Choice
from etl.extract.document import Document
from etl.extract.lexicon import Lexicon
from etl.extract.mention_clusters import Actor, NameMention

_DETERMINERS = word_set("the a an this that these those some any another")
_INDEFINITE = word_set("a an one another")
_BESIDE_CUE = word_set("that also later then again still now has had have")
_LONGEST_CUE = 5
"""Tokens of a cue, with what may stand beside it: "has also said that"."""
_BUCKETS = (0, 1, 2, 3, 4, 6, 9, 14)
_EDGES = (0.01, 0.05, 0.15, 0.3, 0.45, 0.6, 0.75, 0.88, 0.96)
"""Lower ends of the ranges that counts and probabilities fall into, as features."""


@dataclass(frozen=True, slots=True)
class _Context:
    """What holds of an anaphor whichever candidate it means."""

    anaphor: Anaphor
    sentence: int
    paragraph: int
    is_quoted: bool
    speaks: bool
    """Whether a cue stands beside it."""
    subject_before: Actor | None
    """The subject of the sentence before."""
    subject: Actor | None
    """The subject of its sentence so far."""
    again: Mapping[Actor, NameMention]
    """The first name of each actor that its sentence names behind it."""
    count: int
    """Candidates."""
    most: int
    """Mentions of the candidate that was mentioned most often."""
    shares: Sequence[float] | None
    """The network's probability of each candidate."""


class Features:
    """The features of one text's anaphors. What depends on the text alone is computed once."""

    def __init__(
        self,
        doc: Document,
        lexicon: Lexicon,
        clauses: Clauses,
        is_quoted: Callable[[int], bool],
    ) -> None:
        self._doc, self._lexicon, self._clauses = doc, lexicon, clauses
        self._is_quoted = is_quoted

    @cached_property
    def _phrases(self) -> list[int]:
        """How many noun phrases with a determiner begin before each token."""
        return [0, *accumulate(token.lower in _DETERMINERS for token in self._doc.tokens)]

    @cached_property
    def _plurals(self) -> list[int]:
        """How many plural nouns, by their ending, stand before each token."""
        return [0, *accumulate(_is_plural(token.text) for token in self._doc.tokens)]

    @cached_property
    def _strangers(self) -> list[int]:
        """How many people without a name are introduced before each token: "a spokesman"."""
        tokens, nouns = self._doc.tokens, self._lexicon.source_nouns
        return [
            0,
            *accumulate(
                token.lower in _INDEFINITE and any(t.lower in nouns for t in tokens[i + 1 : i + 5])
                for i, token in enumerate(tokens)
            ),
        ]

    @cached_property
    def _introduced(self) -> set[str]:
        """The nouns that the text introduces with an indefinite article: "a company"."""
        tokens = self._doc.tokens
        return {
            later.lower
            for i, token in enumerate(tokens)
            if token.lower in _INDEFINITE
            for later in tokens[i + 1 : i + 4]
            if later.lower in self._lexicon.description_heads
        }

    def choice(
        self,
        anaphor: Anaphor,
        candidates: Sequence[SeenActor],
        discourse: Discourse,
        shares: Sequence[float] | None,
    ) -> Choice:
        """Return the candidates of an anaphor with their features."""
        at, sentence = anaphor.first, self._doc.tokens[anaphor.first].sentence
        actors = [seen.actor for seen in candidates]
        again: dict[Actor, NameMention] = {}
        for mention in discourse.names_after(anaphor):
            if mention.actor is not None:
                again.setdefault(mention.actor, mention)
        context = _Context(
            anaphor,
            sentence,
            paragraph=self._doc.paragraph_of(at),
            is_quoted=self._is_quoted(self._doc.tokens[at].start),
            speaks=self._clauses.is_beside_cue(at, anaphor.last),
            subject_before=discourse.subject_of(sentence - 1),
            subject=discourse.subject_of(sentence),
            again=again,
            count=len(candidates),
            most=max((seen.count for seen in candidates), default=0),
            shares=shares,
        )
        features = [self._of_candidate(seen, rank, context) for rank, seen in enumerate(candidates)]
        return Choice(anaphor, actors, features, self._of_nobody(context))

    def _of_candidate(self, seen: SeenActor, rank: int, context: _Context) -> list[str]:
        """Return what holds of the candidate at a place of the list."""
        anaphor, at = context.anaphor, context.anaphor.first
        found = [f"type {seen.actor.type}"]
        if context.shares is not None:
            found.append(f"network {_range(context.shares[rank])}")
        if anaphor.gender:
            found.append("gender known" if seen.actor.gender else "gender unknown")
        if seen.actor.role:
            found.append("role")
        if seen.in_headline:
            found.append("headline")
        if anaphor.kind == "description":
            found += _of_description(anaphor, seen)
        if mention := context.again.get(seen.actor):
            found.append(f"{'again' if seen.count else 'later'} {self._again(anaphor, mention)}")
        if seen.token < 0:
            found.append("only in the headline" if seen.in_headline else "named later")
            return found
        begin, distance = seen.token, context.sentence - seen.sentence
        near, nearby = min(distance, 1), min(distance, 2)
        found += (
            f"sentences {_bucket(distance)} {seen.place}",
            f"paragraphs {min(2, context.paragraph - seen.paragraph)}",
            f"rank {min(rank, 5)}",
            f"rank {min(rank, 2)} of {min(context.count, 3)}",
            f"last {seen.how} {seen.place} {nearby}",
            f"speaks {int(context.speaks)}{int(seen.speaks)} {nearby}",
        )
        if context.paragraph == seen.paragraph:
            found.append(f"in this paragraph {min(seen.in_paragraph, 3)}")
        found.append(f"words {_bucket((at - begin) // 4)}")
        found.append(f"mentions {_bucket(seen.count)}")
        if seen.count == context.most:
            found.append("most mentioned")
        if distance == 0:
            found.append(f"same sentence {anaphor.form} {seen.place}")
            if self._reports(seen, at):
                found.append(f"reports {anaphor.form}")
        if seen.is_joined:
            found.append(f"joined {near}")
        if seen.is_possessive:
            found.append(f"possessive {nearby}")
        found.append(f"quoted {int(context.is_quoted)}{int(seen.is_quoted)} {near}")
        if context.subject_before is seen.actor:
            found.append(f"subject before {anaphor.form}")
        if context.subject is seen.actor:
            found.append(f"subject {anaphor.form}")
        if seen.number == 0:
            found.append("first")
        found.append(f"phrases {_bucket(self._phrases[at] - self._phrases[begin])}")
        if anaphor.kind == "group":
            found.append(f"plurals {min(4, self._plurals[at] - self._plurals[begin])}")
        if anaphor.kind == "person":
            found.append(f"strangers {min(2, self._strangers[at] - self._strangers[begin])}")
        return found

    def _reports(self, seen: SeenActor, at: int) -> bool:
        """Whether only a cue stands between a candidate and an anaphor: "Lee also said he"."""
        last = seen.mentions[-1][1]
        between = [token.lower for token in self._doc.tokens[last:at]]
        cues = self._lexicon.cues
        return (
            len(between) <= _LONGEST_CUE
            and any(word in cues for word in between)
            and all(word in cues or word in _BESIDE_CUE or word.endswith("ly") for word in between)
        )

    def _again(self, anaphor: Anaphor, mention: NameMention) -> str:
        """Return how the sentence names an actor behind an anaphor.

        In "He said Lee would go", "he" is not Lee; in "When he left, Lee said" it mostly is.
        """
        is_fronted = self._clauses.is_fronted(anaphor.first, mention.name.first)
        place = "subject" if self._clauses.is_subject(mention) else "other"
        return f"{'fronted' if is_fronted else 'behind'} {place} {anaphor.form}"

    def _of_nobody(self, context: _Context) -> list[str]:
        """Return what holds of an anaphor if it means nobody named."""
        anaphor, at = context.anaphor, context.anaphor.first
        word = self._doc.tokens[at].lower
        found = [
            "always",
            f"candidates {min(context.count, 4)}",
            f"form {anaphor.form}",
            f"quoted {int(context.is_quoted)}",
        ]
        if context.shares is not None:
            found.append(f"network {_range(1 - sum(context.shares))}")
        found.append(f"before {self._clauses.word_class(at - 1)}")
        found.append(f"after {self._clauses.word_class(anaphor.last)}")
        if anaphor.kind == "description":
            found.append(f"head {anaphor.head}")
            found.append(f"head type {anaphor.type}")
            found.append(f"determiner {word if not anaphor.modifiers else 'modified'}")
            if anaphor.head in self._introduced:
                found.append("introduced")
        else:
            found.append(f"word {word}")
        begin = self._doc.sentences[context.sentence].first
        found.append(f"phrases {_bucket(self._phrases[at] - self._phrases[begin])}")
        if anaphor.kind == "group":
            previous = self._doc.sentences[max(0, context.sentence - 1)].first
            found.append(f"plurals {min(4, self._plurals[at] - self._plurals[previous])}")
            found.append(f"plurals here {min(3, self._plurals[at] - self._plurals[begin])}")
        return found


def _of_description(anaphor: Anaphor, seen: SeenActor) -> Iterator[str]:
    """Yield how well a description fits an actor."""
    name, role = name_words(seen.actor), role_words(seen.actor)
    kind = anaphor.type
    if anaphor.head in name:
        yield f"head in the name {kind}"
    if anaphor.head in role:
        words = {anaphor.head, *anaphor.modifiers}
        yield "role fits" if words <= role | name else "head in the role"
    elif role and kind == "PERSON":
        yield "other role"
    if anaphor.head in seen.beside:
        yield f"described {kind}"
    if any(word in name for word in anaphor.modifiers):
        yield "modifier in the name"
    if anaphor.head in GOVERNING:
        yield f"governing {seen.actor.type}"
    yield f"type {kind} {seen.actor.type}"


def _is_plural(word: str) -> bool:
    return len(word) > 3 and word[0].islower() and word.endswith("s") and word[-2:] != "ss"


def _bucket(number: int) -> int:
    """Return the number of the range that a count falls into."""
    return bisect_right(_BUCKETS, number)


def _range(probability: float) -> int:
    """Return the number of the range that a probability falls into."""
    return bisect_right(_EDGES, probability)
