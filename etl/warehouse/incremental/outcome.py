"""What an incremental refresh returns and raises.

Belongs here: the records that callers read. Does not belong here: how a refresh works
(`warehouse.incremental.refresh`).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from etl.errors import NewsactorsError


class IncrementalError(NewsactorsError):
    """A fault of the incremental engine: a false promise in `meta`, or SQL that DuckDB rejects."""


@dataclass(frozen=True)
class Fallback:
    """Why a refresh does more work than the change requires."""

    reason: str
    is_expected: bool = True
    """False if somebody should look into it: the same fallback would follow every night."""


@dataclass(frozen=True)
class Node:
    """The node that a result belongs to, with dbt's attribute names."""

    unique_id: str
    name: str


@dataclass(frozen=True)
class NodeResult:
    """The result of one model, seed or test, with dbt's attribute names."""

    node: Node
    status: str
    execution_time: float
    failures: int | None = None
    message: str | None = None


@dataclass
class RefreshResult:
    """The results of a refresh, one per node, in the order in which they ran."""

    results: list[NodeResult] = field(default_factory=list)
