"""What each stage does, without Dagster: archive, stage, load, link, build models, publish.

Belongs here: the order of steps within a stage, and what makes it safe to stop and repeat. Does
not belong here: how a step is done (`store`, `readers`, `extract`, `actors`, `sql/`), and how it
is shown and scheduled (`assets`).

Locks: archiving and staging hold the intake lock; loading to publishing the writer lock, which the
caller takes. A process that needs both takes the writer lock first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path, PurePath
from typing import Any, TypeVar

import duckdb
import pandas as pd
import pyarrow as pa

from etl import schema
from etl.actors.link import LINKING_VERSION, link_actors
from etl.extract import Extractor
from etl.model import Article, Extraction
from etl.readers import READERS_VERSION, read_file
from etl.settings import Settings
from etl.store import build, checks, dbt, inbox, staging
from etl.store.archive import Entry, RawArchive
from etl.store.files import exclusive_lock
from etl.store.inbox import Candidate
from etl.store.publish import (
    FORGOTTEN_THROUGH,
    Published,
    PublishError,
    prune,
    publish,
    published_property,
)
from etl.store.staging import Batch, ReadArticle, Staging
from etl.store.state import Rejected, State

Progress = Callable[[str, int, int], None]
"""Called with the name of the stage, what is done and what there is in all."""

ARCHIVE_CHUNK = 100
"""Files between two writes of the manifest: a killed run reads at most so many again."""

T = TypeVar("T")


def silent(stage: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


class InputError(ValueError):
    """What was asked for does not exist; the message says what and what to do."""


@dataclass
class Archived:
    """What a look at the inbox brought."""

    files_seen: int = 0
    files_new: int = 0
    quarantined: int = 0
    settling: list[str] = field(default_factory=list)


@dataclass
class Staged:
    """What was read and extracted."""

    batches: list[Batch] = field(default_factory=list)
    articles: int = 0
    quarantined: int = 0


@dataclass
class LoadResult:
    """What was loaded, and whether models and publish are due."""

    articles_new: int = 0
    versions_new: int = 0
    sources_new: int = 0
    rows_new: dict[str, int] = field(default_factory=dict)
    touched_days: set[date] = field(default_factory=set)
    is_publish_due: bool = False


def _chunks(items: Iterator[T], size: int) -> Iterator[list[T]]:
    while chunk := list(islice(items, size)):
        yield chunk


def _batches(entries: Sequence[Entry], size: int) -> list[list[Entry]]:
    return list(_chunks(iter(entries), size))


def archive_new(
    settings: Settings, paths: Sequence[Path], run_id: str, progress: Progress = silent
) -> Archived:
    """Archive what is new under `paths` (the inbox where empty) and enter it in the manifest.

    Raises InputError where a path does not exist. Unreadable files go to quarantine.
    """
    roots = list(paths) or [settings.inbox]
    for root in roots:
        if not root.exists() and not root.is_symlink():
            raise InputError(
                f"{root} does not exist; "
                + ("check the path" if paths else "create it or set NEWSACTORS_INBOX")
            )
    archive, state = RawArchive(settings.raw), State(settings.state_file)
    with exclusive_lock(archive.intake_lock):
        state.catch_up(archive)
        scan = inbox.scan(roots, settings.inbox, settings.settle_seconds)
        todo = state.unseen(scan.ready)
        forgotten = archive.forgotten()
        sequence = archive.last_sequence()
        result = Archived(
            files_seen=len(scan.ready), settling=[str(path) for path in scan.settling]
        )
        unreadable = [
            _unreadable(inbox.recorded_path(path, settings.inbox), error, run_id)
            for path, error in scan.closed
        ]
        done = 0
        for chunk in _chunks(iter(todo), ARCHIVE_CHUNK):
            known = state.seen_sha256([c.source_path for c in chunk])
            entries: list[Entry] = []
            seen: list[tuple[Candidate, str, int]] = []
            for candidate in chunk:
                try:
                    data = inbox.read_bytes(candidate.path, roots)
                except FileNotFoundError:
                    continue  # taken away since the scan
                except inbox.UnreadableError as error:
                    unreadable.append(_unreadable(candidate.source_path, error, run_id))
                    continue
                sha256 = archive.digest(data)
                if sha256 == known.get(candidate.source_path) or sha256 in forgotten:
                    seen.append((candidate, sha256, 0))
                    continue
                archive.put(data)
                sequence += 1
                entry = Entry(
                    sequence, sha256, len(data), candidate.source_path, datetime.now(UTC), run_id
                )
                entries.append(entry)
                seen.append((candidate, sha256, sequence))
            archive.append(entries)
            state.mark_seen(seen)
            result.files_new += len(entries)
            done += len(chunk)
            progress("archive", done, len(todo))
        looked_at = [PurePath(inbox.recorded_path(root, settings.inbox)) for root in roots]
        result.quarantined = state.settle_unreadable(
            unreadable, lambda path: any(_is_under(PurePath(path), root) for root in looked_at)
        )
    state.add_counts(
        run_id,
        files_seen=result.files_seen,
        files_new=result.files_new,
        quarantined=result.quarantined,
    )
    return result


def _is_under(path: PurePath, root: PurePath) -> bool:
    """Whether a recorded path lies under another; that of the inbox itself is '.'."""
    return path.is_relative_to(root) or (root == PurePath() and not path.is_absolute())


def _unreadable(source_path: str, error: inbox.UnreadableError, run_id: str) -> Rejected:
    return Rejected(
        "", source_path, 0, "unreadable", str(error), error.remedy, datetime.now(UTC), run_id
    )


def stage_new(
    settings: Settings, extractor: Extractor, run_id: str, progress: Progress = silent
) -> Staged:
    """Read and extract every archived file that is not staged yet, a batch at a time."""
    archive, state = RawArchive(settings.raw), State(settings.state_file)
    stage = Staging(settings.extracted)
    result = Staged()
    with exclusive_lock(archive.intake_lock):
        stage.sweep("new")
        forgotten = archive.forgotten()
        entries = list(archive.entries(after=stage.staged_through()))
        came_back: set[str] = set()
        done = 0
        for chunk in _batches(entries, settings.batch_articles):
            read, rejected, gone = _read(archive, chunk, forgotten)
            came_back |= gone
            extracted, failed = _extract(extractor, {r.content_sha256: r.article for r in read})
            rejected += [
                _rejected(
                    r.entry,
                    r.item,
                    "extraction_failed",
                    f"{extractor.version}: {failed[r.content_sha256]}",
                    "report this article as a bug of the extractor; `newsactors rebuild` "
                    "with a mended version takes it in",
                )
                for r in read
                if r.content_sha256 in failed
            ]
            read = [r for r in read if r.content_sha256 in extracted]
            result.quarantined += state.settle_items(
                [(e.source_path, e.sha256) for e in chunk if not e.forgets], rejected
            )
            result.batches.append(
                stage.write(
                    "ingest",
                    chunk[0].sequence,
                    chunk[-1].sequence,
                    extractor.version,
                    {
                        staging.ARTICLES: staging.article_rows(read, extractor.version),
                        **staging.extracted_rows(extracted),
                    },
                )
            )
            result.articles += len(read)
            done += len(chunk)
            progress("read and extract", done, len(entries))
        if came_back:
            archive.forget(came_back, run_id)
    state.add_counts(run_id, quarantined=result.quarantined)
    return result


def _read(
    archive: RawArchive, entries: Sequence[Entry], forgotten: frozenset[str]
) -> tuple[list[ReadArticle], list[Rejected], set[str]]:
    """What is in the archived files: articles, rejections, and bytes that hold forgotten texts.

    The last are files that say in other bytes (another line end) what is to be forgotten, and
    nothing else.
    """
    read: list[ReadArticle] = []
    rejected: list[Rejected] = []
    gone: set[str] = set()
    for entry in entries:
        if entry.forgets or entry.sha256 in forgotten:
            continue
        items = read_file(archive.get(entry.sha256), entry.source_path)
        articles = [ReadArticle(entry, i.number, i.article) for i in items if i.article]
        kept = [found for found in articles if found.content_sha256 not in forgotten]
        if not kept and len(articles) == len(items):
            gone.add(entry.sha256)
        read += kept
        rejected += [
            _rejected(entry, i.number, i.rejection.reason, i.rejection.detail, i.rejection.remedy)
            for i in items
            if i.rejection
        ]
    return read, rejected, gone


def _rejected(entry: Entry, item: int, reason: str, detail: str, remedy: str) -> Rejected:
    return Rejected(
        entry.sha256, entry.source_path, item, reason, detail, remedy, entry.at, entry.run_id
    )


def _extract(
    extractor: Extractor, articles: Mapping[str, Article]
) -> tuple[dict[str, Extraction], dict[str, str]]:
    """The extraction of each article on which the extractor succeeds, and why it failed on others.

    Failing is also to yield what the checks would refuse: one text must not block the publish.
    """
    extracted: dict[str, Extraction] = {}
    failed: dict[str, str] = {}
    try:
        extracted = dict(
            zip(articles, extractor.extract_many(list(articles.values())), strict=True)
        )
    except Exception:
        for content, article in articles.items():
            try:
                extracted[content] = extractor.extract(article)
            except Exception as error:
                failed[content] = f"{type(error).__name__}: {error}"
    for content in list(extracted):
        if fault := checks.fault_of(articles[content], extracted[content]):
            failed[content] = fault
            del extracted[content]
    return extracted, failed


def stage_reextraction(
    settings: Settings,
    extractor: Extractor,
    from_day: date | None,
    to_day: date | None,
    outlets: Sequence[str],
    progress: Progress = silent,
) -> Staged:
    """Extract published articles again, as the current extractor sees them.

    All versions of the chosen days and outlets (canonical name or as written); no choice means
    all, undated ones included. Reads the published file, so that nobody waits meanwhile. An
    article on which the extractor fails keeps what it has. Raises InputError where nothing is
    published or nothing matches.
    """
    if not settings.published.exists():
        raise InputError("nothing is published yet; run `newsactors ingest` first")
    archive, stage = RawArchive(settings.raw), Staging(settings.extracted)
    result = Staged()
    with _published(settings) as con:
        chosen = con.execute(
            """
            select distinct v.content_sha256, v.first_sequence
            from loaded.article_versions v join main.articles a using (article_id)
            where ($1::date is null or v.published_on >= $1)
              and ($2::date is null or v.published_on <= $2)
              and (len($3::varchar[]) = 0 or list_contains($3, a.outlet)
                or list_contains($3, v.outlet))
            order by v.first_sequence, v.content_sha256
            """,
            [from_day, to_day, list(outlets)],
        ).fetchall()
        if not chosen:
            raise InputError("no article matches the chosen days and outlets")
        done = 0
        for group in _chunks((content for content, _ in chosen), settings.batch_articles):
            extracted, _ = _extract(extractor, _published_articles(con, group))
            with exclusive_lock(archive.intake_lock):
                stage.sweep("new")
                forgotten = archive.forgotten()  # since the publish, perhaps
                extracted = {c: e for c, e in extracted.items() if c not in forgotten}
                number = stage.next_number()
                result.batches.append(
                    stage.write(
                        "reextract",
                        number,
                        number,
                        extractor.version,
                        {
                            staging.ARTICLES: pa.table(
                                {"content_sha256": pa.array(extracted, pa.string())}
                            ),
                            **staging.extracted_rows(extracted),
                        },
                    )
                )
            result.articles += len(extracted)
            done += len(group)
            progress("extract again", done, len(chosen))
    return result


def _published_articles(
    con: duckdb.DuckDBPyConnection, contents: Sequence[str]
) -> dict[str, Article]:
    """Published article versions as their reader gave them, by content_sha256."""
    names = [field.name for field in fields(Article)]
    rows = con.execute(
        f"select content_sha256, {', '.join(names)} from loaded.article_versions "
        "where content_sha256 in (select unnest(?))",
        [contents],
    ).fetchall()
    found = ((content, dict(zip(names, values, strict=True))) for content, *values in rows)
    return {c: Article(**values | {"authors": tuple(values["authors"])}) for c, values in found}


def load_staged(settings: Settings, run_id: str, progress: Progress = silent) -> LoadResult:
    """Load what is staged and not loaded. The caller holds the writer lock."""
    archive, stage = RawArchive(settings.raw), Staging(settings.extracted)
    stage.sweep("merged", "gone")
    _finish_forgetting(settings, archive, stage)
    result = LoadResult()
    with build.open_build(settings.build_file) as con:
        todo = build.pending(con, stage.batches())
        for done, batch in enumerate(todo, start=1):
            loaded = build.load(con, batch)
            result.articles_new += loaded.articles_new
            result.versions_new += loaded.versions_new
            result.sources_new += loaded.sources_new
            for table, rows in loaded.rows_new.items():
                result.rows_new[table] = result.rows_new.get(table, 0) + rows
            result.touched_days.update(loaded.touched_days)
            progress("load", done, len(todo))
        stage.compact(build.loaded_through(con))
        result.is_publish_due = is_publish_due(settings, con)
    prune(settings)  # the last publish may have been killed before it came to that
    State(settings.state_file).add_counts(
        run_id, articles_new=result.articles_new, versions_new=result.versions_new
    )
    return result


def loaded_counts(settings: Settings) -> dict[str, int]:
    """The number of rows of each loaded table."""
    with build.open_build(settings.build_file) as con:
        return build.counts(con, (*schema.INGESTED, schema.ACTOR_LINKS))


def loaded_sample(settings: Settings, table: schema.Table) -> pa.Table:
    """A few rows of a loaded table without the texts themselves."""
    with build.open_build(settings.build_file) as con:
        return build.sample(con, table)


def model_counts(settings: Settings) -> dict[str, int]:
    """The number of rows of each table that dbt built, by schema and name (views are not run)."""
    with build.open_build(settings.build_file) as con:
        return dict(
            con.execute(
                "select concat(schema_name, '.', table_name), estimated_size from duckdb_tables() "
                "where schema_name not in ('loaded', 'bookkeeping')"
            ).fetchall()
        )


def links_by_method(settings: Settings) -> dict[str, int]:
    """How many actors of texts were linked by which method."""
    with build.open_build(settings.build_file) as con:
        return dict(
            con.execute("select method, count(*) from loaded.actor_links group by 1").fetchall()
        )


def models_version() -> str:
    """Names what the published models are made by: linking, SQL and reference data."""
    return f"{LINKING_VERSION}-{dbt.fingerprint()[:16]}"


def is_publish_due(settings: Settings, con: duckdb.DuckDBPyConnection) -> bool:
    """Whether the published file differs from what would be published now."""
    return (
        published_property(settings, "generation") != build.get_property(con, "generation")
        or published_property(settings, "models_version") != models_version()
        or published_property(settings, "quarantine") != _quarantine_digest(settings)
    )


def _quarantine_digest(settings: Settings) -> str:
    rows = State(settings.state_file).quarantine()
    return RawArchive.digest(
        repr([(r.source_sha256, r.source_path, r.item) for r in rows]).encode()
    )


def link(settings: Settings) -> int:
    """Link the actors of texts to entities; returns the number of entities."""
    with build.open_build(settings.build_file) as con:
        return link_actors(con)


def check_loaded(settings: Settings) -> list[checks.Problem]:
    """Failures of keys, references and offsets over what is loaded."""
    with build.open_build(settings.build_file) as con:
        problems = checks.check_loaded(con)
        _stamp(con, "checked", not problems)
        return problems


def check_links(settings: Settings) -> list[checks.Problem]:
    """Failures of the links from actors of texts to entities."""
    with build.open_build(settings.build_file) as con:
        problems = checks.check_links(con)
        _stamp(con, "linked", not problems)
        return problems


def build_models(settings: Settings, select: Sequence[str] = ()) -> Any:
    """Run dbt's seeds, models and data tests; raises DbtError where one fails.

    `select` names the models to build; none means all.
    """
    args = ["build", "--exclude-resource-type", "unit_test"]
    if select:
        args += ["--select", *select]
    result = dbt.run_dbt(args, build_file=settings.build_file, target=settings.dbt_target)
    if not select:
        with build.open_build(settings.build_file) as con:
            _stamp(con, "modelled", True)
            build.set_property(con, "models_version", models_version())
    return result


def _stamp(con: duckdb.DuckDBPyConnection, stage: str, is_good: bool) -> None:
    """Note that this generation of what is loaded passed a stage; `publish_build` asks for all."""
    generation = build.get_property(con, "generation") or ""
    build.set_property(con, f"{stage}_generation", generation if is_good else "")


def publish_build(settings: Settings, extractor: Extractor, run_id: str) -> Published:
    """Publish the build database; the caller holds the writer lock.

    Raises PublishError where what is loaded was not checked, linked and modelled since it changed:
    also a run of chosen assets in the UI publishes nothing half done.
    """
    with build.open_build(settings.build_file) as con:
        generation = build.get_property(con, "generation")
        forgotten_through = build.get_property(con, FORGOTTEN_THROUGH)
        missing = [
            stage
            for stage in ("checked", "linked", "modelled")
            if build.get_property(con, f"{stage}_generation") != generation
        ]
        if build.get_property(con, "models_version") != models_version():
            missing.append("modelled by the current SQL")
    if missing:
        raise PublishError(
            f"what is loaded is not {', not '.join(missing)}; run the job nightly_ingest "
            "(or `newsactors ingest`), which does all that is due"
        )
    return publish(
        settings,
        run_id,
        {
            "extractor_version": extractor.version,
            "readers_version": READERS_VERSION,
            "models_version": models_version(),
            "quarantine": _quarantine_digest(settings),
            FORGOTTEN_THROUGH: forgotten_through or "",
        },
    )


def days_reported(settings: Settings) -> None:
    """Note that the days touched since the last publish have been made known."""
    with build.open_build(settings.build_file) as con:
        con.execute("delete from bookkeeping.touched_days")


@dataclass
class Overview:
    """What the published file holds, for a person to look at."""

    row_counts: dict[str, int]
    days: pd.DataFrame
    newest_days: pa.Table
    actors: pd.DataFrame


def _published(settings: Settings) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(str(settings.published.resolve()), read_only=True)


def published_overview(settings: Settings) -> Overview:
    """Row counts, articles by day and the actors in most articles."""
    with _published(settings) as con:
        days = con.execute(
            "select published_on, article_count from main.publication_days order by 1"
        ).df()
        return Overview(
            {
                name: build.count(con, f"main.{name}")
                for name in ("articles", "entities", "mentions", "quotes")
            },
            days,
            con.execute(
                "select published_on, article_count, articles_by_outlet "
                "from main.publication_days order by 1 desc limit 5"
            ).to_arrow_table(),
            con.execute(
                "select name, article_count from main.entities "
                "order by article_count desc, mention_count desc, name limit 15"
            ).df(),
        )


def articles_by_day(settings: Settings) -> dict[str, int]:
    """The number of published articles by ISO day; empty where nothing is published."""
    if not settings.published.exists():
        return {}
    with _published(settings) as con:
        return {
            day.isoformat(): count
            for day, count in con.execute(
                "select published_on, article_count from main.publication_days"
            ).fetchall()
        }


def sudden_drops(settings: Settings) -> list[tuple[str, date, int, float]]:
    """Outlets whose last full week has under half the median of the eight weeks before.

    Rows are (outlet, Monday of the week, its articles, the median). A week is full once the
    warehouse holds an article of a later week; outlets with a median under 2 are too small to tell.
    """
    if not settings.published.exists():
        return []
    with _published(settings) as con:
        return con.execute(
            """
            with counts as (
              select outlet, date_trunc('week', published_on)::date as week, count(*) as articles
              from main.articles where published_on is not null and outlet is not null group by all
            ), last_full as (
              select max(week) - 7 as week from counts
            ), grid as (
              select outlet, (last_full.week - 7 * n::integer)::date as week, n
              from (select distinct outlet from counts), last_full, range(9) as weeks(n)
            )
            select outlet, max(week), coalesce(max(articles) filter (n = 0), 0) as last_week,
              median(coalesce(articles, 0)) filter (n > 0) as usual
            from grid left join counts using (outlet, week)
            group by outlet having usual >= 2 and last_week < usual / 2 order by usual desc
            """
        ).fetchall()


def clear_for_rebuild(settings: Settings) -> None:
    """Remove all that is made from the archive, except what is published; then ingest anew.

    The caller holds the writer lock. Readers keep the published file until the next publish.
    """
    archive = RawArchive(settings.raw)
    with exclusive_lock(archive.intake_lock):
        build.remove_build(settings.build_file)
        Staging(settings.extracted).clear()
        State(settings.state_file).clear_quarantine_of_archive()


def forget_article(settings: Settings, article_id: str, run_id: str) -> None:
    """Enter in the manifest that an article is to be forgotten; the next load carries it out.

    Raises InputError where there is no such article. The caller holds the writer lock.
    """
    archive = RawArchive(settings.raw)
    if not _hashes(settings, article_id):
        load_staged(settings, run_id)  # the build file was lost, and the article with it
    with exclusive_lock(archive.intake_lock):
        hashes = _hashes(settings, article_id)
        if not hashes and _is_published(settings, article_id):
            return  # it was forgotten, and the run killed before it published
        if not hashes:
            raise InputError(
                f"there is no article {article_id}; "
                'find its id with `newsactors sql "select article_id, headline from articles"`'
            )
        Staging(settings.extracted).sweep("new")
        archive.forget(hashes, run_id)


def _hashes(settings: Settings, article_id: str) -> set[str]:
    with build.open_build(settings.build_file) as con:
        versions, sources = build.hashes_of(con, article_id)
    return {*versions, *sources}


def _is_published(settings: Settings, article_id: str) -> bool:
    if not settings.published.exists():
        return False
    with _published(settings) as con:
        found = con.execute(
            "select count(*) from loaded.article_versions where article_id = ?", [article_id]
        ).fetchone()
    return found != (0,)


def _finish_forgetting(settings: Settings, archive: RawArchive, stage: Staging) -> None:
    """Remove what a forgotten article left behind, also after a kill in the middle of it.

    The build file is made anew from staging, because a deleted row may live on in free blocks.
    """
    tombstones = archive.tombstones()
    if not tombstones:
        return
    last = str(tombstones[-1].sequence)
    with build.open_build(settings.build_file) as con:
        if build.get_property(con, FORGOTTEN_THROUGH) == last:
            return
    hashes = archive.forgotten()
    for sha256 in hashes:
        archive.remove(sha256)
    stage.drop(hashes)
    build.remove_build(settings.build_file)
    with build.open_build(settings.build_file) as con:
        build.set_property(con, FORGOTTEN_THROUGH, last)
