"""What arrived is published, in quarantine or forgotten, whichever parts are lost or older."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from formats import files
from hypothesis import given
from hypothesis import settings as limited
from hypothesis import strategies as st
from suite_length import examples

from bench.faults.archives import apply, cut, remove
from bench.faults.archives import replace as put_back
from etl.doctor import repair
from etl.doctor.examine import examine
from etl.doctor.findings import is_sound
from etl.pipeline import archive_files, rebuild, retry_quarantined, stage_articles
from etl.storage.archive import RawArchive
from pipeline.test_formats import records
from pipeline.test_lost_archive import accept_loss
from pipeline.test_quarantine import retry
from pipeline.warehouse_harness import WarehouseHarness, Words, story, text

ODD = json.dumps({"kop": "Museum", "tekst": story(99), "date": "2025-06-05"}) + "\n"
MAPPING = "- {needs: [kop], headline: kop, body: tekst, date: date}\n"


@pytest.fixture(scope="module")
def original(six_published: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A published warehouse, to which a file with an article and an unmapped record came."""
    root = tmp_path_factory.mktemp("dumped") / "harness"
    shutil.copytree(six_published, root, symlinks=True)
    harness = WarehouseHarness(root)
    shutil.copytree(harness.settings.home, root / "yesterday", symlinks=True)
    harness.drop("dump.jsonl", records(1) + ODD)
    harness.ingest(publish=True)
    return root


@pytest.fixture
def dumped(original: Path, tmp_path: Path) -> WarehouseHarness:
    """A copy of that warehouse; `yesterday` beside its home is from before the file came."""
    shutil.copytree(original, tmp_path / "copy", symlinks=True)
    return WarehouseHarness(tmp_path / "copy")


def lose(harness: WarehouseHarness, *parts: str) -> None:
    for part in parts:
        remove(harness.settings.home, part)


def odd_is_kept(harness: WarehouseHarness) -> bool:
    """Whether the unmapped record is in quarantine, or its text is loaded."""
    return (
        harness.quarantine().get("dump.jsonl") == "unmapped"
        or story(99) in harness.articles().values()
    )


def add_mapping(harness: WarehouseHarness) -> None:
    harness.settings.field_mappings.parent.mkdir(parents=True, exist_ok=True)
    harness.settings.field_mappings.write_text(MAPPING)


@pytest.mark.parametrize(
    "lost",
    [
        ("run state",),
        ("run state", "published"),
        ("run state", "build"),
        ("run state", "build", "published"),
        ("run state", "staging"),
        ("run state", "staging", "build", "published"),
    ],
    ids=" ".join,
)
def test_a_rejected_record_stays_whichever_parts_are_lost(
    dumped: WarehouseHarness, lost: tuple[str, ...]
) -> None:
    before = set(dumped.articles())
    lose(dumped, *lost)
    dumped.ingest()
    assert dumped.quarantine() == {"dump.jsonl": "unmapped", "empty.txt": "empty"}
    assert set(dumped.articles()) == before


@pytest.mark.parametrize("older", ["published", "build", "staging", "run state"])
def test_a_rejected_record_stays_if_another_part_is_that_of_yesterday(
    dumped: WarehouseHarness, older: str
) -> None:
    lose(dumped, "run state")
    put_back(dumped.settings.home, older, dumped.root / "yesterday")
    dumped.ingest()
    assert odd_is_kept(dumped)


def test_what_was_staged_and_not_published_stays_in_quarantine(dumped: WarehouseHarness) -> None:
    dumped.drop("more.jsonl", records(1, url="https://a.example/b") + ODD)
    archive_files.archive_new(dumped.settings, [], "killed")
    dumped.stage(run_id="killed")
    lose(dumped, "run state")
    assert [f.part for f in examine(dumped.settings) if f.level == "damaged"] == ["state"]
    dumped.ingest()
    assert dumped.quarantine()["more.jsonl"] == "unmapped"


def test_a_publish_without_an_ingest_keeps_the_quarantine(dumped: WarehouseHarness) -> None:
    """As after `newsactors actors rename`."""
    lose(dumped, "run state")
    dumped.state.start_run("rename", "correction", "words")
    dumped.build_by_dbt()
    dumped.ingest()
    assert dumped.quarantine() == {"dump.jsonl": "unmapped", "empty.txt": "empty"}


@given(
    fates=st.fixed_dictionaries(
        {
            part: st.sampled_from(("kept", "lost", "older"))
            for part in ("run state", "staging", "build", "published")
        }
    ),
    is_killed=st.booleans(),
)
@limited(max_examples=examples(5), deadline=None)
def test_all_that_arrived_is_kept_whatever_became_of_the_derived_parts(
    fates: dict[str, str], is_killed: bool, original: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:  # fmt: skip
    root = tmp_path_factory.mktemp("mixed") / "root"
    shutil.copytree(original, root, symlinks=True)
    harness = WarehouseHarness(root)
    before = set(harness.articles().values())
    harness.drop("more.jsonl", records(1, url="https://a.example/b") + ODD.replace("Mus", "Lyc"))
    if is_killed:
        archive_files.archive_new(harness.settings, [], "killed")
        harness.stage(run_id="killed")
    for part, fate in fates.items():
        apply(harness.settings.home, part, fate, {"older": root / "yesterday"})
    harness.ingest()
    assert set(harness.articles().values()) == before
    assert harness.quarantine() == {"empty.txt": "empty"} | dict.fromkeys(
        ["dump.jsonl", "more.jsonl"], "unmapped"
    )
    assert not [f for f in examine(harness.settings) if f.part == "state" and f.level == "damaged"]
    shutil.rmtree(root)


def test_forgetting_right_after_the_run_state_was_lost_keeps_the_file(
    dumped: WarehouseHarness,
) -> None:
    (article,) = dumped.query(
        "select article_id from loaded.article_sources where source_path = 'dump.jsonl'"
    )
    lose(dumped, "run state", "published")
    dumped.forget(*article)
    dumped.ingest()
    assert article[0] not in dumped.articles()
    assert odd_is_kept(dumped)


def test_a_record_that_became_readable_is_read_by_a_retry_after_all_was_lost(
    dumped: WarehouseHarness,
) -> None:
    lose(dumped, "run state", "staging")
    add_mapping(dumped)
    dumped.ingest()
    assert odd_is_kept(dumped)
    retry(dumped)
    assert story(99) in dumped.articles().values()


@pytest.mark.parametrize("part", ["build", "run state", "staging"])
def test_a_part_of_before_a_rebuild_is_noticed(dumped: WarehouseHarness, part: str) -> None:
    shutil.copytree(dumped.settings.home, dumped.root / "before", symlinks=True)
    add_mapping(dumped)
    low = replace(dumped.settings.limits, article_chars=len(story(1)) - 1)
    settings = replace(dumped.settings, limits=low)
    rebuild.clear_for_rebuild(settings)
    stage_articles.stage_new(settings, Words, "rebuild")
    dumped.load()
    rejected, articles = dumped.quarantine(), dumped.articles()
    assert rejected
    put_back(dumped.settings.home, part, dumped.root / "before")
    archive_files.archive_new(settings, [], "again")
    stage_articles.stage_new(settings, Words, "again")
    dumped.load()
    assert (dumped.quarantine(), dumped.articles()) == (rejected, articles)
    assert is_sound(examine(dumped.settings))


def test_lost_staging_is_restored_as_it_was_loaded(harness: WarehouseHarness) -> None:
    """A limit that was lowered shifts the numbers of the items behind what it rejects."""
    member = "[" + ",".join(records(2).splitlines()) + "]"
    others = {f"{n}.json": records(9).splitlines()[n] for n in (5, 6)}
    harness.drop("a.zip", files.zipped({"a.json": member, **others}))
    harness.ingest()
    before = harness.articles()
    shutil.rmtree(harness.settings.extracted)
    low = replace(harness.settings.limits, document_bytes=700)
    settings = replace(harness.settings, limits=low)
    assert len(member) > 700
    archive_files.archive_new(settings, [], "low")
    stage_articles.stage_new(settings, Words, "low")
    harness.load()
    assert (harness.articles(), harness.quarantine()) == (before, {})
    first, *rest = before
    harness.forget(first)
    harness.ingest()
    assert set(harness.articles()) == set(rest)


def test_a_member_over_a_limit_is_read_whole_once_the_limit_is_raised(
    harness: WarehouseHarness,
) -> None:
    member = "[" + ",".join(records(3).splitlines()) + "]"
    harness.drop("a.zip", files.zipped({"a.json": member, "f.txt": text(story(9))}))
    settings = replace(
        harness.settings, limits=replace(harness.settings.limits, document_bytes=700)
    )
    archive_files.archive_new(settings, [], "low")
    stage_articles.stage_new(settings, Words, "low")
    harness.load()
    assert harness.quarantine() == {"a.zip": "too_large"}
    shutil.rmtree(harness.settings.extracted)
    harness.ingest()
    retry(harness)
    assert set(harness.articles().values()) == {story(n) for n in (0, 1, 2, 9)}


def test_the_doctor_names_a_file_that_is_accounted_for_nowhere(harness: WarehouseHarness) -> None:
    harness.drop("a.txt", text(story(1)))
    harness.drop("b.txt", "")
    harness.ingest()
    with harness.state.transaction() as con:
        con.execute("delete from quarantine")
    (finding,) = [f for f in examine(harness.settings) if f.part == "state" and f.level != "sound"]
    assert (finding.level, "b.txt" in finding.what) == ("damaged", True)
    list(repair.repair(harness.settings, lambda: None))
    harness.stage()
    assert harness.quarantine() == {"b.txt": "empty"}
    assert len(list(RawArchive(harness.settings.raw).entries())) == 3


def test_the_same_name_in_another_inbox_replaces_nothing(harness: WarehouseHarness) -> None:
    first = harness.drop("dump.jsonl", records(1) + ODD)
    harness.ingest()
    other = harness.root / "other"
    other.mkdir()
    (other / "dump.jsonl").write_text(text(story(5)))
    second = replace(harness.settings, inbox=other)
    archive_files.archive_new(second, [], "second")
    stage_articles.stage_new(second, Words, "second")
    harness.load()
    assert harness.quarantine() == {"dump.jsonl": "unmapped"}
    assert set(harness.articles().values()) == {story(0), story(5)}
    first.write_text(records(1))
    harness.ingest()
    assert harness.quarantine() == {}, "its own bytes were replaced"


def test_an_inbox_that_was_moved_is_the_same_inbox(harness: WarehouseHarness) -> None:
    harness.drop("dump.jsonl", records(1) + ODD)
    harness.ingest()
    moved = replace(harness.settings, inbox=harness.root / "moved")
    harness.inbox.rename(harness.root / "moved")
    (harness.root / "moved" / "dump.jsonl").write_text(records(1))
    archive_files.archive_new(moved, [], "second")
    stage_articles.stage_new(moved, Words, "second")
    assert harness.quarantine() == {}


def test_a_retry_says_that_bytes_are_lost_and_an_accepted_loss_removes_the_item(
    harness: WarehouseHarness,
) -> None:
    harness.drop("a.txt", text(story(1)))
    harness.ingest()
    harness.drop("b.txt", "").rename(harness.root / "b.txt")
    archive_files.archive_new(harness.settings, [harness.root / "b.txt"], "run")
    harness.stage()
    assert list(harness.quarantine().values()) == ["empty"]
    cut(harness.settings.home, 1)
    accept_loss(harness)
    assert harness.quarantine() == {}
    harness.ingest()
    with harness.state.transaction() as con:
        con.execute(
            "insert into quarantine (source_sha256, source_path, item, reason, detail, remedy, "
            "first_seen_at, run_id) values ('00', 'c.txt', 0, 'empty', '', '', '2025-01-01', 'run')"
        )
    said: list[str] = []
    retry_quarantined.retry(harness.settings, [], "retry", lambda stage, *_: said.append(stage))
    assert said == ["warning: c.txt is not in the archive any more: put it into the inbox again"]


@pytest.mark.parametrize("is_state_lost", [False, True])
def test_a_lost_archive_is_restored_with_folders_that_end_with_an_exclamation_mark(
    harness: WarehouseHarness, is_state_lost: bool
) -> None:
    harness.drop("Breaking!/a.txt", text(story(1)))
    harness.drop("Breaking!/b.zip", files.zipped({"c.txt": text(story(2))}))
    harness.ingest()
    before = [e.source_path for e in RawArchive(harness.settings.raw).entries()]
    lose(harness, "archive", *(["run state"] if is_state_lost else []))
    list(repair.repair(harness.settings, lambda: None))
    assert [e.source_path for e in RawArchive(harness.settings.raw).entries()] == before
