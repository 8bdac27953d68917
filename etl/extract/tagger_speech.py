"""Speech from what the tagger found: contents, cues and sources, joined by their links.

Belongs here: which source says which content, and the pieces of a content that stand in marks. Does
not belong here: the network (`tagger`), speech that rules find by its marks alone (`quotes`).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from etl.domain import QuoteKind
from etl.extract.document import Document
from etl.extract.lexicon import word_set
from etl.extract.marks import Span as Marked
from etl.extract.mention_clusters import Actor, Located
from etl.extract.office_holders import Holders
from etl.extract.pronouns import Pronoun
from etl.extract.speech import Speech
from etl.extract.tagger.tags import Span, Tags
from etl.extract.tokens import OPENING_MARKS

_LINKED = 0.3
_SHARED = 0.15
"""Least probability of a source's link to a cue that no source prefers: "he said …, adding …"."""
_REACH = 1
"""Sentences between a content in marks and its cue: links further away are wrong more often than
right, and so are those of other contents out of their sentence."""
_GOVERNORS = word_set("for of from to with by at in on against about behind close familiar")
_SUBJECTS = word_set("he she they who")
_SUBJECT = 40
"""Words before a cue in which its subject is looked for."""
_UNTOLD = 0.5
_CARRIED = 0.8
_OPENING = OPENING_MARKS | {'"'}
_DETERMINERS = word_set("the this that")


@dataclass(slots=True)
class _Utterance:
    """What one cue introduces: its contents, and who is said to say them."""

    contents: list[tuple[Span, float]]
    cue: Span | None
    source: Span | None
    link: float


def find_speech(
    doc: Document,
    marked: Sequence[Marked],
    tags: Tags,
    names: Sequence[Located],
    stand_ins: Sequence[Pronoun],
) -> list[Speech]:
    """All that the tagger takes for speech in one part, in order; utterances numbered from 0."""
    speakers = _Speakers(doc, names, stand_ins)
    found: list[Speech] = []
    for number, utterance in enumerate(_utterances(doc, tags, marked)):
        cue = utterance.cue
        source = utterance.source or speakers.subject(cue or utterance.contents[0][0])
        actor, sure = speakers.of(source) if source else (None, 0.0)
        for content, link in utterance.contents:
            for start, end, kind in _pieces(doc, content, marked):
                found.append(
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
                        (utterance.link or _UNTOLD) * link * sure if source else None,
                    )
                )
    return _apart(found, doc.text)


def _apart(found: list[Speech], text: str) -> list[Speech]:
    """In order of the text; where marks made two contents overlap, the first keeps what it has."""
    kept: list[Speech] = []
    for said in sorted(found, key=lambda s: (s.start, s.end)):
        if kept and said.start < kept[-1].end:
            said.start = kept[-1].end
            if not text[said.start : said.end].strip():
                continue
        kept.append(said)
    return kept


def _utterances(doc: Document, tags: Tags, marked: Sequence[Marked]) -> list[_Utterance]:
    cues, sources = tags.spans["cue"], tags.spans["source"]
    of_cue = _sources_of(tags, cues, sources)
    starts = [cue.start for cue in cues]
    places = [doc.sentence_at(cue.start) for cue in cues]
    by_cue: dict[int, _Utterance] = {}
    found: list[_Utterance] = []
    for content in tags.spans["content"]:
        reach = _REACH if _is_marked(content, marked) else 0
        low, high = doc.sentence_at(content.start) - reach, doc.sentence_at(content.end - 1) + reach
        near = range(bisect_left(places, low), bisect_right(places, high))
        shares = tags.link("content", content.start, starts, near.start, near.stop)
        best, share = max(shares.items(), key=lambda pair: pair[1], default=(-1, 0.0))
        if share < _LINKED:
            source = _nearest(doc, content, sources)
            before = found[-1] if found else None
            if source is None and before is not None and _goes_on(doc, before, content):
                before.contents.append((content, _CARRIED))
            elif source is None and before is not None and _floats(doc, before, content):
                found.append(_Utterance([(content, 1.0)], None, before.source, _UNTOLD))
            else:
                found.append(_Utterance([(content, 1.0)], None, source, _UNTOLD))
        elif best in by_cue:
            by_cue[best].contents.append((content, share))
        else:
            source, link = of_cue.get(best, (None, 0.0))
            by_cue[best] = _Utterance([(content, share)], cues[best], source, link)
            found.append(by_cue[best])
    return found


def _goes_on(doc: Document, before: _Utterance, content: Span) -> bool:
    """`“…,” she said. “…”`: what is quoted behind a cue goes on with what was before it."""
    last = before.contents[-1][0]
    return (
        before.cue is not None
        and _opens_marked(doc, content)
        and _opens_marked(doc, before.contents[0][0])
        and _paragraph_at(doc, last) == _paragraph_at(doc, content)
    )


def _floats(doc: Document, before: _Utterance, content: Span) -> bool:
    """Whether a paragraph that begins with a quote follows another quote, and nobody is named."""
    number = _paragraph_at(doc, content)
    between = doc.text[doc.paragraphs[number].start : content.start]
    return (
        _opens_marked(doc, content)
        and not any(c.isalnum() for c in between)
        and _opens_marked(doc, before.contents[-1][0])
        and _paragraph_at(doc, before.contents[-1][0]) in (number - 1, number)
    )


def _is_marked(content: Span, marked: Sequence[Marked]) -> bool:
    """Whether some of a content stands in marks."""
    after = bisect_left(marked, content.end, key=_start)
    return after > 0 and marked[after - 1].end > content.start


def _opens_marked(doc: Document, content: Span) -> bool:
    return any(mark in _OPENING for mark in doc.text[max(0, content.start - 1) : content.start + 1])


def _paragraph_at(doc: Document, span: Span) -> int:
    return doc.paragraph_of(doc.token_at(span.start))


def _sources_of(
    tags: Tags, cues: Sequence[Span], sources: Sequence[Span]
) -> dict[int, tuple[Span, float]]:
    """The likeliest source of each cue, with the probability of their link."""
    starts = [cue.start for cue in cues]
    best: dict[int, tuple[Span, float]] = {}
    for source in sources:
        for i, share in tags.link("source", source.start, starts).items():
            if share >= _SHARED and share > best.get(i, (source, 0.0))[1]:
                best[i] = (source, share)
    return best


def _nearest(doc: Document, content: Span, sources: Sequence[Span]) -> Span | None:
    """The source that ends or begins closest to a content without a cue, in its sentence."""
    sentence = doc.sentence_of(doc.token_at(content.start))
    low, high = doc.tokens[sentence.first].start, doc.tokens[sentence.last - 1].end
    first, last = bisect_left(sources, low, key=_start), bisect_left(sources, high, key=_start)
    # Only those on either side of the content's ends can be closest.
    before = bisect_left(sources, content.start, first, last, key=lambda s: s.end)
    behind = bisect_left(sources, content.end, first, last, key=_start)
    near = {i for at in (before, behind) for i in (at - 1, at) if first <= i < last}
    return min(
        (sources[i] for i in sorted(near)),
        key=lambda s: min(abs(content.start - s.end), abs(s.start - content.end)),
        default=None,
    )


def _start(span: Span | Marked) -> int:
    return span.start


def _pieces(
    doc: Document, content: Span, marked: Sequence[Marked]
) -> list[tuple[int, int, QuoteKind]]:
    """A content as what stands in its marks and what stands outside them."""
    text = doc.text
    pieces: list[tuple[int, int, QuoteKind]] = []
    at = content.start
    inside: list[tuple[int, int]] = []
    first = max(0, bisect_left(marked, content.start, key=_start) - 1)
    for m in marked[first : bisect_left(marked, content.end, key=_start)]:
        overlap = min(m.end, content.end) - max(m.start, content.start)
        if overlap <= 0:
            continue
        # What is half said is said: the marks tell better where a quote ends than the tagger.
        whole = 2 * overlap >= m.end - m.start or m.start >= content.start - 1
        inside.append(
            (m.start, m.end) if whole else (max(m.start, content.start), min(m.end, content.end))
        )
    for start, end in inside:
        pieces += _outside(text, at, start)
        pieces.append((start, end, "direct"))
        at = end
    pieces += _outside(text, at, content.end)
    if inside:
        # The "and" between two quoted phrases is nobody's words.
        pieces = [p for p in pieces if p[2] == "direct" or " " in text[p[0] : p[1]]]
    if any(kind == "indirect" for _, _, kind in pieces):
        pieces = [(a, b, "mixed" if kind == "direct" else kind) for a, b, kind in pieces]
    return pieces


def _outside(text: str, start: int, end: int) -> list[tuple[int, int, QuoteKind]]:
    """The words between marks, without the marks and the signs around them."""
    while start < end and not text[start].isalnum() and text[start] not in "($€£#@[":
        start += 1
    while end > start and not text[end - 1].isalnum() and text[end - 1] not in ")%]":
        end -= 1
    return [(start, end, "indirect")] if start < end else []


class _Speakers:
    """Who a source is: the actor that its words name, stand for or describe."""

    def __init__(
        self, doc: Document, names: Sequence[Located], stand_ins: Sequence[Pronoun]
    ) -> None:
        self._doc = doc
        self._names = sorted((x for x in names if x.actor is not None), key=lambda x: x.name.first)
        self._firsts = [x.name.first for x in self._names]
        self._starting = {x.name.first: x for x in self._names}
        self._ending = {x.name.last: x for x in self._names}
        self._pronouns = {p.token: p for p in stand_ins}
        self._holders = Holders(names)

    def of(self, source: Span) -> tuple[Actor | None, float]:
        """The actor, or None for an unnamed one, and how sure its reading of the source is."""
        tokens = self._doc.tokens
        first = bisect_left(self._doc.starts, source.start)
        last = bisect_left(self._doc.starts, source.end)
        inside = self._names[bisect_left(self._firsts, first) : bisect_left(self._firsts, last)]
        heads = [x for x in inside if self._is_head(x, first, last)]
        persons = [x for x in heads if x.name.type == "PERSON"]
        chosen = (persons or heads)[:1]
        if chosen:
            return chosen[0].actor, chosen[0].confidence
        if last - first == 1 and tokens[first].lower == "who":
            # "Lee, who said": whoever stands right before.
            before = first - 1 if first and tokens[first - 1].text == "," else first
            x = self._ending.get(before)
            return (x.actor, x.confidence) if x is not None else (None, 0.5)
        if last - first == 1 and first in self._pronouns:
            stand_in = self._pronouns[first]
            return stand_in.actor, stand_in.confidence
        if last - first > 1 and tokens[first].lower in _DETERMINERS and not inside:
            holder = self._holders.of([t.lower for t in tokens[first + 1 : last]])
            if holder is not None:
                return holder, 0.8
        return None, 0.9

    def subject(self, said: Span) -> Span | None:
        """Who opens the sentence of a cue without a source: the first name or pronoun before it."""
        tokens = self._doc.tokens
        at = self._doc.token_at(said.start)
        begin = max(self._doc.sentence_of(at).first, at - _SUBJECT)
        for i in range(begin, at):
            x = self._starting.get(i)
            if x is not None and x.name.last <= at:
                after = tokens[x.name.last].lower
                if after not in ("'s", "’s") and self._is_head(x, begin, at):
                    return Span(tokens[i].start, tokens[x.name.last - 1].end, "", _UNTOLD)
            elif tokens[i].lower in _SUBJECTS:
                return Span(tokens[i].start, tokens[i].end, "", _UNTOLD)
        return None

    def _is_head(self, x: Located, first: int, last: int) -> bool:
        """Whether a name within a source is who speaks, not whose spokesman does."""
        tokens, name = self._doc.tokens, x.name
        before = tokens[name.first - 1].lower if name.first > first else ""
        after = tokens[name.last] if name.last < last else None
        if name.role:
            start = tokens[name.first].start - len(name.role) - 1
            if self._doc.text[start : start + len(name.role)] == name.role:
                titled = bisect_left(self._doc.starts, start)
                before = tokens[titled - 1].lower if titled > first else ""
        if before in _GOVERNORS:
            return False
        if after is None or not (after.is_word or after.lower in ("'s", "’s", "-", "'", "’")):
            return True
        if name.type == "PERSON":
            return after.lower in ("and", "or", "who", "in", "of", "at", "himself", "herself")
        return after.lower in ("and", "or", "itself", "themselves")
