"""A bad file stops nothing and is never lost: it is set aside, with the reason and the remedy."""

from __future__ import annotations

import os
import shutil
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import pytest

from etl import intake
from etl.model import Article, Extraction
from etl.store import inbox
from pipeline.world import Words, World, story, text


def test_each_bad_file_is_set_aside_and_the_rest_is_ingested(world: World) -> None:
    world.drop("good.txt", text(story(1)))
    world.drop("empty.txt", "")
    world.drop("binary.txt", b"\x7fELF\x00\x00\x01")
    world.drop("undecodable.txt", text("Ein Münchner sprach.").encode("utf-16")[:-1])
    world.drop("impossible.txt", text(story(2), day="2025-02-31"))
    os.mkfifo(world.inbox / "pipe.txt")
    world.ingest()
    found = world.quarantine()
    assert found.pop("undecodable.txt") in ("undecodable", "binary")
    assert found == {
        "empty.txt": "empty",
        "binary.txt": "binary",
        "impossible.txt": "impossible_date",
        "pipe.txt": "unreadable",
    }
    assert all(r.detail and r.remedy and r.run_id == "run" for r in world.state.quarantine())
    assert list(world.articles().values()) == [story(1)]
    assert world.state.runs()[0].quarantined == 5
    world.ingest(run_id="again")
    assert world.state.runs()[0].quarantined == 0, "counted when it came"


@pytest.mark.parametrize("batch_articles", [1, 500])
def test_a_mended_file_leaves_the_quarantine(tmp_path: Path, batch_articles: int) -> None:
    world = World(tmp_path, batch_articles)
    for content in ("", text(story(1))):
        world.drop("a.txt", content)
        intake.archive_new(world.settings, [], "run")
    world.stage()
    assert world.quarantine() == {}
    world.drop("a.txt", "")
    world.ingest()
    assert world.quarantine() == {"a.txt": "empty"}
    world.rebuild()
    assert world.quarantine() == {"a.txt": "empty"}
    assert list(world.articles().values()) == [story(1)], "what was read before stays"


def test_what_cannot_be_opened_leaves_when_mended_or_taken_away(world: World) -> None:
    os.mkfifo(world.inbox / "pipe.txt")
    (world.inbox / "link").symlink_to("/")
    kept = world.drop("kept.txt", text(story(1)))
    world.ingest()
    time = kept.stat().st_mtime_ns
    kept.rename(world.root / "elsewhere")
    kept.symlink_to(world.root / "elsewhere")
    os.utime(kept, ns=(time + 1, time + 1))
    world.ingest()
    assert world.quarantine() == dict.fromkeys(["kept.txt", "link", "pipe.txt"], "unreadable")
    kept.unlink()
    (world.root / "elsewhere").rename(kept)
    os.utime(kept, ns=(time, time))
    (world.inbox / "link").unlink()
    intake.archive_new(world.settings, [kept], "run")
    assert world.quarantine() == dict.fromkeys(["link", "pipe.txt"], "unreadable"), (
        "what was not looked at stays"
    )
    world.ingest()
    assert world.quarantine() == {"pipe.txt": "unreadable"}


def test_a_file_that_vanishes_while_being_read_is_no_trouble(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.drop("a.txt", text(story(1)))
    gone = world.drop("b.txt", text(story(2)))
    opened = inbox.open_file

    def vanish(path: Path, roots: list[Path], max_bytes: int) -> AbstractContextManager[BinaryIO]:
        gone.unlink(missing_ok=True)
        return opened(path, roots, max_bytes)

    monkeypatch.setattr(inbox, "open_file", vanish)
    world.ingest()
    assert (world.quarantine(), len(world.articles())) == ({}, 1)


class Wrong(Words):
    """Yields a mention whose characters are not those of the text."""

    def extract(self, article: Article) -> Extraction:
        found = super().extract(article)
        if "Person2" not in article.body:
            return found
        first, *rest = found.mentions
        return replace(found, mentions=(replace(first, surface="Nobody"), *rest))


@pytest.mark.parametrize("extractor", [Words(fails_on="Person2"), Wrong()])
def test_a_text_on_which_the_extractor_fails_is_set_aside_under_every_name(
    world: World, extractor: Words
) -> None:
    for name, number in (("a.txt", 1), ("b.txt", 2), ("c.txt", 2), ("d.txt", 3)):
        world.drop(name, text(story(number)))
    world.ingest(extractor)
    assert world.quarantine() == dict.fromkeys(["b.txt", "c.txt"], "extraction_failed")
    assert sorted(world.articles().values()) == [story(1), story(3)]
    world.rebuild()
    assert world.quarantine() == {}
    assert len(world.articles()) == 3


def test_a_damaged_archive_stops_the_run_and_says_where(world: World) -> None:
    world.drop("a.txt", text(story(1)))
    intake.archive_new(world.settings, [], "run")
    shutil.rmtree(world.settings.raw / "objects")
    with pytest.raises(Exception, match="restore this file from a backup"):
        world.stage()


def test_a_path_that_does_not_exist_is_refused(world: World) -> None:
    with pytest.raises(intake.InputError, match="does not exist"):
        intake.archive_new(world.settings, [world.root / "nowhere"], "run")
