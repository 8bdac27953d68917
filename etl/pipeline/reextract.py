"""Extracting published articles again: in place, or as a candidate beside the active rows.

Belongs here: which articles are extracted, when, and how an interrupted run resumes. Does not
belong here: the files (`etl.storage.editions`, `etl.storage.staging`), what a candidate would
change (`etl.pipeline.compare`), switching to it (`etl.pipeline.promotion`), loading and publishing.

Extraction holds no lock. Each batch is written under the intake lock, like those of
`etl.pipeline.stage_articles`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import fields
from datetime import date
from functools import partial

import duckdb

from etl.domain import Article
from etl.extract import Extractor
from etl.pipeline.chunks import chunks
from etl.pipeline.errors import InputError
from etl.pipeline.extraction import Extracted, ExtractionPool
from etl.pipeline.progress import Progress, silent
from etl.pipeline.stage_articles import Staged
from etl.query.published import open_published
from etl.schema.tables import ARTICLE_VERSIONS
from etl.settings import Settings
from etl.storage import (
    editions,
)
from etl.storage.archive import RawArchive
from etl.storage.editions import ArticleSelection, Edition
from etl.storage.files import exclusive_lock
from etl.storage.staged_batch import Batch
from etl.storage.staged_tables import (
    ARTICLES,
    reextracted_rows,
)
from etl.storage.staging import Staging

STAGE = "extract again"
SLICE = 50
"""Articles fetched at once."""

Lock = Callable[[], AbstractContextManager[None]]


def stage_reextraction(
    settings: Settings,
    extractor: Extractor,
    selection: ArticleSelection,
    progress: Progress = silent,
) -> Staged:
    """Extract all versions of the selected articles again, in place; this cannot be rolled back.

    Reads the published file, so that no other process has to wait. An article on which the
    extractor fails keeps its rows. Raises InputError if nothing is published or nothing matches.
    """
    with open_published_or_fail(settings) as con:
        contents = _chosen(con, selection, chosen_outlets(con, selection))
        rows = Staging(settings.extracted)
        return Reextraction(settings, extractor, rows, progress, skips=False).fill(con, contents)


def stage_days(
    settings: Settings, extractor: Extractor, days: Sequence[date], progress: Progress = silent
) -> Staged:
    """Extract all versions of the articles of these days again, in place.

    A day is the published one, with corrections of dates applied. Raises InputError if nothing is
    published or no article has one of these days.
    """
    with open_published_or_fail(settings) as con:
        contents = [content for (content,) in con.execute(_OF_DAYS, [list(days)]).fetchall()]
        if not contents:
            shown = ", ".join(map(str, days[:3]))
            raise InputError(f"no article is published with {shown} as its day")
        rows = Staging(settings.extracted)
        return Reextraction(settings, extractor, rows, progress, skips=False).fill(con, contents)


def require_match(settings: Settings, selection: ArticleSelection) -> None:
    """Raise InputError if nothing is published or no article matches the selection."""
    with open_published_or_fail(settings) as con:
        _chosen(con, selection, chosen_outlets(con, selection))


def build_candidate(
    settings: Settings,
    extractor: Extractor,
    selection: ArticleSelection,
    progress: Progress = silent,
) -> Edition:
    """Extract published articles beside the active rows, and return the resulting edition.

    Articles with active or candidate rows of the extractor's version are skipped, so an interrupted
    run resumes. A candidate of another version is replaced. Raises InputError if nothing is
    published or nothing matches.
    """
    edition = Edition(extractor.name, extractor.version, selection)
    with open_published_or_fail(settings) as con:
        outlets = chosen_outlets(con, selection)
        _chosen(con, selection, outlets)
        contents = due_contents(con, edition, outlets)
        with exclusive_lock(RawArchive(settings.raw).intake_lock):
            editions.start_candidate(settings, edition)
        candidate_reextraction(settings, edition, extractor, progress).fill(con, contents)
    return edition


class Reextraction:
    """Extracts article versions into staged rows; by default those staged already are skipped."""

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
        """Extract versions that `con` holds (published or build file), one batch at a time.

        `check` is called under the lock before each batch is written; it may raise to stop.
        """
        archive = RawArchive(self.settings.raw)
        lock = lock or partial(exclusive_lock, archive.intake_lock)
        staged = self.rows.content_hashes() if self.skips else set()
        pending = [content for content in contents if content not in staged]
        result = Staged()
        with ExtractionPool(self.extractor, self.settings.workers) as pool:
            for done in range(0, len(pending), self.settings.batch_articles):
                group = pending[done : done + self.settings.batch_articles]
                self.progress(STAGE, done, len(pending))
                for some in chunks(group, SLICE):
                    for content, article in _articles(con, some).items():
                        pool.add(content, article)
                extracted = pool.finish(partial(self._report, done, len(pending)))
                with lock():
                    self.check()
                    self.rows.sweep("new")
                    # Leave out articles forgotten since the publish.
                    result.batches.append(self._write(extracted.without(archive.forgotten())))
                result.articles += result.batches[-1].article_count
        return result

    def _report(self, before: int, total: int, done: int) -> None:
        self.progress(STAGE, before + done, total)

    def _write(self, extracted: Extracted) -> Batch:
        number = self.rows.next_number()
        version = self.extractor.version
        versions = reextracted_rows(extracted.contents, version)
        tables = {ARTICLES: versions, **extracted.tables}
        return self.rows.write("reextract", number, number, version, tables)


def candidate_reextraction(
    settings: Settings, edition: Edition, extractor: Extractor, progress: Progress
) -> Reextraction:
    """Return the re-extraction that fills a candidate; it stops if the candidate was replaced."""

    def check() -> None:
        if editions.candidate(settings) != edition:
            raise InputError("another process replaced the candidate; run again when it is done")

    return Reextraction(settings, extractor, editions.candidate_rows(settings), progress, check)


def open_published_or_fail(settings: Settings) -> duckdb.DuckDBPyConnection:
    """Open the published file, read-only. Raises InputError if there is none."""
    if not settings.published.exists():
        raise InputError("nothing is published yet; run `newsactors ingest` first")
    return open_published(settings)


def chosen_outlets(con: duckdb.DuckDBPyConnection, selection: ArticleSelection) -> list[str] | None:
    """Return the selected outlets as the articles spell them; None if all are selected.

    `con` is open on the published file. The build file lacks the models of dbt after a rebuild.
    """
    if not selection.outlets:
        return None
    return [
        outlet
        for (outlet,) in con.execute(
            "select distinct v.outlet from loaded.article_versions v "
            "join main.articles a using (article_id) where v.outlet is not null "
            "and (list_contains($1, a.outlet) or list_contains($1, v.outlet))",
            [list(selection.outlets)],
        ).fetchall()
    ]


_CHOSEN = """
select content_sha256 from loaded.article_versions
where ($1::date is null or published_on >= $1) and ($2::date is null or published_on <= $2)
  and ($3::varchar[] is null or list_contains($3, outlet))
  and ($4::varchar is null or extractor_version <> $4)
order by first_sequence, content_sha256
"""


_OF_DAYS = """
select versions.content_sha256 from loaded.article_versions as versions
join main.article_metadata as articles using (article_id)
where list_contains($1::date[], articles.published_on)
order by versions.first_sequence, versions.content_sha256
"""


def _chosen(
    con: duckdb.DuckDBPyConnection, selection: ArticleSelection, outlets: list[str] | None
) -> list[str]:
    """Return the selected article versions in order of arrival."""
    values = [selection.from_day, selection.to_day, outlets, None]
    found = con.execute(_CHOSEN, values).fetchall()
    if not found:
        raise InputError("no article matches the chosen days and outlets")
    return [content for (content,) in found]


def due_contents(
    con: duckdb.DuckDBPyConnection, edition: Edition, outlets: list[str] | None
) -> list[str]:
    """Return the article versions that an edition's extractor version has not extracted yet."""
    selection = edition.selection
    values = [selection.from_day, selection.to_day, outlets, edition.version]
    return [content for (content,) in con.execute(_CHOSEN, values).fetchall()]


def _articles(con: duckdb.DuckDBPyConnection, contents: Sequence[str]) -> dict[str, Article]:
    """Return article versions as their reader returned them, by content_sha256."""
    kept = {column.name for column in ARTICLE_VERSIONS.columns} - {"is_truncated"}
    names = [field.name for field in fields(Article) if field.name in kept]
    rows = con.execute(
        f"select content_sha256, {', '.join(names)} from loaded.article_versions "
        "where content_sha256 in (select unnest(?))",
        [contents],
    ).fetchall()
    found = ((content, dict(zip(names, values, strict=True))) for content, *values in rows)
    return {c: Article(**values | {"authors": tuple(values["authors"])}) for c, values in found}
