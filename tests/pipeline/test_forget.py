"""Forgetting removes an article from every file, for good, and nothing else."""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from etl.doctor.examine import examine
from etl.doctor.findings import is_sound
from etl.pipeline import archive_files, errors, rebuild, reextract, tombstone_article
from etl.storage.archive import RawArchive
from etl.storage.editions import ArticleSelection
from etl.storage.files import exclusive_lock
from etl.warehouse.archive_link import ArchiveMismatchError
from pipeline.test_formats import records
from pipeline.test_quarantine import retry
from pipeline.warehouse_harness import WarehouseHarness, Words, story, text

PHRASE = "Quixotry"
PRIVATE = f"{story(8)} {PHRASE} said “{PHRASE} it was”."


def files_with(phrase: str, home: Path) -> list[str]:
    """Every file of a warehouse that contains the phrase, compressed or not."""
    found = []
    for path in home.rglob("*"):
        if path.is_symlink() or not path.is_file():
            continue
        if phrase in _content(path):
            found.append(str(path.relative_to(home)))
    return found


def _content(path: Path) -> str:
    content = path.read_bytes().decode("latin-1")
    if path.suffix == ".zst":
        with pa.CompressedInputStream(pa.OSFile(str(path)), "zstd") as stream:
            content += stream.read().decode("latin-1")
    elif path.suffix == ".parquet":
        content += str(pq.read_table(path).to_pylist())
    elif path.suffix == ".duckdb":
        with duckdb.connect(str(path), read_only=True) as con:
            tables = con.execute(
                "select concat(schema_name, '.', table_name) from duckdb_tables()"
            ).fetchall()
            for (table,) in tables:
                content += str(con.execute(f"from {table}").fetchall())
    return content


def id_of(harness: WarehouseHarness, phrase: str) -> str:
    (found,) = [i for i, body in harness.articles().items() if phrase in body]
    return found


def test_the_article_and_nothing_else_is_removed_from_every_file(
    published: WarehouseHarness,
) -> None:
    harness = published
    home = harness.settings.home
    before = harness.loaded(), harness.articles()
    harness.drop("private.txt", text(PRIVATE))
    harness.drop("again/private.txt", text(PRIVATE, author="Bob Byline"))
    harness.ingest()
    harness.drop("private.txt", text(PRIVATE + " Edited."))
    harness.ingest(publish=True)
    assert len(files_with(PHRASE, home)) >= 5, "archive, staging, build file, snapshot"
    # What kills have left of work on it.
    data = text(PRIVATE).encode()
    stored = harness.settings.raw / "objects"
    sha256, _ = RawArchive.digest(io.BytesIO(data))
    (stored / sha256[:2] / f"{sha256}.zst.tmp").write_bytes(data)
    for leftover in (
        harness.settings.extracted / ".new-ingest-1" / "articles.parquet",
        harness.settings.extracted / ".merged-ingest-1" / "articles.parquet",
        harness.settings.snapshots / ".9.tmp" / "news.duckdb.wal",
        harness.settings.build_file.with_name("news.duckdb.tmp") / "spilled",
    ):
        leftover.parent.mkdir()
        leftover.write_bytes(data)

    harness.forget(id_of(harness, PHRASE))
    harness.ingest(publish=True)
    assert files_with(PHRASE, home) == []
    assert PHRASE not in str(harness.published("from main.entities"))
    assert len(harness.snapshots()) == 1
    assert harness.articles() == before[1]
    assert {k: v for k, v in harness.loaded().items() if k != "article_sources"} == {
        k: v for k, v in before[0].items() if k != "article_sources"
    }

    assert PHRASE in (harness.inbox / "private.txt").read_text(), "the user's to delete"
    harness.ingest(run_id="again")
    harness.drop("other-name.txt", text(PRIVATE))
    harness.drop("other-bytes.txt", text(PRIVATE) + "\n\n")
    harness.ingest()
    harness.ingest()
    assert files_with(PHRASE, home) == []
    assert harness.articles() == before[1]
    harness.rebuild()
    assert files_with(PHRASE, home) == []
    assert harness.articles() == before[1]


def test_a_re_extraction_under_way_does_not_bring_it_back(published: WarehouseHarness) -> None:
    forgotten = id_of(published, story(3))

    class Slow(Words):
        def extract_many(self, articles):  # type: ignore[no-untyped-def]
            published.forget(forgotten)
            return super().extract_many(articles)

    reextract.stage_reextraction(published.settings, Slow("words-2"), ArticleSelection())
    published.load()
    assert files_with("Person3", published.settings.extracted) == []
    assert forgotten not in published.articles()


def test_an_article_can_be_forgotten_after_the_build_file_was_lost(
    harness: WarehouseHarness,
) -> None:
    harness.drop("a.txt", text(story(1)))
    harness.ingest()
    (article_id,) = harness.articles()
    harness.settings.build_file.unlink()
    harness.forget(article_id)
    harness.ingest()
    assert harness.articles() == {}


def test_an_unknown_id_is_refused_and_changes_nothing(harness: WarehouseHarness) -> None:
    harness.drop("a.txt", text(story(1)))
    harness.ingest()
    before = harness.settings.raw.joinpath("manifest.jsonl").read_bytes()
    with pytest.raises(errors.InputError, match="there is no article nonsense; find its id"):
        harness.forget("nonsense")
    assert harness.settings.raw.joinpath("manifest.jsonl").read_bytes() == before


def test_what_is_staged_and_not_loaded_is_forgotten_too(harness: WarehouseHarness) -> None:
    """An edition that a killed run had staged would come back as a new article."""
    harness.drop("a.txt", text(story(1)))
    harness.ingest()
    (article,) = harness.articles()
    harness.drop("a.txt", text(story(1) + " And more."))
    archive_files.archive_new(harness.settings, [], "killed")
    harness.stage(run_id="killed")
    harness.forget(article)
    harness.ingest()
    assert harness.articles() == {}


def drop_dump(harness: WarehouseHarness, name: str = "dump.jsonl") -> str:
    """Drop a file of two articles and an unmapped record; return the id of the first, ingested."""
    odd = json.dumps({"kop": "Museum", "tekst": story(99), "byl": "Bo Byline"}) + "\n"
    lines = [json.loads(line) | {"byl": "Ann Author"} for line in records(2).splitlines()]
    for line in lines:
        del line["url"], line["date"]
    harness.drop(name, "".join(json.dumps(line) + "\n" for line in lines) + odd)
    harness.ingest()
    return id_of(harness, story(0))


def change_mapping(harness: WarehouseHarness) -> None:
    harness.settings.field_mappings.parent.mkdir(parents=True, exist_ok=True)
    harness.settings.field_mappings.write_text(
        "- {headline: [kop, title], body: [tekst, text], authors: byl, outlet_is: De Haven}\n"
    )


def test_a_forgotten_record_stays_away_if_its_file_is_read_in_another_way(
    harness: WarehouseHarness,
) -> None:
    """A mapping, or a date in the file's name, changes all hashes of its articles."""
    article = drop_dump(harness)
    with exclusive_lock(harness.settings.writer_lock):
        remains = tombstone_article.tombstone_article(harness.settings, article, "forget")
    assert [remark[:38] for remark in remains] == [
        "dump.jsonl: its archived bytes stay, b", "dump.jsonl: items in quarantine came u",
    ]  # fmt: skip
    harness.ingest()
    (harness.inbox / "dump.jsonl").rename(harness.inbox / "2025-06-05-dump.jsonl")
    change_mapping(harness)
    harness.ingest()
    retry(harness)
    assert story(0) not in harness.articles().values()
    harness.rebuild()
    assert set(harness.articles().values()) == {story(1), story(99)}


def test_a_retry_with_another_mapping_publishes_no_record_twice(harness: WarehouseHarness) -> None:
    drop_dump(harness)
    change_mapping(harness)
    retry(harness)
    assert sorted(harness.articles().values()) == sorted([story(0), story(1), story(99)])


def test_an_older_archive_is_refused_if_forgetting_was_the_last_command(
    harness: WarehouseHarness,
) -> None:
    for number in (1, 2):
        harness.drop(f"{number}.txt", text(story(number)))
    harness.ingest()
    shutil.copytree(harness.settings.raw, harness.root / "yesterday")
    harness.forget(id_of(harness, story(1)))
    harness.load()
    state = harness.settings.state_file.read_bytes()
    shutil.rmtree(harness.settings.raw)
    (harness.root / "yesterday").rename(harness.settings.raw)
    with pytest.raises(ArchiveMismatchError, match="ends with line 2"):
        rebuild.clear_for_rebuild(harness.settings)
    assert not is_sound(examine(harness.settings))
    harness.settings.state_file.unlink()
    with pytest.raises(ArchiveMismatchError, match="ends with line 2"):
        harness.load()
    harness.settings.state_file.write_bytes(state)


def test_an_id_of_before_a_rebuild_with_another_mapping_still_means_the_article(
    published: WarehouseHarness,
) -> None:
    published.drop("dump.jsonl", records(1))
    published.ingest(publish=True)
    published.settings.field_mappings.parent.mkdir(parents=True, exist_ok=True)
    published.settings.field_mappings.write_text(
        "- {headline: title, body: text, date: date, outlet_is: De Haven}\n"
    )
    ((article,),) = published.published(
        "select article_id from loaded.article_sources where source_path = 'dump.jsonl'"
    )
    rebuild.clear_for_rebuild(published.settings)
    published.stage()
    published.forget(article)
    published.ingest()
    assert not published.query("from loaded.article_sources where source_path = 'dump.jsonl'")


def test_an_edition_that_is_archived_and_not_read_yet_is_not_overlooked(
    harness: WarehouseHarness,
) -> None:
    harness.drop("a.txt", text(story(1)))
    harness.ingest()
    (article,) = harness.articles()
    harness.drop("a.txt", text(story(1) + " And more."))
    archive_files.archive_new(harness.settings, [], "killed")
    with pytest.raises(errors.InputError, match=r"a\.txt has come again and is not read yet"):
        harness.forget(article)
    harness.ingest()
    harness.forget(article)
    harness.ingest()
    assert harness.articles() == {}
