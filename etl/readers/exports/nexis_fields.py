"""The labelled fields of Nexis, in the languages of its interface.

Belongs here: which labels there are, where in a document they stand, how their values look, and
which blocks of a text they begin.
Does not belong here: the layouts around them (`exports.nexis`, `nexis_uni`).

A sentence can begin with a label ("LENGTH: of the bridge, 300 m."). So a label whose values have a
form counts only with such a value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from etl.readers.exports.days import day_line
from etl.readers.exports.layout import Block, blocks

NAME = "Nexis"

# Canonical name: labels. Those above the body, and those below it.
_ABOVE = {
    "byline": "byline autor auteur author signature name autora autore por",
    "headline": "headline title titre kop titel título titular titolo überschrift",
    "section": "section rubrik rubrique rubriek sección sezione seção",
    "length": "length länge longueur lengte longitud extensión lunghezza tamanho",
    "body": "body text tekst texte texto testo",
    "above": "dateline ortszeile highlight guests bio chapeau encart anchors anchor show host",
}
_BELOW = {
    "loaded": "load-date update date-chargement fecha-carga ladedatum",
    "language": "language sprache langue taal idioma lingua",
    "kind": "publication-type type-publication pub-type document-type tipo-publicación "
    "publikationstyp zeitungstyp",
    "open": "graphic grafik graphique correction notes note bild photo",
    "below": "subject sujet thema organization organisation company firma societe ticker "
    "stock-symbol symbole-boursier industry branche secteur-activite person persona personne "
    "geographic geo localisation-geo city state country journal-code code-revue pub-subject "
    "distribution series url transcript correction-date acc-no classification copyright "
    "cr issn format view-original-page",
}
_HEAD = {label: name for name, labels in _ABOVE.items() for label in labels.split()}
_TAIL = {label: name for name, labels in _BELOW.items() for label in labels.split()}
_LABEL = re.compile(r"([^\W\d_][^\W\d_]{0,19}(?:[- ][^\W\d_]{1,19}){0,2})\s?:(?:\s+(.*))?")
_BARE_LENGTH = re.compile(r"\d{1,6} (?:words|woorden|mots|wörter|palabras|parole)", re.IGNORECASE)
_GENERIC = re.compile(r"[^\W\d_a-z][^\W\d_a-z]*(?:[ -][^\W\d_a-z]+){0,3}:\s")
_LENGTH = re.compile(r"(\d[\d.,]{0,8})(?:\s+[^\W\d_]{3,10})?")
_RIGHTS = re.compile(
    r"(?:copyright|copr\.|copy|©|\(c\))[\s,©(c)]{0,8}\d{4}\b"
    r"|(?:all rights reserved|alle rechte vorbehalten|tous droits r[ée]serv[ée]s)\W*$",
    re.IGNORECASE,
)
_MAX_RIGHTS = 400
_MAX_WORDS = 8
_MAX_LABEL = 64


@dataclass(frozen=True, slots=True)
class Field:
    """A labelled field: its canonical name, and what stands behind the label."""

    name: str
    value: str
    is_above: bool


def field(text: str, *, is_upper: bool) -> Field | None:
    """Return the field that a line begins, if its value has the form of such a field.

    `is_upper`: labels are in capitals, as in the layout for text files.
    """
    if ":" not in text[:_MAX_LABEL] and not text[:1].isdecimal():
        return None
    if _BARE_LENGTH.fullmatch(text):
        return Field("length", text, is_above=True)
    match = _LABEL.match(text[:200])
    if match is None or (is_upper and match[1] != match[1].upper()):
        return None
    label = match[1].casefold().replace(" ", "-")
    name = _HEAD.get(label) or _TAIL.get(label)
    value = text[match.start(2) :].strip() if match[2] else ""
    if name is None or not _FORMS.get(name, bool)(value or " "):
        return None
    return Field(name, value, label in _HEAD)


def is_labelled(text: str) -> bool:
    """Whether a line begins with any words in capitals and a colon; below the body only."""
    return _GENERIC.match(text[:80]) is not None


def is_rights(text: str) -> bool:
    """Whether a block is a copyright notice."""
    return len(text) <= _MAX_RIGHTS and _RIGHTS.match(text) is not None


def word_count(value: str) -> int | None:
    """Return the number in a field of length: "1,355 words"."""
    match = _LENGTH.match(value)
    digits = re.sub(r"\D", "", match[1]) if match else ""
    return int(digits) if digits else None


def _is_short(value: str) -> bool:
    return 0 < len(value.split()) <= _MAX_WORDS and value[-1] not in ".!?"


_FORMS: dict[str, Callable[[str], bool]] = {
    "length": lambda value: _LENGTH.fullmatch(value) is not None,
    "loaded": lambda value: bool(day_line(value)),
    "language": _is_short,
    "kind": _is_short,
    "section": lambda value: len(value) <= 200 and value[-1] not in ".!?",
}


def byline(value: str) -> str:
    """Return the names in a byline without what stands in brackets: "Ana Ruiz (now)"."""
    return re.sub(r"\s*\([^()]{0,80}\)", "", value)


class FieldBlock(Block):
    """Lines between blank lines, and the field that they are, if any."""

    @cached_property
    def field(self) -> Field | None:
        return field(self.text, is_upper=True)


def split(text: str) -> Iterator[FieldBlock]:
    """Yield the blocks of a text; each of several fields without blank lines is one."""
    for block in blocks(text.split("\n")):
        start = 0
        if field(block.first, is_upper=True):
            for at, line in enumerate(block.lines[1:], 1):
                if field(line.strip(), is_upper=True):
                    yield FieldBlock(block.lines[start:at])
                    start = at
        else:
            day = next((n for n, x in enumerate(block.lines[:4]) if day_line(x) is not None), 0)
            if day and all(line.startswith(" ") for line in block.lines):
                yield FieldBlock(block.lines[:day])  # outlet and day without a blank line between
                start = day
        yield FieldBlock(block.lines[start:])
