"""Running again changes nothing, and lost parts are rebuilt to the same rows and ids."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from session_cache import begin

from etl.pipeline import archive_files, rebuild, reextract
from etl.storage import compaction
from etl.storage.archive import RawArchive
from etl.storage.editions import ArticleSelection
from etl.storage.files import remove_folder
from etl.storage.staging import Staging
from etl.warehouse import build_db
from pipeline.warehouse_harness import WarehouseHarness, Words, story, text


def manifest(harness: WarehouseHarness) -> bytes:
    return (harness.settings.raw / "manifest.jsonl").read_bytes()


def test_running_again_changes_nothing(published: WarehouseHarness) -> None:
    before = published.loaded(), published.main(), published.snapshots(), manifest(published)
    stamp = published.settings.published.resolve().stat()
    published.ingest(publish=True, run_id="again")
    after = published.loaded(), published.main(), published.snapshots(), manifest(published)
    assert after == before
    assert published.settings.published.resolve().stat() == stamp


@pytest.mark.parametrize(
    "lost",
    [
        "build",
        "state.sqlite",
        *(
            pytest.param(lost, marks=pytest.mark.soak)
            for lost in ("build/news.duckdb", "extracted", "extracted/ingest-0000000003*")
        ),
    ],
)
def test_lost_parts_are_rebuilt(harness: WarehouseHarness, lost: str) -> None:
    harness = WarehouseHarness(harness.root, batch_articles=2)
    for number in range(7):
        harness.drop(f"{number}.txt", text(story(number)))
    harness.drop("bad.txt", b"\x00\x01")
    harness.ingest()
    before = harness.loaded(), manifest(harness), harness.quarantine()
    for path in harness.settings.home.glob(lost):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    harness.ingest()
    if lost != "state.sqlite":
        assert harness.quarantine() == before[2]
    assert (harness.loaded(), manifest(harness)) == before[:2]
    harness.settings.build_file.unlink()
    harness.ingest()
    assert harness.loaded() == before[0], "staging is whole again"


def test_a_write_ahead_log_without_its_build_file_is_not_replayed(
    harness: WarehouseHarness,
) -> None:
    harness.drop("a.txt", text(story(1)))
    harness.ingest()
    before = harness.loaded()
    wal = harness.settings.build_file.with_name("news.duckdb.wal")
    with pytest.raises(RuntimeError), build_db.open_build(harness.settings.build_file) as con:
        con.execute("begin")
        con.execute("delete from loaded.article_versions")
        con.execute("commit")
        shutil.copyfile(wal, wal.with_name("kept"))
        raise RuntimeError
    harness.settings.build_file.unlink()
    wal.with_name("kept").rename(wal)
    harness.ingest()
    assert harness.loaded() == before


def test_a_rebuild_from_the_archive_alone_gives_the_same_rows_and_ids(
    published: WarehouseHarness, tmp_path_factory: pytest.TempPathFactory
) -> None:
    published.drop("0.txt", text(story(0) + " Edited.", outlet="Paper 0"))
    published.drop("1.txt", text(story(9), day="2025-03-02", outlet="Paper 1"))
    published.ingest(Words("words-2"))
    (forgotten,) = [i for i, body in published.articles().items() if body == story(3)]
    published.forget(forgotten)
    reextract.stage_reextraction(published.settings, Words("words-2"), ArticleSelection())
    published.load(publish=True)
    before, quarantine = published.main(), published.quarantine()
    home = published.settings.home
    for path in home.iterdir():
        if path.name != "raw":
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    begin(home, tmp_path_factory)  # the SQL of the package, parsed: four seconds
    published.ingest(Words("words-2"), publish=True)
    assert published.main() == before
    assert published.quarantine() == quarantine
    assert published.snapshots() == ["1"]


def test_readers_keep_the_published_file_during_a_rebuild(published: WarehouseHarness) -> None:
    before = published.main()
    rebuild.clear_for_rebuild(published.settings)
    assert published.main() == before
    published.ingest(publish=True)
    assert published.main() == before


def test_an_interrupted_rebuild_is_completed_before_anything_is_published(
    published: WarehouseHarness,
) -> None:
    before = published.main()
    harness = WarehouseHarness(published.root, batch_articles=2)
    rebuild.clear_for_rebuild(harness.settings)
    *_, last = harness.stage().batches
    shutil.rmtree(last.path)
    with pytest.raises(build_db.BuildError, match="`newsactors ingest` completes it"):
        harness.load(publish=True)
    assert harness.main() == before
    harness.ingest(publish=True)
    assert harness.main() == before


def test_many_small_runs_leave_few_folders_and_the_same_rows(
    harness: WarehouseHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compaction, "COMPACT_ABOVE", 3)
    folders = Staging(harness.settings.extracted)
    for number in range(8):
        # The same text again and again: each batch extracts it anew.
        harness.drop(f"{number}.txt", text(story(number // 3)))
        harness.ingest()
        assert len(folders.batches()) <= 4
    assert [b.last for b in folders.batches()][-1] == 8
    before = harness.loaded()
    harness.settings.build_file.unlink()
    harness.ingest()
    assert harness.loaded() == before


def test_merging_keeps_the_last_re_extraction(
    published: WarehouseHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compaction, "COMPACT_ABOVE", 2)
    for _ in range(5):
        chosen = ArticleSelection(outlets=("Paper 0",))
        reextract.stage_reextraction(published.settings, Words("words-2"), chosen)
        published.load()
    batches = Staging(published.settings.extracted).batches()
    assert sum(b.kind == "reextract" for b in batches) <= 3
    before = published.loaded()
    published.settings.build_file.unlink()
    published.load()
    assert published.loaded() == before


def test_an_interrupted_merge_is_completed(
    harness: WarehouseHarness, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for number in range(6):
        harness.drop(f"{number}.txt", text(story(number)))
        harness.ingest()
    before = harness.loaded()
    extracted = harness.settings.extracted
    shutil.copytree(extracted, tmp_path / "singles")
    monkeypatch.setattr(compaction, "COMPACT_ABOVE", 3)
    harness.load()
    assert len(list(extracted.glob("*/"))) == 1
    for folder in list((tmp_path / "singles").glob("*/"))[2:]:
        shutil.copytree(folder, extracted / folder.name)
    (extracted / ".merged-leftover").mkdir()
    harness.settings.build_file.unlink()
    harness.ingest()
    assert harness.loaded() == before
    assert len(list(extracted.glob("*/"))) == 1


def test_clearing_is_safe_to_interrupt(
    harness: WarehouseHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    harness = WarehouseHarness(harness.root, batch_articles=1)
    for number in range(5):
        harness.drop(f"{number}.txt", text(story(number)))
    harness.ingest()
    before = harness.loaded()
    folders = Staging(harness.settings.extracted)
    removed = iter(range(3))

    def remove_or_stop(path: Path) -> None:
        next(removed)
        remove_folder(path)

    with monkeypatch.context() as patched, pytest.raises(StopIteration):
        patched.setattr("etl.storage.staging.remove_folder", remove_or_stop)
        folders.clear()
    assert folders.staged_through() == 2
    harness.settings.build_file.unlink()
    harness.ingest()
    assert harness.loaded() == before


def test_a_file_archived_but_not_marked_as_seen_is_not_archived_twice(
    harness: WarehouseHarness,
) -> None:
    harness.drop("a.txt", text(story(1)))
    archive_files.archive_new(harness.settings, [], "run")
    harness.settings.state_file.unlink()
    assert archive_files.archive_new(harness.settings, [], "run").files_new == 0
    assert RawArchive(harness.settings.raw).last_sequence() == 1
