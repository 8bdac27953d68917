"""Stage: bring the SQL models up to date, incrementally if possible, else by dbt.

Belongs here: the choice between the two, and what is recorded afterwards. Does not belong here: how
a refresh works (`warehouse.incremental`), how dbt is started (`warehouse.dbt`), the models
themselves (`sql/`).
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from etl.linking.link import LINKING_VERSION
from etl.settings import Settings
from etl.stories.assign import STORIES_VERSION
from etl.warehouse import build_db, dbt
from etl.warehouse.incremental import build_state
from etl.warehouse.incremental.build_state import MODELS_VERSION as MODELS_VERSION
from etl.warehouse.incremental.build_state import STALE_TABLES as STALE_TABLES
from etl.warehouse.incremental.build_state import stale_tables as stale_tables
from etl.warehouse.incremental.change_set import ChangeSet, find_change_set
from etl.warehouse.incremental.compiled import record_compiled
from etl.warehouse.incremental.outcome import Fallback, IncrementalError, RefreshResult
from etl.warehouse.incremental.refresh import refresh

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class BuildResult:
    """The results of a build, and how it was done."""

    results: Sequence[Any]
    """One per node, with dbt's attributes: `node`, `status`, `execution_time`, `failures` …"""
    method: Literal["rows", "tables", "dbt"]
    """'rows': stale rows were replaced; 'tables': tables were filled in full; 'dbt': dbt ran."""
    fallback_reason: str | None = None
    """Why more than stale rows was rebuilt; None with 'rows'."""


def models_version() -> str:
    """The versions that the published models depend on: linking, stories, SQL, reference data."""
    return f"{LINKING_VERSION}-{STORIES_VERSION}-{dbt.fingerprint()[:16]}"


def build_models(
    settings: Settings, select: Sequence[str] = (), *, is_all_corrected: bool = False
) -> BuildResult:
    """Bring seeds, models and data tests up to date.

    `select` names the seeds, models and tests to run; empty means all. With `is_all_corrected` the
    selection is all that depends on corrections: if nothing else changed since the models were
    built, models that no correction changed are left alone, and the models are complete.

    dbt runs if the SQL has changed since all models were built, if other models are selected, or if
    the engine does not support the project; each fallback is logged with its reason. Raises
    DbtError if a model or test fails, IncrementalError if the engine fails. After an
    IncrementalError the next call lets dbt build all models.
    """
    version = models_version()
    with build_db.open_build(settings.build_file) as con:
        changed_tables = build_state.changed_tables(
            con, version, select, is_all_corrected=is_all_corrected
        )
        is_refreshable = not isinstance(changed_tables, Fallback)
        changes = find_change_set(con) if is_refreshable else None
    if isinstance(changed_tables, Fallback):
        outcome: RefreshResult | Fallback = changed_tables
    else:
        outcome = _refresh(
            settings, select, changed_tables, changes if isinstance(changes, ChangeSet) else None
        )
    if isinstance(outcome, Fallback):
        _log(f"dbt builds the models: {outcome.reason}", outcome)
        result = BuildResult(_run_dbt(settings, select), "dbt", outcome.reason)
    elif isinstance(changes, Fallback):
        _log(f"tables are filled in full: {changes.reason}", changes)
        result = BuildResult(outcome.results, "tables", changes.reason)
    else:
        result = BuildResult(outcome.results, "rows")
    with build_db.open_build(settings.build_file) as con:
        if not select or is_refreshable:
            build_state.record_built(con, None if select else version)
        if result.method == "rows" and isinstance(changes, ChangeSet):
            build_state.record_replaced(con, len(changes.articles))
        elif not select:
            build_state.record_replaced(con, None)
    return result


def _refresh(
    settings: Settings,
    select: Sequence[str],
    changed_tables: set[str],
    changes: ChangeSet | None,
) -> RefreshResult | Fallback:
    try:
        return refresh(
            select,
            changed_tables,
            build_file=settings.build_file,
            target=settings.dbt_target,
            changes=changes,
        )
    except IncrementalError as error:
        with build_db.open_build(settings.build_file) as con:
            build_state.require_full_build(con)
        raise IncrementalError(f"{error}. The next run lets dbt build all models") from error


def _run_dbt(settings: Settings, select: Sequence[str]) -> Sequence[Any]:
    args = ["build", "--exclude-resource-type", "unit_test"]
    if select:
        args += ["--select", *select, "--indirect-selection", "empty"]
    done = dbt.run_dbt(args, build_file=settings.build_file, target=settings.dbt_target)
    if not select:
        record_compiled(settings.dbt_target)
    results: Sequence[Any] = done.results
    return results


def _log(message: str, fallback: Fallback) -> None:
    _LOG.log(logging.INFO if fallback.is_expected else logging.WARNING, message)
