"""A faster event log for Dagster runs in this process: the same files, with cached connections.

For each of the 330 events of a correction, Dagster's own storage creates an SQLAlchemy engine,
opens the file and compiles its statements. Closing the last connection to a file in WAL mode then
writes the whole log back. This module caches one engine with its connections per file: a nightly
run with one new article takes 4.3 s instead of 14.8 s (6.6 s with engines that keep no connection).
Does not belong here: how the UI and the daemon open these files (`dagster.yaml`).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakSet

from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._core.storage.sqlite_storage import DagsterSqliteStorage
from sqlalchemy import Connection, Engine, create_engine


class CachedEventLog(SqliteEventLogStorage):
    """The event log of an instance, with one cached engine per file."""

    def __init__(self, base_dir: str) -> None:
        self._engines: dict[str, Engine] = {}
        super().__init__(base_dir)
        _open.add(self)

    def forget(self) -> None:
        """Drop all connections without closing them: after a fork they belong to the parent."""
        for engine in self._engines.values():
            engine.dispose(close=False)
        self._engines.clear()

    def dispose(self) -> None:
        """Close all files."""
        for engine in self._engines.values():
            engine.dispose()
        self._engines.clear()
        super().dispose()

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._db_lock:
            if shard not in self._engines:
                engine = create_engine(
                    self.conn_string_for_shard(shard),
                    connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS},
                )
                if shard not in self._initialized_dbs:
                    self._initdb(engine)
                    self._initialized_dbs.add(shard)
                self._engines[shard] = engine
            with self._engines[shard].begin() as connection:
                yield connection


_open: WeakSet[CachedEventLog] = WeakSet()


def _forget_all() -> None:
    for log in _open:
        log.forget()


os.register_at_fork(after_in_child=_forget_all)


class Storage(DagsterSqliteStorage):
    """Dagster's `storage: sqlite` with the cached event log."""

    def __init__(self, base_dir: str, inst_data: Any = None) -> None:
        super().__init__(base_dir, inst_data)
        self._event_log_storage = CachedEventLog(self._event_log_storage._base_dir)

    @classmethod
    def from_config_value(cls, inst_data: Any, config_value: Any) -> Storage:
        """Create the storage from Dagster's configuration."""
        return cls.from_local(inst_data=inst_data, **config_value)
