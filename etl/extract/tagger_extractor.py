"""The trained extractor: the tagger finds names and speech, rules join them to actors.

Belongs here: the order of the steps. Does not belong here: the network (`tagger`), any one rule.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import cast

from etl.domain import Article, EntityType, Extraction, Part
from etl.extract import marks, nominals, pronouns, quotes, roles, tagger_speech, tokens
from etl.extract.document import Document
from etl.extract.lexicon import Lexicon, load_lexicon
from etl.extract.mention_clusters import Actor, Located, MentionClusters
from etl.extract.name_words import PARTICLES, generation
from etl.extract.names import Name, name_form
from etl.extract.places import kind_of_place
from etl.extract.records import Records, inside
from etl.extract.speech import Speech, distinct
from etl.extract.tagger.engine import WEIGHTS, Tagger, load_tagger, read_stamp
from etl.extract.tagger.tags import Span, Tags
from etl.extract.titles import TitleFinder

RULES_VERSION = "3"
"""Raised whenever the same tags could yield another extraction; the weights have a stamp of
their own."""
_PARTS: tuple[Part, ...] = ("headline", "body")
_GUESSED = ("first_of_surname", "first_name_only", "short_form")
_ARTICLES_AT_ONCE = 128
_CHARACTERS_AT_ONCE = 200_000
_LEAST = 0.4
"""Least confidence of a name: below, more are wrong than right (Worldwide, F1 84.8 to 85.0)."""
_MAJORITY = 1.5
"""How much more another type of the same name must weigh to overrule one (F1 84.8 to 85.2)."""
_LINKED = 0.4
"""Least probability at which a pronoun is taken for a person by its links."""

_BETWEEN_COMMAS = re.compile(r"[^\s,](?:[^,]*[^\s,])?")

_Votes = dict[str, dict[str, float]]


class TaggerExtractor:
    """Extraction by a shipped network; its state is weights and lists, which never change."""

    def __init__(self, weights: Path = WEIGHTS, name: str = "tagger") -> None:
        self.name = name
        self._lexicon = load_lexicon()
        self._weights = weights
        self.version = f"{name}-{RULES_VERSION}+{read_stamp(weights)}"

    def __reduce__(self) -> tuple[object, ...]:
        return TaggerExtractor, (self._weights, self.name)  # its state is read from files

    @cached_property
    def _tagger(self) -> Tagger:
        # Loaded when first asked to extract: Dagster asks every code location for versions only.
        return load_tagger(self._weights)

    def extract(self, article: Article) -> Extraction:
        """All that is found in one article."""
        return self.extract_many([article])[0]

    def extract_many(self, articles: Sequence[Article]) -> list[Extraction]:
        """One extraction per article, in order; what one gives does not depend on the others."""
        found = []
        for group in _groups(articles):
            # A headline is read with the text below it: alone it says little of who is who.
            texts = [_joined(article) for article in group]
            for article, text, tags in zip(group, texts, self._tag(texts), strict=True):
                headline = tags.part(0, len(article.text("headline")))
                body = tags.part(len(text) - len(article.body), len(text))
                found.append(self._assemble(article, {"headline": headline, "body": body}))
        return found

    def spans(self, text: str) -> dict[str, list[tuple[int, int]]]:
        """Sources, cues and contents as the network gives them, for measuring: characters."""
        tags = self._tag([text])[0]
        return {head: [(s.start, s.end) for s in tags.spans[head]] for head in tags.spans}

    def _tag(self, texts: Sequence[str]) -> list[Tags]:
        return self._tagger.tag(texts, [tokens.sentence_ends(text) for text in texts])

    def _assemble(self, article: Article, tags: dict[Part, Tags]) -> Extraction:
        lexicon = self._lexicon
        tags = {part: _separated(article.text(part), tags[part], lexicon) for part in _PARTS}
        docs = {part: _read(article.text(part), tags[part]) for part in _PARTS}
        spans = {part: marks.find_spans(docs[part]) for part in _PARTS}
        votes = _votes(article, tags)
        names = {part: self._names(docs[part], tags[part], votes) for part in _PARTS}
        located = [Located(part, name) for part in _PARTS for name in names[part]]
        registry = MentionClusters(lexicon)
        registry.link(located, docs)
        for x in located:
            # Whether it is this name, times whether it is this actor where there are several.
            x.confidence = x.name.confidence * (x.confidence if x.method in _GUESSED else 1)
        records = Records(registry.actors)
        del registry  # a tenth of what a text full of names takes in memory
        for part in _PARTS:
            doc = docs[part]
            here = [x for x in located if x.part == part]
            is_quoted = inside(spans[part])
            link = _linker(doc, here, tags[part])
            stand_ins = pronouns.resolve(doc, here, lexicon, is_quoted, link)
            speech = _with_marked(
                tagger_speech.find_speech(doc, spans[part], tags[part], here, stand_ins),
                quotes.find_speech(doc, spans[part], here, stand_ins, lexicon, marked_only=True),
            )
            for said in speech:
                self._calibrate(said)
            described = nominals.find(doc, here, lexicon)
            records.add(part, doc, is_quoted, here, stand_ins, speech, described)
        return Extraction(records.actors, tuple(records.mentions), tuple(records.quotes))

    def _calibrate(self, said: Speech) -> None:
        if said.method != "tagger":
            return  # a rule's confidence is a figure of its own
        said.confidence = self._tagger.calibrated("quotes", said.confidence)
        if said.speaker_confidence is not None:
            said.speaker_confidence = self._tagger.calibrated("speakers", said.speaker_confidence)

    def _names(self, doc: Document, tags: Tags, votes: _Votes) -> list[Name]:
        titles = TitleFinder(doc, self._lexicon)
        found: list[Name] = []
        for span in tags.spans["names"]:
            if span.confidence < _LEAST:
                continue
            name = self._name(doc, span, votes)
            if found and name.first < found[-1].last:
                continue  # the one before was made longer
            if name.type == "PERSON":
                titles.add_title(name)
            found.append(name)
        roles.add_roles(doc, found, self._lexicon)
        return found

    def _name(self, doc: Document, span: Span, votes: _Votes) -> Name:
        first, last = doc.tokens_of(span.start, span.end)
        kind = span.label
        weights = votes[doc.text[span.start : span.end]]
        elected = max(weights, key=lambda label: weights[label])
        if weights[elected] > _MAJORITY * weights[kind]:
            kind = elected
        if kind == "PERSON":
            # A title is the role, not the name, and "If" opens a clause, however the tagger cut it.
            while last - first > 1 and (
                doc.tokens[first].lower in self._lexicon.titles
                or doc.tokens[first].lower in pronouns.CLAUSE_OPENERS
            ):
                first += 1
            # No name ends with the "bin" of its father's.
            if last < len(doc.tokens) and doc.tokens[last - 1].lower in PARTICLES:
                last += doc.tokens[last].is_capitalised
            # "Donald Trump" is not his son, however the tagger cut "Donald Trump Jr.".
            if last < len(doc.tokens) - 1 and generation(doc.tokens[last].text):
                behind = doc.tokens[last + 1]
                last += doc.tokens[last].is_capitalised and not behind.is_capitalised
        # No name goes on in the next paragraph, though the network may read two as one.
        while last - first > 1 and doc.paragraph_of(last - 1) != doc.paragraph_of(first):
            last -= 1
        form = name_form(doc, first, last)
        if kind == "LOC":
            kind = kind_of_place(form, self._lexicon)
        confidence = self._tagger.calibrated("names", span.confidence)
        return Name(
            first, last, form, cast(EntityType, kind), method="tagger", confidence=confidence
        )


def _groups(articles: Sequence[Article]) -> Iterator[list[Article]]:
    """Articles in order, as many at once as keep the cores busy and the memory small."""
    group: list[Article] = []
    characters = 0
    for article in articles:
        group.append(article)
        characters += len(article.body)
        if len(group) == _ARTICLES_AT_ONCE or characters >= _CHARACTERS_AT_ONCE:
            yield group
            group, characters = [], 0
    if group:
        yield group


def _separated(text: str, tags: Tags, lexicon: Lexicon) -> Tags:
    """The tags with places cut at commas, for "Nairobi, Kenya" are two.

    Worldwide has two in such a place 357 times, one 96 times, so the network gives both.
    """
    names: list[Span] = []
    for span in tags.spans["names"]:
        whole = text[span.start : span.end]
        if span.label != "LOC" or "," not in whole:
            names.append(span)
            continue
        for match in _BETWEEN_COMMAS.finditer(whole):
            words = match[0].lower().split()
            is_person = len(words) > 1 and words[0] in lexicon.first_names
            start = span.start + match.start()
            label = "PERSON" if is_person else span.label
            names.append(Span(start, start + len(match[0]), label, span.confidence))
    return replace(tags, spans={**tags.spans, "names": names})


def _votes(article: Article, tags: dict[Part, Tags]) -> _Votes:
    """By how a name is written: the types it got throughout an article, by their confidences."""
    votes: _Votes = defaultdict(lambda: defaultdict(float))
    for part, found in tags.items():
        text = article.text(part)
        for span in found.spans["names"]:
            votes[text[span.start : span.end]][span.label] += span.confidence
    return votes


def _joined(article: Article) -> str:
    return f"{article.headline}\n\n{article.body}" if article.headline else article.body


def _read(text: str, tags: Tags) -> Document:
    """The text cut up so that each span of the tagger is made of whole tokens."""
    edges = {edge for spans in tags.spans.values() for s in spans for edge in (s.start, s.end)}
    return tokens.read(text, sorted(edges))


def _linker(doc: Document, names: Sequence[Located], tags: Tags) -> pronouns.Link:
    """The person whose names a pronoun is most probably linked to, all of them taken together."""
    persons = [x for x in names if x.name.type == "PERSON" and x.actor is not None]
    starts = [doc.tokens[x.name.first].start for x in persons]

    def link(start: int, gender: str) -> tuple[Actor, float] | None:
        shares: dict[int, tuple[Actor, float]] = {}
        for number, share in tags.link("pronoun", start, starts).items():
            x = persons[number]
            if x.actor is not None:
                before = shares.get(id(x.actor), (x.actor, 0.0))[1]
                shares[id(x.actor)] = (x.actor, before + share)
        best = max(shares.values(), key=lambda pair: pair[1], default=None)
        # Where it takes somebody of the other gender, its second choice is no better than chance.
        is_told = best is not None and best[1] >= _LINKED and best[0].gender in ("", gender)
        return best if is_told else None

    return link


def _with_marked(tagged: list[Speech], ruled: Sequence[Speech]) -> list[Speech]:
    """What the tagger found, and quotes in marks that it did not.

    Of a long statement in marks it may find only what somebody says within: such pieces, less than
    half of the quote, give way to the whole.
    """
    count = 1 + max((said.utterance for said in tagged), default=-1)
    ends = [said.end for said in tagged]  # rising, as none overlaps another
    added = []
    dropped: set[int] = set()
    for said in ruled:
        low = bisect_right(ends, said.start)
        high = low
        while high < len(tagged) and tagged[high].start < said.end:
            high += 1
        inside = range(low, high)
        covered = sum(tagged[i].end - tagged[i].start for i in inside)
        if all(_within(tagged[i], said) for i in inside) and 2 * covered < said.end - said.start:
            dropped.update(inside)
            said.utterance += count
            added.append(said)
    kept = [said for i, said in enumerate(tagged) if i not in dropped]
    return distinct([*kept, *added])


def _within(inner: Speech, outer: Speech) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end
