"""`etl.warehouse.dbt`: what it returns, raises, and leaves behind."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from etl.warehouse import dbt
from etl.warehouse.dbt import DbtError, parse, run_dbt

from .conftest import GEORGIA, TEXTS, Warehouse, load, rows_of
from .test_attached import relations


@pytest.fixture
def copy(warehouse: Warehouse, tmp_path: Path) -> Warehouse:
    """The built warehouse again, with the parse cache, for a test to spoil."""
    file = tmp_path / "build" / "news.duckdb"
    file.parent.mkdir()
    shutil.copy(warehouse.file, file)
    return Warehouse(file, warehouse.target)


def test_another_process_can_write_to_the_file_afterwards(warehouse: Warehouse) -> None:
    code = f"import duckdb; duckdb.connect({str(warehouse.file)!r}).execute('checkpoint')"
    subprocess.run([sys.executable, "-c", code], check=True)
    assert not warehouse.file.with_name("news.duckdb.wal").exists()


def test_building_again_changes_no_row(
    warehouse: Warehouse, copy: Warehouse, capfd: pytest.CaptureFixture[str]
) -> None:
    folder, variable = Path.cwd(), os.environ.get(dbt.BUILD_FILE_VARIABLE)
    run_dbt(["run"], build_file=copy.file, target=copy.target)
    with (
        duckdb.connect(warehouse.file, read_only=True) as first,
        duckdb.connect(copy.file, read_only=True) as again,
    ):
        names = relations(first, "news")
        assert relations(again, "news") == names
        for name in names:
            rows = first.execute(f"from {name} order by all").fetchall()
            assert again.execute(f"from {name} order by all").fetchall() == rows, name
    assert (Path.cwd(), os.environ.get(dbt.BUILD_FILE_VARIABLE)) == (folder, variable)
    assert capfd.readouterr() == ("", ""), "dbt logs to its file only"


def test_a_full_run_drops_internal_relations_that_no_model_makes(copy: Warehouse) -> None:
    def stale() -> list[str]:
        with duckdb.connect(copy.file, read_only=True) as connection:
            return [name for name in relations(connection, "news") if "stale" in name]

    with duckdb.connect(copy.file) as connection:
        connection.execute("create table staging.stg_stale as select 1 as one")
        connection.execute("create view intermediate.int_stale as from staging.stg_stale")
        connection.execute("create view main.stale as from intermediate.int_stale")
    run_dbt(["run", "--select", "stg_outlets"], build_file=copy.file, target=copy.target)
    assert stale() == ["intermediate.int_stale", "main.stale", "staging.stg_stale"]
    run_dbt(["run"], build_file=copy.file, target=copy.target)
    assert stale() == ["main.stale"], "schema main is published: nothing is dropped there"


def test_failing_checks_are_named_with_their_message(copy: Warehouse) -> None:
    with duckdb.connect(copy.file) as connection:
        connection.execute("update loaded.text_mentions set char_end = char_end + 1")
        connection.execute("delete from loaded.actor_links where entity_id = ?", [GEORGIA])
    tests = ["test", "--select", "offsets_of_mentions", "offsets_of_quotes", "actors_are_linked"]
    with pytest.raises(DbtError, match="2 failed") as raised:
        run_dbt(tests, build_file=copy.file, target=copy.target)
    assert set(raised.value.failures) == {"offsets_of_mentions", "actors_are_linked"}
    assert re.search(r"offsets_of_mentions: Got \d+ results", str(raised.value))
    duckdb.connect(copy.file).close()


def test_what_dbt_cannot_run_at_all_is_an_error_too(copy: Warehouse) -> None:
    with pytest.raises(DbtError, match="does not match any"):
        run_dbt(["run", "--select", "no_such_model"], build_file=copy.file, target=copy.target)
    with pytest.raises(DbtError, match="no-such-option"):
        run_dbt(["run", "--no-such-option"], build_file=copy.file, target=copy.target)
    missing = copy.file.with_name("missing.duckdb")
    with pytest.raises(DbtError, match="no build database"):
        run_dbt(["run"], build_file=missing, target=copy.target)
    assert not missing.exists()


def test_an_empty_warehouse_builds(warehouse: Warehouse, tmp_path: Path) -> None:
    file = tmp_path / "news.duckdb"
    load(file, rows_of(()))
    build = ["build", "--exclude-resource-type", "unit_test"]
    run_dbt(build, build_file=file, target=warehouse.target)
    with duckdb.connect(file, read_only=True) as news:
        assert news.execute("from actor_timeline('x', 'day')").fetchall() == []
        assert news.execute("from articles").fetchall() == []


def test_parse_needs_no_database_and_works_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "build" / "dbt"
    manifest = parse(target)
    nodes = json.loads(manifest.read_text())["nodes"]
    assert "model.newsactors.articles" in nodes
    assert not (tmp_path / "build" / "news.duckdb").exists()
    assert {p.name for p in target.iterdir()} == {
        "manifest.json",
        "partial_parse.msgpack",
        dbt.FINGERPRINT,
    }

    def refuse(*args: object, **options: object) -> None:
        raise AssertionError("parsed again")

    monkeypatch.setattr(dbt, "run_dbt", refuse)
    assert parse(target) == manifest
    monkeypatch.setattr(dbt, "fingerprint", lambda: "changed")
    with pytest.raises(AssertionError, match="parsed again"):
        parse(target)


def test_the_texts_of_the_fixture_are_all_loaded(news: duckdb.DuckDBPyConnection) -> None:
    assert news.execute("select count(*) from loaded.article_versions").fetchone() == (len(TEXTS),)


def test_plain_dbt_works_in_a_checkout_with_a_built_warehouse(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    """Without options or variables dbt finds the project, the seeds and the build file."""
    shutil.copytree(dbt.PROJECT, tmp_path / "sql", ignore=shutil.ignore_patterns("target", "logs"))
    shutil.copytree(dbt.SEEDS, tmp_path / "seeds" / "reference")
    (tmp_path / "warehouse" / "build").mkdir(parents=True)
    shutil.copy(warehouse.file, tmp_path / "warehouse" / "build" / "news.duckdb")
    environment = {k: v for k, v in os.environ.items() if k != dbt.BUILD_FILE_VARIABLE}
    for command in (["build", "--select", "+publication_days"], ["docs", "generate"]):
        done = subprocess.run(
            [Path(sys.executable).with_name("dbt"), *command, "--profiles-dir", "."],
            cwd=tmp_path / "sql",
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    catalog = json.loads((tmp_path / "sql" / "target" / "catalog.json").read_text())
    assert "model.newsactors.publication_days" in catalog["nodes"]
