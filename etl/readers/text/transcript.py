"""Plain transcripts of broadcasts: title, programme, air date, then turns with speakers' labels.

Belongs here: recognising a transcript, and the lines above its first turn. Does not belong here:
who speaks (`etl.extract.turns` reads the labels, which stay in the body), interviews in articles.

A transcript has labels that recur, and says above them that it is one, or when it was aired.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from etl.readers.dates import DATE, ImpossibleDateError, WrittenDate, date_line
from etl.readers.text.boilerplate import is_boilerplate
from etl.readers.text.byline import Byline, is_outlet
from etl.readers.text.kickers import is_kicker
from etl.readers.text.top_lines import signature

_CLOCK = r"(?:[\[(]?\d{1,2}:\d{2}(?::\d{2})?[\])]?\s*(?:[-–—]\s*)?)?"
_LABEL = re.compile(
    rf"[ \t]*{_CLOCK}(?P<name>[^\W\d_a-z][\w.’'\-]*(?:[ ](?!\s)[^\s:,(]+){{0,4}})"
    r"(?:,[ ][^\n:]{1,80}|[ ]?\([^()\n:]{1,60}\))?:(?=\s+\S)"
)
_MARK = re.compile(
    r"\btranscript\b|\b(?:re-?)?air(?:ed|s|ing)\b|\bair\s?-?date\b|\bbroadcast\b", re.IGNORECASE
)
_NOTICE = re.compile(
    r"\W*(?:the following|this|below|here) (?:is|are)\b.{0,60}transcript", re.IGNORECASE
)
_FIELD = re.compile(
    r"(?P<name>title|headline|topic|episode|program(?:me)?|show|series|network|channel|station"
    r"|broadcaster|outlet|source|air(?:ed)?(?:[ -]?date)?|broadcast(?: date)?|date)"
    r"\s*:\s*(?P<value>\S.*)",
    re.IGNORECASE,
)
_OUTLET_FIELDS = frozenset({"network", "channel", "station", "broadcaster", "outlet", "source"})
_TITLE_FIELDS = frozenset({"title", "headline", "topic", "episode"})
_PROGRAMME_FIELDS = frozenset({"program", "programme", "show", "series"})
_TRANSCRIPTS = re.compile(r"(?P<outlet>.{2,40}?)\s+(?:show\s+)?transcripts?", re.IGNORECASE)
_KIND = re.compile(
    r"(?:full|rush|video|interview|show|edited|partial|read|the|complete|official)\b.*",
    re.IGNORECASE,
)
_PARTS = re.compile(r",\s+|\s+[|–—-]\s+")
_AIRED = re.compile(r"\.?\s*\bAired \d[\d:apm.-]*(?:\s[A-Z]{1,4})?\.?$")
_AIRED_IN_PROSE = re.compile(
    rf"\b(?:aired|airing|broadcast)\b[^.\n]{{0,120}}?[\s,]{DATE}", re.IGNORECASE
)
_DATE_AT_END = re.compile(rf"(?:[,–—|:(-]|\bon\b)\s*{DATE}\)?$", re.IGNORECASE)
_DATE_GROUPS = ("iso", "dmy", "mdy", "ymd", "numeric")
_MAX_HEADER_LINES, _MAX_LINE = 20, 600
_SHORT, _TITLE_WORDS = 120, 25


@dataclass(slots=True)
class Header:
    """What the lines above the first turn say; `kept` are those that belong to the body."""

    end: int
    headline: str | None = None
    outlet: str | None = None
    signatures: list[WrittenDate | Byline] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)


def transcript_header(lines: Sequence[str], at: int) -> Header | None:
    """Return the header of the transcript that begins at `at`, or None if it is none.

    Raises ImpossibleDateError.
    """
    first = _first_turn(lines, at)
    if first is None or not any(map(_says_transcript, lines[at:first])):
        return None
    header = Header(first)
    programme: str | None = None
    titles: list[str] = []
    for line in (text.strip() for text in lines[at:first]):
        if not line or is_boilerplate(line) or is_kicker(line):
            continue
        named = _FIELD.fullmatch(line)
        name = named["name"].lower() if named else ""
        value = named["value"].strip() if named else line
        if signed := signature(line) or (signature(value) if named else None):
            header.signatures += signed
        elif name in _OUTLET_FIELDS:
            header.outlet = header.outlet or value
        elif name in _TITLE_FIELDS:
            titles.insert(0, value)
        elif name in _PROGRAMME_FIELDS:
            programme = value
            header.kept.append(line)
        elif outlet := _outlet(line):
            header.outlet = header.outlet or outlet
            if before := line[: line.rindex(outlet)].rstrip(" ,|–—-"):
                titles.append(before)  # "The Sunday Hour – Sound Radio"
        elif _is_title(line) and not header.kept:
            titles.append(line)
        else:
            header.kept.append(line)
    titles = titles or ([programme] if programme else [])
    if titles:
        # A programme in capitals may stand above the title.
        title = next((each for each in titles if not each.isupper()), titles[0])
        header.headline = _AIRED.sub("", title)
        header.kept = [*(each for each in titles if each is not title), *header.kept]
    if not any(isinstance(each, WrittenDate) and each.on for each in header.signatures):
        header.signatures += _date_in_prose([*titles, *header.kept])
    return header


def _first_turn(lines: Sequence[str], at: int) -> int | None:
    """Return the line of the first label, if labels recur and alternate below it."""
    first, names, filled = None, [], 0
    for n in range(at, len(lines)):
        line = lines[n]
        if first is None and line.strip():
            filled += 1
            if filled > _MAX_HEADER_LINES or len(line) > _MAX_LINE:
                return None
        match = _LABEL.match(line) if ":" in line else None
        if match is None or (first is None and _FIELD.match(line.strip())):
            continue
        name = match["name"]
        if first is None and _MARK.search(name):
            continue  # "Transcript: Ana Ruiz on the harbour"
        if name != name.upper() and not all(word[0].isupper() for word in name.split()):
            continue
        first = n if first is None else first
        names.append(name.split()[-1].casefold())
        if len(names) > 2 and len(set(names)) > 1:
            return first
    return None


def _says_transcript(line: str) -> bool:
    """Whether a line calls the text a transcript, or says when it was aired."""
    return _MARK.search(line) is not None and (len(line) < _SHORT or bool(_NOTICE.match(line)))


def _is_title(line: str) -> bool:
    words = line.split()
    return len(words) <= _TITLE_WORDS and (len(words) <= 12 or not line.endswith("."))


def _outlet(line: str) -> str | None:
    """Return the outlet that a line names, alone or last: "Sound Radio", "SBN Transcripts"."""
    match = _TRANSCRIPTS.fullmatch(line)
    if match and not _KIND.fullmatch(match["outlet"]):
        name = match["outlet"]
        return name if is_outlet(name) or (name.isupper() and " " not in name) else None
    name = _PARTS.split(line)[-1]
    words = name.split()
    is_name = len(words) <= 5 and all(word[0].isupper() or len(word) < 4 for word in words)
    return name if is_name and len(words) > 1 and is_outlet(words[-1]) else None


def _date_in_prose(lines: Sequence[str]) -> list[WrittenDate]:
    """Return the air date in a sentence above the turns, or at the end of the title."""
    for line in lines:
        match = _AIRED_IN_PROSE.search(line[:_MAX_LINE]) or _DATE_AT_END.search(line[:_MAX_LINE])
        if match is None:
            continue
        written = next(match[name] for name in _DATE_GROUPS if match[name])
        try:
            found = date_line(written)
        except ImpossibleDateError:
            continue
        if found is not None and found.on is not None:
            return [found]
    return []
