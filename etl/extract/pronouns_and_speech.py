"""Pronouns and speech resolved together, because each limits the other.

Belongs here: whom a pronoun can't mean for the sake of a quote, and repeating both until they
agree. Does not belong here: resolving a pronoun (`antecedents`), finding speech (`tagger_speech`,
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
from etl.extract.antecedents.resolve import Link, Reference, Resolver, no_link
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
    link: Link = no_link,
) -> tuple[list[Reference], list[Speech]]:
    """Return the resolved anaphors and the speech of one part, without contradictions."""
    resolver = Resolver(doc, names, anaphors, lexicon, is_quoted, decide, link)
    genders = [(m.actor, m.actor.gender) for m in names if m.actor is not None]
    excluded: defaultdict[int, list[Actor]] = defaultdict(list)
    for _ in range(_PASSES):
        for actor, gender in genders:  # a wrong pronoun may have given one
            actor.gender = gender
        resolved = resolver.resolve(excluded)
        speech = find_speech(resolved)
        contradictions = list(_contradictions(doc, names, resolved, speech))
        if not contradictions:
            return resolved, speech
        for reference in contradictions:
            excluded[reference.first].append(reference.antecedent)
    while contradictions:
        dropped = {reference.first for reference in contradictions}
        resolved = [reference for reference in resolved if reference.first not in dropped]
        speech = find_speech(resolved)
        contradictions = list(_contradictions(doc, names, resolved, speech))
    return resolved, speech


def _opens_inner_quote(doc: Document, start: int, piece: Speech) -> bool:
    """Whether a name addresses the speaker in a quote inside: “They ask me, ‘Lee, what now?’”."""
    return start > piece.start and doc.text[start - 1] in _OPENING_MARKS


def _contradictions(
    doc: Document,
    names: Sequence[NameMention],
    resolved: Sequence[Reference],
    speech: Sequence[Speech],
) -> Iterator[Reference]:
    """Yield the references whose antecedent the speech rules out."""
    named = sorted(
        ((doc.tokens[m.name.first].start, m.actor) for m in names if m.actor is not None),
        key=lambda pair: pair[0],
    )
    name_starts = [start for start, _ in named]
    starts = [doc.tokens[reference.first].start for reference in resolved]
    for piece in speech:
        source = _reference_in(piece.source, starts, resolved) if piece.source else None
        if source is not None and piece.speaker is source.antecedent:
            first, last = (bisect_left(name_starts, at) for at in (piece.start, piece.end))
            if any(
                actor is source.antecedent and not _opens_inner_quote(doc, start, piece)
                for start, actor in named[first:last]
            ):
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
