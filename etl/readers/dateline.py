"""Datelines: "ALDHAVEN, June 3 (Meridian Wire) – …", the place, day and agency before the lead.

Belongs here: finding the end of a dateline, and the agency and date in it. Does not belong here:
how they are used (`readers.plain_text`), datelines on a line of their own.

Conservative: a place in capitals followed only by a dash counts if a new sentence follows. A place
in mixed case needs a day or an agency as well, because "Paris – the city – …" is prose.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from etl.domain import word_set
from etl.readers.byline import is_outlet
from etl.readers.dates import MONTH, WEEKDAY, day_month

_DAY = rf"(?:{WEEKDAY},?\s+)?(?:{MONTH}\s+\d{{1,2}}|\d{{1,2}}\s+{MONTH})(?:,?\s+\d{{4}})?"
_DASH = r"(?:\s*(?:—|–|―|--+|(?<=\s)-(?=\s))\s*|\.\s?[-–]+\s+)"
_AGENCY = r"\((?P<agency>[^()\n]{2,40})\)"
_PLACE = r"[^\W\d_][^\d\n()/:;“”\"!?—–]{0,60}?"
_DATELINE = re.compile(
    rf"(?P<place>{_PLACE})?(?:(?:,?\s*|{_DASH}|-\s+)(?P<day>(?i:{_DAY})),?)?(?:\s*{_AGENCY})?(?:{_DASH}|:\s+)",
)
# Russian and public-relations style: ALDHAVEN, June 3. /TASS/. and ALDHAVEN /PRNewswire/ --
_SLASHED = re.compile(
    rf"(?P<place>{_PLACE})?,?\s*(?P<day>(?i:{_DAY}))?[.,]?\s*/(?P<agency>[^/\n]{{2,30}})/"
    rf"(?:\.\s+|{_DASH}|\s+)",
)
_MAX_LENGTH = 300
"""Longest dateline in characters: an endless run of spaces took cubic time."""
_NEXT_SENTENCE = re.compile(r"[\"'“‘«„(\[]*[^\W_a-z]")
_STATE = re.compile(r"[RDI]-", re.IGNORECASE)
_AGENCY_NAME = re.compile(
    r"AP|AFP|UPI|PA|PTI|ANI|IANS|DPA|dpa|EFE|ANSA|TASS|Tass|RIA|Interfax|Xinhua|Kyodo|Yonhap"
    r"|Bernama|Antara|KUNA|WAM|SPA|IRNA|MENA|SANA|STP|CP|AAP|Ukrinform|CNN|BBC|NPR|VOA|RFE/RL"
)
# Words in capitals before a dash that are not places: story labels, and organisations.
_NO_PLACE = word_set(
    "BREAKING UPDATE UPDATED UPDATES EXCLUSIVE LIVE OPINION ANALYSIS WATCH VIDEO PHOTOS CORRECTION "
    "CORRECTED EXPLAINER EDITORIAL COMMENT INTERVIEW REPORT POLL NEWS ALERT FLASH URGENT NOTE "
    "ABSTRACT SUMMARY NATO ISIS ISIL UNICEF UNESCO OPEC NASA HAMAS TRUMP EDITOR'S"
)


@dataclass(frozen=True, slots=True)
class Dateline:
    """A dateline that covers `text[:end]`; `on` only if it has a year."""

    end: int
    agency: str | None
    on: date | None


def find_dateline(text: str, *, needs_agency: bool = False) -> Dateline | None:
    """Return the dateline at the start of the paragraph `text`, or None.

    `needs_agency`: only a dateline with an agency counts (for paragraphs below the first).
    """
    indent = len(text) - len(text.lstrip())
    for pattern in (_SLASHED, _DATELINE):
        match = pattern.match(text, indent, indent + _MAX_LENGTH)
        if match is None or not _NEXT_SENTENCE.match(text, match.end()):
            continue
        agency = (match["agency"] or "").strip() or None
        place = (match["place"] or "").strip(" ,")
        if needs_agency and agency is None:
            continue
        if _is_dateline(place, match["day"], agency, match[0]):
            if agency is None and "," not in place and place != place.upper() and is_outlet(place):
                agency = place  # "Valley News, 23 April - ": an agency instead of a place
            return Dateline(match.end(), agency, day_month(match["day"] or ""))
    return None


def _is_dateline(place: str, day: str | None, agency: str | None, whole: str) -> bool:
    if agency is not None and (_STATE.match(agency) or not _is_agency(agency, place, whole)):
        return False
    if not place:
        return agency is not None
    first = place.split(",")[0]
    if first.upper() in _NO_PLACE or not _is_capitalised(place):
        return False
    if day or agency:
        return len(place.split()) <= 7
    if whole.rstrip().endswith("--") and not re.search(r"\s--", whole):
        return False  # "SIEGEL--Jerome, 98 …": an obituary, not a place
    is_upper = first.upper() == first and sum(c.isalpha() for c in first) >= 4
    return is_upper and len(place.split()) <= 5 and ":" not in whole


def _is_agency(name: str, place: str, whole: str) -> bool:
    """Whether it is a known or typical agency name, or capitalised after a place in capitals."""
    parts = re.split(r"\s*/\s*|\s+and\s+", name)
    if any(_AGENCY_NAME.fullmatch(part) or is_outlet(part) for part in parts):
        return True
    if f"/{name}/" in whole and name == name.upper():
        return bool(place)  # prose has no words in capitals between slashes
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
    words = re.split(r"[\s,]+", place)
    return all(not word or word[0].isupper() or word.lower() in small for word in words)
