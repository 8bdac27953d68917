"""Filling tables anew, or the rows that something concerns, with the SQL that dbt compiled.

Belongs here: what a night or a correction needs, which changes rows and no SQL. Does not belong
here: which tables those are (the assets decide), and every other way to build models (`store.dbt`).

dbt takes some four seconds before and between its nodes, whatever they do (0009). What it compiled
for the last full build is in its target folder: the same statements, in the order of its manifest,
with the same data tests, in one transaction. Where anything is not as dbt left it (other SQL, a
materialization besides seeds, tables, views and macros, a test with settings of its own), nothing
is done and dbt is to be run.

A model or test that reads none of the tables that changed, also by way of others, is as it was: it
is reported as done and not run. A merge changes links and no article, so articles, stories and
groups of quotes stay.

Where it is known which actors and articles the change is about, a model that says so in its `meta`
is filled and tested for their rows only (`store.concerned`).
"""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import duckdb

from etl.warehouse import build_db, dbt
from etl.warehouse.incremental import change_set
from etl.warehouse.incremental.change_set import ChangeSet

COMPILED = "compiled_fingerprint"
_AS_IS = ("seed", "view", "table_function")
"""Materializations whose rows follow from files or from those of others without doing anything."""


@dataclass(frozen=True)
class Node:
    """What a result is of; named as dbt's are."""

    unique_id: str
    name: str


@dataclass(frozen=True)
class NodeResult:
    """What became of a model or test; named as dbt's are."""

    node: Node
    status: str
    execution_time: float
    failures: int | None = None
    message: str | None = None


@dataclass
class RefreshResult:
    """What was done, a result a node, in order."""

    results: list[NodeResult] = field(default_factory=list)


def note_compiled(target: Path) -> None:
    """Say that all of the project, as it is now, has been compiled into `target`."""
    (target / COMPILED).write_text(dbt.fingerprint())


def refresh(
    names: Collection[str],
    changed: Collection[str],
    *,
    build_file: Path,
    target: Path,
    about: ChangeSet | None = None,
) -> RefreshResult | None:
    """Fill the models of these names anew and run the tests of these names; None: dbt must do it.

    No name means all of the project. `changed` names the tables of schema `loaded` that are others
    than when all was built; `about` says what the change is about, None where that is not known.
    The caller holds the writer lock and no connection to `build_file`, in which all models exist as
    dbt built them. Raises DbtError where a test fails. Then, and where dbt must do it, nothing has
    changed.
    """
    nodes = _nodes(names, target)
    if nodes is None:
        return None
    try:
        return _refreshed(nodes, changed, about, build_file)
    except duckdb.Error:
        return None  # dbt stops at the test that would have warned, and names what cannot be run


def _refreshed(
    nodes: Sequence[dict[str, Any]],
    changed: Collection[str],
    about: ChangeSet | None,
    build_file: Path,
) -> RefreshResult:
    done = RefreshResult()
    with build_db.open_build(build_file) as con:
        con.execute("begin")
        narrowing = change_set.InputFilter(con)
        for node in nodes:
            started, failures = time.perf_counter(), None
            if node["sources"].isdisjoint(changed):
                failures = 0 if node["resource_type"] == "test" else None
            elif node["resource_type"] == "test":
                failures = _failing(narrowing, node, changed, about)
            elif node["config"]["materialized"] not in _AS_IS:
                _fill(narrowing, node, changed, about)
            is_test = failures is not None
            done.results.append(
                NodeResult(
                    Node(node["unique_id"], node["name"]),
                    ("fail" if failures else "pass") if is_test else "success",
                    time.perf_counter() - started,
                    failures,
                    f"Got {failures} results, configured to fail if != 0" if failures else None,
                )
            )
        failed = {r.node.name: r.message or "" for r in done.results if r.status == "fail"}
        con.execute("rollback" if failed else "commit")
    if failed:
        lines = "\n".join(f"  {name}: {message}" for name, message in failed.items())
        tests = [r for r in done.results if r.failures is not None]  # the models are rolled back
        raise dbt.DbtError(f"{len(failed)} tests failed\n{lines}", failed, RefreshResult(tests))
    return done


def _fill(
    narrowing: change_set.InputFilter,
    node: change_set.Node,
    changed: Collection[str],
    about: ChangeSet | None,
) -> None:
    todo = None if about is None else change_set.affected_rows(node, about, changed)
    if todo is not None:
        change_set.fill(narrowing, node, todo)
        return
    con = narrowing.con
    relation = f'"{node["schema"]}"."{node["name"]}"'
    con.execute(f"delete from {relation}")
    con.execute(f"insert into {relation}\n{node['sql']}")


def _failing(
    narrowing: change_set.InputFilter,
    test: change_set.Node,
    changed: Collection[str],
    about: ChangeSet | None,
) -> int:
    """How many rows fail a test, of those that may: what is as it was has passed it before.

    The rest of the model that it tests is, where the other tables that it reads are as they were or
    differ in rows of the same actors, articles or periods only.
    """
    sql, tested, others = test["sql"], test["tested"], test["others"]
    if about is not None and tested is not None:
        named = (test.get("test_metadata") or {}).get("kwargs", {})

        def as_it_was(node: change_set.Node, column: str | None) -> bool:
            return node["sources"].isdisjoint(changed) or change_set.stays(node, column, about)

        if as_it_was(tested, named.get("column_name")) and all(
            as_it_was(other, named.get("field")) for other in others
        ):
            return 0
        todo = change_set.affected_rows(tested, about, changed)
        others_keep = all(
            as_it_was(other, None) or change_set.affected_rows(other, about, changed) is not None
            for other in others
        )
        if todo is not None and others_keep and not change_set.names_others(tested):
            sql = change_set.test_sql(narrowing, test, tested, todo)
    elif about is not None and change_set.says_itself(test):
        todo = change_set.affected_rows(test, about, changed)
        if todo is not None:
            sql = change_set.own_test_sql(narrowing, test, todo)
    found = narrowing.con.execute(f"select count(*) from (\n{sql}\n) as failing").fetchone()
    return int(found[0]) if found else 0


def _nodes(names: Collection[str], target: Path) -> list[dict[str, Any]] | None:
    """The nodes of these names with their SQL, each after those it reads; None where one is odd."""
    stamp, manifest = target / COMPILED, target / "manifest.json"
    if not stamp.exists() or not manifest.exists() or stamp.read_text() != dbt.fingerprint():
        return None
    everything: dict[str, dict[str, Any]] = json.loads(manifest.read_text())["nodes"]
    chosen = {i: n for i, n in everything.items() if not names or n["name"] in names}
    if names and len(chosen) != len(set(names)):
        return None
    order = TopologicalSorter({i: _upstream(i, everything) for i in chosen}).static_order()
    found = []
    for unique_id in order:
        node = chosen.get(unique_id)
        if node is None:
            continue
        file = target / "compiled" / node["package_name"] / _compiled_path(node)
        is_as_is = node["config"]["materialized"] in _AS_IS
        if not _is_plain(node) or not (is_as_is or file.exists()):
            return None
        node |= {
            "sql": "" if is_as_is else file.read_text().rstrip().removesuffix(";"),
            "sources": _sources(unique_id, everything),
        }
        if node["resource_type"] == "test":
            reads = {i: everything[i] for i in node["depends_on"]["nodes"] if i in everything}
            reads = {i: o | {"sources": _sources(i, everything)} for i, o in reads.items()}
            node["tested"] = reads.pop(node.get("attached_node") or "", None)
            node["others"] = list(reads.values())
        elif not change_set.is_sound(node):
            return None
        found.append(node)
    # Tests last: one across models is to see them all as they are now.
    return sorted(found, key=lambda node: node["resource_type"] == "test")


def _upstream(unique_id: str, nodes: dict[str, dict[str, Any]]) -> set[str]:
    """All nodes that a node reads, also by way of others."""
    found: set[str] = set()
    todo = [unique_id]
    while todo:
        for above in nodes.get(todo.pop(), {}).get("depends_on", {}).get("nodes", []):
            if above not in found:
                found.add(above)
                todo.append(above)
    return found


def _sources(unique_id: str, nodes: dict[str, dict[str, Any]]) -> set[str]:
    """The names of the sources that a node reads, also by way of others."""
    upstream = _upstream(unique_id, nodes)
    return {i.rpartition(".")[2] for i in upstream if i.startswith("source.")}


def _compiled_path(node: dict[str, Any]) -> Path:
    """Where dbt puts what it compiled: a generic test beside the yml that declares it."""
    declared = Path(node["original_file_path"])
    return declared / node["path"] if node["resource_type"] == "test" and (
        declared.suffix == ".yml"
    ) else declared  # fmt: skip


def _is_plain(node: dict[str, Any]) -> bool:
    config = node["config"]
    if node["resource_type"] == "test":
        return (
            config["severity"].lower() == "error"
            and config["error_if"] == "!= 0"
            and config["fail_calc"] == "count(*)"
            and not config["where"]
            and not config["limit"]
        )
    is_table = config["materialized"] == "table" and not config["pre-hook"]
    return config["materialized"] in _AS_IS or (is_table and not config["post-hook"])
