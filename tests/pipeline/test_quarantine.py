"""A bad file stops nothing and is never lost: it is set aside, with the reason and the remedy."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import pytest
from formats import files

from etl.domain import Article, Extraction
from etl.pipeline import ingest, quarantine
from etl.storage import inbox
from etl.storage.run_state import Rejected
from pipeline.test_formats import records
from pipeline.warehouse_harness import Words, World, story, text


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
        ingest.archive_new(world.settings, [], "run")
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
    ingest.archive_new(world.settings, [kept], "run")
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
    ingest.archive_new(world.settings, [], "run")
    shutil.rmtree(world.settings.raw / "objects")
    with pytest.raises(Exception, match="restore this file from a backup"):
        world.stage()


def test_a_path_that_does_not_exist_is_refused(world: World) -> None:
    with pytest.raises(ingest.InputError, match="does not exist"):
        ingest.archive_new(world.settings, [world.root / "nowhere"], "run")


# One row an item, and another try


def test_one_bad_record_among_many_is_one_row(world: World) -> None:
    lines = records(600).splitlines()
    lines[423] = '{"title": "cut off'
    world.drop("a.jsonl", "\n".join(lines))
    rows = ["title,text,date"] + [f"Story {n},{story(n)},2025-03-01" for n in range(600)]
    rows[577] += ",one,cell,more"
    world.drop("b.csv", "\n".join(rows))
    ingest.archive_new(world.settings, [], "run")
    assert world.stage().articles == 2 * 599
    first, second = world.state.quarantine()
    assert (first.source_path, first.item, first.reason) == ("a.jsonl", 423, "malformed")
    assert first.detail.startswith("line 424: ")
    assert (second.source_path, second.item, second.reason) == ("b.csv", 576, "malformed")
    assert "(line 578)" in second.detail
    assert (look_at(world, first).excerpt, look_at(world, first).is_record) == (
        b'{"title": "cut off\n',
        True,
    )
    assert look_at(world, second).excerpt.endswith(b",one,cell,more\n")


def look_at(world: World, item: Rejected) -> quarantine.Look:
    seen = quarantine.look(world.settings, item)
    assert seen is not None
    return seen


def retry(world: World, *ids: str, words: Words | None = None, run_id: str = "again") -> None:
    world.state.start_run(run_id, "retry", "words")
    ingest.retry(world.settings, ids, run_id)
    world.stage(words, run_id=run_id)
    world.load(run_id=run_id)


def test_what_a_mapping_mends_is_read_and_nothing_else_is_read_again(world: World) -> None:
    odd = json.dumps({"kop": "Odd One Out", "tekst": story(99), "dag": "2025-03-02"})
    path = world.drop("a.jsonl", records(3) + odd + "\n")
    world.drop("b.txt", "")
    world.ingest()
    path.unlink()
    before = world.query("from loaded.article_sources order by all")
    unmapped = next(r for r in world.state.quarantine() if r.reason == "unmapped")
    world.settings.field_mappings.parent.mkdir(parents=True, exist_ok=True)
    world.settings.field_mappings.write_text(
        "- {needs: [kop], headline: kop, body: tekst, date: dag}\n"
    )
    assert look_at(world, unmapped).is_read_today

    words = Words()
    retry(world, unmapped.quarantine_id, words=words)
    assert words.calls == [1]
    assert world.quarantine() == {"b.txt": "empty"}
    assert story(99) in world.articles().values()
    now = world.query("from loaded.article_sources order by all")
    assert len(now) == 4
    assert set(before) < set(now)
    tried = [a for a in world.state.attempts() if a.quarantine_id == unmapped.quarantine_id]
    assert [(a.run_id, a.outcome) for a in tried] == [("run", "unmapped"), ("again", "read")]
    assert [a.quarantine_id for a in world.state.attempts(is_left=True)] == [unmapped.quarantine_id]

    articles = world.articles()
    world.rebuild()
    assert world.articles() == articles
    assert world.query("select count(*) from loaded.article_sources") == [(4,)]


def test_what_fails_again_stays_with_one_more_attempt(world: World) -> None:
    world.drop("a.txt", "")
    world.drop("b.txt", text(story(1)))
    world.ingest()
    (before,) = world.state.quarantine()
    retry(world)
    (after,) = world.state.quarantine()
    assert after == replace(before, attempts=2)
    retry(world, before.quarantine_id, run_id="and again")
    assert world.state.quarantine()[0].attempts == 3
    world.ingest(run_id="a usual night")
    assert world.state.quarantine()[0].attempts == 3, "it was not read again"
    world.drop("a.txt", text(story(2)))
    world.ingest(run_id="mended")
    assert world.quarantine() == {}
    assert world.state.attempts(run_id="mended")[0].outcome == "replaced"
    with pytest.raises(ingest.InputError, match="not in quarantine"):
        retry(world, before.quarantine_id)


def test_a_text_that_a_mended_extractor_can_read(world: World) -> None:
    for name, number in (("a.txt", 1), ("b.txt", 2)):
        world.drop(name, text(story(number)))
    world.ingest(Words(fails_on="Person2"))
    assert world.quarantine() == {"b.txt": "extraction_failed"}
    retry(world)
    assert (world.quarantine(), len(world.articles())) == ({}, 2)


def test_what_could_not_be_opened_is_looked_for_where_it_was(world: World) -> None:
    for name in ("pipe.txt", "other.txt"):
        os.mkfifo(world.inbox / name)
    world.ingest()
    for name in ("pipe.txt", "other.txt"):
        (world.inbox / name).unlink()
    world.drop("pipe.txt", text(story(1)))
    world.drop("new.txt", text(story(2)))
    retry(world)
    assert world.quarantine() == {}
    assert list(world.articles().values()) == [story(1)], "new files are for the next ingest"
    assert {a.outcome for a in world.state.attempts(is_left=True)} == {"gone"}


# Handing out what was rejected


def test_an_export_harms_nobody_whatever_the_names(world: World, tmp_path: Path) -> None:
    names = ["a/../../x", "-rf", "two\nlines", "=cmd|'/C calc'!A0", "C:\\x\\..\\y", "~", "Ångström"]
    for number, name in enumerate(names):
        world.drop(name.replace("/", "\N{FRACTION SLASH}"), b"\x00" + bytes([number]))
    world.drop("pack.zip", files.zipped({"../../../evil.jsonl": records(2) + "{broken\n"}))
    world.drop("@sum.jsonl", '{"broken\n' + records(1) + "\x1b]0;x\x07{no json\n")
    os.mkfifo(world.inbox / "pipe")
    world.ingest()
    items = world.state.quarantine()
    folder = tmp_path / "out"
    quarantine.export_items(world.settings, items, folder)
    written = {path.name: path.read_bytes() for path in folder.iterdir()}
    index = list(csv.DictReader(io.StringIO(written.pop("index.csv").decode())))
    assert len(index) == len(items) == len(names) + 4
    assert set(written) == {row["file"] for row in index} - {""}
    assert all(re.fullmatch(r"[0-9a-f]{15}-[\w.-]*", name) for name in written)
    assert not any(str(value)[:1] in "=+-@" for row in index for value in row.values() if value)
    by_source = {r["source_path"].lstrip("'"): r for r in index}
    assert by_source["pipe"]["file"] == ""
    lines = [written[r["file"]] for r in index if r["source_path"] == "'@sum.jsonl"]
    assert sorted(lines) == [b"\x1b]0;x\x07{no json\n", b'{"broken\n'], "the records alone"
    assert written[by_source["pack.zip"]["file"]] == b"{broken\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home", "inbox", "out"]
    with pytest.raises(FileExistsError, match="not empty"):
        quarantine.export_items(world.settings, items, folder)
