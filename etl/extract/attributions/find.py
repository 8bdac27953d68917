"""The speech of one part of an article, from the spans of the tagger.

Belongs here: the order of the steps, and which utterances are kept. Does not belong here: each step
(the other modules of this package).
"""

from __future__ import annotations

from collections.abc import Sequence

from etl.extract.acts import is_passive
from etl.extract.antecedents.resolve import Reference
from etl.extract.attributions.contents import pieces_of, without_overlaps
from etl.extract.attributions.speakers import SpeakerResolver, in_paragraph
from etl.extract.attributions.utterances import UNLINKED_CONFIDENCE, find_utterances
from etl.extract.document import Document
from etl.extract.marks import MarkedSpan
from etl.extract.mention_clusters import NameMention
from etl.extract.speech import Speech
from etl.extract.tagger.tags import Tags


def find_speech(
    doc: Document,
    marked: Sequence[MarkedSpan],
    tags: Tags,
    names: Sequence[NameMention],
    references: Sequence[Reference],
) -> list[Speech]:
    """Return the tagger's speech in one part, in text order, with utterances numbered from 0."""
    speakers = SpeakerResolver(doc, names, references)
    found: list[Speech] = []
    for number, utterance in enumerate(find_utterances(doc, tags, marked)):
        cue = utterance.cue
        anchor = cue or utterance.contents[0][0]
        pieces = [
            (content, link, piece)
            for content, link in utterance.contents
            for piece in pieces_of(doc, content, marked)
        ]
        is_indirect = all(kind == "indirect" for *_, (*_, kind) in pieces)
        source = utterance.source
        if source is None and cue is not None:
            source = speakers.source_behind(cue, utterance.contents[-1][0], tags.spans["source"])
        if source is None and not (cue is None and is_indirect):
            source = speakers.subject_before(anchor)
        source = in_paragraph(doc, source, anchor) if source else None
        if (
            source
            and cue
            and source.start < cue.start
            and is_passive(doc.text[cue.start : cue.end])
        ):
            # "Lee is expected to resign": others expect it
            source = speakers.source_behind(cue, utterance.contents[-1][0], tags.spans["source"])
        if cue is None and source is None and is_indirect:
            # No words of saying, no source, no marks: on held-out texts of PolNeAR 19 of 35 such
            # contents were none.
            continue
        actor, reading_confidence = speakers.resolve(source) if source else (None, 0.0)
        found += [
            Speech(
                start,
                end,
                number,
                kind,
                doc.text[cue.start : cue.end] if cue else None,
                actor,
                (source.start, source.end) if source else None,
                "tagger",
                content.confidence,
                (utterance.link or UNLINKED_CONFIDENCE) * link * reading_confidence
                if source
                else None,
                cue.end if cue else None,
            )
            for content, link, (start, end, kind) in pieces
        ]
    return without_overlaps(found, doc.text)
