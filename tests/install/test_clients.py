"""The published file in other programs: DuckDB from the oldest version promised, and BI tools.

Each client is installed into an environment of its own. `make test-install` runs this.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest
from session_cache import samples as samples_of_run

from etl.settings import REPOSITORY, Settings
from etl.warehouse.internal_relations import MARK

pytestmark = pytest.mark.install

OLDEST, NEWEST = "1.2.0", "2.0.1"
"""README promises these. The test of the newest takes what the registry has."""

READ = """
import duckdb, json, sys

def read(con, catalog, prefix="", argument=""):
    named = con.execute(
        "select table_schema, table_name from information_schema.tables where table_catalog = ?",
        [catalog],
    ).fetchall()
    counts = {
        f"{schema}.{name}": len(con.execute(f'from {prefix}"{schema}"."{name}"').fetchall())
        for schema, name in named
    }
    actor = con.execute(f"from {prefix}actor('verholt'{argument})").fetchall()[0][0]
    weeks = con.execute(f"from {prefix}actor_timeline('{actor}', 'week'{argument})").fetchall()
    return counts, actor, len(weeks)

with duckdb.connect(sys.argv[1], read_only=True) as con:
    found = {"version": duckdb.__version__, "opened": read(con, "news")}
with duckdb.connect() as con:
    con.execute(f"attach '{sys.argv[1]}' as w (read_only)")
    found["attached"] = read(con, "w", "w.", ", warehouse := 'w'")
    try:
        con.execute("from w.actor('verholt')")
    except duckdb.Error as error:
        found["told"] = str(error)
    con.execute("use w")
    found["used"] = read(con, "w")
print(json.dumps(found))
"""

SQLALCHEMY = """
import json, sqlalchemy, sys
engine = sqlalchemy.create_engine(f"duckdb:///{sys.argv[1]}", connect_args={"read_only": True})
look = sqlalchemy.inspect(engine)
names = set(look.get_table_names()) | set(look.get_view_names())
with engine.connect() as con:
    said = con.execute(sqlalchemy.text("select count(*) from utterances")).scalar()
print(json.dumps({
    "default": look.default_schema_name,
    "people": sorted({*look.get_table_names(schema="main"), *look.get_view_names(schema="main")}),
    "columns": [column["name"] for column in look.get_columns("appearances", schema="main")],
    "comment": look.get_table_comment("appearances", schema="main")["text"],
    "internal": look.get_table_comment("text_quotes", schema="loaded")["text"],
    "said": said,
}))
"""

ADBC = """
import adbc_driver_duckdb.dbapi, json, sys
with adbc_driver_duckdb.dbapi.connect() as con, con.cursor() as cursor:
    cursor.execute(f"attach '{sys.argv[1]}' as w (read_only)")
    listed = con.adbc_get_objects(depth="tables", catalog_filter="w").read_all().to_pylist()
    (catalog,) = [entry for entry in listed if entry["catalog_name"] == "w"]
    (main,) = [s for s in catalog["catalog_db_schemas"] if s["db_schema_name"] == "main"]
    cursor.execute("use w")
    cursor.execute("select count(*) from utterances")
    print(json.dumps({
        "people": sorted(table["table_name"] for table in main["db_schema_tables"]),
        "said": cursor.fetchone()[0],
    }))
"""


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = samples_of_run(tmp_path_factory)
    return Settings.from_env({"NEWSACTORS_HOME": str(home)}).published.resolve()


@pytest.fixture(scope="module")
def expected(published: Path) -> dict[str, int]:
    """The number of rows of each relation, by the DuckDB that wrote the file."""
    with duckdb.connect(published, read_only=True) as con:
        named = con.execute(
            "select table_schema || '.' || table_name from information_schema.tables"
        ).fetchall()
        return {name: len(con.execute(f"from {name}").fetchall()) for (name,) in named}


def ask(folder: Path, packages: list[str], script: str, file: Path) -> Any:
    """What a script prints about the file, in a new environment with these packages."""
    environment = folder / "environment"
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    python = environment / "bin" / "python"
    pip = [str(python), "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    subprocess.run([*pip, *packages], check=True)
    done = subprocess.run(
        [python, "-c", script, file], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("package", [f"duckdb=={OLDEST}", f"duckdb=={NEWEST}", "duckdb"])
def test_duckdb_reads_every_table_and_macro(
    package: str, published: Path, expected: dict[str, int], tmp_path: Path
) -> None:
    found = ask(tmp_path, [package, "pytz"], READ, published)
    assert found["opened"][0] == expected, found["version"]
    assert found["opened"] == found["attached"] == found["used"], found["version"]
    assert "warehouse := 'w'" in found["told"]


def test_the_readme_promises_the_versions_that_are_tested() -> None:
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    assert f"DuckDB {OLDEST} to {NEWEST}" in readme


@pytest.mark.parametrize(
    ("packages", "script"),
    [
        # duckdb-engine 0.17 can't list columns with SQLAlchemy 2.1.
        (["duckdb", "duckdb-engine", "sqlalchemy<2.1"], SQLALCHEMY),
        (["duckdb", "adbc-driver-manager", "pyarrow"], ADBC),
    ],
    ids=["sqlalchemy", "adbc"],
)
def test_a_bi_tool_lists_the_tables_for_people(
    packages: list[str], script: str, published: Path, expected: dict[str, int], tmp_path: Path
) -> None:
    found = ask(tmp_path, packages, script, published)
    assert [f"main.{name}" for name in found["people"]] == sorted(
        name for name in expected if name.startswith("main.")
    )
    assert found["said"] == expected["main.utterances"]
    if script is SQLALCHEMY:
        assert found["default"] == "main"
        assert found["columns"][:3] == ["entity_id", "name", "type"]
        assert found["comment"].startswith("One row per actor and article")
        assert found["internal"].startswith(MARK)
