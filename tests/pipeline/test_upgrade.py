"""Warehouses of other versions: older ones are upgraded, newer ones are left alone."""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
import tarfile
import zlib
from collections.abc import Callable
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from suite_length import seed

from etl.doctor.examine import examine
from etl.doctor.findings import is_sound
from etl.linking.ledger import DECISIONS, Ledger, LedgerError
from etl.pipeline import stage_articles
from etl.schema import tables
from etl.storage import checksums, compaction, state_file_check
from etl.storage.archive import ArchiveError, Entry, RawArchive
from etl.storage.staged_batch import StagingError
from etl.storage.staged_tables import ARTICLES
from etl.storage.staged_tables import layout as layout_of
from etl.storage.staging import Staging
from etl.storage.state_file import STATE_VERSION, StateError
from etl.warehouse import build_db
from etl.warehouse.build_db import BuildError
from pipeline.test_crash import run
from pipeline.warehouse_harness import Rows, WarehouseHarness, story, text

PROGRESS = ("manifest.jsonl", "manifest.copy.jsonl", "state.sqlite", "archive-position.json")
"""What archiving and staging write; they add to it and replace nothing else."""
UNCOMPARED = {"is_truncated", "run_id", "ingested_at"}
OLDER = sorted((Path(__file__).parent / "older").glob("layout-*.tar.xz"))
"""Warehouses of four articles as older code left them, by their layout of schema `loaded`.

Made at db57f7b^, d24d01f^ and 6da9db0 by `World(…).ingest(publish=True)` of that day's
`tests/pipeline/warehouse_harness.py`, over the files that `older` drops; without `build/dbt`.
"""


def older(archive: Path, root: Path) -> WarehouseHarness:
    """Return a copy of a warehouse of an older version."""
    with tarfile.open(archive) as packed:
        packed.extractall(root, filter="tar")
    harness = WarehouseHarness(root, batch_articles=2)
    for number in range(4):
        harness.drop(
            f"{number}.txt",
            text(story(number), day=f"2025-03-0{number + 1}", outlet=f"Paper {number % 2}"),
        )
    harness.drop("empty.txt", "")
    return harness


def loaded(harness: WarehouseHarness) -> Rows:
    """Loaded rows without `is_truncated`, which is unknown of articles that older code read."""
    columns = [c.name for c in tables.ARTICLE_VERSIONS.columns if c.name not in UNCOMPARED]
    versions = f"select {', '.join(columns)} from loaded.article_versions order by all"
    return harness.loaded() | {"article_versions": harness.query(versions)}


def today(harness: WarehouseHarness) -> None:
    """Assert that it is a complete warehouse of today, with nothing archived twice."""
    assert is_sound(examine(harness.settings)), examine(harness.settings)
    assert state_file_check.version_of(harness.settings.state_file) == STATE_VERSION
    assert RawArchive(harness.settings.raw).last_sequence() == 5
    assert sorted(harness.articles().values()) == [story(n) for n in range(4)]
    assert harness.quarantine() == {"empty.txt": "empty"}
    batches = Staging(harness.settings.extracted).all_batches()
    assert min(b.layout for b in batches) >= tables.READABLE_SINCE


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> WarehouseHarness:
    """The same articles, ingested by today's code."""
    harness = older(OLDER[0], tmp_path_factory.mktemp("fresh"))
    shutil.rmtree(harness.settings.home)
    harness.ingest()
    return harness


@pytest.mark.parametrize("archive", OLDER, ids=lambda path: path.name.partition(".")[0])
def test_the_next_run_upgrades_an_older_warehouse(
    archive: Path, fresh: WarehouseHarness, tmp_path: Path
) -> None:
    harness = older(archive, tmp_path / "harness")
    assert is_sound(examine(harness.settings)), "old, and not damaged"
    history = len(harness.state.runs())
    with duckdb.connect(str(harness.settings.published.resolve()), read_only=True) as reader:
        count = reader.execute("select count(*) from articles").fetchone()
        said: set[str] = set()
        stage_articles.stage_new(
            harness.settings, harness.in_use, "old", lambda stage, *_: said.add(stage)
        )
        # What is staged has other columns since layout 2.
        assert said == ({stage_articles.READ_AGAIN} if archive == OLDER[0] else set())
        # Models are the same, whatever there was before: one publish will do.
        harness.ingest(publish=archive == OLDER[0], run_id="upgrade")
        assert reader.execute("select count(*) from articles").fetchone() == count == (4,)
    today(harness)
    assert loaded(harness) == loaded(fresh)
    assert len(harness.state.runs()) == history + 1
    if archive != OLDER[0]:
        return
    (version,) = harness.published(
        "select value from warehouse_info where property = 'schema_version'"
    )
    assert version == (str(tables.SCHEMA_VERSION),)


def test_rows_from_before_an_added_column_are_loaded_and_merged_with_later_ones(
    tmp_path: Path,
) -> None:
    harness = older(OLDER[0], tmp_path)
    shutil.rmtree(harness.settings.home)
    harness.ingest()
    stage = Staging(harness.settings.extracted)
    before = loaded(harness)
    first, *_, last = stage.batches()
    for file in first.expected_files():
        rows = pq.read_table(file)
        rows = rows.select([n for n in rows.column_names if n not in tables.ADDED_COLUMNS])
        layout = {"newsactors_layout": str(tables.READABLE_SINCE)}
        pq.write_table(rows.replace_schema_metadata(layout), file)
    checksums.record_all(first.path)
    assert (first.layout, last.layout) == (tables.READABLE_SINCE, tables.SCHEMA_VERSION)
    build_db.remove_build(harness.settings.build_file)
    harness.ingest()
    assert loaded(harness) == before
    cut = "select is_truncated, count(*) from loaded.article_versions group by 1 order by 1"
    assert harness.query(cut) == [(False, 2), (None, 2)]
    for name in (ARTICLES, "text_quotes"):
        merged = pa.concat_tables(compaction.merged_rows([first, last], name))
        assert merged.schema.names == layout_of(name, is_ingest=True).names


def killed_and_finished(archive: Path, fresh: WarehouseHarness, root: Path, kills: int) -> None:
    drawn = seed()
    chance = random.Random(drawn)
    whole = older(archive, root / "whole")
    changes = run(whole, "ingest") or 0
    harness = older(archive, root / "harness")
    for _ in range(kills):
        run(harness, "ingest", die_at=chance.randint(1, changes))
        assert len(harness.published("from articles")) == 4, "readers have what they had"
    run(harness, "ingest")
    today(harness)
    assert loaded(harness) == loaded(whole) == loaded(fresh), f"seed {drawn}"


def test_a_killed_upgrade_is_completed_by_the_next_run(
    fresh: WarehouseHarness, tmp_path: Path
) -> None:
    killed_and_finished(random.choice(OLDER), fresh, tmp_path, kills=2)


@pytest.mark.soak
@pytest.mark.parametrize("round_", range(30))
def test_killed_a_hundred_times(round_: int, fresh: WarehouseHarness, tmp_path: Path) -> None:
    killed_and_finished(OLDER[round_ % len(OLDER)], fresh, tmp_path, kills=4)


def test_a_state_file_of_layout_1_gets_checksums_or_stays_as_it_was(
    published: WarehouseHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = published.settings.state_file
    runs = published.state.runs()
    with sqlite3.connect(path) as con:
        for table in ("runs", "quarantine", "seen"):
            for event in ("insert", "update"):
                con.execute(f"drop trigger {table}_{event}")
            con.execute(f"alter table {table} drop column crc")
        con.execute("pragma user_version = 0")
    before = path.read_bytes()
    with monkeypatch.context() as patched, pytest.raises(ZeroDivisionError):
        patched.setattr("etl.storage.state_file.STATE_VERSION", _Broken())
        published.state.runs()
    assert path.read_bytes() == before, "stopped in the middle nothing has changed"
    assert published.state.runs() == runs
    assert state_file_check.faults(path) == []
    assert state_file_check.version_of(path) == STATE_VERSION


class _Broken(int):
    """A version that cannot be written, which is the last step of a migration."""

    def __new__(cls) -> _Broken:
        return super().__new__(cls, STATE_VERSION)

    def __format__(self, spec: str) -> str:
        raise ZeroDivisionError


def _newer_build(harness: WarehouseHarness) -> None:
    with build_db.open_build(harness.settings.build_file) as con:
        build_db.set_property(con, "schema_version", str(tables.SCHEMA_VERSION + 1))


def _newer_published(harness: WarehouseHarness) -> None:
    file = harness.settings.published.resolve()
    file.chmod(0o644)
    with duckdb.connect(str(file)) as con:
        con.execute("update loaded.warehouse_info set value = '99' "
                    "where property = 'schema_version'")  # fmt: skip


def _newer_staging(harness: WarehouseHarness) -> None:
    batch = Staging(harness.settings.extracted).batches()[0]
    file = batch.file("articles")
    table = pq.read_table(file).replace_schema_metadata({"newsactors_layout": "99"})
    pq.write_table(table, file)


def _newer_state(harness: WarehouseHarness) -> None:
    with sqlite3.connect(harness.settings.state_file) as con:
        con.execute(f"pragma user_version = {STATE_VERSION + 1}")


def _newer_manifest(harness: WarehouseHarness) -> None:
    manifest = harness.settings.raw / "manifest.jsonl"
    *before, last = manifest.read_bytes().splitlines(keepends=True)
    record = json.loads(last)
    record |= {"version": 99}
    del record["crc32"]
    body = json.dumps(record).encode()
    line = body[:-1] + b', "crc32": "%08x"}\n' % zlib.crc32(body)
    manifest.write_bytes(b"".join(before) + line)


def _newer_ledger(harness: WarehouseHarness) -> None:
    folder = harness.settings.identity_ledger
    shutil.rmtree(folder)
    folder.mkdir()
    table = DECISIONS.empty_table().replace_schema_metadata({"newsactors_ledger": "99"})
    pq.write_table(table, folder / "000001.parquet")
    with build_db.open_build(harness.settings.build_file) as con:
        Ledger(folder).register(con)


@pytest.mark.parametrize(
    "make_newer",
    [_newer_build, _newer_published, _newer_staging, _newer_state, _newer_manifest, _newer_ledger],
)
def test_files_of_a_newer_version_are_refused_and_not_changed(
    published: WarehouseHarness, make_newer: Callable[[WarehouseHarness], None]
) -> None:
    kinds = (BuildError, StagingError, StateError, LedgerError, ArchiveError)
    with pytest.raises(kinds, match="update newsactors"):
        make_newer(published)
        home = published.settings.home
        kept = {p: p.read_bytes() for p in home.rglob("*") if p.is_file()}
        published.drop("more.txt", text(story(30)))
        try:
            published.ingest(publish=True)
        finally:
            for path, data in kept.items():
                # What came was archived; nothing of it was put in the place of anything.
                if path.name not in PROGRESS:
                    assert path.read_bytes() == data, path
            assert len(published.snapshots()) == 1


def test_a_manifest_of_version_1_is_read_and_continued_in_version_2(tmp_path: Path) -> None:
    archive = RawArchive(tmp_path / "raw")
    archive.root.mkdir()
    old = (
        b'{"sequence": 1, "sha256": "ab", "size": 3, "source_path": "a.txt", '
        b'"at": "2025-01-01T00:00:00+00:00", "run_id": "run"}\n'
    )
    archive.manifest.write_bytes(old)
    (entry,) = archive.entries()
    archive.append([Entry(2, "cd", 3, "b.txt", entry.at, "run")])
    assert [e.source_path for e in archive.entries()] == ["a.txt", "b.txt"]
    first, second = archive.manifest.read_bytes().splitlines()
    assert first + b"\n" == old
    assert b'"version": 2, "crc32": "' in second
