"""The published file as it is now, for the many requests of a process that runs for days.

A connection keeps the snapshot that it opened: a request gets a cursor on the newest one, and the
connection to the one before is closed, so that its space is given back. Nobody is blocked.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from etl.query import published
from etl.settings import Settings


class PublishedConnections:
    """Cursors on the newest snapshot."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._lock = threading.Lock()
        self._path: Path | None = None
        self._memory: dict[object, Any] = {}
        self._connection: duckdb.DuckDBPyConnection | None = None

    def snapshot(self) -> str:
        """Names what is published now; empty where nothing is."""
        path = self.settings.published
        return path.resolve().parent.name if path.exists() else ""

    @contextmanager
    def cursor(self) -> Iterator[tuple[duckdb.DuckDBPyConnection, dict[object, Any]]]:
        """A connection of one request, and what earlier ones found out about the same snapshot.

        Raises NotPublishedError where there is nothing to read.
        """
        with self._lock:
            path = self.settings.published.resolve()
            if self._connection is None or path != self._path:
                fresh = published.open_published(self.settings)
                if self._connection is not None:
                    self._connection.close()  # cursors of requests under way keep what they have
                self._path, self._connection, self._memory = path, fresh, {}
            cursor, memory = self._connection.cursor(), self._memory
        try:
            yield cursor, memory
        finally:
            cursor.close()

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
            self._path = self._connection = None
