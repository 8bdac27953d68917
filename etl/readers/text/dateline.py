"""Datelines: "ALDHAVEN, June 3 (Meridian Wire) – …", the place, day and agency before the lead.

Belongs here: finding the end of a dateline, and the agency and date in it. Does not belong here:
how they are used (`readers.text.plain_text`), datelines on a line of their own.

Conservative: a place in capitals followed only by a dash counts if a new sentence follows. A place
in mixed case needs a day or an agency as well, because "Paris – the city – …" is prose.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date

from etl.domain import word_set
from etl.readers.dates import MONTH, WEEKDAY, day_month, month_day
from etl.readers.text.byline import is_outlet

_DAY = rf"(?:{WEEKDAY},?\s+)?(?:{MONTH}\s+\d{{1,2}}|\d{{1,2}}\s+{MONTH})(?:,?\s+\d{{4}})?"
_DASH = r"(?:\s*(?:—|–|―|--+|(?<=\s)-(?=\s))\s*|\.\s?[-–]+\s+)"
_AGENCY = r"\((?P<agency>[^()\n]{2,40})\)"
_PLACE = r"[^\W\d_](?:[^\d\n()/:;“”\"!?—–]{0,59}?[^\s\d\n()/:;“”\"!?—–,])??"
_PLACES = rf"{_PLACE}(?:\s?/\s?{_PLACE}){{0,4}}"
_DATELINE = re.compile(
    rf"(?P<place>{_PLACES})?(?:(?:\s?[,.]?\s*|{_DASH}|-\s+)(?P<day>(?i:{_DAY})),?)?"
    rf"(?:\s*{_AGENCY})?(?P<mark>{_DASH}|:\s+|(?<=\))\s*-+\s*)",
)
# Russian and public-relations style: ALDHAVEN, June 3. /TASS/. and ALDHAVEN /PRNewswire/ --
_SLASHED = re.compile(
    rf"(?P<place>{_PLACE})?,?\s*(?P<day>(?i:{_DAY}))?[.,]?\s*/(?P<agency>[^/\s][^/\n]{{0,28}}[^/\s])/"
    rf"(?P<mark>\.\s+|{_DASH}|\s+)",
)
# Indian style: NEW ALDHAVEN, June 3 (PTI) The mayor …
_UNMARKED = re.compile(rf"(?P<place>{_PLACES}),?\s*(?P<day>(?i:{_DAY})),?\s*{_AGENCY}(?P<mark>\s+)")
_MARK_ALONE = re.compile(r"\((?P<agency>[A-Z]{2,6})\)\s*(?=[^\W_a-z])")
_MAX_LENGTH = 300
"""Longest dateline in characters: an endless run of spaces took cubic time."""
_MAX_TO_MARK = 200
_NEXT_SENTENCE = re.compile(r"[\"'“‘«„(\[]*[^\W_a-z]")
_STATE = re.compile(r"[RDI]-", re.IGNORECASE)
_AGENCY_NAME = re.compile(
    r"AP|AFP|UPI|PA|PTI|ANI|IANS|DPA|dpa|EFE|ANSA|TASS|Tass|RIA|Interfax|Xinhua|Kyodo|Yonhap"
    r"|Bernama|Antara|KUNA|WAM|SPA|IRNA|MENA|SANA|STP|CP|AAP|Ukrinform|CNN|BBC|NPR|VOA|RFE/RL"
    r"|PA Media|Thomson Reuters Foundation|Anadolu|AA|APP|BSS|UNB|PNA|NAN|GNA|BelTA|Sputnik|CNA|NHK"
    r"|Jiji|BTA|PAP|CTK|MTI|APA|BNS|SDA|ATS|Belga|ANP|NTB|TT|Ritzau|STT|Lusa|Agerpres|JTA|RNS"
    r"|(?:Thomson )?Reuters|Bloomberg(?: News)?|(?:The )?Associated Press|Agence France-Presse"
)
_IN_TEXT = re.compile(rf"\((?:{_AGENCY_NAME.pattern})\)\s*[-–—]+\s*(?=\S)")
# Most paragraphs are spared the patterns by these.
_HINT = re.compile(r"[—–―/:(]|--|\s-\s|\)-|\.\s?-")
_AGENCY_HINT = re.compile(r"\([^()\n]{2,40}\)\s*[-–—―:]|\d\s?\([A-Z]{2,8}\)|/[^/\s][^/\n]{0,28}/")
_NOTICE = re.compile(r"FOR IMMEDIATE RELEASE\W+")
_ABBREVIATED = re.compile(r"\b(?:[A-Z][a-z]{1,4}|[A-Z]\.[A-Z])$")
_ACRONYM = re.compile(r"[A-Z]{2,8}")
# Words in capitals before a dash that are not places: story labels, and organisations.
_NO_PLACE = word_set(
    "BREAKING UPDATE UPDATED UPDATES EXCLUSIVE LIVE OPINION ANALYSIS WATCH VIDEO PHOTOS CORRECTION "
    "CORRECTED EXPLAINER EDITORIAL COMMENT INTERVIEW REPORT POLL NEWS ALERT FLASH URGENT NOTE "
    "ABSTRACT SUMMARY NATO ISIS ISIL UNICEF UNESCO OPEC NASA HAMAS TRUMP EDITOR'S"
)


# The words of a place in capitals and of a day, right before the agency.
_RUN = re.compile(
    rf"(?:(?:[^\W\d_a-z](?:[^\Wa-z_]|[.'’/-])*|/),?\s+){{0,8}}(?:[A-Z][a-z]{{1,5}}\.,?\s+)?"
    rf"(?:(?i:{_DAY}),?\s*)?$"
)
_MAX_BEFORE = 900


@dataclass(frozen=True, slots=True)
class Dateline:
    """A dateline that covers `text[start:end]`: its places as written, its agency and its day.

    `on` is only known with a year; otherwise `month_day` has the month and day, if written.
    """

    end: int
    agency: str | None
    on: date | None
    place: str | None = None
    month_day: tuple[int, int] | None = None
    start: int = 0


def find_dateline(text: str, *, needs_agency: bool = False) -> Dateline | None:
    """Return the dateline at the start of the paragraph `text`, or None.

    `needs_agency`: only a dateline with an agency counts (for paragraphs below the first).
    """
    hint = _AGENCY_HINT if needs_agency else _HINT
    if hint.search(text, 0, _MAX_TO_MARK) is None:
        return None
    indent = len(text) - len(text.lstrip())
    if not needs_agency and (alone := _MARK_ALONE.match(text, indent)):
        return Dateline(alone.end(), alone["agency"], None)  # "(CNN) The mayor …"
    for pattern in (_SLASHED, _DATELINE, _UNMARKED):
        match = pattern.match(text, indent, indent + _MAX_LENGTH)
        if match is None:
            continue
        agency = (match["agency"] or "").strip() or None
        place = _NOTICE.sub("", match["place"] or "").strip(" ,-")
        if match["mark"].startswith(".") and _ABBREVIATED.search(place):
            place += "."  # "NEWPORT NEWS, Va. -"
        is_wire = agency is not None and _AGENCY_NAME.fullmatch(agency) is not None
        if needs_agency and agency is None:
            continue
        if not (_NEXT_SENTENCE.match(text, match.end()) or (is_wire and match.end() < len(text))):
            continue
        if pattern is _UNMARKED and not is_wire:
            continue
        if _is_dateline(place, match["day"], agency, match[0]):
            if agency is None and "," not in place and place != place.upper() and is_outlet(place):
                agency, place = place, ""  # "Valley News, 23 April - ": no place but an agency
            day = match["day"] or ""
            return Dateline(match.end(), agency, day_month(day), place or None, month_day(day))
    return None


def find_inline(text: str) -> Dateline | None:
    """Return the first dateline with a known agency that has other words before it.

    Only a caption, a byline or a note to customers may stand there: the caller looks.
    """
    if ") " not in text[:_MAX_BEFORE] and ")-" not in text[:_MAX_BEFORE]:
        return None
    for match in _IN_TEXT.finditer(text, 0, _MAX_BEFORE):
        before = text[max(0, match.start() - 120) : match.start()]
        run = _RUN.search(before)
        start = match.start() - (len(before) - run.start() if run else 0)
        found = find_dateline(text[start : start + _MAX_LENGTH])
        if start and found is not None and found.agency is not None:
            return replace(found, start=start, end=start + found.end)
    return None


def holds_dateline(text: str) -> bool:
    """Whether the mark of a known agency is in the text: "(Reuters) -"."""
    return _IN_TEXT.search(text, 0, _MAX_BEFORE) is not None


def _is_dateline(place: str, day: str | None, agency: str | None, whole: str) -> bool:
    if agency is not None and (_STATE.match(agency) or not _is_agency(agency, place, day, whole)):
        return False
    if not place:
        return agency is not None
    first = place.split(",")[0]
    if first.upper() in _NO_PLACE or not _is_capitalised(place):
        return False
    if day or agency:
        return len(place.split()) <= (14 if "/" in place else 7)
    if "/" in place:
        return False
    if whole.rstrip().endswith("--") and not re.search(r"\s--", whole):
        return False  # "SIEGEL--Jerome, 98 …": an obituary, not a place
    is_upper = first.upper() == first and sum(c.isalpha() for c in first) >= 4
    return is_upper and len(place.split()) <= 5 and ":" not in whole


def _is_known(name: str) -> bool:
    parts = re.split(r"\s*/\s*|\s+and\s+", name)
    return any(_AGENCY_NAME.fullmatch(part) or is_outlet(part) for part in parts)


def _is_agency(name: str, place: str, day: str | None, whole: str) -> bool:
    """Whether it is a known or typical agency name, or capitalised after a place in capitals."""
    if _is_known(name):
        return True
    if f"/{name}/" in whole and name == name.upper():
        return bool(place)  # prose has no words in capitals between slashes
    # "(MW) — The mayor …", "Halven, April 2 (MW) — …"; "Ana Ruiz (MP) – …" is prose.
    if (not place or day) and _ACRONYM.fullmatch(name) and ":" not in whole:
        return True
    first = place.split(",")[0]
    return (
        bool(first)
        and first.upper() == first
        and all(word[0].isupper() or word in ("of", "the", "for") for word in name.split())
    )


def _is_capitalised(place: str) -> bool:
    """Whether every word is capitalised, except for small words such as "of", "de" and "upon"."""
    small = {"of", "de", "la", "le", "los", "el", "al", "and", "upon", "near", "on", "the", "in",
             "du", "des", "am", "an", "der", "sur", "do", "da", "dos"}  # fmt: skip
    words = [word.strip("[]") for word in re.split(r"[\s,/]+", place)]
    return all(not word or word[0].isupper() or word.lower() in small for word in words)
