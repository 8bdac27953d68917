"""Interviews: whose answers they print, where no label names who answers.

Belongs here: the one person whom an interview is with, and answers in marks under questions as
headings. Does not belong here: labels (`turn_labels`) and the text of turns (`turns`).

If two people may be meant, nobody is.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from etl.extract.document import Document
from etl.extract.mention_clusters import Actor, NameMention
from etl.extract.speech import INTERVIEW, Speech

Span = tuple[int, int]

_MARKS = '“”"'
_YOU = re.compile(r"\b[Yy]our?\b")
_MAX_HEADING = 200
_MIN_HEADINGS = 2
_CONTEXT = 80  # characters before and after a name that are searched for a cue
_WITH = re.compile(
    r"\b(?:interview(?:s|ed|ing)?(?:[ ]with)?|sat[ ]down[ ]with|conversation[ ]with|"
    r"Q\s?(?:&|and)\s?A(?::|[ ]with)?|questions[ ](?:for|to)|answers[ ]from|"
    r"(?:speaks|spoke|speaking|talks|talked|talking|chats|chatted|discuss(?:es|ed)?.{0,40})"
    r"[ ](?:to|with))"
    r"[ ](?:[\w’'-]+[ ]){0,7}$",
    re.IGNORECASE,
)
_ANSWERS = re.compile(
    r"(?:,[^,.]{0,60},)?[ ](?:answers|answered|agreed[ ]to[ ]answer|"
    r"(?:spoke|speaks|talked|talks|sat[ ]down|chatted)[ ](?:to|with)[ ](?:us|me|our)\b)"
)
_ABOUT = re.compile(r"\b(?:about|on|of|against|over|by|after|like|under|vs\.?|and|to)[ ]$", re.I)
_I = re.compile(r"\b(?:I|I['’](?:m|ve|ll|d)|[Mm]y)\b")
_SPEECH_CONFIDENCE = 0.9
_CONFIDENCE = 0.75


@dataclass(frozen=True, slots=True)
class Heading:
    """A question as a heading at `start`; its answer in marks at `answer_start`:`answer_end`."""

    start: int
    answer_start: int
    answer_end: int


def find_headings(doc: Document) -> list[Heading]:
    """Return the questions that stand alone before an answer in marks; none if it is only one.

    What speaks to "you" counts as well: "The bank calls you a liar."
    """
    text, paragraphs = doc.text, doc.paragraphs
    found = []
    question_count = number = 0
    while number < len(paragraphs) - 1:
        heading = paragraphs[number]
        number += 1
        is_short = heading.end - heading.start <= _MAX_HEADING
        said = text[heading.start : heading.end].strip() if is_short else ""
        is_question = said.endswith("?")
        if not said or said[0] in "“\"‘'" or not (is_question or _YOU.search(said)):
            continue
        first = number
        answer = paragraphs[number]
        if not _has_answer(text, answer.start, answer.end):
            continue
        number += 1
        while number < len(paragraphs) and _is_in_marks(
            text, paragraphs[number].start, paragraphs[number].end
        ):
            number += 1
        question_count += is_question
        found.append(Heading(heading.start, paragraphs[first].start, paragraphs[number - 1].end))
    return found if question_count >= _MIN_HEADINGS else []


def _has_answer(text: str, start: int, end: int) -> bool:
    """Whether a paragraph begins or ends with a quotation."""
    said = text[start:end].strip()
    return len(said) > 1 and (said[0] in '“"' or said[-1] in '”"')


def _is_in_marks(text: str, start: int, end: int) -> bool:
    """Whether a paragraph is nothing but a quotation, which the next may continue."""
    said = text[start:end].strip()
    return len(said) > 1 and said[0] in '“"' and not any(m in said[1:-1] for m in _MARKS)


def find_interviewee(
    doc: Document,
    headline: Document,
    mentions: Sequence[NameMention],
    begin: int,
    authors: Collection[str],
    spoken: Sequence[tuple[Span, bool]],
) -> Actor | None:
    """Return the only person whom an interview that begins at `begin` can be with, or None.

    That is the person introduced as such in the headline or the text before, or else the only one
    named there, if an answer says "I". `spoken` are the texts without a named speaker, and whether
    each is an answer: nobody names himself in one, or is named in a question unless addressed.
    """
    docs = {"headline": headline, "body": doc}
    people = [
        mention
        for mention in mentions
        if mention.actor is not None
        and mention.actor.type == "PERSON"
        and mention.actor.name.casefold() not in authors
        and (mention.part == "headline" or doc.tokens[mention.name.first].start < begin)
    ]
    for part in ("headline", "body"):
        here = [mention for mention in people if mention.part == part]
        introduced = _distinct(m.actor for m in here if _is_introduced(docs[part], m))
        if part == "body":
            here = [m for m in here if not _is_topic(doc, m)] if len(here) > 1 else here
        else:
            here = [m for m in here if not _is_topic(headline, m)]
        named = introduced or _distinct(m.actor for m in here)
        if len(named) == 1:
            is_other = not introduced and (
                _is_spoken_of(doc, mentions, named[0], spoken) or not _says_i(doc, spoken)
            )
            return None if is_other else named[0]
        if len(introduced) > 1:
            return None
    return None


def _says_i(doc: Document, spoken: Sequence[tuple[Span, bool]]) -> bool:
    """Whether an answer says "I": in an outlet's own questions and answers, nobody does."""
    answers = [span for span, is_answer in spoken if is_answer]
    return not answers or any(_I.search(doc.text, *span) for span in answers)


def _distinct(actors: Iterator[Actor | None]) -> list[Actor]:
    return list({id(actor): actor for actor in actors if actor is not None}.values())


def _around(doc: Document, mention: NameMention) -> tuple[str, str]:
    start, end = doc.tokens[mention.name.first].start, doc.tokens[mention.name.last - 1].end
    return doc.text[max(0, start - _CONTEXT) : start], doc.text[end : end + _CONTEXT]


def _is_introduced(doc: Document, mention: NameMention) -> bool:
    before, after = _around(doc, mention)
    return _WITH.search(before) is not None or _ANSWERS.match(after) is not None


def _is_topic(doc: Document, mention: NameMention) -> bool:
    before, after = _around(doc, mention)
    return _ABOUT.search(before) is not None or after[:2] in ("'s", "’s")


def _is_spoken_of(
    doc: Document,
    mentions: Sequence[NameMention],
    person: Actor,
    spoken: Sequence[tuple[Span, bool]],
) -> bool:
    """Whether somebody is named in an answer, or named without being addressed in a question."""
    starts = [start for (start, _), _ in spoken]
    for mention in mentions:
        if mention.part != "body" or mention.actor is not person:
            continue
        at = doc.tokens[mention.name.first].start
        number = bisect_right(starts, at) - 1
        if number < 0 or at >= spoken[number][0][1]:
            continue
        after = doc.tokens[mention.name.last : mention.name.last + 1]
        is_addressed = bool(after) and after[0].text in (",", "?", ".", "—")
        if spoken[number][1] or not is_addressed:
            return True
    return False


def name_before(
    doc: Document, mentions: Sequence[NameMention], person: Actor, position: int
) -> Span | None:
    """Return the characters of the last name of a person before a position, or None."""
    last = None
    for mention in mentions:
        if mention.actor is person and doc.tokens[mention.name.first].start < position:
            last = mention
    if last is None:
        return None
    return doc.tokens[last.name.first].start, doc.tokens[last.name.last - 1].end


def attribute_answers(
    doc: Document,
    found: Sequence[Speech],
    headings: Sequence[Heading],
    person: Actor,
    mentions: Sequence[NameMention],
) -> list[Speech]:
    """Return the speech, that under headings said by the person interviewed.

    A paragraph that names another source keeps it, and a question is no speech without a source.
    """
    source = name_before(doc, mentions, person, headings[0].start)
    if source is None:
        return list(found)
    starts = [heading.start for heading in headings]
    kept = []
    for quote in found:
        number = bisect_right(starts, quote.start) - 1
        heading = headings[number] if number >= 0 else None
        if heading is not None and quote.end <= heading.answer_start and quote.source is None:
            continue
        is_answer = heading is not None and heading.answer_start <= quote.start < heading.answer_end
        if is_answer and quote.kind != "indirect":
            paragraph = doc.paragraphs[doc.paragraph_of(doc.token_at(quote.start))]
            at = quote.source[0] if quote.source else -1
            if at < paragraph.start or quote.start <= at < quote.end:
                quote.speaker, quote.source, quote.cue = person, source, None
                quote.method, quote.speaker_confidence = INTERVIEW, _CONFIDENCE
                quote.confidence = _SPEECH_CONFIDENCE
        kept.append(quote)
    return kept
