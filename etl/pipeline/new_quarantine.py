"""What went to quarantine since the last ingest that succeeded, by reason.

Belongs here: which items an operator of the nightly ingest has not seen. Does not belong here:
selecting and reading items (`etl.pipeline.quarantine`), how they are shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from etl.settings import Settings
from etl.storage.quarantine import QuarantinedItem
from etl.storage.run_state import State


def new_items(settings: Settings, run_id: str) -> list[QuarantinedItem]:
    """Return the quarantined items that came in this run, or in a run that failed before it.

    A run that was killed after reading has reported nothing, and the next run doesn't read the
    same files again.
    """
    state = State(settings.state_file)
    runs = {run_id}
    for run in state.runs():
        if run.run_id != run_id and run.kind == "ingest" and run.status == "success":
            break
        runs.add(run.run_id)
    return [item for item in state.quarantine() if item.run_id in runs]


def by_reason(
    items: Sequence[QuarantinedItem],
) -> list[tuple[str, str, Sequence[QuarantinedItem]]]:
    """Return (reason, remedy, items), the most frequent first."""

    def key(item: QuarantinedItem) -> tuple[str, str]:
        return item.reason, item.remedy

    groups = [(*k, list(group)) for k, group in groupby(sorted(items, key=key), key)]
    return sorted(groups, key=lambda group: -len(group[2]))
