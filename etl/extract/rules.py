"""The rule-based extractor: ties tokens, marks, names, actors, pronouns and quotes together.

Belongs here: the order of the steps, and turning what they found into the records of `etl.model`.
Does not belong here: any rule about language.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence

from etl.extract import headline, kinds, marks, pronouns, roles, tokens
from etl.extract.actors import Actor, Located, Registry
from etl.extract.lexicon import load_lexicon
from etl.extract.names import Name, NameFinder
from etl.extract.quotes import find_speech
from etl.extract.speech import Speech
from etl.extract.tokens import Document
from etl.model import Article, Extraction, Mention, Part, Quote, TextActor

_PARTS: tuple[Part, ...] = ("headline", "body")


class RuleExtractor:
    """Extraction by rules and word lists; no state but the lexicon, which is shared and constant."""

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
        speech: dict[Part, Sequence[Speech]] = {}
        stand_ins: dict[Part, list[pronouns.Pronoun]] = {}
        for part in _PARTS:
            here = [x for x in located if x.part == part]
            is_quoted = _inside([(s.start, s.end) for s in spans[part]])
            stand_ins[part] = pronouns.resolve(docs[part], here, lexicon, is_quoted)
            speech[part] = find_speech(
                docs[part],
                spans[part],
                here,
                stand_ins[part],
                lexicon,
                is_headline=part == "headline",
            )
        return _records(docs, spans, located, registry.actors, stand_ins, speech)

    def extract_many(self, articles: Sequence[Article]) -> list[Extraction]:
        """One extraction per article, in order."""
        return [self.extract(article) for article in articles]

    def _names(self, doc: Document) -> list[Name]:
        names = kinds.decide(doc, NameFinder(doc, self._lexicon).find(), self._lexicon)
        roles.add_roles(doc, names, self._lexicon)
        return names


def _inside(spans: list[tuple[int, int]]) -> Callable[[int], bool]:
    """A test whether a character stands in one of some ordered spans."""
    starts = [start for start, _ in spans]

    def test(position: int) -> bool:
        i = bisect_right(starts, position) - 1
        return i >= 0 and position < spans[i][1]

    return test


def _records(
    docs: dict[Part, Document],
    spans: dict[Part, list[marks.Span]],
    located: list[Located],
    actors: list[Actor],
    stand_ins: dict[Part, list[pronouns.Pronoun]],
    speech: dict[Part, Sequence[Speech]],
) -> Extraction:
    numbers = {id(actor): number for number, actor in enumerate(actors)}
    mentions: list[Mention] = []
    quotes: list[Quote] = []
    utterances = 0
    for part in _PARTS:
        doc = docs[part]
        is_quoted = _inside([(s.start, s.end) for s in spans[part]])

        def mention(
            first: int,
            last: int,
            actor: Actor,
            kind: str,
            role: str | None,
            method: str,
            confidence: float,
            doc: Document = doc,
            part: Part = part,
            is_quoted: Callable[[int], bool] = is_quoted,
        ) -> Mention:
            start, end = doc.tokens[first].start, doc.tokens[last - 1].end
            return Mention(
                numbers[id(actor)],
                part,
                start,
                end,
                doc.text[start:end],
                actor.type,
                "pronoun" if kind == "pronoun" else "name",
                doc.paragraph_of(first),
                doc.tokens[first].sentence,
                role,
                is_quoted(start),
                method,
                round(confidence, 3),
            )

        here = [
            mention(x.name.first, x.name.last, x.actor, "name", x.name.role, x.method, x.confidence)
            for x in located
            if x.part == part and x.actor is not None
        ]
        here += [
            mention(p.token, p.token + 1, p.actor, "pronoun", None, "pronoun", p.confidence)
            for p in stand_ins[part]
        ]
        mentions += sorted(here, key=lambda m: m.char_start)
        for said in speech[part]:
            quotes.append(
                Quote(
                    utterances + said.utterance,
                    part,
                    said.start,
                    said.end,
                    doc.text[said.start : said.end],
                    said.kind,
                    said.cue,
                    None if said.speaker is None else numbers[id(said.speaker)],
                    None if said.source is None else doc.text[said.source[0] : said.source[1]],
                    None if said.source is None else said.source[0],
                    None if said.source is None else said.source[1],
                    said.method,
                    round(said.confidence, 3),
                )
            )
        utterances += 1 + max((said.utterance for said in speech[part]), default=-1)
    return Extraction(
        tuple(TextActor(i, actor.name, actor.type) for i, actor in enumerate(actors)),
        tuple(mentions),
        tuple(quotes),
    )
