"""The dbt project as Dagster assets: every model, seed and test, run inside this process.

dagster-dbt provides the lineage and the checks. Its CLI resource isn't used, because it starts
dbt's Python several times per call (24 to 40 s for three models on two cores, against 1 to 2 s).
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, dbt_assets
from dagster_dbt.asset_utils import DAGSTER_DBT_UNIQUE_ID_METADATA_KEY as UNIQUE_ID

from etl.orchestration.assets.loaded import CORRECTED, loaded_key
from etl.orchestration.labels import WRITER_POOL
from etl.orchestration.resources import Warehouse
from etl.pipeline import build_models
from etl.query import overview
from etl.settings import Settings
from etl.warehouse import dbt
from etl.warehouse.incremental.outcome import IncrementalError

_INTERMEDIATE, _LAYERS = "intermediate", ("core", "marts")


class Translator(DagsterDbtTranslator):
    """Names assets after schema and relation, as they are named in the published file."""

    def __init__(self, manifest: Path) -> None:
        super().__init__()
        parsed = json.loads(manifest.read_text("utf-8"))
        self._layers: dict[str, str] = {
            unique_id: node["fqn"][1]
            for unique_id, node in parsed["nodes"].items()
            if node["resource_type"] == "model"
        }
        self._children: Mapping[str, list[str]] = parsed["child_map"]

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        if dbt_resource_props["resource_type"] == "source":
            return loaded_key(dbt_resource_props["name"])
        return dg.AssetKey([dbt_resource_props["schema"], dbt_resource_props["name"]])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """Return the layer: staging, core, marts, ops, or reference for seeds.

        An intermediate model is in the group of the first layer that needs it. A group of its own
        would form a cycle: `int_spikes` counts marts, and `int_actor_forms` reads core.
        """
        if dbt_resource_props["resource_type"] != "model":  # a source has a group of its own
            return "reference"
        return self._layer(dbt_resource_props["unique_id"])

    def _layer(self, unique_id: str) -> str:
        layer = self._layers[unique_id]
        if layer != _INTERMEDIATE:
            return layer
        users = {self._layer(c) for c in self._children[unique_id] if c in self._layers}
        return next((name for name in _LAYERS if name in users), _INTERMEDIATE)


def dbt_models(settings: Settings) -> dg.AssetsDefinition:
    """Return the assets of the dbt project in `sql/`; parse the project if it has changed."""
    manifest = dbt.parse(settings.dbt_target)

    @dbt_assets(
        name="models",
        manifest=manifest,
        dagster_dbt_translator=Translator(manifest),
        pool=WRITER_POOL,
    )
    def models(
        context: dg.AssetExecutionContext, warehouse: Warehouse
    ) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
        """Build and test schema `main`. A failing test blocks the publish."""
        warehouse.lock_for_writing(context)
        error: Exception | None = None
        try:
            result = build_models.build_models(
                warehouse.settings,
                _selection(context),
                is_all_corrected=corrected(context.assets_def) <= context.selected_asset_keys,
            )
        except dbt.DbtError as failure:
            error, result = failure, failure.result
        except IncrementalError as failure:
            error, result = failure, None
        yield from _events(context, result, overview.model_counts(warehouse.settings))
        if error is not None:
            raise dg.Failure(str(error), allow_retries=False) from error

    return models


def corrected(definition: dg.AssetsDefinition) -> set[dg.AssetKey]:
    """Return the models that a correction may change: all downstream of the tables it changes."""
    found: set[dg.AssetKey] = set()
    while True:
        more = {
            spec.key
            for spec in definition.specs
            if any(dep.asset_key in found or dep.asset_key in CORRECTED for dep in spec.deps)
        }
        if more <= found:
            return found
        found |= more


def leaves(definition: dg.AssetsDefinition) -> list[dg.AssetKey]:
    """Return the assets that no other asset of the definition depends on."""
    used = {dep.asset_key for spec in definition.specs for dep in spec.deps}
    return sorted(definition.keys - used)


def _selection(context: dg.AssetExecutionContext) -> list[str]:
    """Return dbt's selection: the selected assets and checks; an empty list means all.

    Only the tests that Dagster selected: a test across models would compare models built now with
    models built earlier.
    """
    if not context.is_subset:
        return []
    specs = context.assets_def.specs_by_key
    models = [
        specs[key].metadata[UNIQUE_ID].rpartition(".")[2] for key in context.selected_asset_keys
    ]
    tests = [check.name for check in context.selected_asset_check_keys]
    return [*sorted(models), *sorted(tests)]


def _events(
    context: dg.AssetExecutionContext, result: Any, counts: Mapping[str, int]
) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
    """Yield dbt's results as materializations and check results."""
    assets = {
        spec.metadata[UNIQUE_ID]: spec.key
        for spec in context.assets_def.specs
        if spec.key in context.selected_asset_keys
    }
    tests = {
        spec.metadata[UNIQUE_ID]: spec.key
        for spec in context.assets_def.check_specs
        if spec.key in context.selected_asset_check_keys
    }
    how: dict[str, dg.MetadataValue] = {}
    if isinstance(result, build_models.BuildResult):
        how["build_method"] = dg.MetadataValue.text(result.method)
        if result.fallback_reason is not None:
            how["fallback_reason"] = dg.MetadataValue.text(result.fallback_reason)
    for node in getattr(result, "results", None) or []:
        unique_id, status = node.node.unique_id, str(node.status)
        seconds = dg.MetadataValue.float(round(float(node.execution_time), 3))
        if unique_id in assets and status == "success":
            key = assets[unique_id]
            metadata = {**how, "seconds": seconds}
            if (count := counts.get(".".join(key.path))) is not None:
                metadata["dagster/row_count"] = dg.MetadataValue.int(count)
            yield dg.MaterializeResult(key, metadata=metadata)
        elif unique_id in tests and status in ("pass", "fail", "warn", "error"):
            check = tests[unique_id]
            yield dg.AssetCheckResult(
                asset_key=check.asset_key,
                check_name=check.name,
                passed=status == "pass",
                severity=dg.AssetCheckSeverity.WARN
                if status == "warn"
                else dg.AssetCheckSeverity.ERROR,
                description=node.message,
                metadata={"seconds": seconds, "rows": node.failures or 0},
            )
