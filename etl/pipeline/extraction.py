"""Extracting many articles in parallel: which process extracts which, and handling failures.

Belongs here: the batch function (articles in, Arrow tables out), and the worker processes that run
it. Does not belong here: how an article is extracted (`etl.extract`), where articles come from and
where rows go (`etl.pipeline.stage_articles`, `etl.pipeline.reextract`).

The batch function shares no state, so a cluster engine can run it unchanged (docs/adr/0021). Rules,
decoding and rows hold Python's global lock for half of the fast extractor's time: on two cores, two
processes read 1.5 times as much as two threads, and 1.08 times with the accurate extractor
(PolNeAR; Reuters 1.6 and 1.06). A process takes 1.3 s to start, so a few articles are extracted in
this one.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Self

import pyarrow as pa
import pyarrow.compute as pc

from etl.domain import Article, Extraction
from etl.extract import Extractor
from etl.pipeline.worker_process import WorkerProcess, connect_to_owner
from etl.readers.language import ENGLISH
from etl.schema import tables as schema
from etl.storage.staged_tables import extracted_rows
from etl.warehouse import checks

_PROCESSES_FROM = 100
"""Articles from which worker processes pay off: 12 s of the accurate extractor."""
_GROUP_CHARACTERS = 30_000
"""Characters sent to a worker at once. Smaller groups finish more evenly, larger ones cost fewer
messages (Reuters: 257 articles a second in groups of 8, 293 in groups of 32)."""


@dataclass(frozen=True)
class Extracted:
    """The outcome of extracting a batch of article versions, by content_sha256."""

    contents: list[str]
    """The extracted versions, in the order given."""
    tables: dict[str, pa.Table]
    """Their rows, by the name of the staged table."""
    failed: dict[str, str]
    """Why the extractor failed on the others."""

    def without(self, contents: Collection[str]) -> Extracted:
        """Return this outcome without these article versions."""
        if not (removed := set(self.contents) & set(contents)):
            return self
        values = pa.array(sorted(removed), pa.string())
        tables = {
            name: rows.filter(pc.invert(pc.is_in(rows["content_sha256"], value_set=values)))
            for name, rows in self.tables.items()
        }
        return Extracted([c for c in self.contents if c not in removed], tables, self.failed)


def extract(extractor: Extractor, articles: Mapping[str, Article]) -> Extracted:
    """Extract articles, and return their rows and why the extractor failed on some.

    Articles in languages that the extractors do not read get no rows. An extraction that the checks
    would refuse counts as a failure, because one text must not block the publish.
    """
    known = {c: a for c, a in articles.items() if a.language in (None, ENGLISH)}
    extracted: dict[str, Extraction] = {}
    failed: dict[str, str] = {}
    try:
        if known:
            found = extractor.extract_many(list(known.values()))
            extracted = dict(zip(known, found, strict=True))
    except Exception:
        for content, article in known.items():
            try:
                extracted[content] = extractor.extract(article)
            except Exception as error:
                failed[content] = f"{type(error).__name__}: {error}"
    for content in list(extracted):
        if fault := checks.fault_of(known[content], extracted[content]):
            failed[content] = fault
            del extracted[content]
    contents = [c for c in articles if c not in failed]
    return Extracted(contents, extracted_rows(extracted), failed)


class ExtractionPool:
    """Extracts articles in the background while they are added; `finish` returns their rows.

    Use it in a `with` statement, which ends the worker processes. An extractor that cannot be
    pickled runs in this process.
    """

    def __init__(self, extractor: Extractor, workers: int) -> None:
        self.extractor = extractor
        self._workers = workers
        self._is_closed = False
        self._pool: ThreadPoolExecutor | None = None  # one thread per worker process
        self._processes: list[WorkerProcess] = []
        self._idle: SimpleQueue[WorkerProcess] = SimpleQueue()
        self._pickled = b""
        if workers > 1:
            with suppress(pickle.PicklingError, AttributeError, TypeError):
                self._pickled = pickle.dumps(extractor)
        self._begin()

    def _begin(self) -> None:
        self._group: dict[str, Article] = {}
        self._characters = 0
        self._unsent: list[dict[str, Article]] = []
        self._futures: list[Future[Extracted]] = []
        self._count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._is_closed = True
        self._end_all()
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
        self._end_all()  # a worker that was just starting

    def _end_all(self) -> None:
        for process in self._processes:
            process.end()

    def add(self, content: str, article: Article) -> None:
        """Queue this article version for extraction."""
        self._group[content] = article
        self._count += 1
        self._characters += len(article.body)
        if self._characters >= _GROUP_CHARACTERS:
            self._send()
        if self._count == _PROCESSES_FROM and self._pickled and self._pool is None:
            self._pool = ThreadPoolExecutor(self._workers)

    def _send(self) -> None:
        self._unsent.append(self._group)
        self._group, self._characters = {}, 0
        if self._pool is not None:
            self._futures += [self._pool.submit(self._extract, group) for group in self._unsent]
            self._unsent = []

    def finish(self, progress: Callable[[int], None] = lambda articles: None) -> Extracted:
        """Return the outcome for all articles added since the last call, in that order.

        `progress` is called with the number of articles done.
        """
        self._send()
        results: list[Extracted] = []
        done = 0
        for result in self._results():
            results.append(result)
            done += len(result.contents) + len(result.failed)
            progress(done)
        self._begin()
        return _joined(results)

    def _results(self) -> Iterable[Extracted]:
        yield from (future.result() for future in self._futures)
        yield from (extract(self.extractor, group) for group in self._unsent)

    def _extract(self, group: dict[str, Article]) -> Extracted:
        """Extract a group in a worker; if that crashes it, extract its articles one by one."""
        try:
            process = self._idle.get_nowait()
        except Empty:
            process = self._started()
        try:
            process.connection.send(group)
            result: Extracted = process.connection.recv()
        except (EOFError, OSError):
            if self._is_closed:
                raise
            cause = process.ended_by()
            if len(group) > 1:
                return _joined([self._extract({c: article}) for c, article in group.items()])
            return Extracted(
                [], {}, dict.fromkeys(group, f"it crashed the process that extracted it ({cause})")
            )
        self._idle.put(process)
        return result

    def _started(self, attempts: int = 3) -> WorkerProcess:
        """Return a new worker. One that is killed before it is ready is replaced by another."""
        # One thread per process: libraries' thread pools would compete for the same cores.
        process = WorkerProcess("etl.pipeline.extraction", OMP_NUM_THREADS="1")
        self._processes.append(process)
        try:
            with suppress(ConnectionError):  # it ended: `await_ready` says how
                process.connection.send_bytes(self._pickled)
            process.await_ready()
        except RuntimeError:
            was_killed = process.popen.wait() < 0
            if not was_killed or attempts == 1 or self._is_closed:
                raise
            return self._started(attempts - 1)
        return process


def serve(fd: int) -> None:
    """Extract the groups sent over the connection until it closes: the worker's main function."""
    connection = connect_to_owner(fd)
    extractor: Extractor = pickle.loads(connection.recv_bytes())
    connection.send(None)
    with suppress(EOFError, ConnectionError):
        while True:
            connection.send(extract(extractor, connection.recv()))


def _joined(results: Iterable[Extracted]) -> Extracted:
    results = list(results)
    tables = {
        table.name: pa.concat_tables(
            [table.arrow_schema.empty_table(), *(r.tables[table.name] for r in results if r.tables)]
        )
        for table in schema.EXTRACTED
    }
    failed = {c: why for r in results for c, why in r.failed.items()}
    return Extracted([c for r in results for c in r.contents], tables, failed)
