"""Captions of photographs and their credits: "FILE PHOTO: …", "… (Photo by Bo Li/Getty Images)".

Belongs here: recognising a line that is a caption, and the end of a caption that runs into the
text. Does not belong here: credits of writers (`readers.text.credits`), other page furniture
(`readers.text.boilerplate`).

A caption is known by its mark at the beginning or by the credit at its end, and is one short line.
"""

from __future__ import annotations

import re

from etl.readers.text.dateline import holds_dateline

_MAX_CHARS = 800
_MARK = re.compile(
    r"\W{0,3}(?:(?:FILE|HANDOUT|POOL|STOCK)\s+(?:PHOTO(?:GRAPH)?|IMAGE|PICTURE)\b"
    r"|FILE\s*[:–—]|FILE\s+-\s"
    r"|File\s+(?:photo(?:graph)?|image|picture)(?:\s*[:–—]|\s+-|\s+of\b|\W*$)"
    r"|(?:PHOTO|IMAGE|PICTURE)\s*:"
    r"|\[\d{1,2}/\d{1,2}\]\s?\S)"
)
_NAME = r"[^\W\d_a-z][\w.'’-]*(?:\s+(?:[^\W\d_a-z][\w.'’-]*|de|la|van|von|der|bin|al)){0,5}"
_AGENCY = (
    r"(?:Getty(?:\s+Images)?|AFP|EPA(?:-EFE)?|EFE|AP(?:\s+(?:Photo|Images))?|REUTERS|Reuters"
    r"|Shutterstock|Alamy|NurPhoto|Bloomberg|Xinhua|PA(?:\s+(?:Wire|Media|Images))?|UPI|dpa|DPA"
    r"|Anadolu(?:\s+Agency)?|ZUMA(?:\s+(?:Press|Wire))?|Sipa(?:\s+USA)?|Press\s+Association"
    r"|WireImage|FilmMagic|Corbis|iStock|TASS|Sputnik|Kyodo|ANI|PTI)"
)
_LICENCE = r"(?:\W{0,3}(?:Acquire|Purchase) Licensing Rights(?:, opens new tab)?)?"
_REUTERS = rf"REUTERS/[^\W\d_a-z][^\n;:!?]{{1,60}}?{_LICENCE}"
_CREDIT_AT_END = re.compile(
    rf"(?:^|(?<=\s)|(?<=[(.]))(?:{_REUTERS}"
    rf"|\((?:{_AGENCY})\s?(?:Photos?|Images?)?\s?[/|][^()\n]{{2,80}}\)"
    rf"|\((?i:(?:file\s+)?(?:photo(?:graph)?|image|picture|video|screengrab|illustration)s?"
    rf"(?:\s+(?:credit|courtesy|taken|illustration))?\s*(?:by|of|from|:|/))\s*[^()\n]{{2,100}}\)"
    rf"|(?:Photo(?:graph)?|Picture|Image|Credit)s?(?:\s+[Cc]redit)?:\s*{_NAME}"
    rf"(?:\s*/\s*{_NAME}){{0,3}}"
    r")\W*$"
)
_AGENCY_AT_END = re.compile(
    rf"(?:^|(?<=[.!?)”\"’])\s*|\(){_NAME}(?:\s*/\s*|\s+via\s+|\s+[-–]\s+)"
    rf"(?:{_NAME}\s*/\s*)?{_AGENCY}(?:\s*/\s*{_AGENCY})?\)?\W*$"
)
_RUNS_ON = re.compile(
    r"File Photo\b|Licensing Rights(?:, opens new tab)?|\((?:AP|AFP)[^()\n]{3,60}\)"
)
_MIN_TEXT = 80


def is_caption(line: str) -> bool:
    """Whether the whole line is the caption of a photograph, or the photographer's credit."""
    line = line.strip()
    if not line or len(line) > _MAX_CHARS:
        return False
    if _MARK.match(line):
        return not caption_end(line) and not holds_dateline(line)
    tail = line[-150:]
    if not (
        # Every credit has one of these. They spare most lines the patterns, at a tenth of the time.
        "/" in tail
        or "hoto" in tail
        or "mage" in tail
        or "redit" in tail
        or " via " in tail
        or "icture" in tail
        or "ideo" in tail
        or "llustration" in tail
        or "PHOTO" in tail
        or " - " in tail
        or " – " in tail
        or "creengrab" in tail
    ):
        return False
    return bool(_CREDIT_AT_END.search(tail) or _AGENCY_AT_END.search(tail))


def begins_with_caption(text: str) -> bool:
    """Whether a caption begins the text, or a credit of Reuters is in it."""
    return _MARK.match(text) is not None or "REUTERS/" in text or is_caption(text)


def caption_end(line: str) -> int:
    """Return where the text begins in a line that a marked caption begins; 0 if there is none."""
    if _MARK.match(line) is None:
        return 0
    end = 0
    for match in _RUNS_ON.finditer(line, 0, _MAX_CHARS):
        end = match.end()
    rest = line[end:].lstrip(" .)")
    return len(line) - len(rest) if end and len(rest) >= _MIN_TEXT else 0
