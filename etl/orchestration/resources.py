"""The Dagster resource that connects every asset to the warehouse.

It holds what a run shares: settings, extractor, the writer lock, and its row in the run history.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Self

import dagster as dg
from pydantic import PrivateAttr

from etl.corrections.lease import CorrectionsLease
from etl.extract import Extractor
from etl.orchestration.labels import AD_HOC, KIND_TAG, PUBLISH_STEP, READ_ONLY, run_tags
from etl.orchestration.run_failure import describe_failure, planned_steps
from etl.pipeline.errors import InputError
from etl.pipeline.extractor_in_use import (
    extractor_in_use,
    name_in_use,
)
from etl.pipeline.progress import Progress, is_note, waiting
from etl.settings import Settings, location
from etl.storage import permissions
from etl.storage.run_state import State
from etl.storage.writer_lock import WriterLock

_watcher: ContextVar[Progress | None] = ContextVar("watcher", default=None)


@contextmanager
def watching(progress: Progress) -> Iterator[None]:
    """Send the progress of runs in this context to `progress` instead of Dagster's log."""
    token = _watcher.set(progress)
    try:
        yield
    finally:
        _watcher.reset(token)


class Warehouse(dg.ConfigurableResource):  # type: ignore[type-arg]
    """The warehouse that the environment names, unless its folders are configured here."""

    home: str = ""
    inbox: str = ""

    _writer: WriterLock | None = PrivateAttr(default=None)
    _lease: CorrectionsLease | None = PrivateAttr(default=None)
    _extractors: dict[str, Extractor] = PrivateAttr(default_factory=dict)

    @cached_property
    def settings(self) -> Settings:
        """The settings of the environment with this resource's folders."""
        settings = Settings.from_env()
        if self.home:
            home = Path(self.home).absolute()
            settings = replace(settings, home=home, registry=home / "registry")
        if self.inbox:
            settings = replace(settings, inbox=location(self.inbox))
        return settings

    @property
    def extractor(self) -> Extractor:
        """The extractor for new articles; a promotion or rollback during the run may change it."""
        name = name_in_use(self.settings)
        if name not in self._extractors:
            self._extractors[name] = extractor_in_use(self.settings)
        return self._extractors[name]

    @property
    def state(self) -> State:
        return State(self.settings.state_file)

    def progress(
        self, context: dg.AssetExecutionContext | dg.AssetCheckExecutionContext
    ) -> Progress:
        """Return the callback to which a stage of this run reports its progress."""
        watcher = _watcher.get()
        if watcher is not None:
            return watcher

        def log(stage: str, done: int, total: int) -> None:
            if is_note(stage):
                context.log.warning(stage)
            else:
                context.log.info(f"{stage}: {done:,} of {total:,}")

        return log

    def lock_for_writing(
        self, context: dg.AssetExecutionContext | dg.AssetCheckExecutionContext
    ) -> None:
        """Hold the writer lock until this run ends; wait if another process holds it.

        A run that plans to publish also takes the corrections lease.
        """
        if self._writer is None:
            writer = WriterLock(self.settings, on_wait=waiting(self.progress(context)))
            writer.acquire()
            self._writer = writer
            if PUBLISH_STEP in planned_steps(context.instance, context.run):
                self.corrections_lease.take()

    @property
    def corrections_lease(self) -> CorrectionsLease:
        """The corrections lease of this run, held or not."""
        if self._lease is None:
            self._lease = CorrectionsLease(self.settings)
        return self._lease

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator[Self]:
        """Record the run in the history, and release the writer lock when it ends."""
        run = context.run
        kind = run.tags.get(KIND_TAG, AD_HOC) if run else READ_ONLY
        if run is None or kind == READ_ONLY:
            yield self
            return
        if KIND_TAG not in run.tags and context.instance is not None:
            # Assets that somebody chose in the UI: no job gives this run the tags of the others.
            context.instance.add_run_tags(run.run_id, run_tags(AD_HOC))
        permissions.require_writable(self.settings)
        state = self.state
        try:
            version = self.extractor.version
        except InputError:
            version = ""  # not installed, but a rollback must still run
        state.start_run(run.run_id, kind, version)
        try:
            yield self
        finally:
            self.corrections_lease.end()
            if self._writer is not None:
                self._writer.release()
                self._writer = None
            try:
                state.finish_run(run.run_id, describe_failure(context.instance, run))
            except sqlite3.Error as error:  # a full disk: the history will show the run as killed
                log = context.log or dg.get_dagster_logger()
                log.error(f"could not record the end of the run in the history: {error}")
