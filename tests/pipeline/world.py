"""A warehouse in a temporary folder: articles to drop, the stages, and tables to compare.

Run as a program it is a process of its own that goes through the stages and may be killed:

    python tests/pipeline/world.py HOME ACTION [PUBLISH] [DIE_AT]

ACTION is one of ACTIONS or SWITCHES. With DIE_AT the process kills itself, by SIGKILL, just before
its n-th change to a file under HOME, and else it prints how many changes it made.
"""

from __future__ import annotations

import os
import re
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb

from etl import applying, intake, pipeline, reextract, schema
from etl.extract import Extractor, get_extractor, register_extractor
from etl.intake import Staged, silent
from etl.model import Article, Extraction, Mention, Quote, TextActor
from etl.pipeline import LoadResult
from etl.settings import Settings
from etl.store import build, editions
from etl.store.editions import Choice, Edition
from etl.store.state import State
from etl.store.writer import Writer

Rows = dict[str, list[tuple[Any, ...]]]

LOADED = (*schema.INGESTED, *schema.LINKED, *schema.CORRECTED, *schema.STORIES)
NOT_COMPARED = ("corrections", "ingest_runs", "warehouse_info")
"""Tables of schema `main` that tell of what was done, not of what came of it."""
OF_A_RUN = "run_id|.*_at|.*_run"
"""Columns that say when and by which run something came: two runs never agree on them."""


@dataclass(frozen=True)
class Words:
    """A quick extractor: capitalised words are people, whom the first quotation is by."""

    version: str = "words-1"
    fails_on: str | None = None
    name: str = "words"
    calls: list[int] = field(default_factory=list)

    def extract(self, article: Article) -> Extraction:
        if self.fails_on and self.fails_on in article.body:
            raise RuntimeError(f"cannot read {self.fails_on}")
        found = list(re.finditer(r"\b[A-Z]\w+", article.body))
        names = sorted({m[0] for m in found})
        said = re.search("“(.*?)”", article.body)
        return Extraction(
            tuple(TextActor(i, name, "PERSON") for i, name in enumerate(names)),
            tuple(
                Mention(names.index(m[0]), "body", *m.span(), m[0], "PERSON", "name", 0, 0, None,
                        False, self.version, 1.0)
                for m in found
            ),
            (Quote(0, "body", *said.span(1), said[1], "direct", None, 0 if names else None,
                   None, None, None, self.version, 1.0),) if said else (),
        )  # fmt: skip

    def extract_many(self, articles: Sequence[Article]) -> list[Extraction]:
        self.calls.append(len(articles))
        return [self.extract(article) for article in articles]


class FewerWords(Words):
    """Another extractor, which finds the first person of a text only."""

    def extract(self, article: Article) -> Extraction:
        found = super().extract(article)
        return Extraction(found.actors[:1], found.mentions[:1])


register_extractor("few", lambda: FewerWords("few-1", name="few"))


def text(
    body: str, *, day: str = "2025-03-01", outlet: str = "Daily Test", author: str = "Ann Author",
    headline: str = "Something Happened In Town",
) -> str:  # fmt: skip
    """The text of a file that the reader takes apart into just these values."""
    return f" date {day} {headline}\n\nBy {author} – {outlet}\n\n{body}\n"


def story(number: int, *, sentences: int = 6) -> str:
    """A body unlike that of any other number."""
    return " ".join(f"Person{number} said “{number} {n} words” of story {number}." for n in
                    range(sentences))  # fmt: skip


@dataclass(frozen=True)
class World:
    """One warehouse and its inbox."""

    root: Path
    batch_articles: int = 500

    @cached_property
    def settings(self) -> Settings:
        return Settings.from_env(
            {
                "NEWSACTORS_HOME": str(self.root / "home"),
                "NEWSACTORS_INBOX": str(self.inbox),
                "NEWSACTORS_SETTLE_SECONDS": "0",
                "NEWSACTORS_BATCH_ARTICLES": str(self.batch_articles),
            }
        )

    @cached_property
    def inbox(self) -> Path:
        """The folder of `settings.inbox`, which could be an address too."""
        inbox = self.root / "inbox"
        inbox.mkdir(parents=True, exist_ok=True)
        return inbox

    @property
    def state(self) -> State:
        return State(self.settings.state_file)

    def drop(self, name: str, content: str | bytes) -> Path:
        """Put a file into the inbox; a later file of the same name has a later time."""
        path = self.inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        before = path.stat().st_mtime_ns if path.exists() else 0
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        if path.stat().st_mtime_ns <= before:
            os.utime(path, ns=(before + 1_000_000, before + 1_000_000))
        return path

    def ingest(
        self, extractor: Extractor | None = None, *, run_id: str = "run", publish: bool = False
    ) -> LoadResult:
        """Archive, stage and load what is new, and publish it where that is asked for and due."""
        self.state.start_run(run_id, "ingest", "words")
        intake.archive_new(self.settings, [], run_id)
        self.stage(extractor, run_id=run_id)
        result = self.load(run_id=run_id, publish=publish)
        self.state.finish_run(run_id)
        return result

    def stage(self, extractor: Extractor | None = None, *, run_id: str = "run") -> Staged:
        return intake.stage_new(self.settings, lambda: extractor or self.in_use(), run_id)

    def in_use(self) -> Extractor:
        """The extractor that was promoted, else `Words` instead of the one that is shipped."""
        last = editions.last_switch(self.settings)
        return get_extractor(last.extractor) if last and last.extractor else Words()

    def load(self, *, run_id: str = "run", publish: bool = False) -> LoadResult:
        writer = Writer(self.settings)
        writer.acquire()
        try:
            result = pipeline.load_staged(self.settings, run_id)
            if result.is_publish_due:
                assert pipeline.check_loaded(self.settings) == []
                pipeline.link(self.settings)
                applying.correct(self.settings)
                assert pipeline.check_links(self.settings) == []
                pipeline.group(self.settings)
                assert pipeline.check_stories(self.settings) == []
                if publish:
                    pipeline.build_models(self.settings)
                    applying.apply_late_corrections(self.settings)
                    pipeline.publish_build(self.settings, self.in_use(), run_id)
                    pipeline.days_reported(self.settings)
            return result
        finally:
            writer.release()

    def candidate(self, name: str = "few", choice: Choice | None = None) -> Edition:
        return reextract.build_candidate(self.settings, get_extractor(name), choice or Choice())

    def promote(self, *, publish: bool = False) -> LoadResult:
        return self._switch(reextract.promote, publish)

    def roll_back(self, *, publish: bool = False) -> LoadResult:
        return self._switch(reextract.roll_back, publish)

    def _switch(self, change: Callable[..., Staged], publish: bool) -> LoadResult:
        writer = Writer(self.settings)
        try:
            change(self.settings, "run", writer.acquire, silent)
        finally:
            writer.release()
        return self.load(publish=publish)

    def forget(self, article_id: str) -> None:
        writer = Writer(self.settings)
        writer.acquire()
        try:
            pipeline.forget_article(self.settings, article_id, "forget")
        finally:
            writer.release()

    def rebuild(self) -> None:
        pipeline.clear_for_rebuild(self.settings)
        self.ingest()

    # What is in it

    def query(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Rows of the build database."""
        with build.open_build(self.settings.build_file) as con:
            return con.execute(sql, list(values)).fetchall()

    def published(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of the published file."""
        with duckdb.connect(str(self.settings.published.resolve()), read_only=True) as con:
            return con.execute(sql).fetchall()

    def articles(self) -> dict[str, str]:
        """The current body of each article by its id."""
        return dict(
            self.query(
                "select s.article_id, last(body order by s.sequence, s.item) "
                "from loaded.article_sources s join loaded.article_versions "
                "using (content_sha256) group by 1"
            )
        )

    def loaded(self) -> Rows:
        """What is loaded, run ids and times aside."""
        with build.open_build(self.settings.build_file) as con:
            return {t.name: _rows(con, f"loaded.{t.name}") for t in LOADED}

    def main(self) -> Rows:
        """What is published, run ids and times aside."""
        with duckdb.connect(str(self.settings.published.resolve()), read_only=True) as con:
            names = con.execute(
                "select table_name from information_schema.tables where table_schema = 'main' "
                "and not list_contains(?, table_name) order by 1",
                [list(NOT_COMPARED)],
            ).fetchall()
            return {name: _rows(con, f"main.{name}") for (name,) in names}

    def quarantine(self) -> dict[str, str]:
        """The reason for each path in quarantine."""
        return {r.source_path: r.reason for r in self.state.quarantine()}

    def snapshots(self) -> list[str]:
        return sorted(path.name for path in self.settings.snapshots.iterdir())


def _rows(con: duckdb.DuckDBPyConnection, relation: str) -> list[tuple[Any, ...]]:
    rows = con.execute(f"select columns(c -> not regexp_full_match(c, ?)) from {relation}",
                       [OF_A_RUN]).fetchall()  # fmt: skip
    return sorted(rows, key=repr)


# A process of its own


def _ingest(world: World, publish: bool) -> None:
    world.ingest(publish=publish)


def _forget(world: World, publish: bool) -> None:
    """Forget the articles that name Person3, where they are still there."""
    for (article_id,) in world.query(
        "select distinct article_id from loaded.article_versions where body like '%Person3 %'"
    ):
        world.forget(article_id)
    world.ingest(publish=publish)


def _rebuild(world: World, publish: bool) -> None:
    pipeline.clear_for_rebuild(world.settings)
    world.ingest(publish=publish)


def _candidate(world: World, publish: bool) -> None:
    world.candidate()


def _promote(world: World, publish: bool) -> None:
    world.promote(publish=publish)


def _roll_back(world: World, publish: bool) -> None:
    world.roll_back(publish=publish)


SWITCHES: dict[str, Callable[[World, bool], None]] = {
    "candidate": _candidate,
    "promote": _promote,
    "roll_back": _roll_back,
}
ACTIONS: dict[str, Callable[[World, bool], None]] = {
    "ingest": _ingest,
    "forget": _forget,
    "rebuild": _rebuild,
}


class _Changes:
    """Counts changes to files under a folder, and kills this process before the n-th."""

    EVENTS = ("os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.truncate", "os.symlink",
              "os.chmod", "sqlite3.connect", "shutil.copyfile")  # fmt: skip

    def __init__(self, folder: Path, die_at: int) -> None:
        self.folder = os.fsencode(folder)
        self.die_at = die_at
        self.count = 0
        sys.addaudithook(self.hear)

    def hear(self, event: str, args: tuple[Any, ...]) -> None:
        if event == "open":
            is_change = isinstance(args[1], str) and args[1][0] in "wax"
        else:
            is_change = event in self.EVENTS
        if is_change and any(self._is_inside(arg) for arg in args):
            self.count += 1
            if self.count == self.die_at:
                os.kill(os.getpid(), signal.SIGKILL)

    def _is_inside(self, arg: object) -> bool:
        return isinstance(arg, str | bytes | Path) and os.fsencode(arg).startswith(self.folder)


def main() -> None:
    root, action, publish, die_at = sys.argv[1:]
    world = World(Path(root), batch_articles=2)
    changes = _Changes(world.settings.home, int(die_at))
    (ACTIONS | SWITCHES)[action](world, publish == "publish")
    print(changes.count)


if __name__ == "__main__":
    main()
