"""An archive that is lost, older, cut or another is refused, and nothing in the inbox is lost."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from suite_length import examples

from bench.faults.archives import apply, cut, remove, replace
from etl.doctor import repair
from etl.doctor.examine import examine
from etl.doctor.findings import is_sound
from etl.pipeline import rebuild
from etl.storage.archive import RawArchive
from etl.storage.files import exclusive_lock
from etl.storage.manifest_copies import compare
from etl.storage.writer_lock import WriterLock
from etl.warehouse import archive_link
from etl.warehouse.archive_link import ArchiveMismatchError
from pipeline.warehouse_harness import WarehouseHarness, story, text

FATES = ("kept", "lost", "older", "foreign", "cut")
MIXED = ("archive", "staging", "run state", "build", "published")


def accept_loss(harness: WarehouseHarness) -> None:
    intake_lock = RawArchive(harness.settings.raw).intake_lock
    with WriterLock(harness.settings), exclusive_lock(intake_lock):
        archive_link.accept_loss(harness.settings)


def raise_interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def bodies(harness: WarehouseHarness) -> set[str]:
    """The texts that are loaded."""
    return set(harness.articles().values())


def test_new_files_are_refused_and_not_marked_as_seen_if_the_archive_is_lost(
    published: WarehouseHarness,
) -> None:
    remove(published.settings.home, "archive")
    published.drop("new.txt", text(story(20), day="2025-03-20"))
    with pytest.raises(ArchiveMismatchError, match=r"raw ends with line 0.* know 8 lines") as error:
        published.ingest()
    assert "0.txt" in str(error.value)
    assert "--accept-loss" in str(error.value)
    assert not (published.settings.raw / "manifest.jsonl").exists()
    (finding,) = [f for f in examine(published.settings) if f.part == "manifest"]
    assert finding.level == "damaged"
    assert "0.txt" in finding.what


def test_the_error_names_ten_lost_files_and_the_doctor_all(harness: WarehouseHarness) -> None:
    for number in range(12):
        harness.drop(f"{number:02}.txt", text(f"Alice spoke on case {number}."))
    harness.ingest()
    remove(harness.settings.home, "archive")
    with pytest.raises(ArchiveMismatchError, match=r"09\.txt and 2 more; `newsactors doctor`"):
        harness.ingest()
    (finding,) = [f for f in examine(harness.settings) if f.part == "manifest"]
    assert finding.what.endswith("09.txt, 10.txt, 11.txt")


def test_an_older_archive_is_refused_until_it_is_restored(
    published: WarehouseHarness, tmp_path: Path
) -> None:
    shutil.copytree(published.settings.home, tmp_path / "yesterday", symlinks=True)
    published.drop("today.txt", text(story(20), day="2025-03-20"))
    published.ingest(publish=True)
    shutil.copytree(published.settings.raw, tmp_path / "today")
    replace(published.settings.home, "archive", tmp_path / "yesterday")
    published.drop("new.txt", text(story(21), day="2025-03-21"))
    with pytest.raises(ArchiveMismatchError, match=r"Missing: today.txt\."):
        published.ingest()
    with pytest.raises(ArchiveMismatchError):
        rebuild.clear_for_rebuild(published.settings)
    assert story(20) in bodies(published)

    shutil.rmtree(published.settings.raw)
    (tmp_path / "today").rename(published.settings.raw)
    published.ingest(publish=True)
    assert {story(20), story(21)} <= bodies(published)
    assert is_sound(examine(published.settings))


def test_the_doctor_restores_lines_cut_off_both_copies(published: WarehouseHarness) -> None:
    before = [e.source_path for e in RawArchive(published.settings.raw).entries()]
    cut(published.settings.home)
    assert not is_sound(examine(published.settings))
    done = list(repair.repair(published.settings, lambda: None))
    assert sum("restored from what is loaded" in line for line in done) == 2
    assert [e.source_path for e in RawArchive(published.settings.raw).entries()] == before
    published.drop("new.txt", text(story(20), day="2025-03-20"))
    published.ingest(publish=True)
    assert story(20) in bodies(published)
    assert is_sound(examine(published.settings))


def test_the_doctor_restores_a_lost_archive_from_what_is_loaded_and_the_inbox(
    published: WarehouseHarness,
) -> None:
    before = bodies(published)
    remove(published.settings.home, "archive")
    list(repair.repair(published.settings, lambda: None))
    published.drop("new.txt", text(story(20), day="2025-03-20"))
    published.ingest(publish=True)
    assert bodies(published) == before | {story(20)}
    assert compare(RawArchive(published.settings.raw)).is_sound
    assert is_sound(examine(published.settings))


def test_a_repair_killed_after_the_manifest_is_completed_by_the_next(
    published: WarehouseHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = bodies(published)
    remove(published.settings.home, "archive")
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(archive_link, "note_repaired", raise_interrupt)
        list(repair.repair(published.settings, lambda: None))
    assert not is_sound(examine(published.settings))
    list(repair.repair(published.settings, lambda: None))
    published.drop("new.txt", text(story(20), day="2025-03-20"))
    published.ingest(publish=True)
    assert bodies(published) == before | {story(20)}
    assert is_sound(examine(published.settings))


def test_an_accepted_loss_looks_at_every_file_of_the_inbox_again(
    published: WarehouseHarness,
) -> None:
    before = bodies(published)
    (published.inbox / "0.txt").unlink()
    remove(published.settings.home, "archive")
    accept_loss(published)
    published.ingest(publish=True)
    assert bodies(published) == before - {story(0)}
    assert is_sound(examine(published.settings))


def test_another_archive_is_told_from_a_shorter_one(
    published: WarehouseHarness, harness: WarehouseHarness
) -> None:
    for number in range(9):
        harness.drop(f"{number}.txt", text(story(30 + number), day="2025-04-01"))
    harness.ingest()
    replace(published.settings.home, "archive", harness.settings.home)
    with pytest.raises(ArchiveMismatchError, match="is another archive than the one of the"):
        published.ingest()
    accept_loss(published)
    published.ingest(publish=True)
    assert bodies(published) >= {story(n) for n in range(6)} | {story(38)}


def test_a_part_of_another_warehouse_is_named(
    published: WarehouseHarness, harness: WarehouseHarness
) -> None:
    harness.drop("0.txt", text(story(30)))
    harness.ingest()
    replace(published.settings.home, "run state", harness.settings.home)
    published.drop("new.txt", text(story(20), day="2025-03-20"))
    with pytest.raises(ArchiveMismatchError, match=r"run state .*state.sqlite.* comes from anoth"):
        published.ingest()
    published.settings.state_file.unlink()
    published.ingest()
    assert story(20) in bodies(published)


def test_a_warehouse_without_positions_records_them_in_its_next_run(
    published: WarehouseHarness,
) -> None:
    state = published.state
    state.set_archive_position(None)
    (published.settings.extracted / "archive-position.json").unlink()
    published.ingest()
    found = state.archive_position()
    assert found is not None
    assert found.sequence == 8
    assert archive_link.staged_position(published.settings) == found


def test_a_restored_backup_and_a_forgotten_article_are_no_loss(
    published: WarehouseHarness, tmp_path: Path
) -> None:
    (first, *_) = published.articles()
    published.forget(first)
    published.drop("new.txt", text(story(20), day="2025-03-20"))
    published.ingest(publish=True)
    assert archive_link.compare(published.settings) is None
    restored = WarehouseHarness(tmp_path / "restored")
    for name in ("raw", "registry"):
        shutil.copytree(published.settings.home / name, restored.settings.home / name)
    rebuild.clear_for_rebuild(restored.settings)
    restored.ingest()
    assert restored.articles() == published.articles()


def test_a_file_does_not_count_as_seen_until_it_is_loaded(published: WarehouseHarness) -> None:
    from etl.pipeline import archive_files

    published.drop("new.txt", text(story(20), day="2025-03-20"))
    archive_files.archive_new(published.settings, [], "archived")
    shutil.rmtree(published.settings.raw / "objects")
    archive_files.archive_new(published.settings, [], "again")
    (new,) = [e for e in RawArchive(published.settings.raw).entries() if e.source_path == "new.txt"]
    RawArchive(published.settings.raw).check(new.sha256)


class Worlds:
    """Three warehouses: of today, of yesterday, and another; made once."""

    def __init__(self, published: WarehouseHarness, harness: WarehouseHarness, root: Path) -> None:
        self.yesterday = root / "yesterday"
        shutil.copytree(published.settings.home, self.yesterday, symlinks=True)
        for number in (10, 11):
            published.drop(f"{number}.txt", text(story(number), day=f"2025-03-{number}"))
        published.ingest(publish=True)
        for number in range(3):
            harness.drop(f"{number}.txt", text(story(40 + number), day="2025-04-01"))
        harness.ingest(publish=True)
        self.today, self.other = published.root, harness.settings.home


@pytest.fixture(scope="module")
def worlds(six_published: Path, tmp_path_factory: pytest.TempPathFactory) -> Worlds:
    root = tmp_path_factory.mktemp("worlds")
    shutil.copytree(six_published, root / "today", symlinks=True)
    (root / "other").mkdir()
    return Worlds(WarehouseHarness(root / "today"), WarehouseHarness(root / "other"), root)


@given(
    fates=st.fixed_dictionaries(
        {"archive": st.sampled_from(FATES)}
        | {part: st.sampled_from(FATES[:-1]) for part in MIXED if part != "archive"}
    )
)
@settings(max_examples=examples(5), deadline=None)
def test_every_file_of_the_inbox_is_loaded_or_named_whatever_became_of_the_home(
    fates: dict[str, str], worlds: Worlds, tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = tmp_path_factory.mktemp("mixed") / "root"
    shutil.copytree(worlds.today, root, symlinks=True)
    harness = WarehouseHarness(root)
    others = {"older": worlds.yesterday, "foreign": worlds.other}
    for part, fate in fates.items():
        apply(harness.settings.home, part, fate, others)
    harness.drop("new.txt", text(story(20), day="2025-03-20"))
    expected = {story(number) for number in (*range(7), 10, 11, 20)}
    try:
        harness.ingest()
    except ArchiveMismatchError as refusal:
        assert "raw" in str(refusal)
        accept_loss(harness)
        harness.ingest()
    assert expected <= bodies(harness), json.dumps(fates)
    shutil.rmtree(root)
