"""The jobs of the code location. All except `watch` end with a publish if anything changed.

A writing job builds all models, not only those downstream of its own assets: the published file
must never mix old and new models.
"""

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import (
    UnresolvedAssetJobDefinition,  # has no public name yet
)

from etl.orchestration.assets.days import EXTRACTED_DAYS
from etl.orchestration.assets.ingest import RAW_FILES, STAGED_BATCHES
from etl.orchestration.assets.loaded import CORRECTED, LINKED
from etl.orchestration.assets.published import PUBLISHED
from etl.orchestration.assets.report import REPORT
from etl.orchestration.labels import CORRECTION, READ_ONLY, run_tags
from etl.orchestration.requests import (
    AllNames,
    Candidate,
    Formats,
    FormerRows,
    NewFiles,
    QuarantinedItems,
    Request,
    Selection,
    job_config,
)

_DAYS = dg.AssetSelection.assets(EXTRACTED_DAYS)
_EVERYTHING = dg.AssetSelection.all() - _DAYS
_AFTER_ARCHIVING = _EVERYTHING - dg.AssetSelection.assets(RAW_FILES)
_AFTER_STAGING = _AFTER_ARCHIVING - dg.AssetSelection.assets(STAGED_BATCHES)
_PUBLISHED_CHECKS = dg.AssetSelection.checks_for_assets(PUBLISHED)
# Without the checks of the published file: they compare series, and a correction is meant to
# change those.
_AFTER_LINKING = (
    dg.AssetSelection.assets(*CORRECTED).downstream()
    - dg.AssetSelection.assets(REPORT)
    - _PUBLISHED_CHECKS
)
_AFTER_LOADING = dg.AssetSelection.assets(*LINKED) | _AFTER_LINKING


def _job(
    name: str,
    selection: dg.AssetSelection,
    kind: str,
    description: str,
    request: type[Request] | None = Request,
) -> UnresolvedAssetJobDefinition:
    """Define a job whose runs have this kind; `request` is what a user may ask of it."""
    return dg.define_asset_job(
        name,
        selection=selection,
        description=description,
        tags=run_tags(kind),
        config=job_config(request) if request else None,
    )


NIGHTLY_INGEST = _job(
    "nightly_ingest",
    _EVERYTHING,
    "ingest",
    "Ingests new files from the inbox, whatever their dates, and publishes. If there is nothing "
    "new, it stops after checking the inbox; the schedule then doesn't start it.",
    NewFiles,
)
RETRY = _job(
    "retry",
    _EVERYTHING,
    "retry",
    "Reads quarantined items again from their archived bytes, and publishes. `newsactors "
    "quarantine retry` runs this job; list ids in the launchpad to select items.",
    QuarantinedItems,
)
REEXTRACT = _job(
    "reextract",
    _AFTER_ARCHIVING,
    "reextract",
    "Extracts published articles again with the current extractor. Select publication days and "
    "outlets in the launchpad; the default is all articles.",
    Selection,
)
REEXTRACT_DAYS = _job(
    "reextract_days",
    _AFTER_STAGING | _DAYS,
    "reextract",
    "Extracts the articles of chosen publication days again, and publishes. Pick the days when you "
    "materialize the job, or on its partitions page: each range of days is one run.",
    None,
)
PROMOTE = _job(
    "promote",
    _AFTER_ARCHIVING,
    "promote",
    "Publishes the candidate rows that `newsactors reextract --diff` extracted, and extracts "
    "articles that arrived since then in the same way.",
    Candidate,
)
ROLLBACK = _job(
    "rollback",
    _AFTER_ARCHIVING,
    "rollback",
    "Restores the rows that the last promotion replaced, and publishes.",
    FormerRows,
)
REREAD = _job(
    "reread",
    _AFTER_ARCHIVING,
    "reread",
    "Reads archived files again with today's readers, and publishes what they read otherwise. "
    "`newsactors reread --dry-run` shows it first.",
    Formats,
)
REBUILD = _job(
    "rebuild",
    _AFTER_ARCHIVING,
    "rebuild",
    "Stages and loads everything in the archive that isn't staged yet. `newsactors rebuild` clears "
    "staging and the build database first.",
)
REPUBLISH = _job(
    "republish",
    _AFTER_STAGING,
    "republish",
    "Loads the staged batches, builds the models and publishes, without reading the inbox.",
)
APPLY_CORRECTIONS = _job(
    "apply_corrections",
    _AFTER_LINKING,
    CORRECTION,
    "Applies `corrections.csv` and publishes within seconds, because it loads nothing. `newsactors "
    "actors` runs this job; every other writing job applies corrections too.",
)
RELINK = _job(
    "relink",
    _AFTER_LOADING,
    "relink",
    "Resolves every name to an actor again with everything known today, and publishes. Run "
    "`newsactors actors relink` first: it shows what would change.",
    AllNames,
)
WATCH = _job(
    "watch",
    _PUBLISHED_CHECKS,
    READ_ONLY,
    "Checks that the published file is fresh and complete; changes nothing.",
)

JOBS = (
    NIGHTLY_INGEST,
    RETRY,
    REEXTRACT,
    REEXTRACT_DAYS,
    PROMOTE,
    ROLLBACK,
    REREAD,
    REBUILD,
    REPUBLISH,
    APPLY_CORRECTIONS,
    RELINK,
    WATCH,
)
