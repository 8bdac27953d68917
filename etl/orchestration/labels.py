"""Labels that Dagster sorts by: the writer pool, and the tags of runs."""

from __future__ import annotations

WRITER_POOL = "warehouse_writer"
"""Pool of every step that writes to the build database or publishes."""

WRITER_TAG = {"newsactors/writer": "true"}
"""Tag of writing jobs: `dagster.yaml` runs one at a time and queues the others."""

KIND_TAG = "newsactors/kind"
"""Tag of a job: the kind of run that the warehouse's own history shows."""

QUARANTINED_TAG = "newsactors/quarantined"
"""Tag of a run that put items into quarantine: how many."""

AD_HOC = "materialize"
"""Kind of a run of assets that somebody chose in the UI."""

READ_ONLY = "read"
"""Kind of a run that changes nothing; the warehouse's history leaves it out."""

CORRECTION = "correct"
"""Kind of a run that applies corrections while a user waits. It skips the contents of the
published file in its metadata: the charts take 0.7 s, and counting 10,000 articles' rows 0.5 s of
processor time."""

BY_COMMAND = {"newsactors/from": "command line"}
"""Tag of runs that the command line started: a user waits for them in a terminal."""

PUBLISH_STEP = "published_file"
"""Name of the step that publishes. A run that plans it takes the corrections lease."""


def run_tags(kind: str) -> dict[str, str]:
    """Return the tags of a run of this kind, however it was started."""
    return {KIND_TAG: kind, **({} if kind == READ_ONLY else WRITER_TAG)}
