"""Direct speech: which marked spans are quotes, which belong together, and who speaks.

Belongs here: matching spans in marks with cues, and carrying a speaker on. Does not belong here:
pairing marks (`marks`), cues and sources (`attribution`), speech without marks (`indirect`).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from etl.domain import QuoteKind
from etl.extract import indirect
from etl.extract.cues import Attributor, Site
from etl.extract.document import Document
from etl.extract.lexicon import Lexicon
from etl.extract.marks import Span
from etl.extract.mention_clusters import Located
from etl.extract.pronouns import Pronoun
from etl.extract.sources import Source
from etl.extract.speech import Speech, distinct

_FEW_WORDS = 5


@dataclass(slots=True)
class _Marked:
    """A span with the tokens in it and what is told of it so far."""

    span: Span
    first: int
    last: int
    paragraph_first: int
    paragraph_last: int
    site: Site | None = None
    method: str = ""
    confidence: float = 0.0
    follows: _Marked | None = None  # the piece whose utterance and speaker this one shares
    is_same_utterance: bool = False
    utterance: int = -1


def find_speech(
    doc: Document,
    spans: Sequence[Span],
    names: Sequence[Located],
    stand_ins: Sequence[Pronoun],
    lexicon: Lexicon,
    *,
    is_headline: bool = False,
    marked_only: bool = False,
) -> list[Speech]:
    """All quotes of one part, in order of their spans; utterances numbered from 0.

    `marked_only` leaves out speech without marks, for who finds that better.
    """
    marked = _locate(doc, spans)
    quoted = [False] * len(doc.tokens)
    for m in marked:
        # The marks themselves are neither inside nor a word, so they need no flag.
        quoted[m.first : m.last] = [True] * (m.last - m.first)
    attributor = Attributor(doc, names, stand_ins, quoted, lexicon)
    _attribute(doc, marked, attributor, quoted)
    _carry(doc, marked)
    found: list[Speech] = []
    if is_headline and not marked_only:
        found += indirect.headline_colon(doc, attributor, quoted)
    by_cue: dict[int, int] = {}  # utterances by the first token of their cue
    split: set[int] = set()  # utterances that began before their cue: the rest is direct too
    for number, m in enumerate(marked):
        m.utterance = number
        if m.follows is not None:
            m.site = m.follows.site
            if m.is_same_utterance:
                m.utterance = m.follows.utterance
        elif m.site is not None:
            m.utterance = by_cue.setdefault(m.site.first, number)
        if m.site is None and not _stands_alone(doc, m):
            continue
        is_split = m.utterance in split
        if m.method in ("cue_after", "cue_inverted", "cue_behind"):
            split.add(m.utterance)
        found.append(_speech(doc, m, _source_of(m.site, attributor, doc), is_split))
    if not marked_only:
        found += indirect.find(doc, attributor, by_cue, len(marked), quoted)
    return distinct(found)


def _locate(doc: Document, spans: Sequence[Span]) -> list[_Marked]:
    marked = []
    for span in spans:
        paragraph = doc.paragraphs[span.paragraph]
        first, last = bisect_left(doc.starts, span.start), bisect_left(doc.starts, span.end)
        marked.append(_Marked(span, first, last, paragraph.first, paragraph.last))
    return marked


def _attribute(
    doc: Document, marked: list[_Marked], attributor: Attributor, quoted: Sequence[bool]
) -> None:
    for number, m in enumerate(marked):
        if m.span.continues:
            m.follows, m.is_same_utterance = marked[number - 1], True
            m.method, m.confidence = "reopened", 0.9
            continue
        previous = marked[number - 1] if number else None
        following = marked[number + 1] if number + 1 < len(marked) else None
        floor = m.paragraph_first
        if previous is not None and previous.paragraph_first == m.paragraph_first:
            floor = previous.last
        ceiling = m.paragraph_last
        if following is not None and following.paragraph_first == m.paragraph_first:
            ceiling = following.first
        if (
            not (
                _cue_behind(doc, m, attributor, ceiling)
                or _cue_before(doc, m, attributor, quoted)
                or _colon_before(doc, m, attributor)
            )
            and previous is not None
        ):
            m.follows = previous if _flows_on(doc, m, previous, floor) else None
            m.is_same_utterance = m.follows is not None


def _cue_behind(doc: Document, m: _Marked, attributor: Attributor, ceiling: int) -> bool:
    """`“…,” she said`, `“…,” said Ann Lee, …`."""
    text, tokens = doc.text, doc.tokens
    ending = _last_sign(doc, m)
    begin = m.last
    while begin < ceiling and not tokens[begin].is_word:
        begin += 1
    if begin >= ceiling:
        return False
    between = text[m.span.end + 1 : tokens[begin].start].strip()
    if ending not in ",?!…—–-" and between[:1] not in (",", "–", "—"):
        return False
    if any(mark in between for mark in ".;:"):
        return False
    end = min(doc.sentence_of(begin).last, ceiling)
    for site in attributor.between(begin, end)[:2]:
        if site.source is None:
            if site.first == begin and site.cue.inflection != "ing" and ending == ",":
                return _set(m, site, "cue_behind", 0.5)
            continue
        starts = site.first if site.is_inverted else min(site.source.first, site.first)
        gap = [t for t in tokens[begin:starts] if t.is_word and not t.is_capitalised]
        if len(gap) <= 4 or ending == ",":
            if ending in "?!" and _leads_on(doc, max(site.last, site.source.last), ceiling):
                return False
            return _set(m, site, "cue_inverted" if site.is_inverted else "cue_after", 0.9)
    return False


def _leads_on(doc: Document, i: int, ceiling: int) -> bool:
    """Whether a cue behind “…?” goes with what follows it: `He replied, “…”`, `He said that`."""
    tokens = doc.tokens
    if i < len(tokens) and tokens[i].lower == "that":
        return True
    return i < ceiling and tokens[i].text in (",", ":") and ceiling - i <= 2 < len(tokens) - i


def _cue_before(doc: Document, m: _Marked, attributor: Attributor, quoted: Sequence[bool]) -> bool:
    """`She said, “…”`, `She called it “…”`: the nearest cue of the sentence before the span."""
    if m.first >= len(doc.tokens) or m.first == m.last:
        return False
    tokens = doc.tokens
    opening = m.first - 1 if m.first > m.paragraph_first else m.first
    sentence = doc.sentence_of(opening)
    sites = attributor.between(max(sentence.first, opening - 60), m.first)
    if not sites or _looks_like_title(doc, m) or opening < sentence.first:
        return False
    for site in reversed(sites):
        if site.is_according and site.source is not None:
            return _set(m, site, "cue_before", 0.8)
        if site.cue.inflection == "ing" and site.source is None:
            if len(sites) > 1 or m.first - site.last <= 12:
                return _set(m, site, "cue_participle", 0.65)
            continue
        if site.source is not None:
            gap = sum(
                t.is_word and not q
                for t, q in zip(
                    tokens[site.last : m.first], quoted[site.last : m.first], strict=True
                )
            )
            if gap > (10 if site.cue.frame == "direct" else 30):
                return False
            return _set(m, site, "cue_before", 0.9 if gap < 6 else 0.75)
    return False


def _colon_before(doc: Document, m: _Marked, attributor: Attributor) -> bool:
    """A paragraph that ends with a colon introduces the quote that opens the next."""
    if m.span.paragraph == 0 or m.first - 1 > m.paragraph_first:
        return False
    before = doc.paragraphs[m.span.paragraph - 1]
    if not doc.text[before.start : before.end].rstrip().endswith(":"):
        return False
    sentence = doc.sentence_of(before.last - 1)
    sites = [s for s in attributor.between(sentence.first, sentence.last) if s.source]
    return bool(sites) and _set(m, sites[-1], "cue_colon", 0.8)


def _looks_like_title(doc: Document, m: _Marked) -> bool:
    """Whether a span is the title of a work: “The Long Way Home”."""
    words = [t for t in doc.tokens[m.first : m.last] if t.is_word]
    is_closed = _last_sign(doc, m) in tuple(".!?…,")
    return (
        len(words) > 1 and not is_closed and all(t.is_capitalised or len(t.text) < 5 for t in words)
    )


def _set(m: _Marked, site: Site, method: str, confidence: float) -> bool:
    m.site, m.method, m.confidence = site, method, confidence
    return True


def _flows_on(doc: Document, m: _Marked, previous: _Marked, floor: int) -> bool:
    """Whether a span goes on with what its paragraph quoted before: `“…,” she said. “…”`."""
    if previous.paragraph_first != m.paragraph_first or not _is_sentence(doc, m):
        return False
    if previous.site is None and previous.follows is None:
        return False
    words = [t for t in doc.tokens[floor : m.first] if t.is_word]
    if previous.method in ("cue_after", "cue_inverted", "cue_behind", "carried_over"):
        new_sentences = (
            doc.tokens[m.first].sentence - doc.tokens[previous.last].sentence
            if (previous.last < len(doc.tokens))
            else 0
        )
        if new_sentences > 1 or len(words) > 40:
            return False
    elif len(words) > 3:
        return False
    m.method, m.confidence = "carried_over", 0.75
    return True


def _carry(doc: Document, marked: list[_Marked]) -> None:
    """Speakers for quotes without a cue of their own: from behind, or from the paragraph above."""
    for number in range(len(marked) - 2, -1, -1):
        m, following = marked[number], marked[number + 1]
        if m.site or m.follows or not _is_sentence(doc, m):
            continue
        if (
            following.paragraph_first == m.paragraph_first
            and following.method
            in (
                "cue_after",
                "cue_inverted",
            )
            and not any(t.is_word for t in doc.tokens[m.last : following.first])
        ):
            m.site, m.method, m.confidence = following.site, "carried_back", 0.7
    for number in range(1, len(marked)):
        m, previous = marked[number], marked[number - 1]
        if m.site or m.follows or m.span.paragraph != previous.span.paragraph + 1:
            continue
        has_speaker = previous.site is not None or previous.follows is not None
        outside = doc.tokens[m.paragraph_first : m.first] + doc.tokens[m.last : m.paragraph_last]
        if has_speaker and _is_sentence(doc, m) and not any(t.is_word for t in outside):
            m.follows, m.method, m.confidence = previous, "carried_over", 0.5


def _last_sign(doc: Document, m: _Marked) -> str:
    """The last character said, nested marks left off."""
    return doc.text[m.span.start : m.span.end].rstrip("’'\"” \n")[-1:]


def _is_sentence(doc: Document, m: _Marked) -> bool:
    """Whether a span is speech by its look: begins with a capital, and ends like a sentence."""
    said = doc.text[m.span.start : m.span.end].strip()
    words = sum(t.is_word for t in doc.tokens[m.first : m.last])
    begins = said[:1].isupper() or not said[:1].isalpha()
    return (
        bool(said)
        and words > 1
        and begins
        and (_last_sign(doc, m) in tuple(".!?…,—–") or m.span.is_open)
    )


def _stands_alone(doc: Document, m: _Marked) -> bool:
    """Whether a span that nothing attributes is still speech, not a title or a scare quote."""
    words = sum(t.is_word for t in doc.tokens[m.first : m.last])
    if words < _FEW_WORDS or not _is_sentence(doc, m):
        return False
    before = doc.tokens[m.first - 1 : m.first]
    starts = m.first - len(before)
    while starts > m.paragraph_first and not doc.tokens[starts - 1].is_word:
        if doc.tokens[starts - 1].text in ".?!:,—–":
            return True
        starts -= 1
    return starts <= m.paragraph_first + 1


def _source_of(site: Site | None, attributor: Attributor, doc: Document) -> Source | None:
    """A cue's source; a participle borrows that of the sentence: "Lee sighed, adding “…”"."""
    if site is None or site.source is not None:
        return site.source if site else None
    return indirect.borrowed_source(site, attributor, doc)


def _speech(doc: Document, m: _Marked, source: Source | None, is_split: bool) -> Speech:
    site, utterance = m.site, m.utterance
    kind: QuoteKind = "direct"
    said = doc.text[m.span.start : m.span.end].strip()
    before = doc.text[max(0, m.span.start - 3) : m.span.start - 1].rstrip()
    is_before = m.method in ("cue_before", "cue_participle")
    runs_on = before[-1:].isalpha() and not _is_sentence(doc, m)
    if is_before and not is_split and (runs_on or not said[:1].isupper()):
        kind = "mixed"
    if site is None:
        return Speech(
            m.span.start, m.span.end, utterance, kind, None, None, None, "unattributed", 0.5
        )
    tokens = doc.tokens
    cue = doc.text[tokens[site.first].start : tokens[site.last - 1].end]
    return Speech(
        m.span.start,
        m.span.end,
        utterance,
        kind,
        cue,
        source.actor if source else None,
        (tokens[source.first].start, tokens[source.last - 1].end) if source else None,
        m.method,
        m.confidence,
        m.confidence * source.confidence if source else None,
    )
