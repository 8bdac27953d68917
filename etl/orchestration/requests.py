"""What a user may ask of a job: its config in the launchpad, and when a request is refused.

Dagster evaluates the config of a job before it plans a run. So a request that can't be met is
refused with a sentence, and no asset is marked as failed.

Belongs here: the config of jobs, its checks, and which config of steps it becomes. Does not belong
here: the jobs (`etl.orchestration.jobs`), the steps (`etl.orchestration.assets`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date
from typing import Any

import dagster as dg
from dagster._core.errors import DagsterUserCodeProcessError  # has no public name yet
from dagster_shared.error import SerializableErrorInfo
from pydantic import Field

from etl.errors import NewsactorsError
from etl.pipeline import archive_files, promotion, reextract, reread
from etl.pipeline.errors import InputError
from etl.settings import Settings, location
from etl.storage.editions import ArticleSelection
from etl.storage.run_state import State

_log_level: ContextVar[str | None] = ContextVar("log_level", default=None)


class RefusedError(DagsterUserCodeProcessError):
    """A request that can't be met; the message says why and what to do.

    Dagster shows an error of this class as it is: the launchpad shows the sentence alone. It would
    show others with where they were raised, and wrap those that aren't its own in another.
    """

    def __init__(self, message: str) -> None:
        super().__init__(  # type: ignore[no-untyped-call]
            message, user_code_process_error_infos=[SerializableErrorInfo(message, [], None)]
        )


class Request(dg.Config):
    """A request without choices."""

    def require(self, settings: Settings) -> None:
        """Raise NewsactorsError if the request can't be met."""

    def steps(self) -> dict[str, dict[str, Any]]:
        """Return the config of the job's steps."""
        return {}


class NewFiles(Request):
    """Which files to ingest."""

    paths: list[str] = Field(
        default_factory=list,
        description="Files, folders and addresses (`s3://…`) to ingest; none means the inbox.",
    )

    def require(self, settings: Settings) -> None:
        # A missing inbox fails the run instead: the schedule's run must be reported.
        if self.paths:
            archive_files.roots_of(settings, [location(path) for path in self.paths])

    def steps(self) -> dict[str, dict[str, Any]]:
        return {"raw_files": {"paths": self.paths}}


class QuarantinedItems(Request):
    """Which items to read again."""

    items: list[str] = Field(
        default_factory=list,
        description="Ids of quarantined items to read again (`newsactors quarantine list` shows "
        "them); none means all.",
    )

    def require(self, settings: Settings) -> None:
        known = {item.quarantine_id for item in State(settings.state_file).quarantine()}
        if missing := sorted(set(self.items) - known):
            shown = ", ".join(missing[:3])
            raise InputError(f"not in quarantine: {shown}; newsactors quarantine list")

    def steps(self) -> dict[str, dict[str, Any]]:
        return {"raw_files": {"retry": self.items or ["all"]}}


class Selection(Request):
    """Which articles to extract again."""

    from_day: str = Field(
        default="",
        description="First publication day to extract again, YYYY-MM-DD; empty means no lower "
        "limit.",
    )
    to_day: str = Field(
        default="",
        description="Last publication day to extract again, YYYY-MM-DD; empty means no upper "
        "limit.",
    )
    outlets: list[str] = Field(
        default_factory=list,
        description="Outlets to extract again, as they are published; none means all.",
    )

    @property
    def articles(self) -> ArticleSelection:
        """The selection. Raises InputError if a day is not one, or the last is before the first."""
        first, last = _day(self.from_day, "from_day"), _day(self.to_day, "to_day")
        if first and last and last < first:
            raise InputError(f"to_day {last} is before from_day {first}; exchange them")
        return ArticleSelection(first, last, tuple(self.outlets))

    def require(self, settings: Settings) -> None:
        reextract.require_match(settings, self.articles)

    def steps(self) -> dict[str, dict[str, Any]]:
        return {"staged_batches": {"reextract": True, **self.model_dump()}}


class Candidate(Request):
    """The candidate that `newsactors reextract --diff` extracted."""

    def require(self, settings: Settings) -> None:
        promotion.require_candidate(settings)

    def steps(self) -> dict[str, dict[str, Any]]:
        return {"staged_batches": {"promote": True}}


class FormerRows(Request):
    """The rows that the last promotion replaced."""

    def require(self, settings: Settings) -> None:
        promotion.require_promotion(settings)

    def steps(self) -> dict[str, dict[str, Any]]:
        return {"staged_batches": {"rollback": True}}


class Formats(Request):
    """Which archived files to read again."""

    formats: list[str] = Field(
        default_factory=list,
        description="Only files that were or are read in one of these formats; none means all.",
    )

    def require(self, settings: Settings) -> None:
        known = reread.known_formats(settings)
        if unknown := [name for name in self.formats if name not in known]:
            raise InputError(f"no format is named {unknown[0]!r}; known: {', '.join(known)}")

    def steps(self) -> dict[str, dict[str, Any]]:
        return {"staged_batches": {"reread": True, **self.model_dump()}}


class AllNames(Request):
    """Every name."""

    def steps(self) -> dict[str, dict[str, Any]]:
        return {"text_links": {"relink": True}}


def job_config(kind: type[Request]) -> dg.ConfigMapping:
    """Return the config of a job that takes such requests."""

    def steps(values: Mapping[str, Any]) -> dict[str, Any]:
        request = kind(**values)
        try:
            request.require(Settings.from_env())
        except NewsactorsError as error:
            raise RefusedError(str(error)) from None
        level = _log_level.get()
        console = {"loggers": {"console": {"config": {"log_level": level}}}} if level else {}
        return {"ops": {n: {"config": config} for n, config in request.steps().items()}, **console}

    return dg.ConfigMapping(steps, config_schema=kind.to_fields_dict())


@contextmanager
def console_log_level(level: str) -> Iterator[None]:
    """Let runs that are started in this context print only messages of this level or above."""
    token = _log_level.set(level)
    try:
        yield
    finally:
        _log_level.reset(token)


def _day(text: str, name: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InputError(f"{name}={text!r} is not a day; write YYYY-MM-DD") from None
