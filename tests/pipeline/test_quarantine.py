"""A bad file stops nothing and is never lost: it is quarantined with a reason and a remedy."""

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
from etl.pipeline import archive_files, errors, quarantine, retry_quarantined, stage_articles
from etl.storage import inbox
from etl.storage.quarantine import QuarantinedItem
from pipeline.test_formats import records
from pipeline.warehouse_harness import WarehouseHarness, Words, story, text


def test_each_bad_file_is_quarantined_and_the_rest_is_ingested(harness: WarehouseHarness) -> None:
    harness.drop("good.txt", text(story(1)))
    harness.drop("empty.txt", "")
    harness.drop("binary.txt", b"\x7fELF\x00\x00\x01")
    harness.drop("undecodable.txt", text("Ein Münchner sprach.").encode("utf-16")[:-1])
    harness.drop("impossible.txt", text(story(2), day="2025-02-31"))
    os.mkfifo(harness.inbox / "pipe.txt")
    harness.ingest()
    found = harness.quarantine()
    assert found.pop("undecodable.txt") in ("undecodable", "binary")
    assert found == {
        "empty.txt": "empty",
        "binary.txt": "binary",
        "impossible.txt": "impossible_date",
        "pipe.txt": "unreadable",
    }
    assert all(r.detail and r.remedy and r.run_id == "run" for r in harness.state.quarantine())
    assert list(harness.articles().values()) == [story(1)]
    assert harness.state.runs()[0].quarantined == 5
    harness.ingest(run_id="again")
    assert harness.state.runs()[0].quarantined == 0, "counted when it came"


@pytest.mark.parametrize("batch_articles", [1, 500])
def test_a_fixed_file_leaves_the_quarantine(tmp_path: Path, batch_articles: int) -> None:
    harness = WarehouseHarness(tmp_path, batch_articles)
    for content in ("", text(story(1))):
        harness.drop("a.txt", content)
        archive_files.archive_new(harness.settings, [], "run")
    harness.stage()
    assert harness.quarantine() == {}
    harness.drop("a.txt", "")
    harness.ingest()
    assert harness.quarantine() == {"a.txt": "empty"}
    harness.rebuild()
    assert harness.quarantine() == {"a.txt": "empty"}
    assert list(harness.articles().values()) == [story(1)], "what was read before stays"


def test_half_an_emoji_in_one_file_stops_no_run(harness: WarehouseHarness) -> None:
    harness.drop("bad.json", json.dumps({"title": "Back \ud83d...", "text": story(1)}))
    harness.drop("empty.json", json.dumps({"title": "A", "url": "https://a.example/\ud800"}))
    harness.drop("unmapped.json", json.dumps({"kop\ud800": "A", "tekst": story(2)}))
    harness.drop("good.txt", text(story(3)))
    harness.ingest()
    assert set(harness.articles().values()) == {story(1), story(3)}
    assert harness.quarantine() == {"empty.json": "empty", "unmapped.json": "unmapped"}


def test_an_unreadable_file_leaves_when_fixed_or_removed(harness: WarehouseHarness) -> None:
    os.mkfifo(harness.inbox / "pipe.txt")
    (harness.inbox / "link").symlink_to("/")
    kept = harness.drop("kept.txt", text(story(1)))
    harness.ingest()
    time = kept.stat().st_mtime_ns
    kept.rename(harness.root / "elsewhere")
    kept.symlink_to(harness.root / "elsewhere")
    os.utime(kept, ns=(time + 1, time + 1))
    harness.ingest()
    assert harness.quarantine() == dict.fromkeys(["kept.txt", "link", "pipe.txt"], "unreadable")
    kept.unlink()
    (harness.root / "elsewhere").rename(kept)
    os.utime(kept, ns=(time, time))
    (harness.inbox / "link").unlink()
    archive_files.archive_new(harness.settings, [kept], "run")
    assert harness.quarantine() == dict.fromkeys(["link", "pipe.txt"], "unreadable"), (
        "what was not scanned stays"
    )
    harness.ingest()
    assert harness.quarantine() == {"pipe.txt": "unreadable"}


def test_a_file_that_vanishes_while_being_read_causes_no_error(
    harness: WarehouseHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    harness.drop("a.txt", text(story(1)))
    gone = harness.drop("b.txt", text(story(2)))
    opened = inbox.open_file

    def vanish(path: Path, roots: list[Path], max_bytes: int) -> AbstractContextManager[BinaryIO]:
        gone.unlink(missing_ok=True)
        return opened(path, roots, max_bytes)

    monkeypatch.setattr(inbox, "open_file", vanish)
    harness.ingest()
    assert (harness.quarantine(), len(harness.articles())) == ({}, 1)


class Wrong(Words):
    """Returns a mention whose characters differ from the text."""

    def extract(self, article: Article) -> Extraction:
        found = super().extract(article)
        if "Person2" not in article.body:
            return found
        first, *rest = found.mentions
        return replace(found, mentions=(replace(first, surface="Nobody"), *rest))


@pytest.mark.parametrize("extractor", [Words(fails_on="Person2"), Wrong()])
def test_a_text_on_which_the_extractor_fails_is_quarantined_under_every_name(
    harness: WarehouseHarness, extractor: Words
) -> None:
    for name, number in (("a.txt", 1), ("b.txt", 2), ("c.txt", 2), ("d.txt", 3)):
        harness.drop(name, text(story(number)))
    harness.ingest(extractor)
    assert harness.quarantine() == dict.fromkeys(["b.txt", "c.txt"], "extraction_failed")
    assert sorted(harness.articles().values()) == [story(1), story(3)]
    harness.rebuild()
    assert harness.quarantine() == {}
    assert len(harness.articles()) == 3


def test_a_damaged_archive_stops_the_run_with_its_location(harness: WarehouseHarness) -> None:
    harness.drop("a.txt", text(story(1)))
    archive_files.archive_new(harness.settings, [], "run")
    shutil.rmtree(harness.settings.raw / "objects")
    with pytest.raises(Exception, match="restore this file from a backup"):
        harness.stage()


def test_a_path_that_does_not_exist_is_refused(harness: WarehouseHarness) -> None:
    with pytest.raises(errors.InputError, match="does not exist"):
        archive_files.archive_new(harness.settings, [harness.root / "nowhere"], "run")


# One row an item, and another try


def test_one_bad_record_among_many_is_one_row(harness: WarehouseHarness) -> None:
    lines = records(600).splitlines()
    lines[423] = '{"title": "cut off'
    harness.drop("a.jsonl", "\n".join(lines))
    rows = ["title,text,date"] + [f"Story {n},{story(n)},2025-03-01" for n in range(600)]
    rows[577] += ",one,cell,more"
    harness.drop("b.csv", "\n".join(rows))
    archive_files.archive_new(harness.settings, [], "run")
    assert harness.stage().articles == 2 * 599
    first, second = harness.state.quarantine()
    assert (first.source_path, first.item, first.reason) == ("a.jsonl", 423, "malformed")
    assert first.detail.startswith("line 424: ")
    assert (second.source_path, second.item, second.reason) == ("b.csv", 576, "malformed")
    assert "(line 578)" in second.detail
    assert (look_at(harness, first).excerpt, look_at(harness, first).is_record) == (
        b'{"title": "cut off\n',
        True,
    )
    assert look_at(harness, second).excerpt.endswith(b",one,cell,more\n")


def look_at(harness: WarehouseHarness, item: QuarantinedItem) -> quarantine.Look:
    seen = quarantine.look(harness.settings, item)
    assert seen is not None
    return seen


def retry(
    harness: WarehouseHarness, *ids: str, words: Words | None = None, run_id: str = "again"
) -> None:
    harness.state.start_run(run_id, "retry", "words")
    retry_quarantined.retry(harness.settings, ids, run_id)
    harness.stage(words, run_id=run_id)
    harness.load(run_id=run_id)


def test_items_that_a_mapping_fixes_are_read_and_nothing_else_is_read_again(
    harness: WarehouseHarness,
) -> None:
    odd = json.dumps({"kop": "Odd One Out", "tekst": story(99), "dag": "2025-03-02"})
    path = harness.drop("a.jsonl", records(3) + odd + "\n")
    harness.drop("b.txt", "")
    harness.ingest()
    path.unlink()
    before = harness.query("from loaded.article_sources order by all")
    unmapped = next(r for r in harness.state.quarantine() if r.reason == "unmapped")
    harness.settings.field_mappings.parent.mkdir(parents=True, exist_ok=True)
    harness.settings.field_mappings.write_text(
        "- {needs: [kop], headline: kop, body: tekst, date: dag}\n"
    )
    assert look_at(harness, unmapped).is_read_today

    words = Words()
    retry(harness, unmapped.quarantine_id, words=words)
    assert words.calls == [1]
    assert harness.quarantine() == {"b.txt": "empty"}
    assert story(99) in harness.articles().values()
    now = harness.query("from loaded.article_sources order by all")
    assert len(now) == 4
    assert set(before) < set(now)
    tried = [a for a in harness.state.attempts() if a.quarantine_id == unmapped.quarantine_id]
    assert [(a.run_id, a.outcome) for a in tried] == [("run", "unmapped"), ("again", "read")]
    assert [a.quarantine_id for a in harness.state.attempts(is_left=True)] == [
        unmapped.quarantine_id
    ]

    articles = harness.articles()
    harness.rebuild()
    assert harness.articles() == articles
    assert harness.query("select count(*) from loaded.article_sources") == [(4,)]


def test_an_item_that_fails_again_stays_with_one_more_attempt(harness: WarehouseHarness) -> None:
    harness.drop("a.txt", "")
    harness.drop("b.txt", text(story(1)))
    harness.ingest()
    (before,) = harness.state.quarantine()
    retry(harness)
    (after,) = harness.state.quarantine()
    assert after == replace(before, attempts=2)
    retry(harness, before.quarantine_id, run_id="and again")
    assert harness.state.quarantine()[0].attempts == 3
    harness.ingest(run_id="a usual night")
    assert harness.state.quarantine()[0].attempts == 3, "it was not read again"
    harness.drop("a.txt", text(story(2)))
    harness.ingest(run_id="fixed")
    assert harness.quarantine() == {}
    assert harness.state.attempts(run_id="fixed")[0].outcome == "replaced"
    with pytest.raises(errors.InputError, match="not in quarantine"):
        retry(harness, before.quarantine_id)


def test_a_text_that_a_fixed_extractor_can_read(harness: WarehouseHarness) -> None:
    for name, number in (("a.txt", 1), ("b.txt", 2)):
        harness.drop(name, text(story(number)))
    harness.ingest(Words(fails_on="Person2"))
    assert harness.quarantine() == {"b.txt": "extraction_failed"}
    retry(harness)
    assert (harness.quarantine(), len(harness.articles())) == ({}, 2)


def test_a_file_that_could_not_be_opened_is_looked_for_where_it_was(
    harness: WarehouseHarness,
) -> None:
    for name in ("pipe.txt", "other.txt"):
        os.mkfifo(harness.inbox / name)
    harness.ingest()
    for name in ("pipe.txt", "other.txt"):
        (harness.inbox / name).unlink()
    harness.drop("pipe.txt", text(story(1)))
    harness.drop("new.txt", text(story(2)))
    retry(harness)
    assert harness.quarantine() == {}
    assert list(harness.articles().values()) == [story(1)], "new files are for the next ingest"
    assert {a.outcome for a in harness.state.attempts(is_left=True)} == {"gone"}


def test_a_retry_reads_what_a_limit_had_hidden_beside_what_was_read(
    harness: WarehouseHarness,
) -> None:
    """Items that become readable shift the numbers of those behind them, here of one address."""
    first, second, third = (
        f"{line}\n" for line in records(3, url="https://test.example/live").split("\n")[:3]
    )
    inner = files.zipped({"a.jsonl": first + second})
    harness.drop("pack.zip", files.zipped({"1.zip": inner, "b.jsonl": third}))
    shallow = replace(harness.settings.limits, depth=1)
    low = replace(harness.settings, limits=shallow)
    archive_files.archive_new(low, [], "run")
    stage_articles.stage_new(low, Words, "run")
    harness.load()
    texts = harness.query("select body from loaded.article_versions")
    assert texts == [(story(2),)]
    retry(harness)
    assert harness.quarantine() == {}
    texts = harness.query("select body from loaded.article_versions order by 1")
    assert texts == [(story(number),) for number in range(3)]


def test_what_lost_staging_could_read_now_stays_in_quarantine_until_a_retry(
    harness: WarehouseHarness,
) -> None:
    """The rows of these lines are loaded, so staging them again loads nothing."""
    harness.drop("a.jsonl", records(2))
    low = replace(harness.settings, limits=replace(harness.settings.limits, items=1))
    archive_files.archive_new(low, [], "run")
    stage_articles.stage_new(low, Words, "run")
    harness.load()
    shutil.rmtree(harness.settings.extracted)
    harness.ingest()
    assert (harness.quarantine(), len(harness.articles())) == ({"a.jsonl": "too_many"}, 1)
    retry(harness)
    assert (harness.quarantine(), len(harness.articles())) == ({}, 2)


def test_forgetting_an_article_keeps_the_rejected_items_of_its_file(
    harness: WarehouseHarness,
) -> None:
    harness.drop("a.jsonl", records(1) + '{"broken\n')
    harness.ingest()
    (article,) = harness.articles()
    harness.forget(article)
    harness.ingest()
    assert harness.articles() == {}
    assert harness.quarantine() == {"a.jsonl": "malformed"}
    retry(harness)
    assert harness.quarantine() == {"a.jsonl": "malformed"}
    harness.rebuild()
    assert harness.articles() == {}
    assert harness.quarantine() == {"a.jsonl": "malformed"}


@pytest.mark.parametrize("state", ["lost", "older"])
def test_a_lost_or_older_run_state_keeps_the_published_quarantine(
    published: WarehouseHarness, state: str
) -> None:
    file = published.settings.state_file
    yesterday = file.read_bytes()
    published.drop("bad.txt", b"\x00")
    published.drop("good.txt", text(story(20), day="2025-03-20"))
    published.ingest(publish=True, run_id="today")
    before = published.quarantine()
    assert set(before) == {"empty.txt", "bad.txt"}
    file.unlink() if state == "lost" else file.write_bytes(yesterday)
    published.drop("new.txt", text(story(21), day="2025-03-21"))
    published.ingest(publish=True, run_id="tomorrow")
    assert published.quarantine() == before
    assert {"run", "today", "tomorrow"} <= {run.run_id for run in published.state.runs()}


# Handing out what was rejected


def test_an_export_is_harmless_whatever_the_names(
    harness: WarehouseHarness, tmp_path: Path
) -> None:
    names = ["a/../../x", "-rf", "two\nlines", "=cmd|'/C calc'!A0", "C:\\x\\..\\y", "~", "Ångström"]
    for number, name in enumerate(names):
        harness.drop(name.replace("/", "\N{FRACTION SLASH}"), b"\x00" + bytes([number]))
    harness.drop("pack.zip", files.zipped({"../../../evil.jsonl": records(2) + "{broken\n"}))
    harness.drop("@sum.jsonl", '{"broken\n' + records(1) + "\x1b]0;x\x07{no json\n")
    os.mkfifo(harness.inbox / "pipe")
    harness.ingest()
    items = harness.state.quarantine()
    folder = tmp_path / "out"
    quarantine.export_items(harness.settings, items, folder)
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
        quarantine.export_items(harness.settings, items, folder)


def test_a_retry_does_not_make_an_older_edition_the_current_one(
    harness: WarehouseHarness,
) -> None:
    """The limit hides a member of the first file: behind it, items get other numbers."""
    address = "https://test.example/live"
    older = records(1, url=address).strip()
    newer = json.dumps(json.loads(older) | {"text": json.loads(older)["text"] + " And more."})
    member = "[" + ",".join(records(6).splitlines()[3:]) + "]"
    harness.drop("a.zip", files.zipped({"a.json": member, "f.json": older}))
    harness.drop("b.json", newer)
    low = replace(
        harness.settings, limits=replace(harness.settings.limits, document_bytes=len(older) + 200)
    )
    archive_files.archive_new(low, [], "run")
    stage_articles.stage_new(low, Words, "run")
    harness.load()
    before = harness.articles()
    assert harness.quarantine() == {"a.zip": "too_large"}
    retry(harness)
    assert harness.quarantine() == {}
    assert before.items() <= harness.articles().items()
    assert len(harness.articles()) == len(before) + 3
