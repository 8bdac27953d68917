"""From the inbox to staged batches: the assets `raw_files` and `staged_batches`.

Does not belong here: extracting chosen days again (`etl.orchestration.assets.days`).
"""

from collections.abc import Iterator, Sequence

import dagster as dg
from pydantic import Field

from etl import __version__
from etl.extract import get_extractor
from etl.orchestration.labels import QUARANTINED_TAG
from etl.orchestration.metadata import harmless
from etl.orchestration.requests import Selection
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
from etl.pipeline.new_quarantine import by_reason, new_items
from etl.pipeline.stage_articles import Staged
from etl.query import display
from etl.readers import READERS_VERSION
from etl.settings import location

RAW_FILES = dg.AssetKey("raw_files")
STAGED_BATCHES = dg.AssetKey("staged_batches")


NEW_QUARANTINE = "no_new_quarantine"
SHOWN_REASONS = 20


class IngestConfig(dg.Config):
    """Which files or quarantined items a run reads."""

    paths: list[str] = Field(
        default_factory=list,
        description="Files, folders and addresses (`s3://…`) to ingest; none means the inbox.",
    )
    retry: list[str] = Field(
        default_factory=list,
        description="Ids of quarantined items, or `all`, to read again instead of new files.",
    )


class StagingConfig(dg.Config):
    """Whether to read new articles, read or extract published ones again, or switch rows."""

    promote: bool = Field(
        default=False,
        description="Activate the candidate's rows instead of reading new articles.",
    )
    rollback: bool = Field(
        default=False,
        description="Restore the rows that the last promotion replaced, instead of reading new "
        "articles.",
    )
    reread: bool = Field(
        default=False,
        description="Read archived files again with today's readers instead of reading new "
        "articles.",
    )
    formats: list[str] = Field(
        default_factory=list,
        description="With `reread`: only files that were or are read in one of these formats; "
        "none means all.",
    )
    reextract: bool = Field(
        default=False,
        description="Extract published articles again instead of reading new ones.",
    )
    from_day: str = Field(
        default="",
        description="With `reextract`: first publication day, YYYY-MM-DD; empty means no lower "
        "limit.",
    )
    to_day: str = Field(
        default="",
        description="With `reextract`: last publication day, YYYY-MM-DD; empty means no upper "
        "limit.",
    )
    outlets: list[str] = Field(
        default_factory=list,
        description="With `reextract`: outlets, as they are published; none means all.",
    )


@dg.asset(
    key=RAW_FILES,
    group_name="ingest",
    kinds={"python", "file"},
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
    check_specs=[
        dg.AssetCheckSpec(
            NEW_QUARANTINE,
            asset=STAGED_BATCHES,
            description="Everything new could be read: no file or record went to quarantine since "
            "the last ingest that succeeded. Shows the reasons, and what to do.",
        )
    ],
    code_version=f"readers-{READERS_VERSION}.{get_extractor().version}",
)
def staged_batches(
    context: dg.AssetExecutionContext, config: StagingConfig, warehouse: Warehouse
) -> Iterator[dg.MaterializeResult[None]]:
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
            selection = Selection(
                from_day=config.from_day, to_day=config.to_day, outlets=config.outlets
            )
            staged = reextract.stage_reextraction(
                settings, warehouse.extractor, selection.articles, progress
            )
        else:
            staged = stage_articles.stage_new(
                settings, lambda: warehouse.extractor, run_id, progress
            )
    for path, names in staged.unread.items():
        context.log.warning(
            f"no headline, day or outlet in {path!r}, and fields that nothing was taken from: "
            f"{', '.join(names)}; fields.yaml can name them"
        )
    yield dg.MaterializeResult(
        metadata=_staging_metadata(staged, warehouse),
        check_results=[_new_quarantine(context, warehouse)],
    )


def _new_quarantine(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.AssetCheckResult:
    """Warn about items that this run, or a failed one before it, could not read."""
    items = new_items(warehouse.settings, context.run.run_id)
    reasons = by_reason(items)
    if items:
        context.log.warning(
            f"{display.counted(len(items), 'item')} went to quarantine: "
            + ", ".join(f"{len(group):,} {reason}" for reason, _, group in reasons)
            + "; `newsactors quarantine list` shows them"
        )
        # Dagster shows a run as a success whatever its checks say: the tag shows in lists of runs.
        context.instance.add_run_tags(context.run.run_id, {QUARANTINED_TAG: str(len(items))})
    table = [
        dg.TableRecord(
            {
                "reason": reason,
                "items": len(group),
                "what to do": harmless(remedy),
                "for example": harmless(f"{group[0].source_path}: {group[0].detail}"),
            }
        )
        for reason, remedy, group in reasons[:SHOWN_REASONS]
    ]
    shown = {"reasons": dg.MetadataValue.table(table)} if table else {}
    return dg.AssetCheckResult(
        check_name=NEW_QUARANTINE,
        passed=not items,
        severity=dg.AssetCheckSeverity.WARN,
        description=f"{display.counted(len(items), 'item')} could not be read" if items else None,
        metadata={"items": dg.MetadataValue.int(len(items)), **shown},
    )


def _staging_metadata(staged: Staged, warehouse: Warehouse) -> dict[str, dg.MetadataValue]:
    names: Sequence[str] = [batch.name for batch in staged.batches]
    return {
        "articles": dg.MetadataValue.int(staged.articles),
        "batches": dg.MetadataValue.json(names[:20]),
        "items in quarantine (new)": dg.MetadataValue.int(staged.quarantined),
        "extractor": dg.MetadataValue.text(warehouse.extractor.version),
    }
