"""The rule-based extractor: ties tokens, marks, names, actors, pronouns and quotes together.

Belongs here: the order of the steps, and turning what they found into the records of `etl.domain`.
Does not belong here: any rule about language.
"""

from __future__ import annotations

from collections.abc import Sequence

from etl.domain import Article, Extraction, Part
from etl.extract import entity_types, marks, pronouns, roles, title_case, tokens
from etl.extract.candidates import NameFinder
from etl.extract.document import Document
from etl.extract.lexicon import load_lexicon
from etl.extract.mention_clusters import Located, MentionClusters
from etl.extract.names import Name
from etl.extract.quotes import find_speech
from etl.extract.records import Records, inside

_PARTS: tuple[Part, ...] = ("headline", "body")


class RuleExtractor:
    """Extraction by rules and word lists; its only state is the lexicon, which never changes."""

    name = "rules"
    version = "rules-1"

    def __init__(self) -> None:
        self._lexicon = load_lexicon()

    def __reduce__(self) -> tuple[object, ...]:
        return RuleExtractor, ()

    def extract(self, article: Article) -> Extraction:
        """All that the rules find in one article."""
        lexicon = self._lexicon
        docs = {part: tokens.read(article.text(part)) for part in _PARTS}
        spans = {part: marks.find_spans(docs[part]) for part in _PARTS}
        names = {"body": self._names(docs["body"])}
        known = title_case.KnownNames(names["body"], lexicon)
        names["body"] = title_case.add_title_case(docs["body"], names["body"], known, lexicon)
        found = self._names(docs["headline"])
        names["headline"] = title_case.add_title_case(docs["headline"], found, known, lexicon)
        located = [Located(part, name) for part in _PARTS for name in names[part]]
        registry = MentionClusters(lexicon)
        registry.link(located, docs)
        records = Records(registry.actors)
        for part in _PARTS:
            here = [x for x in located if x.part == part]
            is_quoted = inside(spans[part])
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
        names = entity_types.decide(doc, NameFinder(doc, self._lexicon).find(), self._lexicon)
        roles.add_roles(doc, names, self._lexicon)
        return names
