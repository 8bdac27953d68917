"""Building the records of `etl.domain` from names, pronouns and quotes.

Belongs here: numbering, offsets, and the mentions that sources and pronouns add. Does not belong
here: finding any of them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Any

from etl.domain import Act, Mention, Part, Quote, TextActor
from etl.extract import first_person
from etl.extract.acts import acts_of_utterances
from etl.extract.antecedents.resolve import Reference
from etl.extract.document import Document
from etl.extract.marks import MarkedSpan
from etl.extract.mention_clusters import SHARED_SURNAME, Actor, NameMention
from etl.extract.speech import Speech


def span_membership(spans: Sequence[MarkedSpan]) -> Callable[[int], bool]:
    """Return a predicate: is a character offset inside one of these spans, given in text order?"""
    starts = [span.start for span in spans]

    def is_inside(position: int) -> bool:
        i = bisect_right(starts, position) - 1
        return i >= 0 and position < spans[i].end

    return is_inside


class RecordBuilder:
    """Collects the records of headline and body, numbering utterances through both."""

    def __init__(self, actors: Sequence[Actor]) -> None:
        self._actor_numbers = {id(actor): number for number, actor in enumerate(actors)}
        self._utterance_count = 0
        self.actors = tuple(TextActor(i, a.name, a.type) for i, a in enumerate(actors))
        self.mentions: list[Mention] = []
        self.quotes: list[Quote] = []

    def add(
        self,
        part: Part,
        doc: Document,
        is_quoted: Callable[[int], bool],
        names: Sequence[NameMention],
        references: Sequence[Reference],
        speech: Sequence[Speech],
    ) -> None:
        """Add the mentions and quotes of one part, each in text order."""

        def new_mention(first: int, last: int, actor: Actor | None, **values: Any) -> Mention:
            start, end = doc.tokens[first].start, doc.tokens[last - 1].end
            return Mention(
                actor=None if actor is None else self._actor_numbers[id(actor)],
                type=actor.type if actor else "PERSON",
                part=part,
                char_start=start,
                char_end=end,
                surface=doc.text[start:end],
                paragraph=doc.paragraph_of(first),
                sentence=doc.tokens[first].sentence,
                is_in_quote=is_quoted(start),
                **values,
            )

        found = [
            new_mention(
                mention.name.first,
                mention.name.last,
                mention.actor,
                kind="name",
                role=mention.name.role,
                method=mention.method,
                confidence=round(mention.confidence, 3),
            )
            for mention in names
            if mention.actor is not None or mention.method == SHARED_SURNAME
        ]
        found += [
            new_mention(
                reference.first,
                reference.last,
                reference.antecedent,
                kind="nominal" if reference.kind == "description" else "pronoun",
                role=None,
                method="description" if reference.kind == "description" else "pronoun",
                confidence=round(reference.confidence, 3),
            )
            for reference in references
        ]
        found += [
            new_mention(
                own.at,
                own.at + 1,
                own.speaker,
                kind="pronoun",
                role=None,
                method=first_person.METHOD,
                confidence=round(own.confidence, 3),
            )
            for own in first_person.find(doc, names, speech)
        ]
        self.mentions += sorted(found, key=lambda m: m.char_start)
        acts = acts_of_utterances(doc.text, speech)
        self.quotes += [self._quote(quote, part, doc, acts[quote.utterance]) for quote in speech]
        self._utterance_count += 1 + max((quote.utterance for quote in speech), default=-1)

    def _quote(self, quote: Speech, part: Part, doc: Document, act: Act) -> Quote:
        start, end = quote.source or (None, None)
        return Quote(
            utterance=self._utterance_count + quote.utterance,
            part=part,
            char_start=quote.start,
            char_end=quote.end,
            text=doc.text[quote.start : quote.end],
            kind=quote.kind,
            cue=quote.cue,
            speaker=None if quote.speaker is None else self._actor_numbers[id(quote.speaker)],
            speaker_surface=None if quote.source is None else doc.text[start:end],
            speaker_char_start=start,
            speaker_char_end=end,
            method=quote.method,
            confidence=round(quote.confidence, 3),
            speaker_confidence=(
                None if quote.speaker_confidence is None else round(quote.speaker_confidence, 3)
            ),
            act=act,
        )
