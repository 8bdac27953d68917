"""Articles of every format take the same path: archived, staged, loaded or quarantined."""

from __future__ import annotations

import json
from itertools import islice

from formats import files
from formats.hostile import HOSTILE, UNINTERRUPTIBLE

from etl.pipeline import load
from pipeline.warehouse_harness import WarehouseHarness, Words, story, text


def records(count: int, url: str = "https://test.example/{n}") -> str:
    return "".join(
        json.dumps({"title": f"Story {n}", "text": story(n), "source": "Daily Test",
                    "date": "2025-03-01", "url": url.format(n=n)}) + "\n"
        for n in range(count)
    )  # fmt: skip


def test_many_articles_of_one_file_are_one_batch_written_in_parts(
    harness: WarehouseHarness,
) -> None:
    small = WarehouseHarness(harness.root, batch_articles=4)
    small.drop("a.txt", text(story(100)))
    small.drop("b.jsonl", records(11) + "{broken\n")
    small.drop("c.txt", text(story(101)))
    words = Words()
    small.ingest(words)
    assert len(small.articles()) == 13
    assert max(words.calls) <= 4
    assert small.quarantine() == {"b.jsonl": "malformed"}
    before = small.loaded()
    small.rebuild()
    assert small.loaded() == before


def test_a_text_repeated_in_another_part_of_a_batch_is_extracted_once(
    harness: WarehouseHarness,
) -> None:
    small = WarehouseHarness(harness.root, batch_articles=4)
    twice = records(11) + json.dumps({"text": story(0), "source": "Elsewhere", "title": "Story 0"})
    small.drop("b.jsonl", twice + "\n" + records(2))
    words = Words()
    small.ingest(words)
    assert sum(words.calls) == 12
    assert load.check_loaded(small.settings) == []
    assert small.query("select count(*) from loaded.article_sources") == [(14,)]


def test_why_a_date_of_the_source_is_not_used_is_kept_beside_the_article(
    harness: WarehouseHarness,
) -> None:
    days = ("1970-01-01", "2999-01-01", "03/04/2021", "2025-03-01")
    lines = records(4).splitlines()
    harness.drop("a.jsonl", "\n".join(line.replace("2025-03-01", day)
                                      for line, day in zip(lines, days, strict=True)))  # fmt: skip
    harness.ingest()
    found = harness.query(
        "select coalesce(published_on::varchar, date_note) "
        "from loaded.article_versions order by headline"
    )
    clock, future, ambiguous, day = (value for (value,) in found)
    assert "1970-01-01" in clock and "clock" in clock
    assert "2999-01-01" in future and "future" in future
    assert "03/04/2021" in ambiguous and "ambiguous" in ambiguous
    assert day == "2025-03-01"


def test_archive_members_are_separate_sources(harness: WarehouseHarness) -> None:
    harness.drop("pack.zip", files.zipped({"x/a.txt": text(story(1)), "x/b.txt": ""}))
    harness.ingest()
    assert harness.query("select source_path, item from loaded.article_sources") == [
        ("pack.zip!/x/a.txt", 0)
    ]
    (rejected,) = harness.state.quarantine()
    assert (rejected.source_path, rejected.item, rejected.reason) == ("pack.zip", 1, "empty")
    assert rejected.detail.startswith("x/b.txt: ")
    harness.drop("pack.zip", files.zipped({"x/b.txt": text(story(2)), "x/a.txt": text(story(1))}))
    harness.ingest()
    assert (harness.quarantine(), len(harness.articles())) == ({}, 2)


def test_a_url_identifies_the_same_article_in_another_file(harness: WarehouseHarness) -> None:
    harness.drop("monday.jsonl", records(2))
    harness.ingest()
    longer = records(2).replace('of story 1."', 'of story 1. Person1 said no more."')
    harness.drop("tuesday.jsonl", longer)
    harness.ingest()
    assert len(harness.articles()) == 2
    assert harness.query("select count(*) from loaded.article_versions") == [(3,)]


def test_other_languages_are_stored_and_not_extracted(harness: WarehouseHarness) -> None:
    german = "Der Bürgermeister von Aldhaven ist am Montag nach langem Streit zurückgetreten. " * 3
    harness.drop("de.txt", text(german))
    harness.drop("en.txt", text(story(1)))
    harness.ingest()
    assert harness.query("select count(*) from loaded.article_versions where language = 'de'") == [
        (1,)
    ]
    assert harness.query(
        "select count(*) from loaded.text_mentions join loaded.article_versions "
        "using (content_sha256) where language = 'de'"
    ) == [(0,)]


def test_a_file_that_crashes_its_reader_is_quarantined_and_the_next_is_read(
    harness: WarehouseHarness,
) -> None:
    brief = WarehouseHarness(harness.root, item_seconds=1)
    (endless,) = islice(UNINTERRUPTIBLE.values(), 1)
    brief.drop("a.html", endless())
    brief.drop("b.json", HOSTILE["SQL"][1]())
    brief.ingest()
    assert brief.quarantine() == {"a.html": "too_slow"}
    assert brief.query("select headline, outlet from loaded.article_versions") == [
        ("'); drop table articles; --", "x'; attach '/tmp/x' --")
    ]
