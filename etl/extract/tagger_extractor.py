"""The trained extractor: the tagger finds names and speech, rules resolve them to actors.

Belongs here: the order of the steps, and repairing and merging what the tagger found. Does not
belong here: the network (`tagger`), and rules about language.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import cast

from etl.domain import Article, EntityType, Extraction, Part
from etl.extract import (
    anaphors,
    marks,
    name_bounds,
    name_spans,
    name_types,
    quotes,
    roles,
    tokens,
    turns,
)
from etl.extract.addressees import without_own_outlet
from etl.extract.anaphors import Anaphor
from etl.extract.antecedents.clauses import CLAUSE_OPENERS
from etl.extract.antecedents.ranker import load_ranker
from etl.extract.antecedents.resolve import Reference
from etl.extract.attributions.find import find_speech
from etl.extract.attributions.merge import merge_speech
from etl.extract.document import Document
from etl.extract.lexicon import Lexicon, load_lexicon
from etl.extract.mention_clusters import Actor, MentionClusters, NameMention
from etl.extract.name_words import PARTICLES, nickname, person_form
from etl.extract.names import Name, is_before_name, name_form
from etl.extract.places import place_type
from etl.extract.pronouns_and_speech import resolve_together
from etl.extract.records import RecordBuilder, span_membership
from etl.extract.speech import Speech
from etl.extract.tagger.engine import WEIGHTS, Tagger, load_tagger, read_stamp
from etl.extract.tagger.tags import Span, Tags
from etl.extract.tagger_references import ReferenceReader
from etl.extract.titles import TitleFinder

RULES_VERSION = "8"
"""Raise it whenever the same tags could yield a different extraction. The weights have a stamp of
their own."""
_PARTS: tuple[Part, ...] = ("headline", "body")
_UNCERTAIN_METHODS = ("first_of_surname", "first_name_only", "short_form")
_ARTICLES_AT_ONCE = 128
_CHARACTERS_AT_ONCE = 200_000
_MIN_NAME_CONFIDENCE = 0.4
"""Below this confidence more names are wrong than right (Worldwide, F1 84.8 to 85.0)."""
_OVERRULE_RATIO = 1.5
"""Another type of the same name overrules one if its votes exceed it by this factor (F1 84.8 to
85.2)."""
_BLANK_LINE = re.compile(r"\n[^\S\n]*\n")
_BETWEEN_COMMAS = re.compile(r"[^\s,](?:[^,]*[^\s,])?")

_Votes = dict[str, dict[str, float]]


@dataclass(frozen=True, slots=True)
class Reading:
    """One part of an article as it is before anaphors are resolved and speech is found."""

    part: Part
    doc: Document
    marked: list[marks.MarkedSpan]
    tags: Tags
    names: list[NameMention]
    anaphors: list[Anaphor]
    is_quoted: Callable[[int], bool]
    refer: ReferenceReader
    layout: turns.Layout


class TaggerExtractor:
    """Extraction by a shipped network. Its only state is immutable: weights and word lists."""

    def __init__(self, weights: Path = WEIGHTS, name: str = "tagger") -> None:
        self.name = name
        self._lexicon = load_lexicon()
        self._weights = weights
        self.version = f"{name}-{RULES_VERSION}+{read_stamp(weights)}"

    def __reduce__(self) -> tuple[object, ...]:
        return TaggerExtractor, (self._weights, self.name)  # the state is read from files

    @cached_property
    def _tagger(self) -> Tagger:
        # Loaded on the first extraction: Dagster only asks a code location for the version.
        return load_tagger(self._weights)

    def extract(self, article: Article) -> Extraction:
        """Return the actors, mentions and quotes found in one article."""
        return self.extract_many([article])[0]

    def extract_many(self, articles: Sequence[Article]) -> list[Extraction]:
        """Return one extraction per article, in order. None depends on the other articles."""
        return [self._assemble(article, tags) for article, tags in self._tagged(articles)]

    def readings(self, articles: Sequence[Article]) -> Iterator[list[Reading]]:
        """Yield the readings of each article, for training what is resolved after them."""
        for article, tags in self._tagged(articles):
            yield self._read(article, tags)[0]

    def _tagged(self, articles: Sequence[Article]) -> Iterator[tuple[Article, dict[Part, Tags]]]:
        for batch in _batches(articles):
            # Tag the headline together with the body: alone it has little context.
            texts = [joined_text(article) for article in batch]
            for article, text, tags in zip(batch, texts, self._tag(texts), strict=True):
                tags = _split_names_at_blank_lines(text, tags, self._lexicon)
                headline = tags.part(0, len(article.text("headline")))
                body = tags.part(len(text) - len(article.body), len(text))
                yield article, {"headline": headline, "body": body}

    def spans(self, text: str) -> dict[str, list[tuple[int, int]]]:
        """Return the tagger's raw spans by head, as character offsets, for evaluation."""
        tags = self._tag([text])[0]
        return {head: [(span.start, span.end) for span in tags.spans[head]] for head in tags.spans}

    def _tag(self, texts: Sequence[str]) -> list[Tags]:
        return self._tagger.tag(texts, [tokens.sentence_ends(text) for text in texts])

    def _assemble(self, article: Article, tags: dict[Part, Tags]) -> Extraction:
        readings, actors = self._read(article, tags)
        records = RecordBuilder(actors)
        decide = load_ranker(self.name).decide
        for reading in readings:
            resolved, speech = resolve_together(
                reading.doc,
                reading.names,
                reading.anaphors,
                self._lexicon,
                reading.is_quoted,
                reading.layout.speech_of(
                    reading.part, partial(_find_speech, reading, self._lexicon)
                ),
                decide,
                reading.refer,
            )
            for quote in speech:
                self._calibrate(quote)
            records.add(
                reading.part, reading.doc, reading.is_quoted, reading.names, resolved, speech
            )
        return Extraction(records.actors, tuple(records.mentions), tuple(records.quotes))

    def _read(self, article: Article, tags: dict[Part, Tags]) -> tuple[list[Reading], list[Actor]]:
        """Return the readings of headline and body, and the actors of both."""
        lexicon = self._lexicon
        tags = {
            part: _split_places_at_commas(article.text(part), tags[part], lexicon)
            for part in _PARTS
        }
        tags = _only_names(article, tags, lexicon)
        docs = {part: _segment(article.text(part), tags[part]) for part in _PARTS}
        votes = _type_votes(article, tags)
        names = {part: self._names(docs[part], tags[part], votes) for part in _PARTS}
        names["body"] = without_own_outlet(docs["body"], names["body"], article.outlet, lexicon)
        layout = turns.find_layout(
            article, docs["body"], names["body"], names["headline"], lexicon
        )  # fmt: skip
        names["body"] = layout.names
        mentions = [NameMention(part, name) for part in _PARTS for name in names[part]]
        clusters = MentionClusters(lexicon)
        clusters.cluster(mentions, docs)
        layout.name_speakers(mentions, docs["headline"])
        for mention in mentions:
            # The probability of the name, times that of the actor if there was a choice.
            mention.confidence = mention.name.confidence * (
                mention.confidence if mention.method in _UNCERTAIN_METHODS else 1
            )
        readings = []
        for part in _PARTS:
            doc, marked = docs[part], marks.find_spans(docs[part])
            named = [mention for mention in mentions if mention.part == part]
            readings.append(
                Reading(
                    part,
                    doc,
                    marked,
                    tags[part],
                    named,
                    list(anaphors.find(doc, named, lexicon)),
                    layout.is_quoted(part, span_membership(marked)),
                    ReferenceReader(part, docs, tags),
                    layout,
                )
            )
        return readings, clusters.actors

    def _calibrate(self, quote: Speech) -> None:
        if quote.method != "tagger":
            return  # the confidences of rules are not calibrated
        quote.confidence = self._tagger.calibrated("quotes", quote.confidence)
        if quote.speaker_confidence is not None:
            quote.speaker_confidence = self._tagger.calibrated("speakers", quote.speaker_confidence)

    def _names(self, doc: Document, tags: Tags, votes: _Votes) -> list[Name]:
        titles = TitleFinder(doc, self._lexicon)
        found: list[Name] = []
        for span in tags.spans["names"]:
            if span.confidence < _MIN_NAME_CONFIDENCE:
                continue
            name = self._name(doc, span, votes)
            if found and name.first < found[-1].last:
                continue  # the previous name was extended over this one
            if name.type == "PERSON":
                titles.add_title(name)
            found.append(name)
        roles.add_roles(doc, found, self._lexicon)
        return found

    def _name(self, doc: Document, span: Span, votes: _Votes) -> Name:
        first, last = doc.token_range(span.start, span.end)
        label = span.label
        votes_by_type = votes[doc.text[span.start : span.end]]
        majority_type = max(votes_by_type, key=lambda label: votes_by_type[label])
        if votes_by_type[majority_type] > _OVERRULE_RATIO * votes_by_type[label]:
            label = majority_type
        if label == "PERSON":
            first = self._titles_end(doc, first, last)
            # No name ends with a particle such as "bin": the next word belongs to it.
            if last < len(doc.tokens) and doc.tokens[last - 1].lower in PARTICLES:
                last += doc.tokens[last].is_capitalised
        # No name crosses a paragraph, although the network may join two.
        while last - first > 1 and doc.paragraph_of(last - 1) != doc.paragraph_of(first):
            last -= 1
        form, known_as = name_form(doc, first, last), ""
        if label == "PERSON":
            form, known_as = person_form(form), nickname(form)
        elif label == "LOC":
            label = place_type(form, self._lexicon)
        return Name(
            first,
            last,
            form,
            cast(EntityType, label),
            method="tagger",
            confidence=self._tagger.calibrated("names", span.confidence),
            nickname=known_as,
        )

    def _titles_end(self, doc: Document, first: int, last: int) -> int:
        """Return where a person's name begins, after words that the network took for part of it.

        A leading title is the role, and a leading "If" opens a clause.
        """
        while last - first > 1 and (
            doc.tokens[first].lower in self._lexicon.titles
            or doc.tokens[first].lower in CLAUSE_OPENERS
            or is_before_name(doc, first, last, self._lexicon)
        ):
            first += 1
        return first


def _batches(articles: Sequence[Article]) -> Iterator[list[Article]]:
    """Yield articles in batches that keep the cores busy and the memory small."""
    batch: list[Article] = []
    characters = 0
    for article in articles:
        batch.append(article)
        characters += len(article.body)
        if len(batch) == _ARTICLES_AT_ONCE or characters >= _CHARACTERS_AT_ONCE:
            yield batch
            batch, characters = [], 0
    if batch:
        yield batch


def _split_names_at_blank_lines(text: str, tags: Tags, lexicon: Lexicon) -> Tags:
    """Split names that the network joined, as of a headline's end and the beginning of the body.

    It read them as one, so each part needs a sign that it is a name: two words in normal case, an
    entry in a list, or words that other names in the text have. In headlines in capitals, every
    sixth of Reuters' ends in such a span: "… INTRODUCES WORKSTATIONS / Daisy Systems Corp said".
    """
    found = tags.spans["names"]
    pieces = [_BLANK_LINE.split(text[span.start : span.end]) for span in found]
    if all(len(parts) == 1 for parts in pieces):
        return tags
    count_by_word = Counter(
        word for parts in pieces for part in parts for word in set(part.casefold().split())
    )
    names: list[Span] = []
    for span, parts in zip(found, pieces, strict=True):
        if len(parts) == 1:
            names.append(span)
            continue
        at = span.start
        for part in parts:
            start = text.index(part, at)
            at = start + len(part)
            surface = part.strip()
            words = surface.casefold().split()
            known = lexicon.type_of(surface) or lexicon.type_of(surface.title())
            is_name = (
                known is not None
                or (len(words) > 1 and not surface.isupper())
                or (span.label == "PERSON" and surface.lower() in lexicon.first_names)
                or all(count_by_word[word] > 1 for word in words)
            )
            if words and is_name:
                start += part.index(surface)
                label = name_types.LABELS.get(known or "", span.label)
                names.append(Span(start, start + len(surface), label, span.confidence))
    return replace(tags, spans={**tags.spans, "names": names})


def _split_places_at_commas(text: str, tags: Tags, lexicon: Lexicon) -> Tags:
    """Split place names at commas, because "Nairobi, Kenya" are two places.

    Worldwide annotates two places in 357 such cases and one in 96, so the network learned both.
    """
    names: list[Span] = []
    for span in tags.spans["names"]:
        surface = text[span.start : span.end]
        if span.label != "LOC" or "," not in surface:
            names.append(span)
            continue
        for match in _BETWEEN_COMMAS.finditer(surface):
            words = match[0].lower().split()
            is_person = len(words) > 1 and words[0] in lexicon.first_names
            start = span.start + match.start()
            label = "PERSON" if is_person else span.label
            names.append(Span(start, start + len(match[0]), label, span.confidence))
    return replace(tags, spans={**tags.spans, "names": names})


def _only_names(article: Article, tags: dict[Part, Tags], lexicon: Lexicon) -> dict[Part, Tags]:
    """Return the tags with the spans that are names, each of a settled type."""
    texts = {part: article.text(part) for part in _PARTS}
    spans = {
        part: name_spans.names_only(
            texts[part],
            name_bounds.mend_bounds(texts[part], tags[part].spans["names"], lexicon),
            lexicon,
        )
        for part in _PARTS
    }
    spans["headline"] = name_spans.headline_names(
        texts["headline"], spans["headline"], article.body, spans["body"], lexicon
    )
    spans = name_types.settle_types(texts, spans, lexicon)
    spans = name_spans.cut_to_known_people(texts, spans, lexicon)
    spans = {part: name_spans.without_titles(texts[part], spans[part], lexicon) for part in _PARTS}
    return {
        part: replace(tags[part], spans={**tags[part].spans, "names": spans[part]})
        for part in _PARTS
    }


def _type_votes(article: Article, tags: dict[Part, Tags]) -> _Votes:
    """Sum the confidences of each type by surface, over all occurrences in an article."""
    votes: _Votes = defaultdict(lambda: defaultdict(float))
    for part, found in tags.items():
        text = article.text(part)
        for span in found.spans["names"]:
            votes[text[span.start : span.end]][span.label] += span.confidence
    return votes


def joined_text(article: Article) -> str:
    """Return headline and body as the network reads them."""
    return f"{article.headline}\n\n{article.body}" if article.headline else article.body


def _segment(text: str, tags: Tags) -> Document:
    """Segment a text so that every tagger span consists of whole tokens."""
    edges = {
        edge for spans in tags.spans.values() for span in spans for edge in (span.start, span.end)
    }
    return tokens.segment(text, sorted(edges))


def _find_speech(reading: Reading, lexicon: Lexicon, resolved: Sequence[Reference]) -> list[Speech]:
    """Return the speech of one part: the tagger's, and what it missed in marks."""
    doc, marked, names = reading.doc, reading.marked, reading.names
    return merge_speech(
        find_speech(doc, marked, reading.tags, names, resolved),
        quotes.find_speech(doc, marked, names, resolved, lexicon, marked_only=True),
    )
