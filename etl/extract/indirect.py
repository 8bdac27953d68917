"""Indirect speech: the clause that a cue reports without marks.

Belongs here: where a reported clause begins and ends. Does not belong here: what stands in marks
(`quotes`), cues and sources (`attribution`).

A clause with words in marks is given in pieces that share an utterance: the marked ones come from
`quotes`, those between them from here, so no piece covers another.
"""

from __future__ import annotations

from collections.abc import Sequence

from etl.extract.cues import Attributor, Site
from etl.extract.document import Document
from etl.extract.lexicon import word_set
from etl.extract.sources import Source
from etl.extract.speech import Speech

_SHORTEST = 3
# Tokens. What is longer is no sentence but a list or a text without full stops; the bounds keep the
# time linear when it has thousands of cues.
_LONGEST = 300
_LONGEST_TAIL = 20
_ADDRESSED = word_set("tell ask remind inform assure warn urge notify advise")
_NO_CLAUSE = word_set(
    "of in on at by to with about for from as into against and or but over after before during "
    "between within than when while where until his her its their both so yes no nothing more most "
    "less goodbye hello sorry farewell something anything everything little much"
)
_DAYS = word_set("monday tuesday wednesday thursday friday saturday sunday today yesterday")
_MOMENTS = word_set("morning afternoon evening night afterwards afterward later earlier then again")
_DAYS_AND_MOMENTS = _DAYS | _MOMENTS
_CLAUSE_VERBS = frozenset({"say", "believe", "think", "argue", "hope", "know"})
_AUXILIARIES = word_set(
    "is was are were had has have would will could can should did does do may might must 'd 'll 's "
    "’d ’ll ’s ’re 're ’ve 've ’m 'm never also"
)
_TIMES = _DAYS_AND_MOMENTS | word_set(
    "tonight late last this week month year january february march april may june july august "
    "september october november december on in a an the statement interview speech tweet news "
    "conference report recently early television weekend email post briefing"
)


def find(
    doc: Document,
    attributor: Attributor,
    owner: dict[int, int],
    count: int,
    quoted: Sequence[bool],
) -> list[Speech]:
    """The clauses reported by the cues of a part.

    `owner`: the utterance of each cue that has marked spans, by the cue's first token; `count`:
    how many utterances there are so far.
    """
    found: list[Speech] = []
    taken_to = 0
    for number, site in enumerate(attributor.sites):
        following = attributor.sites[number + 1] if number + 1 < len(attributor.sites) else None
        source = site.source or borrowed_source(site, attributor, doc)
        if source is None:
            continue
        span = _clause(doc, site, source, following, quoted)
        if span is None:
            continue
        first, last = max(span[0], taken_to), span[1]
        pieces = _pieces(doc, first, last, quoted)
        if not pieces:
            continue
        taken_to = max(taken_to, last)
        utterance = owner.get(site.first, count + number)
        found += [_piece(doc, site, source, a, b, utterance) for a, b in pieces]
    return found


def headline_colon(doc: Document, attributor: Attributor, quoted: Sequence[bool]) -> list[Speech]:
    """A headline of the form `Ann Lee: the port will close` says who speaks by a colon."""
    tokens = doc.tokens
    colon = next((i for i, t in enumerate(tokens[:8]) if t.text == ":"), 0)
    source = attributor.sources.speaker_at(0, colon) if colon else None
    if source is None:
        return []
    where = (tokens[source.first].start, tokens[source.last - 1].end)
    return [
        Speech(
            tokens[a].start,
            tokens[b - 1].end,
            -1,
            "indirect",
            ":",
            source.actor,
            where,
            "headline_colon",
            0.6,
            0.6,
        )
        for a, b in _pieces(doc, colon + 1, len(tokens), quoted)
    ]


def borrowed_source(site: Site, attributor: Attributor, doc: Document) -> Source | None:
    """For a participle ("…, adding that"): the source of the cue before it in the sentence."""
    sentence = doc.sentence_of(site.first)
    earlier = [
        s for s in attributor.between(max(sentence.first, site.first - 60), site.first) if s.source
    ]
    if earlier:
        return earlier[-1].source
    return attributor.sources.subject_of(sentence, site.first)


def _clause(
    doc: Document, site: Site, source: Source, following: Site | None, quoted: Sequence[bool]
) -> tuple[int, int] | None:
    sentence = doc.sentence_of(site.first)
    end, least = sentence.last, max(sentence.first, sentence.last - _LONGEST_TAIL)
    while end > least and not doc.tokens[end - 1].is_word:
        end -= 1
    if site.is_according:
        return _beside_according(doc, site, source, sentence.first, end)
    behind = _behind_cue(doc, site, source, following, end)
    if behind is not None:
        return behind
    return _ahead_of_cue(doc, site, source, sentence.first, end, quoted)


def _behind_cue(
    doc: Document, site: Site, source: Source, following: Site | None, end: int
) -> tuple[int, int] | None:
    """`She said [on Monday] [that] …` to the end of the sentence or the next cue."""
    tokens = doc.tokens
    if site.cue.frame == "direct" or site.is_inverted:
        return None
    first = site.last
    if site.cue.verb in _ADDRESSED:
        limit = min(end, first + 10)
        while first < limit and tokens[first].lower != "that":
            first += 1
        if first == limit:
            return None
    for i in range(first, min(first + 8, end)):
        if tokens[i].lower == "that" and all(
            t.lower in _TIMES or not t.is_word for t in tokens[first:i]
        ):
            return _to_end(doc, i + 1, following, end)
    first = _behind_time(doc, first, end)
    if site.cue.frame != "bare" or site.cue.inflection == "base" or first >= end:
        return None
    token = tokens[first]
    if not token.is_word or token.lower in _NO_CLAUSE or end - first < _SHORTEST + 1:
        return None
    # Most verbs take nouns as easily as clauses ("announced a plan", "declared it open"): a verb
    # that follows soon is the sign of a clause.
    if site.cue.verb not in _CLAUSE_VERBS and not _has_verb(doc, first, end):
        return None
    return _to_end(doc, first, following, end)


def _has_verb(doc: Document, first: int, end: int) -> bool:
    """Whether a subject and its verb begin at token `first`."""
    tokens = doc.tokens
    if tokens[first].lower in ("he", "she", "they", "it", "we", "i", "there"):
        verb = tokens[first + 1].lower
        return verb in _AUXILIARIES or verb.endswith("ed")
    for token in tokens[first + 1 : min(first + 8, end)]:
        if not token.is_word or token.lower in ("in", "on", "at", "for", "to", "that", "who"):
            return token.lower in ("'s", "’s")
        if token.lower in _AUXILIARIES:
            return True
    return False


def _behind_time(doc: Document, first: int, end: int) -> int:
    """Skip "Wednesday", "on Monday evening", "later" between a cue and its clause."""
    tokens = doc.tokens
    i = first
    if i + 1 < end and tokens[i].lower == "on" and tokens[i + 1].lower in _DAYS:
        i += 1
    while i < end and i - first < 4 and tokens[i].lower in _DAYS_AND_MOMENTS:
        i += 1
    return i


def _to_end(doc: Document, first: int, following: Site | None, end: int) -> tuple[int, int] | None:
    """Cut a clause where the next cue's own clause begins: ", adding that"."""
    tokens = doc.tokens
    begins = following is not None and (following.is_according or following.source is None)
    if following is not None and begins and first < following.first < end:
        cut = following.first
        while cut > first and not tokens[cut - 1].is_word:
            cut -= 1
        if tokens[following.first - 1].text == ",":
            return (first, cut) if cut > first else None
    return (first, end) if end > first else None


def _ahead_of_cue(
    doc: Document, site: Site, source: Source, begin: int, end: int, quoted: Sequence[bool]
) -> tuple[int, int] | None:
    """`…, she said.`: the sentence before the comma."""
    tokens = doc.tokens
    if site.cue.frame == "direct" or site.cue.inflection == "ing":
        return None
    start = min(source.first, site.first)
    while start > begin and (
        tokens[start - 1].lower in ("the", "a", "an", "one") or tokens[start - 1].is_capitalised
    ):
        start -= 1
    quote_end = start
    while quote_end > begin and not tokens[quote_end - 1].is_word:
        quote_end -= 1
    if quote_end > begin and quote_end < start and quoted[quote_end - 1]:
        # `The plan was “a disaster,” she said`: the words before the marks are hers, too.
        return (begin, quote_end) if not quoted[begin] and tokens[begin].is_word else None
    if start - 1 <= begin or tokens[start - 1].text != ",":
        return None
    after = max(site.last, source.last)
    if after < end and tokens[after].text != "," and tokens[after].lower not in _TIMES:
        return None
    if start - begin > _LONGEST or any(t.text in '“"”' for t in tokens[begin : start - 1]):
        return None
    return begin, start - 1


def _beside_according(
    doc: Document, site: Site, source: Source, begin: int, end: int
) -> tuple[int, int] | None:
    tokens = doc.tokens
    if any(tokens[i].is_word for i in range(begin, site.first)):
        last = site.first
        while last > begin and not tokens[last - 1].is_word:
            last -= 1
        return begin, last
    first = source.last
    limit = min(end, first + 25)
    while first < limit and tokens[first].text != ",":
        first += 1
    return (first + 1, end) if first < limit else None


def _pieces(doc: Document, first: int, last: int, quoted: Sequence[bool]) -> list[tuple[int, int]]:
    """The unmarked stretches of tokens `first`:`last`, punctuation at their edges left off."""
    pieces: list[tuple[int, int]] = []
    words = sum(t.is_word for t in doc.tokens[first : min(last, first + 50)])
    if words < _SHORTEST:
        return []
    i = first
    while i < last:
        if quoted[i]:
            i += 1
            continue
        j = i
        while j < last and not quoted[j]:
            j += 1
        a, b = i, j
        while a < b and not doc.tokens[a].is_word:
            a += 1
        while b > a and not doc.tokens[b - 1].is_word:
            b -= 1
        if a < b:
            pieces.append((a, b))
        i = j
    return pieces


def _piece(
    doc: Document, site: Site, source: Source, first: int, last: int, utterance: int
) -> Speech:
    tokens = doc.tokens
    return Speech(
        tokens[first].start,
        tokens[last - 1].end,
        utterance,
        "indirect",
        doc.text[tokens[site.first].start : tokens[site.last - 1].end],
        source.actor,
        (tokens[source.first].start, tokens[source.last - 1].end),
        "according_to" if site.is_according else "reported_clause",
        0.7,
        0.7 * source.confidence,
    )
