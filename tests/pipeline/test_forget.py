"""Forgetting removes an article from every file, for good, and nothing else."""

from __future__ import annotations

import io
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from etl.pipeline import archive_files, errors, reextract
from etl.storage.archive import RawArchive
from etl.storage.editions import ArticleSelection
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
