"""A warehouse for a test: its folders, articles to drop into the inbox, and runs of real jobs."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pytest
from session_cache import begin, begin_modelled

from etl.definitions import build_defs
from etl.extract import Extractor
from etl.orchestration.labels import BY_COMMAND
from etl.orchestration.requests import console_log_level
from etl.orchestration.resources import Warehouse
from etl.settings import REPOSITORY, Settings
from etl.storage.run_history import Run
from etl.storage.run_state import State
from etl.warehouse import build_db as build

DAYS = ("2025-06-02", "2025-06-03", "2025-06-04")

ARTICLE = """{headline}

By Caio Ferrand – {outlet}

ALDHAVEN, {day} – Foreign Minister Ilse Brandt-Okoro met President Amaro Lusarte in {town}.

“It is not the treaty any of us would have written alone,” Brandt-Okoro said.
"""


@dataclass(frozen=True)
class DagsterHarness:
    """Folders of one warehouse and one Dagster instance."""

    root: Path

    @classmethod
    def at(
        cls, root: Path, factory: pytest.TempPathFactory, *, is_modelled: bool = True
    ) -> DagsterHarness:
        """An empty warehouse; if not `is_modelled`, dbt builds the models in its first run."""
        harness = cls(root)
        (begin_modelled if is_modelled else begin)(harness.home, factory)
        for folder in (harness.inbox, harness.dagster_home):
            folder.mkdir(parents=True)
        settings = (REPOSITORY / "dagster.yaml").read_text()
        (harness.dagster_home / "dagster.yaml").write_text(settings)
        return harness

    @property
    def home(self) -> Path:
        return self.root / "warehouse"

    @property
    def inbox(self) -> Path:
        return self.root / "inbox"

    @property
    def dagster_home(self) -> Path:
        return self.root / "dagster"

    @property
    def environment(self) -> dict[str, str]:
        return {
            "NEWSACTORS_HOME": str(self.home),
            "NEWSACTORS_INBOX": str(self.inbox),
            "NEWSACTORS_SETTLE_SECONDS": "0",
        }

    @property
    def settings(self) -> Settings:
        return Settings.from_env(self.environment)

    @property
    def state(self) -> State:
        return State(self.settings.state_file)

    @property
    def last_run(self) -> Run:
        return self.state.runs()[0]

    def drop(self, *days: str, town: str = "Aldhaven", outlet: str = "Harbour Courier") -> None:
        """Put one article per day into the inbox."""
        for day in days:
            name = f"{day}_{outlet.lower().replace(' ', '-')}_{town.lower()}.txt"
            headline = f"Brandt-Okoro and Lusarte meet in {town}"
            text = ARTICLE.format(headline=headline, outlet=outlet, day=day, town=town)
            (self.inbox / name).write_text(text)

    def definitions(self, extractor: Extractor | None = None) -> dg.Definitions:
        """The code location, with its resource pointing at this harness."""
        with environment(self.environment):
            return build_defs({"warehouse": self.warehouse(extractor)})

    def warehouse(self, extractor: Extractor | None = None) -> Warehouse:
        """The resource; if an extractor is given, it replaces the shipped one."""
        folders = {"home": str(self.home), "inbox": str(self.inbox)}
        if extractor is None:
            return Warehouse(**folders)
        _extractors[str(self.home)] = extractor
        return OtherExtractor(**folders)

    def run(
        self,
        instance: dg.DagsterInstance,
        job: str = "nightly_ingest",
        assets: Sequence[dg.AssetKey] = (),
        extractor: Extractor | None = None,
        tags: Mapping[str, str] = BY_COMMAND,
        **request: Any,
    ) -> dg.ExecuteInProcessResult:
        """Run a job to its end as requested, or materialize the given assets ad hoc.

        It is tagged like a run of the command line, which writes no report: that takes seconds.
        """
        definitions = self.definitions(extractor)
        quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
        with environment(self.environment), console_log_level("CRITICAL"):
            resolved = (
                definitions.resolve_implicit_global_asset_job_def()
                if assets
                else definitions.resolve_job_def(job)
            )
            return resolved.execute_in_process(
                run_config=quiet if assets else request,
                instance=instance,
                tags=tags,
                asset_selection=list(assets) or None,
                raise_on_error=False,
            )

    @contextmanager
    def published(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with duckdb.connect(str(self.settings.published.resolve()), read_only=True) as con:
            yield con

    @contextmanager
    def build(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with build.open_build(self.settings.build_file) as con:
            yield con

    def snapshot(self) -> Path | None:
        """The snapshot that readers would open now; None if nothing was ever published."""
        return self.settings.published.resolve() if self.settings.published.exists() else None


class OtherExtractor(Warehouse):
    """The warehouse resource with a test's own extractor."""

    @property
    def extractor(self) -> Extractor:
        return _extractors[self.home]


_extractors: dict[str, Extractor] = {}


@contextmanager
def environment(values: dict[str, str]) -> Iterator[None]:
    """Set environment variables within the context."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
