"""Ends the queries of a request that takes too long, or whose client has left.

Does not belong here: noticing either (`etl.explorer.server`), and the page that says so.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from etl.errors import NewsactorsError


class StoppedError(NewsactorsError):
    """The queries of a request were ended; the message says why and what to do."""


class QueryStop:
    """Lets another thread end the queries of one request."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connections: list[duckdb.DuckDBPyConnection] = []
        self._reason = ""

    @contextmanager
    def covering(self, con: duckdb.DuckDBPyConnection) -> Iterator[None]:
        """Make queries of this connection end at a stop, with a StoppedError."""
        with self._lock:
            self._connections.append(con)
        try:
            yield
        except duckdb.InterruptException:
            raise StoppedError(self._reason) from None
        finally:
            with self._lock:  # it may be closed from here on
                self._connections.remove(con)

    def stop(self, reason: str) -> None:
        """End the query that runs now. The first reason counts.

        DuckDB forgets an interrupt that meets no query: call it until the request has ended.
        """
        with self._lock:
            self._reason = self._reason or reason
            for con in self._connections:
                con.interrupt()
