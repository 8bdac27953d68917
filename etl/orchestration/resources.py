"""The resource through which every asset reaches the warehouse.

Holds what a run shares: settings, extractor, the writer lock, and its row in the run history.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
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
from etl.pipeline.errors import InputError
from etl.pipeline.extractor_in_use import extractor_in_use, name_in_use
from etl.pipeline.progress import WAITING, Progress, waiting
from etl.settings import Settings, location
from etl.storage.run_state import State
from etl.storage.writer_lock import WriterLock

WRITER_POOL = "warehouse_writer"
PUBLISH_STEP = "published_file"
"""The step that publishes. A run that plans it takes the corrections lease."""
KIND_TAG = "newsactors/kind"
"""Tag of a job that says which kind of run the history shows."""
READ_ONLY = "read"
"""The kind of a run that changes nothing: the history leaves it out."""
WRITER_TAG = {"newsactors/writer": "true"}
"""Tag by which `dagster.yaml` lets one writing run proceed at a time."""

BY_COMMAND = {"newsactors/from": "command line"}
"""Tag of runs that somebody waits for in a terminal."""

_watcher: ContextVar[Progress | None] = ContextVar("watcher", default=None)


@contextmanager
def watching(progress: Progress) -> Iterator[None]:
    """Send the progress of runs in this context to a watcher instead of Dagster's log."""
    token = _watcher.set(progress)
    try:
        yield
    finally:
        _watcher.reset(token)


class Warehouse(dg.ConfigurableResource):  # type: ignore[type-arg]
    """The warehouse that the environment names, unless folders are given here."""

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
        """The extractor that reads new articles; a run may change which one that is."""
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
        """Where a stage of this run reports what it has done."""
        watcher = _watcher.get()
        if watcher is not None:
            return watcher

        def log(stage: str, done: int, total: int) -> None:
            if stage == WAITING:
                context.log.warning(stage)
            else:
                context.log.info(f"{stage}: {done:,} of {total:,}")

        return log

    def lock_for_writing(
        self, context: dg.AssetExecutionContext | dg.AssetCheckExecutionContext
    ) -> None:
        """Hold the writer lock until this run ends; waits for whoever holds it.

        A run that is to publish takes the corrections lease with it.
        """
        if self._writer is None:
            writer = WriterLock(self.settings, on_wait=waiting(self.progress(context)))
            writer.acquire()
            self._writer = writer
            if PUBLISH_STEP in _planned_steps(context.instance, context.run):
                self.corrections_lease.take()

    @property
    def corrections_lease(self) -> CorrectionsLease:
        """The corrections lease of this run, held or not."""
        if self._lease is None:
            self._lease = CorrectionsLease(self.settings)
        return self._lease

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator[Self]:
        """Keep the run's row in the history, and give the writer lock back at its end."""
        run = context.run
        kind = run.tags.get(KIND_TAG, "materialize") if run else READ_ONLY
        if run is None or kind == READ_ONLY:
            yield self
            return
        state = self.state
        try:
            version = self.extractor.version
        except InputError:
            version = ""  # not installed: a rollback must run all the same
        state.start_run(run.run_id, kind, version)
        try:
            yield self
        finally:
            self.corrections_lease.end()
            if self._writer is not None:
                self._writer.release()
                self._writer = None
            try:
                state.finish_run(run.run_id, failure(context.instance, run))
            except sqlite3.Error as error:  # a full disk: the history will show it as killed
                (context.log or dg.get_dagster_logger()).error(f"not noted in the history: {error}")


def failure(instance: dg.DagsterInstance | None, run: dg.DagsterRun) -> str | None:
    """The first failure of a run in one line, None where all its steps came to their end."""
    if instance is None:
        return None
    events = [
        entry.dagster_event
        for entry in instance.all_logs(
            run.run_id,
            of_type={
                dg.DagsterEventType.STEP_SUCCESS,
                dg.DagsterEventType.STEP_SKIPPED,
                dg.DagsterEventType.STEP_FAILURE,
                dg.DagsterEventType.ASSET_CHECK_EVALUATION,
                dg.DagsterEventType.RUN_FAILURE,
            },
        )
        if entry.dagster_event is not None
    ]
    for event in events:
        if event.is_step_failure and event.step_failure_data.error is not None:
            error = event.step_failure_data.error
            # Dagster wraps what an asset raises; a Failure is ours and says all there is to say.
            while error.cause is not None and error.cls_name != "Failure":
                error = error.cause
            name, message = error.cls_name, " ".join(error.message.split()).partition(": ")[2]
            if name == "DagsterExecutionInterruptedError":
                return f"{event.step_key}: interrupted"
            if name == "DagsterAssetCheckFailedError":
                message = _failed_checks(events) or message
                return f"{event.step_key}: {message}"
            return f"{event.step_key}: {message if name == 'Failure' else f'{name}: {message}'}"
    for event in events:
        if event.is_job_failure and event.job_failure_data.error is not None:
            error = event.job_failure_data.error  # before the first step: of the resource
            while error.cause is not None:
                error = error.cause
            return " ".join(error.message.split())
    # Steps run one after another, in the order of the plan: the first that has no end was cut off.
    ended = {
        event.step_key
        for event in events
        if event.step_key is not None
        and event.event_type != dg.DagsterEventType.ASSET_CHECK_EVALUATION
    }
    left = [step for step in _planned_steps(instance, run) if step not in ended]
    return f"interrupted before the end of {left[0]}" if left else None


def _planned_steps(instance: dg.DagsterInstance, run: dg.DagsterRun) -> Sequence[str]:
    """The steps of a run in the order of its plan; none if the plan was not recorded."""
    if not run.execution_plan_snapshot_id:
        return []
    plan = instance.get_execution_plan_snapshot(run.execution_plan_snapshot_id)
    return plan.step_keys_to_execute


def _failed_checks(events: Iterable[dg.DagsterEvent]) -> str:
    """What the blocking checks that failed say, with an example each."""
    evaluations = [
        event.asset_check_evaluation_data
        for event in events
        if event.event_type == dg.DagsterEventType.ASSET_CHECK_EVALUATION
    ]
    return "; ".join(e.description or e.check_name for e in evaluations if not e.passed)
