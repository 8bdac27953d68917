"""A warehouse and its inbox at one path, the commands that change it, and what it publishes.

Belongs here: the inbox files, the actions that faults interrupt, saved states, and reading what a
warehouse contains. Does not belong here: any fault (`bench.faults.kills`, `bench.faults.space`),
comparing rows (`bench.faults.tables`).

All states use the same path, because dbt's parse cache depends on it.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq

from bench.articles import article
from bench.faults.tables import Rows, published_rows
from bench.faults.victim_process import (
    NO_FAULT,
    CommandServer,
    InjectedFault,
    Outcome,
    RunningCommand,
    TimedKill,
)
from etl.extract import get_extractor
from etl.settings import REPOSITORY, Settings
from etl.storage import editions
from etl.storage.editions import Edition, Switch
from etl.storage.staged_tables import STAGED_TABLES, layout

BATCH = 2
"""Articles per batch: so few that staging is compacted, as after weeks of news."""


@dataclass
class WarehouseHarness:
    """The folders of one warehouse, and a server that runs commands on them."""

    root: Path
    batch_articles: int = BATCH
    extra_environment: dict[str, str] = field(default_factory=dict)
    """Environment variables besides those of the folders."""
    template: Path | None = None
    """A home to begin with instead of an empty one."""
    server: CommandServer = field(init=False)

    def __post_init__(self) -> None:
        self.root.mkdir(parents=True, exist_ok=True)
        self.temporary.mkdir(exist_ok=True)
        if self.template is not None:
            self.begin()
        self.server = CommandServer(self.root, self.environment)

    @property
    def home(self) -> Path:
        return self.root / "home"

    @property
    def inbox(self) -> Path:
        return self.root / "inbox"

    @property
    def temporary(self) -> Path:
        return self.root / "tmp"

    @property
    def environment(self) -> dict[str, str]:
        return {
            "NEWSACTORS_HOME": str(self.home),
            "NEWSACTORS_INBOX": str(self.inbox),
            "NEWSACTORS_SETTLE_SECONDS": "0",
            "NEWSACTORS_BATCH_ARTICLES": str(self.batch_articles),
            "TMPDIR": str(self.temporary),
            "DO_NOT_TRACK": "1",
            "PYTHONPATH": str(REPOSITORY),
            **self.extra_environment,
        }

    @property
    def settings(self) -> Settings:
        return Settings.from_env(self.environment)

    def begin(self) -> None:
        """Make an empty inbox, and the home to begin with."""
        for folder in (self.home, self.inbox):
            clear(folder)
        if self.template is not None:
            shutil.copytree(self.template, self.home, dirs_exist_ok=True)

    # Running commands

    def start(self, *arguments: str, fault: InjectedFault = NO_FAULT) -> RunningCommand:
        """Start a command on this warehouse."""
        return self.server.start(arguments, self.environment, fault)

    def run(
        self,
        *arguments: str,
        fault: InjectedFault = NO_FAULT,
        kill: TimedKill | None = None,
    ) -> Outcome:
        """Run a command on this warehouse until it ends or is killed."""
        return self.start(*arguments, fault=fault).wait(kill)

    def run_checked(self, *arguments: str) -> Outcome:
        """Run a command. Raises RuntimeError with its output if it fails."""
        done = self.run(*arguments)
        if done.code != 0:
            raise RuntimeError(f"newsactors {' '.join(arguments)}: exit {done.code}\n{done.output}")
        return done

    # Saved states

    def save(self, name: str) -> None:
        """Save a copy of the warehouse and the inbox."""
        self._copy(self.root, self.root / "states" / name)

    def restore(self, name: str) -> None:
        """Restore a saved copy of the warehouse and the inbox."""
        self._copy(self.root / "states" / name, self.root)

    def _copy(self, source: Path, to: Path) -> None:
        to.mkdir(parents=True, exist_ok=True)
        for folder in ("home", "inbox"):
            clear(to / folder)
            shutil.copytree(source / folder, to / folder, symlinks=True, dirs_exist_ok=True)
        self.temporary.mkdir(exist_ok=True)

    def drop(self, name: str, content: str | bytes) -> None:
        """Write a file into the inbox; replacing one of the same name gives it a later mtime."""
        path = self.inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        before = path.stat().st_mtime_ns if path.exists() else 0
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        if path.stat().st_mtime_ns <= before:
            os.utime(path, ns=(before + 1_000_000, before + 1_000_000))

    # Contents

    def contents(self) -> Rows:
        """Return all published rows and the candidate edition; empty lists if there are none."""
        found = published_rows(self.settings.published) if self.settings.published.exists() else {}
        found["corrections in effect"] = self._corrections()
        for table in STAGED_TABLES:
            batches = editions.candidate_rows(self.settings).batches()
            read = [pq.read_table(batch.file(table)).to_pylist() for batch in batches]
            found[f"candidate {table}"] = sorted(
                (tuple(row.values()) for batch_rows in read for row in batch_rows), key=repr
            )
        last = editions.last_switch(self.settings)
        found["extractor in use"] = [(last.extractor if last else None,)]
        return found

    def _corrections(self) -> list[tuple[Any, ...]]:
        if not self.settings.published.exists():
            return []
        with duckdb.connect(str(self.settings.published.resolve()), read_only=True) as con:
            return con.execute(
                "select action, arguments, status, text_actor_count from main.corrections "
                "order by position"
            ).fetchall()

    def leftovers(self) -> list[str]:
        """Return the temporary files that only a running command may have.

        One kind is allowed: what a killed write left beside the file it was replacing. It stays
        until that file is written again.
        """
        home = self.home
        allowed = ("build/dbt/", "registry/.corrections.lock")
        temporary = [
            str(path.relative_to(home))
            for path in home.rglob("*")
            if (path.name.startswith(".") or ".tmp" in path.name or path.name.endswith(".wal"))
            and not (path.suffix == ".tmp" and path.with_suffix("").exists())
        ]
        snapshots = [p.name for p in self.settings.snapshots.glob("*")]
        too_many = [f"snapshots {snapshots}"] if len(snapshots) > 2 else []
        return [path for path in temporary if not path.startswith(allowed)] + too_many

    def fetch_one(self, sql: str) -> tuple[Any, ...]:
        """Return the first row of a query over the published file."""
        with duckdb.connect(str(self.settings.published.resolve()), read_only=True) as con:
            found = con.execute(sql).fetchone()
        assert found is not None, sql
        return found


def clear(folder: Path) -> None:
    """Empty a folder, creating it if needed. It may be a mount point, so it is not removed."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def prepare(harness: WarehouseHarness) -> None:
    """Create a warehouse of two articles that uses the rules: the model would take minutes."""
    harness.begin()
    rules = get_extractor("rules")
    # As after promoting a candidate in an empty warehouse.
    switch = Switch(
        "promote", 1, 0, 0, Edition(rules.name, rules.version),
        extractor=rules.name, former_extractor=rules.name,
    )  # fmt: skip
    empty = {n: [layout(n).empty_table()] for n in STAGED_TABLES}
    editions.switch(harness.settings, switch, empty)
    for number in (1000, 1001):
        harness.drop(f"begin/{number}.txt", article(number))
    harness.run_checked("ingest")
