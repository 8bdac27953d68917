"""From what was found in the parts of an article to the records of `etl.domain`.

Belongs here: numbering, offsets, the mentions that sources and pronouns make. Does not belong here:
finding anything.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence

from etl.domain import Mention, MentionKind, Part, Quote, TextActor
from etl.extract import marks, nominals, pronouns
from etl.extract.document import Document
from etl.extract.mention_clusters import Actor, Located
from etl.extract.speech import Speech


def inside(spans: Sequence[marks.Span]) -> Callable[[int], bool]:
    """A test whether a character stands in one of some ordered spans."""
    starts = [span.start for span in spans]

    def test(position: int) -> bool:
        i = bisect_right(starts, position) - 1
        return i >= 0 and position < spans[i].end

    return test


class Records:
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
        described: Sequence[nominals.Nominal] = (),
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
        found += [
            mention(n.first, n.last, n.actor, "nominal", None, "office", n.confidence)
            for n in described
        ]
        taken = {m.char_start for m in found}
        for said in speech:
            # "The mayor" who speaks for the one mayor of the text; other sources are names or
            # pronouns, which are mentions already.
            if said.speaker is None or said.source is None:
                continue
            first, last = (bisect_left(doc.starts, at) for at in said.source)
            if any(at in taken for at in doc.starts[first:last]):
                continue
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
            speaker_confidence=(
                None if said.speaker_confidence is None else round(said.speaker_confidence, 3)
            ),
        )
