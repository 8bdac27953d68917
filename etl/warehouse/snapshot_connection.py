"""Read-only connections to published snapshots.

Belongs here: the only way in which newsactors opens a published file. Connections of one process to
one file share their settings in DuckDB, so every reader gets the same ones: hardened for SQL that a
user typed.
Does not belong here: finding the published file and messages for users (`etl.query.published`), and
attaching several files to one database (`etl.pipeline.compare`).
"""

from __future__ import annotations

import os
import tempfile
import threading
from pathlib import Path

import duckdb

_lock = threading.Lock()


def connect_snapshot(
    file: Path, time_zone: str, *, readable: Path | None = None, memory: str | None = None
) -> duckdb.DuckDBPyConnection:
    """Return a read-only connection that can't access other files or the network.

    The settings are locked, so SQL can't lift these limits. Queries spill into the system's
    temporary folder, because the warehouse may be on a read-only disk. `readable` is a folder that
    SQL may use despite the limits; don't give one if a user typed the SQL. `memory` limits what
    queries hold in memory, such as "4GB". If this process has the file open already, the options of
    that first connection apply.
    `file` must be the snapshot itself: opened by its symlink, this process would keep reading the
    old file after a publish.
    Raises duckdb.ConnectionException if this process has the file open for writing, and another
    duckdb.Error if it can't be read.
    """
    connection = duckdb.connect(str(file), read_only=True)
    try:
        with _lock:
            _harden(connection, time_zone, [str(readable)] if readable else [], memory)
    except BaseException:
        connection.close()
        raise
    return connection


def _harden(
    connection: duckdb.DuckDBPyConnection, time_zone: str, folders: list[str], memory: str | None
) -> None:
    row = connection.execute("select current_setting('lock_configuration')").fetchone()
    if row is None or row[0]:
        return
    # Global, because the lock also applies to later connections. External access goes last but one:
    # without it the folders can't be set.
    for name, value in {
        "TimeZone": time_zone,
        **({"memory_limit": memory} if memory else {}),
        "temp_directory": f"{tempfile.gettempdir()}/newsactors-{os.getpid()}",
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "python_enable_replacements": False,
        "allowed_directories": folders,
        "enable_external_access": False,
        "lock_configuration": True,
    }.items():
        connection.execute(f"set global {name} = $value", {"value": value})
