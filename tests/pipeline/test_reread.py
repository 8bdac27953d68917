"""After an upgrade, archived files are read again: ids are kept or redirect, decisions hold.

What an older version read is made by reading without the folder `newer_readers`, which holds the
newer reader (see there).
"""

from __future__ import annotations

import io
import os
import random
import shutil
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from suite_length import IS_SOAK

from etl.corrections import csv_file
from etl.corrections.records import record
from etl.pipeline import sandbox
from etl.pipeline.errors import InputError
from etl.pipeline.reread import preview_reread
from etl.pipeline.reread_changes import FileChange
from etl.settings import REPOSITORY
from etl.storage.writer_lock import WriterLock
from etl.warehouse import publish as snapshots
from pipeline import newer_readers
from pipeline import warehouse_harness as program
from pipeline.test_forget import change_mapping, drop_dump, files_with, id_of
from pipeline.test_quarantine import retry
from pipeline.warehouse_harness import Rows, WarehouseHarness, story, text

NEWER = Path(str(newer_readers.__path__[0]))
Upgrade = Callable[[str], None]


def document(number: int, *bodies: str) -> str:
    """Return a document of an export; it holds several articles if several bodies are given."""
    parts = "\n* * *\n".join(f"Headline {body[:9]}\n{body}" for body in bodies)
    return f"Document {number} of 3 in the Gazette\n{parts}\n"


def export(*numbers: int) -> str:
    return "\n".join(document(n, story(n)) for n in numbers)


@pytest.fixture
def upgrade(monkeypatch: pytest.MonkeyPatch) -> Iterator[Upgrade]:
    """Let files be read by the newer reader of this version from now on."""

    def to(version: str) -> None:
        monkeypatch.setenv("GAZETTE", version)
        monkeypatch.setattr(sys, "path", [str(NEWER), *sys.path])
        sandbox._end_all()

    yield to
    sandbox._end_all()


@pytest.fixture
def harness(tmp_path: Path) -> WarehouseHarness:
    """A warehouse without models, which takes a tenth of the time."""
    return WarehouseHarness(tmp_path)


def ingest(harness: WarehouseHarness) -> None:
    """Ingest, and publish what is loaded."""
    harness.ingest()
    publish(harness)


def publish(harness: WarehouseHarness) -> None:
    with WriterLock(harness.settings):
        snapshots.publish(harness.settings, "run", {})


def correct(harness: WarehouseHarness, action: str, **arguments: str) -> None:
    csv_file.append(
        harness.settings,
        lambda rows: record(action, arguments.items(), because="checked", author="me"),
    )


def redirects(harness: WarehouseHarness) -> set[tuple[str, str]]:
    return set(harness.query("select old_article_id, article_id from loaded.article_redirects"))


def changes(harness: WarehouseHarness, *formats: str) -> list[FileChange]:
    return list(preview_reread(harness.settings, formats))


def fates(change: FileChange) -> list[tuple[str, int]]:
    return [(former.fate, len(former.becomes)) for former in change.former]


def contents(harness: WarehouseHarness) -> tuple[Rows, dict[str, str]]:
    return harness.loaded(), harness.quarantine()


def test_an_export_read_as_one_article_becomes_its_articles_and_the_id_leads_to_them(
    harness: WarehouseHarness, upgrade: Upgrade
) -> None:
    harness.drop("export.txt", export(1, 2, 3))
    harness.drop("other.txt", text(story(4)))
    ingest(harness)
    old, other = id_of(harness, "story 2"), id_of(harness, "story 4")
    upgrade("2")
    (shown,) = changes(harness)
    assert (shown.path, shown.before, shown.after) == ("export.txt", 1, 3)
    assert fates(shown) == [("splits", 3)]
    harness.reread()
    parts = {id_of(harness, f"story {n}") for n in (1, 2, 3)}
    assert set(harness.articles()) == {*parts, other}
    assert redirects(harness) == {(old, part) for part in parts}
    assert set(shown.former[0].becomes) == parts, "as the dry run said"
    assert harness.query(
        "select old_article_id, count(*), sum(share_of_text) between 0.8 and 1 "
        "from loaded.article_redirects group by 1"
    ) == [(old, 3, True)]


def test_a_dry_run_writes_nothing(harness: WarehouseHarness, upgrade: Upgrade) -> None:
    harness.drop("export.txt", export(1, 2, 3))
    ingest(harness)
    upgrade("2")

    def state() -> dict[str, int]:
        return {str(p): p.stat().st_mtime_ns for p in harness.settings.home.rglob("*")
                if p.is_file() and "state.sqlite" not in p.name}  # fmt: skip

    before = state()
    assert changes(harness)
    assert state() == before


def test_a_second_reread_changes_nothing_and_a_rebuild_leads_to_the_same(
    harness: WarehouseHarness, upgrade: Upgrade
) -> None:
    harness.drop("export.txt", export(1, 2, 3))
    harness.drop("bad.txt", b"\x00")
    ingest(harness)
    upgrade("2")
    harness.reread()
    before, manifest = contents(harness), harness.settings.raw / "manifest.jsonl"
    lines = manifest.read_bytes()
    publish(harness)
    assert changes(harness) == []
    assert harness.reread().changes == []
    assert contents(harness) == before
    harness.rebuild()
    assert contents(harness) == before
    assert manifest.read_bytes() == lines


def test_only_files_of_the_chosen_format_are_read_again(
    harness: WarehouseHarness, upgrade: Upgrade
) -> None:
    harness.drop("export.txt", export(1, 2))
    ingest(harness)
    upgrade("2")
    assert changes(harness, "html") == []
    assert len(changes(harness, "gazette")) == len(changes(harness, "text")) == 1


def test_an_article_that_is_read_better_keeps_its_id_and_its_corrections(
    harness: WarehouseHarness, upgrade: Upgrade
) -> None:
    upgrade("1")
    harness.drop("export.txt", export(1, 2))
    ingest(harness)
    first, second = id_of(harness, "story 1"), id_of(harness, "story 2")
    correct(harness, "article", article=first, date="2025-04-04")
    harness.load()
    upgrade("2")
    (shown,) = changes(harness)
    assert fates(shown) == [("changes", 1), ("changes", 1)]
    harness.reread()
    assert set(harness.query("select article_id, headline from loaded.article_versions")) == {
        (first, "Headline Person1 s"),
        (second, "Headline Person2 s"),
    }
    assert harness.query(
        "select article_id, published_on::varchar from loaded.article_overrides"
    ) == [(first, "2025-04-04")]
    assert redirects(harness) == set()
    before = contents(harness)
    harness.rebuild()
    assert contents(harness) == before


def test_a_rebuild_after_an_upgrade_keeps_ids_and_redirects_too(
    harness: WarehouseHarness, upgrade: Upgrade
) -> None:
    upgrade("1")
    harness.drop("export.txt", document(1, story(1)) + document(2, story(2), story(3)))
    ingest(harness)
    first, both = id_of(harness, "story 1"), id_of(harness, "story 2")
    upgrade("2")
    harness.rebuild()
    assert id_of(harness, "story 1") == first
    parts = {id_of(harness, "story 2"), id_of(harness, "story 3")}
    assert redirects(harness) == {(both, part) for part in parts}


def test_corrections_of_an_article_that_splits_hold_for_its_parts_or_say_why_not(
    harness: WarehouseHarness, upgrade: Upgrade
) -> None:
    harness.drop("export.txt", export(1, 2))
    harness.drop("other.txt", text("Person1 was elsewhere. " + story(4)))
    ingest(harness)
    old = id_of(harness, "story 2")
    ((actor,),) = harness.query(
        "select distinct entity_id from loaded.actor_links join loaded.text_actors "
        "using (text_actor_id) where name = 'Person1'"
    )
    correct(harness, "split", actor=actor, article=old)
    correct(harness, "article", article=old, date="2025-04-04")
    harness.load()
    upgrade("2")
    harness.reread()
    (split, dated) = harness.query(
        "select action, status, detail from loaded.corrections order by position"
    )
    assert split == ("split", "applied", None)
    assert dated[:2] == ("article", "idle")
    assert "is 2 articles now" in dated[2]
    assert harness.query("select article_id from loaded.article_overrides") == [(old,)]
    with pytest.raises(InputError, match=r"is 2 now; forget \w+ and \w+"):
        harness.forget(old)


def test_an_article_that_another_file_holds_too_leads_to_it_with_its_correction(
    harness: WarehouseHarness, upgrade: Upgrade
) -> None:
    upgrade("1")
    harness.drop("export.txt", document(1, story(1)))
    harness.ingest()
    upgrade("2")
    harness.drop("other.txt", document(1, story(1)) + document(2, story(2)))
    ingest(harness)
    ids = {i for i, body in harness.articles().items() if "story 1" in body}
    assert len(ids) == 2
    old = next(i for i in ids if "Headline" in harness.articles()[i])
    (new,) = ids - {old}
    correct(harness, "article", article=old, outlet="The Other")
    harness.load()
    harness.reread()
    assert redirects(harness) == {(old, new)}
    assert harness.query("select article_id, outlet from loaded.article_overrides") == [
        (old, "The Other"), (new, "The Other"),
    ]  # fmt: skip


SECRET = "Quixotry said “never again”. " + story(8)


@pytest.mark.parametrize("how", ["reread", "rebuild"])
def test_a_forgotten_article_does_not_come_back_because_it_is_read_better_or_split(
    harness: WarehouseHarness, upgrade: Upgrade, how: str
) -> None:
    upgrade("1")
    harness.drop(
        "export.txt",
        document(1, story(1), story(5)) + document(2, story(2)) + document(3, SECRET, story(9)),
    )
    ingest(harness)
    harness.forget(id_of(harness, "Quixotry"))
    harness.load()
    kept = id_of(harness, "story 2")
    upgrade("2")
    (shown,) = changes(harness)
    assert shown.withheld == 2
    harness.reread() if how == "reread" else harness.rebuild()
    texts = " ".join(harness.articles().values())
    assert "Quixotry" not in texts and "story 9" not in texts
    for number in (1, 2, 5):
        assert f"story {number}" in texts, "the places of the others moved"
    assert id_of(harness, "story 2") == kept
    harness.rebuild()
    assert "Quixotry" not in " ".join(harness.articles().values())
    harness.drop("again.txt", (harness.inbox / "export.txt").read_text() + "\n")
    harness.ingest()
    assert "Quixotry" not in " ".join(harness.articles().values()), "in other bytes"


def retry_all(harness: WarehouseHarness) -> None:
    retry(harness)


def same_bytes_under_another_name(harness: WarehouseHarness) -> None:
    shutil.copy(harness.inbox / "export.zip", harness.inbox / "copy.zip")
    harness.ingest()


def lose_staging_and_run_state(harness: WarehouseHarness) -> None:
    shutil.rmtree(harness.settings.extracted)
    harness.settings.state_file.unlink()
    harness.ingest()


def restore_the_archive_alone(harness: WarehouseHarness) -> None:
    raw = harness.settings.raw
    shutil.copytree(raw, harness.root / "backup")
    shutil.rmtree(harness.settings.home)
    shutil.copytree(harness.root / "backup", raw)
    harness.ingest()


COMES_AGAIN = [
    retry_all, same_bytes_under_another_name, lose_staging_and_run_state, restore_the_archive_alone,
]  # fmt: skip


@pytest.mark.parametrize("come_again", COMES_AGAIN)
def test_after_an_upgrade_a_forgotten_text_comes_back_by_no_path(
    harness: WarehouseHarness,
    upgrade: Upgrade,
    come_again: Callable[[WarehouseHarness], None],
) -> None:
    """Before the first reread: today's readers split what the tombstone knows as one article."""
    upgrade("1")
    others = document(1, story(1), story(5)) + document(2, story(2))
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("a.txt", text(story(6)))
        archive.writestr("b.txt", others + document(3, story(9), SECRET))
        archive.writestr("c.txt", b"\x00")
    harness.drop("export.zip", data.getvalue())
    ingest(harness)
    harness.forget(id_of(harness, "Quixotry"))
    harness.load()
    publish(harness)
    upgrade("2")
    come_again(harness)
    publish(harness)
    # Of a restored archive nothing says which texts the others were.
    kept = set() if come_again is restore_the_archive_alone else {1, 2, 5, 6}

    def stories() -> set[int]:
        read = " ".join(harness.articles().values())
        return {number for number in range(10) if f"story {number}" in read}

    assert stories() == kept
    harness.reread()
    assert stories() == kept
    harness.rebuild()
    assert stories() == kept


def test_a_forgotten_text_in_other_bytes_stays_forgotten_after_an_upgrade(
    harness: WarehouseHarness, upgrade: Upgrade
) -> None:
    harness.drop("export.txt", document(3, story(9), SECRET))
    ingest(harness)
    harness.forget(id_of(harness, "Quixotry"))
    harness.load()
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("a.txt", text(story(6)))
        archive.writestr("b.txt", document(3, story(9), SECRET))
    harness.drop("pack.zip", data.getvalue())
    ingest(harness)
    upgrade("2")
    harness.reread()
    assert [body[:7] for body in harness.articles().values()] == ["Person6"]


def test_what_was_rejected_is_read_as_long_as_the_forgotten_text_is_read_as_it_was(
    harness: WarehouseHarness, upgrade: Upgrade
) -> None:
    """Another mapping changes headline and outlet; a reread agrees with the retry."""
    harness.forget(drop_dump(harness))
    harness.load()
    publish(harness)
    change_mapping(harness)
    assert [change.withheld for change in changes(harness)] == [0]
    retry(harness)
    harness.reread()
    assert set(harness.articles().values()) == {story(1), story(99)}


def test_a_forgotten_member_that_is_an_export_stays_unread(
    harness: WarehouseHarness, upgrade: Upgrade
) -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("a.txt", text(story(1)))
        archive.writestr("b.txt", export(2, 3))
    harness.drop("dump.zip", data.getvalue())
    ingest(harness)
    harness.forget(id_of(harness, "story 2"))
    harness.load()
    upgrade("2")
    harness.reread()
    harness.rebuild()
    assert [body[:7] for body in harness.articles().values()] == ["Person1"]


def test_what_a_reread_replaced_is_forgotten_with_the_article(
    harness: WarehouseHarness, upgrade: Upgrade
) -> None:
    upgrade("1")
    harness.drop("export.txt", document(1, SECRET) + document(2, story(2)))
    ingest(harness)
    upgrade("2")
    harness.reread()
    harness.forget(id_of(harness, "Quixotry"))
    harness.load()
    left = files_with("Quixotry", harness.settings.home)
    assert {path.split("/")[0] for path in left} <= {"raw", "snapshots"}, (
        "the file holds another article, and nothing was published since"
    )
    harness.drop("copy.txt", document(7, SECRET))
    harness.ingest()
    assert "Quixotry" not in " ".join(harness.articles().values())


def run(harness: WarehouseHarness, die_at: int) -> int | None:
    done = subprocess.run(
        [sys.executable, str(program.__file__), str(harness.root), "reread", str(die_at)],
        capture_output=True, text=True,
        env=os.environ | {"GAZETTE": "2", "PYTHONPATH": f"{NEWER}{os.pathsep}{REPOSITORY}"},
    )  # fmt: skip
    if done.returncode == -signal.SIGKILL:
        return None
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


def test_killed_at_any_moment_it_resumes_to_the_same_warehouse(
    harness: WarehouseHarness, tmp_path: Path
) -> None:
    small = WarehouseHarness(tmp_path / "first", batch_articles=2)
    for number in range(3):
        small.drop(f"{number}.txt", export(3 * number + 1, 3 * number + 2))
        small.drop(f"single-{number}.txt", text(story(30 + number)))
    ingest(small)
    undisturbed = copy_of(small, tmp_path / "undisturbed")
    changes_made = run(undisturbed, 0)
    assert changes_made is not None
    expected = contents(undisturbed)
    assert len(expected[0]["article_redirects"]) == 6
    for die_at in moments(changes_made):
        killed = copy_of(small, tmp_path / f"killed-{die_at}")
        assert run(killed, die_at) is None
        resumed = run(killed, 0)
        assert resumed is not None
        assert contents(killed) == expected, die_at
        leftovers = [p for p in killed.settings.home.rglob("*") if p.name.startswith(".new-")]
        assert not leftovers and not (killed.settings.reextraction / "reread").exists()


def copy_of(harness: WarehouseHarness, root: Path) -> WarehouseHarness:
    shutil.copytree(harness.root, root, symlinks=True)
    return WarehouseHarness(root, batch_articles=2)


def moments(count: int) -> list[int]:
    """Return some changes of files, or all in a soak."""
    return list(range(1, count + 1)) if IS_SOAK else sorted(random.sample(range(1, count + 1), 6))
