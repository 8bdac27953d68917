"""A query that a user typed, within the limits of time and memory; Ctrl-C ends it.

Belongs here: running DuckDB so that it can be stopped, and the errors of the limits. Does not
belong here: which SQL may run, and files of rows (`etl.query.export`).

DuckDB works in a thread, because a thread that is inside DuckDB does not notice Ctrl-C: a sort of
10^12 rows still went on after 60 s. `interrupt` ends it within 0.2 s, and one that spills to disk
within 1.3 s.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import duckdb
import pyarrow as pa

from etl.errors import first_line
from etl.query.export import Batches, stream_query
from etl.query.published import ReadError
from etl.settings import Settings

T = TypeVar("T")

INTERRUPT_SECONDS = 0.05
"""Time between interrupts: DuckDB forgets one that it gets before the query has begun."""
FETCH_SECONDS, FETCH_BYTES = 0.1, 8 << 20
"""What the thread fetches at once: one batch at a time made CSV of a million rows 1.5 s slower."""
GRACE_SECONDS = 3.0
"""A function with huge arguments, such as `levenshtein` of two books, heeds no interrupt. Closing
its connection would wait for it, so the process ends without that."""


class LimitError(ReadError):
    """The query needs more than a limit allows; the message says which, and how to raise it."""


@contextmanager
def bounded_query(
    connection: duckdb.DuckDBPyConnection, sql: str, settings: Settings
) -> Iterator[Batches]:
    """Yield the rows of a query in batches, as `stream_query` does.

    Only the time inside DuckDB counts: a reader of a pipe may take its time. The memory limit is
    that of the connection. Raises LimitError, and ReadError as `stream_query` does.
    """
    runner = _Runner(connection, settings)
    with runner.call(lambda: stream_query(connection, sql)) as reader:
        yield Batches(reader.schema, runner.batches(reader))


class _Runner:
    """Runs functions that use a connection in a thread."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
        self._connection = connection
        self._settings = settings
        self._left = settings.sql_seconds

    def batches(self, reader: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
        """Yield the batches of a reader."""

        def fetch() -> list[pa.RecordBatch]:
            found: list[pa.RecordBatch] = []
            size, until = 0, time.monotonic() + FETCH_SECONDS
            for batch in reader:
                found.append(batch)
                size += batch.nbytes
                if size >= FETCH_BYTES or time.monotonic() >= until:
                    break
            return found

        while batches := self.call(fetch):
            yield from batches

    def call(self, work: Callable[[], T]) -> T:
        """Return the result of `work`; interrupt it at Ctrl-C and at the limit."""
        results: list[T] = []
        errors: list[BaseException] = []
        done = threading.Event()

        def run() -> None:
            try:
                results.append(work())
            except BaseException as error:
                errors.append(error)
            finally:
                done.set()

        started = time.monotonic()
        threading.Thread(target=run, daemon=True).start()
        try:
            is_done = done.wait(max(0.0, self._left))
        except KeyboardInterrupt:
            self._interrupt(done, "Interrupted")
            raise
        self._left -= time.monotonic() - started
        if not is_done:
            message = (
                f"the query took longer than {self._settings.sql_seconds:g} s: ask for less, or "
                "set NEWSACTORS_SQL_SECONDS to more"
            )
            self._interrupt(done, f"Error: {message}")
            raise LimitError(message)
        if errors:
            raise self._explained(errors[0])
        return results[0]

    def _interrupt(self, done: threading.Event, message: str) -> None:
        deadline = time.monotonic() + GRACE_SECONDS
        while not done.wait(INTERRUPT_SECONDS):
            self._connection.interrupt()
            if time.monotonic() > deadline:
                sys.stderr.write(f"{message}\n")
                sys.stderr.flush()
                os._exit(1)

    def _explained(self, error: BaseException) -> BaseException:
        # Arrow passes on an error of DuckDB as an OSError with its message.
        text = str(error)
        if isinstance(error, duckdb.OutOfMemoryException) or "Out of Memory Error" in text:
            if "max_temp_directory_size" in text:
                return LimitError(
                    "the query needs more disk space for temporary files than there is: free some, "
                    "or set TMPDIR to a folder with more"
                )
            return LimitError(
                f"the query needs more memory than {self._settings.sql_memory}: ask for less, or "
                f"set NEWSACTORS_SQL_MEMORY to more ({first_line(error)})"
            )
        return ReadError(text) if isinstance(error, OSError) else error
