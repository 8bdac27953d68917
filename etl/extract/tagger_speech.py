"""Speech from tagger spans: contents, cues and sources, joined by their links.

Belongs here: which source says which content, and splitting contents at quotation marks. Does not
belong here: the network (`tagger`), and speech that rules find (`quotes`, `indirect`).

The terms are those of PolNeAR: an attribution is a content, a cue and a source.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from etl.domain import QuoteKind, word_set
from etl.extract.acts import is_passive
from etl.extract.anaphors import POSSESSIVE
from etl.extract.antecedents.resolve import Reference
from etl.extract.document import Document
from etl.extract.marks import MarkedSpan
from etl.extract.mention_clusters import Actor, NameMention
from etl.extract.peoples import is_people
from etl.extract.speech import Speech
from etl.extract.tagger.tags import Span, Tags
from etl.extract.written_sources import issuer

_MIN_LINK_PROBABILITY = 0.3
_MIN_SOURCE_PROBABILITY = 0.15
"""Least probability of a link from a source to a cue. It is low, so that a source also serves a cue
that it does not prefer: "he said …, adding …"."""
_MAX_SENTENCES_AWAY = 1
"""Greatest distance of a content in marks from its cue, in sentences. Links from further away are
wrong more often than right, and so are links out of the sentence for contents without marks."""
_GOVERNORS = word_set("for of from to with by at in on against about behind close familiar")
_LOOK_BACK = 8
"""Utterances among which a quotation is looked for that a quote resumes."""
_LEAST_CLAUSE = 3
"""Tokens of a clause."""
_ARTICLES = word_set("the a an")
_RELATIVES = word_set("who whom whose which that where")
_SUBJECTS = word_set("he she they who")
_SUBJECT_WINDOW = 40
"""Tokens before a cue that are searched for its subject."""
_FRONT_WINDOW = 3
"""Tokens before a participle that opens its sentence: "After"."""
_UNLINKED_CONFIDENCE = 0.5
_CARRIED_CONFIDENCE = 0.8
_LONGEST_MARK = 2
"""Characters of the mark ''."""


@dataclass(slots=True)
class _Utterance:
    """What one cue introduces: its contents with link probabilities, and its source."""

    contents: list[tuple[Span, float]]
    cue: Span | None
    source: Span | None
    link: float


def find_speech(
    doc: Document,
    marked: Sequence[MarkedSpan],
    tags: Tags,
    names: Sequence[NameMention],
    references: Sequence[Reference],
) -> list[Speech]:
    """Return the tagger's speech in one part, in text order, with utterances numbered from 0."""
    speakers = _SpeakerResolver(doc, names, references)
    found: list[Speech] = []
    for number, utterance in enumerate(_utterances(doc, tags, marked)):
        cue = utterance.cue
        anchor = cue or utterance.contents[0][0]
        pieces = [
            (content, link, piece)
            for content, link in utterance.contents
            for piece in _pieces(doc, content, marked)
        ]
        is_indirect = all(kind == "indirect" for *_, (*_, kind) in pieces)
        source = utterance.source
        if source is None and cue is not None:
            source = speakers.source_behind(cue, utterance.contents[-1][0], tags.spans["source"])
        if source is None and not (cue is None and is_indirect):
            source = speakers.subject_before(anchor)
        source = _in_paragraph(doc, source, anchor) if source else None
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
                (utterance.link or _UNLINKED_CONFIDENCE) * link * reading_confidence
                if source
                else None,
                cue.end if cue else None,
            )
            for content, link, (start, end, kind) in pieces
        ]
    return _without_overlaps(found, doc.text)


def _in_paragraph(doc: Document, source: Span, anchor: Span) -> Span:
    """Cut a source that the network joined across paragraphs to the one of its cue or content."""
    first, last = doc.token_range(source.start, source.end)
    paragraphs = [doc.paragraph_of(i) for i in range(first, last)]
    if paragraphs[0] == paragraphs[-1]:
        return source
    wanted = _paragraph_at(doc, anchor)
    wanted = wanted if wanted in paragraphs else paragraphs[0]
    kept = [
        token
        for token, paragraph in zip(doc.tokens[first:last], paragraphs, strict=True)
        if paragraph == wanted
    ]
    while len(kept) > 1 and not kept[-1].is_word:
        kept.pop()
    return replace(source, start=kept[0].start, end=kept[-1].end)


def _without_overlaps(quotes: list[Speech], text: str) -> list[Speech]:
    """Sort quotes; if marks made two contents overlap, shorten or drop the later one."""
    kept: list[Speech] = []
    for quote in sorted(quotes, key=lambda quote: (quote.start, quote.end)):
        if kept and quote.start < kept[-1].end:
            quote.start = kept[-1].end
            if not text[quote.start : quote.end].strip():
                continue
        kept.append(quote)
    return kept


def _utterances(doc: Document, tags: Tags, marked: Sequence[MarkedSpan]) -> list[_Utterance]:
    cues, sources = tags.spans["cue"], tags.spans["source"]
    source_by_cue = _best_sources(doc, tags, cues, sources)
    starts = [cue.start for cue in cues]
    cue_sentences = [doc.sentence_at(cue.start) for cue in cues]
    by_cue: dict[int, _Utterance] = {}
    utterances: list[_Utterance] = []
    for content in _split_at_paragraphs(doc, tags.spans["content"]):
        reach = _MAX_SENTENCES_AWAY if _overlaps(content, marked) else 0
        low, high = doc.sentence_at(content.start) - reach, doc.sentence_at(content.end - 1) + reach
        near = range(bisect_left(cue_sentences, low), bisect_right(cue_sentences, high))
        probabilities = tags.link("content", content.start, starts, near.start, near.stop)
        best, probability = max(probabilities.items(), key=lambda pair: pair[1], default=(-1, 0.0))
        before = utterances[-1] if utterances else None
        if before is not None and _resumes(content, before.contents[-1][0], marked):
            before.contents.append((content, _CARRIED_CONFIDENCE))
        elif probability < _MIN_LINK_PROBABILITY or not _is_in_reach(doc, cues[best], content):
            source = _nearest_source(doc, content, sources)
            is_carried = source is None and _starts_in_marks(content, marked)
            quoted = _last_quotation(doc, utterances, content, marked) if is_carried else None
            if quoted is not None:
                quoted.contents.append((content, _CARRIED_CONFIDENCE))
            elif is_carried and before is not None and _continues_speaker(doc, before, content):
                utterances.append(
                    _Utterance([(content, 1.0)], None, before.source, _UNLINKED_CONFIDENCE)
                )
            else:
                utterances.append(_Utterance([(content, 1.0)], None, source, _UNLINKED_CONFIDENCE))
        elif best in by_cue and not _is_beside(content, by_cue[best].contents[-1][0], marked):
            by_cue[best].contents.append((content, probability))
        else:
            source, link = source_by_cue.get(best, (None, 0.0))
            by_cue[best] = _Utterance([(content, probability)], cues[best], source, link)
            utterances.append(by_cue[best])
    free = [number for number in source_by_cue if number not in by_cue]
    return [
        *utterances,
        *_according(doc, tags, [(cues[i], *source_by_cue[i]) for i in sorted(free)]),
    ]


def _according(
    doc: Document, tags: Tags, attributions: Sequence[tuple[Span, Span, float]]
) -> Iterator[_Utterance]:
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
        if not any(_overlaps(clause, tags.spans[head]) for head in ("cue", "content")):
            yield _Utterance([(clause, 1.0)], cue, source, link)


def _is_beside(content: Span, before: Span, marked: Sequence[MarkedSpan]) -> bool:
    """Whether words without marks follow a quotation: `“…,” she said, when asked about the plan`.

    They are hardly ever part of it (on held-out texts of PolNeAR, in 1 of 10).
    """
    return _overlaps(before, marked) and not _overlaps(content, marked)


def _split_at_paragraphs(doc: Document, contents: Sequence[Span]) -> Iterator[Span]:
    """Yield the contents, those that the network joined across paragraphs in their parts."""
    for content in contents:
        first, last = (doc.paragraph_of(doc.token_at(i)) for i in (content.start, content.end - 1))
        for paragraph in doc.paragraphs[first : last + 1]:
            start, end = max(content.start, paragraph.start), min(content.end, paragraph.end)
            text = doc.text[start:end]
            if any(c.isalnum() for c in text):
                start += len(text) - len(text.lstrip())
                yield replace(content, start=start, end=start + len(text.strip()))


def _resumes(content: Span, before: Span, marked: Sequence[MarkedSpan]) -> bool:
    """Whether a content reopens the quotation that the one before it left open."""
    at = bisect_left(marked, content.start - 1, key=_start)
    return (
        0 < at < len(marked)
        and marked[at].start <= content.start + 1
        and marked[at].continues
        and before.end > marked[at - 1].start
    )


def _is_in_reach(doc: Document, cue: Span, content: Span) -> bool:
    """Whether a cue is in the paragraph of a content, or leads to it with a colon."""
    number = _paragraph_at(doc, content)
    if _paragraph_at(doc, cue) == number:
        return True
    before = doc.paragraphs[number - 1] if number else None
    return (
        before is not None
        and _paragraph_at(doc, cue) == number - 1
        and doc.text[before.start : before.end].rstrip().endswith(":")
    )


def _last_quotation(
    doc: Document, utterances: Sequence[_Utterance], content: Span, marked: Sequence[MarkedSpan]
) -> _Utterance | None:
    """Return the utterance that a quote resumes: `“…,” she said. She is a nurse. “…”`."""
    number = _paragraph_at(doc, content)
    for utterance in reversed(utterances[-_LOOK_BACK:]):
        if _paragraph_at(doc, utterance.contents[-1][0]) != number:
            return None
        if _starts_in_marks(utterance.contents[0][0], marked):
            return utterance if utterance.cue is not None else None
    return None


def _continues_speaker(doc: Document, before: _Utterance, content: Span) -> bool:
    """Whether a content in marks opens its paragraph, right after other speech."""
    number = _paragraph_at(doc, content)
    between = doc.text[doc.paragraphs[number].start : content.start]
    return not any(c.isalnum() for c in between) and _paragraph_at(doc, before.contents[-1][0]) in (
        number - 1,
        number,
    )


def _overlaps(content: Span, spans: Sequence[Span | MarkedSpan]) -> bool:
    """Whether part of a content is in one of some spans, such as those in marks."""
    after = bisect_left(spans, content.end, key=_start)
    return after > 0 and spans[after - 1].end > content.start


def _starts_in_marks(content: Span, marked: Sequence[MarkedSpan]) -> bool:
    at = bisect_left(marked, content.start, key=_start)
    return at < len(marked) and marked[at].start - content.start <= _LONGEST_MARK


def _paragraph_at(doc: Document, span: Span) -> int:
    return doc.paragraph_of(doc.token_at(span.start))


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
    first, last = bisect_left(sources, low, key=_start), bisect_left(sources, high, key=_start)
    # Only the neighbours of the two ends of the content can be closest.
    before = bisect_left(sources, content.start, first, last, key=lambda source: source.end)
    after = bisect_left(sources, content.end, first, last, key=_start)
    near = {i for at in (before, after) for i in (at - 1, at) if first <= i < last}
    return min(
        (sources[i] for i in sorted(near)),
        key=lambda source: min(abs(content.start - source.end), abs(source.start - content.end)),
        default=None,
    )


def _start(span: Span | MarkedSpan) -> int:
    return span.start


def _pieces(
    doc: Document, content: Span, marked: Sequence[MarkedSpan]
) -> list[tuple[int, int, QuoteKind]]:
    """Split a content into its parts inside and outside marks: (start, end, kind)."""
    text = doc.text
    pieces: list[tuple[int, int, QuoteKind]] = []
    at = content.start
    inside: list[tuple[int, int]] = []
    first = max(0, bisect_left(marked, content.start, key=_start) - 1)
    for span in marked[first : bisect_left(marked, content.end, key=_start)]:
        overlap = min(span.end, content.end) - max(span.start, content.start)
        if overlap <= 0:
            continue
        # A span in marks that is half covered counts whole: marks delimit quotes better.
        is_whole = 2 * overlap >= span.end - span.start or span.start >= content.start - 1
        inside.append(
            (span.start, span.end)
            if is_whole
            else (max(span.start, content.start), min(span.end, content.end))
        )
    for start, end in inside:
        pieces += _unmarked_piece(text, at, start)
        pieces.append((start, end, "direct"))
        at = end
    pieces += _unmarked_piece(text, at, content.end)
    if inside:
        # Drop single words such as the "and" between two quoted phrases.
        pieces = [
            piece for piece in pieces if piece[2] == "direct" or " " in text[piece[0] : piece[1]]
        ]
    if any(kind == "indirect" for _, _, kind in pieces):
        pieces = [(a, b, "mixed" if kind == "direct" else kind) for a, b, kind in pieces]
    return pieces


def _unmarked_piece(text: str, start: int, end: int) -> list[tuple[int, int, QuoteKind]]:
    """Return the words between two spans in marks, without surrounding punctuation."""
    while start < end and not text[start].isalnum() and text[start] not in "($€£#@[":
        start += 1
    while end > start and not text[end - 1].isalnum() and text[end - 1] not in ")%]":
        end -= 1
    return [(start, end, "indirect")] if start < end else []


class _SpeakerResolver:
    """Resolves sources to the actors that they name, refer to or describe."""

    def __init__(
        self, doc: Document, names: Sequence[NameMention], references: Sequence[Reference]
    ) -> None:
        self._doc = doc
        self._names = sorted(
            (mention for mention in names if mention.actor is not None),
            key=lambda mention: mention.name.first,
        )
        self._firsts = [mention.name.first for mention in self._names]
        self._name_by_first = {mention.name.first: mention for mention in self._names}
        self._name_by_last = {mention.name.last: mention for mention in self._names}
        self._references = {reference.first: reference for reference in references}

    def resolve(self, source: Span) -> tuple[Actor | None, float]:
        """Return the actor of a source (None if unnamed) and the confidence in that reading."""
        tokens = self._doc.tokens
        first = bisect_left(self._doc.starts, source.start)
        last = bisect_left(self._doc.starts, source.end)
        inside = self._names[bisect_left(self._firsts, first) : bisect_left(self._firsts, last)]
        written = issuer(tokens, first, last, self._name_by_first, self._references)
        if written is not None:
            return written
        inside = self._names[bisect_left(self._firsts, first) : bisect_left(self._firsts, last)]
        heads = [
            mention
            for mention in inside
            if self._is_head(mention, first, last)
            and self._is_speaker(mention)
            and not self._is_in_attribute(mention, first, last)
        ]
        persons = [mention for mention in heads if mention.name.type == "PERSON"]
        chosen = (persons or heads)[:1]
        if chosen:
            return chosen[0].actor, chosen[0].confidence
        if last - first == 1 and tokens[first].lower in ("who", "which"):
            # "Lee, who said": the name directly before.
            before = first - 1 if first and tokens[first - 1].text == "," else first
            mention = self._name_by_last.get(before)
            return (mention.actor, mention.confidence) if mention is not None else (None, 0.5)
        reference = self._reference(first, last)
        if reference is not None:
            return reference.antecedent, reference.confidence
        return None, 0.9

    def _reference(self, first: int, last: int) -> Reference | None:
        """Return the pronoun or description that is the head of a source, if it was resolved."""
        tokens = self._doc.tokens
        at = first + 1  # "his campaign"
        if at in self._name_by_first:
            at = self._name_by_first[at].name.last  # "the French president"
        reference = self._references.get(at)
        if reference is None or reference.kind != "description" or last == first + 1:
            reference = self._references.get(first)
        if reference is None or reference.last > last:
            return None
        is_owner = reference.last < last and tokens[reference.last].lower in POSSESSIVE
        is_owner |= last - first > 1 and reference.kind != "description"  # "his office"
        return None if is_owner else reference

    def subject_before(self, span: Span) -> Span | None:
        """Return the subject of a cue without a source, or None.

        That is the name right before it, or else the first name or pronoun of its sentence.
        """
        tokens = self._doc.tokens
        at = self._doc.token_at(span.start)
        begin = max(self._doc.sentence_of(at).first, at - _SUBJECT_WINDOW)
        beside = self._name_by_last.get(at)
        is_second = beside is not None and tokens[beside.name.first - 1].lower == "and"
        if beside is not None and not is_second and self._is_head(beside, begin, at):
            return self._unlinked(beside.name.first, at)
        for i in range(begin, at):
            mention = self._name_by_first.get(i)
            if mention is not None and mention.name.last <= at:
                after = tokens[mention.name.last].lower
                # What follows a person is its verb, but "the Port strike" is no subject.
                last = mention.name.last if mention.name.type == "PERSON" else at
                if after not in POSSESSIVE and self._is_head(mention, begin, last):
                    return self._unlinked(i, mention.name.last)
            elif tokens[i].lower in _SUBJECTS and not tokens[i].text.isupper():
                return self._unlinked(i, i + 1)
        return None

    def source_behind(self, cue: Span, content: Span, sources: Sequence[Span]) -> Span | None:
        """Return the source that follows a cue: "Asking for calm, Lee left", "opposed by Lee"."""
        doc, tokens = self._doc, self._doc.tokens
        first, last = doc.token_range(cue.start, cue.end)
        sentence = doc.sentence_of(first)
        ends = (last, doc.token_at(content.end - 1) + 1)
        if tokens[last - 1].lower == "by":
            return self._source_at(last, sources)
        for at in ends:
            if at < sentence.last and tokens[at].lower == "by":
                return self._source_at(at + 1, sources)
        at = max(ends)
        is_in_front = (
            first - sentence.first <= _FRONT_WINDOW
            and any(token.lower.endswith("ing") for token in tokens[first:last])
            and at < sentence.last
            and tokens[at].text == ","
        )
        return self._source_at(at + 1, sources) if is_in_front else None

    def _source_at(self, at: int, sources: Sequence[Span]) -> Span | None:
        """Return the source, name or pronoun that begins at a token."""
        tokens = self._doc.tokens
        if at >= len(tokens) - 1:
            return None
        number = bisect_left(sources, tokens[at].start, key=_start)
        if number < len(sources) and sources[number].start == tokens[at].start:
            return sources[number]
        mention = self._name_by_first.get(at + (tokens[at].lower == "the"))
        if mention is not None:
            return self._unlinked(at, mention.name.last)
        if tokens[at].lower in _SUBJECTS:
            return self._unlinked(at, at + 1)
        return None

    def _unlinked(self, first: int, last: int) -> Span:
        """Return the tokens `first`:`last` as a source that the network did not link."""
        tokens = self._doc.tokens
        return Span(tokens[first].start, tokens[last - 1].end, "", _UNLINKED_CONFIDENCE)

    def _is_in_attribute(self, mention: NameMention, first: int, last: int) -> bool:
        """Whether a name stands in what is said of the head: "voters who dislike Lee"."""
        tokens, name = self._doc.tokens, mention.name
        # "WHO" is an organisation.
        before = {t.lower for t in tokens[first : name.first] if not t.text.isupper()}
        is_apposed = tokens[name.first - 1].text == ","
        if name.type == "PERSON":
            return bool(before & _RELATIVES) and not is_apposed
        if name.type == "ORG" and is_apposed and last - name.last <= 1:
            return False  # "one of the insurers, Lee Health,"
        return bool(before & (_RELATIVES | _GOVERNORS))

    def _is_speaker(self, mention: NameMention) -> bool:
        """Whether a name may speak: no nationality or party of one unnamed person."""
        before = self._doc.tokens[mention.name.first - 1].lower if mention.name.first else ""
        return mention.name.type != "NORP" or is_people(mention.name.form, before)

    def _is_head(self, mention: NameMention, first: int, last: int) -> bool:
        """Whether a name inside a source is the speaker, not the speaker's employer or the like."""
        tokens, name = self._doc.tokens, mention.name
        before = tokens[name.first - 1].lower if name.first > first else ""
        after = tokens[name.last] if name.last < last else None
        if name.role:
            start = tokens[name.first].start - len(name.role) - 1
            if self._doc.text[start : start + len(name.role)] == name.role:
                titled = bisect_left(self._doc.starts, start)
                before = tokens[titled - 1].lower if titled > first else ""
        at = name.first - 1
        while at > first and tokens[at].lower in _ARTICLES:
            at -= 1
        if before in _GOVERNORS or (at >= first and tokens[at].lower in _GOVERNORS):
            return False
        if after is None or not (after.is_word or after.lower in ("'s", "’s", "-", "'", "’")):
            return True
        if name.type == "PERSON":
            return after.lower in ("and", "or", "who", "in", "of", "at", "himself", "herself")
        return after.lower in ("and", "or", "itself", "themselves")
