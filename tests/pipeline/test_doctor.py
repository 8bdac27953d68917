"""Damage is found, reported and repaired: the tables then have the same rows as before."""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest
from suite_length import seed

from etl.doctor import repair
from etl.doctor.examine import examine
from etl.doctor.findings import PARTS, Finding, is_sound
from etl.errors import NewsactorsError
from etl.pipeline import archive_files, publish_run, reextract
from etl.storage import checksums
from etl.storage.archive import RawArchive
from etl.storage.editions import ArticleSelection
from etl.storage.files import exclusive_lock
from etl.warehouse import publish
from pipeline.warehouse_harness import WarehouseHarness, Words, story, text

FILES = {
    "manifest": "raw/manifest.jsonl",
    "copy of the manifest": "raw/manifest.copy.jsonl",
    "original": "raw/objects/*/*.zst",
    "ledger": "registry/identity/*.parquet",
    "notes of the ledger": "registry/identity/SHA256SUMS",
    "staging": "extracted/*/*.parquet",
    "notes of staging": "extracted/*/SHA256SUMS",
    "state": "state.sqlite",
    "build": "build/news.duckdb",
    "published": "snapshots/*/news.duckdb",
    "notes of a snapshot": "snapshots/*/SHA256SUMS",
    "hashes of a snapshot": "snapshots/*/news.duckdb.blocks",
}
DATABASES = ("build", "published", "notes of a snapshot", "hashes of a snapshot")
"""Repairing these builds all models, which takes seconds; the soak test does it more often."""


@pytest.fixture(scope="module")
def original(six_published: Path, tmp_path_factory: pytest.TempPathFactory) -> WarehouseHarness:
    """A warehouse with a history: edits, a forgotten article, a re-extraction, two snapshots."""
    root = tmp_path_factory.mktemp("kept") / "harness"
    shutil.copytree(six_published, root, symlinks=True)
    harness = WarehouseHarness(root, batch_articles=2)
    harness.drop("0.txt", text(story(0) + " Edited.", outlet="Paper 0"))
    harness.drop("again/4.txt", text(story(4), outlet="Paper 0", day="2025-03-05"))
    harness.ingest(run_id="second")
    (forgotten,) = [i for i, body in harness.articles().items() if body == story(3)]
    harness.forget(forgotten)
    harness.drop("9.txt", text(story(9), day="2025-03-09", outlet="Paper 9"))
    harness.ingest(run_id="third")
    reextract.stage_reextraction(
        harness.settings, Words("words-2"), ArticleSelection(outlets=("Paper 0",))
    )
    harness.load(publish=True)
    publish_run.publish_build(harness.settings, Words(), "again")
    return harness


@pytest.fixture
def harness(original: WarehouseHarness, tmp_path: Path) -> WarehouseHarness:
    shutil.copytree(original.root, tmp_path / "copy", symlinks=True)
    return WarehouseHarness(tmp_path / "copy", batch_articles=2)


@dataclass(frozen=True)
class Contents:
    """Everything that a repair must restore."""

    loaded: Any
    main: Any
    quarantine: dict[str, str]
    runs: list[tuple[str, str]]
    manifest: list[tuple[int, str, str]]
    ledger: list[tuple[Any, ...]]

    @classmethod
    def of(cls, harness: WarehouseHarness) -> Contents:
        entries = RawArchive(harness.settings.raw).entries()
        with duckdb.connect() as con:
            decisions = con.execute(
                "select name, type, scope, last(entity_id order by filename, file_row_number) "
                "from read_parquet(?, filename = true, file_row_number = true) group by all "
                "order by all",
                [str(harness.settings.identity_ledger / "*.parquet")],
            ).fetchall()
        return cls(
            harness.loaded(),
            harness.main(),
            harness.quarantine(),
            [(run.run_id, run.status) for run in harness.state.runs()],
            [(e.sequence, e.sha256, e.source_path) for e in entries],
            decisions,
        )


@pytest.fixture(scope="module")
def before(original: WarehouseHarness) -> Contents:
    return Contents.of(original)


def repair_all(harness: WarehouseHarness, *, publish: bool = False) -> list[str]:
    """What `newsactors doctor --repair` does, with the extractor of these tests."""
    done = list(repair.repair(harness.settings, lambda: None))
    harness.stage()
    harness.load(publish=publish)
    return done + list(repair.tidy(harness.settings))


def damaged_parts(harness: WarehouseHarness) -> list[Finding]:
    return [finding for finding in examine(harness.settings) if finding.level == "damaged"]


def flip(path: Path, chance: random.Random) -> None:
    data = bytearray(path.read_bytes())
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    rewrite(path, bytes(data))


def truncate(path: Path, chance: random.Random) -> None:
    data = path.read_bytes()
    rewrite(path, data[: chance.randrange(len(data))])


def delete(path: Path, chance: random.Random) -> None:
    path.unlink()


def rewrite(path: Path, data: bytes) -> None:
    mode = path.stat().st_mode
    path.chmod(0o644)
    path.write_bytes(data)
    path.chmod(mode)


DAMAGES = {"flip": flip, "truncate": truncate, "delete": delete}


def check_that_it_is_repaired(
    harness: WarehouseHarness,
    before: Contents,
    kind: str,
    damage: Callable[[Path, random.Random], None],
) -> None:
    """Damage a file of this kind at a random place; NEWSACTORS_SEED repeats a run."""
    drawn = seed()
    chance = random.Random(drawn)
    victims = sorted(harness.settings.home.glob(FILES[kind]))
    if kind == "original":  # others were written over in the inbox, and are lost
        there = {checksums.sha256_of(file) for file in harness.inbox.rglob("*.txt")}
        victims = [path for path in victims if path.stem in there]
    victim = chance.choice(victims)
    damage(victim, chance)
    said = f"seed {drawn}, {victim}"
    found = damaged_parts(harness)
    if not found:
        # A place that nothing is kept in: it is as if nothing had happened.
        assert Contents.of(harness) == before, said
        return
    done = repair_all(harness, publish=True)
    assert damaged_parts(harness) == [], (said, done)
    assert Contents.of(harness) == before, (said, done)
    assert not any(line.startswith("LOST") for line in done), (said, done)


def test_a_sound_warehouse_is_reported_sound_and_not_changed(harness: WarehouseHarness) -> None:
    def files() -> dict[str, tuple[int, int]]:
        paths = [p for p in harness.settings.home.rglob("*") if p.is_file()]
        return {str(p): (p.stat().st_size, p.stat().st_mtime_ns) for p in paths}

    kept = files()
    found = examine(harness.settings)
    assert is_sound(found), found
    assert [finding.part for finding in found if finding.level == "sound"] == list(PARTS)
    assert files() == kept


@pytest.mark.parametrize("kind", [kind for kind in FILES if kind not in DATABASES])
def test_any_damage_to_a_file_is_found_and_repaired(
    harness: WarehouseHarness, before: Contents, kind: str
) -> None:
    check_that_it_is_repaired(harness, before, kind, random.choice(list(DAMAGES.values())))


def test_a_damaged_line_with_a_tombstone_is_found_and_repaired(
    harness: WarehouseHarness, before: Contents
) -> None:
    manifest = harness.settings.raw / "manifest.jsonl"
    manifest.write_bytes(manifest.read_bytes().replace(b'"forgets": ["', b'"forgets": ["0'))
    assert "manifest" in {finding.part for finding in damaged_parts(harness)}
    repair_all(harness, publish=True)
    assert damaged_parts(harness) == []
    assert Contents.of(harness) == before


@pytest.mark.soak
@pytest.mark.parametrize("round_", range(50))
@pytest.mark.parametrize("kind", FILES)
def test_hundreds_of_damages_are_found_and_repaired(
    harness: WarehouseHarness, before: Contents, kind: str, round_: int
) -> None:
    names = list(DAMAGES)
    check_that_it_is_repaired(harness, before, kind, DAMAGES[names[max(0, round_ % 10 - 7)]])


def test_both_databases_at_once_are_rebuilt_while_a_reader_continues(
    harness: WarehouseHarness, before: Contents
) -> None:
    """Both sources of a repair are lost; only staging is left."""
    files = [harness.settings.build_file, *harness.settings.snapshots.glob("*/news.duckdb")]
    with duckdb.connect(str(harness.settings.published.resolve()), read_only=True) as reader:
        rows = reader.execute("select * from mentions order by all").fetchall()
        for file in files:
            copy = file.with_name("copy")
            shutil.copyfile(file, copy)  # else the reader would read what is damaged
            copy.chmod(0o644)
            with copy.open("r+b") as opened:
                size = copy.stat().st_size
                opened.seek(size // 4)
                opened.write(random.randbytes(size // 2))  # a byte may hit what no table uses
            copy.replace(file)
        assert {f.part for f in damaged_parts(harness)} >= {"build", "published"}
        done = repair_all(harness, publish=True)
        assert reader.execute("select * from mentions order by all").fetchall() == rows
    assert damaged_parts(harness) == [], done
    assert Contents.of(harness) == before
    assert len(list(harness.settings.damaged.rglob("news.duckdb"))) >= len(files), done


def test_a_lost_link_is_restored_to_the_published_snapshot(harness: WarehouseHarness) -> None:
    rows = harness.main()
    harness.settings.published.unlink()
    assert [finding.part for finding in damaged_parts(harness)] == ["published"]
    list(repair.repair(harness.settings, lambda: None))
    assert harness.main() == rows


def test_a_link_to_an_older_snapshot_is_noted(harness: WarehouseHarness) -> None:
    harness.drop("new.txt", text(story(20), day="2025-03-20"))
    harness.ingest(publish=True)
    newest = max(publish.snapshot_numbers(harness.settings.snapshots))
    publish.point_at(harness.settings, newest - 1)
    notes = [f.what for f in examine(harness.settings) if f.level == "note"]
    assert f"readers see snapshot {newest - 1}, not the newest, {newest}" in notes


def test_a_damaged_snapshot_is_replaced_by_the_sound_one_before_any_run(
    harness: WarehouseHarness,
) -> None:
    rows = harness.main()
    rewrite(harness.settings.published.resolve(), b"")
    list(repair.repair(harness.settings, lambda: None))
    assert harness.main() == rows


def test_staging_lost_with_the_loaded_rows_is_read_from_the_archive(
    harness: WarehouseHarness, before: Contents
) -> None:
    shutil.rmtree(harness.settings.extracted)
    shutil.rmtree(harness.settings.snapshots)
    harness.settings.build_file.unlink()
    repair_all(harness)
    assert [e.source_path for e in RawArchive(harness.settings.raw).entries()] == [
        path for _, _, path in before.manifest
    ]
    # What was extracted again is known from the archive as the extractor in use sees it.
    after = harness.loaded()
    for table in ("article_sources", "text_links", "article_stories"):
        assert after[table] == before.loaded[table]
    assert harness.quarantine() == before.quarantine


def test_an_original_that_is_lost_is_reported_and_the_rest_continues(
    harness: WarehouseHarness, before: Contents
) -> None:
    archive = RawArchive(harness.settings.raw)
    entry = next(e for e in archive.entries() if e.source_path == "1.txt")
    (harness.inbox / "1.txt").unlink()
    flip(archive.object_path(entry.sha256), random.Random(1))
    done = repair_all(harness)
    assert [line for line in done if line.startswith("LOST: the original of 1.txt")]
    assert [(f.part, "1.txt" in f.what) for f in damaged_parts(harness)] == [("archive", True)]
    assert Contents.of(harness) == before, "its articles stay"
    harness.rebuild()
    assert harness.quarantine()["1.txt"] == "unreadable"
    assert story(1) not in harness.articles().values()
    assert len(harness.articles()) == len(before.main["articles"]) - 1
    # Found again, it is put back from wherever it is in the inbox.
    harness.drop("elsewhere/found.txt", text(story(1), day="2025-03-02", outlet="Paper 1"))
    assert f"archived again from {harness.inbox / 'elsewhere/found.txt'}" in repair_all(harness)
    assert damaged_parts(harness) == []
    harness.rebuild()
    assert story(1) in harness.articles().values()
    assert "1.txt" not in harness.quarantine()


def test_a_line_that_both_copies_lost_is_restored_from_what_is_loaded(
    harness: WarehouseHarness, before: Contents
) -> None:
    archive = RawArchive(harness.settings.raw)
    for path in (archive.manifest, archive.manifest_copy):
        lines = path.read_bytes().splitlines(keepends=True)
        rewrite(path, b"".join([lines[0], lines[1].replace(b'"', b"'", 1), *lines[2:]]))
    assert "lost in both copies: line 2" in str(damaged_parts(harness))
    repair_all(harness)
    assert damaged_parts(harness) == []
    assert Contents.of(harness) == before


def test_a_corrections_file_is_reported_with_its_line_and_left_alone(
    harness: WarehouseHarness,
) -> None:
    file = harness.settings.registry / "corrections.csv"
    damaged = b"id,at,author,action,arguments,because\nx,y\n"
    file.write_bytes(damaged)
    (finding,) = damaged_parts(harness)
    assert (finding.part, "corrections.csv:1: the first line must be" in finding.what) == (
        "corrections",
        True,
    )
    list(repair.repair(harness.settings, lambda: None))
    assert file.read_bytes() == damaged


def test_a_damaged_batch_is_not_loaded_and_the_error_says_what_to_do(
    harness: WarehouseHarness,
) -> None:
    harness.drop("new.txt", text(story(20)))
    archive_files.archive_new(harness.settings, [], "run")
    (batch,) = harness.stage().batches
    flip(batch.file("text_actors"), random.Random(3))
    with pytest.raises(NewsactorsError, match=r"is damaged.*newsactors doctor --repair"):
        harness.load()
    repair_all(harness)
    assert story(20) in harness.articles().values()


def test_a_file_that_a_run_is_writing_is_not_reported_as_damaged(harness: WarehouseHarness) -> None:
    with exclusive_lock(harness.settings.writer_lock):
        found = {finding.part: finding for finding in examine(harness.settings)}
    assert is_sound(list(found.values()))
    assert found["build"].what == "a run is under way: not examined"


def test_leftovers_of_readers_and_kills_are_reported(harness: WarehouseHarness) -> None:
    snapshot = harness.settings.published.resolve()
    snapshot.with_name("news.duckdb.wal").touch()
    snapshot.chmod(0o644)
    (harness.settings.extracted / ".new-ingest-0000000099").mkdir()
    assert [f.path.name for f in damaged_parts(harness)] == ["news.duckdb.wal"]
    notes = [f for f in examine(harness.settings) if f.level == "note"]
    assert [f.what for f in notes] == ["left by a run that was killed"]
    list(repair.repair(harness.settings, lambda: None))
    assert damaged_parts(harness) == []
    assert snapshot.stat().st_mode & 0o777 == 0o444


def test_a_value_changed_behind_sqlites_back_is_found(harness: WarehouseHarness) -> None:
    """No check of SQLite itself would notice this."""
    data = harness.settings.state_file.read_bytes()
    assert data.count(b"second") >= 1
    harness.settings.state_file.write_bytes(data.replace(b"second", b"secomd"))
    with sqlite3.connect(harness.settings.state_file) as con:
        assert con.execute("pragma quick_check").fetchall() == [("ok",)]
    assert "rows of runs fail their checksum" in str(damaged_parts(harness))


def test_a_backup_of_archive_and_registry_restores_everything(
    published: WarehouseHarness, tmp_path: Path
) -> None:
    """As the README says: `raw` and `registry` in an empty folder."""
    restored = WarehouseHarness(tmp_path / "restored")
    for folder in ("raw", "registry"):
        shutil.copytree(published.settings.home / folder, restored.settings.home / folder)
    restored.rebuild()
    assert restored.loaded() == published.loaded(), "the same rows, the same ids"
    assert restored.quarantine() == published.quarantine()
    assert damaged_parts(restored) == []
