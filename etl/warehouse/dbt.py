"""Running the dbt project of `sql/` inside this process.

Belongs here: every call into dbt, and closing what dbt leaves open. Does not belong here: which
models or tests a run selects (`pipeline.build_models`), and any SQL (`sql/`).

dbt keeps its state in globals of the process, so a lock serialises calls.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from etl.errors import NewsactorsError
from etl.settings import RESOURCES

PROJECT = RESOURCES / "sql"
SEEDS = RESOURCES / "seeds" / "reference"
BUILD_FILE_VARIABLE = "NEWSACTORS_BUILD_FILE"
FINGERPRINT = "fingerprint"
_PARSED = "partial_parse.msgpack"
_READ_BY_DBT = (".sql", ".yml", ".csv")

_LOCK = threading.RLock()


class DbtError(NewsactorsError):
    """dbt could not run, or nodes of it failed.

    `failures` maps the name of each failing model, seed or test to its message; it is empty if dbt
    failed before it ran a node. `result` is dbt's result for the nodes that ran.
    """

    def __init__(
        self, message: str, failures: dict[str, str] | None = None, result: Any = None
    ) -> None:
        super().__init__(message)
        self.failures = failures or {}
        self.result = result


def run_dbt(args: list[str], *, build_file: Path, target: Path) -> Any:
    """Run one dbt command over the build database and close the database again.

    `args` is a command with its own options, such as
    `["build", "--exclude-resource-type", "unit_test"]`; folders, profile and logging are added.
    Compiled SQL and `dbt.log` go to `target`; the project is parsed there first if it changed. The
    caller holds no connection to `build_file` in this process; afterwards any process may open it.

    Returns dbt's result: for build, run, test and seed a RunExecutionResult with one entry of
    `results` per node; for parse the manifest. Raises DbtError with every failing node and its
    message.
    """
    # Importing dbt takes about two seconds, so only runs of dbt pay for it.
    from dbt.cli.main import dbtRunner

    is_parse = args[0] == "parse"
    if not is_parse and not build_file.exists():
        raise DbtError(f"dbt {args[0]}: there is no build database at {build_file}")
    target = target.absolute()
    target.mkdir(parents=True, exist_ok=True)
    options = [
        *("--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)),
        *("--target-path", str(target), "--log-path", str(target)),
        *("--log-level", "none", "--log-level-file", "info"),
        # Only `parse` writes `manifest.json`, because other processes may be reading it.
        "--write-json" if is_parse else "--no-write-json",
    ]
    with _LOCK, _environment(BUILD_FILE_VARIABLE, str(build_file.absolute())):
        manifest = None if is_parse else _parsed(target)
        try:
            outcome = dbtRunner(manifest).invoke([args[0], *options, *args[1:]])
        finally:
            _close_everything()
    if isinstance(outcome.exception, KeyboardInterrupt):
        raise outcome.exception
    failures = _failures(outcome.result)
    if failures:
        lines = "\n".join(f"  {name}: {message}" for name, message in failures.items())
        raise DbtError(f"dbt {args[0]}: {len(failures)} failed\n{lines}", failures, outcome.result)
    if not outcome.success:
        raise DbtError(f"dbt {args[0]}: {outcome.exception or 'failed without a message'}")
    return outcome.result


def parse(target: Path) -> Path:
    """Return the path of a `manifest.json` in `target` that describes the current project.

    Nothing is parsed if the files of the project and its seeds are those of the last call: 2 ms,
    instead of 4 to 7 seconds in a new process, half of it importing dbt. No database is opened, and
    the result does not depend on one: `target` may be copied to another warehouse. Several
    processes may call it at once; nobody sees a half-written manifest.
    """
    target = target.absolute()
    manifest, stamp = target / "manifest.json", target / FINGERPRINT
    current = f"{fingerprint()} {version('dbt-core')}"
    if manifest.exists() and stamp.exists() and stamp.read_text() == current:
        return manifest
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target, prefix="parse-") as name:
        run_dbt(["parse"], build_file=target.parent / "news.duckdb", target=Path(name))
        for artifact in (_PARSED, "manifest.json"):
            (Path(name) / artifact).replace(target / artifact)
        new_stamp = Path(name) / FINGERPRINT
        new_stamp.write_text(current)
        new_stamp.replace(stamp)
    return manifest


def _parsed(target: Path) -> Any:
    """Return a new copy of the parsed project for a run of dbt, which modifies it.

    By default dbt reuses a parsed project only for a database with the same path, and looks for
    changes, which `parse` has already done (0.15 s instead of 0.35 s, or of 4 s).
    """
    from dbt.contracts.graph.manifest import Manifest
    from dbt.parser.manifest import extended_mashumuro_decoder

    parse(target)
    manifest = Manifest.from_msgpack(
        (target / _PARSED).read_bytes(), decoder=extended_mashumuro_decoder
    )
    manifest.build_parent_and_child_maps()  # type: ignore[no-untyped-call]
    manifest.build_flat_graph()  # type: ignore[no-untyped-call]
    return manifest


def fingerprint() -> str:
    """Hash what dbt reads: names and bytes of the files in `sql/` and of the reference CSVs."""
    # Named folders, not all of `sql/`: running dbt by hand leaves a `target/` there.
    roots = (*(PROJECT / name for name in ("macros", "models", "tests")), SEEDS)
    files = [path for root in roots for path in root.rglob("*")]
    files = [path for path in (*files, *PROJECT.glob("*.yml")) if path.suffix in _READ_BY_DBT]
    return _digest(tuple((path, path.stat().st_mtime_ns) for path in sorted(files)))


@lru_cache(maxsize=1)
def _digest(files: tuple[tuple[Path, int], ...]) -> str:
    """Hash files, each with its modification time; a run asks four times, at 10 ms."""
    digest = hashlib.sha256()
    for path, _ in files:
        data = path.read_bytes()
        digest.update(f"{path.relative_to(RESOURCES).as_posix()}\0{len(data)}\0".encode())
        digest.update(data)
    return digest.hexdigest()


def _failures(result: Any) -> dict[str, str]:
    """The messages of failed nodes by name. Skipped nodes are left out: they follow from these."""
    nodes = getattr(result, "results", None) or []
    return {
        node.node.name: " ".join((node.message or str(node.status)).split())
        for node in nodes
        if str(node.status) in ("error", "fail", "runtime error")
    }


@contextmanager
def _environment(name: str, value: str) -> Iterator[None]:
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


def _close_everything() -> None:
    """Close dbt's connections, its DuckDB instance and its log file.

    dbt-duckdb 1.11 keeps the instance in a class attribute to make the next call fast. Its
    close_all_connections only drops the reference, and a cursor held by a thread would keep the
    file locked. The order matters: handles, then the instance, then the adapters.
    """
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.adapters.factory import cleanup_connections, reset_adapters
    from dbt_common.events.event_manager_client import cleanup_event_logger

    try:
        cleanup_connections()  # type: ignore[no-untyped-call]
    finally:
        environment = DuckDBConnectionManager._ENV
        if environment is not None:
            environment.close()
        DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]
        reset_adapters()  # type: ignore[no-untyped-call]
        cleanup_event_logger()
