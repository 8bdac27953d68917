"""The word lists behind the rules, loaded once from the files in `lexicon/`.

Belongs here: reading the lists and looking words up. Does not belong here: rules, and full names of
people, which each article supplies itself. Sources and licences: `lexicon/README.md`.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Literal, cast

from etl.domain import EntityType

Gender = Literal["m", "f", ""]
Frame = Literal["bare", "clause", "direct"]
Inflection = Literal["base", "finite", "ing"]


@dataclass(frozen=True, slots=True)
class CueForm:
    """An inflected form of a reporting verb, and the content it may introduce.

    `frame` is `bare` ("said it was so"), `clause` (only with "that") or `direct` (only words in
    quotation marks).
    """

    verb: str
    frame: Frame
    inflection: Inflection


@dataclass(frozen=True, slots=True)
class Lexicon:
    """All lists. Keys are lower case, except in `places`, `demonyms` and `organisations`."""

    common_words: frozenset[str]
    function_words: frozenset[str]
    calendar_words: frozenset[str]
    not_names: frozenset[str]
    source_nouns: frozenset[str]
    description_heads: dict[str, EntityType]
    first_names: dict[str, Gender]
    titles: dict[str, Gender]
    last_heads: dict[str, EntityType]
    first_heads: dict[str, EntityType]
    places: dict[str, tuple[EntityType, str]]
    cities: frozenset[str]
    demonyms: dict[str, str]
    organisations: dict[str, str]
    things: dict[str, str]
    cues: dict[str, CueForm]

    def is_ordinary(self, lower: str) -> bool:
        """Whether a word is an ordinary one, capitalised only because it begins a sentence."""
        return lower in self.common_words or lower in self.function_words

    def type_of(self, form: str) -> EntityType | None:
        """Return the type of a listed name, matched as a whole and case-sensitively, or None."""
        if form in self.organisations:
            return "ORG"
        if form in self.places:
            return self.places[form][0]
        return "NORP" if form in self.demonyms else None

    def is_thing(self, form: str) -> bool:
        """Whether a name is one of a law, programme, contest or price: "Harbour Safety Act"."""
        form = form.replace("’", "'")
        form = form[4:] if form[:4].lower() == "the " else form
        if "whole" in (self.things.get(form), self.things.get(form.lower())):
            return True  # "SNAP" in capitals only, "Medicare" in any
        words = form.lower().split(" ")
        ends = [" ".join(words[-count:]) for count in (2, 1) if count < len(words)]
        found = [self.things[end] for end in ends if end in self.things]
        return found[:1] == ["last"]

    def canonical(self, form: str) -> str:
        """Return the name that a listed form is an alias of, or the form itself if unlisted."""
        if form in self.organisations:
            return self.organisations[form]
        return self.places[form][1] if form in self.places else form


@lru_cache(maxsize=1)
def load_lexicon() -> Lexicon:
    """Return the lists that ship with the package, read on first use and then cached."""
    heads = _rows("heads.csv")
    return Lexicon(
        common_words=_words("common_words.txt"),
        function_words=_words("function_words.txt"),
        calendar_words=_words("calendar_words.txt"),
        not_names=_words("not_names.txt"),
        source_nouns=_words("source_nouns.txt"),
        description_heads={r[0]: cast(EntityType, r[1]) for r in _rows("description_heads.csv")},
        first_names={r[0].lower(): cast(Gender, r[1]) for r in _rows("first_names.csv")},
        titles=_with_compounds({r[0]: cast(Gender, r[1]) for r in _rows("titles.csv")}),
        last_heads={r[0]: cast(EntityType, r[1]) for r in heads if r[2] == "last"},
        first_heads={r[0]: cast(EntityType, r[1]) for r in heads if r[2] == "first"},
        places={r[0]: (cast(EntityType, r[1]), r[2]) for r in _rows("places.csv")},
        cities=_words("cities.txt"),
        demonyms={r[0]: r[1] for r in _rows("demonyms.csv")},
        organisations={r[0]: r[1] for r in _rows("organisations.csv")},
        things={r[0]: r[1] for r in _rows("things.csv")},
        cues={
            r[0]: CueForm(r[1], cast(Frame, r[2]), cast(Inflection, r[3]))
            for r in _rows("cues.csv")
        },
    )


def _with_compounds(titles: dict[str, Gender]) -> dict[str, Gender]:
    """Return titles with those of former and future holders: "ex-minister", "mayor-designate"."""
    words = [title for title in titles if " " not in title]
    compounds = {
        form: titles[word]
        for word in words
        for form in (f"ex-{word}", f"then-{word}", f"{word}-designate")
    }
    return compounds | titles


def _read(file: str) -> str:
    return resources.files("etl.extract").joinpath("lexicon", file).read_text("utf-8")


def _words(file: str) -> frozenset[str]:
    return frozenset(_read(file).split())


def _rows(file: str) -> list[list[str]]:
    """Return the rows of a list without its header."""
    return list(csv.reader(_read(file).splitlines()))[1:]
