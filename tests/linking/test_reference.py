"""The reference data by which actors are linked: sourced, dated, and pointing at what exists."""

from __future__ import annotations

import csv
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest
import yaml

from etl.settings import REPOSITORY
from etl.warehouse.dbt import SEEDS

GAZETTEERS = REPOSITORY.parent / "shared" / "gazetteers"
WEEK = timedelta(days=7)
LISTS = ("other_names", "other_surfaces", "source")
GRAIN = {
    "demonyms": ("demonym", "country_code"),
    "metonyms": ("surface",),
    "organisations": ("name",),
    "officials": ("name", "role", "country_code", "organisation", "valid_from"),
}
TITLES = {"prez": "President", "viceprez": "Vice President"}
LEADERS = {
    "Speaker of the House",
    *(f"{house} {side} Leader" for house in ("House", "Senate") for side in ("Majority", "Minority")
    ),
}  # fmt: skip


def read(name: str) -> list[dict[str, str]]:
    with (SEEDS / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def parts(cell: str) -> list[str]:
    return cell.split("|") if cell else []


def known_sources() -> tuple[set[str], set[str]]:
    """The keys of SOURCES.md, and the beginnings of those that stand for a family of pages."""
    text = (SEEDS / "SOURCES.md").read_text(encoding="utf-8")
    keys = set(re.findall(r"^\| `([^`]+)` \|", text, re.MULTILINE))
    commits = set(re.findall(r"^\| ([a-z0-9-]+) \| [0-9a-f]{40}", text, re.MULTILINE))
    families = {key.removesuffix("…") for key in keys if key.endswith("…")}
    single = {key for key in keys if key[-1] not in "…>"}
    return single | {f"eps/{repository}" for repository in commits}, families


@pytest.mark.parametrize("name", GRAIN)
def test_rows_are_sourced_tidy_and_once(name: str) -> None:
    keys, families = known_sources()
    rows = read(name)
    for row in rows:
        sources = parts(row["source"])
        assert sources and len(set(sources)) == len(sources), row
        for key in sources:
            assert key in keys or any(key.startswith(f) and key != f for f in families), key
        for column, cell in row.items():
            assert cell == " ".join(cell.split()) and "\ufffd" not in cell, (column, row)
            if column in LISTS:
                items = parts(cell)
                assert all(item and item == item.strip() for item in items), row
                assert len(set(items)) == len(items), row
                assert row.get("name", row.get("surface")) not in items, row
            else:
                assert "|" not in cell, row
    counted = Counter(tuple(row[column] for column in GRAIN[name]) for row in rows)
    assert [row for row, count in counted.items() if count > 1] == []


def test_no_source_is_listed_that_no_row_names() -> None:
    keys, families = known_sources()
    used = {key for name in GRAIN for row in read(name) for key in parts(row["source"])}
    assert keys - used == set()
    assert all(any(key.startswith(family) for key in used) for family in families)


def test_every_country_and_organisation_exists() -> None:
    countries = {row["country_code"] for row in read("countries")}
    organisations = {row["name"] for row in read("organisations")}
    assert {row["country_code"] for row in read("demonyms")} <= countries
    for row in (*read("metonyms"), *read("officials")):
        place, body = row["country_code"], row["organisation"]
        assert (place in countries and not body) or (not place and body in organisations), row
    for row in read("organisations"):
        assert row["successor"] in organisations - {row["name"]} | {""}, row
        assert not row["valid_to"] or row["successor"], "an end is one of a name"


def test_dates_are_days_in_order() -> None:
    for row in (*read("officials"), *read("organisations")):
        first, last = (
            date.fromisoformat(row[end]) if row[end] else None for end in ("valid_from", "valid_to")
        )
        assert not first or not last or first <= last, row
    for row in read("officials"):
        assert row["valid_from"] and row["date_precision"] in {"day", "month", "year"}, row


def test_no_two_terms_of_one_person_in_one_office_overlap() -> None:
    terms = defaultdict(list)
    for row in read("officials"):
        office = (row["name"], row["role"], row["country_code"], row["organisation"])
        terms[office].append((row["valid_from"], row["valid_to"] or "9999-12-31"))
    for office, spans in terms.items():
        spans.sort()
        assert all(a[1] < b[0] for a, b in pairwise(spans)), office


def test_exactly_dated_holders_of_one_office_share_no_more_than_the_handover() -> None:
    offices = defaultdict(list)
    for row in read("officials"):
        if row["date_precision"] == "day" and row["valid_to"]:
            span = (date.fromisoformat(row["valid_from"]), date.fromisoformat(row["valid_to"]))
            office = (row["role"], row["country_code"], row["organisation"])
            offices[office].append((*span, row["name"]))
    close = {
        (first[2], second[2])
        for spans in offices.values()
        for first, second in pairwise(sorted(spans))
        if first[1] - second[0] > timedelta(days=1)
    }
    # Olmert stood in for Sharon, who was ill, until the office was declared vacant.
    assert close == {("Ariel Sharon", "Ehud Olmert")}


def test_an_identifier_is_one_person_and_comes_from_a_file() -> None:
    people, items = defaultdict(set), defaultdict(set)
    for row in read("officials"):
        if item := row["wikidata_id"]:
            assert re.fullmatch(r"Q[1-9]\d*", item), row
            files = ("eps/", "congress-legislators/")
            assert any(key.startswith(files) for key in parts(row["source"])), row
            people[item].add(row["name"])
            items[row["name"]].add(item)
    assert [names for names in (*people.values(), *items.values()) if len(names) > 1] == []


def test_legislators_are_tidy_and_each_is_one_person() -> None:
    rows = read("legislators")
    terms = defaultdict(list)
    people, names = defaultdict(set), defaultdict(set)
    for row in rows:
        for column, cell in row.items():
            assert cell == " ".join(cell.split()), (column, row)
        assert row["role"] in {"Senator", "Representative"}
        assert re.fullmatch(r"[A-Z]{2}", row["state"]) and row["surname"] in row["name"], row
        assert re.fullmatch(r"(Q[1-9]\d*)?", row["wikidata_id"])
        assert row["valid_from"] < row["valid_to"]
        terms[row["name"], row["role"], row["state"]].append((row["valid_from"], row["valid_to"]))
        people[row["wikidata_id"]].add(row["name"])
        for name in (row["name"], *parts(row["other_names"])):
            names[name].add(row["wikidata_id"])
    assert all(a[1] < b[0] for spans in terms.values() for a, b in pairwise(sorted(spans)))
    assert all(len(found) == 1 for item, found in people.items() if item)
    assert {name for name, items in names.items() if len(items) > 1} == set()


@pytest.mark.skipif(not GAZETTEERS.is_dir(), reason="the gazetteers of ../shared are not here")
def test_legislators_are_those_of_the_file() -> None:
    text = (GAZETTEERS / "legislators-current.yaml").read_text(encoding="utf-8")
    role = {"sen": "Senator", "rep": "Representative"}
    expected = set()
    for person in yaml.load(text, yaml.CSafeLoader):
        served = defaultdict(list)
        for term in person["terms"]:
            served[role[term["type"]], term["state"]].append((term["start"], term["end"]))
        identity = (person["id"].get("wikidata", ""), person["name"]["last"])
        expected |= {
            (*identity, *office, *span)
            for office, spans in served.items()
            for span in joined(spans)
        }
    columns = ("wikidata_id", "surname", "role", "state", "valid_from", "valid_to")
    assert expected == {tuple(row[c] for c in columns) for row in read("legislators")}


def test_a_name_of_an_organisation_is_of_one_only() -> None:
    surfaces = Counter(
        surface
        for row in read("organisations")
        for surface in {row["name"], row["acronym"], *parts(row["other_names"])} - {""}
    )
    assert [surface for surface, count in surfaces.items() if count > 1] == []


def test_a_demonym_of_two_countries_says_so() -> None:
    rows = read("demonyms")
    counted = Counter(row["demonym"] for row in rows)
    for row in rows:
        assert row["kind"] in {"adjective", "person", "people"}
        assert row["is_ambiguous"] == "true" or counted[row["demonym"]] == 1, row


def joined(terms: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Terms that follow each other within a week, as one; ends may be empty."""
    spans: list[tuple[str, str]] = []
    for start, end in sorted(terms):
        began = start
        if spans and date.fromisoformat(start) <= date.fromisoformat(spans[-1][1]) + WEEK:
            began, _ = spans.pop()
        spans.append((began, end))
    return spans


def told(people: list[dict[str, Any]], terms: str, title: str, since: str) -> set[tuple[str, ...]]:
    """Surname, identifier, role and term of who held an office of these at some time since then."""
    rows: set[tuple[str, ...]] = set()
    for person in people:
        held = defaultdict(list)
        for term in person.get(terms, []):
            if (end := term.get("end", "")) > since or not end:
                held[TITLES.get(term[title], term[title])].append((term["start"], end))
        rows |= {
            (person["name"]["last"], person["id"].get("wikidata", ""), role, *span)
            for role, spans in held.items()
            if role in {*TITLES.values(), *LEADERS}
            for span in joined(spans)
        }
    return rows


@pytest.mark.skipif(not GAZETTEERS.is_dir(), reason="the gazetteers of ../shared are not here")
@pytest.mark.parametrize(
    ("file", "source", "terms", "title", "since"),
    [
        ("executive", "executive", "terms", "type", "1977-01-20"),
        ("legislators-current", "current", "leadership_roles", "title", ""),
    ],
)
def test_offices_of_the_united_states_are_those_of_the_file(
    file: str, source: str, terms: str, title: str, since: str
) -> None:
    text = (GAZETTEERS / f"{file}.yaml").read_text(encoding="utf-8")
    expected = told(yaml.load(text, yaml.CSafeLoader), terms, title, since)
    rows = [r for r in read("officials") if r["source"] == f"congress-legislators/{source}"]
    assert expected
    assert {row["country_code"] for row in rows} == {"US"}
    assert expected == {
        (r["name"].split()[-1], r["wikidata_id"], r["role"], r["valid_from"], r["valid_to"])
        for r in rows
    }
