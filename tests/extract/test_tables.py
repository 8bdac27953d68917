"""Rows of tables, which name nobody."""

from __future__ import annotations

import pytest

from etl.extract.tables import find_tables


def _rows(text: str) -> list[str]:
    tables = find_tables(text)
    pairs = zip(tables.starts, tables.ends, strict=True)
    return [text[start:end].strip() for start, end in pairs]


def test_a_row_compares_two_numbers() -> None:
    text = "Oper shr 12 cts vs nine cts\nNet profit 64.0 mln vs loss 52.9 mln"
    assert _rows(text) == text.split("\n")


def test_a_row_has_numbers_in_columns() -> None:
    assert _rows("Dunmore     12.5    13.0\nKeldane\t7") == [
        "Dunmore     12.5    13.0",
        "Keldane\t7",
    ]


def test_a_short_line_beside_a_row_is_its_heading() -> None:
    text = (
        "Shr 12 cts vs nine cts\nNine mths\nShr 40 cts vs 31 cts\nDunmore runs nine shops in town."
    )
    assert _rows(text) == text.split("\n")[:3]


@pytest.mark.parametrize(
    "line",
    [
        "Ann Dunmore vs Keldane is the final of 1987.",
        "Profit was 12 mln dlrs in 1987, Dunmore said on Monday.",
        "Ann Dunmore, 54, lives in Keldane",
    ],
)
def test_a_sentence_with_numbers_is_no_row(line: str) -> None:
    assert _rows(line) == []
