"""Whom an anaphor means: candidates, what speaks for each, and a trained log-linear ranker.

Belongs here: resolving the anaphors of one part in text order, and the features of a candidate.
Does not belong here: finding anaphors (`anaphors`), agreement with quotes (`pronouns_and_speech`),
training the weights (`training.anaphors`).

Candidates are actors, not single names (entity-level ranking: Denis and Baldridge 2008, Clark and
Manning 2015). A softmax over them and "nobody" gives probabilities, which are the confidences. Some
candidates are impossible whatever their score: the wrong gender, the wrong type of actor, and
people who are first named after the anaphor, except from a clause in front.
"""

from __future__ import annotations

import json
import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from importlib import resources
from itertools import accumulate, islice
from typing import Literal

from etl.domain import EntityType, word_set
from etl.extract.anaphors import PAST_TENSES, POSSESSIVE, Anaphor, Kind
from etl.extract.document import Document, Token
from etl.extract.lexicon import Lexicon
from etl.extract.mention_clusters import Actor, NameMention

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
_BE = word_set("is was 's ’s be been were are isn't wasn't seems seemed")
_PREPOSITIONS = word_set("of in on at by to with about for from as into against than over after")
_DETERMINERS = word_set("the a an this that these those some any another")
_INDEFINITE = word_set("a an one another")

_MAX_CANDIDATES = 10
_MAX_SCANNED = 60
"""Actors looked at for candidates, from the one mentioned last: a bound on the time of a text full
of names."""
_BUCKETS = (0, 1, 2, 3, 4, 6, 9, 14)
_EDGES = (0.01, 0.05, 0.15, 0.3, 0.45, 0.6, 0.75, 0.88, 0.96)
"""Lower ends of the ranges that counts and probabilities fall into, as features."""
_LEAST_PROBABILITY: dict[Kind, float] = {
    "person": 0.6,
    "group": 0.5,
    "thing": 0.5,
    "description": 0.5,
}
"""An anaphor is resolved if its antecedent is more probable than all else. For he and she it is a
bit more, because at 0.57 the choice between two people named side by side is chance. By
cross-validation, their F1 is 91.2 at 0.4 as at 0.5. From this probability on, a pronoun also tells
the gender of a person for those that follow."""
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
_GOVERNING = word_set("government administration military army police")
"""Nouns for bodies that a text often names by their country only."""
_WRITTEN_OUT = {
    "sen.": "senator", "sens.": "senator", "gov.": "governor", "rep.": "representative",
    "gen.": "general", "lt.": "lieutenant", "capt.": "captain", "sgt.": "sergeant",
    "col.": "colonel", "prof.": "professor", "dr.": "doctor", "dr": "doctor",
}  # fmt: skip
"""Titles that are abbreviated before a name but not in a description."""
_CONTEXT = 10
"""Tokens beside a name that may describe it: "the Swedish carmaker Volvo", "Oracle, a software
company"."""


@dataclass(frozen=True, slots=True)
class Reference:
    """An anaphor at tokens `first`:`last` with its antecedent and the confidence in it."""

    first: int
    last: int
    kind: Kind
    antecedent: Actor
    confidence: float


Link = Callable[[int], tuple[Mapping[Actor, float], float] | None]
"""Maps the character offset of a pronoun to the network's probabilities of its antecedents, and of
none; None if the network says nothing."""


def no_link(start: int) -> None:
    """Say nothing about a pronoun: the ranker decides without a network."""
    return


@dataclass(slots=True)
class _Seen:
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


@dataclass(frozen=True, slots=True)
class Choice:
    """An anaphor with its candidates, their features, and those of "nobody"."""

    anaphor: Anaphor
    actors: list[Actor]
    features: list[list[str]]
    nobody: list[str]


Decide = Callable[[Choice], tuple[Actor, float] | None]


class Ranker:
    """The weights of each feature, by kind of anaphor."""

    def __init__(self, weights: Mapping[str, Mapping[str, float]]) -> None:
        self._weights = weights

    def probabilities(self, choice: Choice) -> list[float]:
        """Return the probability of each candidate, in order; the rest to 1 is that of nobody."""
        return self.shares(choice.anaphor.kind, [*choice.features, choice.nobody])[:-1]

    def shares(self, kind: str, options: Sequence[Sequence[str]]) -> list[float]:
        """Return the softmax over the options of an anaphor, each given by its features."""
        weights = self._weights[kind]
        scores = [sum(weights.get(feature, 0.0) for feature in features) for features in options]
        highest = max(scores)
        shares = [math.exp(score - highest) for score in scores]
        total = sum(shares)
        return [share / total for share in shares]

    def decide(self, choice: Choice) -> tuple[Actor, float] | None:
        """Return the most probable antecedent with its probability, or None."""
        if not choice.actors:
            return None
        probabilities = self.probabilities(choice)
        best = max(range(len(probabilities)), key=probabilities.__getitem__)
        if probabilities[best] < _LEAST_PROBABILITY[choice.anaphor.kind]:
            return None
        return choice.actors[best], probabilities[best]


@lru_cache(maxsize=4)
def load_ranker(name: str) -> Ranker:
    """Return the ranker that was trained with the extractor of a name."""
    file = resources.files("etl.extract").joinpath("ranker", f"{name}.json")
    return Ranker(json.loads(file.read_text("utf-8")))


def resolve(
    doc: Document,
    names: Sequence[NameMention],
    anaphors: Sequence[Anaphor],
    lexicon: Lexicon,
    is_quoted: Callable[[int], bool],
    decide: Decide,
    link: Link = no_link,
    excluded: Mapping[int, Collection[Actor]] | None = None,
) -> list[Reference]:
    """Return the anaphors whose antecedent is clear, in order.

    `excluded` maps the first token of an anaphor to actors that it doesn't mean.
    """
    text = _Text(doc, names, lexicon, is_quoted)
    found: list[Reference] = []
    for anaphor in anaphors:
        text.read_to(anaphor.first)
        others = (excluded or {}).get(anaphor.first, ())
        choice = decide(text.choice(anaphor, others, link))
        if choice is None:
            continue
        actor, confidence = choice
        if anaphor.gender:
            actor.gender = actor.gender or anaphor.gender
        found.append(Reference(anaphor.first, anaphor.last, anaphor.kind, actor, confidence))
        text.mention(actor, anaphor)
    return found


class _Text:
    """The text up to an anaphor: the actors mentioned so far, the last one last."""

    def __init__(
        self,
        doc: Document,
        names: Sequence[NameMention],
        lexicon: Lexicon,
        is_quoted: Callable[[int], bool],
    ) -> None:
        self.doc, self.lexicon, self.is_quoted = doc, lexicon, is_quoted
        self._names = [mention for mention in names if mention.actor is not None]
        self._at = 0
        self._seen: dict[Actor, _Seen] = {}
        self._subjects: dict[int, Actor] = {}
        """The subject of each sentence so far."""
        self._meant: dict[int, Actor] = {}
        """The antecedent of each anaphor so far, by its first token."""
        self._has_person = False
        for mention in self._names:
            actor = mention.actor
            if actor and actor not in self._seen and actor.mentions[0].part != mention.part:
                self._of(actor).in_headline = True

    @cached_property
    def _phrases(self) -> list[int]:
        """How many noun phrases with a determiner begin before each token."""
        return [0, *accumulate(token.lower in _DETERMINERS for token in self.doc.tokens)]

    @cached_property
    def _plurals(self) -> list[int]:
        """How many plural nouns, by their ending, stand before each token."""
        return [0, *accumulate(_is_plural(t.text) for t in self.doc.tokens)]

    @cached_property
    def _commas(self) -> list[int]:
        """How many commas stand before each token."""
        return [0, *accumulate(token.text == "," for token in self.doc.tokens)]

    @cached_property
    def _strangers(self) -> list[int]:
        """How many people without a name are introduced before each token: "a spokesman"."""
        tokens, nouns = self.doc.tokens, self.lexicon.source_nouns
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
        tokens = self.doc.tokens
        return {
            later.lower
            for i, token in enumerate(tokens)
            if token.lower in _INDEFINITE
            for later in tokens[i + 1 : i + 4]
            if later.lower in self.lexicon.description_heads
        }

    def _of(self, actor: Actor) -> _Seen:
        self._has_person |= actor.type == "PERSON"
        seen = self._seen.pop(actor, None) or _Seen(actor, number=len(self._seen))
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
            self._note(seen, first, last, is_subject(self.doc, mention, self.lexicon))
            seen.beside |= self._described(first, last)

    def mention(self, actor: Actor, anaphor: Anaphor) -> None:
        """Take note that an anaphor means an actor."""
        seen = self._of(actor)
        self._meant[anaphor.first] = actor
        seen.how = "description" if anaphor.kind == "description" else "pronoun"
        self._note(seen, anaphor.first, anaphor.last, anaphor.form == "subject")

    def _note(self, seen: _Seen, first: int, last: int, may_be_subject: bool) -> None:
        tokens = self.doc.tokens
        paragraph = self.doc.paragraph_of(first)
        seen.in_paragraph = 1 + (seen.in_paragraph if paragraph == seen.paragraph else 0)
        seen.token, seen.sentence, seen.paragraph = first, tokens[first].sentence, paragraph
        seen.speaks = self._is_beside_cue(first, last)
        seen.is_joined = "and" in (
            tokens[max(0, first - 1)].lower,
            tokens[min(last, len(tokens) - 1)].lower,
        )
        if may_be_subject and seen.sentence not in self._subjects:
            self._subjects[seen.sentence] = seen.actor
            seen.place = "subject"
        else:
            before = tokens[first - 1].lower if first else ""
            seen.place = "preposition" if before in _PREPOSITIONS else "other"
        seen.is_possessive = last < len(tokens) and tokens[last].lower in POSSESSIVE
        seen.is_quoted = self.is_quoted(tokens[first].start)
        seen.count += 1

    def _is_beside_cue(self, first: int, last: int) -> bool:
        tokens, cues = self.doc.tokens, self.lexicon.cues
        return (last < len(tokens) and tokens[last].lower in cues) or (
            first > 0 and tokens[first - 1].lower in cues
        )

    def _described(self, first: int, last: int) -> set[str]:
        """Return the nouns beside a name that may describe it."""
        tokens, heads = self.doc.tokens, self.lexicon.description_heads
        sentence = self.doc.sentence_of(first)
        words = {t.lower for t in tokens[max(sentence.first, first - 3) : first]}
        after = tokens[last].lower if last < sentence.last else ""
        if after in (",", "(", "—", "–", "is", "was", "which"):
            words |= {t.lower for t in tokens[last : min(last + _CONTEXT, sentence.last)]}
        return words & heads.keys()

    def choice(self, anaphor: Anaphor, others: Collection[Actor], link: Link) -> Choice:
        """Return the candidates of an anaphor with their features."""
        candidates = list(
            islice(
                (
                    seen
                    for actor in islice(reversed(self._seen), _MAX_SCANNED)
                    for seen in (self._seen[actor],)
                    if actor not in others and self._fits(anaphor, seen)
                ),
                _MAX_CANDIDATES,
            )
        )
        if anaphor.kind == "person":
            candidates += [
                seen
                for seen in map(_Seen, self._named_in_sentence(anaphor.first))
                if seen.actor not in others and self._fits(anaphor, seen)
            ]
        linked = None
        if anaphor.kind == "person" and candidates:
            linked = link(self.doc.tokens[anaphor.first].start)
        probabilities = _among({seen.actor for seen in candidates}, linked)
        most = max((seen.count for seen in candidates), default=0)
        features = [
            list(self._features(anaphor, seen, rank, len(candidates), most, probabilities))
            for rank, seen in enumerate(candidates)
        ]
        nobody = list(self._nobody(anaphor, candidates, probabilities))
        return Choice(anaphor, [seen.actor for seen in candidates], features, nobody)

    def _fits(self, anaphor: Anaphor, seen: _Seen) -> bool:
        """Whether gender, type and owner allow that an anaphor means an actor."""
        actor = seen.actor
        if anaphor.gender and actor.gender not in ("", anaphor.gender):
            return False
        if anaphor.kind != "description":
            return actor.type in _TYPES[anaphor.kind]
        if anaphor.owner is not None:
            # "his campaign" is the Lee campaign if "his" means Lee.
            owner = self._meant.get(anaphor.owner)
            words = set(actor.name.lower().split())
            named = owner is not None and not words.isdisjoint(owner.name.lower().split())
            return named and anaphor.head in words and actor is not owner
        if anaphor.head in _GOVERNING and actor.type == "GPE":
            return True
        if anaphor.type == "PERSON" and anaphor.head in self.lexicon.titles:
            # "The minister" is a person whom the text calls a minister.
            return anaphor.head in _role_words(actor) or anaphor.head in seen.beside
        return anaphor.type is not None and actor.type in _DESCRIBED_TYPES[anaphor.type]

    def _named_in_sentence(self, i: int) -> Iterator[Actor]:
        """Yield people first named after token `i` whom a pronoun there may mean all the same.

        Only in its sentence, from a clause or phrase in front ("When she resigned, Vasse …"), or if
        nobody was named before.
        """
        sentence = self.doc.sentence_of(i)
        for mention in self._names[self._at : self._at + _MAX_CANDIDATES]:
            name, actor = mention.name.first, mention.actor
            if name >= sentence.last:
                return
            if actor is None or actor.type != "PERSON" or actor in self._seen:
                continue
            if not self._has_person or self._is_fronted(i, name):
                yield actor

    def _again(self, anaphor: Anaphor, actor: Actor) -> str | None:
        """Return how the sentence names an actor behind an anaphor, or None if it does not.

        In "He said Lee would go", "he" is not Lee; in "When he left, Lee said" it mostly is.
        """
        last = self.doc.sentence_of(anaphor.first).last
        for mention in self._names[self._at : self._at + _MAX_CANDIDATES]:
            name = mention.name.first
            if name >= last:
                return None
            if mention.actor is actor:
                fronted = "fronted" if self._is_fronted(anaphor.first, name) else "behind"
                subject = is_subject(self.doc, mention, self.lexicon)
                return f"{fronted} {'subject' if subject else 'other'} {anaphor.form}"
        return None

    def _is_fronted(self, i: int, name: int) -> bool:
        """Whether a clause or phrase with the token `i` stands in front of a name."""
        tokens = self.doc.tokens
        begin = self.doc.sentence_of(i).first
        words = (t.lower for t in tokens[begin : min(i + 1, begin + _CONTEXT)] if t.is_word)
        opener = next(words, "")
        fronts = opener in _FRONTING or opener.endswith(("ing", "ed"))
        return fronts and self._commas[name] > self._commas[i]

    def _features(
        self,
        anaphor: Anaphor,
        seen: _Seen,
        rank: int,
        count: int,
        most: int,
        probabilities: Mapping[Actor, float] | None,
    ) -> Iterator[str]:
        """Yield what holds of a candidate. Each is a weight of its own for each kind of anaphor."""
        at = anaphor.first
        sentence = self.doc.tokens[at].sentence
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
            yield from _description_features(anaphor, seen)
        if again := self._again(anaphor, seen.actor):
            yield f"{'again' if seen.count else 'later'} {again}"
        if seen.token < 0:
            yield "only in the headline" if seen.in_headline else "named later"
            return
        distance = sentence - seen.sentence
        yield f"sentences {_bucket(distance)} {seen.place}"
        yield f"paragraphs {min(2, self.doc.paragraph_of(at) - seen.paragraph)}"
        yield f"rank {min(rank, 5)}"
        yield f"rank {min(rank, 2)} of {min(count, 3)}"
        yield f"last {seen.how} {seen.place} {min(distance, 2)}"
        speaks = self._is_beside_cue(at, anaphor.last)
        yield f"speaks {speaks:d}{seen.speaks:d} {min(distance, 2)}"
        if self.doc.paragraph_of(at) == seen.paragraph:
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
        quoted = self.is_quoted(self.doc.tokens[at].start)
        yield f"quoted {quoted:d}{seen.is_quoted:d} {min(distance, 1)}"
        if self._subjects.get(sentence - 1) is seen.actor:
            yield f"subject before {anaphor.form}"
        if self._subjects.get(sentence) is seen.actor:
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

    def _nobody(
        self,
        anaphor: Anaphor,
        candidates: Sequence[_Seen],
        probabilities: Mapping[Actor, float] | None,
    ) -> Iterator[str]:
        """Yield what holds of an anaphor, as features of the answer that it means nobody named."""
        tokens, at = self.doc.tokens, anaphor.first
        yield "always"
        yield f"candidates {min(len(candidates), 4)}"
        yield f"form {anaphor.form}"
        yield f"quoted {self.is_quoted(tokens[at].start):d}"
        if probabilities is not None:
            yield f"link {_range(1 - sum(probabilities.values()))}"
        before = tokens[at - 1] if at else None
        after = tokens[anaphor.last] if anaphor.last < len(tokens) else None
        yield f"before {self._word_class(before)}"
        yield f"after {self._word_class(after)}"
        if anaphor.kind == "description":
            yield f"head {anaphor.head}"
            yield f"head type {anaphor.type}"
            yield f"determiner {tokens[at].lower if not anaphor.modifiers else 'modified'}"
            if anaphor.head in self._introduced:
                yield "introduced"
        else:
            yield f"word {tokens[at].lower}"
        sentence = self.doc.sentence_of(at)
        yield f"phrases {_bucket(self._phrases[at] - self._phrases[sentence.first])}"
        if anaphor.kind == "group":
            previous = self.doc.sentences[max(0, tokens[at].sentence - 1)].first
            yield f"plurals {min(4, self._plurals[at] - self._plurals[previous])}"
            yield f"plurals here {min(3, self._plurals[at] - self._plurals[sentence.first])}"

    def _word_class(self, token: Token | None) -> str:
        """Return what kind of word stands beside an anaphor."""
        if token is None:
            return "edge"
        lower = token.lower
        if lower in _BE:
            return "be"
        if lower in ("to", "that"):
            return lower
        if lower in _PREPOSITIONS:
            return "preposition"
        if lower in CLAUSE_OPENERS:
            return "opener"
        if lower in _AUXILIARIES:
            return "auxiliary"
        if lower in self.lexicon.cues:
            return "cue"
        if not lower[0].isalnum():
            return "sign"
        return "ed" if lower.endswith("ed") else "s" if lower.endswith("s") else "word"


def _role_words(actor: Actor) -> set[str]:
    """Return the lower-case words of an actor's role, titles written out."""
    words = (actor.role or "").lower().replace(",", " ").split()
    return {_WRITTEN_OUT.get(word, word) for word in words}


def _description_features(anaphor: Anaphor, seen: _Seen) -> Iterator[str]:
    """Yield how well a description fits an actor."""
    name = set(seen.actor.name.lower().split())
    role = _role_words(seen.actor)
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
    if anaphor.head in _GOVERNING:
        yield f"governing {seen.actor.type}"
    yield f"type {kind} {seen.actor.type}"


def _among(
    possible: Collection[Actor], linked: tuple[Mapping[Actor, float], float] | None
) -> dict[Actor, float] | None:
    """Return the network's probabilities, given that it is one of the possible ones or none."""
    if linked is None:
        return None
    by_actor, nobody = linked
    kept = {actor: p for actor, p in by_actor.items() if actor in possible}
    total = sum(kept.values()) + nobody
    return {actor: p / total for actor, p in kept.items()} if total > 0.02 else None


def is_subject(doc: Document, mention: NameMention, lexicon: Lexicon) -> bool:
    """Whether a name is probably the subject of its sentence or clause."""
    i, begin = mention.name.first, doc.sentence_of(mention.name.first).first
    if mention.name.role and mention.method != "appositive":
        i = max(begin, bisect_left(doc.starts, doc.tokens[i].start - len(mention.name.role) - 1))
    if i > begin and doc.tokens[i - 1].lower == "the":
        i -= 1
    before = doc.tokens[i - 1].lower if i > begin else ""
    after = doc.tokens[mention.name.last].lower if mention.name.last < len(doc.tokens) else ""
    if after in ("'s", "’s"):
        return False
    opens = not before or not before[0].isalnum() or before in CLAUSE_OPENERS
    is_verb = after in _AUXILIARIES or after in lexicon.cues or after in PAST_TENSES
    return opens or is_verb or (after.endswith("ed") and before not in _PREPOSITIONS)


def _is_plural(word: str) -> bool:
    return len(word) > 3 and word[0].islower() and word.endswith("s") and word[-2:] != "ss"


def _bucket(number: int) -> int:
    """Return the number of the range that a count falls into."""
    return bisect_right(_BUCKETS, number)


def _range(probability: float) -> int:
    """Return the number of the range that a probability falls into."""
    return bisect_right(_EDGES, probability)
