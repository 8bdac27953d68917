"""The history of corrections: the corrections file compared with the published file.

Belongs here: the status of every correction.
Does not belong here: what a correction means (`etl.corrections`), and layout (`etl.cli.actors`).
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from etl.corrections.plan import Outcome, make_plan
from etl.corrections.records import Correction
from etl.query.names import names_of
from etl.query.published import Row, open_published, rows
from etl.settings import Settings

PENDING = "pending"
"""Status of a row in the file that is not published yet."""
GONE = "gone"
"""Status of a published row that is no longer in the file, or was changed there."""
GONE_DETAIL = "published, but removed or changed in the file since; the next run reverts it"


def correction_history(
    con: duckdb.DuckDBPyConnection | None, corrections: Sequence[Correction]
) -> list[Row]:
    """Return every correction in the order of the file, with its status in the published file.

    `con` is None if nothing is published. `status` is PENDING for a row that is not published as
    the file has it, GONE for a published row that the file no longer has, and otherwise the status
    in the table `corrections`.
    """
    plan = make_plan(corrections)
    published: dict[str, Row] = {}
    names: dict[str, str] = {}
    if con is not None:
        published = {row["correction_id"]: row for row in rows(con, "from loaded.corrections")}
        ids = [v for c in corrections for k, v in c.arguments if k in ("actor", "into", "other")]
        names = names_of(con, [*ids, *(c.minted for c in corrections if c.minted)])
    history = [
        _recorded(c, plan.outcomes[c.id], published.get(c.id), names) for c in plan.corrections
    ]
    return history + [
        _removed(published[i]) for i in sorted(published.keys() - plan.outcomes.keys())
    ]


def published_history(settings: Settings, corrections: Sequence[Correction]) -> list[Row]:
    """Return `correction_history` for the published file, or for none if nothing is published."""
    if not settings.published.exists():
        return correction_history(None, corrections)
    with open_published(settings) as con:
        return correction_history(con, corrections)


def without_effect(history: Sequence[Row]) -> list[Row]:
    """Return the corrections of a history that changed nothing, by contradiction or for lack of
    what they name. `detail` says why.
    """
    return [row for row in history if row["status"] in ("idle", "skipped")]


def _recorded(c: Correction, outcome: Outcome, published: Row | None, names: dict[str, str]) -> Row:
    """A correction in the file, with its row in the published file if it has one."""
    status, detail = outcome.status, outcome.detail
    if published is not None and _is_same(c, outcome, published):
        status, detail = published["status"], published["detail"] or ""
    elif outcome.status != "skipped":
        status = PENDING
    values = (*(value for _, value in c.arguments), c.minted or "")
    return {
        "correction_id": c.id,
        "line": c.line,
        "at": c.at or None,
        "author": c.author,
        "action": c.action,
        "arguments": [list(pair) for pair in c.arguments],
        "about": {value: names[value] for value in values if value in names},
        "because": c.because,
        "undoes": c.undoes or None,
        "minted_entity_id": c.minted,
        "status": status,
        "detail": detail,
        "was_changed": c.was_changed,
    }


def _is_same(c: Correction, outcome: Outcome, published: Row) -> bool:
    is_undone = outcome.status == "undone"
    recorded = (c.argument_text, c.because, c.author, is_undone)
    was_undone = published["status"] == "undone"
    return recorded == (
        published["arguments"],
        published["because"],
        published["author"],
        was_undone,
    )


def _removed(published: Row) -> Row:
    """A published correction that the file no longer has."""
    return {
        "correction_id": published["correction_id"],
        "line": None,
        "at": published["recorded_at"],
        "author": published["author"],
        "action": published["action"],
        "arguments": [["", published["arguments"]]],
        "about": {},
        "because": published["because"],
        "undoes": published["undoes"],
        "minted_entity_id": published["minted_entity_id"],
        "was_changed": True,
        "status": GONE,
        "detail": GONE_DETAIL,
    }
