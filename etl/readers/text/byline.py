"""Bylines: authors and outlet from a line such as "By A. Writer and B. Other – Outlet".

Belongs here: distinguishing a byline from a sentence that begins with "By", and parsing it. Does
not belong here: where in a file a byline may be (the readers).

A missed byline costs an author; a sentence mistaken for a byline costs body text. So without an
outlet after a dash or bar, every part must look like a name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from etl.domain import word_set
from etl.readers.dates import MONTH, WEEKDAY, ImpossibleDateError, WrittenDate, date_line, is_clock

_MAX_LENGTH = 250
_OPENING = re.compile(
    r"(?:(?:(?:re)?ported|written|authored|submitted|posted|story|words|article|text)\s+)?by:?\s+"
    r"|author(?:s|\(s\))?:\s*|byline:\s*(?:by\s+)?",
    re.IGNORECASE,
)
# En dash, hyphen and bar need spaces around them (Anne-Marie); an em dash doesn't.
_SEPARATOR = re.compile(r"\s+[–-]+\s+|\s*—\s*|\s+\|\s+|\s+[·•]\s+|\s+―\s+")
_VIA = re.compile(r"\s+(?:via|VIA)\s+(?=\S)")
_FOR = re.compile(r"\s+(?:for|of)\s+(?=(?:[Tt]he\s+)?[^\W\d_a-z])")
_PLACE = re.compile(r"\s+in\s+[^\W\d_a-z].*$")
_ON = re.compile(rf"[\s,]+(?:on|at)\s+(?={WEEKDAY}|{MONTH}|\d)", re.IGNORECASE)
_DATE_BEFORE = re.compile(r"(?P<date>[^\n]{0,80}?\d[^\n]{0,40}?),?\s+by\s+(?=\S)", re.IGNORECASE)
# People who only helped are not authors.
_HELP = re.compile(
    r"[\s,;(]+(?:with\s+|and\s+)?(?:(?:additional|further|more)\s+)?"
    r"(?:(?:reporting|writing|research|contributions?|files?|inputs?|reports?)\s+(?:by|from)"
    r"|agency\s+inputs?)\b.*$",
    re.IGNORECASE,
)
# "And" and "Via", capitalised, are parts of names.
_AND = re.compile(r"\s*(?:,\s*)?(?:\b(?:and|AND)\b|&)\s+|\s*[,;]\s*")
_SUFFIX = re.compile(r"(?:jr|sr|ii|iii|iv|m\.?d|ph\.?d|mbe|obe|cbe)\.?", re.IGNORECASE)
_FULL_STOP = re.compile(r"(?<=[^\W\d_]{4})\.$")
_HANDLE = re.compile(r"@\w+|\S+@\S+\.\w+|follow\b.*|e-?mail\b.*|twitter\b.*", re.IGNORECASE)
_ROLE = re.compile(
    r"\b(?:editor|correspondent|reporter|writer|columnist|producer|contributor|analyst|fellow"
    r"|chief|journalist|photographer|intern|staff)s?\b",
    re.IGNORECASE,
)
_OUTLET_WORD = re.compile(
    r"\b(?:(?i:News|Times|Post|Press|Herald|Tribune|Journal|Gazette|Guardian|Telegraph|Chronicle"
    r"|Observer|Enquirer|Examiner|Independent|Today|Wire|Newswire|Agency|Agence|Daily|Weekly"
    r"|Magazine|Network|Radio|TV|Television|Broadcasting|Media|Register|Inquirer|Dispatch"
    r"|Republic|Star|Mail|Express|Mirror|Globe|Review|Reuters|Bloomberg|Politico|Xinhua|Courier"
    r"|Ledger|Sentinel|Argus|Advertiser|Bulletin|Monitor|Messenger|Standard|Tidings|Intelligencer)"
    r"|TASS|AP|AFP|UPI|BBC|CNN|CNBC|NBC|ABC|CBS|NPR|PBS|DPA|ANSA|EFE|PTI|PA|RT|VOA|RFE/RL|IPS)\b",
)
_PARTICLES = word_set(
    "de la le les van von der den het ter ten bin ibn bint al el da di do dos das du del della y e "
    "zu zum af av of the ul ur abu st"
)
_NO_NAMES = word_set(
    "monday tuesday wednesday thursday friday saturday sunday january february march april may "
    "june july august september october november december christmas easter ramadan then now "
    "today tonight tomorrow noon midnight dawn contrast comparison law all its his her their our "
    "my this that these those any some most no"
)
_GIVEN_NAMES = word_set("april may june august summer noon dawn")
_NOBODY = word_set(
    "staff wire wires services service agency agencies reporter reporters correspondent "
    "correspondents desk newsroom bureau team writer writers editor editors contributor "
    "contributors admin administrator"
)
_NOBODY_TOO = word_set(
    "news report reports other media our own special web online digital editorial guest from and "
    "with the a city national international sports political contributing combined press local"
)
"""Words of a byline that names nobody: "Staff Reporter", "Our Own Correspondent"."""
_NO_AUTHOR = re.compile(r"(?:the|an?|its|their|this|that|all)\s+[a-z]")


@dataclass(frozen=True, slots=True)
class Byline:
    """Authors in the order written; outlet and date only if the line has them."""

    authors: tuple[str, ...]
    outlet: str | None = None
    written: WrittenDate | None = None


def parse_byline(line: str, *, stands_alone: bool = False) -> Byline | None:
    """Return the byline in `line`, or None unless it is certainly one.

    `stands_alone`: the line is the paragraph right below a dated headline. Only there may names
    have any shape (agencies, lower case, other scripts), and only if an outlet follows. Raises
    ImpossibleDateError for an impossible date after the outlet.
    """
    line = line.strip().strip("*_").strip()
    if len(line) > _MAX_LENGTH:
        return None
    opening = _OPENING.match(line)
    day = None
    if opening is None and (opening := _DATE_BEFORE.match(line)):
        day = date_line(opening["date"])
    if opening is None or (opening.re is _DATE_BEFORE and day is None):
        return None
    text = _HELP.sub("", line[opening.end() :]).rstrip(",;:( ")
    if _ends_sentence(text):
        return None
    names, *suffixes = _SEPARATOR.split(text)
    # "Posted by Ana Ruiz on June 3, 2025"
    if (on := _ON.search(names)) and any(map(str.isdigit, names[on.end() :])):
        names, suffixes = names[: on.start()], [names[on.end() :], *suffixes]
    for comma in re.finditer(r"[,.]\s+|,", names):  # "By Ana Ruiz, Updated June 3, 2025"
        if (tail := names[comma.end() :]) and date_line(tail) is not None:
            names, suffixes = names[: comma.start()], [tail, *suffixes]
            break
    outlet, written = _parse_suffixes(suffixes)
    written = written or day
    via = _VIA.split(names, maxsplit=1)
    if len(via) == 2:
        names, outlet = via[0], outlet or via[1].strip(" ,;")
    elif outlet is None:
        of = _FOR.split(names, maxsplit=1)
        if len(of) == 2 and _is_title(of[1]):
            names, outlet = of[0], of[1].strip(" ,;")
    if outlet is not None and len(outlet) > 80:
        return None
    authors, affiliation = _split_names(names, has_outlet=outlet is not None)
    if outlet is not None and [a.casefold() for a in authors] == [outlet.casefold()]:
        return Byline((), outlet, written)  # "By Reuters – Reuters": no author
    is_free = stands_alone and outlet is not None and not _NO_AUTHOR.match(names)
    if not is_free:
        somebody = tuple(author for author in authors if not is_nobody(author))
        if authors and not somebody:
            return Byline((), outlet or affiliation, written)  # "By Staff Reporter"
        authors = somebody
    if not authors or not (is_free or all(_is_name(author) for author in authors)):
        return None
    return Byline(authors, outlet or affiliation, written)


def outlet_line(line: str) -> tuple[bool, str | None]:
    """Whether the line right below a byline gives the author's affiliation, and the outlet if any.

    "BBC News, London" -> (True, "BBC News"); "Political correspondent" -> (True, None).
    """
    line = line.strip()
    if not line or len(line) > 80 or line[-1] in '.!?:;,”"':
        return False, None
    parts = [part.strip() for part in re.split(r",|\s[|–—-]\s", line)]
    named = [part for part in parts if _OUTLET_WORD.search(part) and _is_title(part)]
    if named and all(_is_title(part) or _ROLE.search(part) for part in parts):
        outlet = named[-1]
        return True, None if _ROLE.search(outlet) else outlet
    return len(line.split()) <= 5 and _ROLE.search(line) is not None, None


def is_outlet(name: str) -> bool:
    """Whether the name contains a word that is typical of news outlets."""
    return _OUTLET_WORD.search(name) is not None


def is_nobody(name: str) -> bool:
    """Whether an author's name names nobody, such as "Staff Reporter" or "wire services"."""
    words = [word.strip(".,:").lower() for word in name.split()]
    return not _NOBODY.isdisjoint(words) and all(w in _NOBODY or w in _NOBODY_TOO for w in words)


def _parse_suffixes(parts: list[str]) -> tuple[str | None, WrittenDate | None]:
    """Return outlet and date from the parts after the names; other parts are ignored."""
    outlet, written = None, None
    for part in parts:
        dated = None
        if is_clock(part):
            continue
        try:
            dated = date_line(part)
        except ImpossibleDateError:
            if outlet is not None or len(parts) == 1:
                raise
        if dated is not None:
            written = dated
        elif outlet is None and part.strip():
            outlet = part.strip()
    return outlet, written


def _split_names(text: str, *, has_outlet: bool) -> tuple[tuple[str, ...], str | None]:
    """Return the names, and the outlet in a part after a comma ("A. Writer, Valley Times")."""
    names: list[str] = []
    affiliation = None
    position = 0
    after_and = False
    pieces: list[tuple[str, bool]] = []
    for match in _AND.finditer(text):
        pieces.append((text[position : match.start()].strip(), after_and))
        after_and = match[0].strip(" ,;") != ""
        position = match.end()
    pieces.append((text[position:].strip(), after_and))
    pieces = [(piece.strip(" .,;") if len(piece) < 3 else piece, a) for piece, a in pieces]
    pieces = [(_PLACE.sub("", piece), a) for piece, a in pieces if piece]
    for index, (piece, follows_and) in enumerate(pieces):
        if index and _SUFFIX.fullmatch(piece) and names:
            names[-1] = f"{names[-1]}, {piece}"
        elif index and _HANDLE.fullmatch(piece):
            continue
        elif index and not follows_and and _is_affiliation(piece, pieces[0][0], has_outlet):
            affiliation = piece
        elif index and not follows_and and _ROLE.search(piece):
            continue
        else:
            names.append(piece)
    names = [_FULL_STOP.sub("", name) for name in names]
    return tuple(dict.fromkeys(names)), affiliation


def _is_affiliation(piece: str, first: str, has_outlet: bool) -> bool:
    if _ROLE.search(piece):
        return False
    if is_outlet(piece) and _is_title(piece):
        return True
    # "By Jane Doe, Politifact": a single word after a full name is her outlet.
    return not has_outlet and len(piece.split()) == 1 < len(first.split()) and _is_title(piece)


def _is_name(text: str) -> bool:
    words = text.split()
    if not 1 <= len(words) <= 6 or _ends_sentence(text):
        return False
    if words[0].lower() in _NO_NAMES - (_GIVEN_NAMES if len(words) > 1 else frozenset()):
        return False
    if any(c.isdigit() or c in '?!:;“”"' for c in text):
        return False
    return _is_title(text) and not all(word.lower() in _PARTICLES for word in words)


def _is_title(text: str) -> bool:
    """Whether every word is capitalised or has no case, except for particles of names."""
    words = [word.strip("().,’‘'\"*") for word in text.split()]
    return bool(words) and all(
        not word or not word[0].islower() or word.lower() in _PARTICLES or "’" in word[:3]
        for word in words
    )


def _ends_sentence(text: str) -> bool:
    text = text.rstrip("”\"’')")
    if text.endswith(("?", "!")):
        return True
    last = text.split()[-1] if text.split() else ""
    # "Jr.", "Corp." and initials don't end a sentence.
    return last.endswith(".") and (last[0].islower() or len(last) > 5)
