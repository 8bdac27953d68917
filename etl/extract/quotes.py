"""Direct speech: which spans in marks are quotes, which form one utterance, and who speaks.

Belongs here: matching spans in marks with cues, and carrying a speaker over to the next quote. Does
not belong here: pairing marks (`marks`), cues and sources (`cues`, `sources`), speech without marks
(`indirect`).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from etl.domain import QuoteKind
from etl.extract import indirect
from etl.extract.antecedents.resolve import Reference
from etl.extract.cues import CueIndex, CueSpan
from etl.extract.document import Document
from etl.extract.lexicon import Lexicon
from etl.extract.marks import MarkedSpan
from etl.extract.mention_clusters import NameMention
from etl.extract.sources import Source, SourceFinder
from etl.extract.speech import Speech, deduplicate

_MIN_WORDS_ALONE = 5


@dataclass(slots=True)
class _MarkedQuote:
    """A span in marks, its tokens, and its attribution as far as it is known."""

    span: MarkedSpan
    first: int
    last: int
    paragraph_first: int
    paragraph_last: int
    cue: CueSpan | None = None
    method: str = ""
    confidence: float = 0.0
    follows: _MarkedQuote | None = None  # the piece whose utterance and speaker this one shares
    is_same_utterance: bool = False
    utterance: int = -1


def find_speech(
    doc: Document,
    spans: Sequence[MarkedSpan],
    names: Sequence[NameMention],
    references: Sequence[Reference],
    lexicon: Lexicon,
    *,
    is_headline: bool = False,
    marked_only: bool = False,
) -> list[Speech]:
    """Return all quotes of one part, in text order, with utterances numbered from 0.

    `marked_only` skips speech without marks, for callers that find it by other means.
    """
    quotes = _marked_quotes(doc, spans)
    in_marks = [False] * len(doc.tokens)
    for quote in quotes:
        # The marks themselves are not words, so they need no flag.
        in_marks[quote.first : quote.last] = [True] * (quote.last - quote.first)
    cues = CueIndex(SourceFinder(doc, names, references, in_marks, lexicon))
    _attribute(doc, quotes, cues, in_marks)
    _carry_speakers(doc, quotes)
    found: list[Speech] = []
    if is_headline and not marked_only:
        found += indirect.headline_colon(doc, cues, in_marks)
    by_cue: dict[int, int] = {}  # utterance by the first token of its cue
    split_utterances: set[int] = (
        set()
    )  # utterances that began before their cue: the rest is direct too
    for number, quote in enumerate(quotes):
        quote.utterance = number
        if quote.follows is not None:
            quote.cue = quote.follows.cue
            if quote.is_same_utterance:
                quote.utterance = quote.follows.utterance
        elif quote.cue is not None:
            quote.utterance = by_cue.setdefault(quote.cue.first, number)
        if quote.cue is None and not _is_unattributed_speech(doc, quote):
            continue
        is_split = quote.utterance in split_utterances
        if quote.method in ("cue_after", "cue_inverted", "cue_behind"):
            split_utterances.add(quote.utterance)
        found.append(_to_speech(doc, quote, _source_of_cue(quote.cue, cues, doc), is_split))
    if not marked_only:
        found += indirect.find(doc, cues, by_cue, len(quotes), in_marks)
    return deduplicate(found)


def _marked_quotes(doc: Document, spans: Sequence[MarkedSpan]) -> list[_MarkedQuote]:
    quotes = []
    for span in spans:
        paragraph = doc.paragraphs[span.paragraph]
        first, last = bisect_left(doc.starts, span.start), bisect_left(doc.starts, span.end)
        quotes.append(_MarkedQuote(span, first, last, paragraph.first, paragraph.last))
    return quotes


def _attribute(
    doc: Document, quotes: list[_MarkedQuote], cues: CueIndex, in_marks: Sequence[bool]
) -> None:
    for number, quote in enumerate(quotes):
        if quote.span.continues:
            quote.follows, quote.is_same_utterance = quotes[number - 1], True
            quote.method, quote.confidence = "reopened", 0.9
            continue
        previous = quotes[number - 1] if number else None
        following = quotes[number + 1] if number + 1 < len(quotes) else None
        floor = quote.paragraph_first
        if previous is not None and previous.paragraph_first == quote.paragraph_first:
            floor = previous.last
        ceiling = quote.paragraph_last
        if following is not None and following.paragraph_first == quote.paragraph_first:
            ceiling = following.first
        if (
            not (
                _match_cue_after(doc, quote, cues, ceiling)
                or _match_cue_before(doc, quote, cues, in_marks)
                or _match_colon_before(doc, quote, cues)
            )
            and previous is not None
        ):
            quote.follows = previous if _continues_quote(doc, quote, previous, floor) else None
            quote.is_same_utterance = quote.follows is not None


def _match_cue_after(doc: Document, quote: _MarkedQuote, cues: CueIndex, ceiling: int) -> bool:
    """Match a cue after the quote: `“…,” she said`, `“…,” said Ann Lee, …`."""
    text, tokens = doc.text, doc.tokens
    ending = _last_character(doc, quote)
    first = quote.last
    while first < ceiling and not tokens[first].is_word:
        first += 1
    if first >= ceiling:
        return False
    between = text[quote.span.end + 1 : tokens[first].start].strip()
    if ending not in ",?!…—–-" and between[:1] not in (",", "–", "—"):
        return False
    if any(mark in between for mark in ".;:"):
        return False
    end = min(doc.sentence_of(first).last, ceiling)
    for cue in cues.between(first, end)[:2]:
        if cue.source is None:
            if cue.first == first and cue.form.inflection != "ing" and ending == ",":
                return _attach(quote, cue, "cue_behind", 0.5)
            continue
        attribution_first = cue.first if cue.is_inverted else min(cue.source.first, cue.first)
        gap = [t for t in tokens[first:attribution_first] if t.is_word and not t.is_capitalised]
        if len(gap) <= 4 or ending == ",":
            if ending in "?!" and _introduces_next_quote(
                doc, max(cue.last, cue.source.last), ceiling
            ):
                return False
            return _attach(quote, cue, "cue_inverted" if cue.is_inverted else "cue_after", 0.9)
    return False


def _introduces_next_quote(doc: Document, i: int, ceiling: int) -> bool:
    """Whether a cue after “…?” belongs to what follows it: `He replied, “…”`, `He said that`."""
    tokens = doc.tokens
    if i < len(tokens) and tokens[i].lower == "that":
        return True
    return i < ceiling and tokens[i].text in (",", ":") and ceiling - i <= 2 < len(tokens) - i


def _match_cue_before(
    doc: Document, quote: _MarkedQuote, cues: CueIndex, in_marks: Sequence[bool]
) -> bool:
    """Match the nearest cue before the quote in its sentence: `She said, “…”`."""
    if quote.first >= len(doc.tokens) or quote.first == quote.last:
        return False
    tokens = doc.tokens
    opening = quote.first - 1 if quote.first > quote.paragraph_first else quote.first
    sentence = doc.sentence_of(opening)
    spans = cues.between(max(sentence.first, opening - 60), quote.first)
    if not spans or _looks_like_title(doc, quote) or opening < sentence.first:
        return False
    for cue in reversed(spans):
        if cue.is_according and cue.source is not None:
            return _attach(quote, cue, "cue_before", 0.8)
        if cue.form.inflection == "ing" and cue.source is None:
            if len(spans) > 1 or quote.first - cue.last <= 12:
                return _attach(quote, cue, "cue_participle", 0.65)
            continue
        if cue.source is not None:
            gap = sum(
                t.is_word and not is_marked
                for t, is_marked in zip(
                    tokens[cue.last : quote.first], in_marks[cue.last : quote.first], strict=True
                )
            )
            if gap > (10 if cue.form.frame == "direct" else 30):
                return False
            return _attach(quote, cue, "cue_before", 0.9 if gap < 6 else 0.75)
    return False


def _match_colon_before(doc: Document, quote: _MarkedQuote, cues: CueIndex) -> bool:
    """Match a cue in the previous paragraph if that ends with a colon."""
    if quote.span.paragraph == 0 or quote.first - 1 > quote.paragraph_first:
        return False
    before = doc.paragraphs[quote.span.paragraph - 1]
    if not doc.text[before.start : before.end].rstrip().endswith(":"):
        return False
    sentence = doc.sentence_of(before.last - 1)
    spans = [s for s in cues.between(sentence.first, sentence.last) if s.source]
    return bool(spans) and _attach(quote, spans[-1], "cue_colon", 0.8)


def _looks_like_title(doc: Document, quote: _MarkedQuote) -> bool:
    """Whether a span looks like the title of a work: “The Long Way Home”."""
    words = [t for t in doc.tokens[quote.first : quote.last] if t.is_word]
    is_closed = _last_character(doc, quote) in tuple(".!?…,")
    return (
        len(words) > 1 and not is_closed and all(t.is_capitalised or len(t.text) < 5 for t in words)
    )


def _attach(quote: _MarkedQuote, cue: CueSpan, method: str, confidence: float) -> bool:
    quote.cue, quote.method, quote.confidence = cue, method, confidence
    return True


def _continues_quote(
    doc: Document, quote: _MarkedQuote, previous: _MarkedQuote, floor: int
) -> bool:
    """Whether a quote continues the previous one of its paragraph: `“…,” she said. “…”`."""
    if previous.paragraph_first != quote.paragraph_first or not _is_sentence(doc, quote):
        return False
    if previous.cue is None and previous.follows is None:
        return False
    words = [t for t in doc.tokens[floor : quote.first] if t.is_word]
    if previous.method in ("cue_after", "cue_inverted", "cue_behind", "carried_over"):
        new_sentences = (
            doc.tokens[quote.first].sentence - doc.tokens[previous.last].sentence
            if (previous.last < len(doc.tokens))
            else 0
        )
        if new_sentences > 1 or len(words) > 40:
            return False
    elif len(words) > 3:
        return False
    quote.method, quote.confidence = "carried_over", 0.75
    return True


def _carry_speakers(doc: Document, quotes: list[_MarkedQuote]) -> None:
    """Give quotes without a cue the speaker of the next quote or of the paragraph before."""
    for number in range(len(quotes) - 2, -1, -1):
        quote, following = quotes[number], quotes[number + 1]
        if quote.cue or quote.follows or not _is_sentence(doc, quote):
            continue
        if (
            following.paragraph_first == quote.paragraph_first
            and following.method
            in (
                "cue_after",
                "cue_inverted",
            )
            and not any(t.is_word for t in doc.tokens[quote.last : following.first])
        ):
            quote.cue, quote.method, quote.confidence = following.cue, "carried_back", 0.7
    for number in range(1, len(quotes)):
        quote, previous = quotes[number], quotes[number - 1]
        if quote.cue or quote.follows or quote.span.paragraph != previous.span.paragraph + 1:
            continue
        has_speaker = previous.cue is not None or previous.follows is not None
        outside = (
            doc.tokens[quote.paragraph_first : quote.first]
            + doc.tokens[quote.last : quote.paragraph_last]
        )
        if has_speaker and _is_sentence(doc, quote) and not any(t.is_word for t in outside):
            quote.follows, quote.method, quote.confidence = previous, "carried_over", 0.5


def _last_character(doc: Document, quote: _MarkedQuote) -> str:
    """Return the last character of a quote, ignoring nested marks."""
    return doc.text[quote.span.start : quote.span.end].rstrip("’'\"” \n")[-1:]


def _is_sentence(doc: Document, quote: _MarkedQuote) -> bool:
    """Whether a span looks like speech: it begins with a capital and ends like a sentence."""
    text_in_marks = doc.text[quote.span.start : quote.span.end].strip()
    words = sum(t.is_word for t in doc.tokens[quote.first : quote.last])
    has_opening = text_in_marks[:1].isupper() or not text_in_marks[:1].isalpha()
    return (
        bool(text_in_marks)
        and words > 1
        and has_opening
        and (_last_character(doc, quote) in tuple(".!?…,—–") or quote.span.is_open)
    )


def _is_unattributed_speech(doc: Document, quote: _MarkedQuote) -> bool:
    """Whether an unattributed span is still speech, not a title or scare quotes."""
    words = sum(t.is_word for t in doc.tokens[quote.first : quote.last])
    if words < _MIN_WORDS_ALONE or not _is_sentence(doc, quote):
        return False
    before = doc.tokens[quote.first - 1 : quote.first]
    first = quote.first - len(before)
    while first > quote.paragraph_first and not doc.tokens[first - 1].is_word:
        if doc.tokens[first - 1].text in ".?!:,—–":
            return True
        first -= 1
    return first <= quote.paragraph_first + 1


def _source_of_cue(cue: CueSpan | None, cues: CueIndex, doc: Document) -> Source | None:
    """Return the source of a cue. A participle uses its sentence's: "Lee sighed, adding “…”"."""
    if cue is None or cue.source is not None:
        return cue.source if cue else None
    return indirect.borrowed_source(cue, cues, doc)


def _to_speech(doc: Document, quote: _MarkedQuote, source: Source | None, is_split: bool) -> Speech:
    cue, utterance = quote.cue, quote.utterance
    kind: QuoteKind = "direct"
    text_in_marks = doc.text[quote.span.start : quote.span.end].strip()
    before = doc.text[max(0, quote.span.start - 3) : quote.span.start - 1].rstrip()
    is_before = quote.method in ("cue_before", "cue_participle")
    runs_on = before[-1:].isalpha() and not _is_sentence(doc, quote)
    if is_before and not is_split and (runs_on or not text_in_marks[:1].isupper()):
        kind = "mixed"
    if cue is None:
        return Speech(
            quote.span.start, quote.span.end, utterance, kind, None, None, None, "unattributed", 0.5
        )
    tokens = doc.tokens
    return Speech(
        quote.span.start,
        quote.span.end,
        utterance,
        kind,
        doc.text[tokens[cue.first].start : tokens[cue.last - 1].end],
        source.actor if source else None,
        (tokens[source.first].start, tokens[source.last - 1].end) if source else None,
        quote.method,
        quote.confidence,
        quote.confidence * source.confidence if source else None,
        tokens[cue.last - 1].end,
    )
