"""Credits of those who worked on an article: "Reporting by A. Writer; Editing by B. Other".

Belongs here: such credits as a line, and at the end of the last paragraph. Does not belong here:
credits of photographs (`readers.text.captions`), other page furniture (`readers.text.boilerplate`).

A single credit needs names and nothing else after it: "Reporting by the Times showed …" is prose.
Two credits in a row ("Reporting by …; editing by …") occur in no sentence.
"""

from __future__ import annotations

import re

from etl.domain import word_set

_WORK = (
    r"(?:(?:additional|further|with additional|with) )?"
    r"(?:reporting|writing|editing|compil(?:ed|ing)|translat(?:ed|ing|ion)|graphics?|photography"
    r"|production|filming|contributing|contributions?|assistance|research)"
    r"(?:(?:,|,? and|,? additional)? (?:writing|reporting|editing|research|production))*"
)
_CREDIT = re.compile(rf"\W*{_WORK}(?:\s+(?:by|from)|\s*:)\s+", re.IGNORECASE)
_NAMED = re.compile(rf"\b(?i:{_WORK}\s+by)\s+(?=[^\W\d_a-z])")
_FIRST = re.compile(rf"(?:^|(?<=[.!?…”\"’')\]])\s*|(?<=\s))\(?\s*(?=(?i:{_WORK})\s)")
_REPORTED = re.compile(r"\W*(?:[^\W\d_a-z]\S*\s+){1,8}reported from\s")
_STANDARDS = re.compile(
    r"\s*Our Standards:\s*The Thomson Reuters Trust Principles(?:, opens new tab)?\W*$"
)
_NOTE = re.compile(
    r"\s*\(this (?:[\w.]+ ){0,3}(?:story|article|version|report|item) (?:has been|was|is being)\s"
    r"[^()]{0,300}\)\W*$",
    re.IGNORECASE,
)
_WORDS = word_set(
    "and by in with for from at of the additional reporting writing editing compiled translated "
    "graphics graphic research contributing newsroom bureau bureaux staff desk de la van von der "
    "den bin al el da di du y e team production"
)
_MAX_CHARS = 900
_MAX_WORDS = 50


def is_credit(line: str) -> bool:
    """Whether the line is nothing but credits."""
    line = line.strip()
    if len(line) > _MAX_CHARS:  # before any pattern: it takes the square of a run of blanks
        return False
    line = _STANDARDS.sub("", line)
    return is_shared_credit(line) or _is_single_credit(line)


def is_shared_credit(line: str) -> bool:
    """Whether the line is two or more credits: "Reporting by …; Editing by …"."""
    if len(line) > _MAX_CHARS or not ("ing by" in line or "ing By" in line):
        return False
    begins = _CREDIT.match(line) or _REPORTED.match(line) or _NAMED.match(line.lstrip("( "))
    if begins is None and not re.match(r"\W*Reporting\s+[^\W\d_a-z]", line):
        return False
    return len(_NAMED.findall(line)) + (_NAMED.match(line.lstrip("( ")) is None) > 1


def without_credit(line: str) -> str:
    """Return the paragraph without credits and notes to customers at its end."""
    line = _without_last_credit(line)
    if not line.rstrip(" .").endswith(")"):
        return line
    note = _NOTE.search(line, max(0, len(line) - _MAX_CHARS))
    return line[: note.start()].rstrip() if note else line


def _without_last_credit(line: str) -> str:
    start = max(0, len(line) - _MAX_CHARS)
    tail = line[start:]
    if "by" not in tail.lower():
        return line
    for match in _FIRST.finditer(tail):
        before = tail[: match.start()].rstrip()
        # Without a bracket, the credit begins where a sentence has ended.
        is_after_sentence = not before or before[-1] in ".!?…”\"’')]"
        if (is_after_sentence or "(" in match[0]) and is_credit(tail[match.start() :]):
            return line[: start + match.start()].rstrip()
    return line


def _is_single_credit(line: str) -> bool:
    match = _CREDIT.match(line)
    if match is None:
        return False
    words = [word.strip("().,;:’'\"") for word in line[match.end() :].split()]
    return len(words) <= _MAX_WORDS and all(
        not word or not word[0].islower() or word.lower() in _WORDS for word in words
    )
