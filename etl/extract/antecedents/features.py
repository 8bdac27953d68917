"""What speaks for and against each candidate of an anaphor, as the ranker's features.

Belongs here: the features of a candidate and of "nobody". Each is a string, and a weight of its own
for each kind of anaphor. Does not belong here: who is a candidate (`discourse`), weights
(`ranker`).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
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
from etl.extract.mention_clusters import Actor

_DETERMINERS = word_set("the a an this that these those some any another")
_INDEFINITE = word_set("a an one another")
_BUCKETS = (0, 1, 2, 3, 4, 6, 9, 14)
_EDGES = (0.01, 0.05, 0.15, 0.3, 0.45, 0.6, 0.75, 0.88, 0.96)
"""Lower ends of the ranges that counts and probabilities fall into, as features."""

Links = tuple[Mapping[Actor, float], float]
"""The network's probabilities of an anaphor's antecedents, and of none."""


class Features:
    """The features of one text's anaphors."""

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
        links: Links | None,
    ) -> Choice:
        """Return the candidates of an anaphor with their features."""
        actors = [seen.actor for seen in candidates]
        probabilities = _among(set(actors), links)
        most = max((seen.count for seen in candidates), default=0)
        features = [
            list(
                self._of_candidate(
                    anaphor, seen, rank, len(candidates), most, discourse, probabilities
                )
            )
            for rank, seen in enumerate(candidates)
        ]
        nobody = list(self._of_nobody(anaphor, len(candidates), probabilities))
        return Choice(anaphor, actors, features, nobody)

    def _of_candidate(
        self,
        anaphor: Anaphor,
        seen: SeenActor,
        rank: int,
        count: int,
        most: int,
        discourse: Discourse,
        probabilities: Mapping[Actor, float] | None,
    ) -> Iterator[str]:
        """Yield what holds of the candidate at place `rank` of `count`."""
        at = anaphor.first
        sentence = self._doc.tokens[at].sentence
        yield f"type {seen.actor.type}"
        if probabilities is not None:
            yield f"link {_range(probabilities.get(seen.actor, 0.0))}"
        if anaphor.gender:
            yield "gender known" if seen.actor.gender else "gender unknown"
        if seen.actor.role:
            yield "role"
        if seen.in_headline:
            yield "headline"
        if anaphor.kind == "description":
            yield from _of_description(anaphor, seen)
        if again := self._again(anaphor, seen.actor, discourse):
            yield f"{'again' if seen.count else 'later'} {again}"
        if seen.token < 0:
            yield "only in the headline" if seen.in_headline else "named later"
            return
        distance = sentence - seen.sentence
        yield f"sentences {_bucket(distance)} {seen.place}"
        yield f"paragraphs {min(2, self._doc.paragraph_of(at) - seen.paragraph)}"
        yield f"rank {min(rank, 5)}"
        yield f"rank {min(rank, 2)} of {min(count, 3)}"
        yield f"last {seen.how} {seen.place} {min(distance, 2)}"
        speaks = self._clauses.is_beside_cue(at, anaphor.last)
        yield f"speaks {speaks:d}{seen.speaks:d} {min(distance, 2)}"
        if self._doc.paragraph_of(at) == seen.paragraph:
            yield f"in this paragraph {min(seen.in_paragraph, 3)}"
        yield f"words {_bucket((at - seen.token) // 4)}"
        yield f"mentions {_bucket(seen.count)}"
        if seen.count == most:
            yield "most mentioned"
        if distance == 0:
            yield f"same sentence {anaphor.form} {seen.place}"
        if seen.is_joined:
            yield f"joined {min(distance, 1)}"
        if seen.is_possessive:
            yield f"possessive {min(distance, 2)}"
        quoted = self._is_quoted(self._doc.tokens[at].start)
        yield f"quoted {quoted:d}{seen.is_quoted:d} {min(distance, 1)}"
        if discourse.subject_of(sentence - 1) is seen.actor:
            yield f"subject before {anaphor.form}"
        if discourse.subject_of(sentence) is seen.actor:
            yield f"subject {anaphor.form}"
        if seen.number == 0:
            yield "first"
        begin = seen.token
        phrases = self._phrases[at] - self._phrases[begin]
        yield f"phrases {_bucket(phrases)}"
        if anaphor.kind == "group":
            yield f"plurals {min(4, self._plurals[at] - self._plurals[begin])}"
        if anaphor.kind == "person":
            yield f"strangers {min(2, self._strangers[at] - self._strangers[begin])}"

    def _again(self, anaphor: Anaphor, actor: Actor, discourse: Discourse) -> str | None:
        """Return how the sentence names an actor behind an anaphor, or None if it does not.

        In "He said Lee would go", "he" is not Lee; in "When he left, Lee said" it mostly is.
        """
        for mention in discourse.names_after(anaphor):
            if mention.actor is actor:
                is_fronted = self._clauses.is_fronted(anaphor.first, mention.name.first)
                place = "subject" if self._clauses.is_subject(mention) else "other"
                return f"{'fronted' if is_fronted else 'behind'} {place} {anaphor.form}"
        return None

    def _of_nobody(
        self, anaphor: Anaphor, count: int, probabilities: Mapping[Actor, float] | None
    ) -> Iterator[str]:
        """Yield what holds of an anaphor with `count` candidates if it means nobody named."""
        tokens, at = self._doc.tokens, anaphor.first
        yield "always"
        yield f"candidates {min(count, 4)}"
        yield f"form {anaphor.form}"
        yield f"quoted {self._is_quoted(tokens[at].start):d}"
        if probabilities is not None:
            yield f"link {_range(1 - sum(probabilities.values()))}"
        yield f"before {self._clauses.word_class(at - 1)}"
        yield f"after {self._clauses.word_class(anaphor.last)}"
        if anaphor.kind == "description":
            yield f"head {anaphor.head}"
            yield f"head type {anaphor.type}"
            yield f"determiner {tokens[at].lower if not anaphor.modifiers else 'modified'}"
            if anaphor.head in self._introduced:
                yield "introduced"
        else:
            yield f"word {tokens[at].lower}"
        sentence = self._doc.sentence_of(at)
        yield f"phrases {_bucket(self._phrases[at] - self._phrases[sentence.first])}"
        if anaphor.kind == "group":
            previous = self._doc.sentences[max(0, tokens[at].sentence - 1)].first
            yield f"plurals {min(4, self._plurals[at] - self._plurals[previous])}"
            yield f"plurals here {min(3, self._plurals[at] - self._plurals[sentence.first])}"


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


def _among(possible: Collection[Actor], links: Links | None) -> dict[Actor, float] | None:
    """Return the network's probabilities, given that it is one of the possible ones or none."""
    if links is None:
        return None
    by_actor, nobody = links
    kept = {actor: p for actor, p in by_actor.items() if actor in possible}
    total = sum(kept.values()) + nobody
    return {actor: p / total for actor, p in kept.items()} if total > 0.02 else None


def _is_plural(word: str) -> bool:
    return len(word) > 3 and word[0].islower() and word.endswith("s") and word[-2:] != "ss"


def _bucket(number: int) -> int:
    """Return the number of the range that a count falls into."""
    return bisect_right(_BUCKETS, number)


def _range(probability: float) -> int:
    """Return the number of the range that a probability falls into."""
    return bisect_right(_EDGES, probability)
