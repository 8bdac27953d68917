"""Where the name of an organisation begins and ends, where the network cuts it.

Belongs here: the subject of a committee ("on Fisheries and Harbours"), the word "subcommittee"
after its subject, the country of a party, the region of a firm, its "'s", and its first half. Does
not belong here: other bounds of names (`name_bounds`), and two forms that name one organisation
(`mention_clusters`, `etl.linking`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from etl.domain import word_set
from etl.extract.lexicon import Lexicon
from etl.extract.name_words import GAP, LEGAL_FORMS
from etl.extract.tagger.tags import Span

_ON = re.compile(rf"{GAP}on{GAP}(?:the{GAP})?(?=[A-Z])")
_ITEM = re.compile(r"[A-Z][\w’'-]*")
_NEXT = re.compile(rf"{GAP}(?=[A-Z])")
_JOIN = re.compile(rf"{GAP}(?:and|&|of){GAP}(?:the{GAP})?(?=[A-Z])")
_COMMA = re.compile(rf",{GAP}(?:(?P<last>and|&){GAP})?(?=[A-Z])")
_HEAD_AFTER = re.compile(rf"{GAP}(?:[Ss]ub-?)?[Cc]ommittee\b")
_PLACE_AFTER = re.compile(rf"{GAP}(?:of|for){GAP}(?:the{GAP})?")
_COMMITTEES = word_set("committee subcommittee sub-committee")
_PARTS = word_set("party assembly legislature senate")
# "the Committee on Fisheries Ranking Member", "on Harbours Chairman Lee"
_ROLES = word_set("ranking member chairman chairwoman chair vice leader democrat republican")
_REGION = re.compile(
    rf"{GAP}\((?P<place>[A-Z][a-z]+(?: [A-Z][a-z]+)?)\)"
    rf"(?P<form>{GAP}(?:Ltd|Inc|Corp|PLC|Plc|Co)\b)?"
)
_FIRST_HALF = re.compile(rf"(?:^|[.!?:\n]\s+)([A-Z][a-z]+{GAP}(?:and|&){GAP})$")
_OWN_S = re.compile(
    r"['’]s\s+(?:said|says|told|added|assigned|affirmed|upgraded|downgraded|announced)\b"
)
_ORDINAL = re.compile(rf"\d+(?:st|nd|rd|th){GAP}")
_REGION_AFTER = 4  # letters of a name that a region follows
_LONGEST = 90  # characters of a subject
_LEAST_LETTERS = 2
_MOST_AFTER = 12  # names that a subject could reach
_REACH = 60  # characters before a name that are read


def with_beginnings(text: str, spans: Sequence[Span], lexicon: Lexicon) -> list[Span]:
    """Return the spans, in order, with their first halves and with an "'s" that belongs to them."""
    return _with_own_s(text, [_with_first_half(text, span, lexicon) for span in spans])


def with_regions(text: str, spans: Sequence[Span], lexicon: Lexicon) -> list[Span]:
    """Return the spans with firms' regions in brackets: "Dunmore (Pacific) Ltd"."""
    return [_with_region(text, span, lexicon) for span in spans]


def _with_own_s(text: str, spans: Sequence[Span]) -> list[Span]:
    """Return the spans with an "'s" that belongs to the name: "Dunmore's said so"."""
    names = {span.on_one_line(text) for span in spans if _OWN_S.match(text, span.end) is not None}
    return [
        replace(span, end=span.end + len("'s"), label="ORG")
        if span.on_one_line(text) in names and text[span.end : span.end + 2] in ("'s", "’s")
        else span
        for span in spans
    ]


def _with_first_half(text: str, span: Span, lexicon: Lexicon) -> Span:
    """Return a name with what the network takes for other words before it, or without a number.

    "Standard and Dunmore's Corp" at the beginning of a sentence, and "Congress" of "99th Congress".
    """
    if span.label != "ORG":
        return span
    number = _ORDINAL.match(text, span.start, span.end)
    if number and lexicon.type_of(text[number.end() : span.end]) == "ORG":
        return replace(span, start=number.end())
    last = text[span.start : span.end].rpartition(" ")[2].lower().rstrip(".")
    if last not in LEGAL_FORMS:
        return span
    first = _FIRST_HALF.search(text, max(0, span.start - _REACH), span.start)
    return replace(span, start=first.start(1)) if first else span


def _with_region(text: str, span: Span, lexicon: Lexicon) -> Span:
    """Return the firm "Dunmore (Pacific) Ltd" for "Dunmore", which is another one."""
    match = _REGION.match(text, span.end) if span.label == "ORG" else None
    if match is None or span.end - span.start < _REGION_AFTER:
        return span
    is_place = lexicon.type_of(match["place"]) in ("GPE", "LOC")
    return replace(span, end=match.end()) if is_place or match["form"] else span


def whole_committees(text: str, spans: Sequence[Span], lexicon: Lexicon) -> list[Span]:
    """Return the spans, in order, with committees and parties whole.

    What a longer name covers is no name of its own.
    """
    found: list[Span] = []
    for i, span in enumerate(spans):
        if found and span.start < found[-1].end:
            continue
        found.append(_whole(text, span, iter(spans[i + 1 : i + 1 + _MOST_AFTER]), lexicon))
    return found


def _whole(text: str, span: Span, after: Iterator[Span], lexicon: Lexicon) -> Span:
    if span.label == "PERSON":
        return span
    surface = span.on_one_line(text)
    last = surface.rpartition(" ")[2].lower()
    if last in _COMMITTEES:
        # A person's name is no part of the subject: "the Committee on Fisheries and Ann Lee".
        until = next((s.start for s in _near(span, after) if s.label == "PERSON"), len(text))
        return replace(span, end=_end_of_subject(text, span.end, until, lexicon), label="ORG")
    if span.label != "ORG":
        return span
    if last in _PARTS and (place := next(after, None)) and place.label == "LOC":
        is_next = _PLACE_AFTER.fullmatch(text, span.end, place.start)
        return replace(span, end=place.end) if is_next and " " in surface else span
    if lexicon.type_of(surface) is None and (head := _HEAD_AFTER.match(text, span.end)):
        return replace(span, end=head.end())
    return span


def _near(span: Span, after: Iterator[Span]) -> Iterator[Span]:
    """Yield the spans that a subject of the longest length could reach."""
    for other in after:
        if other.start > span.end + _LONGEST:
            return
        yield other


def _end_of_subject(text: str, end: int, until: int, lexicon: Lexicon) -> int:
    """Return where the subject ends that follows a committee, or `end` if none does.

    A comma goes on only if "and" ends the list: "on Science, Space, and Technology".
    """
    until = min(until, end + _LONGEST)
    opening = _ON.match(text, end, until)
    if opening is None:
        return end
    sure, at, is_in_list = end, opening.end(), False
    while (word := _ITEM.match(text, at, until)) and _may_be_subject(word[0], lexicon):
        at = word.end()
        if not is_in_list:
            sure = at
        if following := (_NEXT.match(text, at, until) or _JOIN.match(text, at, until)):
            is_in_list &= following.re is _NEXT
        elif following := _COMMA.match(text, at, until):
            is_in_list = following["last"] is None
        else:
            break
        at = following.end()
    return sure


def _may_be_subject(word: str, lexicon: Lexicon) -> bool:
    lower = word.lower()
    return (
        len(word) >= _LEAST_LETTERS
        and lower not in lexicon.calendar_words
        and lexicon.titles.keys().isdisjoint((lower, f"{lower}."))
        and lexicon.type_of(word) != "ORG"
        and lower not in _ROLES
        and lower not in _COMMITTEES
        and lower not in lexicon.first_names
    )
