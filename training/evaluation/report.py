"""Tables of measured figures, and how to print them.

Belongs here: tables, their cells, and their text as Markdown or JSON. Does not belong here: the
measures (`training.evaluation.scores`), running an extractor (`training.evaluation.runner`).
"""

from __future__ import annotations

from dataclasses import dataclass

from etl.quality.scores import Counts

Cell = str | int | float | None
PRF = ("precision", "recall", "F1", "gold")
"""The headings of a row from `prf`, after its name."""


@dataclass(frozen=True)
class Table:
    """Figures under headings. The first cell of a row is its label; None is printed as a dash."""

    title: str
    header: tuple[str, ...]
    rows: list[list[Cell]]


def prf(name: str, counts: Counts) -> list[Cell]:
    """Return a row of a name and the figures under the headings `PRF`."""
    return [name, counts.precision, counts.recall, counts.f1, counts.gold]


def markdown(table: Table) -> str:
    """Return a table in Markdown, under its title as a heading."""
    lines = ["| " + " | ".join(table.header) + " |", "|" + "---|" * len(table.header)]
    lines += ["| " + " | ".join(map(format_cell, row)) + " |" for row in table.rows]
    return f"### {table.title}\n\n" + "\n".join(lines) + "\n"


def format_cell(cell: Cell) -> str:
    """Return a cell as text: floats with one decimal, thousands separated, a dash for None."""
    if cell is None:
        return "–"
    if isinstance(cell, str):
        return cell
    return f"{cell:,.1f}" if isinstance(cell, float) else f"{cell:,}"


def plain_row(table: Table, row: list[Cell]) -> dict[str, Cell]:
    """Return the cells of a row by heading, floats rounded to two decimals."""
    cells = (round(cell, 2) if isinstance(cell, float) else cell for cell in row)
    return dict(zip(table.header, cells, strict=True))
