"""The extraction of texts that a reread adds, kept beside the active rows until it is carried out.

Belongs here: extracting these texts once, even if the reread is killed. Does not belong here: which
texts they are (`etl.pipeline.reread_plan`), putting them among the active rows
(`etl.storage.restaging`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import partial

import duckdb
import pyarrow as pa

from etl.extract import Extractor
from etl.pipeline.extraction import ExtractionPool
from etl.pipeline.progress import Progress
from etl.pipeline.read_archived import rejected_item
from etl.settings import Settings
from etl.storage.files import remove_folder
from etl.storage.quarantine import QuarantinedItem
from etl.storage.staged_tables import (
    ARTICLES,
    STAGED_TABLES,
    ReadArticle,
    article_rows,
    reextracted_rows,
)
from etl.storage.staging import Staging
from etl.warehouse import build_db

EXTRACT = "extract"


class AddedTexts:
    """Texts and their extraction, in `reextraction/reread/`."""

    def __init__(self, settings: Settings, extractor: Extractor) -> None:
        self.settings, self.extractor = settings, extractor
        self.rows = Staging(settings.reextraction / "reread")
        if any(b.extractor_version != extractor.version for b in self.rows.all_batches()):
            remove_folder(self.rows.root)
        self.failed: dict[str, str] = {}
        self.known = self.rows.content_hashes()
        self.waiting: dict[str, ReadArticle] = {}

    def add(
        self, con: duckdb.DuckDBPyConnection, reads: Sequence[ReadArticle], progress: Progress
    ) -> None:
        """Take the loaded extraction of these articles, or extract them."""
        missing = {r.content_sha256: r for r in reads}
        missing = {c: r for c, r in missing.items() if c not in self.known and c not in self.failed}
        loaded = self._copy(con, list(missing))
        self.waiting |= {c: r for c, r in missing.items() if c not in loaded}
        if len(self.waiting) >= self.settings.batch_articles:
            self.finish(progress)

    def _copy(self, con: duckdb.DuckDBPyConnection, contents: list[str]) -> set[str]:
        tables = {
            name: list(build_db.extraction_of(con, name, pa.array(contents, pa.string())))
            for name in STAGED_TABLES
        }
        loaded = {c for table in tables[ARTICLES] for c in table["content_sha256"].to_pylist()}
        if loaded:
            self._write(tables)
            self.known |= loaded
        return loaded

    def finish(self, progress: Progress) -> None:
        """Extract what waits for it."""
        if not self.waiting:
            return
        with ExtractionPool(self.extractor, self.settings.workers) as pool:
            for content, read in self.waiting.items():
                pool.add(content, read.article)
            extracted = pool.finish(partial(_report, progress, len(self.waiting)))
        version = self.extractor.version
        articles = reextracted_rows(extracted.contents, version)
        self._write({ARTICLES: [articles], **{n: [t] for n, t in extracted.tables.items()}})
        self.known |= set(extracted.contents)
        self.failed |= extracted.failed
        self.waiting = {}

    def _write(self, tables: Mapping[str, Sequence[pa.Table]]) -> None:
        self.rows.sweep("new")
        number = self.rows.next_number()
        self.rows.write("reextract", number, number, self.extractor.version, tables)

    def articles(self, reads: Sequence[ReadArticle]) -> list[pa.Table]:
        """Return the staged rows of articles; those that the extractor failed on have none."""
        contents = pa.array([r.content_sha256 for r in reads], pa.string())
        versions: dict[str, list[ReadArticle]] = defaultdict(list)
        of_content: dict[str, str] = {}
        for table in self.rows.rows(ARTICLES, contents):
            names = (table[n].to_pylist() for n in ("content_sha256", "extractor_version"))
            of_content.update(zip(*names, strict=True))
        for read in reads:
            if (version := of_content.get(read.content_sha256)) is not None:
                versions[version].append(read)
        return [article_rows(some, version) for version, some in versions.items()]

    def rejections(self, reads: Sequence[ReadArticle]) -> list[QuarantinedItem]:
        """Return the articles that the extractor failed on."""
        return [
            rejected_item(
                r.entry,
                r.item,
                "extraction_failed",
                f"{self.extractor.version}: {self.failed[r.content_sha256]}",
                "report this article as a bug of the extractor; `newsactors rebuild` "
                "with a fixed version takes it in",
            )
            for r in reads
            if r.content_sha256 in self.failed
        ]


def _report(progress: Progress, total: int, done: int) -> None:
    progress(EXTRACT, done, total)
