"""Refresh models and run their data tests in one transaction, without dbt.

Belongs here: the order of a refresh, which tests run over which rows, and what a refresh returns.
Does not belong here: which tables changed (`warehouse.incremental.build_state`), and running dbt
(`warehouse.dbt`).

dbt adds about four seconds to a run, before and between its nodes, whatever the nodes do
(docs/adr/0025). This module instead runs the SQL that dbt compiled for the last full build and left
in its target folder. The statements and data tests are the same, in the order of dbt's manifest.

A model or test is up to date if it reads no changed table, directly or through other models. It is
then reported as done without being run. For example, a merge changes links but no articles, so
articles, stories and quote groups are not rebuilt.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from pathlib import Path

import duckdb

from etl.warehouse import build_db, dbt
from etl.warehouse.incremental import fill
from etl.warehouse.incremental.change_set import ChangeSet
from etl.warehouse.incremental.compiled import CompiledNode, load_nodes
from etl.warehouse.incremental.outcome import (
    Fallback,
    IncrementalError,
    Node,
    NodeResult,
    RefreshResult,
)
from etl.warehouse.incremental.row_filter import RowFilter, affected_rows, is_unchanged


def refresh(
    names: Collection[str],
    changed_tables: Collection[str],
    *,
    build_file: Path,
    target: Path,
    changes: ChangeSet | None = None,
) -> RefreshResult | Fallback:
    """Refresh the models and run the tests with these names; no names for all of the project.

    `changed_tables` names the tables of schema `loaded` that changed since all models were built;
    `changes` says what changed in them, None if that is not known. The caller holds the writer lock
    and no connection to `build_file`, in which all models exist as dbt built them.

    Returns a fallback if dbt must build them, for what it compiled is not there or not supported,
    or for want of memory. Raises DbtError if a test fails, IncrementalError if DuckDB rejects a
    statement or `meta` is wrong, duckdb.IOException if the disk fails. Unless it returns a result,
    nothing has changed.
    """
    nodes = load_nodes(names, target)
    if isinstance(nodes, Fallback):
        return nodes
    try:
        with build_db.open_build(build_file) as con:
            return _Refresh(con, changed_tables, changes).run(nodes)
    except duckdb.OutOfMemoryException as error:
        # dbt takes what the machine has (`build_db.open_build` sets a limit).
        return Fallback(f"the refresh ran out of memory: {error}", is_expected=False)


class _Refresh:
    """One refresh over an open build database."""

    def __init__(
        self,
        con: duckdb.DuckDBPyConnection,
        changed_tables: Collection[str],
        changes: ChangeSet | None,
    ) -> None:
        self._con = con
        self._changed_tables = changed_tables
        self._changes = changes
        self._input_filter = fill.InputFilter(con)

    def run(self, nodes: Sequence[CompiledNode]) -> RefreshResult:
        """Refresh and test the nodes in order; roll back if a test fails or DuckDB raises."""
        done = RefreshResult()
        with build_db.transaction(self._con):
            for node in nodes:
                done.results.append(self._run(node))
            failed = {r.node.name: r.message or "" for r in done.results if r.status == "fail"}
            if failed:
                lines = "\n".join(f"  {name}: {message}" for name, message in failed.items())
                tests = [r for r in done.results if r.failures is not None]  # no model was changed
                raise dbt.DbtError(
                    f"{len(failed)} tests failed\n{lines}", failed, RefreshResult(tests)
                )
        return done

    def _run(self, node: CompiledNode) -> NodeResult:
        started, failures = time.perf_counter(), None
        try:
            if node.is_test:
                failures = self._count_failures(node)
            elif node.is_filled and not self._is_up_to_date(node):
                self._fill(node)
        except (duckdb.OutOfMemoryException, duckdb.IOException):
            raise
        except duckdb.Error as error:
            raise IncrementalError(
                f"DuckDB rejected the refresh of {node.name}: {error}. No model was changed"
            ) from error
        return NodeResult(
            Node(node.unique_id, node.name),
            ("fail" if failures else "pass") if node.is_test else "success",
            time.perf_counter() - started,
            failures,
            f"Got {failures} results, configured to fail if != 0" if failures else None,
        )

    def _is_up_to_date(self, node: CompiledNode) -> bool:
        return node.sources.isdisjoint(self._changed_tables)

    def _affected_rows(self, node: CompiledNode) -> list[RowFilter] | None:
        if self._changes is None:
            return None
        return affected_rows(node, self._changes, self._changed_tables)

    def _fill(self, node: CompiledNode) -> None:
        filters = self._affected_rows(node)
        if filters is None:
            fill.fill_in_full(self._con, node)
        else:
            fill.replace_rows(self._input_filter, node, filters)

    def _count_failures(self, test: CompiledNode) -> int:
        """The number of rows that fail a test, of those that a change can touch."""
        sql = None if self._is_up_to_date(test) else self._test_sql(test)
        if sql is None:
            return 0
        found = self._con.execute(f"select count(*) from (\n{sql}\n) as failing").fetchone()
        return int(found[0]) if found else 0

    def _test_sql(self, test: CompiledNode) -> str | None:
        """The SQL that tests the rows that may fail now; None if there are none.

        The other rows of a model still pass, provided that the models that it is compared with are
        unchanged, or changed only in rows of the same actors, articles or periods.
        """
        if self._changes is None:
            return test.sql
        tested = test.tested
        if tested is None:
            filters = self._affected_rows(test) if test.promises.is_any else None
            if filters is None:
                return test.sql
            return fill.test_sql_by_promises(self._input_filter, test, filters)
        if self._keeps(tested, test.column) and all(
            self._keeps(other, test.other_column) for other in test.compared_with
        ):
            return None
        filters = self._affected_rows(tested)
        if (
            filters is None
            or tested.promises.rows_name_others
            or not all(
                self._keeps(other, None) or self._affected_rows(other) is not None
                for other in test.compared_with
            )
        ):
            return test.sql
        return fill.test_sql_of_rows(self._input_filter, test, tested.name, filters)

    def _keeps(self, node: CompiledNode, column: str | None) -> bool:
        """Whether a model keeps its rows and the values of this column."""
        return self._is_up_to_date(node) or (
            self._changes is not None and is_unchanged(node, column, self._changes)
        )
