"""Indirect speech: the clause that a cue reports without marks.

Belongs here: where a reported clause begins and ends. Does not belong here: spans in marks
(`quotes`), cues and sources (`cues`, `sources`).

A clause with words in marks becomes several quotes of one utterance: `quotes` creates those in
marks, this module the ones between them, so they never overlap.
"""

from __future__ import annotations

from collections.abc import Sequence

from etl.domain import word_set
from etl.extract.cues import CueIndex, CueSpan
from etl.extract.document import Document
from etl.extract.sources import Source
from etl.extract.speech import Speech

_MIN_WORDS = 3
# Tokens. A longer clause is a list or a text without full stops. The bounds keep the time linear
# in a text with thousands of cues.
_MAX_TOKENS = 300
_MAX_TRAILING_SIGNS = 20
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
    cues: CueIndex,
    utterance_by_cue: dict[int, int],
    utterance_count: int,
    in_marks: Sequence[bool],
) -> list[Speech]:
    """Return the clauses that the cues of a part report.

    `utterance_by_cue` maps the first token of each cue with quotes in marks to their utterance.
    `utterance_count` is the number of utterances so far.
    """
    found: list[Speech] = []
    covered_to = 0
    for number, cue in enumerate(cues.spans):
        following = cues.spans[number + 1] if number + 1 < len(cues.spans) else None
        source = cue.source or borrowed_source(cue, cues, doc)
        if source is None:
            continue
        span = _reported_clause(doc, cue, source, following, in_marks)
        if span is None:
            continue
        first, last = max(span[0], covered_to), span[1]
        runs = _unmarked_runs(doc, first, last, in_marks)
        if not runs:
            continue
        covered_to = max(covered_to, last)
        utterance = utterance_by_cue.get(cue.first, utterance_count + number)
        found += [_reported_speech(doc, cue, source, a, b, utterance) for a, b in runs]
    return found


def headline_colon(doc: Document, cues: CueIndex, in_marks: Sequence[bool]) -> list[Speech]:
    """Return the speech of a headline such as `Ann Lee: the port will close`."""
    tokens = doc.tokens
    colon = next((i for i, t in enumerate(tokens[:8]) if t.text == ":"), 0)
    source = cues.sources.name_filling(0, colon) if colon else None
    if source is None:
        return []
    source_span = (tokens[source.first].start, tokens[source.last - 1].end)
    return [
        Speech(
            tokens[a].start,
            tokens[b - 1].end,
            -1,
            "indirect",
            ":",
            source.actor,
            source_span,
            "headline_colon",
            0.6,
            0.6,
        )
        for a, b in _unmarked_runs(doc, colon + 1, len(tokens), in_marks)
    ]


def borrowed_source(cue: CueSpan, cues: CueIndex, doc: Document) -> Source | None:
    """Return the source that a participle ("…, adding that") shares with the previous cue."""
    sentence = doc.sentence_of(cue.first)
    earlier = [s for s in cues.between(max(sentence.first, cue.first - 60), cue.first) if s.source]
    if earlier:
        return earlier[-1].source
    return cues.sources.subject_of(sentence, cue.first)


def _reported_clause(
    doc: Document, cue: CueSpan, source: Source, following: CueSpan | None, in_marks: Sequence[bool]
) -> tuple[int, int] | None:
    sentence = doc.sentence_of(cue.first)
    end, least = sentence.last, max(sentence.first, sentence.last - _MAX_TRAILING_SIGNS)
    while end > least and not doc.tokens[end - 1].is_word:
        end -= 1
    if cue.is_according:
        return _clause_of_according(doc, cue, source, sentence.first, end)
    clause = _clause_after_cue(doc, cue, source, following, end)
    if clause is not None:
        return clause
    return _clause_before_cue(doc, cue, source, sentence.first, end, in_marks)


def _clause_after_cue(
    doc: Document, cue: CueSpan, source: Source, following: CueSpan | None, end: int
) -> tuple[int, int] | None:
    """Return the clause of `She said [on Monday] [that] …`, up to the next cue or sentence end."""
    tokens = doc.tokens
    if cue.form.frame == "direct" or cue.is_inverted:
        return None
    first = cue.last
    if cue.form.verb in _ADDRESSED:
        limit = min(end, first + 10)
        while first < limit and tokens[first].lower != "that":
            first += 1
        if first == limit:
            return None
    for i in range(first, min(first + 8, end)):
        if tokens[i].lower == "that" and all(
            t.lower in _TIMES or not t.is_word for t in tokens[first:i]
        ):
            return _until_next_cue(doc, i + 1, following, end)
    first = _skip_time_expression(doc, first, end)
    if cue.form.frame != "bare" or cue.form.inflection == "base" or first >= end:
        return None
    token = tokens[first]
    if not token.is_word or token.lower in _NO_CLAUSE or end - first < _MIN_WORDS + 1:
        return None
    # Most verbs take nouns as easily as clauses ("announced a plan", "declared it open"): a clause
    # has a verb soon after.
    if cue.form.verb not in _CLAUSE_VERBS and not _has_verb(doc, first, end):
        return None
    return _until_next_cue(doc, first, following, end)


def _has_verb(doc: Document, first: int, end: int) -> bool:
    """Whether a subject with its verb begins at token `first`."""
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


def _skip_time_expression(doc: Document, first: int, end: int) -> int:
    """Skip "Wednesday", "on Monday evening" or "later" between a cue and its clause."""
    tokens = doc.tokens
    i = first
    if i + 1 < end and tokens[i].lower == "on" and tokens[i + 1].lower in _DAYS:
        i += 1
    while i < end and i - first < 4 and tokens[i].lower in _DAYS_AND_MOMENTS:
        i += 1
    return i


def _until_next_cue(
    doc: Document, first: int, following: CueSpan | None, end: int
) -> tuple[int, int] | None:
    """End a clause where the clause of the next cue begins: ", adding that"."""
    tokens = doc.tokens
    has_own_clause = following is not None and (following.is_according or following.source is None)
    if following is not None and has_own_clause and first < following.first < end:
        cut = following.first
        while cut > first and not tokens[cut - 1].is_word:
            cut -= 1
        if tokens[following.first - 1].text == ",":
            return (first, cut) if cut > first else None
    return (first, end) if end > first else None


def _clause_before_cue(
    doc: Document, cue: CueSpan, source: Source, begin: int, end: int, in_marks: Sequence[bool]
) -> tuple[int, int] | None:
    """Return the clause before the comma of `…, she said.`."""
    tokens = doc.tokens
    if cue.form.frame == "direct" or cue.form.inflection == "ing":
        return None
    start = min(source.first, cue.first)
    while start > begin and (
        tokens[start - 1].lower in ("the", "a", "an", "one") or tokens[start - 1].is_capitalised
    ):
        start -= 1
    quote_end = start
    while quote_end > begin and not tokens[quote_end - 1].is_word:
        quote_end -= 1
    if quote_end > begin and quote_end < start and in_marks[quote_end - 1]:
        # `The plan was “a disaster,” she said`: the words before the marks are hers too.
        return (begin, quote_end) if not in_marks[begin] and tokens[begin].is_word else None
    if start - 1 <= begin or tokens[start - 1].text != ",":
        return None
    after = max(cue.last, source.last)
    if after < end and tokens[after].text != "," and tokens[after].lower not in _TIMES:
        return None
    if start - begin > _MAX_TOKENS or any(t.text in '“"”' for t in tokens[begin : start - 1]):
        return None
    return begin, start - 1


def _clause_of_according(
    doc: Document, cue: CueSpan, source: Source, begin: int, end: int
) -> tuple[int, int] | None:
    tokens = doc.tokens
    if any(tokens[i].is_word for i in range(begin, cue.first)):
        last = cue.first
        while last > begin and not tokens[last - 1].is_word:
            last -= 1
        return begin, last
    first = source.last
    limit = min(end, first + 25)
    while first < limit and tokens[first].text != ",":
        first += 1
    return (first + 1, end) if first < limit else None


def _unmarked_runs(
    doc: Document, first: int, last: int, in_marks: Sequence[bool]
) -> list[tuple[int, int]]:
    """Return the runs of `first`:`last` outside marks, without punctuation at their edges."""
    runs: list[tuple[int, int]] = []
    words = sum(t.is_word for t in doc.tokens[first : min(last, first + 50)])
    if words < _MIN_WORDS:
        return []
    i = first
    while i < last:
        if in_marks[i]:
            i += 1
            continue
        j = i
        while j < last and not in_marks[j]:
            j += 1
        a, b = i, j
        while a < b and not doc.tokens[a].is_word:
            a += 1
        while b > a and not doc.tokens[b - 1].is_word:
            b -= 1
        if a < b:
            runs.append((a, b))
        i = j
    return runs


def _reported_speech(
    doc: Document, cue: CueSpan, source: Source, first: int, last: int, utterance: int
) -> Speech:
    tokens = doc.tokens
    return Speech(
        tokens[first].start,
        tokens[last - 1].end,
        utterance,
        "indirect",
        doc.text[tokens[cue.first].start : tokens[cue.last - 1].end],
        source.actor,
        (tokens[source.first].start, tokens[source.last - 1].end),
        "according_to" if cue.is_according else "reported_clause",
        0.7,
        0.7 * source.confidence,
        tokens[cue.last - 1].end,
    )
