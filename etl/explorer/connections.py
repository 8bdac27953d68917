"""Connections to the newest published snapshot, for a server that runs for days.

A DuckDB connection keeps reading the snapshot that it opened. Each request therefore gets a cursor
on the newest snapshot; the connection to the previous one is closed, which frees its disk space.
Requests never block each other or a publish.

Does not belong here: opening the file (`etl.query.published`).
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
    """Provides cursors on the newest snapshot."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._lock = threading.Lock()
        self._path: Path | None = None
        self._memory: dict[object, Any] = {}
        self._connection: duckdb.DuckDBPyConnection | None = None

    def snapshot(self) -> str:
        """Return the name of the newest snapshot, or an empty string if nothing is published."""
        path = self.settings.published
        return path.resolve().parent.name if path.exists() else ""

    @contextmanager
    def cursor(self) -> Iterator[tuple[duckdb.DuckDBPyConnection, dict[object, Any]]]:
        """Yield a cursor for one request, and the cache shared by all requests to its snapshot.

        Raises NotPublishedError if nothing is published.
        """
        with self._lock:
            path = self.settings.published.resolve()
            if self._connection is None or path != self._path:
                fresh = published.open_published(self.settings, memory=self.settings.sql_memory)
                if self._connection is not None:
                    self._connection.close()  # open cursors stay valid
                self._path, self._connection, self._memory = path, fresh, {}
            cursor, memory = self._connection.cursor(), self._memory
        try:
            yield cursor, memory
        finally:
            cursor.close()

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
            self._path = self._connection = None
