"""What the `meta` of a model or data test promises: which of its rows a change can touch.

Belongs here: reading and checking `meta`. README.md in this folder explains each key. Does not
belong here: which rows follow from a change (`warehouse.incremental.row_filter`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from etl.warehouse.incremental.outcome import IncrementalError

Inputs = Mapping[str, Any]
"""By input, the column that holds the same values; for `since` a list [column, days before]."""
Columns = Mapping[str, Inputs]
"""By column of the model, its inputs."""

GRAINS = {"days": "day", "weeks": "week", "months": "month"}
ACTORS = "actors"
ARTICLE_KINDS = ("articles", "stories", *GRAINS, "since")
"""The kinds of values by which rows can follow from changed articles, in order of preference."""
_KINDS = (ACTORS, *ARTICLE_KINDS)
_OTHER_KEYS: Mapping[str, type] = {
    "own_articles": bool,
    "cooccurring_actors": dict,
    "rows_name_others": bool,
    "among_all": dict,
    "follows": dict,
    "alters": dict,
    "dagster": dict,  # read by dagster-dbt
}
_ALTERED_BY = (ACTORS, "articles")


@dataclass(frozen=True)
class Promises:
    """The promises of one model or test; see README.md for their meaning."""

    columns: Mapping[str, Columns] = field(default_factory=dict)
    """By kind of value: the columns of the model that hold it, with those of the inputs."""
    own_articles: bool = False
    cooccurring_actors: Inputs = field(default_factory=dict)
    rows_name_others: bool = False
    among_all: Mapping[str, str] = field(default_factory=dict)
    """By column that compares a row with all others, its expression."""
    follows: Mapping[str, str] = field(default_factory=dict)
    """By column that any change may alter, its expression."""
    alters: Mapping[str, Collection[str]] | None = None
    """By kind of correction, the columns of a view that it can alter."""

    def by(self, kind: str) -> Columns:
        """The columns of the model that hold this kind of value; empty if it promises nothing."""
        return self.columns.get(kind, {})

    @property
    def article_kind(self) -> str | None:
        """The kind of values by which rows follow from changed articles; None for no promise."""
        return next((kind for kind in ARTICLE_KINDS if self.by(kind)), None)

    @property
    def is_any(self) -> bool:
        """Whether anything is promised about which rows a change can touch."""
        return any(self.columns.values())

    @property
    def inputs(self) -> set[str]:
        """The names of all inputs of which the promises name a column."""
        named = {
            name for columns in self.columns.values() for by in columns.values() for name in by
        }
        return named | set(self.cooccurring_actors)


def read_promises(name: str, meta: Mapping[str, Any]) -> Promises:
    """Read the `meta` of a node. Raises IncrementalError if it has an unknown or malformed key."""
    for key, value in meta.items():
        expected = dict if key in _KINDS else _OTHER_KEYS.get(key)
        if expected is None:
            raise _malformed(name, f"has the unknown key `{key}`")
        if not isinstance(value, expected):
            raise _malformed(name, f"`{key}` is not of type {expected.__name__}")
    for key in _KINDS:
        for column, inputs in meta.get(key, {}).items():
            if not isinstance(inputs, dict) or not all(
                _is_input(key, wanted) for wanted in inputs.values()
            ):
                raise _malformed(name, f"`{key}.{column}` does not map inputs to their columns")
    for key in ("among_all", "follows", "cooccurring_actors"):
        if not all(isinstance(value, str) for value in meta.get(key, {}).values()):
            raise _malformed(name, f"`{key}` has a value that is not text")
    alters = meta.get("alters")
    if alters is not None and not alters.keys() <= set(_ALTERED_BY):
        raise _malformed(name, f"`alters` has other keys than {', '.join(_ALTERED_BY)}")
    return Promises(
        columns={kind: meta[kind] for kind in _KINDS if kind in meta},
        alters=alters,
        **{
            key: meta[key]
            for key in ("own_articles", "cooccurring_actors", "rows_name_others", "among_all",
                        "follows")
            if key in meta
        },
    )  # fmt: skip


def _is_input(kind: str, wanted: Any) -> bool:
    if kind != "since":
        return isinstance(wanted, str)
    return (
        isinstance(wanted, list)
        and [type(value) for value in wanted] == [str, int]
        and wanted[1] >= 0
    )


def _malformed(name: str, what: str) -> IncrementalError:
    return IncrementalError(
        f"the meta of {name} {what}; etl/warehouse/incremental/README.md lists what it may hold"
    )
