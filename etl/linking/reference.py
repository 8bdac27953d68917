"""Reference data on countries, organisations, and who held which office when.

Belongs here: reading `seeds/reference/` for linking. Does not belong here: the data's columns
and sources (the `.yml` and `SOURCES.md` beside it), and the same files as dbt seeds.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from etl.extract.lexicon import load_lexicon
from etl.linking.name_keys import name_key
from etl.linking.variants import person_name
from etl.settings import RESOURCES

FOLDER = RESOURCES / "seeds" / "reference"
CONGRESS_SINCE = "2025-01"
"""The month since when `legislators.csv` has all members of Congress: it lacks those who left."""
_CONGRESS = {
    "sen": "senator",
    "rep": "representative",
    "congressman": "representative",
    "congresswoman": "representative",
}
_NOT_IN_CONGRESS = frozenset({"state", "former", "ex", "vice", "deputy", "elect"})


@dataclass(frozen=True)
class Office:
    """A person's term in an office, as ISO dates; an empty date is an open end."""

    key: str
    role: str
    valid_from: str
    valid_to: str
    name: str = ""
    other_keys: tuple[str, ...] = ()
    is_one_of_many: bool = False
    """Whether others hold the same office at the same time, as in Congress."""

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of the person's names."""
        return (self.key, *self.other_keys)

    def fits(self, words: frozenset[str]) -> bool:
        """Whether a title can be this office: "U.S. Senator", but not "Australian Senator"."""
        own = title_words(self.role)
        if self.is_one_of_many and words & (_NOT_IN_CONGRESS | _foreign_words()):
            return False
        return own <= words and ("vice" in words) == ("vice" in own)


@dataclass(frozen=True, eq=False)
class Reference:
    """Look-ups by name key; `offices` by surname. Hashed by identity, to serve as a cache key."""

    countries: Mapping[str, str] = field(default_factory=dict)
    organisations: Mapping[str, str] = field(default_factory=dict)
    offices: Mapping[str, list[Office]] = field(default_factory=dict)
    peoples: Mapping[str, str] = field(default_factory=dict)
    """The code of a country by its adjective, people and capital."""
    adjectives: Mapping[str, str] = field(default_factory=dict)
    """The adjective of a country by its code."""

    def country_of(self, name: str) -> str | None:
        """Return the code of the country that a place's name means, if it is unambiguous."""
        return self.countries.get(name_key(name, "GPE"))

    def country_of_word(self, name: str) -> str | None:
        """Return the code of the country that a country, people, adjective or capital means."""
        return self.country_of(name) or self.peoples.get(name_key(name, "GPE"))

    def organisation_of(self, name: str) -> str | None:
        """Return the full name of an organisation known by another name or an acronym."""
        return self.organisations.get(name_key(name, "ORG"))

    def official(self, surname: str, title: str, month: str) -> Office | None:
        """Return the office of the one person of a surname who held a title in a month ("2016-05").

        If nobody held it then, return the one who held it earlier: people keep titles of office for
        life. None if there is no such person, or more than one. The members of Congress are those
        of today, so in a month before CONGRESS_SINCE there may have been another one.
        """
        if not title or not month:
            return None
        words = title_words(title)
        fitting = [
            office
            for office in self.offices.get(surname, [])
            if office.fits(words)
            and max(office.valid_from[:7], CONGRESS_SINCE if office.is_one_of_many else "") <= month
        ]
        holding = [o for o in fitting if not o.valid_to or o.valid_to[:7] >= month]
        found = holding or fitting
        return found[-1] if len({office.key for office in found}) == 1 else None


@lru_cache(maxsize=1)
def _foreign_words() -> frozenset[str]:
    rows = _rows("demonyms.csv")
    return frozenset(row["demonym"].lower() for row in rows if row["country_code"] != "US")


def title_words(title: str) -> frozenset[str]:
    """Return the words of a title in lower case, those of Congress written out."""
    words = title.lower().replace("-", " ").replace(".", "").split()
    return frozenset(_CONGRESS.get(word, word) for word in words)


def _rows(name: str) -> list[dict[str, str]]:
    file = FOLDER / name
    if not file.exists():
        return []
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@lru_cache(maxsize=1)
def load_reference() -> Reference:
    """Return the shipped data, read once."""
    countries: dict[str, str] = {}
    peoples: dict[str, str] = {}
    adjectives: dict[str, str] = {}
    for row in _rows("demonyms.csv"):
        if row["is_ambiguous"] != "true":
            peoples[name_key(row["demonym"], "GPE")] = row["country_code"]
            if row["kind"] == "adjective":
                adjectives.setdefault(row["country_code"], row["demonym"])
    for row in _rows("countries.csv"):
        if row["capital"]:
            peoples.setdefault(name_key(row["capital"], "GPE"), row["country_code"])
        if row["is_name_ambiguous"] == "true":
            continue
        for name in (row["name"], row["official_name"], *row["other_names"].split("|")):
            if name:
                countries[name_key(name, "GPE")] = row["country_code"]
    organisations = {
        name_key(form, "ORG"): full for form, full in load_lexicon().organisations.items()
    }
    for row in _rows("organisations.csv"):
        for name in (row["acronym"], *row["other_names"].split("|")):
            if name:
                organisations.setdefault(name_key(name, "ORG"), row["name"])
    offices: dict[str, list[Office]] = defaultdict(list)
    for row in _rows("officials.csv"):
        key = person_name(row["name"]).key
        for spelling in _names(row):
            offices[person_name(spelling).surname].append(
                Office(key, row["role"], row["valid_from"], row["valid_to"], row["name"])
            )
    for row in _rows("legislators.csv"):
        key, *others = (person_name(n).key for n in _names(row))
        offices[person_name(row["surname"]).key].append(
            Office(
                key,
                row["role"],
                row["valid_from"],
                row["valid_to"],
                row["name"],
                tuple(others),
                is_one_of_many=True,
            )
        )
    return Reference(countries, organisations, offices, peoples, adjectives)


def _names(row: Mapping[str, str]) -> list[str]:
    return [name for name in (row["name"], *row["other_names"].split("|")) if name]
