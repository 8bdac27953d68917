"""Makes `sql/models/loaded.yml`, dbt's description of schema `loaded`, from `etl.schema`.

Belongs here: that one rendering. Does not belong here: what tables mean (`etl.schema`), and the
published models (`sql/models/**/*.yml`, written by hand). `python -m etl.schema_docs` rewrites the
file; a test compares.
"""

from __future__ import annotations

import sys
from pathlib import Path

from etl.schema import TABLES, Table
from etl.settings import REPOSITORY

LOADED_YML = REPOSITORY / "sql" / "models" / "loaded.yml"

_HEAD = """\
# Made by `python -m etl.schema_docs` from etl/schema.py: change that file, then run it.
version: 2

sources:
  - name: loaded
    description: Written by Python, one transaction a batch; dbt only reads it.
    schema: loaded
    tables:
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


def main(path: Path = LOADED_YML) -> None:
    """Write the file and say whether it changed."""
    text = render()
    changed = not path.exists() or path.read_text(encoding="utf-8") != text
    path.write_text(text, encoding="utf-8")
    sys.stdout.write(f"{path}: {'rewritten' if changed else 'unchanged'}\n")


if __name__ == "__main__":
    main()
