"""What is damaged is found, named and healed: the tables are row for row those from before."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from etl.doctor import repair
from etl.doctor.examine import examine
from etl.doctor.findings import PARTS, Finding, is_sound
from etl.pipeline import ingest, reextract, stages
from etl.storage import checksums
from etl.storage.archive import RawArchive
from etl.storage.editions import Choice
from etl.storage.files import exclusive_lock
from pipeline.warehouse_harness import Words, World, story, text

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
"""Healing these builds all models: seconds, and the soak does it more often."""


@pytest.fixture(scope="module")
def original(six_published: Path, tmp_path_factory: pytest.TempPathFactory) -> World:
    """A warehouse with a past: edits, a forgotten article, a re-extraction, two snapshots."""
    root = tmp_path_factory.mktemp("kept") / "world"
    shutil.copytree(six_published, root, symlinks=True)
    world = World(root, batch_articles=2)
    world.drop("0.txt", text(story(0) + " Edited.", outlet="Paper 0"))
    world.drop("again/4.txt", text(story(4), outlet="Paper 0", day="2025-03-05"))
    world.ingest(run_id="second")
    (forgotten,) = [i for i, body in world.articles().items() if body == story(3)]
    world.forget(forgotten)
    world.drop("9.txt", text(story(9), day="2025-03-09", outlet="Paper 9"))
    world.ingest(run_id="third")
    reextract.stage_reextraction(world.settings, Words("words-2"), Choice(outlets=("Paper 0",)))
    world.load(publish=True)
    stages.publish_build(world.settings, Words(), "again")
    return world


@pytest.fixture
def world(original: World, tmp_path: Path) -> World:
    shutil.copytree(original.root, tmp_path / "copy", symlinks=True)
    return World(tmp_path / "copy", batch_articles=2)


@dataclass(frozen=True)
class Contents:
    """All that must be as it was."""

    loaded: Any
    main: Any
    quarantine: dict[str, str]
    runs: list[tuple[str, str]]
    manifest: list[tuple[int, str, str]]
    ledger: list[tuple[Any, ...]]

    @classmethod
    def of(cls, world: World) -> Contents:
        entries = RawArchive(world.settings.raw).entries()
        with duckdb.connect() as con:
            decisions = con.execute(
                "select name, type, scope, last(entity_id order by filename, file_row_number) "
                "from read_parquet(?, filename = true, file_row_number = true) group by all "
                "order by all",
                [str(world.settings.identity_ledger / "*.parquet")],
            ).fetchall()
        return cls(
            world.loaded(),
            world.main(),
            world.quarantine(),
            [(run.run_id, run.status) for run in world.state.runs()],
            [(e.sequence, e.sha256, e.source_path) for e in entries],
            decisions,
        )


@pytest.fixture(scope="module")
def before(original: World) -> Contents:
    return Contents.of(original)


def heal(world: World, *, publish: bool = False) -> list[str]:
    """What `newsactors doctor --repair` does, with the extractor of these tests."""
    done = list(repair.repair(world.settings, lambda: None))
    world.stage()
    world.load(publish=publish)
    return done + list(repair.tidy(world.settings))


def amiss(world: World) -> list[Finding]:
    return [finding for finding in examine(world.settings) if finding.level == "amiss"]


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


def check_that_it_heals(
    world: World, before: Contents, kind: str, damage: Callable[[Path, random.Random], None]
) -> None:
    """Damage a file of this kind at a place chosen by chance; NEWSACTORS_SEED repeats one."""
    seed = int(os.environ.get("NEWSACTORS_SEED") or random.randrange(10**6))
    chance = random.Random(seed)
    victims = sorted(world.settings.home.glob(FILES[kind]))
    if kind == "original":  # others were written over in the inbox, and are lost
        there = {checksums.sha256_of(file) for file in world.inbox.rglob("*.txt")}
        victims = [path for path in victims if path.stem in there]
    victim = chance.choice(victims)
    damage(victim, chance)
    said = f"seed {seed}, {victim}"
    found = amiss(world)
    if not found:
        # A place that nothing is kept in: it is as if nothing had happened.
        assert Contents.of(world) == before, said
        return
    done = heal(world, publish=True)
    assert amiss(world) == [], (said, done)
    assert Contents.of(world) == before, (said, done)
    assert not any(line.startswith("LOST") for line in done), (said, done)


def test_a_sound_warehouse_is_sound_and_looking_changes_nothing(world: World) -> None:
    def files() -> dict[str, tuple[int, int]]:
        paths = [p for p in world.settings.home.rglob("*") if p.is_file()]
        return {str(p): (p.stat().st_size, p.stat().st_mtime_ns) for p in paths}

    kept = files()
    found = examine(world.settings)
    assert is_sound(found), found
    assert [finding.part for finding in found if finding.level == "sound"] == list(PARTS)
    assert files() == kept


@pytest.mark.parametrize("kind", [kind for kind in FILES if kind not in DATABASES])
def test_any_damage_to_a_file_is_found_and_healed(
    world: World, before: Contents, kind: str
) -> None:
    check_that_it_heals(world, before, kind, random.choice(list(DAMAGES.values())))


def test_a_damaged_line_of_what_is_to_be_forgotten_is_found_and_healed(
    world: World, before: Contents
) -> None:
    manifest = world.settings.raw / "manifest.jsonl"
    manifest.write_bytes(manifest.read_bytes().replace(b'"forgets": ["', b'"forgets": ["0'))
    assert "manifest" in {finding.part for finding in amiss(world)}
    heal(world, publish=True)
    assert amiss(world) == []
    assert Contents.of(world) == before


@pytest.mark.soak
@pytest.mark.parametrize("round_", range(50))
@pytest.mark.parametrize("kind", FILES)
def test_hundreds_of_damages_are_found_and_healed(
    world: World, before: Contents, kind: str, round_: int
) -> None:
    names = list(DAMAGES)
    check_that_it_heals(world, before, kind, DAMAGES[names[max(0, round_ % 10 - 7)]])


def test_both_databases_at_once_are_made_again_while_a_reader_goes_on(
    world: World, before: Contents
) -> None:
    """The first and the last resort: staging, with nothing that is loaded to compare with."""
    files = [world.settings.build_file, *world.settings.snapshots.glob("*/news.duckdb")]
    with duckdb.connect(str(world.settings.published.resolve()), read_only=True) as reader:
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
        assert {f.part for f in amiss(world)} >= {"build", "published"}
        done = heal(world, publish=True)
        assert reader.execute("select * from mentions order by all").fetchall() == rows
    assert amiss(world) == [], done
    assert Contents.of(world) == before
    assert len(list(world.settings.damaged.rglob("news.duckdb"))) >= len(files), done


def test_a_lost_link_leads_readers_to_what_was_published_at_once(world: World) -> None:
    rows = world.main()
    world.settings.published.unlink()
    assert [finding.part for finding in amiss(world)] == ["published"]
    list(repair.repair(world.settings, lambda: None))
    assert world.main() == rows


def test_a_damaged_snapshot_gives_way_to_the_sound_one_before_any_run(world: World) -> None:
    rows = world.main()
    rewrite(world.settings.published.resolve(), b"")
    list(repair.repair(world.settings, lambda: None))
    assert world.main() == rows


def test_staging_that_is_lost_with_all_that_is_loaded_is_read_from_the_archive(
    world: World, before: Contents
) -> None:
    shutil.rmtree(world.settings.extracted)
    shutil.rmtree(world.settings.snapshots)
    world.settings.build_file.unlink()
    heal(world)
    assert [e.source_path for e in RawArchive(world.settings.raw).entries()] == [
        path for _, _, path in before.manifest
    ]
    # What was extracted again is known from the archive as the extractor in use sees it.
    after = world.loaded()
    for table in ("article_sources", "text_links", "article_stories"):
        assert after[table] == before.loaded[table]
    assert world.quarantine() == before.quarantine


def test_an_original_that_is_lost_is_named_and_the_rest_goes_on(
    world: World, before: Contents
) -> None:
    archive = RawArchive(world.settings.raw)
    entry = next(e for e in archive.entries() if e.source_path == "1.txt")
    (world.inbox / "1.txt").unlink()
    flip(archive.object_path(entry.sha256), random.Random(1))
    done = heal(world)
    assert [line for line in done if line.startswith("LOST: the original of 1.txt")]
    assert [(f.part, "1.txt" in f.what) for f in amiss(world)] == [("archive", True)]
    assert Contents.of(world) == before, "what was read from it stays"
    world.rebuild()
    assert world.quarantine()["1.txt"] == "unreadable"
    assert story(1) not in world.articles().values()
    assert len(world.articles()) == len(before.main["articles"]) - 1
    # Found again, it is put back from wherever it is in the inbox.
    world.drop("elsewhere/found.txt", text(story(1), day="2025-03-02", outlet="Paper 1"))
    assert f"archived again from {world.inbox / 'elsewhere/found.txt'}" in heal(world)
    assert amiss(world) == []
    world.rebuild()
    assert story(1) in world.articles().values()
    assert "1.txt" not in world.quarantine()


def test_a_line_that_both_copies_lost_is_told_by_what_is_loaded(
    world: World, before: Contents
) -> None:
    archive = RawArchive(world.settings.raw)
    for path in (archive.manifest, archive.manifest_copy):
        lines = path.read_bytes().splitlines(keepends=True)
        rewrite(path, b"".join([lines[0], lines[1].replace(b'"', b"'", 1), *lines[2:]]))
    assert "lost in both copies: line 2" in str(amiss(world))
    heal(world)
    assert amiss(world) == []
    assert Contents.of(world) == before


def test_a_corrections_file_is_reported_with_its_line_and_left_alone(world: World) -> None:
    file = world.settings.registry / "corrections.csv"
    damaged = b"id,at,author,action,arguments,because\nx,y\n"
    file.write_bytes(damaged)
    (finding,) = amiss(world)
    assert (finding.part, "corrections.csv:1: the first line must be" in finding.what) == (
        "corrections",
        True,
    )
    list(repair.repair(world.settings, lambda: None))
    assert file.read_bytes() == damaged


def test_a_damaged_batch_is_not_loaded_and_says_what_to_do(world: World) -> None:
    world.drop("new.txt", text(story(20)))
    ingest.archive_new(world.settings, [], "run")
    (batch,) = world.stage().batches
    flip(batch.file("text_actors"), random.Random(3))
    with pytest.raises(RuntimeError, match=r"is damaged.*newsactors doctor --repair"):
        world.load()
    heal(world)
    assert story(20) in world.articles().values()


def test_what_a_run_is_writing_is_not_called_damaged(world: World) -> None:
    with exclusive_lock(world.settings.writer_lock):
        found = {finding.part: finding for finding in examine(world.settings)}
    assert is_sound(list(found.values()))
    assert found["build"].what == "a run is under way: not looked at"


def test_what_readers_or_kills_left_is_said(world: World) -> None:
    snapshot = world.settings.published.resolve()
    snapshot.with_name("news.duckdb.wal").touch()
    snapshot.chmod(0o644)
    (world.settings.extracted / ".new-ingest-0000000099").mkdir()
    assert [f.path.name for f in amiss(world)] == ["news.duckdb.wal"]
    notes = [f for f in examine(world.settings) if f.level == "note"]
    assert [f.what for f in notes] == ["left by a run that was killed"]
    list(repair.repair(world.settings, lambda: None))
    assert amiss(world) == []
    assert snapshot.stat().st_mode & 0o777 == 0o444


def test_a_value_changed_behind_sqlites_back_is_found(world: World) -> None:
    """What no check of SQLite's own would notice."""
    data = world.settings.state_file.read_bytes()
    assert data.count(b"second") >= 1
    world.settings.state_file.write_bytes(data.replace(b"second", b"secomd"))
    with sqlite3.connect(world.settings.state_file) as con:
        assert con.execute("pragma quick_check").fetchall() == [("ok",)]
    assert "rows of runs are not as they were written" in str(amiss(world))


def test_a_backup_of_archive_and_registry_gives_all_of_it_again(
    published: World, tmp_path: Path
) -> None:
    """As README says: `raw` and `registry`, in an empty folder."""
    restored = World(tmp_path / "restored")
    for folder in ("raw", "registry"):
        shutil.copytree(published.settings.home / folder, restored.settings.home / folder)
    restored.rebuild()
    assert restored.loaded() == published.loaded(), "the same rows, the same ids"
    assert restored.quarantine() == published.quarantine()
    assert amiss(restored) == []
