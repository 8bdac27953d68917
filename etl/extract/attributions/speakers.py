"""The speakers of utterances: the actor of a source, and sources that the network did not link.

Belongs here: the head of a source phrase, subjects before a cue and sources behind it. Does not
belong here: links (`attributions.utterances`), and whom pronouns mean (`extract.antecedents`).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace

from etl.domain import word_set
from etl.extract.anaphors import POSSESSIVE
from etl.extract.antecedents.resolve import Reference
from etl.extract.attributions.contents import paragraph_at, start_of
from etl.extract.attributions.utterances import UNLINKED_CONFIDENCE
from etl.extract.document import Document
from etl.extract.mention_clusters import Actor, NameMention
from etl.extract.peoples import is_people
from etl.extract.tagger.tags import Span
from etl.extract.written_sources import issuer

_GOVERNORS = word_set("for of from to with by at in on against about behind close familiar")
_ARTICLES = word_set("the a an")
_RELATIVES = word_set("who whom whose which that where")
_SUBJECTS = word_set("he she they who")
_SUBJECT_WINDOW = 40
"""Tokens before a cue that are searched for its subject."""
_FRONT_WINDOW = 3
"""Tokens before a participle that opens its sentence: "After"."""


class SpeakerResolver:
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
        number = bisect_left(sources, tokens[at].start, key=start_of)
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
        return Span(tokens[first].start, tokens[last - 1].end, "", UNLINKED_CONFIDENCE)

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


def in_paragraph(doc: Document, source: Span, anchor: Span) -> Span:
    """Cut a source that the network joined across paragraphs to the one of its cue or content."""
    first, last = doc.token_range(source.start, source.end)
    paragraphs = [doc.paragraph_of(i) for i in range(first, last)]
    if paragraphs[0] == paragraphs[-1]:
        return source
    wanted = paragraph_at(doc, anchor)
    wanted = wanted if wanted in paragraphs else paragraphs[0]
    kept = [
        token
        for token, paragraph in zip(doc.tokens[first:last], paragraphs, strict=True)
        if paragraph == wanted
    ]
    while len(kept) > 1 and not kept[-1].is_word:
        kept.pop()
    return replace(source, start=kept[0].start, end=kept[-1].end)
