"""Schema `loaded` of the build database: the load, its checks, links, corrections and stories."""

from collections.abc import Callable, Iterator, Sequence

import dagster as dg
from pydantic import Field

from etl.linking.link import LINKING_VERSION
from etl.orchestration.assets.days import EXTRACTED_DAYS
from etl.orchestration.assets.ingest import STAGED_BATCHES
from etl.orchestration.labels import WRITER_POOL
from etl.orchestration.metadata import column_schema, harmless, sample_table
from etl.orchestration.resources import Warehouse
from etl.orchestration.retries import retrying
from etl.pipeline import actor_links, apply_corrections, article_stories, load
from etl.pipeline.progress import warn
from etl.query import overview
from etl.schema import tables as schema
from etl.settings import Settings
from etl.stories.assign import STORIES_VERSION
from etl.warehouse import checks

CORRECTIONS_APPLY = "corrections_apply"
SHOWN_PROBLEMS = 10


def loaded_key(name: str) -> dg.AssetKey:
    """Return the asset of the table `loaded.<name>`.

    Its last part is not the table's name: schema `main` has ten tables of the same names, and the
    lineage shows only the last part.
    """
    return dg.AssetKey(["loaded", f"loaded_{name}"])


def _key(table: schema.Table) -> dg.AssetKey:
    return loaded_key(table.name)


LINKED = [_key(table) for table in schema.LINKED]
CORRECTED = [_key(table) for table in schema.CORRECTED]
"""The assets that a correction changes first; everything downstream is stale afterwards."""


def _description(table: schema.Table) -> str:
    return f"{table.grain[:1].upper()}{table.grain[1:]}."


def run_state() -> list[dg.AssetSpec]:
    """Return the tables that no step materializes: each publish writes them into its snapshot."""
    return [
        dg.AssetSpec(
            _key(table),
            description=f"{_description(table)} Empty in the build database: each publish fills "
            f"it {origin}, so it also shows earlier runs that failed and published nothing.",
            group_name="run_state",
            kinds={kind},
            metadata={"dagster/column_schema": column_schema(table)},
        )
        for table, kind, origin in (
            (schema.INGEST_RUNS, "sqlite", "from `state.sqlite`"),
            (schema.QUARANTINE, "sqlite", "from `state.sqlite`"),
            (schema.WAREHOUSE_INFO, "duckdb", "with the versions and times of that publish"),
        )
    ]


def _spec(table: schema.Table) -> dg.AssetSpec:
    return dg.AssetSpec(
        _key(table),
        deps=[STAGED_BATCHES, EXTRACTED_DAYS],
        description=_description(table),
        group_name="load",
        kinds={"python", "duckdb"},
        code_version=str(schema.SCHEMA_VERSION),
        metadata={"dagster/column_schema": column_schema(table)},
        skippable=True,
    )


@dg.multi_asset(
    name="load",
    specs=[_spec(table) for table in schema.LOADED],
    pool=WRITER_POOL,
)
def loaded_tables(
    context: dg.AssetExecutionContext, warehouse: Warehouse
) -> Iterator[dg.MaterializeResult[None]]:
    """Load staged batches, each in one transaction, and assign each text to its article.

    Takes the writer lock, which the run keeps until it has published. Yields nothing if there is
    nothing new and the published file is up to date: links, models and publish are skipped.
    """
    warehouse.lock_for_writing(context)
    with retrying():
        result = load.load_staged(
            warehouse.settings, context.run.run_id, warehouse.progress(context)
        )
    if not result.is_publish_due and not apply_corrections.has_late_corrections(
        warehouse.settings, warehouse.corrections_lease
    ):
        context.log.info("nothing new: skipping models and publish")
        return
    counts = overview.loaded_counts(warehouse.settings, schema.LOADED)
    for table in schema.LOADED:
        metadata: dict[str, dg.MetadataValue] = {
            "dagster/row_count": dg.MetadataValue.int(counts[table.name]),
            "rows new": dg.MetadataValue.int(result.rows_new.get(table.name, 0)),
        }
        if table is schema.ARTICLE_VERSIONS:
            metadata["articles new"] = dg.MetadataValue.int(result.articles_new)
            metadata["days touched"] = dg.MetadataValue.int(len(result.touched_days))
        metadata["sample"] = sample_table(overview.loaded_sample(warehouse.settings, table))
        yield dg.MaterializeResult(_key(table), metadata=metadata)


def _check_specs(tables: Sequence[schema.Table]) -> list[dg.AssetCheckSpec]:
    return [
        dg.AssetCheckSpec(
            name, asset=_key(table), description=checks.DESCRIPTIONS[name], blocking=True
        )
        for table in tables
        for name in checks.check_names(table)
    ]


def _run_checks(
    context: dg.AssetCheckExecutionContext,
    warehouse: Warehouse,
    tables: Sequence[schema.Table],
    find: Callable[[Settings], list[checks.Problem]],
) -> Iterator[dg.AssetCheckResult]:
    warehouse.lock_for_writing(context)
    problems = find(warehouse.settings)
    for table in tables:
        for name in checks.check_names(table):
            failed = [p for p in problems if (p.table, p.check) == (table.name, name)]
            yield dg.AssetCheckResult(
                asset_key=_key(table),
                check_name=name,
                passed=not failed,
                severity=dg.AssetCheckSeverity.ERROR,
                description=harmless("; ".join(map(str, failed))) or None,
                metadata={"rows": sum(p.rows for p in failed)},
            )


@dg.multi_asset_check(name="loaded_checks", specs=_check_specs(schema.INGESTED), pool=WRITER_POOL)
def loaded_checks(
    context: dg.AssetCheckExecutionContext, warehouse: Warehouse
) -> Iterator[dg.AssetCheckResult]:
    """Check keys, references and offsets of all loaded rows; a failure blocks linking."""
    yield from _run_checks(context, warehouse, schema.INGESTED, load.check_loaded)


class LinkConfig(dg.Config):
    """Whether to resolve only new names, or all names again."""

    relink: bool = Field(
        default=False,
        description="Resolve all names again; `newsactors actors relink` shows what that would "
        "change.",
    )


def _linked_spec(table: schema.Table) -> dg.AssetSpec:
    return dg.AssetSpec(
        _key(table),
        deps=[_key(schema.TEXT_ACTORS), _key(schema.TEXT_MENTIONS)],
        description=f"{_description(table)} Corrections are applied in `actor_links`.",
        group_name="identity",
        kinds={"python", "duckdb"},
        code_version=LINKING_VERSION,
        metadata={"dagster/column_schema": column_schema(table)},
    )


@dg.multi_asset(
    name="text_links",
    specs=[_linked_spec(table) for table in schema.LINKED],
    pool=WRITER_POOL,
)
def text_links(
    context: dg.AssetExecutionContext, config: LinkConfig, warehouse: Warehouse
) -> Iterator[dg.MaterializeResult[None]]:
    """Link every actor of a text to an entity: known names as the ledger says, new names resolved.

    Every decision is recorded in the identity ledger for good, so a rebuild gives the same ids.
    """
    warehouse.lock_for_writing(context)
    entities = actor_links.link(warehouse.settings, relink=config.relink)
    rows = overview.loaded_counts(warehouse.settings, schema.LINKED)
    for table in schema.LINKED:
        metadata = {"dagster/row_count": rows[table.name]}
        if table is schema.TEXT_LINKS:
            metadata["entities"] = entities
        yield dg.MaterializeResult(asset_key=_key(table), metadata=metadata)


def _corrected_spec(table: schema.Table) -> dg.AssetSpec:
    return dg.AssetSpec(
        _key(table),
        deps=[*map(_key, schema.LINKED), _key(schema.ARTICLE_VERSIONS)],
        description=_description(table)
        + (
            " This is the only table that stores identity: fact tables store no entity."
            if table is schema.ACTOR_LINKS
            else ""
        ),
        group_name="identity",
        kinds={"python", "duckdb"},
        code_version=str(schema.SCHEMA_VERSION),
        metadata={"dagster/column_schema": column_schema(table)},
    )


@dg.multi_asset(
    name="actor_links",
    specs=[_corrected_spec(table) for table in schema.CORRECTED],
    check_specs=[
        dg.AssetCheckSpec(
            CORRECTIONS_APPLY,
            asset=_key(schema.CORRECTIONS),
            description="Every correction finds its subject, contradicts no other correction, and "
            "is unchanged since it was recorded.",
        )
    ],
    pool=WRITER_POOL,
)
def corrected_links(
    context: dg.AssetExecutionContext, warehouse: Warehouse
) -> Iterator[dg.MaterializeResult[None]]:
    """Apply all corrections in `corrections.csv` to the automatic links, from the start.

    A correction that no longer applies, for example because its articles were forgotten, doesn't
    stop the run: the check `corrections_apply` warns about it. An unreadable file fails the run.
    """
    warehouse.lock_for_writing(context)
    with retrying():
        outcome = apply_corrections.apply_corrections(warehouse.settings)
    for problem in outcome.problems:
        context.log.warning(problem)
    for gone in outcome.gone:
        warn(warehouse.progress(context), f"correction {gone}")
    counts = overview.loaded_counts(warehouse.settings, schema.CORRECTED)
    for table in schema.CORRECTED:
        metadata: dict[str, dg.MetadataValue] = {
            "dagster/row_count": dg.MetadataValue.int(counts[table.name])
        }
        if table is schema.ACTOR_LINKS:
            methods = overview.links_by_method(warehouse.settings)
            metadata["entities"] = dg.MetadataValue.int(outcome.entities)
            metadata["links by method"] = dg.MetadataValue.json(methods)
        if table is schema.CORRECTIONS:
            metadata["corrections"] = dg.MetadataValue.json(outcome.by_status)
            metadata["problems"] = dg.MetadataValue.json(outcome.problems)
            check = dg.AssetCheckResult(
                passed=not outcome.problems,
                check_name=CORRECTIONS_APPLY,
                severity=dg.AssetCheckSeverity.WARN,
                description=harmless("; ".join(outcome.problems[:SHOWN_PROBLEMS])) or None,
                metadata={"problems": len(outcome.problems)},
            )
            yield dg.MaterializeResult(_key(table), metadata=metadata, check_results=[check])
        else:
            yield dg.MaterializeResult(_key(table), metadata=metadata)


@dg.multi_asset_check(
    name="link_checks", specs=_check_specs([schema.ACTOR_LINKS]), pool=WRITER_POOL
)
def link_checks(
    context: dg.AssetCheckExecutionContext, warehouse: Warehouse
) -> Iterator[dg.AssetCheckResult]:
    """Check that every actor of a text is linked exactly once; a failure blocks the models."""
    yield from _run_checks(context, warehouse, [schema.ACTOR_LINKS], actor_links.check_links)


@dg.multi_asset(
    name="stories",
    specs=[
        dg.AssetSpec(
            _key(table),
            deps=[_key(schema.ARTICLE_VERSIONS), _key(schema.ARTICLE_SOURCES)],
            description=_description(table),
            group_name="identity",
            kinds={"python", "duckdb"},
            code_version=STORIES_VERSION,
            metadata={"dagster/column_schema": column_schema(table)},
        )
        for table in schema.STORIES
    ],
    pool=WRITER_POOL,
)
def stories(
    context: dg.AssetExecutionContext, warehouse: Warehouse
) -> Iterator[dg.MaterializeResult[None]]:
    """Group new articles into stories: copies, cuts and edits of one text. Old ids stay."""
    warehouse.lock_for_writing(context)
    count = article_stories.group(warehouse.settings, warehouse.progress(context))
    rows = overview.loaded_counts(warehouse.settings, schema.STORIES)
    for table in schema.STORIES:
        metadata: dict[str, dg.MetadataValue] = {
            "dagster/row_count": dg.MetadataValue.int(rows[table.name])
        }
        if table is schema.ARTICLE_STORIES:
            metadata["stories"] = dg.MetadataValue.int(count)
        yield dg.MaterializeResult(_key(table), metadata=metadata)


@dg.multi_asset_check(name="story_checks", specs=_check_specs(schema.STORIES), pool=WRITER_POOL)
def story_checks(
    context: dg.AssetCheckExecutionContext, warehouse: Warehouse
) -> Iterator[dg.AssetCheckResult]:
    """Check that every article is in exactly one story; a failure blocks the models."""
    yield from _run_checks(context, warehouse, schema.STORIES, article_stories.check_stories)
