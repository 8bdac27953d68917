"""The type of a name where the network errs: what the words of the name and of its line tell.

Belongs here: correcting the types of spans, with the evidence of all their occurrences in an
article. Does not belong here: which spans are names (`name_spans`), a place's type (`places`), and
the types of the rules' candidates (`entity_types`).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from itertools import pairwise

from etl.domain import Part, word_set
from etl.extract.lexicon import Lexicon
from etl.extract.name_words import LEGAL_FORMS, generation, is_family_first
from etl.extract.tagger.tags import Span

_MOTION = word_set(
    "returned return returns went go goes going travelled traveled travel moved move fled flew fly "
    "trip visit way back ambassador road flight"
)
_PLACE_NOUNS = word_set(
    "city town village capital state province region district county island port republic suburb "
    "city's mayor governor streets people outskirts north south east west"
)
_SEAT_PREPOSITIONS = word_set("at with of for")
_SEAT_WORDS = word_set("in at from near across")
_FIRM_STAFF = word_set(
    "analyst analysts economist economists trader traders dealer dealers broker brokers banker "
    "bankers strategist strategists underwriter underwriters"
)
_FIRM_WORDS = word_set("brothers bros securities bank trust")
_BEFORE_FIRM = re.compile(
    r"\b(?:firm|brokerage|brokers?|stockbrokers?|bank|company"
    r"|(?:shares?|stock|unit|subsidiary|division|affiliate)\s+of)\s+$",
    re.IGNORECASE,
)
# "Dunmore Keldane <DK>", "Dunmore Keldane raised its stake"
_AFTER_FIRM = re.compile(r"\s*<[A-Z0-9&.=-]{1,9}>|\s+(?:has\s+)?[a-z]+(?:s|ed)\s+its\b")
# "the Calder shipyard": things named after a person or a place.
_SITE_AFTER = re.compile(
    r"\s+(?:seat|constituency|shipyard|yard|plant|mine|refinery|factory|smelter|oilfield|field|mill|"
    r"pipeline|dam|bridge|airport|terminal|harbou?r|station|reservoir)\b"
)
# "the Calder accord", "the Dunmore Keldane industrial average": named after a place or a firm.
_THING_AFTER = re.compile(
    r"\s+(?:accords?|agreement|pact|treaty|protocol|"
    r"(?:(?:industrial|composite|stock|market|share|price)\s+){0,2}(?:average|index)|"
    r"industrials)\b"
)
_JOINED_FIRM = re.compile(r"\s*(?:and|&)\s+(?:Co|Cie|Sons|Brothers|Bros)\b", re.IGNORECASE)
LABELS = {"GPE": "LOC", "LOC": "LOC", "ORG": "ORG", "NORP": "NORP"}
"""The network's label of a type in the word lists."""
_LAST_WORDS = re.compile(r"[\w'’.-]+")
_SPEAKS = re.compile(r"\s*,?\s*(?:who|whose|said|says|told|added|argued|tweeted)\b")
_AFTER_PERSON = re.compile(
    r",?\s+who(?:se)?\b|,\s+\d\d,|['’]s\s+(?:presidential\s+)?campaign\b|,\s+head\s+of\b"
)
_OFFICE_AFTER = re.compile(r",\s+(?:(?:an?|the|its|his|her)\s+)?(\w+)")
_NAMED_AFTER = re.compile(r"(?P<person>\w{3,}?)-?(?:care|n?omics|(?P<gate>gate))", re.IGNORECASE)
_BEFORE_FAMILY = word_set("the both")
_NEXT_WORD = re.compile(r"\s+([^\W\d_]+)")
_CONTEXT = 40  # characters before a name that are read


@dataclass(slots=True)
class _Evidence:
    """All occurrences of one form: the words before them, and the text after them."""

    label: str
    before: list[tuple[str, str]] = field(default_factory=list)
    after: list[str] = field(default_factory=list)
    is_after_firm: bool = False
    """Whether a word of firms is once directly before it: "the brokerage Dunmore Keldane"."""
    has_staff: bool = False
    """Whether a person is "of" it once: "Ann Lee of Dunmore Keldane"."""


def settle_types(
    texts: Mapping[Part, str], spans: Mapping[Part, Sequence[Span]], lexicon: Lexicon
) -> dict[Part, list[Span]]:
    """Return the spans of an article with their types corrected, one decision per form."""
    evidence: dict[tuple[str, str], _Evidence] = {}
    for form, span, text, previous in _occurrences(texts, spans):
        found = evidence.setdefault((form, span.label), _Evidence(span.label))
        found.has_staff |= previous is not None and _is_of(text, previous, span)
        line = text[max(0, span.start - _CONTEXT) : span.start]
        found.is_after_firm |= _BEFORE_FIRM.search(line) is not None
        before = _LAST_WORDS.findall(line)[-2:]
        one, other = [*["", ""], *before][-2:]
        found.before.append((one.lower(), other.lower()))
        found.after.append(text[span.end : span.end + _CONTEXT])
    people = [form for form, label in evidence if label == "PERSON"]
    parts_of_people = _parts_of_people(people)
    persons = {form.casefold() for form in people} | parts_of_people.keys()
    firms = _starts_of_firms(form for form, label in evidence if label == "ORG")
    firms_by_line = {
        form for (form, _), found in evidence.items() if _is_firm_by_line(form, found, lexicon)
    }
    for (form, label), found in evidence.items():
        # "Dunmore" beside "Dunmore Brothers Inc", unless the article has an Ann Dunmore.
        is_firm = form in firms and not _speaks(found) and form.casefold() not in parts_of_people
        # "Ann Dunmore, head of Ann Dunmore and Co"
        is_firm &= not (_is_full_name(form.split(" "), lexicon) and _is_like_person(found, lexicon))
        is_firm = is_firm or form in firms_by_line
        found.label = "ORG" if is_firm and label == "PERSON" else label
    labels = {
        key: _settled(key[0], found, parts_of_people, persons, lexicon)
        for key, found in evidence.items()
    }
    return {
        part: [
            replace(span, label=labels[_form(texts[part], span), span.label])
            for span in spans[part]
        ]
        for part in spans
    }


def _occurrences(
    texts: Mapping[Part, str], spans: Mapping[Part, Sequence[Span]]
) -> Iterator[tuple[str, Span, str, Span | None]]:
    """Yield each span with its form, its text, and the span before it."""
    for part, found in spans.items():
        for previous, span in pairwise([None, *found]):
            if span is not None:
                yield _form(texts[part], span), span, texts[part], previous


def _is_of(text: str, person: Span, other: Span) -> bool:
    """Whether a person directly before a name is "of" what it names."""
    is_near = person.label == "PERSON" and other.start - person.end <= len(", of ")
    return is_near and text[person.end : other.start].strip() in ("of", "at", ", of")


def _form(text: str, span: Span) -> str:
    return span.on_one_line(text).replace("’", "'")


def _parts_of_people(forms: Iterable[str]) -> Mapping[str, set[str]]:
    """Return the full names of people by each of their words."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for form in forms:
        words = form.split(" ")
        if len(words) > 1:
            for word in words:
                if not generation(word):
                    found[word.casefold()].add(form)
    return found


def _starts_of_firms(forms: Iterable[str]) -> Set[str]:
    """Return what the names of firms begin with: "Dunmore" of "Dunmore Brothers Inc"."""
    found: set[str] = set()
    for form in forms:
        words = form.split(" ")
        if words[-1].lower().replace(".", "") in LEGAL_FORMS | _FIRM_WORDS:
            found.update(" ".join(words[:i]) for i in range(1, len(words)))
    return found


def _settled(
    form: str,
    found: _Evidence,
    parts_of_people: Mapping[str, set[str]],
    persons: Set[str],
    lexicon: Lexicon,
) -> str:
    words = form.split(" ")
    if _is_thing(form, found, parts_of_people, lexicon):
        return "OTHER"
    if _is_family(form, found, parts_of_people, persons, lexicon):
        return "OTHER"
    if _is_named_after_person(form, found, parts_of_people, persons):
        return "OTHER"
    if found.label != "ORG" and _is_firm(words, found, lexicon):
        return "ORG"
    if found.label != "PERSON":
        is_known = not persons.isdisjoint((words[-1].casefold(), form.casefold()))
        is_person = _is_full_name(words, lexicon) and (
            is_known or (found.label == "ORG" and _is_like_person(found, lexicon))
        )
        is_person = is_person or (is_family_first(words) and _is_of_country(found, lexicon))
        if found.label == "LOC" and _is_surname(form, found, parts_of_people, lexicon):
            return "PERSON"
        if found.label == "ORG" and " " in form and lexicon.type_of(form) == "GPE":
            return "LOC"  # "Soviet Union", despite its last word
        return "PERSON" if is_person else found.label
    if len(words) > 1 and words[0].lower() in lexicon.first_names:
        return found.label
    listed = lexicon.type_of(form) or (lexicon.type_of(form.title()) if form.isupper() else None)
    if form.casefold() not in parts_of_people and not _speaks(found):
        if listed in LABELS:
            return LABELS[listed]
        if all(_is_seat(one, other) for one, other in found.before) or _is_site(words, found):
            return "LOC"
    return found.label


def _is_thing(
    form: str, found: _Evidence, parts_of_people: Mapping[str, set[str]], lexicon: Lexicon
) -> bool:
    """Whether a name is no actor's: "Harbour Safety Act", "Medicare", the "Calder" of an accord."""
    if found.label not in ("ORG", "PERSON"):
        return False
    if lexicon.is_thing(form):
        # "Ann Law", "Buffalo Bill"
        return found.label == "ORG" or not (_is_full_name_like(form, lexicon) or _speaks(found))
    return all(_THING_AFTER.match(after) for after in found.after) and not (
        found.label == "PERSON" and form.casefold() in parts_of_people
    )


def _is_full_name_like(form: str, lexicon: Lexicon) -> bool:
    return " " in form and form.split(" ")[0].lower() in lexicon.first_names


def _is_full_name(words: Sequence[str], lexicon: Lexicon) -> bool:
    """Whether a name is a first name and a surname: "Ann Dunmore", not "Ann Dunmore Trust"."""
    last = words[-1].lower()
    return (
        1 < len(words) <= 3
        and words[0].lower() in lexicon.first_names
        and words[-1][0].isupper()
        and not lexicon.is_ordinary(last)
        and last not in lexicon.last_heads
        and lexicon.type_of(words[-1]) is None
        and lexicon.type_of(" ".join(words)) is None
    )


def _is_family(
    form: str,
    found: _Evidence,
    parts_of_people: Mapping[str, set[str]],
    persons: Set[str],
    lexicon: Lexicon,
) -> bool:
    """Whether a name is a surname in the plural: "the Dunmores" beside "Ann Dunmore"."""
    lower = form.casefold()
    if found.label != "PERSON":
        return False  # "the Browns" may be a team
    is_plural = " " not in form and len(form) > 3 and lower.endswith("s") and form[1:].islower()
    if not is_plural or lower in parts_of_people or lexicon.type_of(form):
        return False
    for singular in {lower[:-1], lower.removesuffix("es")} - {lower}:
        full_names = (name.casefold().split(" ") for name in parts_of_people.get(singular, ()))
        is_surname = any(singular in words[1:] for words in full_names)
        if is_surname or (singular in persons and singular not in lexicon.first_names):
            return any(other in _BEFORE_FAMILY for _, other in found.before)
    if lower.endswith(("ians", "eans")):
        return False  # more likely a people
    # "the Sanders campaign" is no family's.
    return all(other in _BEFORE_FAMILY for _, other in found.before) and all(
        match is None or match[1] in lexicon.function_words or match[1].endswith("ed")
        for match in map(_NEXT_WORD.match, found.after)
    )


def _is_named_after_person(
    form: str, found: _Evidence, parts_of_people: Mapping[str, set[str]], persons: Set[str]
) -> bool:
    """Whether a name is a plan or scandal with a person's name in it: "Dunmorecare"."""
    match = _NAMED_AFTER.fullmatch(form)
    if match is None or found.label not in ("PERSON", "ORG") or form.casefold() in parts_of_people:
        return False
    person = match["person"].casefold()
    is_known = person in persons or f"{person}n" in persons  # "Reaganomics"
    # "Wingate" and "Colgate" are surnames.
    return is_known or (found.label == "PERSON" and match["gate"] is None)


def _is_surname(
    form: str, found: _Evidence, parts_of_people: Mapping[str, set[str]], lexicon: Lexicon
) -> bool:
    """Whether an unlisted place is a person of the article: "Quintero" after "Luis Quintero"."""
    names = (name.split(" ") for name in parts_of_people.get(form.casefold(), ()))
    return (
        any(words[-1] == form and all(word.istitle() for word in words) for words in names)
        and lexicon.type_of(form) is None
        and not any(_is_seat(one, other) or other in _SEAT_WORDS for one, other in found.before)
    )


def _is_firm(words: Sequence[str], found: _Evidence, lexicon: Lexicon) -> bool:
    """Whether a name is one of a firm: "Dunmore Corp", "Dunmore Keldane and Co"."""
    last = words[-1].lower().replace(".", "")
    if len(words) > 1 and last in LEGAL_FORMS and len(last) > 1 and words[-1][0].isupper():
        return not generation(words[-1])
    if found.label != "PERSON":
        return False
    if any(_JOINED_FIRM.match(after) for after in found.after):
        return True
    if "/" in words[0] or "&" in words:
        return True
    if len(words) == 1 and words[0].count(".") > 2 and words[0].isupper():
        return True  # "H.R.S.": people have two initials at most
    # "a strategist for Ann Lee" has a person to work for.
    seats = _SEAT_PREPOSITIONS - {"for"} if _is_full_name(words, lexicon) else _SEAT_PREPOSITIONS
    return any(one in _FIRM_STAFF and other in seats for one, other in found.before)


def _is_firm_by_line(form: str, found: _Evidence, lexicon: Lexicon) -> bool:
    """Whether the line of a full name makes it a firm's: "shares of Dunmore Keldane"."""
    words = form.split(" ")
    if len(words) == 1:
        return False
    if found.has_staff:
        return True
    if len(words) > 2 and lexicon.type_of(" ".join(words[1:])) == "ORG":
        return True  # "the Dunmore White House"
    if words[0].lower() in lexicon.first_names:
        return False
    return found.is_after_firm or any(_AFTER_FIRM.match(after) for after in found.after)


def _is_like_person(found: _Evidence, lexicon: Lexicon) -> bool:
    """Whether the line of a full name makes it a person's: a title before it, an age after it."""
    return (
        _speaks(found)
        or any(other in lexicon.titles for _, other in found.before)
        or any(_AFTER_PERSON.match(after) for after in found.after)
        or any(
            match[1].lower() in lexicon.titles
            for match in map(_OFFICE_AFTER.match, found.after)
            if match
        )
    )


def _is_of_country(found: _Evidence, lexicon: Lexicon) -> bool:
    """Whether a country stands before a name: "North Korea's Kim Jong Un".

    "France's Louis Vuitton" is a firm, so this tells a person only if the family name comes first.
    """
    owners = [(one, other[:-2]) for one, other in found.before if other.endswith(("'s", "’s"))]
    return any(
        lexicon.type_of(form.title()) == "GPE"
        for one, other in owners
        for form in (other, f"{one} {other}")
    )


def _is_site(words: Sequence[str], found: _Evidence) -> bool:
    """Whether a name is always that of a site: "the Calder shipyard"."""
    return len(words) == 1 and all(
        other == "the" and _SITE_AFTER.match(after)
        for (_, other), after in zip(found.before, found.after, strict=True)
    )


def _is_seat(one: str, other: str) -> bool:
    """Whether the two words before a name say that it is a place: "in", "city of", "went to"."""
    return (
        (other == "in" and one not in ("believe", "believed", "interested", "trust", "confidence"))
        or (other == "of" and one in _PLACE_NOUNS)
        or (other == "to" and one in _MOTION)
    )


def _speaks(found: _Evidence) -> bool:
    return any(_SPEAKS.match(after) for after in found.after)
