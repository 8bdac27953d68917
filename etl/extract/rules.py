"""The rule-based extractor: ties tokens, marks, names, actors, pronouns and quotes together.

Belongs here: the order of the steps, and turning what they found into the records of `etl.model`.
Does not belong here: any rule about language.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence

from etl.extract import headline, kinds, marks, pronouns, roles, tokens
from etl.extract.actors import Actor, Located, Registry
from etl.extract.lexicon import load_lexicon
from etl.extract.names import Name, NameFinder
from etl.extract.quotes import find_speech
from etl.extract.speech import Speech
from etl.extract.tokens import Document
from etl.model import Article, Extraction, Mention, MentionKind, Part, Quote, TextActor

_PARTS: tuple[Part, ...] = ("headline", "body")


class RuleExtractor:
    """Extraction by rules and word lists; its only state is the lexicon, which never changes."""

    name = "rules"
    version = "rules-1"

    def __init__(self) -> None:
        self._lexicon = load_lexicon()

    def extract(self, article: Article) -> Extraction:
        """All that the rules find in one article."""
        lexicon = self._lexicon
        docs = {part: tokens.read(article.text(part)) for part in _PARTS}
        spans = {part: marks.find_spans(docs[part]) for part in _PARTS}
        names = {"body": self._names(docs["body"])}
        known = headline.KnownNames(names["body"], lexicon)
        names["body"] = headline.add_title_case(docs["body"], names["body"], known, lexicon)
        found = self._names(docs["headline"])
        names["headline"] = headline.add_title_case(docs["headline"], found, known, lexicon)
        located = [Located(part, name) for part in _PARTS for name in names[part]]
        registry = Registry(lexicon)
        registry.link(located, docs)
        records = _Records(registry.actors)
        for part in _PARTS:
            here = [x for x in located if x.part == part]
            is_quoted = _inside(spans[part])
            stand_ins = pronouns.resolve(docs[part], here, lexicon, is_quoted)
            speech = find_speech(
                docs[part], spans[part], here, stand_ins, lexicon, is_headline=part == "headline"
            )
            records.add(part, docs[part], is_quoted, here, stand_ins, speech)
        return Extraction(records.actors, tuple(records.mentions), tuple(records.quotes))

    def extract_many(self, articles: Sequence[Article]) -> list[Extraction]:
        """One extraction per article, in order."""
        return [self.extract(article) for article in articles]

    def _names(self, doc: Document) -> list[Name]:
        names = kinds.decide(doc, NameFinder(doc, self._lexicon).find(), self._lexicon)
        roles.add_roles(doc, names, self._lexicon)
        return names


def _inside(spans: Sequence[marks.Span]) -> Callable[[int], bool]:
    """A test whether a character stands in one of some ordered spans."""
    starts = [span.start for span in spans]

    def test(position: int) -> bool:
        i = bisect_right(starts, position) - 1
        return i >= 0 and position < spans[i].end

    return test


def _covers(span: tuple[int, int], starts: set[int]) -> bool:
    """Whether something starts within a (short) span."""
    return any(at in starts for at in range(*span))


class _Records:
    """Turns what was found in both parts into records, with one numbering of utterances."""

    def __init__(self, actors: Sequence[Actor]) -> None:
        self._numbers = {id(actor): number for number, actor in enumerate(actors)}
        self._utterances = 0
        self.actors = tuple(TextActor(i, a.name, a.type) for i, a in enumerate(actors))
        self.mentions: list[Mention] = []
        self.quotes: list[Quote] = []

    def add(
        self,
        part: Part,
        doc: Document,
        is_quoted: Callable[[int], bool],
        names: Sequence[Located],
        stand_ins: Sequence[pronouns.Pronoun],
        speech: Sequence[Speech],
    ) -> None:
        """Add the mentions and quotes of one part, each in order of the text."""

        def mention(
            first: int,
            last: int,
            actor: Actor,
            kind: MentionKind,
            role: str | None,
            method: str,
            confidence: float,
        ) -> Mention:
            start, end = doc.tokens[first].start, doc.tokens[last - 1].end
            return Mention(
                actor=self._numbers[id(actor)],
                part=part,
                char_start=start,
                char_end=end,
                surface=doc.text[start:end],
                type=actor.type,
                kind=kind,
                paragraph=doc.paragraph_of(first),
                sentence=doc.tokens[first].sentence,
                role=role,
                is_in_quote=is_quoted(start),
                method=method,
                confidence=round(confidence, 3),
            )

        found = [
            mention(x.name.first, x.name.last, x.actor, "name", x.name.role, x.method, x.confidence)
            for x in names
            if x.actor is not None
        ]
        found += [
            mention(p.token, p.token + 1, p.actor, "pronoun", None, "pronoun", p.confidence)
            for p in stand_ins
        ]
        taken = {m.char_start for m in found}
        for said in speech:
            # "The mayor" who speaks for the one mayor of the text; other sources are names or
            # pronouns, which are mentions already.
            if said.speaker is None or said.source is None or _covers(said.source, taken):
                continue
            first, last = (bisect_left(doc.starts, at) for at in said.source)
            found.append(mention(first, last, said.speaker, "nominal", None, "office", 0.6))
            taken.add(said.source[0])
        self.mentions += sorted(found, key=lambda m: m.char_start)
        self.quotes += [self._quote(said, part, doc) for said in speech]
        self._utterances += 1 + max((said.utterance for said in speech), default=-1)

    def _quote(self, said: Speech, part: Part, doc: Document) -> Quote:
        start, end = said.source or (None, None)
        return Quote(
            utterance=self._utterances + said.utterance,
            part=part,
            char_start=said.start,
            char_end=said.end,
            text=doc.text[said.start : said.end],
            kind=said.kind,
            cue=said.cue,
            speaker=None if said.speaker is None else self._numbers[id(said.speaker)],
            speaker_surface=None if said.source is None else doc.text[start:end],
            speaker_char_start=start,
            speaker_char_end=end,
            method=said.method,
            confidence=round(said.confidence, 3),
        )
