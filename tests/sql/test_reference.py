"""The reference data: complete, unambiguous, and read as it is written."""

from __future__ import annotations

import csv
import re
from zoneinfo import ZoneInfo

import duckdb
import pytest

from etl.warehouse.dbt import SEEDS


def read(name: str) -> list[dict[str, str]]:
    with (SEEDS / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_outlet_is_its_own_alias_and_keeps_one_place() -> None:
    rows = read("outlets")
    names = {row["outlet"] for row in rows}
    assert names == {row["outlet"] for row in rows if row["outlet"] == row["alias"]}
    assert len({(row["outlet"], row["country_code"], row["time_zone"]) for row in rows}) == len(
        names
    )
    for row in rows:
        ZoneInfo(row["time_zone"])
    codes = {row["country_code"] for row in read("countries")} | {""}
    assert {row["country_code"] for row in rows} <= codes


@pytest.mark.parametrize(
    "alias",
    # PolNeAR's publishers, and the fictional outlets of the samples.
    (
        *("breitbart", "huff-post", "nyt", "politico", "usa-today", "wash-post", "west-journal"),
        *("harbour courier", "the calder ledger", "meridian wire", "velmark today"),
        *("northwater tribune", "the sound observer", "zerohedge", "reuters", "wikinews", "bbc"),
    ),
)
def test_outlets_of_the_corpora_and_samples_are_known(
    news: duckdb.DuckDBPyConnection, alias: str
) -> None:
    rows = news.execute("from staging.stg_outlets where outlet_key = ?", [alias]).fetchall()
    assert len(rows) == 1


def test_countries_are_read_as_written(news: duckdb.DuckDBPyConnection) -> None:
    rows = news.execute("select country_code, name from reference.countries").fetchall()
    assert sorted(rows) == sorted((row["country_code"], row["name"]) for row in read("countries"))
    assert ("NA", "Namibia") in rows, "no null"
    assert len(rows) == 249
    assert all(re.fullmatch("[A-Z]{2}", code) for code, _ in rows)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("United States", "US"),
        ("U.S.", "US"),
        ("Britain", "GB"),
        ("Russia", "RU"),
        ("Netherlands", "NL"),
        ("Ivory Coast", "CI"),
        ("Moscow", "RU"),
        ("Russians", "RU"),
        ("Kremlin", "RU"),
        ("Singapore", "SG"),
        ("Congo", None),
        ("Georgia", None),
        ("Georgians", None),
        ("Brussels", "BE"),
        ("Kingston", None),
    ],
)
def test_country_names_of_the_news(
    news: duckdb.DuckDBPyConnection, name: str, code: str | None
) -> None:
    rows = news.execute(
        "select country_code from intermediate.int_country_names where country_name = ?", [name]
    ).fetchall()
    assert rows == ([(code,)] if code else [])
