"""Renders the files made from Python: dbt's sources, dbt's folding macros, the page on tables.

Belongs here: `sql/models/loaded.yml`, `sql/macros/folded.sql` and `docs/tables.md`; running
`python -m etl.schema.docs` rewrites them, and tests compare. Does not belong here: what tables mean
(`etl.schema.tables` for schema `loaded`, `sql/models/**/*.yml` for published tables), and how
names are folded (`etl.schema.name_folding`).
"""

from __future__ import annotations

import sys
from typing import Any

import yaml

from etl.schema.name_folding import render_macros
from etl.schema.tables import TABLES, Table
from etl.settings import REPOSITORY

LOADED_YML = REPOSITORY / "sql" / "models" / "loaded.yml"
FOLDED_SQL = REPOSITORY / "sql" / "macros" / "folded.sql"
TABLES_MD = REPOSITORY / "docs" / "tables.md"

_HEAD = """\
# Made by `python -m etl.schema.docs` from etl/schema/tables.py: change that file, then run it.
version: 2

sources:
  - name: loaded
    description: Written by Python, one transaction a batch; dbt only reads it.
    schema: loaded
    tables:
"""

_TABLES_HEAD = """\
# Tables of the published file

<!-- Made by `python -m etl.schema.docs` from sql/models/**/*.yml: change those, then run it. -->

Everything is in schema `main` of `warehouse/news.duckdb`. Names are a promise to your SQL: columns
are added, never renamed. Offsets count Unicode code points from 0, end exclusive, into the body or
headline as stored; in SQL `body[char_start + 1 : char_end]` is the text shown. "Unknown" is an
honest value: null, with the method and confidence beside every value that was inferred. `actor`
and `actor_timeline` are table macros: call them like tables with arguments.

"""


def render() -> str:
    """Return the text of `sql/models/loaded.yml`: every table with its grain and columns."""
    return _HEAD + "\n".join(_table(table) for table in TABLES)


def _table(table: Table) -> str:
    lines = [
        f"      - name: {table.name}",
        f"        description: {_quoted(_sentence(table.grain))}",
        "        columns:",
    ]
    types = _types(table)
    for column in table.columns:
        lines += [
            f"          - name: {column.name}",
            f"            data_type: {types[column.name]}",
            f"            description: {_quoted(column.description)}",
        ]
    return "\n".join(lines) + "\n"


def _types(table: Table) -> dict[str, str]:
    """Return DuckDB's type of each column. The DDL has one column per line."""
    definitions = [line.strip().rstrip(",") for line in table.ddl.splitlines()[1:-1]]
    return {
        name: type_.removesuffix(" not null")
        for name, type_ in (definition.split(" ", 1) for definition in definitions)
    }


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _quoted(text: str) -> str:
    """Return a double-quoted YAML scalar."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def render_tables() -> str:
    """Return the text of `docs/tables.md`: every published relation with its columns."""
    return _TABLES_HEAD + "\n".join(
        _published(model)
        for layer in ("core", "marts")
        for file in sorted((REPOSITORY / "sql" / "models" / layer).glob("*.yml"))
        for model in yaml.safe_load(file.read_text(encoding="utf-8"))["models"]
    )


def _published(model: dict[str, Any]) -> str:
    lines = [f"## {model['name']}", "", _line(model["description"]), ""]
    lines += ["| column | type | meaning |", "|---|---|---|"]
    lines += [
        f"| {c['name']} | {c['data_type']} | {_line(c['description'])} |" for c in model["columns"]
    ]
    return "\n".join(lines) + "\n"


def _line(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def main() -> None:
    """Write the three files and say which changed."""
    rendered = ((LOADED_YML, render()), (FOLDED_SQL, render_macros()), (TABLES_MD, render_tables()))
    for path, text in rendered:
        changed = not path.exists() or path.read_text(encoding="utf-8") != text
        path.write_text(text, encoding="utf-8")
        sys.stdout.write(f"{path.name}: {'rewritten' if changed else 'unchanged'}\n")


if __name__ == "__main__":
    main()
