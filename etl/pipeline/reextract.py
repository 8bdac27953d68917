"""Extracting again, without Dagster: at once, or beside the active rows to be judged first.

Belongs here: which articles, what is extracted when, and the order of steps that makes a kill
harmless. Does not belong here: the files (`store.editions`, `store.staging`), what would change
(`comparison`), loading and publishing (`pipeline`).

Extracting holds no lock: each batch is written under the intake lock, as those of `intake` are.
Promotion and rollback take the writer lock first, and the intake lock for the last articles and
the switch: nothing arrives meanwhile, and what arrives later is read by who is in use then.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import fields
from functools import partial

import duckdb
import pyarrow as pa

from etl.domain import Article
from etl.extract import Extractor, extractor_names, get_extractor
from etl.pipeline.extraction import Extracted, ExtractionPool
from etl.pipeline.ingest import InputError, Progress, Staged, chunks, silent
from etl.pipeline.stages import load_staged
from etl.query.published import open_published
from etl.schema.tables import SCHEMA_VERSION
from etl.settings import Settings
from etl.storage import editions, staged_tables
from etl.storage.archive import RawArchive
from etl.storage.checksums import DamagedError
from etl.storage.editions import ArticleSelection, Edition, Switch
from etl.storage.files import exclusive_lock
from etl.storage.staged_batch import Batch
from etl.storage.staged_tables import STAGED_TABLES
from etl.storage.staging import Staging
from etl.warehouse import build_db

STAGE = "extract again"
SLICE = 50
"""Articles that are fetched at once."""
FORMER_ARTICLES = 10_000
"""Articles a batch of former rows: going back reads a batch at a time."""
SPACE_FACTOR = 3
"""Space that must be free before a switch, in sizes of what is switched to: the batch, the rows
that it replaces, and some air."""

Lock = Callable[[], AbstractContextManager[None]]


def name_in_use(settings: Settings) -> str:
    """The name of the extractor that reads new articles: the promoted one, else the setting's."""
    try:
        last = editions.last_switch(settings)
    except DamagedError as error:
        raise InputError(str(error)) from None
    return (last and last.extractor) or settings.extractor


def extractor_in_use(settings: Settings) -> Extractor:
    """The extractor that reads new articles. Raises InputError where it is not installed."""
    name = name_in_use(settings)
    if name == settings.extractor:
        return _ready(name, "correct NEWSACTORS_EXTRACTOR")
    return _ready(name, "it was promoted; `newsactors reextract --rollback` takes that back")


def _ready(name: str, hint: str) -> Extractor:
    try:
        return get_extractor(name)
    except ValueError:
        known = ", ".join(extractor_names())
        raise InputError(f"no extractor is named {name!r} (known: {known}); {hint}") from None


def stage_reextraction(
    settings: Settings, extractor: Extractor, choice: ArticleSelection, progress: Progress = silent
) -> Staged:
    """Extract published articles again, at once and without a way back.

    All versions of the chosen articles. Reads the published file, so that nobody waits meanwhile.
    An article on which the extractor fails keeps what it has. Raises InputError where nothing is
    published or nothing matches.
    """
    with _open_published(settings) as con:
        contents = _chosen(con, choice, _outlets(con, choice))
        rows = Staging(settings.extracted)
        return _Filling(settings, extractor, rows, progress, skips=False).fill(con, contents)


def build_candidate(
    settings: Settings, extractor: Extractor, choice: ArticleSelection, progress: Progress = silent
) -> Edition:
    """Extract published articles beside the active rows, and return the edition that this makes.

    What the extractor's version has extracted already is not extracted again, neither for the
    active rows nor for the candidate: after a kill this goes on where it was. A candidate of
    another version is replaced. Raises InputError where nothing is published or nothing matches.
    """
    edition = Edition(extractor.name, extractor.version, choice)
    with _open_published(settings) as con:
        outlets = _outlets(con, choice)
        _chosen(con, choice, outlets)
        contents = _due(con, edition, outlets)
        with exclusive_lock(RawArchive(settings.raw).intake_lock):
            editions.start_candidate(settings, edition)
        _fill_candidate(settings, edition, extractor, progress).fill(con, contents)
    return edition


def promote(
    settings: Settings, run_id: str, lock_for_writing: Callable[[], None], progress: Progress
) -> Staged:
    """Put the candidate's rows among the active ones; a load and a publish are to follow.

    Articles that came since it was built are extracted too. A candidate for all articles also
    makes its extractor the one that reads new articles. What is replaced is kept for `roll_back`.
    Raises InputError where there is no candidate, or one that cannot be promoted.
    """
    edition = editions.candidate(settings)
    if edition is None:
        return _finished(settings, run_id, "promote", lock_for_writing)
    extractor = _ready(
        edition.extractor, "make another candidate with `newsactors reextract --diff`"
    )
    wanted = Edition(extractor.name, extractor.version, edition.selection)
    if edition != wanted:
        raise InputError(
            f"the candidate was made by {_made_by(edition)}, installed is {_made_by(wanted)}; "
            "make another with `newsactors reextract --diff`"
        )
    filling = _fill_candidate(settings, edition, extractor, progress)
    with _open_published(settings) as published:
        outlets = _outlets(published, edition.selection)
        filling.fill(published, _due(published, edition, outlets))
    lock_for_writing()
    with exclusive_lock(RawArchive(settings.raw).intake_lock):
        load_staged(settings, run_id)
        if editions.candidate(settings) is None:
            return _finished(settings, run_id, "promote", lock_for_writing)
        with build_db.open_build(settings.build_file) as con:
            due = _due(con, edition, outlets)
            filling.fill(con, due, nullcontext)
            extracted = filling.rows.content_hashes()
            contents = pa.array([c for c in due if c in extracted], pa.string())
            in_use = name_in_use(settings)
            takes_over = edition.selection.is_all and edition.extractor != in_use
            if not len(contents) and not takes_over:
                raise InputError(
                    f"nothing to promote: all of the candidate ({edition.selection}) is by "
                    f"{edition.version} already"
                )
            _check_space(settings, filling.rows)
            number = _next_number(settings, con)
            _keep(con, contents, editions.former_rows(settings, number))
            sequence = build_db.loaded_through(con)["ingest"]
        last = editions.last_switch(settings)
        pinned = last.extractor if last else None
        to = Switch(
            "promote", number, sequence, len(contents), edition,
            extractor=edition.extractor if takes_over else pinned, former_extractor=pinned,
        )  # fmt: skip
        return _switch(settings, to, filling.rows, contents)


def roll_back(
    settings: Settings, run_id: str, lock_for_writing: Callable[[], None], progress: Progress
) -> Staged:
    """Put back what the last promotion replaced; a load and a publish are to follow.

    Where the promotion was for all articles, those that came since are extracted by the extractor
    that is in use again, unless that is the version taken back. Raises InputError where the last
    switch was no promotion.
    """
    last = editions.last_switch(settings)
    if last is None or last.kind != "promote":
        return _finished(settings, run_id, "rollback", lock_for_writing)
    if last.edition.layout != SCHEMA_VERSION:
        raise InputError(
            f"what was replaced has layout {last.edition.layout}, this newsactors writes layout "
            f"{SCHEMA_VERSION}: it cannot be put back; extract again with `newsactors reextract`"
        )
    former = last.former_extractor or settings.extractor
    extractor = _ready(former, "it was in use before the promotion: install it first")
    rows = editions.former_rows(settings, last.number)
    filling = _Filling(settings, extractor, rows, progress)

    def since(con: duckdb.DuckDBPyConnection) -> list[str]:
        if not last.edition.selection.is_all or extractor.version == last.edition.version:
            return []
        return _came_since(con, last)

    if rows.batches() and settings.published.exists():
        with open_published(settings) as published:
            filling.fill(published, since(published))
    lock_for_writing()
    with exclusive_lock(RawArchive(settings.raw).intake_lock):
        load_staged(settings, run_id)
        if editions.last_switch(settings) != last:
            return _finished(settings, run_id, "rollback", lock_for_writing)
        if not rows.batches():
            raise InputError(f"what batch {last.number} replaced is lost: {rows.root} is not there")
        with build_db.open_build(settings.build_file) as con:
            filling.fill(con, since(con), nullcontext)
            number = _next_number(settings, con)
            sequence = build_db.loaded_through(con)["ingest"]
        _check_space(settings, rows)
        contents = pa.array(sorted(rows.content_hashes()), pa.string())
        to = Switch(
            "rollback", number, sequence, len(contents), last.edition,
            extractor=last.former_extractor, former_extractor=None,
        )  # fmt: skip
        return _switch(settings, to, rows, contents)


def _keep(con: duckdb.DuckDBPyConnection, contents: pa.Array, rows: Staging) -> None:
    """Stage what is loaded for these article versions, to go back to it."""
    for number, start in enumerate(range(0, len(contents) or 1, FORMER_ARTICLES), start=1):
        some = contents.slice(start, FORMER_ARTICLES)
        tables = {name: build_db.extraction_of(con, name, some) for name in STAGED_TABLES}
        rows.write("reextract", number, number, "former", tables)


def _switch(settings: Settings, to: Switch, rows: Staging, contents: pa.Array) -> Staged:
    editions.switch(settings, to, {name: rows.rows(name, contents) for name in STAGED_TABLES})
    batches = [b for b in Staging(settings.extracted).batches() if b.kind == "reextract"]
    return Staged([b for b in batches if b.last == to.number], to.articles)


def _made_by(edition: Edition) -> str:
    return f"{edition.version} (layout {edition.layout})"


def _finished(
    settings: Settings, run_id: str, kind: editions.Kind, lock_for_writing: Callable[[], None]
) -> Staged:
    """Nothing to stage: fine where that was done and its publish is still due, else InputError."""
    last = editions.last_switch(settings)
    if last is not None and last.kind == kind:
        lock_for_writing()
        if load_staged(settings, run_id).is_publish_due:
            return Staged()
    if kind == "promote":
        raise InputError("nothing to promote; make a candidate with `newsactors reextract --diff`")
    raise InputError(
        "nothing to roll back: nothing was promoted"
        if last is None
        else f"nothing to roll back: {last.edition.version} was taken back already"
    )


class _Filling:
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
        there = self.rows.content_hashes() if self.skips else set()
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
        versions = staged_tables.reextracted_rows(extracted.contents, version)
        tables = {staged_tables.ARTICLES: versions, **extracted.tables}
        return self.rows.write("reextract", number, number, version, tables)


def _fill_candidate(
    settings: Settings, edition: Edition, extractor: Extractor, progress: Progress
) -> _Filling:
    def check() -> None:
        if editions.candidate(settings) != edition:
            raise InputError("another process replaced the candidate; run again when it is done")

    return _Filling(settings, extractor, editions.candidate_rows(settings), progress, check)


def _open_published(settings: Settings) -> duckdb.DuckDBPyConnection:
    if not settings.published.exists():
        raise InputError("nothing is published yet; run `newsactors ingest` first")
    return open_published(settings)


def _outlets(con: duckdb.DuckDBPyConnection, choice: ArticleSelection) -> list[str] | None:
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


def _due(con: duckdb.DuckDBPyConnection, edition: Edition, outlets: list[str] | None) -> list[str]:
    """The article versions that an edition is for and that are not by its version yet."""
    choice = edition.selection
    values = [choice.from_day, choice.to_day, outlets, edition.version]
    return [content for (content,) in con.execute(_CHOSEN, values).fetchall()]


def _came_since(con: duckdb.DuckDBPyConnection, promotion: Switch) -> list[str]:
    """The article versions that came after a promotion and were read by what it promoted."""
    found = con.execute(
        "select content_sha256 from loaded.article_versions where extractor_version = ? "
        "and first_sequence > ? order by first_sequence, content_sha256",
        [promotion.edition.version, promotion.sequence],
    ).fetchall()
    return [content for (content,) in found]


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


def _next_number(settings: Settings, con: duckdb.DuckDBPyConnection) -> int:
    loaded = build_db.loaded_through(con)["reextract"]
    return max(Staging(settings.extracted).next_number(), loaded + 1)


def _check_space(settings: Settings, rows: Staging) -> None:
    needed = SPACE_FACTOR * sum(f.stat().st_size for f in rows.root.rglob("*") if f.is_file())
    free = shutil.disk_usage(settings.home).free
    if free < needed:
        raise InputError(
            f"{free / 1e6:.0f} MB free at {settings.home}, {needed / 1e6:.0f} MB needed; free some "
            "space and run again (what was extracted is kept)"
        )
