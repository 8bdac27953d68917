"""A warehouse in a temporary folder: articles to drop, the stages, and tables to compare.

Run as a program, it is a separate process that runs the stages and can be killed:

    python tests/pipeline/warehouse_harness.py HOME ACTION [DIE_AT]

ACTION is one of ACTIONS or SWITCHES, or "reread". With DIE_AT the process kills itself, by SIGKILL,
just before its n-th change to a file under HOME; without it, it prints the number of its changes.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb

from bench.faults.tables import Rows as Rows
from bench.faults.tables import published_rows, rows
from bench.faults.victim_process import FileChangeCounter
from etl.corrections.lease import CorrectionsLease
from etl.domain import Article, Extraction, Mention, Quote, TextActor
from etl.extract import Extractor, get_extractor, register_extractor
from etl.pipeline import (
    actor_links,
    apply_corrections,
    archive_files,
    article_stories,
    build_models,
    load,
    promotion,
    publish_run,
    rebuild,
    reextract,
    reread,
    stage_articles,
    tombstone_article,
)
from etl.pipeline.load import LoadResult
from etl.pipeline.progress import silent
from etl.pipeline.reread import Reread
from etl.pipeline.stage_articles import Staged
from etl.schema import tables
from etl.settings import Settings
from etl.storage import editions
from etl.storage.editions import ArticleSelection, Edition
from etl.storage.run_state import State
from etl.storage.writer_lock import WriterLock
from etl.warehouse import build_db

LOADED = (*tables.LOADED, *tables.LINKED, *tables.CORRECTED, *tables.STORIES)


@dataclass(frozen=True)
class Words:
    """A quick extractor: capitalised words are people, one of whom speaks the first quotation."""

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
    """Another extractor, which finds only the first person of a text."""

    def extract(self, article: Article) -> Extraction:
        found = super().extract(article)
        return Extraction(found.actors[:1], tuple(m for m in found.mentions if m.actor == 0)[:1])


register_extractor("few", lambda: FewerWords("few-1", name="few"))


def text(
    body: str, *, day: str = "2025-03-01", outlet: str = "Daily Test", author: str = "Ann Author",
    headline: str = "Something Happened In Town",
) -> str:  # fmt: skip
    """Return the text of a file from which the reader gets exactly these values."""
    return f" date {day} {headline}\n\nBy {author} – {outlet}\n\n{body}\n"


def story(number: int, *, sentences: int = 6) -> str:
    """Return a body unlike that of any other number."""
    return " ".join(f"Person{number} said “{number} {n} words” of story {number}." for n in
                    range(sentences))  # fmt: skip


@dataclass(frozen=True)
class WarehouseHarness:
    """One warehouse and its inbox."""

    root: Path
    batch_articles: int = 500
    item_seconds: int = 20

    @cached_property
    def settings(self) -> Settings:
        return Settings.from_env(
            {
                "NEWSACTORS_HOME": str(self.root / "home"),
                "NEWSACTORS_INBOX": str(self.inbox),
                "NEWSACTORS_SETTLE_SECONDS": "0",
                "NEWSACTORS_BATCH_ARTICLES": str(self.batch_articles),
                "NEWSACTORS_MAX_ITEM_SECONDS": str(self.item_seconds),
            }
        )

    @cached_property
    def inbox(self) -> Path:
        """The folder of `settings.inbox`, which in general may also be an address."""
        inbox = self.root / "inbox"
        inbox.mkdir(parents=True, exist_ok=True)
        return inbox

    @property
    def state(self) -> State:
        return State(self.settings.state_file)

    def drop(self, name: str, content: str | bytes) -> Path:
        """Put a file into the inbox; a file that replaces another gets a later time."""
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
        """Archive, stage and load what is new; publish it if requested and due."""
        self.state.start_run(run_id, "ingest", "words")
        archive_files.archive_new(self.settings, [], run_id)
        self.stage(extractor, run_id=run_id)
        result = self.load(run_id=run_id, publish=publish)
        self.state.finish_run(run_id)
        return result

    def stage(self, extractor: Extractor | None = None, *, run_id: str = "run") -> Staged:
        return stage_articles.stage_new(self.settings, lambda: extractor or self.in_use(), run_id)

    def in_use(self) -> Extractor:
        """Return the promoted extractor, or `Words` in place of the shipped one."""
        last = editions.last_switch(self.settings)
        return get_extractor(last.extractor) if last and last.extractor else Words()

    def load(self, *, run_id: str = "run", publish: bool = False) -> LoadResult:
        lease = CorrectionsLease(self.settings)
        with WriterLock(self.settings):
            lease.take()
            try:
                result = load.load_staged(self.settings, run_id)
                if result.is_publish_due:
                    assert load.check_loaded(self.settings) == []
                    actor_links.link(self.settings)
                    apply_corrections.apply_corrections(self.settings)
                    assert actor_links.check_links(self.settings) == []
                    article_stories.group(self.settings)
                    assert article_stories.check_stories(self.settings) == []
                    if publish:
                        build_models.build_models(self.settings)
                        apply_corrections.apply_late_corrections(self.settings, lease)
                        publish_run.publish_build(self.settings, self.in_use(), run_id)
                        publish_run.clear_touched_days(self.settings)
                return result
            finally:
                lease.end()

    def build_by_dbt(self) -> None:
        """Build all models with dbt, as after a change of the SQL, and publish them."""
        with build_db.open_build(self.settings.build_file) as con:
            build_db.set_property(con, "models_version", "another")
        done = build_models.build_models(self.settings)
        assert done.method == "dbt"
        publish_run.publish_build(self.settings, self.in_use(), "full")

    def candidate(self, name: str = "few", choice: ArticleSelection | None = None) -> Edition:
        return reextract.build_candidate(
            self.settings, get_extractor(name), choice or ArticleSelection()
        )

    def promote(self, *, publish: bool = False) -> LoadResult:
        return self._switch(promotion.promote, publish)

    def roll_back(self, *, publish: bool = False) -> LoadResult:
        return self._switch(promotion.roll_back, publish)

    def reread(self, *formats: str, publish: bool = False) -> Reread:
        """Read archived files again, and load what changed."""
        writer = WriterLock(self.settings)
        try:
            outcome = reread.reread(
                self.settings, self.in_use(), formats, "reread", writer.acquire, silent
            )
        finally:
            writer.release()
        self.load(run_id="reread", publish=publish)
        return outcome

    def _switch(self, change: Callable[..., Staged], publish: bool) -> LoadResult:
        writer = WriterLock(self.settings)
        try:
            change(self.settings, "run", writer.acquire, silent)
        finally:
            writer.release()
        return self.load(publish=publish)

    def forget(self, article_id: str) -> None:
        with WriterLock(self.settings):
            tombstone_article.tombstone_article(self.settings, article_id, "forget")

    def rebuild(self) -> None:
        rebuild.clear_for_rebuild(self.settings)
        self.ingest()

    def query(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Rows of the build database."""
        with build_db.open_build(self.settings.build_file) as con:
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
        """Loaded rows, without run ids and times."""
        with build_db.open_build(self.settings.build_file) as con:
            return {t.name: rows(con, f"loaded.{t.name}") for t in LOADED}

    def main(self) -> Rows:
        """Published rows, without run ids and times."""
        return published_rows(self.settings.published)

    def quarantine(self) -> dict[str, str]:
        """The reason for each path in quarantine."""
        return {r.source_path: r.reason for r in self.state.quarantine()}

    def snapshots(self) -> list[str]:
        return sorted(path.name for path in self.settings.snapshots.iterdir())


def _forget(harness: WarehouseHarness) -> None:
    """Forget the articles that name Person3, if any are left."""
    for (article_id,) in harness.query(
        "select distinct article_id from loaded.article_versions where body like '%Person3 %'"
    ):
        harness.forget(article_id)
    harness.ingest()


SWITCHES: dict[str, Callable[[WarehouseHarness], object]] = {
    "candidate": WarehouseHarness.candidate,
    "promote": WarehouseHarness.promote,
    "roll_back": WarehouseHarness.roll_back,
}
ACTIONS: dict[str, Callable[[WarehouseHarness], object]] = {
    "ingest": WarehouseHarness.ingest,
    "forget": _forget,
    "rebuild": WarehouseHarness.rebuild,
}


def main() -> None:
    root, action, die_at = sys.argv[1:]
    harness = WarehouseHarness(Path(root), batch_articles=2)
    changes = FileChangeCounter(harness.settings.home, ("all", int(die_at)), lambda: "all")
    if action == "reread":
        harness.reread()
    else:
        (ACTIONS | SWITCHES)[action](harness)
    print(changes.counts["all"])


if __name__ == "__main__":
    main()
