"""Building the records of `etl.domain` from names, pronouns and quotes.

Belongs here: numbering, offsets, and the mentions that sources and pronouns add. Does not belong
here: finding any of them.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence

from etl.domain import Mention, MentionKind, Part, Quote, TextActor
from etl.extract.document import Document
from etl.extract.marks import MarkedSpan
from etl.extract.mention_clusters import Actor, NameMention
from etl.extract.nominals import Nominal
from etl.extract.pronouns import Pronoun
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
        pronouns: Sequence[Pronoun],
        speech: Sequence[Speech],
        nominals: Sequence[Nominal] = (),
    ) -> None:
        """Add the mentions and quotes of one part, each in text order."""

        def new_mention(
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
                actor=self._actor_numbers[id(actor)],
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
            new_mention(
                mention.name.first,
                mention.name.last,
                mention.actor,
                "name",
                mention.name.role,
                mention.method,
                mention.confidence,
            )
            for mention in names
            if mention.actor is not None
        ]
        found += [
            new_mention(
                pronoun.token,
                pronoun.token + 1,
                pronoun.antecedent,
                "pronoun",
                None,
                "pronoun",
                pronoun.confidence,
            )
            for pronoun in pronouns
        ]
        found += [
            new_mention(
                nominal.first,
                nominal.last,
                nominal.actor,
                "nominal",
                None,
                "office",
                nominal.confidence,
            )
            for nominal in nominals
        ]
        mention_starts = {m.char_start for m in found}
        for quote in speech:
            # Add "the mayor" if it refers to the only mayor in the text. Other sources are names
            # or pronouns, which are mentions already.
            if quote.speaker is None or quote.source is None:
                continue
            first, last = (bisect_left(doc.starts, at) for at in quote.source)
            if any(at in mention_starts for at in doc.starts[first:last]):
                continue
            found.append(new_mention(first, last, quote.speaker, "nominal", None, "office", 0.6))
            mention_starts.add(quote.source[0])
        self.mentions += sorted(found, key=lambda m: m.char_start)
        self.quotes += [self._quote(quote, part, doc) for quote in speech]
        self._utterance_count += 1 + max((quote.utterance for quote in speech), default=-1)

    def _quote(self, quote: Speech, part: Part, doc: Document) -> Quote:
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
        )
