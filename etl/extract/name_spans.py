"""Spans that the network takes for names and that are none, and names in headlines.

Belongs here: dropping and cutting spans before names are read from them. Does not belong here: rows
of tables (`tables`), the type of a name (`name_types`), and merging names into actors
(`mention_clusters`).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import zip_longest

from etl.domain import Part, word_set
from etl.extract import tokens
from etl.extract.document import Document
from etl.extract.known_people import KnownPeople
from etl.extract.lexicon import Lexicon
from etl.extract.name_words import LEGAL_FORMS, generation
from etl.extract.names import name_form
from etl.extract.tables import find_tables
from etl.extract.tagger.tags import Span
from etl.extract.title_case import is_title_case

# Abbreviations of results, prices and wire services. None is a word of a name.
_NOTICE_WORDS = word_set(
    "shr shrs oper qtr qtrs mth mths mln mlns bln dlr dlrs cts pct revs qtly avg vs yr yrs "
    "writethru ld-writethru ld"
)
_LONE_SUFFIXES = word_set("jr sr ii iii iv")
_HONORIFICS = word_set("mr mrs ms mx dr")
_ORDINAL = re.compile(r"\d+(?:st|nd|rd|th)|first|second|third|fourth", re.IGNORECASE)
_WORD = re.compile(r"\S+")
# "R-Ariz", "(D-N.Y.)": a party and a state.
_PARTY_AND_STATE = re.compile(r"\(?[DRI][-‐‑–][A-Z][A-Za-z.]*\.?\)?")
# "(R-St. Joseph)" and ", D-New York,": a party and a place of more than one word; and "(IA-05)" and
# "CA-33": a district of Congress.
_TAGS = re.compile(
    r"\([DRI][-‐‑–][A-Z][^()\n]{0,40}\)"
    r"|(?<=, )[DRI][-‐‑–](?:[A-Z][\w.’']*[^\S\n]){0,2}[A-Z][\w.’']*(?=[,;.)])"
    r"|(?<![\w-])\(?[A-Z]{2}[-‐‑–](?:\d{1,2}|AL)\b(?![-‐‑–\w])\)?"
)
_PARTY_BEFORE = re.compile(r"[(,\s][DRI][-‐‑–]$")
_EXCHANGE_BEFORE = re.compile(r"\b[A-Z]{3,}\s*:\s*$")
_RATING_AFTER = re.compile(r"-(?:plus|minus)\b")  # "CCC-plus"
_SYMBOL = re.compile(r"[A-Z]{1,5}(?:[.-][A-Z]{1,2})?")
_TICKER = re.compile(r"<[A-Z0-9&.=-]{1,9}>")
_MAX_KNOWN_TOKENS = 8
_LONGEST_GAP = 3  # characters between a title and a name
_UPPER_SHARE = 0.7
_LEAST_CONFIDENCE = 0.5  # of a name in the headline that only the body tells

_Known = Mapping[str, Span]


def names_only(text: str, spans: Sequence[Span], lexicon: Lexicon) -> list[Span]:
    """Return the spans without rows of tables, units, tickers, party letters and other words."""
    tables = find_tables(text)
    signs = sorted(match.span() for sign in (_TICKER, _TAGS) for match in sign.finditer(text))
    ends = [end for _, end in signs]
    kept = []
    for span in spans:
        i = bisect_right(ends, span.start)
        if i < len(signs) and signs[i][0] < span.end:
            # "Dunmore Corp <DNM" ends before the ticker; ".O>" is nothing but one.
            cut = span.start + len(text[span.start : signs[i][0]].rstrip(" ,(\n"))
            if cut <= span.start:
                continue
            span = replace(span, end=cut)
        if tables.contain(span.start) or _is_sign(text, span) or _is_word(text, span, lexicon):
            continue
        end = _end_before_notice(text, span)
        if end > span.start and not _has_only_legal_forms(text[span.start : end]):
            kept.append(replace(span, end=end))
    return kept


def _is_sign(text: str, span: Span) -> bool:
    """Whether a span is a hashtag, a ticker, a rating, or a party letter with its state."""
    surface = text[span.start : span.end]
    before = text[max(0, span.start - 12) : span.start]
    if before.endswith("#") or surface.startswith("#"):
        return True
    if _PARTY_AND_STATE.fullmatch(surface) or _PARTY_BEFORE.search(before):
        return True
    if not _SYMBOL.fullmatch(surface):
        return False
    if _RATING_AFTER.match(text, span.end):
        return True
    return bool(_EXCHANGE_BEFORE.search(before))


def _is_word(text: str, span: Span, lexicon: Lexicon) -> bool:
    """Whether a span is one word that names nobody: "Jr.", "Mrs", "God"."""
    surface = text[span.start : span.end]
    word = surface.rstrip(".").lower()
    if word in _LONE_SUFFIXES or word in _HONORIFICS:
        return True
    is_acronym = surface.isupper() or span.label not in ("PERSON", "ORG")
    is_listed = word in lexicon.not_names and word not in lexicon.first_names
    return is_listed and not is_acronym and len(word) > 2  # "Al" is a first name too


def _has_only_legal_forms(surface: str) -> bool:
    """Whether a span is the rest of a name ("Co Inc"), or a letter."""
    words = [word.rstrip(".,").lower() for word in surface.split()]
    return len(surface) == 1 or (len(words) > 1 and all(word in LEGAL_FORMS for word in words))


def _end_before_notice(text: str, span: Span) -> int:
    """Return where a name ends before "4th qtr" or "mln dlrs"; its start if nothing is left."""
    words = list(_WORD.finditer(text, span.start, span.end))
    last = next(
        (i for i, word in enumerate(words) if word[0].lower().rstrip(".,") in _NOTICE_WORDS),
        None,
    )
    if last is None:
        return span.end
    while last and _ORDINAL.fullmatch(words[last - 1][0]):
        last -= 1
    return words[last - 1].end() if last else span.start


def without_titles(text: str, spans: Sequence[Span], lexicon: Lexicon) -> list[Span]:
    """Return the spans without titles that stand before a person: "Undersheriff", "Cpl"."""
    return [
        span
        for span, after in zip_longest(spans, spans[1:])
        if after is None or after.label != "PERSON" or not _is_title(text, span, after, lexicon)
    ]


def _is_title(text: str, span: Span, after: Span, lexicon: Lexicon) -> bool:
    if after.start - span.end > _LONGEST_GAP:
        return False
    title = text[span.start : after.start].rstrip().lower()
    is_abbreviated = title.endswith(".") and text[span.end - 1] != "."
    return title in lexicon.titles and (is_abbreviated or text[span.end : after.start].isspace())


def headline_names(
    headline: str, spans: Sequence[Span], body: str, body_spans: Sequence[Span], lexicon: Lexicon
) -> list[Span]:
    """Return the names of a headline, as far as capitals tell nothing, after those of the body.

    In a headline in title case or capitals, a name of the body ends where it ends there, and has
    the type it has there. Other ordinary words are no name.
    """
    doc = tokens.segment(headline)
    if not any(_tells_nothing(doc, number, lexicon) for number in range(len(doc.sentences))):
        return list(spans)
    known = _known_names(body, body_spans, lexicon)
    found = list(_find_known(doc, known, spans, lexicon))
    names = [span for span in spans if not any(map(span.overlaps, found))]
    names = [span for span in names if _may_be_name(headline, span, lexicon)]
    return sorted([*names, *found], key=lambda span: span.start)


def _tells_nothing(doc: Document, number: int, lexicon: Lexicon) -> bool:
    """Whether a sentence is in capitals or title case."""
    sentence = doc.sentences[number]
    words = [t.text for t in doc.tokens[sentence.first : sentence.last] if t.is_word]
    is_upper = sum(word.isupper() for word in words) > _UPPER_SHARE * len(words)
    return is_upper or is_title_case(doc, sentence, lexicon) or _all_capitalised(words)


def _all_capitalised(words: Sequence[str]) -> bool:
    """Whether each longer word of a short headline is capitalised: "Iacono Attacks Budget"."""
    longer = [word for word in words if len(word) > 3]
    return len(longer) > 2 and all(word[0].isupper() or word[0].isdigit() for word in longer)


def _known_names(body: str, spans: Sequence[Span], lexicon: Lexicon) -> _Known:
    """Return the names of the body by their forms in lower case, with surnames and short names."""
    known: dict[str, Span] = {}
    short: dict[str, Span] = {}
    for span in spans:
        words = body[span.start : span.end].replace("’", "'").casefold().split()
        form = " ".join(words)
        if form not in known or known[form].confidence < span.confidence:
            known[form] = span
        if len(words) < 2:
            continue
        if span.label == "PERSON":
            words = words[:-1] if generation(words[-1]) else words
            short.setdefault(words[-1], span)
        elif span.label == "ORG":
            while len(words) > 1 and words[-1].replace(".", "") in LEGAL_FORMS:
                words.pop()
            short.setdefault(" ".join(words), span)
    return {form: span for form, span in (short | known).items() if form}


def _find_known(
    doc: Document, known: _Known, spans: Sequence[Span], lexicon: Lexicon
) -> Iterator[Span]:
    """Yield the longest names of the body in a headline, from left to right."""
    i = 0
    while i < len(doc.tokens):
        found = _known_at(doc, i, known, lexicon)
        if found is None:
            i += 1
            continue
        last, source = found
        start, end = doc.tokens[i].start, doc.tokens[last - 1].end
        i = last
        around = next((s for s in spans if s.start <= start and end <= s.end), None)
        confidence = max(_LEAST_CONFIDENCE, source.confidence)
        if around is not None and not _has_excess(doc, around, start, end, lexicon):
            # "Ann Lee Jr" is longer than the "Lee" of the body, and a name.
            yield replace(around, label=source.label)
            i = max(i, doc.token_range(around.start, around.end)[1])
        else:
            yield Span(start, end, source.label, confidence)


def _known_at(doc: Document, i: int, known: _Known, lexicon: Lexicon) -> tuple[int, Span] | None:
    if not doc.tokens[i].is_capitalised:
        return None
    for last in range(min(i + _MAX_KNOWN_TOKENS, len(doc.tokens)), i, -1):
        form = name_form(doc, i, last).casefold()
        source = known.get(form)
        # "May" and "Banks" may be words.
        if source and (last - i > 1 or not lexicon.is_ordinary(form)):
            return last, source
    return None


def _has_excess(doc: Document, span: Span, start: int, end: int, lexicon: Lexicon) -> bool:
    """Whether a span has ordinary words beside a known name: "VOLCKER SAYS"."""
    first, last = doc.token_range(span.start, span.end)
    return any(
        token.is_word and (lexicon.is_ordinary(token.lower) or token.lower in lexicon.titles)
        for token in doc.tokens[first:last]
        if token.end <= start or token.start >= end
    )


def _may_be_name(headline: str, span: Span, lexicon: Lexicon) -> bool:
    """Whether a span of a headline is more than ordinary words: listed, or named as a body is."""
    surface = headline[span.start : span.end]
    if lexicon.type_of(surface) or lexicon.type_of(surface.title()):
        return True
    words = surface.lower().split()
    if len(words) > 1 and (words[0] in lexicon.first_names or words[-1] in lexicon.last_heads):
        return True
    return not all(lexicon.is_ordinary(word) or word in lexicon.titles for word in words)


def cut_to_known_people(
    texts: Mapping[Part, str], spans: Mapping[Part, Sequence[Span]], lexicon: Lexicon
) -> dict[Part, list[Span]]:
    """Return the spans with people named as elsewhere: "Ada Kessler" for "Ada Kessler Cruises"."""
    forms = {
        span.on_one_line(texts[part])
        for part, found in spans.items()
        for span in found
        if span.label == "PERSON"
    }
    people = KnownPeople(forms, lexicon)
    return {part: [_cut(texts[part], span, people) for span in spans[part]] for part in spans}


def _cut(text: str, span: Span, people: KnownPeople) -> Span:
    words = list(_WORD.finditer(text, span.start, span.end))
    if span.label != "PERSON" or len(words) <= 2:
        return span
    first, last = people.part([word[0] for word in words])
    return replace(span, start=words[first].start(), end=words[last - 1].end())
