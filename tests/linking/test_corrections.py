"""The file of corrections: validation of rows, strict reading, and atomic appends."""

from __future__ import annotations

import multiprocessing
import os
import signal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.corrections import csv_file
from etl.corrections.csv_file import HEADER, RegistryError, corrections_file, read_corrections
from etl.corrections.records import (
    COLUMNS,
    Correction,
    CorrectionError,
    minted_id,
    parse,
    parse_arguments,
    record,
)
from etl.settings import Settings


@pytest.fixture
def place(tmp_path: Path) -> Settings:
    return Settings.from_env({"NEWSACTORS_HOME": str(tmp_path)})


def rename(name: str, because: str = "test") -> Correction:
    pairs = [("actor", "E1"), ("name", name)]
    return record("rename", pairs, because=because, author="Ann, the editor")


def write(place: Settings, *lines: str) -> Path:
    file = corrections_file(place)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join((HEADER, *lines)) + "\n")
    return file


def test_a_row_comes_back_as_it_was_recorded(place: Settings) -> None:
    rows = [rename(name) for name in ('A "quoted", name', "semi;colon=and\\backslash", "Łódź 🎈")]
    for row in rows:
        csv_file.append(place, lambda _, row=row: row)  # type: ignore[misc]
    assert read_corrections(place) == rows
    assert not any(row.was_changed for row in read_corrections(place))
    text = corrections_file(place).read_text()
    assert text.count("\n") == 1 + len(rows), "a row a line"
    assert "\r" not in text
    assert text.splitlines()[0] == ",".join(COLUMNS)


@given(st.text(max_size=30), st.text(max_size=30))
def test_any_value_is_one_line_and_survives(name: str, because: str) -> None:
    try:
        row = rename(name, because)
    except CorrectionError:
        return  # nothing is left of it
    assert parse(row.fields) == row
    assert parse_arguments(row.argument_text) == row.arguments
    assert not any(c in "".join(row.fields) for c in "\n\r\0\x85\u2028")


def test_no_file_and_an_empty_one_are_no_corrections(place: Settings) -> None:
    assert csv_file.corrections_and_digest(place) == ([], "")
    write(place)
    assert csv_file.corrections_and_digest(place) == ([], "")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (",,me,marry,actor=E1,why,", "no action 'marry'; the actions are merge, split"),
        (",,me,merge,actor=E1,why,", "merge needs into="),
        (",,me,merge,actor=E1;into=E2;name=x,why,", "merge takes no 'name'; it takes actor, into"),
        (",,me,merge,actor=E1;into=E2;into=E3,why,", "merge takes one 'into' only"),
        (",,me,merge,actor=Ann Ash;into=E2,why,", "'Ann Ash' is no id of an actor"),
        (",,me,merge,E1 and E2,why,", "has no '='"),
        (",,me,split,actor=E1,why,", "split needs at least one of article, name, outlet"),
        (",,me,split,actor=E1;from=2025-02-30,why,", "'2025-02-30' is not a day"),
        (",,me,split,actor=E1;from=2025-02-02;to=2025-01-01,why,", "is after to=2025-01-01"),
        (",,me,type,actor=E1;type=HUMAN,why,", "none of PERSON, ORG"),
        (",,me,undo,,why,", "says in `undoes`"),
        (",,me,merge,actor=E1;into=E2,why,C123456789abc", "only an undo"),
        ("7,,me,merge,actor=E1;into=E2,why,", "'7' is no id of a correction"),
        (",soon,me,merge,actor=E1;into=E2,why,", "at='soon' is no time"),
        (",,me,merge,actor=E1;into=E2,because, of a comma,", "it has 8 fields, not 7"),
        (',,me,merge,actor=E1;into=E2,"never closed,', "a row is one line"),
        (",,me,rename,actor=E1;name=,why,", "name= has no value"),
    ],
)
def test_an_error_says_where_what_and_what_to_do(place: Settings, line: str, says: str) -> None:
    file = write(place, ",,me,merge,actor=E8;into=E9,good,", line)
    with pytest.raises(RegistryError) as error:
        read_corrections(place)
    assert str(error.value).startswith(f"{file}:3: ")
    assert says in str(error.value)
    with pytest.raises(RegistryError):  # nothing is added to what cannot be read
        csv_file.append(place, lambda _: rename("x"))
    assert file.read_text().endswith(line + "\n")


def test_another_header_and_another_encoding_are_refused(place: Settings) -> None:
    file = write(place)
    file.write_text("who,what\n")
    with pytest.raises(RegistryError, match=r":1: the first line must be id,at,author"):
        read_corrections(place)
    file.write_bytes(f"{HEADER}\n,,J\xfcrgen,rename,actor=E1;name=x,,\n".encode("latin-1"))
    with pytest.raises(RegistryError, match=r":2: it is not UTF-8"):
        read_corrections(place)


def test_a_directory_in_place_of_the_file_is_named(place: Settings) -> None:
    corrections_file(place).mkdir(parents=True)
    with pytest.raises(RegistryError, match="is a directory, and must be a file"):
        read_corrections(place)


def test_a_row_by_hand_needs_no_id_and_is_known_by_what_it_says(place: Settings) -> None:
    write(place, ",,me,split,actor=E1;name=Ann  Ash,by hand,")
    (row,) = read_corrections(place)
    assert row.id.startswith("C")
    assert row.minted == minted_id(row.id)
    assert read_corrections(place)[0].id == row.id
    assert not row.was_changed
    csv_file.append(place, lambda _: rename("x"))
    assert read_corrections(place)[0].id == row.id


def test_a_row_that_was_changed_is_known_and_keeps_its_id(place: Settings) -> None:
    row = csv_file.append(place, lambda _: rename("Ann"))
    file = corrections_file(place)
    file.write_text(file.read_text().replace("name=Ann", "name=Bo"))
    (changed,) = read_corrections(place)
    assert changed.was_changed
    assert (changed.id, changed["name"]) == (row.id, "Bo")


def test_a_last_line_without_its_end_and_a_file_of_windows_go_on(place: Settings) -> None:
    file = write(place, ",,me,rename,actor=E1;name=x,why,")
    file.write_bytes("﻿".encode() + file.read_bytes().rstrip(b"\n").replace(b"\n", b"\r\n"))
    before = csv_file.corrections_digest(place)
    new = csv_file.append(place, lambda _: rename("y"))
    assert [row["name"] for row in read_corrections(place)] == ["x", "y"]
    assert read_corrections(place)[1] == new
    assert csv_file.corrections_digest(place) != before


def test_the_digest_goes_by_the_rows(place: Settings) -> None:
    file = write(place, ",,me,rename,actor=E1;name=x,why,")
    before = csv_file.corrections_digest(place)
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n") + b"\n")
    assert csv_file.corrections_digest(place) == before
    file.write_text(file.read_text().replace("name=x", "name=y"))
    assert csv_file.corrections_digest(place) != before


def test_a_file_that_is_a_link_stays_one(place: Settings, tmp_path: Path) -> None:
    real = tmp_path / "checkout" / "corrections.csv"
    real.parent.mkdir()
    corrections_file(place).parent.mkdir()
    corrections_file(place).symlink_to(real)
    csv_file.append(place, lambda _: rename("x"))
    assert corrections_file(place).is_symlink()
    assert len(real.read_text().splitlines()) == 2


def _append(home: Path, writer: int, count: int) -> None:
    place = Settings.from_env({"NEWSACTORS_HOME": str(home)})
    for number in range(count):
        csv_file.append(place, lambda _, n=number: rename(f"{writer}-{n}"))  # type: ignore[misc]


def test_writers_at_once_lose_nothing(place: Settings, tmp_path: Path) -> None:
    fork = multiprocessing.get_context("fork")
    writers = [fork.Process(target=_append, args=(tmp_path, n, 20)) for n in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    names = [row["name"] for row in read_corrections(place)]
    assert sorted(names) == sorted(f"{w}-{n}" for w in range(4) for n in range(20))
    for w in range(4):
        assert [n for n in names if n.startswith(f"{w}-")] == [f"{w}-{n}" for n in range(20)]


def test_killed_at_any_moment_it_holds_all_rows_or_those_before(
    place: Settings, tmp_path: Path
) -> None:
    fork = multiprocessing.get_context("fork")
    before = 0
    for milliseconds in range(1, 40, 6):
        writer = fork.Process(target=_append, args=(tmp_path, milliseconds, 200))
        writer.start()
        writer.join(milliseconds / 1000)
        os.kill(writer.pid or 0, signal.SIGKILL)
        writer.join()
        rows = read_corrections(place)  # readable, whatever was cut off
        assert len(rows) >= before
        assert not any(row.was_changed for row in rows)
        before = len(rows)
    csv_file.append(place, lambda _: rename("at last"))
    assert read_corrections(place)[-1]["name"] == "at last"
