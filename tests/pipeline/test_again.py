"""Running again changes nothing, and what was lost is made again to the same rows and ids."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from etl.pipeline import ingest, reextract, stages
from etl.storage import staging
from etl.storage.archive import RawArchive
from etl.storage.editions import Choice
from etl.storage.staging import Staging
from etl.warehouse import build_db
from pipeline.warehouse_harness import Words, World, story, text


def manifest(world: World) -> bytes:
    return (world.settings.raw / "manifest.jsonl").read_bytes()


def test_running_again_changes_nothing(published: World) -> None:
    before = published.loaded(), published.main(), published.snapshots(), manifest(published)
    stamp = published.settings.published.resolve().stat()
    published.ingest(publish=True, run_id="again")
    after = published.loaded(), published.main(), published.snapshots(), manifest(published)
    assert after == before
    assert published.settings.published.resolve().stat() == stamp


@pytest.mark.parametrize(
    "lost",
    ["build", "build/news.duckdb", "extracted", "state.sqlite", "extracted/ingest-0000000003*"],
)
def test_what_is_lost_is_made_again(world: World, lost: str) -> None:
    world = World(world.root, batch_articles=2)
    for number in range(7):
        world.drop(f"{number}.txt", text(story(number)))
    world.drop("bad.txt", b"\x00\x01")
    world.ingest()
    before = world.loaded(), manifest(world), world.quarantine()
    for path in world.settings.home.glob(lost):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    world.ingest()
    if lost != "state.sqlite":
        assert world.quarantine() == before[2]
    assert (world.loaded(), manifest(world)) == before[:2]
    world.settings.build_file.unlink()
    world.ingest()
    assert world.loaded() == before[0], "staging is whole again"


def test_a_log_left_beside_a_removed_build_file_is_not_replayed(world: World) -> None:
    world.drop("a.txt", text(story(1)))
    world.ingest()
    before = world.loaded()
    wal = world.settings.build_file.with_name("news.duckdb.wal")
    with pytest.raises(RuntimeError), build_db.open_build(world.settings.build_file) as con:
        con.execute("begin")
        con.execute("delete from loaded.article_versions")
        con.execute("commit")
        shutil.copyfile(wal, wal.with_name("kept"))
        raise RuntimeError
    world.settings.build_file.unlink()
    wal.with_name("kept").rename(wal)
    world.ingest()
    assert world.loaded() == before


def test_a_rebuild_gives_the_same_rows_and_ids_from_the_archive_alone(published: World) -> None:
    published.drop("0.txt", text(story(0) + " Edited.", outlet="Paper 0"))
    published.drop("1.txt", text(story(9), day="2025-03-02", outlet="Paper 1"))
    published.ingest(Words("words-2"))
    (forgotten,) = [i for i, body in published.articles().items() if body == story(3)]
    published.forget(forgotten)
    reextract.stage_reextraction(published.settings, Words("words-2"), Choice())
    published.load(publish=True)
    before, quarantine = published.main(), published.quarantine()
    home = published.settings.home
    for path in home.iterdir():
        if path.name != "raw":
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    published.ingest(Words("words-2"), publish=True)
    assert published.main() == before
    assert published.quarantine() == quarantine
    assert published.snapshots() == ["1"]


def test_readers_keep_what_is_published_while_all_is_rebuilt(published: World) -> None:
    before = published.main()
    stages.clear_for_rebuild(published.settings)
    assert published.main() == before
    published.ingest(publish=True)
    assert published.main() == before


def test_a_rebuild_that_was_stopped_half_way_is_completed_before_anything_is_published(
    published: World,
) -> None:
    before = published.main()
    world = World(published.root, batch_articles=2)
    stages.clear_for_rebuild(world.settings)
    *_, last = world.stage().batches
    shutil.rmtree(last.path)
    with pytest.raises(build_db.BuildError, match="`newsactors ingest` completes it"):
        world.load(publish=True)
    assert world.main() == before
    world.ingest(publish=True)
    assert world.main() == before


def test_many_small_runs_leave_few_folders_and_the_same_rows(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging, "COMPACT_ABOVE", 3)
    folders = Staging(world.settings.extracted)
    for number in range(8):
        # The same text again and again: each batch extracts it anew.
        world.drop(f"{number}.txt", text(story(number // 3)))
        world.ingest()
        assert len(folders.batches()) <= 4
    assert [b.last for b in folders.batches()][-1] == 8
    before = world.loaded()
    world.settings.build_file.unlink()
    world.ingest()
    assert world.loaded() == before


def test_merging_keeps_the_last_re_extraction(
    published: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging, "COMPACT_ABOVE", 2)
    for _ in range(5):
        chosen = Choice(outlets=("Paper 0",))
        reextract.stage_reextraction(published.settings, Words("words-2"), chosen)
        published.load()
    batches = Staging(published.settings.extracted).batches()
    assert sum(b.kind == "reextract" for b in batches) <= 3
    before = published.loaded()
    published.settings.build_file.unlink()
    published.load()
    assert published.loaded() == before


def test_a_merge_cut_off_after_writing_is_finished(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for number in range(6):
        world.drop(f"{number}.txt", text(story(number)))
        world.ingest()
    before = world.loaded()
    extracted = world.settings.extracted
    shutil.copytree(extracted, tmp_path / "singles")
    monkeypatch.setattr(staging, "COMPACT_ABOVE", 3)
    world.load()
    assert len(list(extracted.iterdir())) == 1
    for folder in list((tmp_path / "singles").iterdir())[2:]:
        shutil.copytree(folder, extracted / folder.name)
    (extracted / ".merged-leftover").mkdir()
    world.settings.build_file.unlink()
    world.ingest()
    assert world.loaded() == before
    assert len(list(extracted.iterdir())) == 1


def test_clearing_is_safe_to_cut_off(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(world.root, batch_articles=1)
    for number in range(5):
        world.drop(f"{number}.txt", text(story(number)))
    world.ingest()
    before = world.loaded()
    folders = Staging(world.settings.extracted)
    removed = iter(range(3))
    remove = folders._remove
    monkeypatch.setattr(folders, "_remove", lambda path: (next(removed), remove(path)))
    with pytest.raises(StopIteration):
        folders.clear()
    assert folders.staged_through() == 2
    world.settings.build_file.unlink()
    world.ingest()
    assert world.loaded() == before


def test_what_was_archived_and_not_marked_as_seen_is_not_archived_twice(world: World) -> None:
    world.drop("a.txt", text(story(1)))
    ingest.archive_new(world.settings, [], "run")
    world.settings.state_file.unlink()
    assert ingest.archive_new(world.settings, [], "run").files_new == 0
    assert RawArchive(world.settings.raw).last_sequence() == 1
