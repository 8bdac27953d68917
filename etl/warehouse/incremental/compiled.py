"""The models and data tests as dbt compiled them: SQL, dependencies and promises.

Belongs here: reading the manifest and the compiled files of dbt's target folder, and deciding
whether the engine can run them. Does not belong here: running them
(`warehouse.incremental.refresh`), running dbt (`warehouse.dbt`).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

from etl.warehouse import dbt
from etl.warehouse.incremental.outcome import Fallback, IncrementalError
from etl.warehouse.incremental.promises import Promises, read_promises
from etl.warehouse.incremental.relations import names_read

COMPILED = "compiled_fingerprint"
"""File in the target folder: the fingerprint of the project that was compiled in full there."""
_NOTHING_TO_FILL = ("seed", "view", "table_function")
"""Materializations without rows of their own that could become stale."""
_PLAIN_TEST = {"error_if": "!= 0", "fail_calc": "count(*)", "where": None, "limit": None}
"""The settings of a data test that fails if it returns any row."""


@dataclass(frozen=True)
class CompiledNode:
    """A model, seed or data test of the project."""

    unique_id: str
    name: str
    schema: str
    is_test: bool
    sources: frozenset[str]
    """The tables of schema `loaded` that it reads, also by way of other models."""
    promises: Promises
    is_filled: bool = False
    """Whether it is a table that the engine fills."""
    sql: str = ""
    """The compiled SQL; empty if the engine does not run it."""
    tested: CompiledNode | None = None
    """Of a generic test, the model that declares it."""
    compared_with: tuple[CompiledNode, ...] = ()
    """Of a test, the other models that it reads."""
    column: str | None = None
    """Of a generic test, the column that it tests."""
    other_column: str | None = None
    """Of a `relationships` test, the column of the other model."""

    @property
    def relation(self) -> str:
        """The quoted name of its table or view."""
        return f'"{self.schema}"."{self.name}"'


def record_compiled(target: Path) -> None:
    """Record that dbt compiled the project as it is now in full into `target`.

    Raises IncrementalError if `meta` promises something about inputs that the SQL does not read.
    """
    (target / COMPILED).write_text(dbt.fingerprint())
    nodes = load_nodes((), target)
    for node in nodes if isinstance(nodes, list) else []:
        _check_inputs(node)


def load_nodes(names: Collection[str], target: Path) -> list[CompiledNode] | Fallback:
    """The nodes with these names, each after those that it reads, tests last; no names for all.

    A fallback if the engine cannot run the project as dbt would. Raises IncrementalError if `meta`
    is malformed.
    """
    recorded, manifest = target / COMPILED, target / "manifest.json"
    if not recorded.exists() or not manifest.exists():
        return Fallback(f"dbt has not compiled the project in full into {target}")
    if recorded.read_text() != dbt.fingerprint():
        return Fallback(f"{target} holds the compiled SQL of another version of the project")
    project = _Project(json.loads(manifest.read_text())["nodes"], target)
    chosen = {i: n for i, n in project.nodes.items() if not names or n["name"] in names}
    unknown = set(names) - {node["name"] for node in chosen.values()}
    if unknown:
        return Fallback(f"the project has no node {', '.join(sorted(unknown))}", is_expected=False)
    if names and len(chosen) != len(set(names)):
        return Fallback("two nodes of the project share a name", is_expected=False)
    order = TopologicalSorter({i: project.upstream(i) for i in chosen}).static_order()
    found = []
    for unique_id in order:
        if unique_id not in chosen:
            continue
        unsupported = project.unsupported(unique_id)
        if unsupported is not None:
            return Fallback(unsupported, is_expected=False)
        found.append(project.compiled(unique_id))
    # Tests last: a test across models must see all of them refreshed.
    return sorted(found, key=lambda node: node.is_test)


def _check_inputs(node: CompiledNode) -> None:
    if node.sql and node.promises.inputs:
        missing = node.promises.inputs - names_read(node.sql)
        if missing:
            raise IncrementalError(
                f"the meta of {node.name} names {', '.join(sorted(missing))} as an input, which "
                "its SQL does not read"
            )


class _Project:
    """The nodes of a manifest, and the SQL beside it."""

    def __init__(self, nodes: Mapping[str, Mapping[str, Any]], target: Path) -> None:
        self.nodes = nodes
        self._target = target
        self._upstream: dict[str, frozenset[str]] = {}
        self._descriptions: dict[str, CompiledNode] = {}

    def upstream(self, unique_id: str) -> frozenset[str]:
        """All nodes that a node reads, also by way of others."""
        if unique_id not in self._upstream:
            read = _reads(self.nodes.get(unique_id, {}))
            self._upstream[unique_id] = frozenset(read).union(*map(self.upstream, read))
        return self._upstream[unique_id]

    def unsupported(self, unique_id: str) -> str | None:
        """Why only dbt can run a node; None if the engine can."""
        node = self.nodes[unique_id]
        config = node["config"]
        if _is_test(node):
            if config["severity"].lower() != "error" or any(
                (config[key] or None) != value for key, value in _PLAIN_TEST.items()
            ):
                return f"test {node['name']} has settings of its own"
        elif config["materialized"] in _NOTHING_TO_FILL:
            return None
        elif config["materialized"] != "table":
            return f"model {node['name']} is materialized as {config['materialized']}"
        elif config["pre-hook"] or config["post-hook"]:
            return f"model {node['name']} has hooks"
        if not self._sql_file(node).exists():
            return f"dbt left no compiled SQL of {node['name']} in {self._target}"
        return None

    def compiled(self, unique_id: str) -> CompiledNode:
        """A node with its SQL and what it reads."""
        node = self.nodes[unique_id]
        tested = node.get("attached_node") or None
        others = (i for i in _reads(node) if _is_test(node) and i in self.nodes and i != tested)
        arguments = (node.get("test_metadata") or {}).get("kwargs", {})
        is_run = _is_test(node) or node["config"]["materialized"] not in _NOTHING_TO_FILL
        return replace(
            self._described(unique_id),
            sql=self._sql_file(node).read_text().rstrip().removesuffix(";") if is_run else "",
            is_filled=is_run and not _is_test(node),
            tested=self._described(tested) if tested else None,
            compared_with=tuple(self._described(other) for other in others),
            column=arguments.get("column_name"),
            other_column=arguments.get("field"),
        )

    def _described(self, unique_id: str) -> CompiledNode:
        """A node without its SQL."""
        if unique_id not in self._descriptions:
            node = self.nodes[unique_id]
            upstream = self.upstream(unique_id)
            self._descriptions[unique_id] = CompiledNode(
                unique_id=unique_id,
                name=node["name"],
                schema=node["schema"],
                is_test=_is_test(node),
                sources=frozenset(
                    i.rpartition(".")[2] for i in upstream if i.startswith("source.")
                ),
                promises=read_promises(node["name"], node["config"]["meta"]),
            )
        return self._descriptions[unique_id]

    def _sql_file(self, node: Mapping[str, Any]) -> Path:
        """Where dbt puts compiled SQL: that of a generic test beside the yml that declares it."""
        declared = Path(node["original_file_path"])
        if _is_test(node) and declared.suffix == ".yml":
            declared /= node["path"]
        return self._target / "compiled" / str(node["package_name"]) / declared


def _reads(node: Mapping[str, Any]) -> Collection[str]:
    """The nodes that a node reads directly; seeds have no such entry."""
    found: Collection[str] = node.get("depends_on", {}).get("nodes", ())
    return found


def _is_test(node: Mapping[str, Any]) -> bool:
    return bool(node["resource_type"] == "test")
