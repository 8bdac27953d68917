"""Where a name begins and ends, where the network cuts it at a full stop, a mark or "state".

Belongs here: initials, generations, nicknames and brackets inside a name. Does not belong here:
spans that are no names (`name_spans`), and how such a name is written (`name_words`).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

from etl.domain import word_set
from etl.extract.lexicon import Lexicon
from etl.extract.name_types import LABELS
from etl.extract.name_words import ACRONYM, GAP, NICKNAME, generation
from etl.extract.organisation_bounds import whole_committees, with_beginnings, with_regions
from etl.extract.places import has_state
from etl.extract.tagger.tags import Span

_ENDS_WITH_INITIAL = re.compile(r"\s[A-Z]$")
_INITIAL_GAP = re.compile(rf"\.{GAP}")
_INITIALS_BETWEEN = re.compile(rf"{GAP}(?:[A-Z]\.{GAP}){{1,2}}")
_INITIALS_BEFORE = re.compile(rf"(?:(?<=[\s(“\"])|^)(?:[A-Z]\.{GAP}){{1,2}}$")
_WORD_BEFORE = re.compile(r"(?<!\w)[^\W\d_][\w’'.-]*$")
_CAPITALISED_BEFORE = re.compile(r"(?<!\S)(?:[A-Z][\w’'.-]*\s){0,2}[A-Z][\w’'.-]*$")
_WORD = re.compile(r"[^\W\d_][\w’'-]*")
_GENERATION = re.compile(
    rf",?{GAP}(?:Jr|Sr)\b\.?|,?{GAP}(?:II|III|IV)\b|{GAP}(?:Junior|Senior)\b(?!{GAP}[A-Z])"
)
_SUFFIX = re.compile(r",?[^\S\n]+(?:Jr|Sr)\b\.?")
_RUN_BEFORE = re.compile(r"(?<!\S)(?:(?:[A-Z]\.|[A-Z][\w’'-]*)[^\S\n]+){0,4}[A-Z][\w’'-]*$")
_NEXT_CAPITALISED = re.compile(rf"{GAP}([A-Z][\w&-]*)")
_SECOND_SURNAME = re.compile(r"[-‐‑][A-Z][^\W\d_]+\b(?!\s+[A-Z])")
_PARTNERS = re.compile(
    rf"{GAP}(?:and|&){GAP}(?:Co|Cie|Sons|Bros|Brothers)\b(?:{GAP}(?:Ltd|Inc|Corp|PLC|Plc|plc)\b)?"
)
_AND = re.compile(rf"{GAP}(?:and|&){GAP}")
_STATE = re.compile(rf"{GAP}state\b")
_NEXT_WORD = re.compile(rf"{GAP}([^\W\d_]+)")
# "Plan B. Lee said": the letter is no initial.
_LETTERED = word_set(
    "plan vitamin hepatitis type group class section part grade appendix exhibit level division "
    "schedule category phase option unit series title line point team figure"
)
_SENIOR_ROLES = word_set("vice president director manager adviser advisor analyst editor")
# Patterns of a mark that opens, and of one that closes. "O’ Neill" has none.
_MARKS = (('"', '"'), ("“", "”"), (r"(?<!\S)['‘](?=\w)", r"(?<=\w\w[^\Ws])['’](?=\s)"))
_PAIRS = {")": "(", "]": "["}
_REACH = 60  # characters before a name that are read
_LONGEST_GAP = 12  # characters between the two halves of a name
_LEAST_CONFIDENCE = 0.6  # of a first name with a nickname, about which the network is unsure
_MAX_BRACKET_WORDS = 2
_MAX_ADDED = 3  # words of a listed name after its first


def mend_bounds(text: str, spans: Sequence[Span], lexicon: Lexicon) -> list[Span]:
    """Return the spans with names whole: "James A. Lee", "Karl Lee Jr.", "Luis (Jerry) Lee"."""
    found = sorted(spans, key=lambda span: span.start)
    found = _with_nicknames(text, found, lexicon)
    found = _with_initials(text, found, lexicon)
    found = _before_suffixes(text, found, lexicon)
    found = with_beginnings(text, found, lexicon)
    found = _joined([_to_listed(text, span, lexicon) for span in found])
    found = [half for span in found for half in _listed_halves(text, span, lexicon)]
    found = [_with_state(text, _with_generation(text, span), lexicon) for span in found]
    found = _joined([_with_partners(text, span) for span in found])
    found = _joined(with_regions(text, found, lexicon))
    found = [_without_half_mark(text, span) for span in _balanced(text, _apart(found))]
    found = _apart([span for span in found if span.end > span.start])
    return whole_committees(text, found, lexicon)


def _with_nicknames(text: str, spans: list[Span], lexicon: Lexicon) -> list[Span]:
    """Join what stands on both sides of a nickname: "Luis" ("Jerry") "Lee"."""
    starts = [span.start for span in spans]
    joined: list[Span] = []
    for match in NICKNAME.finditer(text):
        at = max(0, bisect_right(starts, match.start()) - 1)
        near = [s for s in spans[at : at + 4] if s.start <= match.end() and match.start() <= s.end]
        whole = _around_nickname(text, match, near, lexicon)
        if whole is not None and (not joined or joined[-1].end <= whole.start):
            joined.append(whole)
    if not joined:
        return spans
    ends = [span.end for span in joined]
    others = []
    for span in spans:
        i = bisect_right(ends, span.start)
        if i == len(joined) or joined[i].start >= span.end:
            others.append(span)
    return _apart([*others, *joined])


def _around_nickname(
    text: str, match: re.Match[str], near: Sequence[Span], lexicon: Lexicon
) -> Span | None:
    """Return the name around a nickname; None if the words in marks are something else."""
    left = _WORD_BEFORE.search(text, max(0, match.start() - _REACH), match.start())
    right = _WORD.match(text, match.end())
    if left is None or right is None or not (left[0][0].isupper() and right[0][0].isupper()):
        return None
    before = next((s for s in near if s.start <= left.start() < s.end), None)
    after = next((s for s in near if s.start <= right.start() < s.end), None)
    given = _start_of_given(text, match.start(), lexicon)
    if before is not None and before is after:
        # The network is less sure of a name with a nickname.
        is_unsure = before.label == "PERSON" and given is not None
        confidence = max(before.confidence, _LEAST_CONFIDENCE)
        return replace(before, confidence=confidence) if is_unsure else None
    if before is not None and before.label != "PERSON":
        return None
    if after is not None and after.label not in ("PERSON", "LOC"):
        return None
    if not is_nickname(match, lexicon):
        return None
    is_person = any(span is not None and span.label == "PERSON" for span in (before, after))
    last = right[0].lower()
    if given is None and (not is_person or lexicon.is_ordinary(left[0].lower())):
        return None
    is_word = lexicon.is_ordinary(last) or last in lexicon.titles
    if after is None and (is_word or last in lexicon.calendar_words):
        return None
    end = right.end() if after is None else after.end
    words = text[right.start() : end].split()
    if len(words) > 1 and words[0].lower() in lexicon.first_names:
        return None  # "Erik Holm (Labour) Anna Vik" are two
    start = left.start() if given is None else given
    start = start if before is None else before.start
    confidences = [span.confidence for span in (before, after) if span and span.label == "PERSON"]
    if given is not None or not confidences:
        confidences.append(_LEAST_CONFIDENCE)
    return Span(start, end, "PERSON", max(confidences))


def _start_of_given(text: str, end: int, lexicon: Lexicon) -> int | None:
    """Return where the given names before `end` begin: at a listed first name, or None."""
    words = _CAPITALISED_BEFORE.search(text, max(0, end - _REACH), end)
    if words is None:
        return None
    given = (w for w in _WORD.finditer(text, words.start(), end))
    return next((w.start() for w in given if w[0].lower() in lexicon.first_names), None)


def is_nickname(match: re.Match[str], lexicon: Lexicon) -> bool:
    """Whether words in marks may be a nickname; in brackets, acronyms and places are none."""
    words = match["bracket"]
    if words is None:
        return True
    count = len(words.split())
    if count > _MAX_BRACKET_WORDS or ACRONYM.fullmatch(words) or words[1:2] == "-":
        return False  # "(FBI)", "(R-Texas)"
    if words.lower() in lexicon.first_names:
        return True
    return lexicon.type_of(words) is None


def _with_initials(text: str, spans: Sequence[Span], lexicon: Lexicon) -> list[Span]:
    """Join "James A" and "Baker", and give "Mark Felt" the "W." before it."""
    found: list[Span] = []
    for span in spans:
        before = found[-1] if found else None
        if before is not None and _are_joined_by_initial(text, before, span):
            confidence = max(before.confidence, span.confidence)
            found[-1] = replace(before, end=span.end, confidence=confidence)
        elif span.label == "PERSON":
            begin = 0 if before is None else before.end
            found.append(_from_initials(text, span, begin, lexicon))
        else:
            found.append(span)
    return [_to_surname(text, span, lexicon) for span in found]


def _are_joined_by_initial(text: str, one: Span, other: Span) -> bool:
    """Whether an initial at the end of one span, or between the two, makes them one name."""
    if one.label != "PERSON" or not 0 < other.start - one.end < _LONGEST_GAP:
        return False
    surface, between = text[one.start : one.end], text[one.end : other.start]
    if _ENDS_WITH_INITIAL.search(surface):
        return _INITIAL_GAP.fullmatch(between) is not None
    is_between = _INITIALS_BETWEEN.fullmatch(between) is not None
    return is_between and other.label == "PERSON" and len(surface.split()) == 1


def _from_initials(text: str, span: Span, begin: int, lexicon: Lexicon) -> Span:
    """Return a name from its initials on: "W. Mark Felt", "Roy M. Neel"."""
    begin = max(begin, span.start - _REACH)
    initials = _INITIALS_BEFORE.search(text, begin, span.start)
    if initials is None or lexicon.type_of("".join(initials[0].split())):
        return span  # "in Washington, D. C. Ann Lee said"
    before = text[begin : initials.start()].rstrip()
    word = _WORD_BEFORE.search(before)
    lower = word[0].lower() if word else ""
    if word is None or lower not in lexicon.first_names or not word[0][0].isupper():
        return span if lower in _LETTERED else replace(span, start=initials.start())
    return replace(span, start=begin + word.start())


def _to_surname(text: str, span: Span, lexicon: Lexicon) -> Span:
    """Return "James A. Baker" for "James A" where the network finds no "Baker"."""
    if span.label != "PERSON" or not _ENDS_WITH_INITIAL.search(text[span.start : span.end]):
        return span
    gap = _INITIAL_GAP.match(text, span.end)
    word = _WORD.match(text, gap.end()) if gap else None
    if word is None or not word[0][0].isupper() or lexicon.is_ordinary(word[0].lower()):
        return span
    return replace(span, end=word.end())


def _with_generation(text: str, span: Span) -> Span:
    """Return a name with its generation: "Karl Lee Jr.", "Karl Lee, Sr."."""
    if span.label != "PERSON":
        return span
    span = _with_second_surname(text, span)
    last = text[span.start : span.end].rpartition(" ")[2]
    if last in ("Jr", "Sr"):
        return replace(span, end=span.end + text.startswith(".", span.end))
    match = _GENERATION.match(text, span.end)
    if match is None or generation(last):
        return span
    return span if _begins_role(text, match.end()) else replace(span, end=match.end())


def _begins_role(text: str, end: int) -> bool:
    """Whether the "Sr." that ends here is part of a role: "Ann Lee, Sr. Vice President"."""
    following = _NEXT_WORD.match(text, end)
    return following is not None and following[1].lower() in _SENIOR_ROLES


def _before_suffixes(text: str, spans: list[Span], lexicon: Lexicon) -> list[Span]:
    """Return the spans with all of a name before "Jr.": "Ann D. Lee, Jr." for "Ann" and "Jr."."""
    starts = [span.start for span in spans]
    wholes: list[Span] = []
    for match in _SUFFIX.finditer(text):
        at = max(0, bisect_right(starts, match.start() - _REACH) - 1)
        until = bisect_right(starts, match.end())
        whole = _whole_before(text, match, spans[at:until], lexicon)
        if whole is not None:
            wholes.append(whole)
    if not wholes:
        return spans
    outside = [span for span in spans if not any(map(span.overlaps, wholes))]
    return _apart([*outside, *wholes])


def _whole_before(
    text: str, suffix: re.Match[str], near: Sequence[Span], lexicon: Lexicon
) -> Span | None:
    """Return the name that ends with a suffix, if the network found a part of it only."""
    run = _RUN_BEFORE.search(text, max(0, suffix.start() - _REACH), suffix.start())
    if run is None or _begins_role(text, suffix.end()):
        return None
    words = list(_WORD.finditer(text, run.start(), run.end()))
    after_title = [w.end() for w in words[:-1] if w[0].lower() in lexicon.titles]
    begin = after_title[-1] if after_title else run.start()
    inside = [s for s in near if begin <= s.start and s.end <= suffix.end()]
    inside = [s for s in inside if s.label in ("PERSON", "LOC")]
    names = [s for s in inside if s.start < suffix.start()]
    if not names or not any(s.label == "PERSON" for s in inside):
        return None
    given = _start_of_given(text[: suffix.start()], suffix.start(), lexicon)
    start = names[0].start if given is None or given < begin else min(names[0].start, given)
    before = _WORD_BEFORE.search(text[begin:start].rstrip())
    if text[start + 1] == "." and before and not lexicon.is_ordinary(before[0].lower()):
        start = begin + before.start()  # "Ann" of "D. Lee, Jr."
    if start + len(text[start : suffix.start()].split()[0]) >= suffix.start():
        return None  # one word: "Lee, Jr."
    confidence = max(_LEAST_CONFIDENCE, *(s.confidence for s in inside))
    return Span(start, suffix.end(), "PERSON", confidence)


def _to_listed(text: str, span: Span, lexicon: Lexicon) -> Span:
    """Return the listed name that begins with a span: "European Community" for "European"."""
    if span.label == "PERSON":
        return span
    surface = span.on_one_line(text)
    after = list(islice(_NEXT_CAPITALISED.finditer(text, span.end, span.end + _REACH), _MAX_ADDED))
    ends = [span.end, *(match.end() for match in after)]
    for i in range(len(after), 0, -1):
        added = " ".join(match[1] for match in after[:i])
        is_adjacent = all(m.start() == end for m, end in zip(after[:i], ends, strict=False))
        listed = lexicon.type_of(f"{surface} {added}") if is_adjacent else None
        if listed in LABELS:
            return replace(span, end=ends[i], label=LABELS[listed])
    return span


def _listed_halves(text: str, span: Span, lexicon: Lexicon) -> list[Span]:
    """Return the two listed bodies of a span as two names: "House and Senate"."""
    joint = _AND.search(text, span.start, span.end)
    if joint is None or lexicon.type_of(span.on_one_line(text)):
        return [span]
    halves = [replace(span, end=joint.start()), replace(span, start=joint.end())]
    listed = all(lexicon.type_of(half.on_one_line(text)) == "ORG" for half in halves)
    return [replace(half, label="ORG") for half in halves] if listed else [span]


def _with_second_surname(text: str, span: Span) -> Span:
    """Return "Ann Lee-Holm" for "Ann Lee", but "Lee" of "the Lee-Holm talks"."""
    match = _SECOND_SURNAME.match(text, span.end)
    is_full = len(text[span.start : span.end].split()) > 1
    return span if match is None or not is_full else replace(span, end=match.end())


def _with_state(text: str, span: Span, lexicon: Lexicon) -> Span:
    """Return "Washington state" for "Washington" before "state"."""
    match = _STATE.match(text, span.end) if span.label == "LOC" else None
    if match is None or not has_state(span.on_one_line(text), lexicon):
        return span
    return replace(span, end=match.end())


def _with_partners(text: str, span: Span) -> Span:
    """Return the firm "Ann Lee and Co" for "Ann Lee"."""
    if span.label not in ("PERSON", "ORG"):
        return span
    match = _PARTNERS.match(text, span.end)
    return span if match is None else replace(span, end=match.end(), label="ORG")


def _balanced(text: str, spans: Sequence[Span]) -> list[Span]:
    """Return the spans without half of a pair of brackets: "[Bob] Lee" for "Bob] Lee"."""
    found: list[Span] = []
    for span in spans:
        at = _unpaired(text[span.start : span.end])
        if at is None:
            found.append(span)
            continue
        bracket = span.start + at
        before = found[-1] if found else None
        if text[bracket] not in _PAIRS:
            is_closed = text[span.end : span.end + 1] in _PAIRS
            found.append(
                replace(span, end=span.end + 1) if is_closed else _longer_side(text, span, bracket)
            )
            continue
        opening = text.rfind(_PAIRS[text[bracket]], max(0, span.start - _REACH), span.start)
        if before is not None and before.end <= opening and not text[before.end : opening].strip():
            # "Dunmore" and "Japan) Corp"
            found[-1] = replace(before, end=span.end)
        elif opening == span.start - 1 and text[bracket] == "]":
            found.append(replace(span, start=opening))
        else:
            found.append(_longer_side(text, span, bracket))
    return found


def _without_half_mark(text: str, span: Span) -> Span:
    """Return a span without half of a pair of quotation marks: "Tony Duck" for 'Tony" Duck'."""
    surface = text[span.start : span.end]
    if span.label != "PERSON":
        return span
    for opening, closing in _MARKS:
        marks = [match.start() for match in re.finditer(f"{opening}|{closing}", surface)]
        if len(marks) % 2:
            return _longer_side(text, span, span.start + marks[-1])
    return span


def _unpaired(surface: str) -> int | None:
    """Return the place of the first bracket without its other half."""
    opened: list[int] = []
    for at, sign in enumerate(surface):
        if sign in "([":
            opened.append(at)
        elif sign in _PAIRS:
            if not opened:
                return at
            opened.pop()
    return opened[0] if opened else None


def _longer_side(text: str, span: Span, bracket: int) -> Span:
    """Return the longer part of a span on one side of a bracket or mark, without spaces."""
    left, right = text[span.start : bracket].rstrip(), text[bracket + 1 : span.end].lstrip()
    if len(left) > len(right):
        return replace(span, end=span.start + len(left))
    return replace(span, start=span.end - len(right))


def _joined(spans: Sequence[Span]) -> list[Span]:
    """Join names that overlap: "U.S. House", the listed one, and "House of Representatives"."""
    found: list[Span] = []
    for span in spans:
        if found and span.start < found[-1].end:
            found[-1] = replace(found[-1], end=max(found[-1].end, span.end))
        else:
            found.append(span)
    return found


def _apart(spans: Sequence[Span]) -> list[Span]:
    """Return the spans in order; of two that overlap the one that begins first."""
    found: list[Span] = []
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        if not found or found[-1].end <= span.start:
            found.append(span)
    return found
