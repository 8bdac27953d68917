"""Outlet and day from the names of folders and files, if a pattern says where they stand."""

from __future__ import annotations

import contextlib
import io
import time
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.domain import Article
from etl.readers import read_items
from etl.readers.field_mapping import FieldMapping, MappingError, load_mappings
from etl.readers.path_values import PathValues, values_of

DAY = date(2024, 3, 5)


@pytest.mark.parametrize(
    ("pattern", "path", "outlet", "on"),
    [
        ("{outlet}/*", "The Merrow Times/bridge.txt", "The Merrow Times", None),
        ("{outlet}/*", "inbox/The Merrow Times/bridge.txt", "The Merrow Times", None),
        ("{outlet}/{date}*", "Quayside/2024-03-05-bridge.txt", "Quayside", DAY),
        ("{outlet}/{date}*", "Quayside/20240305.html", "Quayside", DAY),
        ("{outlet}/{year}/{month}/{day}/*", "Quayside/2024/3/5/a.txt", "Quayside", DAY),
        ("{outlet}_{date}.txt", "all/Quayside_2024_03_05.txt", "Quayside", DAY),
        ("{date}/{outlet}/*", "dump.zip!/2024-03-05/Quayside/a.txt", "Quayside", DAY),
        ("{outlet}/*/*.html", "Quayside/politics/a.html", "Quayside", None),
        ("{date}*", "x/2024-13-45.txt", None, None),
    ],
)
def test_a_pattern_finds_outlet_and_day(
    pattern: str, path: str, outlet: str | None, on: date | None
) -> None:
    found = values_of(path, pattern)
    assert found is not None
    assert (found.outlet, found.on) == (outlet, on)


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("{outlet}/*", "bridge.txt"),
        ("{outlet}/*.html", "Quayside/bridge.txt"),
        ("news/{outlet}/*", "olds/Quayside/a.txt"),
        ("ews/{outlet}/*", "news/Quayside/a.txt"),
        ("{outlet}/{date}*", "Quayside/bridge-2024-03-05.txt"),
    ],
)
def test_a_path_that_does_not_fit_says_nothing(pattern: str, path: str) -> None:
    assert values_of(path, pattern) is None


def test_the_method_says_where_a_value_stands() -> None:
    assert values_of("Quayside/2024-03-05.txt", "{outlet}/{date}*") == PathValues(
        "Quayside", "folder", DAY, "file_name"
    )
    assert values_of("2024/03/05/Quayside.txt", "{year}/{month}/{day}/{outlet}.txt") == PathValues(
        "Quayside", "file_name", DAY, "folder"
    )


def read(content: str, path: str, *patterns: str) -> Article:
    mappings = tuple(FieldMapping(path=pattern) for pattern in patterns)
    data = content.encode()
    (item,) = read_items(io.BytesIO(data), len(data), path, mappings=mappings)
    assert item.article is not None
    return item.article


BODY = "The harbour bridge opened on time. Nobody had expected that, said the mayor.\n"


def test_a_path_fills_only_what_the_file_does_not_state() -> None:
    stated = read(
        f" date 2025-01-02 Bridge Opens\n\nBy Ann Author – Daily Test\n\n{BODY}",
        "Quayside/2024-03-05.txt",
        "{outlet}/{date}*",
    )
    assert (stated.outlet, stated.published_on) == ("Daily Test", date(2025, 1, 2))
    filled = read(f"Bridge Opens\n\n{BODY}", "Quayside/20240305.txt", "{outlet}/{date}*")
    assert (filled.outlet, filled.outlet_method) == ("Quayside", "folder")
    assert (filled.published_on, filled.date_method) == (DAY, "file_name")


def test_without_a_pattern_folders_say_nothing_and_the_first_one_that_fits_counts() -> None:
    content = f"Bridge Opens\n\n{BODY}"
    assert read(content, "Quayside/bridge.txt").outlet is None
    patterns = "{outlet}/{date}*", "{outlet}/*/*", "{outlet}/*"
    assert read(content, "a/b/c.txt", *patterns).outlet == "a"


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ('- path: "news/*"', "names neither"),
        ('- path: "{paper}/*"', "unknown {paper}; known: {outlet}"),
        ('- path: "{outlet}/{outlet}"', "{outlet} appears twice"),
        ('- path: "{outlet}/{year}/*"', "a day needs {date}, or {year}, {month} and {day}"),
        ('- path: "{outlet}/*"\n  body: text', "takes no body"),
        ('- path: "{}/*"', "unknown {}"),
        ('- path: "*{outlet}*"', "more than 2 of `*` and {outlet} in one name"),
    ],
)
def test_an_invalid_pattern_is_refused_with_the_reason(
    tmp_path: Path, entry: str, message: str
) -> None:
    file = tmp_path / "fields.yaml"
    file.write_text(entry)
    with pytest.raises(MappingError) as error:
        load_mappings(file)
    assert message in str(error.value)


@given(st.text(max_size=60), st.text("{}outledar*/ ", max_size=30))
def test_no_path_and_no_pattern_crashes_a_reader(path: str, pattern: str) -> None:
    with contextlib.suppress(ValueError):
        values_of(path, pattern)


def test_a_hostile_path_takes_no_time() -> None:
    started = time.process_time()
    assert values_of("a" * 999, "*a{outlet}b") is None
    assert time.process_time() - started < 1
