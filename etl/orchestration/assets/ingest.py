"""From the inbox to staged batches: the assets `raw_files` and `staged_batches`."""

from collections.abc import Sequence
from datetime import date

import dagster as dg
from pydantic import Field

from etl import __version__
from etl.extract import get_extractor
from etl.orchestration.labels import DATA_TEAM
from etl.orchestration.resources import Warehouse
from etl.orchestration.retries import retrying
from etl.pipeline import (
    archive_files,
    promotion,
    reextract,
    reread,
    retry_quarantined,
    stage_articles,
)
from etl.pipeline.archive_files import Archived
from etl.pipeline.errors import InputError
from etl.pipeline.stage_articles import Staged
from etl.readers import READERS_VERSION
from etl.settings import location
from etl.storage.editions import ArticleSelection

RAW_FILES = dg.AssetKey("raw_files")
STAGED_BATCHES = dg.AssetKey("staged_batches")


class IngestConfig(dg.Config):
    """Which files or quarantined items a run reads."""

    paths: list[str] = Field(default_factory=list)
    """Files, folders and URLs (`s3://…`) to ingest; none means the inbox."""
    retry: list[str] = Field(default_factory=list)
    """Ids of quarantined items, or `all`, to read again instead of new files."""


class StagingConfig(dg.Config):
    """Whether to read new articles, read or extract published ones again, or switch rows."""

    promote: bool = False
    """Activate the candidate's rows instead of reading new articles."""
    rollback: bool = False
    """Restore the rows that the last promotion replaced, instead of reading new articles."""
    reread: bool = False
    """Read archived files again with today's readers instead of reading new articles."""
    formats: list[str] = Field(default_factory=list)
    """With `reread`: only files that were or are read in one of these formats; none means all."""
    reextract: bool = False
    """Extract published articles again instead of reading new ones."""
    from_day: str = ""
    """First publication day to extract again, YYYY-MM-DD; empty means no lower limit."""
    to_day: str = ""
    """Last publication day to extract again, YYYY-MM-DD; empty means no upper limit."""
    outlets: list[str] = Field(default_factory=list)
    """Outlets to extract again; none means all."""


@dg.asset(
    key=RAW_FILES,
    group_name="ingest",
    kinds={"python", "file"},
    owners=[DATA_TEAM],
    code_version=__version__,
)
def raw_files(
    context: dg.AssetExecutionContext, config: IngestConfig, warehouse: Warehouse
) -> dg.MaterializeResult[None]:
    """The raw archive: the original bytes by content hash, and a manifest of their arrival.

    Files that are still being written (recently changed, `.part`, `.tmp`) wait for the next run.
    Files that cannot be opened go to quarantine. Running it again archives nothing twice.
    """
    with retrying():
        locations = [location(path) for path in config.paths]
        progress, run_id = warehouse.progress(context), context.run.run_id
        if config.retry:
            ids = [] if config.retry == ["all"] else config.retry
            archived = retry_quarantined.retry(warehouse.settings, ids, run_id, progress)
        else:
            archived = archive_files.archive_new(warehouse.settings, locations, run_id, progress)
    for path in archived.settling:
        context.log.warning(f"still being written, left for the next run: {path!r}")
    return dg.MaterializeResult(metadata=_archive_metadata(archived, warehouse))


def _archive_metadata(archived: Archived, warehouse: Warehouse) -> dict[str, dg.MetadataValue]:
    return {
        "files seen": dg.MetadataValue.int(archived.files_seen),
        "files new": dg.MetadataValue.int(archived.files_new),
        "files left while being written": dg.MetadataValue.int(len(archived.settling)),
        "files in quarantine (new)": dg.MetadataValue.int(archived.quarantined),
        "inbox": dg.MetadataValue.path(str(warehouse.settings.inbox)),
    }


@dg.asset(
    key=STAGED_BATCHES,
    deps=[RAW_FILES],
    group_name="ingest",
    kinds={"python", "parquet"},
    owners=[DATA_TEAM],
    code_version=f"readers-{READERS_VERSION}.{get_extractor().version}",
)
def staged_batches(
    context: dg.AssetExecutionContext, config: StagingConfig, warehouse: Warehouse
) -> dg.MaterializeResult[None]:
    """Articles and the rows extracted from them, as Parquet: one folder per batch.

    Reads everything in the archive after the last staged batch, whatever its date. With `reread` it
    reads archived files again, with `reextract` it extracts published articles again; with
    `promote` or `rollback` it switches to rows that were extracted earlier. Items that cannot be
    read go to quarantine.
    """
    settings, run_id = warehouse.settings, context.run.run_id
    progress = warehouse.progress(context)
    with retrying():
        if config.promote or config.rollback:
            change = promotion.promote if config.promote else promotion.roll_back
            staged = change(settings, run_id, lambda: warehouse.lock_for_writing(context), progress)
        elif config.reread:
            staged = reread.reread(
                settings,
                warehouse.extractor,
                config.formats,
                run_id,
                lambda: warehouse.lock_for_writing(context),
                progress,
            ).staged
        elif config.reextract:
            selection = ArticleSelection(
                _day(config.from_day, "from_day"),
                _day(config.to_day, "to_day"),
                tuple(config.outlets),
            )
            staged = reextract.stage_reextraction(
                settings, warehouse.extractor, selection, progress
            )
        else:
            staged = stage_articles.stage_new(
                settings, lambda: warehouse.extractor, run_id, progress
            )
    return dg.MaterializeResult(metadata=_staging_metadata(staged, warehouse))


def _day(text: str, name: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InputError(f"{name}={text!r} is not a day; write YYYY-MM-DD") from None


def _staging_metadata(staged: Staged, warehouse: Warehouse) -> dict[str, dg.MetadataValue]:
    names: Sequence[str] = [batch.name for batch in staged.batches]
    return {
        "articles": dg.MetadataValue.int(staged.articles),
        "batches": dg.MetadataValue.json(names[:20]),
        "items in quarantine (new)": dg.MetadataValue.int(staged.quarantined),
        "extractor": dg.MetadataValue.text(warehouse.extractor.version),
    }
