"""What makes an ingest due: a look of the schedule finds it without a run."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from etl.pipeline import due
from etl.settings import REPOSITORY, Settings
from etl.storage import inbox
from etl.storage.inbox import Scan
from etl.storage.run_state import State
from etl.storage.writer_lock import WriterLock
from etl.warehouse import build_db

ARTICLE = "Lusarte visits Skerrow\n\nBy Caio Ferrand\n\nSKERROW – Amaro Lusarte came to Skerrow.\n"


@pytest.fixture
def settings(samples: Path, tmp_path: Path) -> Settings:
    """The samples as `make run` left them, with their inbox."""
    home = tmp_path / "home"
    shutil.copytree(samples, home, symlinks=True)
    return Settings.from_env(
        {"NEWSACTORS_HOME": str(home), "NEWSACTORS_INBOX": str(REPOSITORY / "seeds" / "articles")}
    )


def elsewhere(settings: Settings, name: str = "") -> Settings:
    """The same warehouse with another inbox, which holds one file if it is named."""
    other = settings.home.parent / "other"
    other.mkdir()
    if name:
        (other / name).write_text(ARTICLE)
        os.utime(other / name, (1, 1))
    return replace(settings, inbox=other)


def test_nothing_is_due_after_an_ingest(settings: Settings) -> None:
    assert due.reason_to_ingest(settings) is None
    assert due.reason_to_ingest(elsewhere(settings)) is None


def test_a_new_file_is_due_also_while_it_is_still_being_written(settings: Settings) -> None:
    other = elsewhere(settings, "new.txt")
    assert due.reason_to_ingest(other) == f"1 new file in {other.inbox}"
    young = replace(other, settle_seconds=1e12)
    assert due.reason_to_ingest(young) == "1 file still being written"


def drop_archive(settings: Settings) -> None:
    settings.raw.rename(settings.home / "gone")


def drop_build(settings: Settings) -> None:
    settings.build_file.unlink()


def drop_published(settings: Settings) -> None:
    settings.published.unlink()


def change_loaded(settings: Settings) -> None:
    with build_db.open_build(settings.build_file) as con:
        build_db.new_generation(con)


def fail(settings: Settings) -> None:
    state = State(settings.state_file)
    state.start_run("failed", "ingest", "test")
    state.finish_run("failed", "no space left")


def forget_state(settings: Settings) -> None:
    settings.state_file.unlink()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (drop_archive, "ends with line 0, but the"),
        (drop_build, "there is no build file"),
        (drop_published, "the published file is not up to date"),
        (change_loaded, "the published file is not up to date"),
        (fail, "the last ingest: failure"),
        (forget_state, "nothing was ingested yet"),
    ],
)
def test_what_a_run_would_mend_or_refuse_is_due(
    settings: Settings, change: Callable[[Settings], None], reason: str
) -> None:
    change(settings)
    found = due.reason_to_ingest(settings)
    assert found is not None
    assert reason in found


def test_while_another_process_writes_a_run_is_queued(settings: Settings) -> None:
    with WriterLock(settings):
        found = due.reason_to_ingest(settings)
    assert found == "another process is writing, so what is due can't be seen"


def test_a_file_that_cannot_be_opened_is_due_once(settings: Settings) -> None:
    other = elsewhere(settings)
    assert isinstance(other.inbox, Path)
    (other.inbox / "link.txt").symlink_to("/etc/hostname")
    scan = due.list_inbox(other)
    (candidate,) = scan.ready
    assert due.reason_to_ingest(other) == f"1 new file in {other.inbox}"
    from etl.pipeline.archive_files import archive_new

    archived = archive_new(other, [], "a run")
    assert archived.quarantined == 1
    assert due.new_files(other, scan) == []
    reason = due.reason_to_ingest(other)
    assert reason == "the published file is not up to date"  # it lacks the item
    candidate_path = other.inbox / candidate.source_path
    candidate_path.unlink()
    assert due.reason_to_ingest(other) == "1 file of the quarantine gone from the inbox"


def test_a_listing_that_takes_too_long_is_left_to_the_run(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered = threading.Event()

    def slow_scan(*_: object, **__: object) -> Scan:  # as of a store that doesn't answer
        answered.wait(60)
        return Scan()

    monkeypatch.setattr(inbox, "scan", slow_scan)
    reason = due.reason_to_ingest(settings, seconds=0.2)
    assert reason == f"listing {settings.inbox} takes longer than 0.2 s"
    before = threading.active_count()
    assert due.reason_to_ingest(settings, seconds=60) is not None  # at once: one listing at a time
    assert threading.active_count() == before
    answered.set()
