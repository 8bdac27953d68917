"""Extracting published articles again: at once, or beside the active rows to be judged first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import fields
from functools import partial

import duckdb

from etl.domain import Article
from etl.extract import Extractor
from etl.pipeline.chunks import chunks
from etl.pipeline.errors import InputError
from etl.pipeline.extraction import Extracted, ExtractionPool
from etl.pipeline.progress import Progress, silent
from etl.pipeline.stage_articles import Staged
from etl.query.overview import open_published
from etl.settings import Settings
from etl.storage import editions, staging
from etl.storage.archive import RawArchive
from etl.storage.editions import ArticleSelection, Edition
from etl.storage.files import exclusive_lock
from etl.storage.staging import Batch, Staging

STAGE = "extract again"
SLICE = 50
"""Articles that are fetched at once."""


Lock = Callable[[], AbstractContextManager[None]]


def stage_reextraction(
    settings: Settings, extractor: Extractor, choice: ArticleSelection, progress: Progress = silent
) -> Staged:
    """Extract published articles again, at once and without a way back.

    All versions of the chosen articles. Reads the published file, so that nobody waits meanwhile.
    An article on which the extractor fails keeps what it has. Raises InputError where nothing is
    published or nothing matches.
    """
    with open_published_or_fail(settings) as con:
        contents = _chosen(con, choice, chosen_outlets(con, choice))
        rows = Staging(settings.extracted)
        return Reextraction(settings, extractor, rows, progress, skips=False).fill(con, contents)


def build_candidate(
    settings: Settings, extractor: Extractor, choice: ArticleSelection, progress: Progress = silent
) -> Edition:
    """Extract published articles beside the active rows, and return the edition that this makes.

    What the extractor's version has extracted already is not extracted again, neither for the
    active rows nor for the candidate: after a kill this goes on where it was. A candidate of
    another version is replaced. Raises InputError where nothing is published or nothing matches.
    """
    edition = Edition(extractor.name, extractor.version, choice)
    with open_published_or_fail(settings) as con:
        outlets = chosen_outlets(con, choice)
        _chosen(con, choice, outlets)
        contents = due_contents(con, edition, outlets)
        with exclusive_lock(RawArchive(settings.raw).intake_lock):
            editions.start_candidate(settings, edition)
        candidate_reextraction(settings, edition, extractor, progress).fill(con, contents)
    return edition


class Reextraction:
    """Extracting article versions into staged rows, those that are there already aside."""

    def __init__(
        self,
        settings: Settings,
        extractor: Extractor,
        rows: Staging,
        progress: Progress,
        check: Callable[[], None] = lambda: None,
        *,
        skips: bool = True,
    ) -> None:
        self.settings, self.extractor, self.rows = settings, extractor, rows
        self.progress, self.check, self.skips = progress, check, skips

    def fill(
        self, con: duckdb.DuckDBPyConnection, contents: Sequence[str], lock: Lock | None = None
    ) -> Staged:
        """Extract versions that `con` holds (published or build file), a batch at a time.

        `check` of the constructor is asked under the lock before each batch is written.
        """
        archive = RawArchive(self.settings.raw)
        lock = lock or partial(exclusive_lock, archive.intake_lock)
        there = self.rows.contents() if self.skips else set()
        todo = [content for content in contents if content not in there]
        result = Staged()
        with ExtractionPool(self.extractor, self.settings.workers) as extracting:
            for done in range(0, len(todo), self.settings.batch_articles):
                group = todo[done : done + self.settings.batch_articles]
                self.progress(STAGE, done, len(todo))
                for some in chunks(group, SLICE):
                    for content, article in _articles(con, some).items():
                        extracting.add(content, article)
                extracted = extracting.finish(partial(self._tell, done, len(todo)))
                with lock():
                    self.check()
                    self.rows.sweep("new")
                    # What was forgotten since the publish is left out.
                    result.batches.append(self._write(extracted.without(archive.forgotten())))
                result.articles += result.batches[-1].article_count
        return result

    def _tell(self, before: int, total: int, done: int) -> None:
        self.progress(STAGE, before + done, total)

    def _write(self, extracted: Extracted) -> Batch:
        number = self.rows.next_number()
        version = self.extractor.version
        versions = staging.reextracted_rows(extracted.contents, version)
        tables = {staging.ARTICLES: versions, **extracted.tables}
        return self.rows.write("reextract", number, number, version, tables)


def candidate_reextraction(
    settings: Settings, edition: Edition, extractor: Extractor, progress: Progress
) -> Reextraction:
    def check() -> None:
        if editions.candidate(settings) != edition:
            raise InputError("another process replaced the candidate; run again when it is done")

    return Reextraction(settings, extractor, editions.candidate_rows(settings), progress, check)


def open_published_or_fail(settings: Settings) -> duckdb.DuckDBPyConnection:
    if not settings.published.exists():
        raise InputError("nothing is published yet; run `newsactors ingest` first")
    return open_published(settings)


def chosen_outlets(con: duckdb.DuckDBPyConnection, choice: ArticleSelection) -> list[str] | None:
    """The chosen outlets as articles write them, by what the published file knows; None for all.

    The build file would not do: what dbt makes is missing there when it was made anew.
    """
    if not choice.outlets:
        return None
    return [
        outlet
        for (outlet,) in con.execute(
            "select distinct v.outlet from loaded.article_versions v "
            "join main.articles a using (article_id) where v.outlet is not null "
            "and (list_contains($1, a.outlet) or list_contains($1, v.outlet))",
            [list(choice.outlets)],
        ).fetchall()
    ]


_CHOSEN = """
select content_sha256 from loaded.article_versions
where ($1::date is null or published_on >= $1) and ($2::date is null or published_on <= $2)
  and ($3::varchar[] is null or list_contains($3, outlet))
  and ($4::varchar is null or extractor_version <> $4)
order by first_sequence, content_sha256
"""


def _chosen(
    con: duckdb.DuckDBPyConnection, choice: ArticleSelection, outlets: list[str] | None
) -> list[str]:
    """The article versions of a choice, in the order in which they came."""
    values = [choice.from_day, choice.to_day, outlets, None]
    found = con.execute(_CHOSEN, values).fetchall()
    if not found:
        raise InputError("no article matches the chosen days and outlets")
    return [content for (content,) in found]


def due_contents(
    con: duckdb.DuckDBPyConnection, edition: Edition, outlets: list[str] | None
) -> list[str]:
    """The article versions that an edition is for and that are not by its version yet."""
    choice = edition.choice
    values = [choice.from_day, choice.to_day, outlets, edition.version]
    return [content for (content,) in con.execute(_CHOSEN, values).fetchall()]


def _articles(con: duckdb.DuckDBPyConnection, contents: Sequence[str]) -> dict[str, Article]:
    """Article versions as their reader gave them, by content_sha256."""
    names = [field.name for field in fields(Article) if field.name != "url"]  # kept with sources
    rows = con.execute(
        f"select content_sha256, {', '.join(names)} from loaded.article_versions "
        "where content_sha256 in (select unnest(?))",
        [contents],
    ).fetchall()
    found = ((content, dict(zip(names, values, strict=True))) for content, *values in rows)
    return {c: Article(**values | {"authors": tuple(values["authors"])}) for c, values in found}
