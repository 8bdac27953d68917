"""Utterances: contents, cue and source, joined by the links of the tagger.

Belongs here: which contents belong together, and their cue and source. Does not belong here: the
edges of contents (`attributions.contents`), sources that have no link, and actors
(`attributions.speakers`).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from etl.extract.attributions.contents import (
    overlaps,
    paragraph_at,
    split_at_paragraphs,
    start_of,
    starts_in_marks,
)
from etl.extract.document import Document
from etl.extract.marks import MarkedSpan
from etl.extract.tagger.tags import Span, Tags

UNLINKED_CONFIDENCE = 0.5
_MIN_LINK_PROBABILITY = 0.3
_MIN_SOURCE_PROBABILITY = 0.15
"""Least probability of a link from a source to a cue. It is low, so that a source also serves a cue
that it does not prefer: "he said …, adding …"."""
_MAX_SENTENCES_AWAY = 1
"""Greatest distance of a content in marks from its cue, in sentences. Links from further away are
wrong more often than right, and so are links out of the sentence for contents without marks."""
_LOOK_BACK = 8
"""Utterances among which a quotation is looked for that a quote resumes."""
_LEAST_CLAUSE = 3
"""Tokens of a clause."""
_CARRIED_CONFIDENCE = 0.8


@dataclass(slots=True)
class Utterance:
    """What one cue introduces: its contents with link probabilities, and its source."""

    contents: list[tuple[Span, float]]
    cue: Span | None
    source: Span | None
    link: float


def find_utterances(doc: Document, tags: Tags, marked: Sequence[MarkedSpan]) -> list[Utterance]:
    """Return the utterances of one part; those of "According to Lee, …" come last."""
    cues, sources = tags.spans["cue"], tags.spans["source"]
    source_by_cue = _best_sources(doc, tags, cues, sources)
    starts = [cue.start for cue in cues]
    cue_sentences = [doc.sentence_at(cue.start) for cue in cues]
    by_cue: dict[int, Utterance] = {}
    utterances: list[Utterance] = []
    for content in split_at_paragraphs(doc, tags.spans["content"]):
        reach = _MAX_SENTENCES_AWAY if overlaps(content, marked) else 0
        low, high = doc.sentence_at(content.start) - reach, doc.sentence_at(content.end - 1) + reach
        near = range(bisect_left(cue_sentences, low), bisect_right(cue_sentences, high))
        probabilities = tags.link("content", content.start, starts, near.start, near.stop)
        best, probability = max(probabilities.items(), key=lambda pair: pair[1], default=(-1, 0.0))
        before = utterances[-1] if utterances else None
        if before is not None and _resumes(content, before.contents[-1][0], marked):
            before.contents.append((content, _CARRIED_CONFIDENCE))
        elif probability < _MIN_LINK_PROBABILITY or not _is_in_reach(doc, cues[best], content):
            source = _nearest_source(doc, content, sources)
            is_carried = source is None and starts_in_marks(content, marked)
            quoted = _last_quotation(doc, utterances, content, marked) if is_carried else None
            if quoted is not None:
                quoted.contents.append((content, _CARRIED_CONFIDENCE))
            elif is_carried and before is not None and _continues_speaker(doc, before, content):
                utterances.append(
                    Utterance([(content, 1.0)], None, before.source, UNLINKED_CONFIDENCE)
                )
            else:
                utterances.append(Utterance([(content, 1.0)], None, source, UNLINKED_CONFIDENCE))
        elif best in by_cue and not _is_beside(content, by_cue[best].contents[-1][0], marked):
            by_cue[best].contents.append((content, probability))
        else:
            source, link = source_by_cue.get(best, (None, 0.0))
            by_cue[best] = Utterance([(content, probability)], cues[best], source, link)
            utterances.append(by_cue[best])
    free = [number for number in source_by_cue if number not in by_cue]
    return [
        *utterances,
        *_according(doc, tags, [(cues[i], *source_by_cue[i]) for i in sorted(free)]),
    ]


def _according(
    doc: Document, tags: Tags, attributions: Sequence[tuple[Span, Span, float]]
) -> Iterator[Utterance]:
    """Yield the clauses of "According to Lee, …" for which the network found no content.

    `attributions`: cues without content, with their source and the probability of their link.
    """
    for cue, source, link in attributions:
        if doc.text[cue.start : cue.end].lower() != "according to" or source.start < cue.end:
            continue
        first, last = doc.token_at(cue.start), doc.token_at(source.end - 1) + 1
        sentence = doc.sentence_of(first)
        if any(token.is_word for token in doc.tokens[sentence.first : first]):
            first, last = sentence.first, first
        else:
            first, last = last, sentence.last
            if first < last and doc.tokens[first].text != ",":
                continue
        while first < last and not doc.tokens[first].is_word:
            first += 1
        while last > first and not doc.tokens[last - 1].is_word:
            last -= 1
        if last - first < _LEAST_CLAUSE:
            continue
        clause = Span(doc.tokens[first].start, doc.tokens[last - 1].end, "", cue.confidence)
        if not any(overlaps(clause, tags.spans[head]) for head in ("cue", "content")):
            yield Utterance([(clause, 1.0)], cue, source, link)


def _is_beside(content: Span, before: Span, marked: Sequence[MarkedSpan]) -> bool:
    """Whether words without marks follow a quotation: `“…,” she said, when asked about the plan`.

    They are hardly ever part of it (on held-out texts of PolNeAR, in 1 of 10).
    """
    return overlaps(before, marked) and not overlaps(content, marked)


def _resumes(content: Span, before: Span, marked: Sequence[MarkedSpan]) -> bool:
    """Whether a content reopens the quotation that the one before it left open."""
    at = bisect_left(marked, content.start - 1, key=start_of)
    return (
        0 < at < len(marked)
        and marked[at].start <= content.start + 1
        and marked[at].continues
        and before.end > marked[at - 1].start
    )


def _is_in_reach(doc: Document, cue: Span, content: Span) -> bool:
    """Whether a cue is in the paragraph of a content, or leads to it with a colon."""
    number = paragraph_at(doc, content)
    if paragraph_at(doc, cue) == number:
        return True
    before = doc.paragraphs[number - 1] if number else None
    return (
        before is not None
        and paragraph_at(doc, cue) == number - 1
        and doc.text[before.start : before.end].rstrip().endswith(":")
    )


def _last_quotation(
    doc: Document, utterances: Sequence[Utterance], content: Span, marked: Sequence[MarkedSpan]
) -> Utterance | None:
    """Return the utterance that a quote resumes: `“…,” she said. She is a nurse. “…”`."""
    number = paragraph_at(doc, content)
    for utterance in reversed(utterances[-_LOOK_BACK:]):
        if paragraph_at(doc, utterance.contents[-1][0]) != number:
            return None
        if starts_in_marks(utterance.contents[0][0], marked):
            return utterance if utterance.cue is not None else None
    return None


def _continues_speaker(doc: Document, before: Utterance, content: Span) -> bool:
    """Whether a content in marks opens its paragraph, right after other speech."""
    number = paragraph_at(doc, content)
    between = doc.text[doc.paragraphs[number].start : content.start]
    return not any(c.isalnum() for c in between) and paragraph_at(doc, before.contents[-1][0]) in (
        number - 1,
        number,
    )


def _best_sources(
    doc: Document, tags: Tags, cues: Sequence[Span], sources: Sequence[Span]
) -> dict[int, tuple[Span, float]]:
    """Return the most probable source of each cue, with the probability of their link.

    Only within the paragraph: of links across paragraphs, none of 11 was right.
    """
    starts = [cue.start for cue in cues]
    best: dict[int, tuple[Span, float]] = {}
    for source in sources:
        ends = [
            doc.paragraphs[doc.paragraph_of(doc.token_at(at))]
            for at in (source.start, source.end - 1)
        ]
        low, high = ends[0].start, ends[-1].end
        first, last = bisect_left(starts, low), bisect_left(starts, high)
        for i, probability in tags.link("source", source.start, starts, first, last).items():
            if (
                probability >= _MIN_SOURCE_PROBABILITY
                and probability > best.get(i, (source, 0.0))[1]
            ):
                best[i] = (source, probability)
    return best


def _nearest_source(doc: Document, content: Span, sources: Sequence[Span]) -> Span | None:
    """Return the source closest to a content without a cue, in its sentence, or None."""
    sentence = doc.sentence_of(doc.token_at(content.start))
    low, high = doc.tokens[sentence.first].start, doc.tokens[sentence.last - 1].end
    first, last = bisect_left(sources, low, key=start_of), bisect_left(sources, high, key=start_of)
    # Only the neighbours of the two ends of the content can be closest.
    before = bisect_left(sources, content.start, first, last, key=lambda source: source.end)
    after = bisect_left(sources, content.end, first, last, key=start_of)
    near = {i for at in (before, after) for i in (at - 1, at) if first <= i < last}
    return min(
        (sources[i] for i in sorted(near)),
        key=lambda source: min(abs(content.start - source.end), abs(source.start - content.end)),
        default=None,
    )
