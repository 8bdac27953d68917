"""Schema `loaded` of the build database: one load, checks, links, corrections, stories."""

from collections.abc import Callable, Iterator, Sequence

import dagster as dg

from etl.linking.link import LINKING_VERSION
from etl.orchestration.assets.ingest import STAGED_BATCHES
from etl.orchestration.metadata import column_schema, harmless, sample_table
from etl.orchestration.resources import WRITER_POOL, Warehouse
from etl.orchestration.retries import DATA_TEAM, retrying
from etl.pipeline import actor_links, apply_corrections, article_stories, load
from etl.query import overview
from etl.schema import tables as schema
from etl.settings import Settings
from etl.stories.assign import STORIES_VERSION
from etl.warehouse import checks

CORRECTIONS_APPLY = "corrections_apply"
SHOWN_PROBLEMS = 10


def _key(table: schema.Table) -> dg.AssetKey:
    return dg.AssetKey(["loaded", table.name])


LINKED = [_key(table) for table in schema.LINKED]
CORRECTED = [_key(table) for table in schema.CORRECTED]
"""The assets that a correction changes first; everything downstream follows."""


def _description(table: schema.Table) -> str:
    return f"{table.grain[:1].upper()}{table.grain[1:]}."


def run_state() -> list[dg.AssetSpec]:
    """Tables that no asset fills: each publish copies them into the snapshot it makes."""
    return [
        dg.AssetSpec(
            _key(table),
            description=f"{_description(table)} Empty in the build database: the publish fills "
            f"it, {origin}, so that a failed run is visible although it published nothing.",
            group_name="run_state",
            kinds={kind},
            owners=[DATA_TEAM],
            metadata={"dagster/column_schema": column_schema(table)},
        )
        for table, kind, origin in (
            (schema.INGEST_RUNS, "sqlite", "from `state.sqlite`"),
            (schema.QUARANTINE, "sqlite", "from `state.sqlite`"),
            (schema.WAREHOUSE_INFO, "duckdb", "with versions and times of that moment"),
        )
    ]


def _spec(table: schema.Table) -> dg.AssetSpec:
    return dg.AssetSpec(
        _key(table),
        deps=[STAGED_BATCHES],
        description=_description(table),
        group_name="load",
        kinds={"python", "duckdb"},
        owners=[DATA_TEAM],
        code_version=str(schema.SCHEMA_VERSION),
        metadata={"dagster/column_schema": column_schema(table)},
        skippable=True,
    )


@dg.multi_asset(
    name="load",
    specs=[_spec(table) for table in schema.INGESTED],
    pool=WRITER_POOL,
)
def loaded_tables(
    context: dg.AssetExecutionContext, warehouse: Warehouse
) -> Iterator[dg.MaterializeResult[None]]:
    """Loads staged batches, each in one transaction, and decides which article a text belongs to.

    Takes the writer lock, which the run keeps until it has published. Where nothing is new and the
    published file is up to date, yields nothing: links, models and publish are skipped.
    """
    warehouse.lock_for_writing(context)
    with retrying():
        result = load.load_staged(
            warehouse.settings, context.run.run_id, warehouse.progress(context)
        )
    if not result.is_publish_due and not apply_corrections.has_late_corrections(
        warehouse.settings, warehouse.corrections_lease
    ):
        context.log.info("nothing new: models and publish are skipped")
        return
    counts = overview.loaded_counts(warehouse.settings)
    for table in schema.INGESTED:
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
    """Keys, references and offsets over all that is loaded; a failure blocks links and publish."""
    yield from _run_checks(context, warehouse, schema.INGESTED, load.check_loaded)


class LinkConfig(dg.Config):
    """Whether names are decided for the first time only, or all of them anew."""

    relink: bool = False
    """Decide all names anew; `newsactors actors relink` shows what that would change."""


def _linked_spec(table: schema.Table) -> dg.AssetSpec:
    return dg.AssetSpec(
        _key(table),
        deps=[_key(schema.TEXT_ACTORS), _key(schema.TEXT_MENTIONS)],
        description=f"{_description(table)} What people decided is in `actor_links`.",
        group_name="identity",
        kinds={"python", "duckdb"},
        owners=[DATA_TEAM],
        code_version=LINKING_VERSION,
        metadata={"dagster/column_schema": column_schema(table)},
    )


@dg.multi_asset(
    name="loaded__text_links",
    specs=[_linked_spec(table) for table in schema.LINKED],
    pool=WRITER_POOL,
)
def text_links(
    context: dg.AssetExecutionContext, config: LinkConfig, warehouse: Warehouse
) -> Iterator[dg.MaterializeResult[None]]:
    """Links every actor of a text to an entity: as the ledger says, and what is new decided.

    What is decided goes into the identity ledger and stays, so a rebuild gives the same ids.
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
            " Only this table knows identity: no fact stores an entity."
            if table is schema.ACTOR_LINKS
            else ""
        ),
        group_name="identity",
        kinds={"python", "duckdb"},
        owners=[DATA_TEAM],
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
            description="Every correction finds what it is about, contradicts no other, and is as "
            "it was recorded.",
        )
    ],
    pool=WRITER_POOL,
)
def corrected_links(
    context: dg.AssetExecutionContext, warehouse: Warehouse
) -> Iterator[dg.MaterializeResult[None]]:
    """Applies the corrections of `corrections.csv` to the automatic links, all of them anew.

    One that no longer applies, as when its articles were forgotten, stops nothing: the check
    `corrections_apply` warns of it. A file that cannot be read fails the run.
    """
    warehouse.lock_for_writing(context)
    with retrying():
        done = apply_corrections.apply_corrections(warehouse.settings)
    for problem in done.problems:
        context.log.warning(problem)
    counts = overview.loaded_counts(warehouse.settings, schema.CORRECTED)
    for table in schema.CORRECTED:
        metadata: dict[str, dg.MetadataValue] = {
            "dagster/row_count": dg.MetadataValue.int(counts[table.name])
        }
        if table is schema.ACTOR_LINKS:
            methods = overview.links_by_method(warehouse.settings)
            metadata["entities"] = dg.MetadataValue.int(done.entities)
            metadata["links by method"] = dg.MetadataValue.json(methods)
        if table is schema.CORRECTIONS:
            metadata["corrections"] = dg.MetadataValue.json(done.by_status)
            metadata["problems"] = dg.MetadataValue.json(done.problems)
            check = dg.AssetCheckResult(
                passed=not done.problems,
                check_name=CORRECTIONS_APPLY,
                severity=dg.AssetCheckSeverity.WARN,
                description=harmless("; ".join(done.problems[:SHOWN_PROBLEMS])) or None,
                metadata={"problems": len(done.problems)},
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
    """Every actor of a text is linked exactly once; a failure blocks models and publish."""
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
            owners=[DATA_TEAM],
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
    """Decides which new articles are copies, cuts or edits of one text; old ids stay."""
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
    """Every article is in exactly one story; a failure blocks models and publish."""
    yield from _run_checks(context, warehouse, schema.STORIES, article_stories.check_stories)
