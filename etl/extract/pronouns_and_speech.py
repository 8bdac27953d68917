"""Pronouns and speech resolved together, because each limits the other.

Belongs here: whom a pronoun can't mean for the sake of a quote, and repeating both until they
agree. Does not belong here: resolving a pronoun (`antecedents`), finding speech (`attributions`,
`quotes`).

- The speaker of a quote is nobody whom the quote names: in "He said: “If Lee wants …”", "he" is not
  Lee.
- Inside quotation marks, "he" and "she" are not the speaker, who says "I".
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

from etl.extract.anaphors import Anaphor
from etl.extract.antecedents.ranker import Decide
from etl.extract.antecedents.resolve import Refer, Reference, Resolver, no_network
from etl.extract.document import Document
from etl.extract.lexicon import Lexicon
from etl.extract.mention_clusters import Actor, NameMention
from etl.extract.speech import Speech

_OPENING_MARKS = "‘“'\""
_PASSES = 4
"""Times that pronouns are resolved. A chain of pronouns takes one more for each of them that has to
change; what still contradicts after that is left unresolved."""


def resolve_together(
    doc: Document,
    names: Sequence[NameMention],
    anaphors: Sequence[Anaphor],
    lexicon: Lexicon,
    is_quoted: Callable[[int], bool],
    find_speech: Callable[[Sequence[Reference]], list[Speech]],
    decide: Decide,
    refer: Refer = no_network,
) -> tuple[list[Reference], list[Speech]]:
    """Return the resolved anaphors and the speech of one part, without contradictions."""
    resolver = Resolver(doc, names, anaphors, lexicon, is_quoted, decide, refer)
    named = _Named(doc, names)
    genders = [(m.actor, m.actor.gender) for m in names if m.actor is not None]
    excluded: defaultdict[int, list[Actor]] = defaultdict(list)
    for _ in range(_PASSES):
        for actor, gender in genders:  # a wrong pronoun may have given one
            actor.gender = gender
        resolved = resolver.resolve(excluded)
        speech = _without_self_naming(doc, named, find_speech(resolved))
        contradictions = list(_contradictions(doc, named, resolved, speech))
        if not contradictions:
            return resolved, speech
        for reference in contradictions:
            excluded[reference.first].append(reference.antecedent)
    while contradictions:
        dropped = {reference.first for reference in contradictions}
        resolved = [reference for reference in resolved if reference.first not in dropped]
        speech = _without_self_naming(doc, named, find_speech(resolved))
        contradictions = list(_contradictions(doc, named, resolved, speech))
    return resolved, speech


class _Named:
    """The names of one part that have an actor, by position."""

    def __init__(self, doc: Document, names: Sequence[NameMention]) -> None:
        self._doc = doc
        self._names = sorted(
            ((doc.tokens[m.name.first].start, m.actor) for m in names if m.actor is not None),
            key=lambda pair: pair[0],
        )
        self._starts = [start for start, _ in self._names]

    def names_speaker(self, piece: Speech) -> bool:
        """Whether a quote names its speaker, other than by an address in a quote inside it."""
        first, last = (bisect_left(self._starts, at) for at in (piece.start, piece.end))
        return any(
            actor is piece.speaker and not _opens_inner_quote(self._doc, start, piece)
            for start, actor in self._names[first:last]
        )


def _without_self_naming(doc: Document, named: _Named, speech: list[Speech]) -> list[Speech]:
    """Take the speaker from utterances that name him, if the text doesn't say that he speaks.

    It says so if the source stands beside the quote in a paragraph of the utterance, or leads to it
    with a colon. Otherwise the speaker was carried over from an earlier quote.
    """
    stated, naming = set(), set()
    for piece in speech:
        if piece.speaker is None or piece.source is None:
            continue
        at = piece.source[0]
        here, there = (doc.paragraph_of(doc.token_at(i)) for i in (piece.start, at))
        before = doc.paragraphs[there]
        leads = there == here - 1 and doc.text[before.start : before.end].rstrip().endswith(":")
        if (here == there and not piece.start <= at < piece.end) or leads:
            stated.add(piece.utterance)
        if named.names_speaker(piece):
            naming.add(piece.utterance)
    for piece in speech:
        if piece.utterance in naming - stated:
            piece.speaker = piece.source = piece.speaker_confidence = None
    return speech


def _opens_inner_quote(doc: Document, start: int, piece: Speech) -> bool:
    """Whether a name addresses the speaker in a quote inside: “They ask me, ‘Lee, what now?’”."""
    return start > piece.start and doc.text[start - 1] in _OPENING_MARKS


def _contradictions(
    doc: Document,
    named: _Named,
    resolved: Sequence[Reference],
    speech: Sequence[Speech],
) -> Iterator[Reference]:
    """Yield the references whose antecedent the speech rules out."""
    starts = [doc.tokens[reference.first].start for reference in resolved]
    for piece in speech:
        source = _reference_in(piece.source, starts, resolved) if piece.source else None
        is_meant = source is not None and piece.speaker is source.antecedent
        if source is not None and is_meant and named.names_speaker(piece):
            yield source
        if piece.speaker is not None and piece.kind != "indirect":
            first, last = (bisect_left(starts, at) for at in (piece.start, piece.end))
            for reference in resolved[first:last]:
                if reference.kind == "person" and reference.antecedent is piece.speaker:
                    yield reference


def _reference_in(
    source: tuple[int, int], starts: Sequence[int], resolved: Sequence[Reference]
) -> Reference | None:
    """Return the first reference within a source."""
    number = bisect_left(starts, source[0])
    return resolved[number] if number < len(starts) and starts[number] < source[1] else None
