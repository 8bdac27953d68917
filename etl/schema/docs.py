"""Renders what tables mean: `sql/models/loaded.yml` for dbt and `docs/tables.md` for people.

Belongs here: those two renderings. Does not belong here: what tables mean (`etl.schema.tables` for schema
`loaded`, `sql/models/**/*.yml` for what is published). `python -m etl.schema.docs` rewrites both
files; a test compares.
"""

from __future__ import annotations

import sys
from typing import Any

import yaml

from etl.schema.tables import TABLES, Table
from etl.settings import REPOSITORY

LOADED_YML = REPOSITORY / "sql" / "models" / "loaded.yml"
TABLES_MD = REPOSITORY / "docs" / "tables.md"

_HEAD = """\
# Made by `python -m etl.schema.docs` from etl/schema.py: change that file, then run it.
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
    """The text of `sql/models/loaded.yml`: every table with its grain and columns."""
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
    """DuckDB's type of each column; the DDL has one column a line."""
    definitions = [line.strip().rstrip(",") for line in table.ddl.splitlines()[1:-1]]
    return {
        name: type_.removesuffix(" not null")
        for name, type_ in (definition.split(" ", 1) for definition in definitions)
    }


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _quoted(text: str) -> str:
    """A double-quoted YAML scalar."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def render_tables() -> str:
    """The text of `docs/tables.md`: every published relation with its grain and columns."""
    return _TABLES_HEAD + "\n".join(
        _published(model)
        for layer in ("core", "marts", "ops")
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
    """Write both files and say which changed."""
    for path, text in ((LOADED_YML, render()), (TABLES_MD, render_tables())):
        changed = not path.exists() or path.read_text(encoding="utf-8") != text
        path.write_text(text, encoding="utf-8")
        sys.stdout.write(f"{path.name}: {'rewritten' if changed else 'unchanged'}\n")


if __name__ == "__main__":
    main()
