"""The rule-based extractor: the pipeline from tokens to records.

Belongs here: the order of the steps. Does not belong here: any rule about language, and building
records (`records`).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from etl.domain import Article, Extraction, Part
from etl.extract import anaphors, entity_types, marks, roles, title_case, tokens, turns
from etl.extract.addressees import without_own_outlet
from etl.extract.antecedents.ranker import load_ranker
from etl.extract.candidates import CandidateFinder
from etl.extract.document import Document
from etl.extract.lexicon import load_lexicon
from etl.extract.mention_clusters import MentionClusters, NameMention
from etl.extract.names import Name
from etl.extract.pronouns_and_speech import resolve_together
from etl.extract.quotes import find_speech
from etl.extract.records import RecordBuilder, span_membership

_PARTS: tuple[Part, ...] = ("headline", "body")


class RuleExtractor:
    """Extraction by rules and word lists. Its only state is the immutable lexicon."""

    name = "rules"
    version = "rules-6"

    def __init__(self) -> None:
        self._lexicon = load_lexicon()

    def __reduce__(self) -> tuple[object, ...]:
        return RuleExtractor, ()

    def extract(self, article: Article) -> Extraction:
        """Return the actors, mentions and quotes that the rules find in one article."""
        lexicon = self._lexicon
        docs = {part: tokens.segment(article.text(part)) for part in _PARTS}
        spans = {part: marks.find_spans(docs[part]) for part in _PARTS}
        names = {"body": self._names(docs["body"])}
        known = title_case.KnownNames(names["body"], lexicon)
        names["body"] = title_case.add_title_case(docs["body"], names["body"], known, lexicon)
        found = title_case.cut_to_known_people(
            docs["headline"], self._names(docs["headline"]), names["body"], lexicon
        )
        names["headline"] = title_case.add_title_case(docs["headline"], found, known, lexicon)
        names["body"] = without_own_outlet(docs["body"], names["body"], article.outlet, lexicon)
        layout = turns.find_layout(
            article, docs["body"], names["body"], names["headline"], lexicon
        )  # fmt: skip
        names["body"] = layout.names
        mentions = [NameMention(part, name) for part in _PARTS for name in names[part]]
        clusters = MentionClusters(lexicon)
        clusters.cluster(mentions, docs)
        layout.name_speakers(mentions, docs["headline"])
        records = RecordBuilder(clusters.actors)
        for part in _PARTS:
            part_mentions = [mention for mention in mentions if mention.part == part]
            is_quoted = layout.is_quoted(part, span_membership(spans[part]))
            speech_of = partial(
                find_speech, docs[part], spans[part], part_mentions,
                lexicon=lexicon, is_headline=part == "headline",
            )  # fmt: skip
            resolved, speech = resolve_together(
                docs[part],
                part_mentions,
                list(anaphors.find(docs[part], part_mentions, lexicon)),
                lexicon,
                is_quoted,
                layout.speech_of(part, speech_of),
                load_ranker(self.name).decide,
            )
            records.add(part, docs[part], is_quoted, part_mentions, resolved, speech)
        return Extraction(records.actors, tuple(records.mentions), tuple(records.quotes))

    def extract_many(self, articles: Sequence[Article]) -> list[Extraction]:
        """Return one extraction per article, in order."""
        return [self.extract(article) for article in articles]

    def _names(self, doc: Document) -> list[Name]:
        names = entity_types.assign_types(
            doc, CandidateFinder(doc, self._lexicon).find(), self._lexicon
        )
        roles.add_roles(doc, names, self._lexicon)
        return names
