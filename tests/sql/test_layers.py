"""Each layer of the dbt project reads only what sql/README.md allows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from etl.warehouse.dbt import parse

from .conftest import Warehouse

Node = dict[str, Any]

STAGING, INTERMEDIATE, CORE, MARTS, OPS = "staging", "intermediate", "core", "marts", "ops"
UNREAD = {"former_links", "text_links"}
"""Tables of schema `loaded` that only the linker needs."""


@pytest.fixture(scope="module")
def manifest(warehouse: Warehouse) -> Node:
    loaded: Node = json.loads(parse(warehouse.target).read_text())
    return loaded


def models(manifest: Node, *layers: str) -> Iterator[Node]:
    for node in manifest["nodes"].values():
        if node["resource_type"] == "model" and node["fqn"][1] in layers:
            yield node


def layers_read(manifest: Node, node: Node) -> set[str]:
    """Layers of the models that a node reads, and 'source' or 'seed' for other inputs."""
    return {
        manifest["nodes"][i]["fqn"][1] if i.startswith("model.") else i.split(".")[0]
        for i in node["depends_on"]["nodes"]
    }


def test_each_source_has_a_staging_model(manifest: Node) -> None:
    names = {node["name"] for node in models(manifest, STAGING)}
    sources = {node["name"] for node in manifest["sources"].values()}
    assert names == {f"stg_{name}" for name in sources - UNREAD} | {"stg_outlets"}


def test_a_staging_model_is_a_view_of_one_source_or_seed(manifest: Node) -> None:
    for node in models(manifest, STAGING):
        (only,) = node["depends_on"]["nodes"]
        assert f"stg_{only.split('.')[-1]}" == node["name"]
        assert node["config"]["materialized"] == "view", node["name"]
        for word in (" join ", "group by", "count(", "qualify"):
            assert word not in node["raw_code"], node["name"]


def test_only_staging_reads_sources(manifest: Node) -> None:
    readers = {
        i
        for i, node in manifest["nodes"].items()
        if any(read.startswith("source.") for read in node["depends_on"].get("nodes", ()))
    }
    assert readers == {
        node["unique_id"] for node in models(manifest, STAGING) if node["name"] != "stg_outlets"
    }


def test_core_reads_no_mart_and_ops_reads_staging_only(manifest: Node) -> None:
    for node in models(manifest, CORE):
        assert layers_read(manifest, node) <= {STAGING, INTERMEDIATE, CORE}, node["name"]
    for node in models(manifest, MARTS):
        assert layers_read(manifest, node) <= {INTERMEDIATE, CORE, MARTS}, node["name"]
    for node in models(manifest, OPS):
        assert layers_read(manifest, node) == {STAGING}, node["name"]


def test_internal_models_stay_out_of_the_published_schema(manifest: Node) -> None:
    for node in models(manifest, STAGING, INTERMEDIATE):
        prefix = {STAGING: "stg_", INTERMEDIATE: "int_"}[node["fqn"][1]]
        assert (node["schema"], node["name"][:4]) == (node["fqn"][1], prefix)
    assert {node["schema"] for node in models(manifest, CORE, MARTS, OPS)} == {"main"}
