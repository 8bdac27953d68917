"""What the fields of Factiva mean: its codes (HD, PD, TD …), and its header without codes.

Belongs here: values to metadata, and the marks that identify Factiva in any layout. Does not belong
here: finding fields in text (`exports.factiva_text`, `factiva_codes`), pages (`factiva_page`) or
XML (`readers.exports.factiva_xml`).

The header without codes has the same values without names, always in this order: words, day, time,
source, source's code, volume, edition, page, language, copyright. Most may be missing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from etl.domain import word_set
from etl.readers.exports.entries import names_of, paragraphs
from etl.readers.exports.header_days import day_in, day_line, is_unread_day
from etl.readers.language import named_language
from etl.readers.source_metadata import SourceMetadata

NAME = "factiva"
REMEDY = (
    "export the articles from Factiva again as HTML or RTF in the format 'Full Article/Report plus "
    "Indexing', which names each field"
)
HEAD = word_set("CLM SE HD BY CR WC PD ET SN SC NGC GC ED PG VOL LA CY CX DLN RST")
BODY = ("LP", "TD")
TAIL = ("ART", "CT", "RF", "CO", "IN", "NS", "RE", "IPC", "IPD", "PUB", "AN")
"""In this order."""

_WORD_COUNT = (
    r"\d[\d.,’' \u00a0\u202f]{0,12}(?:words?|mots?|w.rter|wort|worte|palabras?|parole|palavras?"
    r"|woorden|слов[оа]?|字|語|単語)"
)
_WORDS = re.compile(_WORD_COUNT, re.IGNORECASE)
_WORDS_LINE = re.compile(rf"^[ \t]{{0,40}}{_WORD_COUNT}[ \t]{{0,40}}$", re.I | re.M)
_ACCESSION = r"[A-Za-z][A-Za-z0-9]{3,9}(?:1[5-9]|20)\d{6}[A-Za-z0-9-]{4,12}"
_DOCUMENT_WORDS = ("Documento", "Document", "Dokument", "Документ", "文件", "文档", "文書")
_DOCUMENT = re.compile(rf"(?:{'|'.join(_DOCUMENT_WORDS)})\s{{1,9}}{_ACCESSION}")
_TIME = re.compile(r"\d{1,2}[:.]\d{2}(?:\s?[A-Za-z.]{2,5})?(?:\s[A-Z]{2,5})?")
_SOURCE_CODE = re.compile(r"[A-Z0-9]{2,8}")
_COPYRIGHT = re.compile(r"(?:©|\(c\)|copyright\b|\(copyright\)).{0,300}", re.IGNORECASE)
_INDEX = re.compile(r"[\w/-]{1,16} : \S.*")


@dataclass(frozen=True, slots=True)
class Header:
    """The values of a header without codes; None for those that it lacks."""

    day: str | None = None
    outlet: str | None = None
    language: str | None = None


def is_word_count(line: str) -> bool:
    """Whether the line is a number of words: "1,234 words", "295 mots"."""
    return len(line) < 40 and _WORDS.fullmatch(line.strip()) is not None


def has_word_count(text: str, *, within_line: bool) -> bool:
    """Whether a text has a number of words, as a line of its own or also `within_line`."""
    return (_WORDS if within_line else _WORDS_LINE).search(text) is not None


def is_day(line: str) -> bool:
    """Whether the line is a day, perhaps in a language that is not known here."""
    return day_line(line) is not None or is_unread_day(line)


def is_document_number(line: str) -> bool:
    """Whether the line is the last of an article: "Document HARBCO0020250403el430001"."""
    return len(line) < 80 and _DOCUMENT.fullmatch(line.strip()) is not None


def is_copyright(line: str) -> bool:
    """Whether the line is a copyright notice."""
    return _COPYRIGHT.fullmatch(line.strip()) is not None


def document_numbers(text: str) -> int:
    """Return how often a text has the number of a document, also within a line."""
    if not any(word in text for word in _DOCUMENT_WORDS):
        return 0  # most texts: ten times as fast as the pattern
    return sum(1 for _ in _DOCUMENT.finditer(text))


def is_value(code: str, value: str) -> bool:
    """Whether a text can be the value of a code. Prose that begins like a code mostly can't."""
    value = value.strip()
    match code:
        case "WC":
            return is_word_count(value)
        case "PD":
            return is_day(value)
        case "ET":
            return _TIME.fullmatch(value) is not None
        case "LA":
            return named_language(value) is not None or re.fullmatch("[A-Z]{2}", value) is not None
        case "AN":
            return is_document_number(value)
        case "CO" | "IN" | "NS" | "RE":
            return _INDEX.fullmatch(value) is not None
        case "SC" | "GC":
            return _SOURCE_CODE.fullmatch(value) is not None
    return True


def header_of(lines: Sequence[str]) -> Header:
    """Return the values in the lines between headline and body; bylines before them are skipped."""
    start = next((n for n, line in enumerate(lines) if is_word_count(line)), None)
    if start is None:
        start = next((n - 1 for n, line in enumerate(lines) if day_line(line)), None)
    if start is None:
        language = next((code for x in lines if (code := named_language(x))), None)
        return Header(language=language)
    rest = [line.strip() for line in lines[start + 1 :]]
    day = None
    if rest and is_day(rest[0]):
        found = day_line(rest.pop(0))
        day = found.iso if found else None
    if rest and _TIME.fullmatch(rest[0]):
        del rest[0]
    return Header(day, _outlet(rest), next((c for x in rest if (c := named_language(x))), None))


def _outlet(lines: list[str]) -> str | None:
    """Return the source's name: the first line, unless it is what follows a missing name."""
    if not lines or is_copyright(lines[0]) or named_language(lines[0]):
        return None
    is_code = _SOURCE_CODE.fullmatch(lines[0]) is not None
    if is_code and not (len(lines) > 1 and _SOURCE_CODE.fullmatch(lines[1])):
        return None
    return lines[0]


def metadata_of(fields: Mapping[str, Sequence[str]]) -> SourceMetadata:
    """Return the metadata of an article from the lines of each code."""

    def value(code: str) -> str:
        return " ".join(line.strip() for line in fields.get(code, ()) if line.strip())

    day = day_in(value("PD"))
    language = value("LA")
    return SourceMetadata(
        NAME,
        body="\n\n".join(filter(None, (paragraphs(fields.get(code, ())) for code in BODY))),
        headline=value("HD") or None,
        outlet=value("SN") or None,
        authors=names_of(value("BY")),
        dates=[(day.iso, f"{NAME} PD", None)] if day else [],
        language=named_language(language) or language or None,
    )
